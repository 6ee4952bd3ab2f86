//! A Unix terminal: its settings, its size, its keys and the signals that belong to it.

use std::{
    io,
    sync::{Mutex, PoisonError},
};

use rustix::{
    process::{Signal, getpid, kill_process},
    termios::{
        LocalModes, OptionalActions, SpecialCodeIndex, Termios, isatty, tcgetattr, tcgetwinsize, tcsetattr,
    },
};
use tokio::{
    signal::unix::{Signal as Signals, SignalKind, signal},
    sync::mpsc,
};

use super::Happening;

/// What one types to see the screen anew.
const CTRL_L: u8 = 0x0c;

/// As the terminal was; here and not in [`Settings`] for a panic to find them.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

/// Settings that were changed.
pub(super) struct Settings(());

impl Settings {
    /// Keys come at once and unseen. All else stays: Ctrl-C is a signal, output is as ever.
    pub(super) fn take() -> Option<Self> {
        let stdin = io::stdin();
        let before = tcgetattr(&stdin).ok()?;
        let mut settings = before.clone();
        settings.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO);
        // A read waits for one key.
        settings.special_codes[SpecialCodeIndex::VMIN] = 1;
        settings.special_codes[SpecialCodeIndex::VTIME] = 0;
        *BEFORE.lock().unwrap_or_else(PoisonError::into_inner) = Some(before);
        tcsetattr(&stdin, OptionalActions::Now, &settings).ok()?;
        Some(Self(()))
    }

    /// As before, without the keys that nobody has read.
    pub(super) fn restore(self) {
        restore();
    }
}

fn restore() {
    // Nobody waits for this lock for long: it is held for an assignment.
    if let Some(before) = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).take() {
        let _ = tcsetattr(io::stdin(), OptionalActions::Flush, &before);
    }
}

/// Gives the terminal back without any of our own locks of stdout: the panic may have happened under one.
pub(super) fn emergency(leave: &[u8]) {
    let _ = rustix::io::write(io::stdout(), leave);
    restore();
}

/// Columns and rows of the terminal on stdout.
pub(crate) fn size() -> Option<(usize, usize)> {
    let size = tcgetwinsize(io::stdout()).ok()?;
    // A serial line that was never told says 0.
    (size.ws_col > 0 && size.ws_row > 0).then(|| (size.ws_col.into(), size.ws_row.into()))
}

/// Stops this process until it is continued. Its parent sees what it sees after Ctrl-Z.
pub(super) fn stop() {
    let _ = kill_process(getpid(), Signal::STOP);
}

/// Keys and signals.
pub(crate) struct Events {
    keys: mpsc::Receiver<Happening>,
    ends: [Signals; 4],
    stops: Signals,
    redraws: [Signals; 2],
}

impl Events {
    /// Begins to listen.
    ///
    /// # Errors
    /// When the system has no descriptors or no threads left.
    pub(crate) fn listen() -> io::Result<Self> {
        let of = |number: Signal| signal(SignalKind::from_raw(number.as_raw()));
        let (sender, keys) = mpsc::channel(1);
        // What another program sends is none of our business, and would be read to no purpose.
        if isatty(io::stdin()) {
            // A terminal cannot be waited for everywhere (kqueue); the thread ends with the process.
            std::thread::Builder::new().name("keys".into()).spawn(move || read_keys(&sender))?;
        }
        Ok(Self {
            keys,
            ends: [of(Signal::INT)?, of(Signal::TERM)?, of(Signal::HUP)?, of(Signal::QUIT)?],
            stops: of(Signal::TSTP)?,
            redraws: [of(Signal::WINCH)?, of(Signal::CONT)?],
        })
    }

    /// The next thing that happens. Nothing is lost when this is given up and called again.
    pub(crate) async fn next(&mut self) -> Happening {
        let [interrupt, terminate, hang_up, quit] = &mut self.ends;
        let [resized, continued] = &mut self.redraws;
        tokio::select! {
            _ = interrupt.recv() => Happening::Quit,
            _ = terminate.recv() => Happening::Quit,
            _ = hang_up.recv() => Happening::Quit,
            _ = quit.recv() => Happening::Quit,
            _ = self.stops.recv() => Happening::Suspend,
            _ = resized.recv() => Happening::Redraw,
            _ = continued.recv() => Happening::Redraw,
            Some(happening) = self.keys.recv() => happening,
        }
    }
}

/// Reads keys until one quits, or the terminal is gone.
fn read_keys(happenings: &mpsc::Sender<Happening>) {
    let stdin = io::stdin();
    let mut happening = Happening::Redraw;
    while happening != Happening::Quit {
        let mut typed = [0; 64];
        happening = match rustix::io::read(&stdin, &mut typed) {
            Ok(count @ 1..) if typed[..count].iter().any(|key| matches!(key, b'q' | b'Q')) => Happening::Quit,
            Ok(count @ 1..) if typed[..count].contains(&CTRL_L) => Happening::Redraw,
            Ok(1..) | Err(rustix::io::Errno::INTR) => continue,
            Ok(0) | Err(_) => Happening::Quit,
        };
        if happenings.blocking_send(happening).is_err() {
            return;
        }
    }
}
