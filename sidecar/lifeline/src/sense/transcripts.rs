//! Transcripts, followed while they are written: what each session's request to the API has come to, the moment it is written down.
//!
//! The system tells which file was written to; nothing is read, and nothing wakes up, while nobody writes, however many files there are.
//! Where it does not tell, the files that were written to last are looked at every 2 s, and all of them every 30 s.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    thread,
    time::{Duration, Instant, SystemTime},
};

use lifeline_transcript::{
    Follower, SUBAGENTS, Standing, State, Whose, belongs_to, is_folder, is_session_id, session_id_of,
};
use notify::{
    Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _,
    event::{AccessKind, AccessMode, ModifyKind, RenameMode},
};
use tokio::sync::mpsc::UnboundedSender;

/// A transcript that was written to this long before we came is taken up.
const RECENT: Duration = Duration::from_secs(10 * 60);

/// One that was not written to for this long is let go.
const QUIET: Duration = Duration::from_secs(60 * 60);

/// Transcripts that are followed; those that were written to longest ago go first.
const FILES_AT_MOST: usize = 64;

/// Folders that are watched: projects, and sessions with subagents.
const FOLDERS_AT_MOST: usize = 2048;

/// Where the system does not tell: how often the files that are followed are looked at.
const POLL: Duration = Duration::from_secs(2);

/// And how often it is looked for others; also for folders of Claude Code's that are not there yet.
const LIST: Duration = Duration::from_secs(30);

/// What a transcript says now.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) session: String,
    /// Whose subagent it is of; none for the session itself.
    pub(crate) subagent: Option<String>,
    pub(crate) standing: Standing,
    /// Size of the transcript, in bytes.
    pub(crate) bytes: u64,
}

/// Follows the transcripts below these folders of Claude Code's, on a thread of its own, for as long as somebody listens.
pub(crate) fn follow(config_dirs: &[PathBuf], heard: UnboundedSender<Said>) {
    let projects: Vec<PathBuf> = config_dirs.iter().map(|config| config.join("projects")).collect();
    let run = move || Following::new(projects, heard).run();
    if let Err(error) = thread::Builder::new().name("transcripts".into()).stack_size(512 * 1024).spawn(run) {
        tracing::error!(%error, "transcripts are not followed");
    }
}

struct Following {
    projects: Vec<PathBuf>,
    heard: UnboundedSender<Said>,
    changes: Receiver<notify::Result<Event>>,
    told: Sender<notify::Result<Event>>,
    /// None where the system does not tell.
    watcher: Option<RecommendedWatcher>,
    watched: BTreeSet<PathBuf>,
    files: BTreeMap<PathBuf, Followed>,
    listed_at: Option<Instant>,
    /// It was said that the system does not tell.
    is_said: bool,
}

struct Followed {
    follower: Follower,
    told: Option<(State, u64, bool)>,
    at: Instant,
}

/// Nobody listens any more.
struct Deaf;

impl Following {
    fn new(projects: Vec<PathBuf>, heard: UnboundedSender<Said>) -> Self {
        let (told, changes) = channel();
        Self {
            projects,
            heard,
            changes,
            told,
            watcher: None,
            watched: BTreeSet::new(),
            files: BTreeMap::new(),
            listed_at: None,
            is_said: false,
        }
    }

    fn run(mut self) {
        while self.look().is_ok() {}
    }

