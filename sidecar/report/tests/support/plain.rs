//! What files tell by a plain parse of every line: slow, short, and written from the definitions alone.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use serde_json::Value;

use super::truth::{Fault, SessionFile, Truth};

/// Reads files by their paths below the `projects` folder.
pub(crate) fn read(files: &BTreeMap<PathBuf, Vec<u8>>) -> Truth {
    let mut truth = Truth::default();
    let parsed: Vec<File> = files.iter().map(|(path, bytes)| File::parse(path, bytes, &mut truth)).collect();
    let mut uuids = BTreeSet::new();
    for record in parsed.iter().flat_map(|file| &file.records) {
        truth.duplicates += u64::from(text(record, "/uuid").is_some_and(|uuid| !uuids.insert(uuid)));
    }
    for (at, file) in parsed.iter().enumerate() {
        file.errors(&mut truth, |record| counts(&parsed, record, at, is_error));
        file.failures(&mut truth, |record| counts(&parsed, record, at, is_failure));
        file.models(&mut truth);
    }
    for fault in &mut truth.faults {
        if let Some(home) = parsed.iter().find(|file| !file.is_subagent && file.session == fault.session) {
            fault.project.clone_from(&home.project);
        }
    }
    truth
}

struct File {
    project: String,
    session: String,
    is_subagent: bool,
    records: Vec<Value>,
}

impl File {
    fn parse(path: &Path, bytes: &[u8], truth: &mut Truth) -> Self {
        let parts: Vec<&str> = path.iter().map(|part| part.to_str().unwrap()).collect();
        let is_subagent = parts.len() > 2;
        let session = parts[1].trim_end_matches(".jsonl").to_owned();
        let lines: Vec<&[u8]> =
            bytes.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()).collect();
        let records: Vec<Value> = lines
            .iter()
            .filter_map(|line| serde_json::from_str(&String::from_utf8_lossy(line)).ok())
            .filter(Value::is_object)
            .collect();
        truth.files += 1;
        truth.subagent_files += u64::from(is_subagent);
        truth.bytes += bytes.len() as u64;
        truth.lines += lines.len() as u64;
        truth.bad_lines += (lines.len() - records.len()) as u64;
        truth.versions.extend(records.iter().filter_map(|record| text(record, "/version")));
        truth.times.extend(records.iter().filter_map(time));
        if !is_subagent {
            truth.sessions.push(SessionFile {
                id: session.clone(),
                bytes: bytes.len() as u64,
                first_version: records.iter().find_map(|record| text(record, "/version")),
                lines: Vec::new(),
            });
        }
        Self { project: parts[0].to_owned(), session, is_subagent, records }
    }

    fn errors(&self, truth: &mut Truth, counts: impl Fn(&Value) -> bool) {
        let mut seen = BTreeSet::new();
        let mut errors: Vec<(usize, &Value)> =
            self.records.iter().enumerate().filter(|(_, record)| is_error(record)).collect();
        errors.retain(|(_, record)| text(record, "/uuid").is_none_or(|uuid| seen.insert(uuid)));
        for (at, record) in errors.iter().filter(|(_, record)| counts(record)) {
            let previous = self.records[..*at].iter().filter_map(time).next_back();
            let session = text(record, "/sessionId").unwrap_or_else(|| self.session.clone());
            truth.fault(Fault {
                // Its session's, when that has a file.
                project: self.project.clone(),
                session,
                version: text(record, "/version"),
                at_ms: time(record),
                gap_ms: time(record).zip(previous).map(|(at, previous)| at.saturating_sub(previous)),
                code: first(record, &["/cause/code", "/error/cause/code", "/error/connection/code"]),
                path: first(record, &["/cause/path", "/error/cause/path"]),
                status: record
                    .pointer("/error/status")
                    .and_then(Value::as_u64)
                    .map(|status| (u16::try_from(status).unwrap(), text(record, "/error/error/error/type"))),
                attempt: attempt(record),
            });
        }
        let rises = |(_, before): &(usize, &Value), (_, after): &(usize, &Value)| {
            attempt(before).zip(attempt(after)).is_some_and(|(before, after)| after > before)
        };
        for chain in errors.chunk_by(rises) {
            let (at, last) = chain[chain.len() - 1];
            if counts(last) {
                let max = |record: &Value| record["maxRetries"].as_u64();
                let is_max = |(_, record): &(usize, &Value)| {
                    attempt(record).zip(max(record)).is_some_and(|(attempt, max)| u64::from(attempt) >= max)
                };
                let after = self.records[at..].iter().find(|record| is_failure(record) || is_answer(record));
                truth.chains.push((attempt(last), chain.iter().any(is_max), after.is_some_and(is_answer)));
            }
        }
    }

    fn failures(&self, truth: &mut Truth, counts: impl Fn(&Value) -> bool) {
        let mut seen = BTreeSet::new();
        for (at, record) in self.records.iter().enumerate().filter(|(_, record)| is_failure(record)) {
            let (uuid, session) = (text(record, "/uuid"), text(record, "/sessionId"));
            let is_first = uuid.is_none_or(|uuid| seen.insert(uuid));
            if !is_first || !counts(record) {
                continue;
            }
            let began = self.records[..at].iter().rposition(|record| self.is_prompt(record));
            let turn = &self.records[began.unwrap_or(at)..=at];
            let messages = turn
                .iter()
                .filter(|record| record["type"] == "user" || record["type"] == "assistant")
                .count();
            let began_ms = began.and_then(|began| time(&self.records[began]));
            let turn_ms = time(record).zip(began_ms).map(|(at, began)| at.saturating_sub(began));
            truth.failures.push((turn_ms, messages as u64, session.unwrap_or_else(|| self.session.clone())));
        }
    }

    fn models(&self, truth: &mut Truth) {
        for record in self.records.iter().filter(|record| is_answer(record)) {
            if let Some(model) = text(record, "/message/model") {
                let session = text(record, "/sessionId").unwrap_or_else(|| self.session.clone());
                truth.models.entry(session).or_default().insert(model);
            }
        }
    }

    fn is_prompt(&self, record: &Value) -> bool {
        let has_result = record
            .pointer("/message/content")
            .and_then(Value::as_array)
            .is_some_and(|blocks| blocks.iter().any(|block| block["type"] == "tool_result"));
        let is_side = !self.is_subagent && record["isSidechain"] == true;
        record["type"] == "user" && record["isMeta"] != true && !has_result && !is_side
    }
}

