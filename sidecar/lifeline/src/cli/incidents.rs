//! `lifeline incidents`: what happened, newest first, with measured times.

use lifeline_protocol::{Culprit, Incident, Outcome, Preserved};

use super::{
    Format, culprits,
    daemon::Daemon,
    exit::{Exit, Failure},
    page::{Ink, Page, Word, ago, count, shortened, size, span},
    sections::{LABEL_CELLS, verdict},
};
use crate::clock;

/// Asks and prints the incidents, or who caused them.
///
/// # Errors
/// No daemon, or no output.
pub(crate) async fn incidents(
    daemon: &mut Daemon,
    by_culprit: bool,
    format: Format,
    page: &mut Page<'_>,
) -> Result<Exit, Failure> {
    let incidents = daemon.incidents().await?;
    if by_culprit {
        culprits::print(&incidents, clock::unix_ms(), format, page)?;
        return Ok(Exit::Fine);
    }
    match format {
        Format::Json => page.json(&incidents)?,
        Format::Text if incidents.is_empty() => page.line(&["Nothing has happened.".into()])?,
        Format::Text => print(&incidents, clock::unix_ms(), page)?,
    }
    Ok(Exit::Fine)
}

fn print(incidents: &[Incident], now_unix_ms: u64, page: &mut Page<'_>) -> std::io::Result<()> {
    let rows: Vec<Vec<Word>> = incidents
        .iter()
        .map(|incident| {
            let (outcome, ink) = outcome(incident);
            vec![
                Word::new(ago(incident.began_unix_ms, now_unix_ms), Ink::Dim),
                Word::new(shortened(&incident.label, LABEL_CELLS), Ink::Bold),
                what(incident).into(),
                Word::new(outcome, ink),
                incident.culprit.as_ref().map(who).unwrap_or_default().into(),
                times(incident).into(),
                Word::new(incident.snapshot_id.as_deref().unwrap_or_default(), Ink::Dim),
            ]
        })
        .collect();
    let headings = ["WHEN", "WINDOW", "WHAT", "OUTCOME", "WHO", "AFTER THE LAST SIGN OF LIFE", "SNAPSHOT"];
    page.table(&headings, &rows)
}

/// What happened, in words.
pub(crate) fn what(incident: &Incident) -> String {
    match incident.cause.as_str() {
        "freeze" => verdict(&incident.verdict).to_owned(),
        "drill" => format!("drill: {}", verdict(&incident.verdict)),
        "requested" => "restart on request".to_owned(),
        "memory" => match incident.heap_used_bytes.zip(incident.heap_limit_bytes) {
            Some((used, limit)) => format!("about to run out of memory ({} of {})", size(used), size(limit)),
            None => "about to run out of memory".to_owned(),
        },
        "refresh" => "refresh at a quiet moment".to_owned(),
        other => other.to_owned(),
    }
}

/// Who froze a host, where, and how often that was so this week.
pub(crate) fn who(culprit: &Culprit) -> String {
    let again = match culprit.times_this_week {
        0 | 1 => String::new(),
        times => format!(" ({times} times this week)"),
    };
    format!("{} in {}{again}", extension(culprit), place(culprit))
}

