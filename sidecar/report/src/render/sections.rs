//! What a report tells, in which order, before it has a form.

mod relay;

use crate::{
    contract::{Errors, Report},
    words::{count, noticers, number, percent, rate, share, size, span},
};

/// Bursts that are listed: the largest.
const BURSTS_AT_MOST: usize = 10;

/// Said instead of figures that would all be zero. A bound in time leaves out files without a record in it.
const NOTHING: &str = "No transcripts were found: Claude Code has not been used here, or not in this time. Ask for a longer time, or again when it has been.";

/// A part of the report.
pub(super) struct Section {
    pub(super) title: &'static str,
    /// Sentences before the table.
    pub(super) sentences: Vec<String>,
    pub(super) table: Option<Table>,
    pub(super) plot: Option<Plot>,
}

/// Rows of cells. All columns but the first hold numbers, unless they say otherwise.
#[derive(Default)]
pub(super) struct Table {
    pub(super) headings: &'static [&'static str],
    pub(super) rows: Vec<Vec<String>>,
    /// Further columns, from the left, that hold text.
    pub(super) text_columns: &'static [usize],
    /// Numbers that become bars in text, one for each row.
    pub(super) bars: Vec<u64>,
}

/// What the page draws in this section.
#[derive(Clone, Copy)]
pub(super) enum Plot {
    Days,
    Heat,
    Sizes,
    Retries,
    Gaps,
    Bursts,
}

/// Everything but the hypotheses. Parts in which nothing stands are left out.
pub(super) fn sections(report: &Report) -> Vec<Section> {
    let errors = &report.errors;
    let all = [
        codes(errors),
        statuses(errors),
        sizes(errors),
        retries(errors),
        gaps(errors),
        days(errors),
        hours(errors),
        weekdays(errors),
        bursts(errors),
        links(report),
        versions(errors),
        models(errors),
        projects(errors),
    ];
    all.into_iter().flatten().collect()
}

/// The first lines: what, how much, how bad.
pub(super) fn summary(report: &Report) -> Vec<String> {
    let Report { corpus, errors, window, .. } = report;
    if corpus.sessions == 0 && corpus.subagent_files == 0 {
        return vec![NOTHING.into()];
    }
    let mut lines = vec![format!(
        "Read: {} and {} of subagents, {}, {}; {}.",
        count(corpus.sessions, "session"),
        count(corpus.subagent_files, "file"),
        count(corpus.lines, "line"),
        size(corpus.bytes),
        match (&window.first, &window.last) {
            (Some(first), Some(last)) => format!("from {} to {}", minute(first), minute(last)),
            _ => "no record with a time".into(),
        }
    )];
    let unexplained = report.unexplained_retries.as_ref().map(|retries| {
        format!(
            "{} made again in {} without a record of why (interactive sessions of Claude Code 2.1.329 write none): they are in none of the figures below.",
            if retries.count == 1 { "1 request was".into() } else { format!("{} requests were", number(retries.count)) },
            count(retries.sessions_affected, "session"),
        )
    });
    if errors.total == 0 {
        lines.push("No API errors are recorded.".into());
        lines.extend(unexplained);
        return lines;
    }
    let connection: u64 = errors.by_code.iter().map(|by| by.count).sum();
    lines.push(format!(
        "{} ({} of connections, {} answers of HTTP) in {} of {}.",
        count(errors.total, "API error"),
        number(connection),
        number(errors.total - connection),
        count(errors.sessions_affected, "session"),
        count(errors.projects_affected, "project"),
    ));
    lines.push(format!(
        "{} died; {} used up all retries.",
        count(errors.turns_died, "turn"),
        count(errors.retries_exhausted, "request"),
    ));
    if let Some(turn) = &errors.longest_failing_turn {
        lines.push(format!(
            "The longest turn that died ran for {} over {} (session {}).",
            span(turn.seconds),
            count(turn.messages, "message"),
            turn.session
        ));
    }
    lines.extend(unexplained);
    lines
}

/// How it was counted, in the fewest words that are still right.
pub(super) fn notes(report: &Report) -> Vec<String> {
    let corpus = &report.corpus;
    let mut notes = vec![
        "An error is an api_error record, counted once however many files hold a copy of it; most are retries that the user never saw.".to_owned(),
        format!("Days and hours: {} time. Times in lists: UTC. MB: 10^6 bytes.", report.window.time_zone),
    ];
    if corpus.duplicates > 0 {
        notes.push(format!(
            "{} of resumed or forked sessions were not counted again.",
            count(corpus.duplicates, "copied record")
        ));
    }
    if corpus.bad_lines > 0 {
        notes.push(format!("{} could not be read.", count(corpus.bad_lines, "line")));
    }
    notes
}

