//! `lifeline status`: the daemon, all windows, and what belongs to them.

use lifeline_protocol::{StatusReport, WindowStatus};

use super::{
    Format,
    daemon::Daemon,
    exit::{Exit, Failure},
    page::{Ink, Page, Word, megabytes, shortened, span},
    sections::{self, LABEL_CELLS, Line, state},
};

/// Asks and prints.
///
/// # Errors
/// No daemon, or no output.
pub(crate) async fn status(
    daemon: &mut Daemon,
    format: Format,
    page: &mut Page<'_>,
) -> Result<Exit, Failure> {
    let report = daemon.status().await?;
    match format {
        Format::Json => page.json(&report)?,
        Format::Text => print(&report, page)?,
    }
    Ok(exit(&report))
}

/// [`Exit::Problem`] when something is wrong: a window that is not healthy, has a notice or is about to run out of memory, a
/// socket that does not answer, a machine without memory, or a daemon that cannot save.
pub(crate) fn exit(report: &StatusReport) -> Exit {
    let well = |window: &WindowStatus| {
        window.verdict == "healthy"
            && window.phase != "gaveUp"
            && window.notices.is_empty()
            && window.memory.as_ref().is_none_or(|memory| memory.level != "critical")
    };
    let is_well = report.cannot_save.is_none()
        && report.machine.memory_level != "critical"
        && report.sockets.iter().all(|socket| socket.answer != "silent")
        && report.windows.iter().all(well);
    if is_well { Exit::Fine } else { Exit::Problem }
}

/// The report for people.
pub(crate) fn print(report: &StatusReport, page: &mut Page<'_>) -> std::io::Result<()> {
    lines(report).iter().try_for_each(|line| page.line(line))
}

fn lines(report: &StatusReport) -> Vec<Line> {
    let mut lines = vec![sections::daemon(report)];
    lines.extend(sections::machine(&report.machine));
    lines.extend(sections::cannot_save(report));
    if report.windows.is_empty() {
        lines.push(vec![sections::NO_WINDOW.into()]);
    } else {
        lines.push(vec![]);
        let headings = ["WINDOW", "HOST", "STATE", "LAST SIGN", "DELAY P99", "HEAP", "PROTECTION"];
        let rows: Vec<Line> = report.windows.iter().map(row).collect();
        lines.extend(super::page::aligned(&headings, &rows));
        lines.extend(report.windows.iter().flat_map(details));
    }
    let rest: [Vec<Line>; 4] = [
        sections::connections(report),
        sections::sockets(report),
        sections::lock_problems(report).collect(),
        sections::claude(report, usize::MAX),
    ];
    for section in rest.into_iter().filter(|section| !section.is_empty()) {
        lines.push(vec![]);
        lines.extend(section);
    }
    lines
}

fn row(window: &WindowStatus) -> Line {
    let optional = |text: Option<String>| Word::from(text.unwrap_or_else(|| "–".into()));
    vec![
        Word::new(shortened(&window.label, LABEL_CELLS), Ink::Bold),
        optional(window.host_pid.map(|pid| pid.to_string())),
        state(window),
        optional(window.silent_ms.map(|ms| format!("{} ago", span(ms)))),
        optional(window.delay_p99_ms.map(|ms| format!("{ms:.0} ms"))),
        heap(window),
        protection(window),
    ]
}

fn heap(window: &WindowStatus) -> Word {
    let Some((used, limit)) = window.heap_used_bytes.zip(window.heap_limit_bytes) else {
        return "–".into();
    };
    let memory = window.memory.as_ref();
    let percent = memory.map_or_else(String::new, |memory| format!(" ({:.0} %)", memory.percent));
    let full = memory.and_then(|memory| memory.seconds_to_limit);
    let full = full.map_or_else(String::new, |secs| format!(", full in {}", span(secs.saturating_mul(1000))));
    let ink = memory.map_or(Ink::Plain, |memory| sections::memory_ink(&memory.level));
    Word::new(format!("{} of {}{percent}{full}", megabytes(used), megabytes(limit)), ink)
}