/// Whether a record counts in this file: the session's own of all that hold its id, else a main file, else the first.
fn counts(files: &[File], record: &Value, at: usize, is_one: fn(&Value) -> bool) -> bool {
    let Some(uuid) = text(record, "/uuid") else { return true };
    let rank = |(at, file): (usize, &File)| {
        let is_copy = |record: &&Value| is_one(record) && text(record, "/uuid").as_ref() == Some(&uuid);
        let copy = file.records.iter().find(is_copy)?;
        let is_away = text(copy, "/sessionId").is_some_and(|session| file.session != session);
        Some((is_away, file.is_subagent, at))
    };
    files.iter().enumerate().filter_map(rank).min().is_some_and(|(_, _, best)| best == at)
}

fn is_error(record: &Value) -> bool {
    record["type"] == "system" && record["subtype"] == "api_error"
}

fn is_failure(record: &Value) -> bool {
    record["type"] == "assistant" && record["isApiErrorMessage"] == true
}

fn is_answer(record: &Value) -> bool {
    record["type"] == "assistant" && !is_failure(record) && record["message"]["model"] != "<synthetic>"
}

fn attempt(record: &Value) -> Option<u32> {
    u32::try_from(record["retryAttempt"].as_u64()?).ok().filter(|attempt| *attempt > 0)
}

fn time(record: &Value) -> Option<u64> {
    let timestamp: jiff::Timestamp = record["timestamp"].as_str()?.parse().ok()?;
    u64::try_from(timestamp.as_millisecond()).ok()
}

fn first(record: &Value, paths: &[&str]) -> Option<String> {
    paths.iter().find_map(|path| text(record, path))
}

fn text(record: &Value, path: &str) -> Option<String> {
    record.pointer(path)?.as_str().map(str::to_owned)
}