/// `2026-04-16 12:13 UTC` of RFC 3339.
fn minute(time: &str) -> String {
    format!("{} UTC", time.get(..16).unwrap_or(time).replace('T', " "))
}

fn section(title: &'static str, table: Table, plot: Option<Plot>) -> Option<Section> {
    (!table.rows.is_empty()).then_some(Section { title, sentences: Vec::new(), table: Some(table), plot })
}

fn codes(errors: &Errors) -> Option<Section> {
    let row = |code: &str, count: u64, path: &crate::contract::ByPath| {
        let path_name = path.path.as_deref().unwrap_or("(none named)");
        vec![code.to_owned(), number(path.count), percent(path.count, count), path_name.to_owned()]
    };
    let all = errors.by_code.iter().map(|by| by.count).sum();
    let rows = errors.by_code.iter().flat_map(|by| by.paths.iter().map(move |path| row(&by.code, all, path)));
    let table = Table {
        headings: &["Code", "Errors", "Share", "Request"],
        rows: rows.collect(),
        text_columns: &[3],
        ..Table::default()
    };
    section("Errors of connections", table, None)
}

fn statuses(errors: &Errors) -> Option<Section> {
    let rows = errors.by_status.iter().map(|by| {
        vec![
            by.status.to_string(),
            number(by.count),
            by.kind.clone().unwrap_or_else(|| "(none named)".into()),
        ]
    });
    let table = Table {
        headings: &["Status", "Errors", "Type"],
        rows: rows.collect(),
        text_columns: &[2],
        ..Table::default()
    };
    section("Answers of HTTP", table, None)
}

fn sizes(errors: &Errors) -> Option<Section> {
    let sessions: u64 = errors.by_session_size.iter().map(|by| by.sessions).sum();
    let all: u64 = errors.by_session_size.iter().map(|by| by.errors).sum();
    if all == 0 {
        return None;
    }
    let rows = errors.by_session_size.iter().map(|by| {
        vec![
            by.bucket.to_owned(),
            number(by.sessions),
            percent(by.sessions, sessions),
            number(by.sessions_with_errors),
            number(by.errors),
            percent(by.errors, all),
            rate(by.errors_per_affected_session),
        ]
    });
    let table = Table {
        headings: &["Session", "Sessions", "Share", "With errors", "Errors", "Share", "Errors / affected"],
        rows: rows.collect(),
        ..Table::default()
    };
    section("By the size of the session", table, Some(Plot::Sizes))
}

fn retries(errors: &Errors) -> Option<Section> {
    let rows = errors.retries.iter().map(|retry| {
        vec![
            retry.attempt.to_string(),
            number(retry.triggered),
            number(retry.recovered),
            retry.recovery_rate.map_or_else(|| "–".into(), share),
        ]
    });
    let table = Table {
        headings: &["Attempt", "Failed", "Then recovered", "Rate"],
        rows: rows.collect(),
        ..Table::default()
    };
    section("Retries", table, Some(Plot::Retries))
}

fn gaps(errors: &Errors) -> Option<Section> {
    let (median, p90) = errors.gap_median_seconds.zip(errors.gap_p90_seconds)?;
    let table = Table {
        headings: &["Gap", "Errors"],
        rows: errors.gap_to_previous.iter().map(|by| vec![by.bucket.to_owned(), number(by.count)]).collect(),
        bars: errors.gap_to_previous.iter().map(|by| by.count).collect(),
        ..Table::default()
    };
    let mut section = section("Time since the record before", table, Some(Plot::Gaps))?;
    section.sentences.push(format!("Median {}; 90th percentile {}.", span(median), span(p90)));
    Some(section)
}

fn days(errors: &Errors) -> Option<Section> {
    let table = Table {
        headings: &["Day", "Errors"],
        rows: errors.by_day.iter().map(|by| vec![by.date.clone(), number(by.count)]).collect(),
        bars: errors.by_day.iter().map(|by| by.count).collect(),
        ..Table::default()
    };
    section("By day", table, Some(Plot::Days))
}

fn hours(errors: &Errors) -> Option<Section> {
    if errors.by_day.is_empty() {
        return None;
    }
    let table = Table {
        headings: &["Hour", "Errors"],
        rows: errors.by_hour.iter().map(|by| vec![format!("{:02}", by.hour), number(by.count)]).collect(),
        bars: errors.by_hour.iter().map(|by| by.count).collect(),
        ..Table::default()
    };
    section("By hour of the day", table, Some(Plot::Heat))
}

fn weekdays(errors: &Errors) -> Option<Section> {
    if errors.by_day.is_empty() {
        return None;
    }
    let table = Table {
        headings: &["Weekday", "Errors"],
        rows: errors.by_weekday.iter().map(|by| vec![by.weekday.to_owned(), number(by.count)]).collect(),
        bars: errors.by_weekday.iter().map(|by| by.count).collect(),
        ..Table::default()
    };
    section("By weekday", table, None)
}

