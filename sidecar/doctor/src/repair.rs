//! What a repair would change, and doing it so that it can be undone.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::SystemTime,
};

use lifeline_bridge::{Lock, remove_stale};
use lifeline_platform::Platform;

use crate::{
    json, look,
    variables::{self, Taken},
};

/// What the section for Claude begins with.
pub(crate) const SECTION_BEGIN: &str = "<!-- lifeline:prevention -->";
const SECTION_END: &str = "<!-- /lifeline:prevention -->";

/// Seed 1's own words, “Prevention”.
const SECTION: &str = "When using Claude Code in VS Code, save work frequently. If sessions exceed 2 hours, manually restart the extension host before the connection degrades. Keep VS Code updated to latest stable release.";

/// Files of this folder of the state folder are ours: what was there before a repair, and what was offered.
const FOLDER: &str = "doctor";
const OFFERED: &str = "offered";

/// How a finding is repaired.
#[derive(Clone, Debug)]
pub enum Plan {
    /// A variable in the block `env` of Claude Code's settings.
    SetVariable {
        /// The file of settings.
        file: PathBuf,
        /// The variable.
        name: String,
        /// Its new value.
        value: String,
    },
    /// A section of `CLAUDE.md`.
    AppendSection {
        /// The file.
        file: PathBuf,
    },
    /// What Lifeline itself has set in Claude Code's settings goes.
    TakeBack {
        /// What that was.
        taken: Taken,
        /// The file that says so, which goes with it.
        remembered_in: Option<PathBuf>,
    },
    /// A stale lock goes.
    RemoveLock {
        /// The lock as it was seen.
        lock: Box<Lock>,
        /// Where locks lie.
        folders: Vec<PathBuf>,
        /// Its file.
        file: PathBuf,
    },
}

/// A file before and after; none where there is no such file.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Change {
    /// The file, after links.
    pub file: PathBuf,
    /// Its text now.
    pub before: Option<String>,
    /// Its text then.
    pub after: Option<String>,
}

impl Plan {
    /// The file that is changed.
    pub fn file(&self) -> &Path {
        match self {
            Self::SetVariable { file, .. } | Self::AppendSection { file } | Self::RemoveLock { file, .. } => {
                file
            }
            Self::TakeBack { taken, .. } => &taken.file,
        }
    }

    /// What it would change. Changes nothing.
    ///
    /// # Errors
    /// A sentence: the file cannot be read, or is not of the kind that can be changed.
    pub fn change(&self) -> Result<Change, String> {
        let file = fs::canonicalize(self.file()).unwrap_or_else(|_| self.file().to_owned());
        let refused = |why: &str| format!("{} {why}, so nothing was changed.", self.file().display());
        let before = look::text_of(&file).map_err(|why| refused(&why))?;
        let text = before.as_deref().unwrap_or_default();
        let after = match self {
            Self::TakeBack { taken, .. } => return variables::take_back(taken),
            Self::RemoveLock { .. } => {
                return Ok(Change { file, before: before.map(|text| without_token(&text)), after: None });
            }
            Self::SetVariable { name, value, .. } => json::set(text, &["env", name], value)
                .map_err(|flaw| refused(&format!("cannot be changed ({})", flaw.what)))?,
            Self::AppendSection { .. } => with_section(text),
        };
        Ok(Change { file, before, after: Some(after) })
    }

    /// Does it, and says how to undo it. The former text is kept in the state folder.
    ///
    /// # Errors
    /// [`Undone`]; then nothing was changed.
    pub fn carry_out(&self, change: &Change, state_dir: &Path, now_unix_ms: u64) -> Result<String, Undone> {
        if let Self::RemoveLock { lock, folders, .. } = self {
            return remove(lock, folders);
        }
        let kept = change.carry_out(state_dir, now_unix_ms)?;
        let failed = |error: io::Error| Undone::Failed(error.to_string());
        if matches!(self, Self::AppendSection { .. }) {
            decline(self, state_dir).map_err(failed)?;
        }
        if let Self::TakeBack { remembered_in: Some(file), .. } = self {
            // It may be gone already; kept, it would say that something is set that is not.
            let _ = fs::remove_file(file);
        }
        let file = change.file.display();
        Ok(match kept {
            Some(kept) => format!("{file} was changed. To undo it: cp '{}' '{file}'", kept.display()),
            None => format!("{file} was written. To undo it, remove that file."),
        })
    }
}

