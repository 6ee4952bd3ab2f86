//! From what the files hold to the figures of the contract.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use crate::{
    Options,
    calendar::rfc3339,
    choose::{Chosen, choose},
    contract::{
        ByModel, ByProject, BySessionSize, ByVersion, Corpus, Errors, LongestFailingTurn, RelayRecords,
        Report, SCHEMA, UnexplainedRetries, Window,
    },
    hypotheses::hypotheses,
    link::{self, Noticed},
    names::{Names, version_order},
    read::{Source, Sources},
    signals::signals,
    summary::{Error, Failure, Span},
};

mod codes;
pub(crate) mod recent;
mod retries;
mod times;

/// Sizes where a bucket ends, in bytes, and what it is called.
pub(crate) const SIZES: [(u64, &str); 4] =
    [(1_000_000, "<1MB"), (3_000_000, "1-3MB"), (6_000_000, "3-6MB"), (u64::MAX, ">=6MB")];

/// Counts everything.
pub(crate) fn report(
    sources: &Sources,
    noticed: Option<&Noticed>,
    relay: Option<RelayRecords>,
    options: &Options,
) -> Report {
    let duplicates = sources.duplicates;
    let sources = sources.files.as_slice();
    let sessions = sessions(sources);
    let errors = choose(sources, |source| &source.summary.errors, options.span);
    let failures = choose(sources, |source| &source.summary.failures, options.span);
    let bytes_of = sessions.iter().map(|(id, session)| (*id, session.bytes)).collect();
    let signals = signals(&errors, &bytes_of, &options.calendar);
    let link_events = noticed.map(|noticed| {
        let lost = errors.iter().filter(|error| error.told.status.is_none());
        let mut at: Vec<u64> = lost.filter_map(|error| error.told.at_ms).collect();
        at.sort_unstable();
        link::align(noticed, &at, &options.calendar)
    });
    let errors = count(sources, &sessions, &errors, &failures, options);
    Report {
        schema: SCHEMA,
        window: window(sources, options),
        corpus: corpus(sources, duplicates, &sessions, options.names),
        hypotheses: hypotheses(&errors, &signals, link_events.as_ref(), relay.as_ref()),
        link_events,
        relay,
        suggestion: options.relay_offer.clone().filter(|_| signals.curable > 0),
        network: None,
        unexplained_retries: unexplained(sources, options.span),
        errors,
    }
}

/// Each counts once, however many files hold its record.
fn unexplained(sources: &[Source], span: Span) -> Option<UnexplainedRetries> {
    let mut seen = BTreeSet::new();
    let mut sessions = BTreeSet::new();
    for source in sources {
        for retry in source.summary.unexplained.iter().filter(|retry| span.holds(retry.at_ms)) {
            if seen.insert(retry.id) {
                sessions.insert(source.listed.session.as_deref());
            }
        }
    }
    let (count, sessions_affected) = (seen.len() as u64, sessions.len() as u64);
    (count > 0).then_some(UnexplainedRetries { count, sessions_affected })
}

/// The main file of a session.
struct Session<'a> {
    bytes: u64,
    first_version: Option<&'a str>,
    project: &'a str,
}

/// All sessions that have a main file; the largest, when projects share one.
fn sessions(sources: &[Source]) -> BTreeMap<&str, Session<'_>> {
    let mut sessions: BTreeMap<&str, Session<'_>> = BTreeMap::new();
    for source in sources.iter().filter(|source| !source.listed.is_subagent) {
        let Some(id) = source.listed.session.as_deref() else { continue };
        let session = Session {
            bytes: source.summary.bytes,
            first_version: source.summary.first_version.as_deref(),
            project: &source.listed.project,
        };
        match sessions.get(id) {
            Some(known) if known.bytes >= session.bytes => {}
            _ => {
                sessions.insert(id, session);
            }
        }
    }
    sessions
}

