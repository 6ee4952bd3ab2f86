//! What is claimed of which figures.

use super::*;
use crate::contract::{ByVersion, Retry};

/// Seed 3's figures, as far as they are told there: sections 3.2, 3.5, 3.6 and 3.7.
fn seed() -> (Errors, Signals) {
    let version = |version: &str, errors, sessions| ByVersion {
        version: version.into(),
        errors,
        sessions,
        per_session: Some(errors as f64 / sessions as f64),
    };
    let retry = |attempt, triggered, recovered| Retry {
        attempt,
        triggered,
        recovered,
        recovery_rate: Some(recovered as f64 / triggered as f64),
    };
    let errors = Errors {
        total: 387,
        by_version: vec![version("2.1.72", 9, 50), version("2.1.76", 30, 20), version("2.1.87", 77, 33)],
        retries: vec![retry(1, 110, 70), retry(2, 40, 9), retry(3, 31, 4), retry(4, 27, 3)],
        gap_median_seconds: Some(46.0),
        gap_p90_seconds: Some(98.0),
        ..Errors::default()
    };
    let size = |sessions, bytes, affected, errors| Size { sessions, bytes, affected, errors };
    let signals = Signals {
        connection_errors: 325,
        sessions_affected: 17,
        sizes: [
            size(1464, 200_000_000, 2, 4),
            size(73, 130_000_000, 2, 35),
            size(17, 75_000_000, 1, 5),
            size(28, 240_000_000, 9, 129),
        ],
        first_attempts: 110,
        first_attempts_after_rest: 4,
        days: 10,
        days_by_hour: [2; 24],
        overloaded: 62,
        answers: 64,
        ..Signals::default()
    };
    (errors, signals)
}

fn verdicts(errors: &Errors, signals: &Signals) -> Vec<(&'static str, Verdict)> {
    hypotheses(errors, signals, None, None)
        .into_iter()
        .map(|hypothesis| (hypothesis.id, hypothesis.verdict))
        .collect()
}

#[track_caller]
fn check(change: impl FnOnce(&mut Errors, &mut Signals), id: &str, expected: Verdict) {
    let (mut errors, mut signals) = seed();
    change(&mut errors, &mut signals);
    let found = hypotheses(&errors, &signals, None, None).into_iter().find(|hypothesis| hypothesis.id == id);
    let found = found.expect("it is judged");
    assert_eq!(found.verdict, expected, "{:?}", found.evidence);
}

#[test]
fn the_seed_is_judged_as_its_author_did() {
    use Verdict::{Rejected, Supported, Undetermined, WeaklySupported};
    let (errors, signals) = seed();
    assert_eq!(
        verdicts(&errors, &signals),
        [
            ("H1", Supported),
            ("H2", Undetermined),
            ("H3", Rejected),
            ("H4", Undetermined),
            ("H5", Undetermined),
            ("H6", Undetermined),
            ("H7", Undetermined),
            ("H8", Rejected),
            ("H9", WeaklySupported),
        ]
    );
}

#[test]
fn few_errors_carry_nothing() {
    let (mut errors, mut signals) = seed();
    errors.total = 29;
    signals = Signals {
        connection_errors: 29,
        network_lost: 29,
        shared: 29,
        overloaded: 29,
        first_attempts: 29,
        first_attempts_after_rest: 29,
        ..signals
    };
    for (id, verdict) in verdicts(&errors, &signals) {
        assert_eq!(verdict, Verdict::Undetermined, "{id}");
    }
    for (id, verdict) in verdicts(&Errors::default(), &Signals::default()) {
        assert_eq!(verdict, Verdict::Undetermined, "{id}");
    }
}

#[test]
fn what_is_said_follows_the_figures() {
    use Verdict::{Rejected, Supported, Undetermined, WeaklySupported};
    check(|_, signals| signals.sizes[3].bytes *= 4, "H1", Undetermined);
    check(|_, signals| signals.sizes[3].bytes *= 40, "H1", Rejected);
    check(|_, signals| signals.sizes[3].affected = 2, "H1", Undetermined);
    check(|_, signals| signals.sizes[3].sessions = 4, "H1", Undetermined);
    check(|_, signals| signals.network_lost = 65, "H2", Supported);
    check(|_, signals| signals.shared = 65, "H2", WeaklySupported);
    check(|_, signals| signals.days_by_hour[7] = 6, "H3", WeaklySupported);
    check(|_, signals| signals.days_by_hour[7] = 4, "H3", Undetermined);
    check(|_, signals| signals.days = 6, "H3", Undetermined);
    // Without the size of sessions as another reason.
    let no_size = |signals: &mut Signals| signals.sizes[3].affected = 0;
    check(|_, signals| no_size(signals), "H5", WeaklySupported);
    let even = |errors: &mut Errors| errors.by_version.iter_mut().for_each(|by| by.errors = by.sessions);
    check(|errors, _| even(errors), "H5", Rejected);
    check(|errors, _| errors.by_version.truncate(1), "H5", Undetermined);
    check(|_, signals| signals.first_attempts_after_rest = 55, "H8", Supported);
    check(|_, signals| signals.first_attempts_after_rest = 30, "H8", WeaklySupported);
    check(|_, signals| signals.first_attempts_after_rest = 10, "H8", Undetermined);
    check(|_, signals| signals.overloaded = 300, "H9", Supported);
    check(|_, signals| signals.overloaded = 0, "H9", Rejected);
}

#[test]
fn every_hypothesis_says_what_would_disprove_it_and_what_can_be_done() {
    let (errors, signals) = seed();
    for hypothesis in hypotheses(&errors, &signals, None, None) {
        let Hypothesis { id, score, evidence, would_falsify, what_you_can_do, .. } = hypothesis;
        assert!((0.0..=1.0).contains(&score), "{id}");
        for sentences in [evidence, would_falsify, what_you_can_do] {
            assert!(
                !sentences.is_empty() && sentences.iter().all(|sentence| sentence.ends_with('.')),
                "{id}: {sentences:?}"
            );
        }
    }
}

/// Seed 3, section 6: 71 of 325.
#[test]
fn what_another_program_lost_at_the_same_time_is_this_networks() {
    let (errors, signals) = seed();
    let verdict = |errors_near| {
        let links = LinkEvents { of_this_side: 86, errors_near, ..LinkEvents::default() };
        let all = hypotheses(&errors, &signals, Some(&links), None);
        all.into_iter().find(|hypothesis| hypothesis.id == "H2").expect("it is judged").verdict
    };
    assert_eq!((verdict(71), verdict(64)), (Verdict::Supported, Verdict::Undetermined));
}

#[test]
fn how_connections_broke_at_the_relay_counts_where_transcripts_have_few_errors() {
    let verdict = |broken, way_gone, broken_at_rest, id: &str| {
        let relay = RelayRecords { broken, way_gone, broken_at_rest, ..RelayRecords::default() };
        let all = hypotheses(&Errors::default(), &Signals::default(), None, Some(&relay));
        let found = all.into_iter().find(|hypothesis| hypothesis.id == id).expect("it is judged");
        assert!(found.evidence.iter().any(|sentence| sentence.contains("Lifeline's relay")), "{id}");
        found.verdict
    };
    use Verdict::{Supported, Undetermined, WeaklySupported};
    assert_eq!((verdict(30, 15, 0, "H2"), verdict(30, 14, 0, "H2")), (Supported, Undetermined));
    assert_eq!(verdict(29, 29, 0, "H2"), Undetermined);
    assert_eq!((verdict(30, 0, 15, "H8"), verdict(30, 0, 14, "H8")), (WeaklySupported, Undetermined));
}
