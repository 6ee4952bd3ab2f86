//! `lifeline orphans` and `lifeline reap`: processes of Claude Code that were left behind, why they are thought to be, and their end.

use std::time::Duration;

use lifeline_protocol::{ProcessStatus, ProcessesReport, ReapRequest, Reaped, method};

use super::{
    Format,
    daemon::Daemon,
    exit::{Exit, Failure},
    follow::agreed,
    page::{Ink, Page, Word, aligned, shortened, size, span},
    sections::Line,
};

const HEADINGS: [&str; 7] = ["GRADE", "PID", "AGE", "MEMORY", "KIND", "SESSION", "COMMAND"];

/// Cells of a command at the most.
const COMMAND_CELLS: usize = 40;

/// Characters of a session's id that tell it from others.
const SESSION_CHARS: usize = 8;

/// An ending takes up to 30 s for a tool that writes, 2 s until it is forced, and a look before each step.
const REAPED_WITHIN: Duration = Duration::from_secs(120);

/// Lists them.
///
/// # Errors
/// No daemon, or no output.
pub(crate) async fn orphans(
    daemon: &mut Daemon,
    all: bool,
    format: Format,
    page: &mut Page<'_>,
) -> Result<Exit, Failure> {
    let report: ProcessesReport = daemon.call(method::PROCESSES, ()).await?;
    match format {
        Format::Json => page.json(&report)?,
        Format::Text => lines(&report, all).iter().try_for_each(|line| page.line(line))?,
    }
    let is_certain = report.processes.iter().any(|process| process.grade == "certain");
    Ok(if is_certain { Exit::Problem } else { Exit::Fine })
}

/// Which processes, and how.
#[derive(Clone, Debug)]
pub(crate) struct Reap {
    /// By pid; all certain ones when empty.
    pub(crate) pids: Vec<u32>,
    /// Only say what would be done.
    pub(crate) dry_run: bool,
    /// Do not ask.
    pub(crate) yes: bool,
}

/// Ends them.
///
/// # Errors
/// No daemon, a pid that is not in the list or in use, nobody to ask, the user's no, or no output.
pub(crate) async fn reap(
    daemon: &mut Daemon,
    how: Reap,
    format: Format,
    page: &mut Page<'_>,
) -> Result<Exit, Failure> {
    let report: ProcessesReport = daemon.call(method::PROCESSES, ()).await?;
    let chosen = choose(&report, &how.pids)?;
    if how.dry_run {
        match format {
            Format::Json => page.json(&chosen)?,
            Format::Text if chosen.is_empty() => page.line(&nothing())?,
            Format::Text => table(&chosen).iter().try_for_each(|line| page.line(line))?,
        }
        return Ok(Exit::Fine);
    }
    let mut reaped: Vec<Reaped> = Vec::new();
    if !chosen.is_empty() {
        let processes = chosen.iter().map(|process| process.tree_pids.len()).sum::<usize>();
        let question = format!(
            "End {} ({})? What each session was is saved first.",
            processes_in_words(processes),
            chosen.iter().map(|process| process.pid.to_string()).collect::<Vec<_>>().join(", "),
        );
        if !how.yes && !agreed(&question)? {
            return Err(Failure::new(Exit::Refused, "Nothing was done."));
        }
        let ids = chosen.iter().map(|process| process.id.clone()).collect();
        reaped = daemon.call_within(method::REAP, ReapRequest { ids }, REAPED_WITHIN).await?;
    }
    match format {
        Format::Json => page.json(&reaped)?,
        Format::Text if reaped.is_empty() => page.line(&nothing())?,
        Format::Text => outcome(&reaped).iter().try_for_each(|line| page.line(line))?,
    }
    let is_refused = reaped.iter().any(|reaped| reaped.ended.is_empty());
    Ok(if is_refused { Exit::Refused } else { Exit::Fine })
}

fn processes_in_words(number: usize) -> String {
    if number == 1 { "1 process".into() } else { format!("{number} processes") }
}