fn window(sources: &[Source], options: &Options) -> Window {
    let first = sources.iter().filter_map(|source| source.within).map(|(first, _)| first).min();
    let last = sources.iter().filter_map(|source| source.within).map(|(_, last)| last).max();
    Window {
        first: first.and_then(rfc3339),
        last: last.and_then(rfc3339),
        time_zone: options.calendar.name().to_owned(),
    }
}

fn corpus(
    sources: &[Source],
    duplicates: u64,
    sessions: &BTreeMap<&str, Session<'_>>,
    names: Names,
) -> Corpus {
    let sum = |of: fn(&Source) -> u64| sources.iter().map(of).sum();
    let versions: BTreeSet<String> = sources
        .iter()
        .flat_map(|source| &source.summary.versions)
        .map(|version| names.version(version))
        .collect();
    let mut versions: Vec<String> = versions.into_iter().collect();
    versions.sort_by_cached_key(|version| version_order(version));
    Corpus {
        sessions: sessions.len() as u64,
        files: sources.len() as u64,
        subagent_files: sum(|source| u64::from(source.listed.is_subagent)),
        bytes: sum(|source| source.summary.bytes),
        lines: sum(|source| source.summary.lines),
        bad_lines: sum(|source| source.summary.bad_lines),
        duplicates,
        versions,
    }
}

