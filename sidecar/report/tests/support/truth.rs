//! What the files of a corpus tell, counted when it was decided and not when it was read.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::writer::{Line, Writer};

/// An error that happened.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) session: String,
    pub(crate) project: String,
    pub(crate) version: Option<String>,
    pub(crate) at_ms: Option<u64>,
    pub(crate) gap_ms: Option<u64>,
    pub(crate) code: Option<String>,
    pub(crate) path: Option<String>,
    pub(crate) status: Option<(u16, Option<String>)>,
    pub(crate) attempt: Option<u32>,
}

/// A session's file.
pub(crate) struct SessionFile {
    pub(crate) id: String,
    pub(crate) bytes: u64,
    pub(crate) first_version: Option<String>,
    pub(crate) lines: Vec<Line>,
}

#[derive(Default)]
pub(crate) struct Truth {
    pub(crate) sessions: Vec<SessionFile>,
    pub(crate) faults: Vec<Fault>,
    /// The last attempt, whether retries were exhausted, and whether an answer came.
    pub(crate) chains: Vec<(Option<u32>, bool, bool)>,
    /// How long the turn was, its messages, and its session.
    pub(crate) failures: Vec<(Option<u64>, u64, String)>,
    pub(crate) models: BTreeMap<String, BTreeSet<String>>,
    pub(crate) files: u64,
    pub(crate) subagent_files: u64,
    pub(crate) bytes: u64,
    pub(crate) lines: u64,
    pub(crate) bad_lines: u64,
    pub(crate) duplicates: u64,
    pub(crate) versions: BTreeSet<String>,
    pub(crate) times: Vec<u64>,
}

