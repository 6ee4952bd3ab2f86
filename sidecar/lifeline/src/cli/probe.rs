//! `lifeline probe`: one look at every IDE lock, without the daemon.

use std::{
    collections::BTreeMap,
    io,
    time::{Duration, UNIX_EPOCH},
};

use lifeline_bridge::{
    Answer, Lock, Locks, ProblemKind, Question, ide_folders, probe as ask, probe::TIMEOUT, read_locks,
};
use lifeline_platform::{Connection, Error, Platform, PortUsers};
use serde::Serialize;
use tokio::task::JoinSet;

use super::{
    Format,
    exit::{Exit, Failure},
    page::{Ink, Page, Word, shortened, span},
};
use crate::wording::file_name;

/// Changes when a program that reads the output would have to.
const SCHEMA: &str = "lifeline.probe/1";

/// A lock that is just being written is looked at once more after this long.
const WRITTEN_AFTER: Duration = Duration::from_millis(200);

/// Longest text in a table, in cells.
const CELLS: usize = 32;

/// Clients that are named in a table.
const CLIENTS_NAMED: usize = 3;

/// What one look found.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Look {
    schema: &'static str,
    /// Where locks were looked for.
    folders: Vec<String>,
    locks: Vec<Finding>,
    problems: Vec<Trouble>,
}

/// One lock, and what is behind it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Finding {
    port: u16,
    ide_name: Option<String>,
    workspace_folders: Vec<String>,
    /// The process that the lock names: the parent of the extension host.
    ide_pid: Option<u32>,
    /// Whether there is such a process.
    ide_pid_exists: Option<bool>,
    transport: Option<String>,
    wants_token: bool,
    running_in_windows: bool,
    written_unix_ms: Option<u64>,
    answer: &'static str,
    round_trip_ms: Option<f64>,
    /// Who listens on the port.
    owner: Option<Process>,
    /// Connections that the program has not taken, our own not included.
    backlog: Option<u32>,
    clients: Vec<Process>,
    is_problem: bool,
    /// What is wrong, and what to do.
    sentence: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Process {
    pid: u32,
    name: Option<String>,
}

/// Something in a lock folder that is no usable lock.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Trouble {
    file_name: String,
    kind: &'static str,
    sentence: String,
}

/// Looks, asks and prints.
///
/// # Errors
/// When it is not known where to look, or no output.
pub(crate) async fn probe(format: Format, page: &mut Page<'_>) -> Result<Exit, Failure> {
    let folders = ide_folders(&|name| std::env::var_os(name));
    if folders.is_empty() {
        return Err(Failure::problem(
            "It is not known where the lock files are, because there is no home folder. Set HOME, or CLAUDE_CONFIG_DIR.",
        ));
    }
    let mut locks = read_locks(&folders);
    if locks.problems.iter().any(|problem| problem.kind == ProblemKind::NoJson) {
        tokio::time::sleep(WRITTEN_AFTER).await;
        locks = read_locks(&folders);
    }
    let folders = folders.iter().map(|folder| folder.display().to_string()).collect();
    let look = look(folders, locks, &Platform::new()).await;
    match format {
        Format::Json => page.json(&look)?,
        Format::Text => print(&look, page)?,
    }
    Ok(exit(&look))
}

async fn look(folders: Vec<String>, locks: Locks, platform: &Platform) -> Look {
    let ports: Vec<u16> = locks.locks.iter().map(|lock| lock.port).collect();
    // Before anything is asked: our own connections are not to be seen among the others.
    let mut users = if ports.is_empty() { BTreeMap::new() } else { platform.port_users(&ports, &[]) };
    let mut answers = ask_all(&locks.locks).await;
    let findings = locks.locks.into_iter().map(|lock| {
        let answer = answers.remove(&lock.port).unwrap_or(Answer::NotAsked(io::ErrorKind::Other));
        let users = users.remove(&lock.port).unwrap_or_default();
        finding(lock, answer, users, platform)
    });
    let problems = locks.problems.iter().map(|problem| Trouble {
        file_name: problem.file_name.clone(),
        kind: problem.kind.code(),
        sentence: problem.to_string(),
    });
    Look { schema: SCHEMA, folders, locks: findings.collect(), problems: problems.collect() }
}

