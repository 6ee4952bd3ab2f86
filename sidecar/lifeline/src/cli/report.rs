//! `lifeline report`: what the transcripts tell of the connection, without the daemon.

use std::{
    io::{self, IsTerminal as _, Write as _},
    path::{Path, PathBuf},
    sync::Mutex,
    time::{Duration, Instant},
};

use clap::{Args, ValueEnum};
use lifeline_probe::{HEADINGS, rows, sentences};
use lifeline_report::{Calendar, Index, Measured, Names, Options, Report, Span, render};

use super::{
    doctor,
    exit::{Exit, Failure},
    network::{self, Telling},
    page::{Page, size},
};
use crate::{
    clock, relay,
    serve::places::{self, Places},
};

/// How often it is said how far the reading has come.
const SAID_EVERY: Duration = Duration::from_millis(100);

/// What is asked for.
#[derive(Debug, Args)]
pub(super) struct Asked {
    /// A folder of transcripts, may be given more than once; Claude Code's own `projects` when there is none.
    #[arg(long, value_name = "DIR")]
    projects: Vec<PathBuf>,
    /// Only what happened since then: `24h`, `7d`, `2026-04-16`, `2026-04-16T07:00:00Z`.
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Only what happened before then.
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Whose days and hours: `local`, `utc`, or a name such as `America/Chicago`.
    #[arg(long, value_name = "ZONE", default_value = "local", value_parser = Calendar::of)]
    tz: Calendar,
    /// For people, to paste into an issue, for programs, or to look at in a browser.
    #[arg(long, value_enum, default_value_t = Form::Text)]
    format: Form,
    /// Tell projects, sessions and addresses by their real names.
    #[arg(long)]
    no_redact: bool,
    /// Say on stderr how far the reading has come, for programs: `{"read":BYTES,"all":BYTES}`, one on each line.
    #[arg(long, value_enum, value_name = "HOW")]
    progress: Option<Progress>,
    /// The log of Claude's desktop app, for when this machine's network was lost; its own place when not given.
    #[arg(long, value_name = "FILE")]
    desktop_log: Option<PathBuf>,
    /// Read everything anew and keep nothing. Else counts are kept in the state folder, and only what is new is read the next time.
    #[arg(long)]
    no_index: bool,
    #[command(flatten)]
    network: network::Probing,
    /// Do not ask.
    #[arg(long, requires = "probe")]
    yes: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Progress {
    /// Not more often than every 100 ms, and once more at the end.
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Aligned.
    Text,
    /// Tables and text bars.
    Markdown,
    /// The contract, `lifeline.report/1`.
    Json,
    /// One page with plots, which loads nothing.
    Html,
}

/// Reads, counts and prints.
///
/// # Errors
/// When it is not known where to look or what was meant, or no output.
pub(super) fn report(asked: Asked, page: &mut Page<'_>) -> Result<Exit, Failure> {
    let (form, progress) = (asked.format, asked.progress);
    let (has_index, now_ms) = (!asked.no_index, clock::unix_ms());
    let network = measured(&asked)?;
    let mut options = options(asked, now_ms)?;
    if has_index {
        options.index = own_index(now_ms);
    }
    if let Ok(places) = Places::from_environment() {
        options.network_notes = Some(places.state_dir.join(lifeline_report::NETWORK_FILE));
        options.relay_records = relay::records_files(&places.state_dir).into();
        options.relay_offer = relay_offer(&places.state_dir);
    }
    let mut report = match progress {
        Some(Progress::Json) => telling_programs(&options, &mut io::stderr()),
        None => with_progress(&options),
    };
    report.network = network;
    match form {
        Form::Json => page.json(&report)?,
        Form::Text => lines(&render::text(&report), page)?,
        Form::Markdown => lines(&render::markdown(&report), page)?,
        Form::Html => lines(&render::html(&report), page)?,
    }
    Ok(Exit::Fine)
}

/// What is said when connections were reset or stalled, and the relay is off.
fn relay_offer(state_dir: &Path) -> Option<String> {
    (!relay::is_on(state_dir)).then(|| {
        format!(
            "The relay ends stalls after {} s, and waits out an outage: lifeline relay on",
            lifeline_relay::STALL_AFTER.as_secs()
        )
    })
}

/// The network, when that is asked for and agreed to: before anything is read, because it asks.
fn measured(asked: &Asked) -> Result<Option<Measured>, Failure> {
    if !asked.network.probe {
        return Ok(None);
    }
    let (way, names) = doctor::way(asked.no_redact)?;
    let Some(agreed) = asked.network.agree(&way, &names, asked.yes)? else { return Ok(None) };
    let network = agreed.measure(asked.progress.map(|Progress::Json| Telling::Json))?;
    Ok(Some(Measured {
        figures: serde_json::to_value(&network).unwrap_or_default(),
        sentences: sentences(&network),
        headings: HEADINGS,
        rows: rows(&network),
    }))
}

/// Nothing in it may control the terminal but the ends of its lines.
pub(super) fn lines(text: &str, page: &mut Page<'_>) -> io::Result<()> {
    text.lines().try_for_each(|line| page.line(&[line.into()]))
}

fn options(asked: Asked, now_ms: u64) -> Result<Options, Failure> {
    let usage = |sentence: String| Failure::new(Exit::Usage, sentence);
    let calendar = asked.tz;
    let point = |typed: Option<String>| typed.map(|typed| calendar.parse(&typed, now_ms)).transpose();
    let span =
        Span { since_ms: point(asked.since).map_err(usage)?, until_ms: point(asked.until).map_err(usage)? };
    if span.since_ms.zip(span.until_ms).is_some_and(|(since, until)| since >= until) {
        return Err(usage("Nothing lies between these times: --since must be before --until.".into()));
    }
    let projects = projects(asked.projects)?;
    let names = if asked.no_redact { Names::Plain } else { Names::Redacted };
    let link_logs = asked
        .desktop_log
        .map_or_else(|| lifeline_report::desktop_logs(|name| std::env::var_os(name)), |log| vec![log]);
    Ok(Options {
        projects,
        span,
        calendar,
        names,
        index: None,
        link_logs,
        network_notes: None,
        relay_records: Vec::new(),
        relay_offer: None,
    })
}

/// The folders that were named, which must be there; Claude Code's own when there is none.
pub(super) fn projects(named: Vec<PathBuf>) -> Result<Vec<PathBuf>, Failure> {
    match named.iter().find(|folder| !folder.is_dir()) {
        Some(missing) => {
            let sentence =
                format!("There is no folder {}. Name one like ~/.claude/projects.", missing.display());
            Err(Failure::new(Exit::Usage, sentence))
        }
        None if named.is_empty() => own_projects(),
        None => Ok(named),
    }
}

/// What is kept from one reading to the next, in this user's state folder.
pub(super) fn own_index(now_ms: u64) -> Option<Index> {
    index(&Places::from_environment().ok()?.state_dir, now_ms)
}

/// In a folder of its own below the state folder. Where there can be none that is ours alone, nothing is kept.
fn index(state_dir: &Path, now_ms: u64) -> Option<Index> {
    let folder = state_dir.join("report");
    places::private_folder(&folder).ok()?;
    Some(Index { folder, now_ms })
}

/// `projects` beside the folder of the IDE locks.
fn own_projects() -> Result<Vec<PathBuf>, Failure> {
    let folders = lifeline_bridge::ide_folders(&|name| std::env::var_os(name));
    let projects: Vec<PathBuf> = folders.iter().map(|ide| ide.with_file_name("projects")).collect();
    if projects.is_empty() {
        let sentence = "It is not known where the transcripts are, because there is no home folder. Name their folder with --projects.";
        return Err(Failure::problem(sentence));
    }
    Ok(projects)
}

/// On a terminal, says how far the reading has come.
fn with_progress(options: &Options) -> Report {
    if !io::stderr().is_terminal() {
        return lifeline_report::report(options, &|_, _| {});
    }
    let said = Mutex::new(Instant::now());
    let report = lifeline_report::report(options, &|read, all| {
        let Ok(mut said) = said.lock() else { return };
        if said.elapsed() >= SAID_EVERY {
            *said = Instant::now();
            let _ = write!(io::stderr(), "\rReading transcripts: {} of {} ", size(read), size(all));
        }
    });
    let _ = write!(io::stderr(), "\r\x1b[K");
    report
}

/// Tells the program behind `out` how far the reading has come. One that no longer listens is no reason to stop.
fn telling_programs(options: &Options, out: &mut (dyn io::Write + Send)) -> Report {
    let said = Mutex::new((None::<Instant>, out));
    lifeline_report::report(options, &|read, all| {
        let Ok(mut said) = said.lock() else { return };
        let is_due = said.0.is_none_or(|last| last.elapsed() >= SAID_EVERY);
        if is_due || read == all {
            said.0 = Some(Instant::now());
            let _ = writeln!(said.1, "{{\"read\":{read},\"all\":{all}}}");
        }
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        asked: Asked,
    }

    fn options_of(typed: &[&str]) -> Result<Options, Failure> {
        let line = Line::try_parse_from(std::iter::once("report").chain(typed.iter().copied()));
        options(line.expect("the grammar is sound").asked, 1_776_000_000_000)
    }

    #[test]
    fn what_is_asked_for_is_what_is_counted() {
        let options = options_of(&["--projects", ".", "--since", "24h", "--tz", "America/Chicago"]).unwrap();
        assert_eq!(options.span, Span { since_ms: Some(1_775_913_600_000), until_ms: None });
        assert_eq!((options.calendar.name(), options.names), ("America/Chicago", Names::Redacted));
        assert_eq!(options_of(&["--projects", ".", "--no-redact"]).unwrap().names, Names::Plain);
    }

    #[cfg(unix)]
    #[test]
    fn an_index_is_kept_where_nobody_else_can_reach() {
        use std::{fs, os::unix::fs::PermissionsExt};
        let home = tempfile::tempdir().unwrap();
        let state_dir = home.path().join("state/lifeline");
        let folder = index(&state_dir, 0).unwrap().folder;
        assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
        fs::set_permissions(&folder, PermissionsExt::from_mode(0o755)).unwrap();
        assert_eq!(index(&state_dir, 0), None, "others can read it");
        fs::remove_dir(&folder).unwrap();
        fs::write(&folder, "").unwrap();
        assert_eq!(index(&state_dir, 0), None, "a file lies there");
    }

    #[test]
    fn a_program_hears_how_far_the_reading_has_come() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let project = folder.path().join("-home-user-project");
        std::fs::create_dir(&project).expect("a folder in it");
        let sizes: [usize; 3] = [40_000, 3000, 200];
        for (number, size) in sizes.into_iter().enumerate() {
            let name = format!("0000000{number}-0000-4000-8000-000000000000.jsonl");
            std::fs::write(project.join(name), " ".repeat(size)).expect("a file in that");
        }
        let options = options_of(&["--projects", &folder.path().display().to_string()]).unwrap();
        let mut out = Vec::new();
        telling_programs(&options, &mut out);
        let heard: Vec<(u64, u64)> = String::from_utf8(out)
            .expect("text")
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON on each line"))
            .map(|said| (said["read"].as_u64().expect("bytes"), said["all"].as_u64().expect("bytes")))
            .collect();
        let all = 43_200;
        assert!(heard.is_sorted() && heard.iter().all(|said| said.1 == all), "{heard:?}");
        assert!(
            heard.len() >= 2 && heard.last() == Some(&(all, all)),
            "the first file and the last: {heard:?}"
        );
    }

    #[test]
    fn what_makes_no_sense_is_told_with_the_next_step() {
        for typed in [
            &["--projects", "/nonexistent-folder"][..],
            &["--since", "soon"],
            &["--since", "1h", "--until", "2h"],
        ] {
            let failure = options_of(typed).unwrap_err();
            assert_eq!(failure.exit, Exit::Usage, "{typed:?}");
            assert!(failure.sentence.ends_with('.'), "{}", failure.sentence);
        }
        assert!(Line::try_parse_from(["report", "--tz", "Nowhere/Land"]).is_err());
    }
}
