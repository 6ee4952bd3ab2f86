//! `lifeline status`: the daemon and all windows.

use lifeline_protocol::{RecoveryMode, StatusReport, WindowStatus};

use super::{
    Format,
    daemon::Daemon,
    exit::{Exit, Failure},
    page::{Ink, Page, Word, megabytes, shortened, span},
};

/// Longest label in a table, in characters.
pub(crate) const LABEL_CHARS: usize = 32;

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
    Ok(if is_well(&report) { Exit::Fine } else { Exit::Problem })
}

/// Whether every window is healthy and Lifeline can act.
pub(crate) fn is_well(report: &StatusReport) -> bool {
    let well = |window: &WindowStatus| window.verdict == "healthy" && window.phase != "gaveUp";
    report.cannot_save.is_none() && report.windows.iter().all(well)
}

/// The report for people.
pub(crate) fn print(report: &StatusReport, page: &mut Page<'_>) -> std::io::Result<()> {
    let about = format!(
        "(pid {}), up {}, {}",
        report.daemon_pid,
        span(report.uptime_ms),
        megabytes(report.rss_bytes)
    );
    let name = Word::new(format!("Lifeline {}", report.daemon_version), Ink::Bold);
    page.line(&[name, Word::new(about, Ink::Dim)])?;
    if let Some(reason) = &report.cannot_save {
        let sentence = format!("Nothing can be saved, so nothing will be restarted: {reason}");
        page.line(&[Word::new(sentence, Ink::Bad)])?;
    }
    if report.windows.is_empty() {
        return page
            .line(&["No window is attached. Open a folder in VS Code with the Lifeline extension.".into()]);
    }
    page.line(&[])?;
    let rows: Vec<Vec<Word>> = report.windows.iter().map(row).collect();
    page.table(&["WINDOW", "HOST", "STATE", "LAST SIGN", "DELAY P99", "HEAP", "PROTECTION"], &rows)?;
    for window in &report.windows {
        details(window, page)?;
    }
    Ok(())
}

fn row(window: &WindowStatus) -> Vec<Word> {
    let optional = |text: Option<String>| Word::from(text.unwrap_or_else(|| "–".into()));
    let heap = window.heap_used_bytes.zip(window.heap_limit_bytes);
    vec![
        Word::new(shortened(&window.label, LABEL_CHARS), Ink::Bold),
        optional(window.host_pid.map(|pid| pid.to_string())),
        state(window),
        optional(window.silent_ms.map(|ms| format!("{} ago", span(ms)))),
        optional(window.delay_p99_ms.map(|ms| format!("{ms:.0} ms"))),
        optional(heap.map(|(used, limit)| format!("{} of {}", megabytes(used), megabytes(limit)))),
        protection(window),
    ]
}

fn state(window: &WindowStatus) -> Word {
    let verdict = verdict(&window.verdict);
    let phase = match window.phase.as_str() {
        "watching" => "",
        "gaveUp" => "gave up",
        other => other,
    };
    let healthy = window.verdict == "healthy";
    let ink = match (healthy, window.phase.as_str()) {
        (_, "gaveUp") => Ink::Bad,
        (true, "watching") => Ink::Good,
        (true, _) => Ink::Warn,
        (false, _) if window.verdict == "late" => Ink::Warn,
        (false, _) => Ink::Bad,
    };
    Word::new(if phase.is_empty() { verdict.to_owned() } else { format!("{verdict}, {phase}") }, ink)
}

fn protection(window: &WindowStatus) -> Word {
    if window.paused {
        return Word::new("paused", Ink::Warn);
    }
    let mode = match window.mode {
        RecoveryMode::Automatic => "automatic",
        RecoveryMode::Ask => "asks first",
        RecoveryMode::Observe => "observes only",
    };
    if window.restarts_in_window == 0 {
        return mode.into();
    }
    let spent = window.restarts_in_window;
    // 2 is where Lifeline stops: VS Code itself gives up at the third exit in five minutes.
    Word::new(format!("{mode}, {spent} of 2 restarts spent"), if spent >= 2 { Ink::Bad } else { Ink::Warn })
}

fn details(window: &WindowStatus, page: &mut Page<'_>) -> std::io::Result<()> {
    let label = || Word::new(format!("{}:", shortened(&window.label, LABEL_CHARS)), Ink::Bold);
    if window.verdict != "healthy" {
        for item in &window.evidence {
            page.line(&[
                label(),
                item.text.as_str().into(),
                Word::new(format!("({})", item.witness), Ink::Dim),
            ])?;
        }
    }
    for notice in &window.notices {
        page.line(&[label(), Word::new(&notice.text, Ink::Warn)])?;
    }
    Ok(())
}

/// A verdict of the wire in words.
pub(crate) fn verdict(code: &str) -> &str {
    match code {
        "onChild" => "blocked on a child process",
        "spinning" => "busy loop",
        "gcThrash" => "out of memory (collecting garbage)",
        "ioStuck" => "stuck in I/O",
        "starved" => "the machine is overloaded",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::{super::daemon::tests::window, *};

    fn report(windows: Vec<WindowStatus>) -> StatusReport {
        StatusReport {
            daemon_version: "0.1.0".into(),
            daemon_pid: 77,
            uptime_ms: 7_500_000,
            rss_bytes: 5_149_000,
            cannot_save: None,
            windows,
        }
    }

    fn printed(report: &StatusReport) -> String {
        let mut out = Vec::new();
        print(report, &mut Page::new(&mut out, false)).expect("a vector takes it");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn a_healthy_window_is_one_line() {
        let report = report(vec![window("w", "my-project")]);
        assert!(is_well(&report));
        assert_eq!(
            printed(&report),
            "Lifeline 0.1.0 (pid 77), up 2 h 5 min, 5.1 MB\n\n\
             WINDOW      HOST  STATE    LAST SIGN   DELAY P99  HEAP               PROTECTION\n\
             my-project  4321  healthy  400 ms ago  12 ms      210 MB of 4496 MB  automatic\n"
        );
    }

    #[test]
    fn what_is_wrong_is_said_and_makes_the_exit_code_1() {
        let mut gave_up = window("w", "site");
        gave_up.verdict = "spinning".into();
        gave_up.phase = "gaveUp".into();
        gave_up.restarts_in_window = 2;
        gave_up.evidence = vec![lifeline_protocol::EvidenceItem {
            witness: "kernel".into(),
            text: "100 % of a core for 20 s".into(),
        }];
        gave_up.host_pid = None;
        let mut report = report(vec![gave_up, window("x", "fine")]);
        report.cannot_save = Some("No space left on device".into());
        let text = printed(&report);
        assert!(!is_well(&report));
        for part in [
            "Nothing can be saved",
            "busy loop, gave up",
            "2 of 2 restarts spent",
            "site: 100 % of a core for 20 s (kernel)",
            "–",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
    }

    #[test]
    fn late_is_no_health_and_no_window_is_no_problem() {
        let mut late = window("w", "site");
        late.verdict = "late".into();
        assert!(!is_well(&report(vec![late])));
        let empty = report(vec![]);
        assert!(is_well(&empty));
        assert!(printed(&empty).contains("No window is attached"));
    }
}
