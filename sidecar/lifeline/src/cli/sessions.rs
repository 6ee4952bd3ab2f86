//! `lifeline sessions`: the Claude sessions by folder, what each does, and how to take up one that ended.

use lifeline_protocol::{SessionStatus, method};

use super::{
    Format,
    daemon::Daemon,
    exit::{Exit, Failure},
    page::{Ink, Page, Word, aligned, clean, count, shortened, size, span},
    sections::Line,
    terminal,
};
use crate::{
    clock,
    snapshots::{resume_command, state_in_words},
};

/// Before the last one, which is the prompt.
const HEADINGS: [&str; 6] = ["STATE", "AGE", "MEMORY", "PID", "KIND", "LAST PROMPT"];

/// Cells of a prompt where nobody says how wide a line may be.
const PROMPT_CELLS: usize = 60;

/// Cells of a prompt at the least, on however narrow a terminal.
const PROMPT_CELLS_AT_LEAST: usize = 20;

/// Cells of a state at the most: a tool may have a long name.
const STATE_CELLS: usize = 24;

/// Asks and prints.
///
/// # Errors
/// No daemon, or no output.
pub(crate) async fn sessions(
    daemon: &mut Daemon,
    format: Format,
    page: &mut Page<'_>,
) -> Result<Exit, Failure> {
    let sessions: Vec<SessionStatus> = daemon.call(method::SESSIONS, ()).await?;
    match format {
        Format::Json => page.json(&sessions)?,
        Format::Text => {
            let columns = terminal::size().map(|(columns, _)| columns);
            lines(&sessions, clock::unix_ms(), columns).iter().try_for_each(|line| page.line(line))?;
        }
    }
    Ok(exit(&sessions))
}

/// [`Exit::Problem`] when a turn has died and nobody has taken it up.
fn exit(sessions: &[SessionStatus]) -> Exit {
    let died = sessions.iter().any(|session| matches!(session.state.as_str(), "failed" | "cut"));
    if died { Exit::Problem } else { Exit::Fine }
}

/// A heading, then each folder with its sessions, in the order in which they come. `columns`: how wide a line may be.
fn lines(sessions: &[SessionStatus], now_unix_ms: u64, columns: Option<usize>) -> Vec<Line> {
    if sessions.is_empty() {
        return vec![vec!["No Claude session runs, and none has ended lately.".into()]];
    }
    let mut rows: Vec<Line> = sessions.iter().map(|session| row(session, now_unix_ms)).collect();
    let cells = prompt_cells(&rows, columns);
    for (row, session) in rows.iter_mut().zip(sessions) {
        let prompt = session.last_prompt.as_deref().unwrap_or("–");
        // What is replaced must be counted as what it is replaced with.
        let on_one_line = clean(prompt).split_whitespace().collect::<Vec<_>>().join(" ");
        row.push(shortened(&on_one_line, cells).into());
    }
    let mut aligned = aligned(&HEADINGS, &rows).into_iter();
    let mut lines: Vec<Line> = aligned.next().into_iter().collect();
    let mut folder = None;
    for (session, row) in sessions.iter().zip(aligned) {
        if folder != Some(&session.folder) {
            folder = Some(&session.folder);
            lines.push(vec![]);
            let name = session.folder.as_deref().unwrap_or("in a folder that is not known");
            lines.push(vec![Word::new(name, Ink::Bold)]);
        }
        lines.push(row);
        lines.extend(resume(session));
    }
    lines
}

/// How wide the prompts may be, beside the columns that are there.
fn prompt_cells(rows: &[Line], columns: Option<usize>) -> usize {
    let Some(columns) = columns else { return PROMPT_CELLS };
    let taken: usize = HEADINGS[..HEADINGS.len() - 1]
        .iter()
        .enumerate()
        .map(|(column, heading)| {
            let widest = rows.iter().filter_map(|row| row.get(column)).map(Word::width).max().unwrap_or(0);
            // Two between columns; one in which nothing stands is left out.
            if widest == 0 { 0 } else { widest.max(heading.len()) + 2 }
        })
        .sum();
    columns.saturating_sub(taken).max(PROMPT_CELLS_AT_LEAST)
}

fn row(session: &SessionStatus, now_unix_ms: u64) -> Line {
    let age = session.started_unix_ms.map(|started| span(now_unix_ms.saturating_sub(started)));
    vec![
        state(session),
        Word::new(age.unwrap_or_default(), Ink::Dim),
        session.rss_bytes.map(size).unwrap_or_default().into(),
        session.pid.map(|pid| pid.to_string()).unwrap_or_default().into(),
        kind(session).into(),
    ]
}