/// One question to each, all at the same time.
async fn ask_all(locks: &[Lock]) -> BTreeMap<u16, Answer> {
    let mut asked = JoinSet::new();
    for lock in locks {
        let lock = lock.clone();
        asked.spawn(async move {
            let answer = ask(lock.port, Question::FIRST, TIMEOUT).await;
            let answer = match Question::FIRST.instead(answer, &lock) {
                Some(question) => ask(lock.port, question, TIMEOUT).await,
                None => answer,
            };
            (lock.port, answer)
        });
    }
    asked.join_all().await.into_iter().collect()
}

fn finding(lock: Lock, answer: Answer, users: PortUsers, platform: &Platform) -> Finding {
    let ide_pid_exists = lock.pid.map(|pid| !matches!(platform.identify(pid), Err(Error::Gone { .. })));
    let (is_problem, sentence) = judge(&lock, answer, ide_pid_exists);
    let written = lock.modified.and_then(|modified| modified.duration_since(UNIX_EPOCH).ok());
    Finding {
        port: lock.port,
        ide_name: lock.ide_name,
        workspace_folders: lock.workspace_folders,
        ide_pid: lock.pid,
        ide_pid_exists,
        transport: lock.transport,
        wants_token: lock.has_token,
        running_in_windows: lock.running_in_windows,
        written_unix_ms: written.and_then(|written| u64::try_from(written.as_millis()).ok()),
        answer: code(answer),
        round_trip_ms: match answer {
            Answer::Alive { round_trip, .. } => Some((round_trip.as_secs_f64() * 1e5).round() / 100.0),
            _ => None,
        },
        owner: users.owner.map(|owner| process(owner.pid, platform)),
        backlog: users.listener.and_then(|listener| listener.backlog),
        clients: clients(&users.clients, platform),
        is_problem,
        sentence,
    }
}

/// Each process once, in the order of their pids.
fn clients(connections: &[Connection], platform: &Platform) -> Vec<Process> {
    let mut pids: Vec<u32> =
        connections.iter().filter_map(|client| client.process.map(|id| id.pid)).collect();
    pids.sort_unstable();
    pids.dedup();
    pids.into_iter().map(|pid| process(pid, platform)).collect()
}

/// A process and the name of its program; never its arguments, in which there may be secrets.
fn process(pid: u32, platform: &Platform) -> Process {
    let program = platform.executable(pid);
    let name =
        program.as_deref().and_then(|path| path.file_name()).map(|name| name.to_string_lossy().into_owned());
    Process { pid, name }
}

/// The words of the daemon's status.
const fn code(answer: Answer) -> &'static str {
    match answer {
        Answer::Alive { .. } => "answers",
        Answer::Refused => "nobody",
        Answer::Silent { .. } => "silent",
        Answer::NotWebSocket(_) => "foreign",
        Answer::NotAsked(_) => "unknown",
    }
}

/// Whether something is wrong, and what to say about it.
fn judge(lock: &Lock, answer: Answer, ide_pid_exists: Option<bool>) -> (bool, Option<String>) {
    let port = lock.port;
    let problem = |sentence: String| (true, Some(sentence));
    match answer {
        Answer::Alive { .. } if !lock.has_token => (
            false,
            Some(format!(
                "Port {port} takes any program of this machine for a client. Update Claude Code's extension in that window."
            )),
        ),
        Answer::Alive { .. } => (false, None),
        Answer::Silent { after_connect: true, waited } => problem(format!(
            "Port {port} takes connections, but has not answered for {}: the extension host behind it is frozen or very busy. See “lifeline status”, or reload that window.",
            span(u64::try_from(waited.as_millis()).unwrap_or(u64::MAX))
        )),
        Answer::Silent { after_connect: false, .. } => problem(format!(
            "Port {port} does not even take connections: too many wait for the extension host behind it, which is frozen. Reload that window."
        )),
        Answer::Refused if lock.running_in_windows && !cfg!(windows) => (
            false,
            Some(format!(
                "Port {port} belongs to an IDE that runs in Windows, and cannot be reached from here."
            )),
        ),
        Answer::Refused if ide_pid_exists == Some(false) => problem(format!(
            "The IDE that wrote {port}.lock has ended (pid {}), and nobody listens on its port: the lock is stale. Remove the file.",
            lock.pid.unwrap_or_default()
        )),
        Answer::Refused => problem(format!(
            "Nobody listens on port {port} any more: its extension host has ended and left {port}.lock behind. Remove the file. A Claude Code that still tries this port finds the new one with /ide."
        )),
        Answer::NotWebSocket(_) => problem(format!(
            "Something that is no IDE has port {port} now: the lock is stale. Remove {port}.lock."
        )),
        Answer::NotAsked(error) => problem(format!(
            "Port {port} could not be asked ({error}); that says nothing about it. Try again."
        )),
    }
}