impl Change {
    /// Does it, unless the file was written to since. The former text is kept in the state folder, in the file that is named.
    ///
    /// # Errors
    /// [`Undone`]; then nothing was changed.
    pub fn carry_out(&self, state_dir: &Path, now_unix_ms: u64) -> Result<Option<PathBuf>, Undone> {
        // Somebody else may have written since it was shown.
        if look::text_of(&self.file).map_err(Undone::Failed)? != self.before {
            return Err(Undone::Changed);
        }
        let failed = |error: io::Error| Undone::Failed(error.to_string());
        let kept = keep(self, state_dir, now_unix_ms).map_err(failed)?;
        match &self.after {
            Some(after) => write_atomically(&self.file, after.as_bytes()).map_err(failed)?,
            None if self.before.is_some() => fs::remove_file(&self.file).map_err(failed)?,
            None => {}
        }
        Ok(kept)
    }
}

/// Why a repair was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undone {
    /// What was found is not there any more, or the file was written to in between.
    Changed,
    /// The system refused: its word.
    Failed(String),
}

/// Remembers that a section was offered; it is not offered again.
///
/// # Errors
/// Whatever the file system says.
pub fn decline(plan: &Plan, state_dir: &Path) -> io::Result<()> {
    let Plan::AppendSection { file } = plan else { return Ok(()) };
    let mut known = offered(state_dir);
    let line = file.to_string_lossy().into_owned();
    if !known.contains(&line) {
        known.push(line);
        let folder = own_folder(state_dir)?;
        write_atomically(&folder.join(OFFERED), (known.join("\n") + "\n").as_bytes())?;
    }
    Ok(())
}