fn state(session: &SessionStatus) -> Word {
    let (state, ink) = match (session.state.as_str(), session.pending_tools.as_slice()) {
        ("tool", [.., tool]) => (format!("runs {}", tool.name), Ink::Plain),
        (state @ ("failed" | "cut"), _) => (state_in_words(state).to_owned(), Ink::Bad),
        (state @ ("waiting" | "retrying"), _) => (state_in_words(state).to_owned(), Ink::Warn),
        (state @ ("ended" | "unknown"), _) => (state_in_words(state).to_owned(), Ink::Dim),
        (state, _) => (state_in_words(state).to_owned(), Ink::Plain),
    };
    let subagents = match session.subagents {
        0 => String::new(),
        subagents => format!(", {}", count(subagents, "subagent")),
    };
    Word::new(format!("{}{subagents}", shortened(&clean(&state), STATE_CELLS)), ink)
}

fn kind(session: &SessionStatus) -> String {
    let kind = match session.kind.as_str() {
        "panel" => "chat panel",
        other => other,
    };
    if session.bridged { format!("{kind}, bridged") } else { kind.to_owned() }
}

/// What to type, for a session without a process.
fn resume(session: &SessionStatus) -> Option<Line> {
    let id = session.session_id.as_deref().filter(|_| session.pid.is_none())?;
    let command = resume_command(id, session.folder.as_deref());
    Some(vec![Word::new("  resume with:", Ink::Dim), command.into()])
}

#[cfg(test)]
mod tests {
    use lifeline_protocol::PendingTool;

    use super::*;

    const NOW: u64 = 100_000_000;
    const ID: &str = "77baf6cb-0ea0-492d-9e1d-0a272e071b6c";

    fn session(folder: &str, state: &str) -> SessionStatus {
        SessionStatus {
            session_id: Some(ID.into()),
            kind: "terminal".into(),
            pid: Some(5012),
            folder: Some(folder.into()),
            state: state.into(),
            last_prompt: Some("make it\n  fast, and do not forget the tests of the parser".into()),
            rss_bytes: Some(210_000_000),
            started_unix_ms: Some(NOW - 7_500_000),
            ..SessionStatus::default()
        }
    }

    fn printed(sessions: &[SessionStatus], columns: Option<usize>) -> String {
        let mut out = Vec::new();
        let mut page = Page::new(&mut out, false);
        lines(sessions, NOW, columns).iter().try_for_each(|line| page.line(line)).expect("a vector takes it");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn sessions_stand_below_their_folders_and_ended_ones_say_how_to_go_on() {
        let mut tool = session("/w/api", "tool");
        tool.pending_tools = vec![PendingTool { name: "Bash".into(), ..PendingTool::default() }];
        tool.subagents = 1;
        let mut waiting = session("/w/api", "waiting");
        (waiting.kind, waiting.bridged) = ("panel".into(), true);
        let mut cut = session("/w/my site", "cut");
        (cut.pid, cut.rss_bytes, cut.last_prompt) = (None, None, None);
        assert_eq!(
            printed(&[tool, waiting, cut], Some(90)),
            "STATE                  AGE        MEMORY  PID   KIND                 LAST PROMPT\n\
             \n\
             /w/api\n\
             runs Bash, 1 subagent  2 h 5 min  210 MB  5012  terminal             make it fast, and do…\n\
             waits for you          2 h 5 min  210 MB  5012  chat panel, bridged  make it fast, and do…\n\
             \n\
             /w/my site\n\
             cut off                2 h 5 min                terminal             –\n\
             \x20 resume with: cd '/w/my site' && claude --resume 77baf6cb-0ea0-492d-9e1d-0a272e071b6c\n"
        );
    }

    #[test]
    fn nothing_is_wider_than_the_terminal_nor_controls_it() {
        let mut hostile = session("/w/\x1b[2J", "\u{202e}thinking");
        hostile.last_prompt = Some("設計書\u{9b}2J".repeat(100));
        hostile.kind = "x\r".into();
        let text = printed(&[hostile.clone(), session("/w", "idle")], Some(80));
        assert!(!text.contains(['\x1b', '\u{9b}', '\u{202e}', '\r']), "{text:?}");
        for line in text.lines() {
            assert!(super::super::width::width(line) <= 80, "{line}");
        }
        assert!(printed(&[hostile], Some(10)).contains("設計書"));
    }

    #[test]
    fn what_is_not_known_is_left_out_and_nothing_is_said_too() {
        let bare = SessionStatus { state: "unknown".into(), ..SessionStatus::default() };
        assert_eq!(
            printed(std::slice::from_ref(&bare), None),
            "STATE    LAST PROMPT\n\nin a folder that is not known\nunknown  –\n"
        );
        assert!(printed(&[], None).starts_with("No Claude session"));
        assert_eq!(exit(&[bare]), Exit::Fine);
        assert_eq!(exit(&[session("/w", "idle"), session("/w", "cut")]), Exit::Problem);
    }
}