    /// Waits for a change, and reads what was written.
    fn look(&mut self) -> Result<(), Deaf> {
        if self.listed_at.is_none_or(|at| !self.is_told() && at.elapsed() >= LIST) {
            self.list()?;
        }
        let first = if self.is_told() {
            self.changes.recv().map_err(|_| RecvTimeoutError::Disconnected)
        } else {
            self.changes.recv_timeout(if self.watcher.is_some() { LIST } else { POLL })
        };
        let (mut paths, mut gone) = (BTreeSet::new(), Vec::new());
        match first {
            Ok(change) => {
                for change in std::iter::once(change).chain(self.changes.try_iter()) {
                    match change {
                        Ok(event) if is_change(&event) && !event.need_rescan() => {
                            if is_gone(&event) {
                                gone.extend(event.paths.iter().cloned());
                            }
                            paths.extend(event.paths);
                        }
                        Ok(event) if !event.need_rescan() => {}
                        // Some changes were lost.
                        _ => self.listed_at = None,
                    }
                }
            }
            Err(RecvTimeoutError::Timeout) if self.watcher.is_none() => {
                paths.extend(self.files.keys().cloned());
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Err(Deaf),
        }
        if self.heard.is_closed() {
            return Err(Deaf);
        }
        gone.iter().for_each(|path| self.unwatch(path));
        paths.into_iter().try_for_each(|path| self.changed(&path))
    }

    /// All folders are watched, or those that they will be made in.
    fn is_told(&self) -> bool {
        self.watcher.is_some() && self.projects.iter().all(|projects| self.innermost(projects).is_some())
    }

    /// Of the folders on the way to one, the innermost that is watched.
    fn innermost<'path>(&self, projects: &'path Path) -> Option<&'path Path> {
        way_to(projects).into_iter().rev().find(|folder| self.watched.contains(*folder))
    }

    /// Watches all folders, and takes up what was written to a moment ago.
    fn list(&mut self) -> Result<(), Deaf> {
        self.listed_at = Some(Instant::now());
        if self.watcher.is_none() {
            let told = self.told.clone();
            let watcher = notify::recommended_watcher(move |event| drop(told.send(event)));
            self.watcher = watcher.map_err(|error| self.cannot_watch(&error)).ok();
        }
        for projects in self.projects.clone() {
            if !self.watched.contains(&projects) {
                let way = way_to(&projects);
                let missing = way.iter().rev().take_while(|folder| !self.watch(folder)).count();
                // What is missing may have been made before what it lies in was watched.
                let _ = way.into_iter().rev().take(missing).rev().all(|folder| self.watch(folder));
            }
            if self.watcher.is_none() || self.watched.contains(&projects) {
                for entry in fs::read_dir(&projects).into_iter().flatten().flatten() {
                    self.project(&entry.path())?;
                }
            }
        }
        let all: BTreeSet<&Path> = self.projects.iter().flat_map(|projects| way_to(projects)).collect();
        let needed: BTreeSet<&Path> =
            self.projects.iter().filter_map(|projects| self.innermost(projects)).collect();
        let needless: Vec<PathBuf> = all.difference(&needed).map(|folder| folder.to_path_buf()).collect();
        for folder in needless {
            self.unwatch(&folder);
        }
        Ok(())
    }

    /// Watches a project's folder, and takes up what was written there a moment ago.
    fn project(&mut self, folder: &Path) -> Result<(), Deaf> {
        if !is_folder(folder) {
            return Ok(());
        }
        self.watch(folder);
        let now = SystemTime::now();
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let is_recent = || {
                let modified = entry.metadata().and_then(|known| known.modified());
                modified.is_ok_and(|at| now.duration_since(at).map_or(true, |age| age < RECENT))
            };
            if session_id_of(&path).is_some() && is_recent() {
                self.written(&path)?;
            }
        }
        Ok(())
    }

    /// Something was made or written at this path.
    fn changed(&mut self, path: &Path) -> Result<(), Deaf> {
        if path.extension().is_some_and(|extension| extension == "jsonl") {
            return self.written(path);
        }
        if self.projects.iter().any(|projects| way_to(projects).contains(&path)) {
            // Made anew, or gone.
            self.unwatch(path);
            self.listed_at = None;
            return Ok(());
        }
        if path.parent().is_some_and(|parent| self.projects.iter().any(|projects| parent == projects)) {
            return self.project(path);
        }
        if path.file_name().and_then(|name| name.to_str()).is_some_and(is_session_id) {
            self.subagents(path)?;
        } else if path.file_name().is_some_and(|name| name == SUBAGENTS)
            && let Some(session) = path.parent()
        {
            self.subagents(session)?;
        }
        Ok(())
    }

    /// Watches the folder of a session that has one, and that of its subagents.
    fn subagents(&mut self, session: &Path) -> Result<(), Deaf> {
        let folder = session.join(SUBAGENTS);
        if !(is_folder(session) && self.watch(session) && is_folder(&folder)) {
            return Ok(());
        }
        let is_new = !self.watched.contains(&folder);
        if self.watch(&folder) && is_new {
            // What was written before it was watched.
            for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
                self.written(&entry.path())?;
            }
        }
        Ok(())
    }

    /// Reads on in a transcript, and says what has changed.
    fn written(&mut self, path: &Path) -> Result<(), Deaf> {
        let Some((session, subagent)) = belongs_to(path) else { return Ok(()) };
        let is_known = self.files.contains_key(path);
        let read = match self.files.get_mut(path) {
            Some(known) => known.follower.go_on(),
            None => {
                let whose = if subagent.is_some() { Whose::Subagent } else { Whose::Session };
                Follower::begin(path, whose).map(|follower| {
                    let followed = Followed { follower, told: None, at: Instant::now() };
                    self.files.insert(path.to_owned(), followed);
                    true
                })
            }
        };
        match read {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            Err(_) => {
                self.files.remove(path);
                return Ok(());
            }
        }
        if !is_known {
            self.let_go();
            if subagent.is_none() {
                self.subagents(&path.with_extension(""))?;
            }
        }
        let Some(known) = self.files.get_mut(path) else { return Ok(()) };
        known.at = Instant::now();
        let standing = known.follower.standing();
        let now = (standing.state.clone(), standing.answers, standing.typed_since_failure);
        if known.told.as_ref() == Some(&now) {
            return Ok(());
        }
        known.told = Some(now);
        let said = Said {
            session: session.to_owned(),
            subagent: subagent.map(str::to_owned),
            standing,
            bytes: known.follower.bytes(),
        };
        self.heard.send(said).map_err(|_| Deaf)
    }

    /// Forgets what has been quiet for long.
    fn let_go(&mut self) {
        self.files.retain(|_, known| known.at.elapsed() < QUIET);
        while self.files.len() > FILES_AT_MOST {
            let oldest = self.files.iter().min_by_key(|(_, known)| known.at).map(|(path, _)| path.clone());
            self.files.remove(&oldest.unwrap_or_default());
        }
        let (files, watcher) = (&self.files, &mut self.watcher);
        let is_needed = |folder: &PathBuf| {
            let session = if folder.ends_with(SUBAGENTS) { folder.parent() } else { Some(folder.as_path()) };
            let is_of_session =
                session.and_then(Path::file_name).and_then(|name| name.to_str()).is_some_and(is_session_id);
            !is_of_session
                || session.is_some_and(|session| files.contains_key(&session.with_extension("jsonl")))
        };
        self.watched.retain(|folder| {
            let is_needed = is_needed(folder);
            if let Some(watcher) = watcher.as_mut().filter(|_| !is_needed) {
                let _ = watcher.unwatch(folder);
            }
            is_needed
        });
    }

    /// Whether the system tells, or will, what is written in this folder.
    fn watch(&mut self, folder: &Path) -> bool {
        if self.watched.contains(folder) {
            return true;
        }
        let Some(watcher) = &mut self.watcher else { return is_folder(folder) };
        if self.watched.len() >= FOLDERS_AT_MOST {
            return is_folder(folder);
        }
        match watcher.watch(folder, RecursiveMode::NonRecursive) {
            Ok(()) => {
                self.watched.insert(folder.to_owned());
                true
            }
            Err(_) if !folder.exists() => false,
            Err(error) => {
                self.cannot_watch(&error);
                // As if it had never told: half of the truth is worth less than a look now and then.
                (self.watcher, self.watched) = (None, BTreeSet::new());
                true
            }
        }
    }

    fn unwatch(&mut self, folder: &Path) {
        if let Some(watcher) = self.watcher.as_mut().filter(|_| self.watched.remove(folder)) {
            let _ = watcher.unwatch(folder);
        }
    }

    fn cannot_watch(&mut self, error: &notify::Error) {
        if !std::mem::replace(&mut self.is_said, true) {
            tracing::info!(%error, "not told of what is written; transcripts are looked at every 2 s instead");
        }
    }
}

