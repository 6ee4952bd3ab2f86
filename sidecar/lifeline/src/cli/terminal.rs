//! The terminal as a screen of its own: entered, drawn on, and given back as it was on every way out.

#[cfg(unix)]
#[path = "terminal_unix.rs"]
mod system;
#[cfg(windows)]
#[path = "terminal_windows.rs"]
mod system;

use std::{
    cell::Cell,
    io::{self, Write as _},
};

use system::Settings;
pub(crate) use system::{Events, size};

/// Alternate screen; no cursor; what is too wide is cut off and not continued on the next line.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[?25l\x1b[?7l";
/// The opposite, and no ink.
const LEAVE: &[u8] = b"\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l";

/// What comes from the person at the terminal, or from whoever ends us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Happening {
    /// `q`, Ctrl-C, or a signal to end.
    Quit,
    /// The terminal has another size, or shows something else than what was drawn.
    #[cfg(unix)]
    Redraw,
    /// Ctrl-Z: give the terminal back and stop until continued.
    #[cfg(unix)]
    Suspend,
}

/// The screen, as long as it lives.
pub(crate) struct Screen {
    settings: Cell<Option<Settings>>,
}

impl Screen {
    /// Takes the terminal on stdout, and the keys on stdin where that is one too.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn enter() -> io::Result<Self> {
        let screen = Self { settings: Cell::new(Settings::take()) };
        give_back_on_panic();
        screen.draw(ENTER)?;
        Ok(screen)
    }

    /// Writes all of it at once.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub(crate) fn draw(&self, bytes: &[u8]) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        stdout.write_all(bytes)?;
        stdout.flush()
    }

    /// Stops this process, as Ctrl-Z would, until it is continued.
    ///
    /// # Errors
    /// When the terminal is gone.
    #[cfg(unix)]
    pub(crate) fn suspend(&self) -> io::Result<()> {
        self.leave();
        system::stop();
        self.settings.set(Settings::take());
        self.draw(ENTER)
    }

    fn leave(&self) {
        let _ = self.draw(LEAVE);
        if let Some(settings) = self.settings.take() {
            settings.restore();
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.leave();
    }
}

/// Release builds end in a panic without unwinding, so no destructor runs; its hook does.
fn give_back_on_panic() {
    let says_why = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        system::emergency(LEAVE);
        says_why(panic);
    }));
}