fn nothing() -> Line {
    vec!["Nothing was certainly left behind. “lifeline orphans” shows what may have been.".into()]
}

fn choose<'r>(report: &'r ProcessesReport, pids: &[u32]) -> Result<Vec<&'r ProcessStatus>, Failure> {
    if pids.is_empty() {
        let certain = || report.processes.iter().filter(|process| process.grade == "certain");
        // What ends with another is not ended for itself.
        let is_within = |process: &ProcessStatus| {
            certain().any(|other| other.pid != process.pid && other.tree_pids.contains(&process.pid))
        };
        return Ok(certain().filter(|process| !is_within(process)).collect());
    }
    let find = |pid: &u32| {
        let found = report.processes.iter().find(|process| process.pid == *pid);
        let found = found.ok_or_else(|| {
            let sentence = format!(
                "Process {pid} is none of Claude Code's, as far as is known. “lifeline orphans --all” lists those that are."
            );
            Failure::new(Exit::Usage, sentence)
        })?;
        if found.grade == "inUse" {
            let why = found.why.join("; ");
            return Err(Failure::new(Exit::Refused, format!("Process {pid} is in use: {why}.")));
        }
        Ok(found)
    };
    pids.iter().map(find).collect()
}

fn lines(report: &ProcessesReport, all: bool) -> Vec<Line> {
    let shown: Vec<&ProcessStatus> =
        report.processes.iter().filter(|process| all || process.grade != "inUse").collect();
    let hidden = u32::try_from(report.processes.len() - shown.len()).unwrap_or(u32::MAX);
    let mut lines = if shown.is_empty() {
        vec![vec!["Nothing of Claude Code was left behind.".into()]]
    } else {
        table(&shown)
    };
    if hidden > 0 {
        lines.push(vec![]);
        let used = format!("{hidden} more in use; --all lists them.");
        lines.push(vec![Word::new(used, Ink::Dim)]);
    }
    if report.given_back_processes > 0 {
        let given = format!(
            "Given back so far: {} in {}.",
            size(report.given_back_bytes),
            processes_in_words(usize::try_from(report.given_back_processes).unwrap_or(usize::MAX)),
        );
        lines.push(vec![Word::new(given, Ink::Dim)]);
    }
    lines
}

/// Each process, and under it why it is graded so.
fn table(processes: &[&ProcessStatus]) -> Vec<Line> {
    let rows: Vec<Line> = processes.iter().map(|process| row(process)).collect();
    let mut aligned = aligned(&HEADINGS, &rows).into_iter();
    let mut lines: Vec<Line> = aligned.next().into_iter().collect();
    for (process, row) in processes.iter().zip(aligned) {
        lines.push(row);
        if !process.why.is_empty() {
            lines.push(vec![Word::new(format!("    {}", process.why.join("; ")), Ink::Plain)]);
        }
        if !process.doubts.is_empty() {
            lines.push(vec![Word::new(format!("    but: {}", process.doubts.join("; ")), Ink::Dim)]);
        }
    }
    lines
}

fn row(process: &ProcessStatus) -> Line {
    let grade = match process.grade.as_str() {
        "certain" => Word::new("certain", Ink::Bad),
        "suspect" => Word::new("suspect", Ink::Warn),
        _ => Word::new("in use", Ink::Dim),
    };
    let kind = match process.kind.as_str() {
        "mcpServer" => "MCP server",
        "languageServer" => "language server",
        other => other,
    };
    let others = process.tree_pids.len().saturating_sub(1);
    let memory = match others {
        0 => size(process.tree_bytes),
        others => format!("{} (with {others} more)", size(process.tree_bytes)),
    };
    let session = process.session_id.as_deref().unwrap_or("–");
    vec![
        grade,
        process.pid.to_string().into(),
        Word::new(span(process.age_ms), Ink::Dim),
        memory.into(),
        kind.into(),
        session.chars().take(SESSION_CHARS).collect::<String>().into(),
        shortened(&process.command, COMMAND_CELLS).into(),
    ]
}