fn protection(window: &WindowStatus) -> Word {
    let protection = sections::protection(window);
    let spent = window.restarts_in_window;
    if spent == 0 || window.paused || !window.guarded {
        return protection;
    }
    let restarts = sections::restarts(window);
    Word::new(format!("{}, {}", protection.text(), restarts.text()), restarts.ink())
}

fn details(window: &WindowStatus) -> Vec<Line> {
    let label = format!("{}:", shortened(&window.label, LABEL_CELLS));
    let mut lines = sections::troubles(window);
    for line in &mut lines {
        line.insert(0, Word::new(&label, Ink::Bold));
    }
    lines
}

#[cfg(test)]
mod tests {
    use lifeline_protocol::{EvidenceItem, MachineStatus, MemoryStatus, Notice, SocketStatus};

    use super::{
        super::{
            daemon::tests::window,
            sections::tests::{report, socket},
        },
        *,
    };

    fn with(windows: Vec<WindowStatus>) -> StatusReport {
        StatusReport { windows, ..report() }
    }

    fn printed(report: &StatusReport) -> String {
        let mut out = Vec::new();
        print(report, &mut Page::new(&mut out, false)).expect("a vector takes it");
        String::from_utf8(out).expect("text")
    }

    /// A notice of this code.
    fn notice(code: &str, text: &str) -> Notice {
        Notice {
            id: "1".into(),
            code: code.into(),
            window_id: "w".into(),
            text: text.into(),
            incident: None,
            session_id: None,
        }
    }

    #[test]
    fn a_healthy_window_is_one_line() {
        let report = with(vec![window("w", "my-project")]);
        assert_eq!(exit(&report), Exit::Fine);
        assert_eq!(
            printed(&report),
            "Lifeline 0.1.0 (pid 77), up 2 h 5 min, 5.1 MB\n\n\
             WINDOW      HOST  STATE    LAST SIGN   DELAY P99  HEAP               PROTECTION\n\
             my-project  4321  healthy  400 ms ago  12 ms      210 MB of 4496 MB  automatic\n"
        );
    }

    #[test]
    fn all_that_belongs_to_a_window_is_there() {
        let mut leaking = window("w", "my-project");
        leaking.memory = Some(MemoryStatus {
            level: "high".into(),
            percent: 4.7,
            seconds_to_limit: Some(390),
            ..MemoryStatus::default()
        });
        leaking.degraded = Some("its IDE socket takes 900 ms to answer".into());
        leaking.waits_for = Some("a pause in your work".into());
        let mut elsewhere = window("ide-41235", "設計 (Cursor)");
        elsewhere.guarded = false;
        elsewhere.host_pid = Some(99);
        (elsewhere.delay_p99_ms, elsewhere.heap_used_bytes) = (None, None);
        let mut report = with(vec![leaking, elsewhere]);
        report.machine = MachineStatus {
            memory_total_bytes: Some(8_300_000_000),
            memory_available_bytes: Some(3_100_000_000),
            memory_level: "normal".into(),
            ..MachineStatus::default()
        };
        report.sockets = vec![socket(41234)];
        report.lock_problems = vec!["41236.lock names a port below 1024".into()];
        report.claude = vec![lifeline_protocol::ClaudeProcess {
            pid: 5012,
            kind: "cli".into(),
            host_pid: 4321,
            rss_bytes: 210_000_000,
        }];
        assert_eq!(exit(&report), Exit::Fine);
        assert_eq!(
            printed(&report),
            "Lifeline 0.1.0 (pid 77), up 2 h 5 min, 5.1 MB\n\
             Machine: 3.1 GB of 8.3 GB memory left\n\n\
             WINDOW         HOST  STATE    LAST SIGN   DELAY P99  HEAP                                         PROTECTION\n\
             my-project     4321  healthy  400 ms ago  12 ms      210 MB of 4496 MB (5 %), full in 6 min 30 s  automatic\n\
             設計 (Cursor)  99    healthy  400 ms ago  –          –                                            without Lifeline\n\
             my-project: slow: its IDE socket takes 900 ms to answer\n\
             my-project: a planned restart waits for a pause in your work\n\n\
             SOCKET  IDE                 ANSWER     MEDIAN  WINDOW      CLIENTS\n\
             41234   Visual Studio Code  in 4.2 ms  4.4 ms  my-project  5012\n\n\
             41236.lock names a port below 1024\n\n\
             CLAUDE  KIND      MEMORY  WINDOW\n\
             5012    terminal  210 MB  my-project\n"
        );
    }