/// An extension and its version.
pub(crate) fn extension(culprit: &Culprit) -> String {
    let id = culprit.extension_id.as_deref().unwrap_or("code outside every extension");
    [Some(id), culprit.version.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// The function, the file and the line.
pub(crate) fn place(culprit: &Culprit) -> String {
    format!("{}, {}:{}", culprit.function, culprit.file, culprit.line)
}

/// How it ended, in words.
pub(crate) fn outcome(incident: &Incident) -> (String, Ink) {
    let reason = || incident.reason.as_deref().map(|code| format!(": {}", reason(code))).unwrap_or_default();
    match incident.outcome {
        Outcome::Open => ("under way".into(), Ink::Warn),
        Outcome::Recovered => ("recovered".into(), Ink::Good),
        Outcome::CameBack => ("came back by itself".into(), Ink::Good),
        Outcome::CrashRecovered => ("VS Code restarted it".into(), Ink::Good),
        Outcome::Refused => (format!("nothing done{}", reason()), Ink::Warn),
        Outcome::NotVerified => (format!("not back{}", reason()), Ink::Bad),
    }
}

fn reason(code: &str) -> &str {
    match code {
        "refusedBudget" => "2 restarts in 5 minutes are the limit; reload the window",
        "refusedUnsaved" => "unsaved work would be lost",
        "refusedCannotSave" => "the context cannot be saved",
        "refusedIdentity" => "the process could not be verified",
        "notVerified" => "no new host attached; reload the window",
        "ask" => "waiting for your word; run: lifeline restart",
        "observed" => "Lifeline only observes here",
        "stopped" => "a signal from elsewhere stopped it",
        "unclear" => "the reason was not certain",
        "unguarded" => "Lifeline is not in that window",
        other => other,
    }
}

fn times(incident: &Incident) -> String {
    let end = match incident.outcome {
        Outcome::CameBack | Outcome::Recovered | Outcome::CrashRecovered => "back",
        _ => "end",
    };
    let steps = [
        ("verdict", incident.verdict_after_ms),
        ("restart", incident.acted_after_ms),
        (end, incident.ended_after_ms),
    ];
    let said: Vec<String> =
        steps.iter().filter_map(|(step, ms)| Some(format!("{step} {}", span((*ms)?)))).collect();
    said.join(", ")
}

/// One incident in full, with the time that each step took.
pub(crate) fn print_one(incident: &Incident, page: &mut Page<'_>) -> std::io::Result<()> {
    let (ending, ink) = outcome(incident);
    let label = shortened(&incident.label, LABEL_CELLS);
    page.line(&[
        Word::new(format!("{label}:"), Ink::Bold),
        what(incident).into(),
        Word::new(format!("– {ending}"), ink),
    ])?;
    let step = |from: Option<u64>, to: Option<u64>| {
        from.zip(to).map(|(from, to)| span(to.saturating_sub(from))).unwrap_or_default()
    };
    let rows: Vec<Vec<Word>> = [
        ("last sign of life → verdict", step(Some(0), incident.verdict_after_ms)),
        ("verdict → restart", step(incident.verdict_after_ms, incident.acted_after_ms)),
        ("restart → new host attached", step(incident.acted_after_ms, incident.ended_after_ms)),
        ("in all", step(Some(0), incident.ended_after_ms)),
    ]
    .into_iter()
    .filter(|(_, time)| !time.is_empty())
    .map(|(step, time)| vec![Word::new(format!("  {step}"), Ink::Dim), time.into()])
    .collect();
    for row in &rows {
        page.line(row)?;
    }
    if let Some(culprit) = &incident.culprit {
        page.line(&[Word::new("  who froze it", Ink::Dim), who(culprit).into()])?;
    }
    if let Some(preserved) = &incident.preserved {
        let snapshot = incident.snapshot_id.as_deref().map(|id| format!("  (lifeline snapshots show {id})"));
        let saved = format!("  preserved: {}", preserved_in_words(preserved));
        page.line(&[saved.into(), Word::new(snapshot.unwrap_or_default(), Ink::Dim)])?;
    }
    Ok(())
}

fn preserved_in_words(preserved: &Preserved) -> String {
    [
        count(preserved.tabs, "tab"),
        count(preserved.dirty_documents, "unsaved document"),
        count(preserved.terminals, "terminal"),
    ]
    .join(", ")
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A drill that went well.
    pub(crate) fn recovered() -> Incident {
        Incident {
            id: "7".into(),
            window_id: "w".into(),
            label: "site".into(),
            host_pid: 1,
            new_host_pid: Some(2),
            cause: "drill".into(),
            verdict: "deadlock".into(),
            evidence: vec![],
            outcome: Outcome::Recovered,
            reason: None,
            began_unix_ms: 1_000_000,
            verdict_after_ms: Some(15_200),
            acted_after_ms: Some(15_290),
            ended_after_ms: Some(16_590),
            snapshot_id: Some("7".into()),
            preserved: Some(Preserved { tabs: 5, dirty_documents: 1, terminals: 2 }),
            culprit: None,
            heap_used_bytes: None,
            heap_limit_bytes: None,
        }
    }

    /// An extension that was caught.
    pub(crate) fn linter(version: &str) -> Culprit {
        Culprit {
            extension_id: Some("acme.linter".into()),
            version: Some(version.into()),
            display_name: Some("Acme Linter".into()),
            function: "scanAll".into(),
            file: "main.js".into(),
            line: 812,
            bugs_url: None,
            times_this_week: 3,
        }
    }

    fn text(write: impl FnOnce(&mut Page<'_>) -> std::io::Result<()>) -> String {
        let mut out = Vec::new();
        write(&mut Page::new(&mut out, false)).expect("a vector takes it");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn the_list_says_when_what_and_how_long() {
        let refused = Incident {
            outcome: Outcome::Refused,
            reason: Some("refusedBudget".into()),
            cause: "freeze".into(),
            acted_after_ms: None,
            ended_after_ms: None,
            snapshot_id: None,
            ..recovered()
        };
        let list = text(|page| print(&[recovered(), refused], 1_012_400, page));
        for part in [
            "12 s ago",
            "drill: deadlock",
            "verdict 15 s, restart 15 s, back 17 s",
            "nothing done: 2 restarts in 5 minutes are the limit",
        ] {
            assert!(list.contains(part), "{part}\n{list}");
        }
    }

    #[test]
    fn who_froze_it_is_said_in_words_that_control_nothing() {
        assert_eq!(who(&linter("1.4.2")), "acme.linter 1.4.2 in scanAll, main.js:812 (3 times this week)");
        let unknown = Culprit { extension_id: None, version: None, times_this_week: 1, ..linter("") };
        assert_eq!(who(&unknown), "code outside every extension in scanAll, main.js:812");
        let hostile = Culprit { function: "f\x1b[2J\u{9b}2J\u{202e}\n".into(), ..linter("1") };
        let frozen = Incident { culprit: Some(hostile), label: "a\nb\u{7f}".into(), ..recovered() };
        for list in [
            text(|page| print(std::slice::from_ref(&frozen), 1_012_400, page)),
            text(|page| print_one(&frozen, page)),
        ] {
            assert!(list.contains("acme.linter 1 in f [2J 2J  , main.js:812"), "{list}");
            assert!(list.chars().all(|char| char == '\n' || !char.is_control()), "{list:?}");
            assert!(list.contains("a b"), "{list:?}");
        }
    }

    #[test]
    fn restarts_before_the_worst_say_why() {
        let memory = Incident {
            cause: "memory".into(),
            heap_used_bytes: Some(4_200_000_000),
            heap_limit_bytes: Some(4_496_293_888),
            ..recovered()
        };
        assert_eq!(what(&memory), "about to run out of memory (4.2 GB of 4.5 GB)");
        assert_eq!(what(&Incident { cause: "refresh".into(), ..memory }), "refresh at a quiet moment");
    }

    #[test]
    fn one_incident_shows_the_time_of_each_step() {
        assert_eq!(
            text(|page| print_one(&recovered(), page)),
            "site: drill: deadlock – recovered\n  \
               last sign of life → verdict 15 s\n  \
               verdict → restart 90 ms\n  \
               restart → new host attached 1.3 s\n  \
               in all 17 s\n  \
               preserved: 5 tabs, 1 unsaved document, 2 terminals   (lifeline snapshots show 7)\n"
        );
    }
}