fn outcome(reaped: &[Reaped]) -> Vec<Line> {
    let pid = |reaped: &Reaped| reaped.id.split('@').next().unwrap_or_default().to_owned();
    let mut lines: Vec<Line> = reaped
        .iter()
        .map(|one| {
            let what = if one.ended.is_empty() {
                Word::new("not ended.", Ink::Warn)
            } else {
                let ended = processes_in_words(one.ended.len());
                Word::new(format!("{ended} ended, {} given back.", size(one.bytes)), Ink::Good)
            };
            let mut line = vec![Word::new(format!("{}:", pid(one)), Ink::Bold), what];
            line.extend(one.reason.as_deref().map(|reason| Word::new(reason, Ink::Plain)));
            line
        })
        .collect();
    let bytes: u64 = reaped.iter().map(|reaped| reaped.bytes).sum();
    if reaped.len() > 1 {
        lines.push(vec![Word::new(format!("In all {} given back.", size(bytes)), Ink::Bold)]);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(pid: u32, grade: &str) -> ProcessStatus {
        ProcessStatus {
            id: format!("{pid}@1"),
            pid,
            grade: grade.into(),
            kind: "session".into(),
            command: "claude".into(),
            age_ms: 7_500_000,
            tree_pids: vec![pid],
            tree_bytes: 212_000_000,
            why: vec!["its owner has ended".into(), "nobody can write to its standard input".into()],
            ..ProcessStatus::default()
        }
    }

    fn printed(lines: &[Line]) -> String {
        let mut out = Vec::new();
        let mut page = Page::new(&mut out, false);
        lines.iter().for_each(|line| page.line(line).unwrap());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_list_says_why() {
        let mut mcp = process(8, "suspect");
        (mcp.kind, mcp.doubts) = ("mcpServer".into(), vec!["it is still at work".into()]);
        let report = ProcessesReport {
            processes: vec![process(7, "certain"), mcp, process(9, "inUse")],
            ..ProcessesReport::default()
        };
        let text = printed(&lines(&report, false));
        assert!(text.contains("certain  7    2 h 5 min  212 MB  session"), "{text}");
        assert!(text.contains("    its owner has ended; nobody can write"), "{text}");
        assert!(text.contains("MCP server") && text.contains("    but: it is still at work"), "{text}");
        assert!(text.contains("1 more in use") && !text.contains("in use   9"), "{text}");
        assert!(printed(&lines(&report, true)).contains("in use   9"));
        assert!(printed(&lines(&ProcessesReport::default(), false)).contains("Nothing"));
    }

    #[test]
    fn hostile_names_stay_on_their_line() {
        let mut bad = process(7, "certain");
        bad.command = "claude\n\x1b[2J[x](y)".into();
        let report = ProcessesReport { processes: vec![bad], ..ProcessesReport::default() };
        let text = printed(&lines(&report, false));
        assert!(!text.contains('\x1b'), "{text}");
        assert_eq!(text.lines().count(), 3, "{text}");
    }

    #[test]
    fn all_certain_ones_are_chosen_and_only_suspects_by_name() {
        let mut root = process(7, "certain");
        root.tree_pids = vec![7, 8];
        let report = ProcessesReport {
            processes: vec![root, process(8, "certain"), process(9, "suspect"), process(10, "inUse")],
            ..ProcessesReport::default()
        };
        let pids = |pids: &[u32]| choose(&report, pids).map(|all| all.iter().map(|one| one.pid).collect());
        assert_eq!(pids(&[]), Ok(vec![7]));
        assert_eq!(pids(&[9]), Ok(vec![9]));
        assert_eq!(pids(&[10]).map_err(|failure: Failure| failure.exit), Err(Exit::Refused));
        assert_eq!(pids(&[11]).map_err(|failure: Failure| failure.exit), Err(Exit::Usage));
    }
}