    #[test]
    fn what_is_wrong_is_said() {
        let mut gave_up = window("w", "site\n\x1b[2J\u{9b}1m");
        gave_up.verdict = "spinning".into();
        gave_up.phase = "gaveUp".into();
        gave_up.restarts_in_window = 2;
        gave_up.evidence =
            vec![EvidenceItem { witness: "kernel".into(), text: "100 % of a core for 20 s".into() }];
        gave_up.host_pid = None;
        gave_up.notices = vec![notice("refusedBudget", "It ended\rtwice.")];
        let mut report = with(vec![gave_up, window("x", "fine")]);
        report.cannot_save = Some("No space left\x07on device".into());
        let text = printed(&report);
        for part in [
            "Nothing can be saved, so nothing will be restarted: No space left on device",
            "busy loop, gave up",
            "automatic, 2 of 2 restarts spent",
            "site  [2J 1m: 100 % of a core for 20 s (kernel)",
            "site  [2J 1m: It ended twice.",
            "–",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
        assert!(text.chars().all(|char| char == '\n' || !char.is_control()), "{text:?}");
    }

    #[test]
    fn no_window_is_no_problem() {
        assert_eq!(exit(&report()), Exit::Fine);
        assert!(printed(&report()).contains("No window is attached"));
    }

    /// Each story spoils a report that is well.
    #[test]
    fn what_makes_the_exit_code_1() {
        type Story = (&'static str, bool, fn(&mut StatusReport));
        let stories: &[Story] = &[
            ("nothing", false, |_| {}),
            ("late", true, |report| report.windows[0].verdict = "late".into()),
            ("stuck", true, |report| report.windows[0].verdict = "deadlock".into()),
            ("stuck without Lifeline", true, |report| {
                report.windows[0].guarded = false;
                report.windows[0].verdict = "late".into();
            }),
            ("gave up", true, |report| report.windows[0].phase = "gaveUp".into()),
            ("notice", true, |report| report.windows[0].notices = vec![notice("memoryHigh", "")]),
            ("heap high", false, |report| {
                report.windows[0].memory =
                    Some(MemoryStatus { level: "high".into(), ..MemoryStatus::default() });
            }),
            ("heap critical", true, |report| {
                report.windows[0].memory =
                    Some(MemoryStatus { level: "critical".into(), ..MemoryStatus::default() });
            }),
            ("machine low", false, |report| report.machine.memory_level = "low".into()),
            ("machine critical", true, |report| report.machine.memory_level = "critical".into()),
            ("stale lock", false, |report| report.sockets[0].answer = "nobody".into()),
            ("silent socket", true, |report| report.sockets[0].answer = "silent".into()),
            ("cannot save", true, |report| report.cannot_save = Some("disk full".into())),
            ("paused", false, |report| report.windows[0].paused = true),
            ("planned", false, |report| report.windows[0].waits_for = Some("a pause".into())),
        ];
        for (story, is_problem, spoil) in stories {
            let mut report = with(vec![window("w", "site")]);
            report.sockets = vec![SocketStatus { port: 1, ..socket(41234) }];
            spoil(&mut report);
            assert_eq!(exit(&report) == Exit::Problem, *is_problem, "{story}");
        }
    }
}