fn exit(look: &Look) -> Exit {
    let is_well = look.problems.is_empty() && look.locks.iter().all(|finding| !finding.is_problem);
    if is_well { Exit::Fine } else { Exit::Problem }
}

fn print(look: &Look, page: &mut Page<'_>) -> io::Result<()> {
    if look.locks.is_empty() {
        let nothing = format!(
            "No IDE has left a lock in {}. Open a folder in VS Code with Claude Code's extension.",
            look.folders.join(" or ")
        );
        page.line(&[nothing.into()])?;
    } else {
        let rows: Vec<Vec<Word>> = look.locks.iter().map(row).collect();
        page.table(&["PORT", "IDE", "FOLDER", "ANSWER", "HOST", "BACKLOG", "CLIENTS"], &rows)?;
    }
    for finding in &look.locks {
        if let Some(sentence) = &finding.sentence {
            page.line(&[Word::new(sentence, if finding.is_problem { Ink::Bad } else { Ink::Warn })])?;
        }
    }
    for problem in &look.problems {
        page.line(&[Word::new(&problem.sentence, Ink::Warn)])?;
    }
    Ok(())
}

fn row(finding: &Finding) -> Vec<Word> {
    let folder = match finding.workspace_folders.as_slice() {
        [] => String::new(),
        [first] => file_name(first).to_owned(),
        [first, others @ ..] => format!("{} and {} more", file_name(first), others.len()),
    };
    let backlog = finding.backlog.filter(|&waiting| waiting > 0);
    vec![
        Word::new(finding.port, Ink::Bold),
        shortened(finding.ide_name.as_deref().unwrap_or("–"), CELLS).into(),
        shortened(&folder, CELLS).into(),
        answer(finding),
        finding.owner.as_ref().map(described).unwrap_or_default().into(),
        backlog.map_or_else(Word::default, |waiting| Word::new(waiting, Ink::Warn)),
        described_all(&finding.clients).into(),
    ]
}

fn answer(finding: &Finding) -> Word {
    match finding.answer {
        "answers" => {
            Word::new(format!("answers in {:.1} ms", finding.round_trip_ms.unwrap_or_default()), Ink::Good)
        }
        "silent" => Word::new("does not answer", Ink::Bad),
        "nobody" if !finding.is_problem => Word::new("runs in Windows", Ink::Dim),
        "nobody" if finding.ide_pid_exists == Some(false) => Word::new("process gone (stale)", Ink::Bad),
        "nobody" => Word::new("nobody listens (stale)", Ink::Bad),
        "foreign" => Word::new("another program (stale)", Ink::Bad),
        _ => Word::new("could not be asked", Ink::Warn),
    }
}

fn described(process: &Process) -> String {
    match &process.name {
        Some(name) => format!("{} {}", shortened(name, CELLS), process.pid),
        None => process.pid.to_string(),
    }
}

fn described_all(processes: &[Process]) -> String {
    let mut named: Vec<String> = processes.iter().take(CLIENTS_NAMED).map(described).collect();
    let more = processes.len().saturating_sub(CLIENTS_NAMED);
    if more > 0 {
        named.push(format!("{more} more"));
    }
    named.join(", ")
}

#[cfg(test)]
#[path = "probe_tests.rs"]
mod tests;
