//! The daemon's log: on stderr, and when detached in a file that never grows past two megabytes.

use std::{
    fs::File,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Mutex,
};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::{filter::Targets, layer::SubscriberExt as _, util::SubscriberInitExt as _};

/// `off`, `error`, `warn`, `info` (the default), `debug` or `trace`.
pub(crate) const LOG_VARIABLE: &str = "LIFELINE_LOG";

/// The log in the state folder; the one before it has `.1` at its end.
const FILE: &str = "daemon.log";

/// At this size a log file is put aside, in bytes.
const FILE_BYTES: u64 = 1_000_000;

/// The log of a detached daemon, for messages.
pub(crate) fn path(state_dir: &Path) -> PathBuf {
    state_dir.join(FILE)
}

/// Opens the log for appending; a full one is put aside first.
///
/// # Errors
/// When the state folder cannot be written.
pub(crate) fn open(state_dir: &Path) -> io::Result<File> {
    let path = path(state_dir);
    if std::fs::metadata(&path).is_ok_and(|found| found.len() >= FILE_BYTES) {
        std::fs::rename(&path, state_dir.join(format!("{FILE}.1")))?;
    }
    let mut options = File::options();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Starts logging to stderr. With `rotate_in`, stderr is the log of that state folder.
pub(crate) fn start(rotate_in: Option<&Path>) {
    let level: LevelFilter =
        std::env::var(LOG_VARIABLE).ok().and_then(|level| level.parse().ok()).unwrap_or(LevelFilter::INFO);
    // tower-lsp calls it an error when a peer hangs up, and writes whole messages at `trace`: no body is ever logged.
    let of_tower_lsp = if level < LevelFilter::DEBUG { LevelFilter::OFF } else { LevelFilter::DEBUG };
    let targets = Targets::new().with_default(level).with_target("tower_lsp_server", of_tower_lsp);
    let sink = Mutex::new(Sink::new(rotate_in));
    let subscriber = tracing_subscriber::fmt().with_max_level(level).with_writer(sink).finish().with(targets);
    // Fails when there is one already, which is as good.
    let _ = subscriber.try_init();
}

/// Stderr, and how much has been written to it.
struct Sink {
    rotate_in: Option<PathBuf>,
    written: u64,
}

impl Sink {
    fn new(rotate_in: Option<&Path>) -> Self {
        let written =
            rotate_in.and_then(|dir| std::fs::metadata(path(dir)).ok()).map_or(0, |found| found.len());
        Self { rotate_in: rotate_in.map(Path::to_owned), written }
    }

    /// Begins a new file in the place of the full one. Panics go to stderr too, so it is stderr itself that moves.
    #[cfg(unix)]
    fn rotate(&mut self) {
        if let Some(state_dir) = &self.rotate_in {
            // When it cannot be done the old file goes on, and the next attempt is a file's length away.
            let _ = open(state_dir).map(nix::unistd::dup2_stderr);
            self.written = 0;
        }
    }

    /// Windows does not rename an open file; a full log is put aside at the next start.
    #[cfg(windows)]
    fn rotate(&mut self) {
        self.written = 0;
    }
}

/// Never fails: a line that a full disk does not take is lost. `tracing-subscriber` would report the failure to stderr, which
/// is that same disk, and panic when that fails too: seen with the real daemon on a full state folder.
impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = io::stderr().write(bytes).unwrap_or(bytes.len());
        self.written += count as u64;
        if self.rotate_in.is_some() && self.written >= FILE_BYTES {
            self.rotate();
        }
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        let _ = io::stderr().flush();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_log_is_put_aside_and_only_one_is_kept() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for round in 0..3_u8 {
            open(folder.path()).expect("opened").write_all(&[b'0' + round]).expect("written");
            File::options()
                .write(true)
                .open(path(folder.path()))
                .and_then(|file| file.set_len(FILE_BYTES))
                .expect("filled");
        }
        open(folder.path()).expect("opened");
        let names = std::fs::read_dir(folder.path()).expect("a folder").count();
        assert_eq!(names, 2);
        assert_eq!(path(folder.path()).metadata().expect("new").len(), 0);
        assert!(std::fs::read(folder.path().join("daemon.log.1")).expect("old").starts_with(b"2"));
    }
}