/// Claude Code's folder of projects, what it lies in, and what that lies in: from the outside. Before Claude Code's first start on a
/// machine, only the outermost is there.
fn way_to(projects: &Path) -> Vec<&Path> {
    let mut way: Vec<&Path> = projects.ancestors().take(3).collect();
    way.reverse();
    way
}

/// Whether something was written, made, renamed or removed.
fn is_change(event: &Event) -> bool {
    !matches!(
        event.kind,
        EventKind::Access(access) if access != AccessKind::Close(AccessMode::Write)
    )
}

/// Whether what was at this path is there no more; another may be there by now.
fn is_gone(event: &Event) -> bool {
    matches!(
        event.kind,
        EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(RenameMode::From | RenameMode::Both))
    )
}

#[cfg(test)]
mod tests {
    use std::{fs::File, io::Write as _};

    use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

    use super::*;

    const ID: &str = "77baf6cb-0ea0-492d-9e1d-0a272e071b6c";
    const PROMPT: &str = "{\"type\":\"user\",\"message\":{\"content\":\"find it\"}}\n";

    fn retry(attempt: u32) -> String {
        format!("{{\"type\":\"system\",\"subtype\":\"api_error\",\"retryAttempt\":{attempt}}}\n")
    }

    fn append(path: &Path, text: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        File::options().append(true).create(true).open(path).unwrap().write_all(text.as_bytes()).unwrap();
    }

