//! `lifeline report`: what the transcripts tell of the connection, without the daemon.

use std::{
    io::{self, IsTerminal as _, Write as _},
    path::PathBuf,
    sync::Mutex,
    time::{Duration, Instant},
};

use clap::{Args, ValueEnum};
use lifeline_report::{Calendar, Names, Options, Report, Span, render};

use super::{
    exit::{Exit, Failure},
    page::{Page, size},
};
use crate::clock;

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
    let form = asked.format;
    let options = options(asked, clock::unix_ms())?;
    let report = with_progress(&options);
    match form {
        Form::Json => page.json(&report)?,
        Form::Text => lines(&render::text(&report), page)?,
        Form::Markdown => lines(&render::markdown(&report), page)?,
        Form::Html => lines(&render::html(&report), page)?,
    }
    Ok(Exit::Fine)
}

/// Nothing in it may control the terminal but the ends of its lines.
fn lines(text: &str, page: &mut Page<'_>) -> io::Result<()> {
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
    if let Some(missing) = asked.projects.iter().find(|folder| !folder.is_dir()) {
        return Err(usage(format!(
            "There is no folder {}. Name one like ~/.claude/projects.",
            missing.display()
        )));
    }
    let projects = if asked.projects.is_empty() { own_projects()? } else { asked.projects };
    let names = if asked.no_redact { Names::Plain } else { Names::Redacted };
    Ok(Options { projects, span, calendar, names })
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