/// Files whose section was offered.
pub(crate) fn offered(state_dir: &Path) -> Vec<String> {
    let text = look::text_of(&state_dir.join(FOLDER).join(OFFERED)).ok().flatten().unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// A lock as it is shown: its token is nobody's business.
fn without_token(text: &str) -> String {
    let Ok(parsed) = json::parse(text) else { return String::new() };
    let Some(member) = parsed.root.member("authToken") else { return text.to_owned() };
    let span = &member.value.span;
    format!("{}\"…\"{}", &text[..span.start], &text[span.end..])
}

fn with_section(text: &str) -> String {
    let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let gap = match text {
        "" => String::new(),
        _ if text.ends_with('\n') => line_end.into(),
        _ => line_end.repeat(2),
    };
    format!("{text}{gap}{SECTION_BEGIN}{line_end}{SECTION}{line_end}{SECTION_END}{line_end}")
}

/// At the conditions of the daemon: unchanged since it was read, a minute old, and nobody listens at that moment.
fn remove(lock: &Lock, folders: &[PathBuf]) -> Result<String, Undone> {
    let is_free = || Platform::new().listener(lock.port).is_none();
    match remove_stale(folders, lock, SystemTime::now(), &is_free) {
        Ok(true) => Ok(format!(
            "{}.lock was removed. There is nothing to undo: its port is dead, and a window writes a new lock when it needs one.",
            lock.port
        )),
        Ok(false) => Err(Undone::Changed),
        Err(error) => Err(Undone::Failed(error.to_string())),
    }
}

/// Puts the former text into the state folder, readable by its owner alone.
fn keep(change: &Change, state_dir: &Path, now_unix_ms: u64) -> io::Result<Option<PathBuf>> {
    let Some(before) = &change.before else { return Ok(None) };
    let folder = own_folder(state_dir)?;
    let name = change.file.file_name().unwrap_or_default().to_string_lossy();
    let kept = folder.join(format!("{now_unix_ms}-{name}"));
    write_atomically(&kept, before.as_bytes())?;
    Ok(Some(kept))
}

fn own_folder(state_dir: &Path) -> io::Result<PathBuf> {
    let folder = state_dir.join(FOLDER);
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(&folder)?;
    if fs::symlink_metadata(&folder)?.is_dir() {
        Ok(folder)
    } else {
        Err(io::Error::other("Lifeline's own folder is a link or no folder"))
    }
}

/// A temporary file beside it, fsync, rename, fsync of the folder. A file keeps its mode; a new one is its owner's alone.
///
/// # Errors
/// Whatever the file system says; the old content is then untouched.
pub fn write_atomically(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().ok_or_else(|| io::Error::other("no folder"))?;
    fs::create_dir_all(folder)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = folder.join(format!(".{name}.lifeline-{}", std::process::id()));
    let written = (|| {
        let mut options = OpenOptions::new();
        // Never through a link that somebody put there.
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&temporary)?;
        file.write_all(content)?;
        if let Ok(known) = fs::metadata(path) {
            file.set_permissions(known.permissions())?;
        }
        file.sync_all()?;
        fs::rename(&temporary, path)?;
        // Windows cannot open a folder as a file.
        if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
    })();
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_appended_below_what_is_there() {
        for (before, begins) in [
            ("", SECTION_BEGIN),
            ("# A", "# A\n\n<!--"),
            ("# A\n", "# A\n\n<!--"),
            ("a\r\n", "a\r\n\r\n<!--"),
        ] {
            let after = with_section(before);
            assert!(after.starts_with(begins) && after.contains(SECTION), "{after:?}");
            assert!(after.trim_end().ends_with(SECTION_END));
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_change_keeps_mode_and_link_and_what_was_there() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let home = tempfile::tempdir().unwrap();
        let (real, link, state) = (
            home.path().join("dotfiles.json"),
            home.path().join("settings.json"),
            home.path().join("state/lifeline"),
        );
        let before = "{\n  // mine\n  \"env\": {}\n}\n";
        fs::write(&real, before).unwrap();
        fs::set_permissions(&real, PermissionsExt::from_mode(0o640)).unwrap();
        symlink(&real, &link).unwrap();
        let plan = Plan::SetVariable { file: link.clone(), name: "A".into(), value: "1".into() };
        let change = plan.change().unwrap();
        assert_eq!(change.file, fs::canonicalize(&real).unwrap());
        assert_eq!(fs::read_to_string(&real).unwrap(), before, "to look changes nothing");
        let said = plan.carry_out(&change, &state, 7).unwrap();
        assert_eq!(
            fs::read_to_string(&real).unwrap(),
            "{\n  // mine\n  \"env\": {\n    \"A\": \"1\"\n  }\n}\n"
        );
        assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        let kept = state.join("doctor/7-dotfiles.json");
        assert_eq!(fs::read_to_string(&kept).unwrap(), before);
        assert_eq!(fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(state.join("doctor")).unwrap().permissions().mode() & 0o777, 0o700);
        assert!(said.contains(&kept.display().to_string()), "{said}");
        assert_eq!(plan.carry_out(&change, &state, 8), Err(Undone::Changed), "it is not as it was shown");
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 3, "no temporary file stays");
    }

    #[test]
    fn a_section_is_offered_once() {
        let home = tempfile::tempdir().unwrap();
        let plan = Plan::AppendSection { file: home.path().join("CLAUDE.md") };
        let change = plan.change().unwrap();
        assert_eq!(change.before, None);
        plan.carry_out(&change, home.path(), 7).unwrap();
        decline(&plan, home.path()).unwrap();
        assert_eq!(offered(home.path()), [plan.file().to_string_lossy()]);
        assert!(fs::read_to_string(plan.file()).unwrap().contains(SECTION));
    }

    #[test]
    fn what_is_no_settings_file_is_left_alone() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("settings.json");
        let plan = Plan::SetVariable { file: file.clone(), name: "A".into(), value: "1".into() };
        for bad in ["{", "[]", "{\"env\": 1}", "\u{0}"] {
            fs::write(&file, bad).unwrap();
            assert!(plan.change().unwrap_err().ends_with("so nothing was changed."), "{bad}");
        }
        fs::write(&file, [0xff, 0xfe]).unwrap();
        assert!(plan.change().is_err());
    }
}
