//! A Windows console: escape sequences switched on, its size, and the ways to be ended.

use std::{
    io,
    os::windows::io::{AsRawHandle as _, RawHandle},
};

use tokio::signal::windows::{CtrlBreak, CtrlC, CtrlClose, ctrl_break, ctrl_c, ctrl_close};
use windows_sys::Win32::System::Console::{
    CONSOLE_MODE, CONSOLE_SCREEN_BUFFER_INFO, ENABLE_VIRTUAL_TERMINAL_PROCESSING, GetConsoleMode,
    GetConsoleScreenBufferInfo, SetConsoleMode,
};

use super::Happening;

/// The mode that was changed.
pub(super) struct Settings(CONSOLE_MODE);

fn stdout() -> RawHandle {
    io::stdout().as_raw_handle()
}

impl Settings {
    /// Old consoles show escape sequences as they are until they are told not to.
    pub(super) fn take() -> Option<Self> {
        let mut before = 0;
        // SAFETY: the handle is stdout's and stays open; `before` outlives the call. No console gives 0.
        (unsafe { GetConsoleMode(stdout(), &raw mut before) } != 0).then_some(())?;
        // SAFETY: as above.
        unsafe { SetConsoleMode(stdout(), before | ENABLE_VIRTUAL_TERMINAL_PROCESSING) };
        Some(Self(before))
    }

    /// As before.
    pub(super) fn restore(self) {
        // SAFETY: as above.
        unsafe { SetConsoleMode(stdout(), self.0) };
    }
}

/// Shows the cursor again. Stdout may be locked where the panic happened, but only by this thread.
pub(super) fn emergency(leave: &[u8]) {
    let _ = io::Write::write_all(&mut io::stderr(), leave);
}

/// Columns and rows of the console on stdout.
pub(crate) fn size() -> Option<(usize, usize)> {
    let mut info = CONSOLE_SCREEN_BUFFER_INFO::default();
    // SAFETY: the handle is stdout's and stays open; `info` outlives the call.
    (unsafe { GetConsoleScreenBufferInfo(stdout(), &raw mut info) } != 0).then_some(())?;
    let window = info.srWindow;
    let cells = |from: i16, to: i16| {
        usize::try_from(i32::from(to) - i32::from(from) + 1).ok().filter(|&cells| cells > 0)
    };
    cells(window.Left, window.Right).zip(cells(window.Top, window.Bottom))
}

/// Ctrl-C, Ctrl-Break, and the window's close button.
pub(crate) struct Events(CtrlC, CtrlBreak, CtrlClose);

impl Events {
    /// Begins to listen.
    ///
    /// # Errors
    /// When the system takes no handler.
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self(ctrl_c()?, ctrl_break()?, ctrl_close()?))
    }

    /// The next thing that happens. A console that changes its size is drawn anew with the next report.
    pub(crate) async fn next(&mut self) -> Happening {
        tokio::select! {
            _ = self.0.recv() => Happening::Quit,
            _ = self.1.recv() => Happening::Quit,
            _ = self.2.recv() => Happening::Quit,
        }
    }
}