fn links(report: &Report) -> Option<Section> {
    let links = report.link_events.as_ref()?;
    let codes: Vec<String> = links.by_code.iter().map(|by| format!("{} {}", by.count, by.code)).collect();
    let mut hours: Vec<_> = links.hours.iter().collect();
    hours.sort_by_key(|hour| std::cmp::Reverse(hour.errors));
    hours.truncate(BURSTS_AT_MOST);
    let mut sentences = vec![format!(
        "{} noticed {} of the network{}. {} came within a minute of a loss or change on this machine.",
        noticers(&links.noticed_by),
        count(links.events, "event"),
        if codes.is_empty() { String::new() } else { format!(": {}", codes.join(", ")) },
        count(links.errors_near, "connection error"),
    )];
    if links.hours.len() > hours.len() {
        sentences.push(format!("The {BURSTS_AT_MOST} hours with most errors of {}:", links.hours.len()));
    }
    Some(Section {
        title: "The network of this machine",
        sentences,
        table: (!hours.is_empty()).then(|| Table {
            headings: &["Hour", "Connection errors", "Losses and changes"],
            rows: hours
                .iter()
                .map(|hour| vec![hour.hour.clone(), number(hour.errors), number(hour.events)])
                .collect(),
            ..Table::default()
        }),
        plot: None,
    })
}

/// What was not read from transcripts: it is told also where those have no errors.
pub(super) fn of_other_sources(report: &Report) -> Vec<Section> {
    [relay::section(report), relay::failures(report), measured(report)].into_iter().flatten().collect()
}

/// What was measured just now.
fn measured(report: &Report) -> Option<Section> {
    let network = report.network.as_ref()?;
    let table = Table {
        headings: network.headings,
        rows: network.rows.clone(),
        // What failed, in words.
        text_columns: &[1, 8, 9],
        ..Table::default()
    };
    Some(Section {
        title: "The network now",
        sentences: network.sentences.clone(),
        table: (!table.rows.is_empty()).then_some(table),
        plot: None,
    })
}

fn bursts(errors: &Errors) -> Option<Section> {
    let bursts = &errors.bursts;
    let mut largest: Vec<_> = bursts.list.iter().collect();
    largest.sort_by_key(|burst| std::cmp::Reverse(burst.count));
    largest.truncate(BURSTS_AT_MOST);
    let clock = |time: &str| time.get(11..19).unwrap_or(time).to_owned();
    let row = |burst: &&crate::contract::Burst| {
        let day = burst.start.get(..10).unwrap_or(&burst.start).to_owned();
        vec![day, clock(&burst.start), clock(&burst.end), number(burst.count)]
    };
    let table = Table {
        headings: &["Day (UTC)", "From", "To", "Errors"],
        rows: largest.iter().map(row).collect(),
        ..Table::default()
    };
    let mut section = section("Bursts", table, Some(Plot::Bursts))?;
    section.sentences.push(format!(
        "{} of two or more errors within a minute of each other hold {} of {} ({}).",
        count(bursts.count, "run"),
        number(bursts.errors_in_bursts),
        count(errors.total, "error"),
        percent(bursts.errors_in_bursts, errors.total)
    ));
    if bursts.list.len() > BURSTS_AT_MOST {
        section.sentences.push(format!("Listed are the {BURSTS_AT_MOST} largest."));
    }
    Some(section)
}

fn versions(errors: &Errors) -> Option<Section> {
    let row = |by: &crate::contract::ByVersion| {
        vec![by.version.clone(), number(by.errors), number(by.sessions), rate(by.per_session)]
    };
    let table = Table {
        headings: &["Claude Code", "Errors", "Sessions", "Errors / session"],
        rows: errors.by_version.iter().filter(|by| by.errors > 0).map(row).collect(),
        ..Table::default()
    };
    let mut section = section("By version", table, None)?;
    section.sentences.push("Sessions are those that began with the version.".into());
    Some(section)
}

fn models(errors: &Errors) -> Option<Section> {
    let row = |by: &crate::contract::ByModel| {
        let models = if by.models.is_empty() { "(none)".into() } else { by.models.join(", ") };
        vec![models, number(by.sessions), number(by.errors), rate(Some(by.per_session))]
    };
    let table = Table {
        headings: &["Models of the session", "Sessions with errors", "Errors", "Errors / session"],
        rows: errors.by_model.iter().map(row).collect(),
        ..Table::default()
    };
    section("By model", table, None)
}

fn projects(errors: &Errors) -> Option<Section> {
    let table = Table {
        headings: &["Project", "Errors"],
        rows: errors.by_project.iter().map(|by| vec![by.project.clone(), number(by.errors)]).collect(),
        ..Table::default()
    };
    section("By project", table, None)
}
