//! One of each: a resumed or forked session holds copies of records of another, and each counts where it is at home.

use std::collections::BTreeMap;

use crate::{
    read::Source,
    summary::{Error, Failure, Span},
};

/// Something that a session's record tells.
pub(crate) trait Told {
    fn uuid(&self) -> Option<&str>;
    fn session(&self) -> Option<&str>;
    fn at_ms(&self) -> Option<u64>;
}

impl Told for Error {
    fn uuid(&self) -> Option<&str> {
        self.uuid.as_deref()
    }
    fn session(&self) -> Option<&str> {
        self.session.as_deref()
    }
    fn at_ms(&self) -> Option<u64> {
        self.at_ms
    }
}

impl Told for Failure {
    fn uuid(&self) -> Option<&str> {
        self.uuid.as_deref()
    }
    fn session(&self) -> Option<&str> {
        self.session.as_deref()
    }
    fn at_ms(&self) -> Option<u64> {
        self.at_ms
    }
}

/// A record that counts, and where it was found.
#[derive(Debug)]
pub(crate) struct Chosen<'a, T> {
    pub(crate) told: &'a T,
    pub(crate) source: usize,
    /// Its place among those of its file.
    pub(crate) index: usize,
    pub(crate) session: String,
}

/// One of each id within the span, in order of files: that in the session's own file, else in a main file, else the first. What has no id
/// is one of its own.
pub(crate) fn choose<'a, T: Told>(
    sources: &'a [Source],
    of: impl Fn(&'a Source) -> &'a [T],
    span: Span,
) -> Vec<Chosen<'a, T>> {
    let mut best: BTreeMap<&str, (Rank, usize, usize)> = BTreeMap::new();
    let mut places = Vec::new();
    for (source, file) in sources.iter().enumerate() {
        for (index, told) in of(file).iter().enumerate().filter(|(_, told)| span.holds(told.at_ms())) {
            match told.uuid() {
                None => places.push((source, index)),
                Some(uuid) => {
                    let candidate = (rank(file, told), source, index);
                    best.entry(uuid).and_modify(|best| *best = (*best).min(candidate)).or_insert(candidate);
                }
            }
        }
    }
    places.extend(best.into_values().map(|(_, source, index)| (source, index)));
    places.sort_unstable();
    let chosen = |(source, index)| {
        let told = &of(&sources[source])[index];
        Chosen { told, source, index, session: session_of(&sources[source], told) }
    };
    places.into_iter().map(chosen).collect()
}

/// The less the better.
type Rank = (bool, bool);

fn rank(file: &Source, told: &impl Told) -> Rank {
    let is_at_home = told.session().is_none_or(|session| file.listed.session.as_deref() == Some(session));
    (!is_at_home, file.listed.is_subagent)
}

/// The session that the record names, else its file's.
fn session_of(file: &Source, told: &impl Told) -> String {
    let named = told.session().or(file.listed.session.as_deref());
    // A subagent's file of old, whose records name none.
    named.map_or_else(|| file.listed.path.to_string_lossy().into_owned(), str::to_owned)
}