fn count(
    sources: &[Source],
    sessions: &BTreeMap<&str, Session<'_>>,
    errors: &[Chosen<'_, Error>],
    failures: &[Chosen<'_, Failure>],
    options: &Options,
) -> Errors {
    let names = options.names;
    let affected: BTreeSet<&str> = errors.iter().map(|error| error.session.as_str()).collect();
    let by_project = by_project(sources, sessions, errors, names);
    let times = times::of(errors, &options.calendar);
    let (gap_median_seconds, gap_p90_seconds) = times::gap_statistics(errors);
    Errors {
        total: errors.len() as u64,
        sessions_affected: affected.len() as u64,
        projects_affected: by_project.len() as u64,
        by_code: codes::by_code(errors, names),
        by_status: codes::by_status(errors, names),
        by_version: by_version(sessions, errors, names),
        by_model: by_model(sources, errors, names),
        by_project,
        by_session_size: by_session_size(sessions, errors),
        retries: retries::by_attempt(sources, errors),
        gap_to_previous: times::gaps(errors),
        gap_median_seconds,
        gap_p90_seconds,
        by_day: times.by_day,
        by_hour: times.by_hour,
        by_weekday: times.by_weekday,
        bursts: times::bursts(errors),
        turns_died: failures.len() as u64,
        retries_exhausted: retries::exhausted(sources, errors),
        longest_failing_turn: longest(failures, names),
    }
}

/// In order of the first error; those without a time come last.
fn by_project(
    sources: &[Source],
    sessions: &BTreeMap<&str, Session<'_>>,
    errors: &[Chosen<'_, Error>],
    names: Names,
) -> Vec<ByProject> {
    let mut projects: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for error in errors {
        let file = &sources[error.source].listed;
        let is_at_home = file.session.as_deref() == Some(&error.session);
        let home = sessions.get(error.session.as_str()).filter(|_| !is_at_home);
        let project = home.map_or(file.project.as_str(), |session| session.project);
        let (first, count) = projects.entry(project).or_insert((u64::MAX, 0));
        *first = (*first).min(error.told.at_ms.unwrap_or(u64::MAX));
        *count += 1;
    }
    let mut projects: Vec<(&str, (u64, u64))> = projects.into_iter().collect();
    projects.sort_by_key(|(name, (first, _))| (*first, *name));
    let named = |(index, (name, (_, errors))): (usize, (&str, (u64, u64)))| ByProject {
        project: names.project(name, index),
        errors,
    };
    projects.into_iter().enumerate().map(named).collect()
}

fn by_version(
    sessions: &BTreeMap<&str, Session<'_>>,
    errors: &[Chosen<'_, Error>],
    names: Names,
) -> Vec<ByVersion> {
    let mut versions: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for version in errors.iter().filter_map(|error| error.told.version.as_deref()) {
        versions.entry(names.version(version)).or_default().0 += 1;
    }
    for version in sessions.values().filter_map(|session| session.first_version) {
        versions.entry(names.version(version)).or_default().1 += 1;
    }
    let mut versions: Vec<ByVersion> = versions
        .into_iter()
        .map(|(version, (errors, sessions))| ByVersion {
            version,
            errors,
            sessions,
            per_session: ratio(errors, sessions),
        })
        .collect();
    versions.sort_by_cached_key(|by| version_order(&by.version));
    versions
}

fn by_model(sources: &[Source], errors: &[Chosen<'_, Error>], names: Names) -> Vec<ByModel> {
    let mut errors_of: BTreeMap<&str, u64> = BTreeMap::new();
    for error in errors {
        *errors_of.entry(&error.session).or_default() += 1;
    }
    let mut models_of: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for source in sources {
        for (session, models) in &source.summary.models {
            let Some(session) = session.as_deref().or(source.listed.session.as_deref()) else { continue };
            if errors_of.contains_key(session) {
                models_of.entry(session).or_default().extend(models.iter().map(|model| names.model(model)));
            }
        }
    }
    let mut groups: BTreeMap<Vec<String>, (u64, u64)> = BTreeMap::new();
    for (session, errors) in errors_of {
        let models = models_of.remove(session).unwrap_or_default();
        let (sessions, sum) = groups.entry(models.into_iter().collect()).or_default();
        *sessions += 1;
        *sum += errors;
    }
    let mut groups: Vec<ByModel> = groups
        .into_iter()
        .map(|(models, (sessions, errors))| ByModel {
            models,
            sessions,
            errors,
            per_session: ratio(errors, sessions).unwrap_or_default(),
        })
        .collect();
    groups.sort_by_key(|group| Reverse(group.errors));
    groups
}

fn by_session_size(
    sessions: &BTreeMap<&str, Session<'_>>,
    errors: &[Chosen<'_, Error>],
) -> Vec<BySessionSize> {
    let bucket_of = |bytes: u64| SIZES.iter().position(|(end, _)| bytes < *end).unwrap_or(SIZES.len() - 1);
    let mut buckets: Vec<BySessionSize> = SIZES
        .map(|(_, bucket)| BySessionSize {
            bucket,
            sessions: 0,
            sessions_with_errors: 0,
            errors: 0,
            errors_per_affected_session: None,
        })
        .into();
    for session in sessions.values() {
        buckets[bucket_of(session.bytes)].sessions += 1;
    }
    let mut affected = BTreeSet::new();
    for error in errors {
        let Some(session) = sessions.get(error.session.as_str()) else { continue };
        let bucket = &mut buckets[bucket_of(session.bytes)];
        bucket.errors += 1;
        bucket.sessions_with_errors += u64::from(affected.insert(error.session.as_str()));
    }
    for bucket in &mut buckets {
        bucket.errors_per_affected_session = ratio(bucket.errors, bucket.sessions_with_errors);
    }
    buckets
}

/// The longest; of equals that with more messages, then the first.
fn longest(failures: &[Chosen<'_, Failure>], names: Names) -> Option<LongestFailingTurn> {
    let timed = failures.iter().filter_map(|failure| Some((failure.told.turn_ms?, failure)));
    let (ms, failure) = timed.reduce(|longest, next| {
        let length = |(ms, failure): &(u64, &Chosen<'_, Failure>)| (*ms, failure.told.messages);
        if length(&next) > length(&longest) { next } else { longest }
    })?;
    Some(LongestFailingTurn {
        seconds: seconds(ms),
        messages: failure.told.messages,
        session: names.session(&failure.session),
    })
}

/// How many for each; none for none.
fn ratio(many: u64, each: u64) -> Option<f64> {
    (each > 0).then(|| many as f64 / each as f64)
}

fn seconds(ms: u64) -> f64 {
    ms as f64 / 1000.0
}
