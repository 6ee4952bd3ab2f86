//! Where Lifeline keeps its socket and its state, and what a folder must be like to be trusted.

use std::{
    ffi::OsString,
    fmt, io,
    path::{Path, PathBuf},
};

/// Names the folder of the socket and the lock; overrides the platform's.
pub(crate) const RUNTIME_VARIABLE: &str = "LIFELINE_RUNTIME_DIR";
/// Names the folder of the journal, the snapshots and the log; overrides the platform's.
pub(crate) const STATE_VARIABLE: &str = "LIFELINE_STATE_DIR";

/// The two folders of one user's daemon. Absolute; neither needs to exist yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Places {
    /// Socket and lock.
    pub(crate) runtime_dir: PathBuf,
    /// Journal, snapshots, log.
    pub(crate) state_dir: PathBuf,
}

/// Why a folder cannot be used, with the next step.
#[derive(Debug)]
pub(crate) enum PlaceError {
    /// Nothing tells where the state belongs.
    NoHome,
    /// It cannot be made or looked at.
    Io {
        /// The folder.
        path: PathBuf,
        /// The system's word for it.
        source: io::Error,
    },
    /// It is a link, or no folder.
    NotAFolder(PathBuf),
    /// It belongs to another user.
    #[cfg(unix)]
    NotOurs {
        /// The folder.
        path: PathBuf,
        /// The user it belongs to.
        owner: u32,
    },
    /// Others than its owner can reach into it.
    #[cfg(unix)]
    Open {
        /// The folder.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
}

impl fmt::Display for PlaceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoHome => {
                write!(f, "No home folder is known. Set {STATE_VARIABLE} to a folder for Lifeline's state.")
            }
            Self::Io { path, source } => write!(
                f,
                "The folder {} cannot be used: {source}. Make it usable, or set {RUNTIME_VARIABLE} and {STATE_VARIABLE} to others.",
                path.display()
            ),
            Self::NotAFolder(path) => write!(
                f,
                "{} is a link or no folder, so Lifeline does not trust it. Remove it, or set {RUNTIME_VARIABLE} to another.",
                path.display()
            ),
            #[cfg(unix)]
            Self::NotOurs { path, owner } => write!(
                f,
                "The folder {} belongs to user {owner}, so Lifeline does not trust it. Set {RUNTIME_VARIABLE} to a folder of your own.",
                path.display()
            ),
            #[cfg(unix)]
            Self::Open { path, mode } => write!(
                f,
                "The folder {0} can be reached by other users (mode {mode:03o}). Run: chmod 700 '{0}'",
                path.display()
            ),
        }
    }
}

impl std::error::Error for PlaceError {}

impl Places {
    /// The folders that the environment names.
    ///
    /// # Errors
    /// [`PlaceError::NoHome`]; [`PlaceError::Io`] when the current folder is gone and a relative path needs it.
    pub(crate) fn from_environment() -> Result<Self, PlaceError> {
        let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        Self::resolve(&variable, &std::env::temp_dir(), &user())
    }

    fn resolve(
        variable: &dyn Fn(&str) -> Option<OsString>,
        fallback: &Path,
        user: &str,
    ) -> Result<Self, PlaceError> {
        let own = |name| variable(name).map(PathBuf::from);
        // The XDG specification: a relative path is to be ignored.
        let xdg = |name| own(name).filter(|path| path.is_absolute());
        let runtime_dir = own(RUNTIME_VARIABLE)
            .or_else(|| xdg("XDG_RUNTIME_DIR").map(|dir| dir.join("lifeline")))
            // In the order of Node's `os.tmpdir()`: the extension must come to the same folder.
            .unwrap_or_else(|| {
                let temp_dir = ["TMPDIR", "TMP", "TEMP"].into_iter().find_map(own);
                temp_dir.as_deref().unwrap_or(fallback).join(format!("lifeline-{user}"))
            });
        let state_dir = own(STATE_VARIABLE)
            .or_else(|| xdg("XDG_STATE_HOME").map(|dir| dir.join("lifeline")))
            .or_else(|| state_by_platform(&own))
            .ok_or(PlaceError::NoHome)?;
        Ok(Self { runtime_dir: absolute(runtime_dir)?, state_dir: absolute(state_dir)? })
    }
}

