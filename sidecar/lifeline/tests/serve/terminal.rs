//! A terminal of its own; `lifeline watch` on it: what it draws, and how it gives the terminal back.

use std::{
    fs::File,
    io::{Read as _, Write as _},
    os::fd::OwnedFd,
    process::{Child, Command},
    sync::mpsc::{Receiver, channel},
    thread,
    time::{Duration, Instant},
};

use rustix::{
    fs::{Mode, OFlags, open},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize},
};

use crate::home::{Home, LIFELINE};

/// Longer than anything here takes.
const SOON: Duration = Duration::from_secs(60);

const ENTER: &str = "\x1b[?1049h\x1b[?25l\x1b[?7l";
const LEAVE: &str = "\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l";

/// A terminal, and what runs on it.
pub(crate) struct Terminal {
    keyboard: File,
    screen: Receiver<Vec<u8>>,
    seen: String,
    line: OwnedFd,
    child: Child,
}

impl Terminal {
    /// `lifeline watch` in a session of its own, so that Ctrl-C reaches it alone.
    fn watching(home: &Home, columns: u16) -> Self {
        Self::running(&["watch", "--interval", "0.2"], columns, &|command| home.settle(command))
    }

    /// `lifeline` with these arguments, so.
    pub(crate) fn running(arguments: &[&str], columns: u16, settle: &dyn Fn(&mut Command)) -> Self {
        let keyboard = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
        grantpt(&keyboard).and_then(|()| unlockpt(&keyboard)).expect("ours");
        let name = ptsname(&keyboard, Vec::new()).expect("a name");
        let line = open(name.as_c_str(), OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).expect("its line");
        let end = || line.try_clone().expect("a descriptor");
        tcsetwinsize(&line, size(columns)).expect("it has a size");
        let mut command = Command::new("setsid");
        command.args(["--ctty", "--wait", LIFELINE]).args(arguments);
        settle(&mut command);
        command.env_remove("NO_COLOR").env("TERM", "xterm");
        command.stdin(end()).stdout(end()).stderr(end());
        let child = command.spawn().expect("util-linux has setsid");
        let keyboard = File::from(keyboard);
        let mut output = keyboard.try_clone().expect("a descriptor");
        let (sender, screen) = channel();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self { keyboard, screen, seen: String::new(), line, child }
    }

    /// Reads until `part` has come since the last call, and forgets what came up to there.
    pub(crate) fn until(&mut self, part: &str) -> String {
        let end = Instant::now() + SOON;
        loop {
            if let Some(at) = self.seen.find(part) {
                let rest = self.seen.split_off(at + part.len());
                return std::mem::replace(&mut self.seen, rest);
            }
            match self.screen.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(bytes) => self.seen.push_str(&String::from_utf8_lossy(&bytes)),
                Err(error) => {
                    let tail: String = self.seen.chars().rev().take(1000).collect();
                    panic!("{part:?} did not come ({error}): {:?}", tail.chars().rev().collect::<String>())
                }
            }
        }
    }

    pub(crate) fn press(&mut self, keys: &[u8]) {
        self.keyboard.write_all(keys).expect("it takes keys");
    }

    /// Its exit code, when it has ended.
    pub(crate) fn code(mut self) -> Option<i32> {
        self.child.wait().expect("it ends").code()
    }

    fn resize(&self, columns: u16) {
        tcsetwinsize(&self.line, size(columns)).expect("it has a size");
    }

    /// Keys are seen and come by the line, as in a shell.
    fn is_as_before(&self) -> bool {
        let modes = tcgetattr(&self.line).expect("a terminal").local_modes;
        modes.contains(LocalModes::ICANON | LocalModes::ECHO)
    }

    fn ends_well(mut self) {
        self.until(LEAVE);
        assert!(self.child.wait().expect("it ends").success());
        assert!(self.is_as_before());
        assert_eq!(self.seen, "", "nothing comes after it");
    }
}

fn size(columns: u16) -> Winsize {
    Winsize { ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }
}

#[test]
fn the_screen_is_drawn_again_and_again_and_given_back_at_q() {
    let home = Home::new();
    home.start();
    let mut terminal = Terminal::watching(&home, 100);
    let entered =
        terminal.until("No window is attached. Open a folder in VS Code with the Lifeline extension.");
    assert!(entered.starts_with(ENTER), "{entered:?}");
    assert!(entered.contains("every 0.2 s, q quits"), "{entered:?}");
    assert!(!terminal.is_as_before());
    assert!(!terminal.until("No window is attached").contains("\x1b[2J"), "it does not flicker");
    terminal.press(b"xyz\x1b[A");
    terminal.resize(30);
    // 30 cells are the whole row, so nothing is cleared after them.
    terminal.until("    folder in VS Code with the\r");
    terminal.press(b"q");
    terminal.ends_well();
}

#[test]
fn it_waits_for_a_daemon_and_follows_it() {
    let home = Home::new();
    let mut terminal = Terminal::watching(&home, 1000);
    terminal.until("\x1b[31mNo Lifeline daemon serves");
    home.start();
    terminal.until("No window is attached");
    home.ask_to_leave();
    terminal.until("This was so");
    terminal.press(&[0x03]);
    terminal.ends_well();
}
