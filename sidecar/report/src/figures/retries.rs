//! What became of the attempts.

use std::collections::{BTreeMap, BTreeSet};

use super::ratio;
use crate::{
    choose::Chosen,
    contract::Retry,
    read::Source,
    summary::{Chain, Error},
};

/// Most attempts that get a line of their own: a record that claims a billionth is not believed.
const ATTEMPTS_AT_MOST: u32 = 100;

/// Each attempt from the first to the last that was seen.
pub(super) fn by_attempt(sources: &[Source], errors: &[Chosen<'_, Error>]) -> Vec<Retry> {
    let mut attempts: BTreeMap<u32, (u64, u64)> = BTreeMap::new();
    for attempt in errors.iter().filter_map(|error| error.told.attempt) {
        attempts.entry(attempt).or_default().0 += 1;
    }
    for (chain, error) in chains(sources, errors) {
        if let Some(attempt) = error.attempt.filter(|_| chain.recovered) {
            attempts.entry(attempt).or_default().1 += 1;
        }
    }
    let last = attempts.range(..=ATTEMPTS_AT_MOST).next_back().map_or(0, |(attempt, _)| *attempt);
    (1..=last)
        .map(|attempt| {
            let (triggered, recovered) = attempts.get(&attempt).copied().unwrap_or_default();
            Retry { attempt, triggered, recovered, recovery_rate: ratio(recovered, triggered) }
        })
        .collect()
}

/// Chains that reached the last attempt.
pub(super) fn exhausted(sources: &[Source], errors: &[Chosen<'_, Error>]) -> u64 {
    chains(sources, errors).filter(|(chain, _)| chain.reached_max).count() as u64
}

/// The chains, each in the file that its last error counts in: copies of a chain are no further ones.
fn chains<'a>(
    sources: &'a [Source],
    errors: &[Chosen<'a, Error>],
) -> impl Iterator<Item = (&'a Chain, &'a Error)> {
    let counted: BTreeSet<(usize, usize)> = errors.iter().map(|error| (error.source, error.index)).collect();
    sources
        .iter()
        .enumerate()
        .flat_map(|(index, source)| {
            source.summary.chains.iter().map(move |chain| (index, chain, &source.summary.errors[chain.last]))
        })
        .filter(move |(source, chain, _)| counted.contains(&(*source, chain.last)))
        .map(|(_, chain, error)| (chain, error))
}