#[cfg(target_os = "macos")]
fn state_by_platform(variable: &dyn Fn(&'static str) -> Option<PathBuf>) -> Option<PathBuf> {
    variable("HOME").map(|home| home.join("Library/Application Support/Lifeline"))
}

#[cfg(windows)]
fn state_by_platform(variable: &dyn Fn(&'static str) -> Option<PathBuf>) -> Option<PathBuf> {
    variable("LOCALAPPDATA").map(|data| data.join("Lifeline"))
}

#[cfg(not(any(target_os = "macos", windows)))]
fn state_by_platform(variable: &dyn Fn(&'static str) -> Option<PathBuf>) -> Option<PathBuf> {
    variable("HOME").map(|home| home.join(".local/state/lifeline"))
}

#[cfg(unix)]
fn user() -> String {
    nix::unistd::geteuid().to_string()
}

#[cfg(windows)]
fn user() -> String {
    std::env::var("USERNAME").unwrap_or_else(|_| "user".into())
}

fn absolute(path: PathBuf) -> Result<PathBuf, PlaceError> {
    std::path::absolute(&path).map_err(|source| PlaceError::Io { path, source })
}

/// Makes a folder and its parents; what it makes, only its owner can reach. What is there already stays as it is.
///
/// # Errors
/// [`PlaceError::Io`].
pub(crate) fn folder(path: &Path) -> Result<(), PlaceError> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|source| PlaceError::Io { path: path.to_owned(), source })
}

/// Makes a folder (and its parents) that only its owner can reach, and verifies that it is one: ours, no link, no
/// permission for others.
///
/// # Errors
/// Every [`PlaceError`] but `NoHome`. Nothing is repaired: a folder that is not as it must be may be somebody's trap.
#[cfg(unix)]
pub(crate) fn private_folder(path: &Path) -> Result<(), PlaceError> {
    use std::os::unix::fs::MetadataExt as _;
    let failed = |source| PlaceError::Io { path: path.to_owned(), source };
    match folder(path) {
        // A file, or a link that leads nowhere: judged below.
        Err(PlaceError::Io { source, .. }) if source.kind() == io::ErrorKind::AlreadyExists => {}
        made => made?,
    }
    let found = std::fs::symlink_metadata(path).map_err(failed)?;
    if !found.is_dir() {
        return Err(PlaceError::NotAFolder(path.to_owned()));
    }
    if found.uid() != nix::unistd::geteuid().as_raw() {
        return Err(PlaceError::NotOurs { path: path.to_owned(), owner: found.uid() });
    }
    let mode = found.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(PlaceError::Open { path: path.to_owned(), mode });
    }
    Ok(())
}

/// Makes a folder and its parents. Windows gives a user's own folders an access list that keeps other users out.
///
/// # Errors
/// [`PlaceError::Io`], [`PlaceError::NotAFolder`].
#[cfg(windows)]
pub(crate) fn private_folder(path: &Path) -> Result<(), PlaceError> {
    let failed = |source| PlaceError::Io { path: path.to_owned(), source };
    folder(path)?;
    if std::fs::symlink_metadata(path).map_err(failed)?.is_dir() {
        Ok(())
    } else {
        Err(PlaceError::NotAFolder(path.to_owned()))
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn resolve(variables: &[(&str, &str)]) -> (String, String) {
        let variable =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into());
        let places = Places::resolve(&variable, Path::new("/tmp"), "1000").expect("a home is given");
        (places.runtime_dir.display().to_string(), places.state_dir.display().to_string())
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn own_variables_go_before_xdg_and_xdg_before_home_and_temp() {
        let home = ("HOME", "/home/a");
        assert_eq!(resolve(&[home]), ("/tmp/lifeline-1000".into(), "/home/a/.local/state/lifeline".into()));
        let xdg = [home, ("XDG_RUNTIME_DIR", "/run/user/1000"), ("XDG_STATE_HOME", "/state")];
        assert_eq!(resolve(&xdg), ("/run/user/1000/lifeline".into(), "/state/lifeline".into()));
        assert_eq!(resolve(&[home, ("TEMP", "/a"), ("TMP", "/b")]).0, "/b/lifeline-1000");
        let relative = [home, ("XDG_RUNTIME_DIR", "run"), ("XDG_STATE_HOME", "state")];
        assert_eq!(resolve(&relative), resolve(&[home]));
        let own = [xdg[1], xdg[2], (RUNTIME_VARIABLE, "/r"), (STATE_VARIABLE, "/s")];
        assert_eq!(resolve(&own), ("/r".into(), "/s".into()));
    }

    #[test]
    fn without_a_home_the_error_names_the_variable() {
        let error = Places::resolve(&|_| None, Path::new("/tmp"), "1000").expect_err("no home");
        assert!(error.to_string().contains(STATE_VARIABLE));
    }

    #[test]
    fn a_folder_is_made_private_and_accepted_again() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let folder = root.path().join("a/b");
        private_folder(&folder).expect("made");
        private_folder(&folder).expect("found");
        assert_eq!(folder.metadata().expect("it exists").permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn links_files_and_open_folders_are_refused_with_the_next_step() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let real = root.path().join("real");
        private_folder(&real).expect("made");

        let link = root.path().join("link");
        symlink(&real, &link).expect("a link");
        assert!(matches!(private_folder(&link), Err(PlaceError::NotAFolder(_))));

        let file = root.path().join("file");
        std::fs::write(&file, "").expect("a file");
        assert!(matches!(private_folder(&file), Err(PlaceError::NotAFolder(_))));

        std::fs::set_permissions(&real, PermissionsExt::from_mode(0o750)).expect("ours");
        let error = private_folder(&real).expect_err("the group can reach it");
        assert!(error.to_string().contains("chmod 700"), "{error}");
    }

    #[test]
    fn a_folder_of_another_user_is_refused() {
        let root = tempfile::tempdir().expect("a temporary folder");
        if !nix::unistd::geteuid().is_root() {
            println!("skipped: only root can give a folder away");
            return;
        }
        std::os::unix::fs::chown(root.path(), Some(65534), None).expect("root may");
        assert!(matches!(private_folder(root.path()), Err(PlaceError::NotOurs { owner: 65534, .. })));
    }
}