impl Truth {
    pub(crate) fn fault(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    pub(crate) fn chain(&mut self, last: u32, is_exhausted: bool, is_recovered: bool) {
        self.chains.push((Some(last), is_exhausted, is_recovered));
    }

    pub(crate) fn failed(&mut self, session: &str, turn_ms: u64, messages: u64) {
        self.failures.push((Some(turn_ms), messages, session.to_owned()));
    }

    pub(crate) fn file(&mut self, writer: Writer, is_subagent: bool, bytes: u64) {
        self.files += 1;
        self.subagent_files += u64::from(is_subagent);
        self.bytes += bytes;
        self.models.entry(writer.session.clone()).or_default().extend(writer.models);
        for (index, line) in writer.lines.iter().enumerate() {
            self.lines += 1;
            self.bad_lines += u64::from(line.is_bad);
            self.duplicates += u64::from(index < writer.copied && line.has_uuid);
            self.versions.extend(line.version.clone());
            self.times.extend(line.at_ms);
        }
        if !is_subagent {
            let first_version = writer.lines.iter().find_map(|line| line.version.clone());
            self.sessions.push(SessionFile { id: writer.session, bytes, first_version, lines: writer.lines });
        }
    }

    /// The report in UTC with plain names, without hypotheses.
    pub(crate) fn report(&self) -> Value {
        json!({
            "schema": "lifeline.report/1",
            "window": {
                "first": self.times.iter().min().map(|ms| rfc3339(*ms)),
                "last": self.times.iter().max().map(|ms| rfc3339(*ms)),
                "timeZone": "UTC",
            },
            "corpus": {
                "sessions": self.sessions.len(), "files": self.files, "subagentFiles": self.subagent_files,
                "bytes": self.bytes, "lines": self.lines, "badLines": self.bad_lines, "duplicates": self.duplicates,
                "versions": in_order(self.versions.iter().cloned().collect()),
            },
            "errors": {
                "total": self.faults.len(),
                "sessionsAffected": distinct(&self.faults, |fault| fault.session.clone()),
                "projectsAffected": distinct(&self.faults, |fault| fault.project.clone()),
                "byCode": self.by_code(),
                "byStatus": self.by_status(),
                "byVersion": self.by_version(),
                "byModel": self.by_model(),
                "byProject": self.by_project(),
                "bySessionSize": self.by_size(),
                "retries": self.retries(),
                "gapToPrevious": self.gaps(),
                "gapMedianSeconds": self.gap_median(),
                "gapP90Seconds": self.gap_p90(),
                "byDay": self.by_day(),
                "byHour": self.by_hour(),
                "byWeekday": self.by_weekday(),
                "bursts": self.bursts(),
                "turnsDied": self.failures.len(),
                "retriesExhausted": self.chains.iter().filter(|(_, is_exhausted, _)| *is_exhausted).count(),
                "longestFailingTurn": self.longest(),
            },
        })
    }

    fn by_code(&self) -> Vec<Value> {
        let mut codes: BTreeMap<&str, BTreeMap<Option<&str>, u64>> = BTreeMap::new();
        for fault in self.faults.iter().filter(|fault| fault.status.is_none()) {
            let code = fault.code.as_deref().unwrap_or("unknown");
            *codes.entry(code).or_default().entry(fault.path.as_deref()).or_default() += 1;
        }
        let code = |(code, paths): (&str, BTreeMap<Option<&str>, u64>)| {
            let count: u64 = paths.values().sum();
            let paths = most(
                paths.into_iter().map(|(path, count)| json!({ "path": path, "count": count })).collect(),
                "count",
            );
            json!({ "code": code, "count": count, "paths": paths })
        };
        most(codes.into_iter().map(code).collect(), "count")
    }

    fn by_status(&self) -> Vec<Value> {
        let mut statuses: BTreeMap<(u16, Option<String>), u64> = BTreeMap::new();
        for status in self.faults.iter().filter_map(|fault| fault.status.clone()) {
            *statuses.entry(status).or_default() += 1;
        }
        let told = statuses
            .into_iter()
            .map(|((status, kind), count)| json!({ "status": status, "type": kind, "count": count }));
        most(told.collect(), "count")
    }

    fn by_version(&self) -> Vec<Value> {
        let mut versions: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
        for version in self.faults.iter().filter_map(|fault| fault.version.as_ref()) {
            versions.entry(version).or_default().0 += 1;
        }
        for version in self.sessions.iter().filter_map(|session| session.first_version.as_ref()) {
            versions.entry(version).or_default().1 += 1;
        }
        in_order(versions.keys().map(|version| (*version).to_owned()).collect())
            .iter()
            .map(|version| {
                let (errors, sessions) = versions[version.as_str()];
                json!({ "version": version, "errors": errors, "sessions": sessions, "perSession": per(errors, sessions) })
            })
            .collect()
    }

    fn by_model(&self) -> Vec<Value> {
        let mut groups: BTreeMap<Vec<&String>, (BTreeSet<&str>, u64)> = BTreeMap::new();
        let none = BTreeSet::new();
        for fault in &self.faults {
            let models = self.models.get(&fault.session).unwrap_or(&none);
            let group = groups.entry(models.iter().collect()).or_default();
            group.0.insert(&fault.session);
            group.1 += 1;
        }
        let told = groups.into_iter().map(|(models, (sessions, errors))| {
            let sessions = sessions.len() as u64;
            json!({ "models": models, "sessions": sessions, "errors": errors, "perSession": per(errors, sessions) })
        });
        most(told.collect(), "errors")
    }

    fn by_project(&self) -> Vec<Value> {
        let mut faults: Vec<&Fault> = self.faults.iter().collect();
        faults.sort_by_key(|fault| (fault.at_ms.unwrap_or(u64::MAX), &fault.project));
        let mut projects: Vec<(&str, u64)> = Vec::new();
        for fault in faults {
            match projects.iter_mut().find(|(project, _)| *project == fault.project) {
                Some((_, errors)) => *errors += 1,
                None => projects.push((&fault.project, 1)),
            }
        }
        projects
            .into_iter()
            .map(|(project, errors)| json!({ "project": project, "errors": errors }))
            .collect()
    }

    fn by_size(&self) -> Vec<Value> {
        let bucket = |name: &str, from: u64, to: u64| {
            let within: Vec<&str> = self
                .sessions
                .iter()
                .filter(|session| (from..to).contains(&session.bytes))
                .map(|session| session.id.as_str())
                .collect();
            let faults: Vec<&Fault> =
                self.faults.iter().filter(|fault| within.contains(&fault.session.as_str())).collect();
            let affected = distinct(&faults, |fault| fault.session.clone());
            json!({
                "bucket": name, "sessions": within.len(), "sessionsWithErrors": affected, "errors": faults.len(),
                "errorsPerAffectedSession": per(faults.len() as u64, affected),
            })
        };
        vec![
            bucket("<1MB", 0, 1_000_000),
            bucket("1-3MB", 1_000_000, 3_000_000),
            bucket("3-6MB", 3_000_000, 6_000_000),
            bucket(">=6MB", 6_000_000, u64::MAX),
        ]
    }

    fn retries(&self) -> Vec<Value> {
        let last = self.faults.iter().filter_map(|fault| fault.attempt).max().unwrap_or(0);
        let attempt = |attempt: u32| {
            let triggered = self.faults.iter().filter(|fault| fault.attempt == Some(attempt)).count() as u64;
            let recovered = self
                .chains
                .iter()
                .filter(|(last, _, is_recovered)| *last == Some(attempt) && *is_recovered)
                .count() as u64;
            json!({ "attempt": attempt, "triggered": triggered, "recovered": recovered, "recoveryRate": per(recovered, triggered) })
        };
        (1..=last).map(attempt).collect()
    }

    fn sorted_gaps(&self) -> Vec<u64> {
        let mut gaps: Vec<u64> = self.faults.iter().filter_map(|fault| fault.gap_ms).collect();
        gaps.sort_unstable();
        gaps
    }

    fn gaps(&self) -> Vec<Value> {
        let count = |bucket: &str, within: &dyn Fn(u64) -> bool| {
            let count = self.sorted_gaps().into_iter().filter(|gap| within(*gap)).count();
            json!({ "bucket": bucket, "count": count })
        };
        vec![
            count("<1s", &|gap| gap < 1_000),
            count("1-10s", &|gap| (1_000..10_000).contains(&gap)),
            count("10-60s", &|gap| (10_000..60_000).contains(&gap)),
            count("1-5min", &|gap| (60_000..300_000).contains(&gap)),
            count("5-30min", &|gap| (300_000..=1_800_000).contains(&gap)),
            count(">30min", &|gap| gap > 1_800_000),
        ]
    }

    fn gap_median(&self) -> Option<f64> {
        let gaps = self.sorted_gaps();
        let (low, high) = (gaps.get(gaps.len().checked_sub(1)? / 2)?, gaps.get(gaps.len() / 2)?);
        Some((*low as f64 / 1000.0 + *high as f64 / 1000.0) / 2.0)
    }

    fn gap_p90(&self) -> Option<f64> {
        let gaps = self.sorted_gaps();
        // The first with nine tenths at or below it.
        let count = gaps.len();
        gaps.iter().zip(1..).find(|(_, rank)| rank * 10 >= count * 9).map(|(gap, _)| *gap as f64 / 1000.0)
    }

    fn by_day(&self) -> Vec<Value> {
        let mut days: BTreeMap<String, u64> = BTreeMap::new();
        for at_ms in self.at() {
            *days.entry(rfc3339(at_ms)[..10].to_owned()).or_default() += 1;
        }
        days.into_iter().map(|(date, count)| json!({ "date": date, "count": count })).collect()
    }

    fn at(&self) -> impl Iterator<Item = u64> {
        self.faults.iter().filter_map(|fault| fault.at_ms)
    }

    fn by_hour(&self) -> Vec<Value> {
        let at = |hour| self.at().filter(|at| at / 3_600_000 % 24 == hour).count();
        (0..24).map(|hour| json!({ "hour": hour, "count": at(hour) })).collect()
    }

    fn by_weekday(&self) -> Vec<Value> {
        // 1970-01-01 was a Thursday.
        let on = |day| self.at().filter(|at| (at / 86_400_000 + 3) % 7 == day).count();
        let names = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
        (0..).zip(names).map(|(day, name)| json!({ "weekday": name, "count": on(day) })).collect()
    }

    fn bursts(&self) -> Value {
        let mut times: Vec<u64> = self.at().collect();
        times.sort_unstable();
        let mut runs: Vec<Vec<u64>> = Vec::new();
        for at in times {
            match runs.last_mut() {
                Some(run) if at - run[run.len() - 1] <= 60_000 => run.push(at),
                _ => runs.push(vec![at]),
            }
        }
        runs.retain(|run| run.len() >= 2);
        let errors: u64 = runs.iter().map(|run| run.len() as u64).sum();
        let told = |run: &Vec<u64>| json!({ "start": rfc3339(run[0]), "end": rfc3339(run[run.len() - 1]), "count": run.len() });
        json!({
            "count": runs.len(), "errorsInBursts": errors, "share": per(errors, self.faults.len() as u64),
            "list": runs.iter().map(told).collect::<Vec<_>>(),
        })
    }

    fn longest(&self) -> Option<Value> {
        let timed = self
            .failures
            .iter()
            .filter_map(|(ms, messages, session)| Some((ms.as_ref()?, messages, session)));
        // The first of equals.
        let (ms, messages, session) = timed.rev().max_by_key(|(ms, messages, _)| (*ms, *messages))?;
        Some(json!({ "seconds": *ms as f64 / 1000.0, "messages": messages, "session": session }))
    }
}

fn rfc3339(unix_ms: u64) -> String {
    format!("{:.3}", jiff::Timestamp::from_millisecond(i64::try_from(unix_ms).unwrap()).unwrap())
}

fn per(many: u64, each: u64) -> Option<f64> {
    (each > 0).then(|| many as f64 / each as f64)
}

fn distinct<T>(of: &[T], by: impl Fn(&T) -> String) -> u64 {
    of.iter().map(by).collect::<BTreeSet<_>>().len() as u64
}

fn most(mut told: Vec<Value>, by: &str) -> Vec<Value> {
    told.sort_by_key(|told| std::cmp::Reverse(told[by].as_u64()));
    told
}

fn in_order(mut versions: Vec<String>) -> Vec<String> {
    versions.sort_by_key(|version| {
        version.split('.').map(|part| part.parse::<u64>().unwrap()).collect::<Vec<_>>()
    });
    versions
}
