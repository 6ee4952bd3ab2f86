//! Errors by what they say of themselves.

use std::{cmp::Reverse, collections::BTreeMap};

use crate::{
    choose::Chosen,
    contract::{ByCode, ByPath, ByStatus},
    names::Names,
    summary::Error,
};

/// The code of an error that names none.
const UNKNOWN: &str = "unknown";

/// Those that are no answer of HTTP, the most frequent first.
pub(super) fn by_code(errors: &[Chosen<'_, Error>], names: Names) -> Vec<ByCode> {
    let mut codes: BTreeMap<String, BTreeMap<Option<String>, u64>> = BTreeMap::new();
    for error in errors.iter().map(|error| error.told).filter(|error| error.status.is_none()) {
        let code = error.code.as_deref().map_or_else(|| UNKNOWN.to_owned(), |code| names.code(code));
        let path = error.path.as_deref().map(|path| names.path(path));
        *codes.entry(code).or_default().entry(path).or_default() += 1;
    }
    let mut codes: Vec<ByCode> = codes.into_iter().map(|(code, paths)| with_paths(code, paths)).collect();
    codes.sort_by_key(|by| Reverse(by.count));
    codes
}

fn with_paths(code: String, paths: BTreeMap<Option<String>, u64>) -> ByCode {
    let mut paths: Vec<ByPath> = paths.into_iter().map(|(path, count)| ByPath { path, count }).collect();
    paths.sort_by_key(|by| Reverse(by.count));
    ByCode { code, count: paths.iter().map(|by| by.count).sum(), paths }
}

/// Those that are an answer of HTTP, the most frequent first.
pub(super) fn by_status(errors: &[Chosen<'_, Error>], names: Names) -> Vec<ByStatus> {
    let mut statuses: BTreeMap<(u16, Option<String>), u64> = BTreeMap::new();
    for error in errors.iter().map(|error| error.told) {
        let Some(status) = error.status else { continue };
        *statuses.entry((status, error.status_type.as_deref().map(|kind| names.code(kind)))).or_default() +=
            1;
    }
    let mut statuses: Vec<ByStatus> =
        statuses.into_iter().map(|((status, kind), count)| ByStatus { status, kind, count }).collect();
    statuses.sort_by_key(|by| Reverse(by.count));
    statuses
}