    /// The next retry that is told, and whose.
    fn next(heard: &mut UnboundedReceiver<Said>) -> (u32, Option<String>) {
        loop {
            let said = heard.blocking_recv().expect("it goes on");
            assert_eq!(said.session, ID);
            if let State::Retrying { attempt, .. } = said.standing.state {
                return (attempt, said.subagent);
            }
        }
    }

    #[test]
    fn what_is_written_is_told_wherever_it_is_written() {
        let home = tempfile::tempdir().unwrap();
        let project = home.path().join("projects/-work");
        let transcript = project.join(format!("{ID}.jsonl"));
        append(&transcript, &(PROMPT.to_owned() + &retry(1)));
        let (heard, mut said) = unbounded_channel();
        follow(&[home.path().to_owned()], heard);
        assert_eq!(next(&mut said), (1, None), "what was there a moment ago");
        append(&transcript, &retry(2));
        assert_eq!(next(&mut said), (2, None));
        let agent = project.join(ID).join("subagents/agent-7.jsonl");
        append(&agent, &retry(3).replace("{\"type\"", "{\"isSidechain\":true,\"type\""));
        assert_eq!(next(&mut said), (3, Some("agent-7".into())));
        let elsewhere = home.path().join(format!("projects/-new/{ID}.jsonl"));
        append(&elsewhere, &(PROMPT.to_owned() + &retry(4)));
        assert_eq!(next(&mut said), (4, None), "a project that was not there");
        append(&elsewhere.with_file_name("notes.jsonl"), &retry(5));
        append(&elsewhere, &retry(6));
        assert_eq!(next(&mut said), (6, None), "what is no transcript says nothing");
    }

    #[test]
    fn without_word_of_the_system_the_files_are_looked_at() {
        let home = tempfile::tempdir().unwrap();
        let transcript = home.path().join(format!("projects/-work/{ID}.jsonl"));
        append(&transcript, &(PROMPT.to_owned() + &retry(1)));
        let (heard, mut said) = unbounded_channel();
        let mut following = Following::new(vec![home.path().join("projects")], heard);
        following.list().ok().unwrap();
        assert_eq!(next(&mut said), (1, None));
        // As when the limit of watches is reached.
        (following.watcher, following.watched) = (None, BTreeSet::new());
        append(&transcript, &retry(2));
        thread::spawn(move || following.run());
        assert_eq!(next(&mut said), (2, None));
        append(&transcript, &retry(3));
        assert_eq!(next(&mut said), (3, None));
    }

    #[test]
    fn a_folder_that_comes_later_is_found() {
        let home = tempfile::tempdir().unwrap();
        for config in [home.path().to_owned(), home.path().join(".claude")] {
            let (heard, mut said) = unbounded_channel();
            let mut following = Following::new(vec![config.join("projects")], heard);
            following.list().ok().unwrap();
            assert!(following.is_told(), "where it will be made");
            thread::spawn(move || following.run());
            let transcript = config.join(format!("projects/-work/{ID}.jsonl"));
            append(&transcript, &(PROMPT.to_owned() + &retry(1)));
            assert_eq!(next(&mut said), (1, None));
            append(&transcript, &retry(2));
            assert_eq!(next(&mut said), (2, None));
        }
    }

    #[test]
    fn only_the_innermost_folder_is_watched_and_what_is_made_anew_is_found() {
        let home = tempfile::tempdir().unwrap();
        let config = home.path().join(".claude");
        let projects = config.join("projects");
        let (heard, mut said) = unbounded_channel();
        let mut following = Following::new(vec![projects.clone()], heard);
        let watched = |following: &mut Following| {
            following.list().ok().unwrap();
            following.watched.iter().cloned().collect::<Vec<_>>()
        };
        assert_eq!(watched(&mut following), [home.path()]);
        fs::create_dir(&config).unwrap();
        assert_eq!(watched(&mut following), [config.as_path()]);
        fs::create_dir(&projects).unwrap();
        assert_eq!(watched(&mut following), [projects.as_path()]);
        thread::spawn(move || following.run());
        fs::remove_dir_all(&config).unwrap();
        let transcript = projects.join(format!("-work/{ID}.jsonl"));
        append(&transcript, &(PROMPT.to_owned() + &retry(1)));
        assert_eq!(next(&mut said), (1, None));
        append(&transcript, &retry(2));
        assert_eq!(next(&mut said), (2, None), "the project, too, was made anew");
    }
}
