//! What may be behind the errors: seed 3's H1 to H8 and overload, as rules over the figures. They claim no more than those carry: with
//! few errors, or where a transcript cannot tell, a verdict is undetermined.

use crate::{
    contract::{Errors, Hypothesis, LinkEvents, RelayRecords, Verdict},
    signals::{Signals, Size},
    words::{noticers, number, percent, span},
};

/// Fewer errors than these carry no verdict: with 30, a share of a half is known to within a fifth, nineteen times in twenty.
const ERRORS_AT_LEAST: u64 = 30;
/// Fewer sessions than these may all have had one bad day.
const SESSIONS_AT_LEAST: u64 = 5;
/// Fewer days than these make no pattern of hours.
const DAYS_AT_LEAST: u64 = 7;

/// Judges all of them, in the order of their ids.
pub(crate) fn hypotheses(
    errors: &Errors,
    signals: &Signals,
    links: Option<&LinkEvents>,
    relay: Option<&RelayRecords>,
) -> Vec<Hypothesis> {
    let large = large_contexts(errors, signals);
    let is_size = matches!(large.verdict, Verdict::Supported | Verdict::WeaklySupported);
    vec![
        large,
        local_network(errors, signals, links, relay),
        peak_hours(signals),
        stalled_streams(signals, relay),
        version(errors, signals, is_size),
        wireless(),
        ipv6(),
        idle_sockets(errors, signals, relay),
        overload(errors, signals),
    ]
}

fn enough(signals: &Signals) -> Option<String> {
    let Signals { connection_errors, sessions_affected, .. } = signals;
    (*connection_errors < ERRORS_AT_LEAST || *sessions_affected < SESSIONS_AT_LEAST).then(|| {
        format!(
            "{connection_errors} connection errors in {sessions_affected} sessions are too few to judge by (at least {ERRORS_AT_LEAST} in {SESSIONS_AT_LEAST})."
        )
    })
}

fn owned(sentences: &[&str]) -> Vec<String> {
    sentences.iter().map(|sentence| (*sentence).to_owned()).collect()
}

/// How a verdict counts without a figure of its own.
fn score(verdict: Verdict) -> f64 {
    match verdict {
        Verdict::Supported => 0.9,
        Verdict::WeaklySupported => 0.7,
        Verdict::Undetermined => 0.5,
        Verdict::Rejected => 0.1,
    }
}

// ---- H1 ----------------------------------------------------------------------------------------------

fn large_contexts(errors: &Errors, signals: &Signals) -> Hypothesis {
    let (large, rest) = large_and_rest(&signals.sizes);
    let mut evidence = Vec::new();
    let per_mb = |size: &Size| size.errors as f64 * 1e6 / size.bytes as f64;
    // Long sessions also make more requests: per MB written, that is taken out.
    let times = per_mb(&large) / per_mb(&rest);
    let too_few = enough(signals);
    let is_known = large.sessions >= SESSIONS_AT_LEAST
        && large.bytes > 0
        && rest.bytes > 0
        && large.errors + rest.errors > 0;
    let verdict = if too_few.is_some() || !is_known {
        Verdict::Undetermined
    } else if times >= 2.0 && large.affected >= 3 {
        Verdict::Supported
    } else if times >= 1.3 && large.affected >= 3 {
        Verdict::WeaklySupported
    } else if times < 1.0 {
        Verdict::Rejected
    } else {
        Verdict::Undetermined
    };
    evidence.extend(too_few);
    if is_known {
        evidence.push(format!(
            "Sessions of 6 MB or more are {} of all sessions and have {} of the connection errors ({} of {}).",
            percent(large.sessions, large.sessions + rest.sessions),
            percent(large.errors, large.errors + rest.errors),
            large.errors,
            large.errors + rest.errors,
        ));
        evidence.push(format!(
            "Per MB written that is {:.2} errors, against {:.2} in smaller sessions.",
            per_mb(&large),
            per_mb(&rest)
        ));
    }
    evidence.extend(retries(errors));
    evidence.extend(errors.longest_failing_turn.as_ref().map(|turn| {
        format!("The longest turn that died ran for {} over {} messages.", span(turn.seconds), turn.messages)
    }));
    Hypothesis {
        id: "H1",
        title: "Large contexts in long turns: a request is too large or too slow for a limit on the way",
        verdict,
        score: score(verdict),
        evidence,
        would_falsify: owned(&[
            "The same prompt fails as often after the session was compacted to 1 MB.",
            "Small sessions fail as often per MB as large ones.",
        ]),
        what_you_can_do: owned(&[
            "Compact (/compact) or begin a new session before its transcript reaches 6 MB.",
            "After the third failure of one turn, compact first: further retries of it seldom succeed.",
            "Split a long turn: shorter answers and fewer tool calls at once.",
        ]),
    }
}

fn large_and_rest(sizes: &[Size]) -> (Size, Size) {
    let add = |a: Size, b: &Size| Size {
        sessions: a.sessions + b.sessions,
        bytes: a.bytes + b.bytes,
        affected: a.affected + b.affected,
        errors: a.errors + b.errors,
    };
    let (last, rest) = sizes.split_last().map_or((Size::default(), &[][..]), |(last, rest)| (*last, rest));
    (last, rest.iter().fold(Size::default(), add))
}

/// How far retries help.
fn retries(errors: &Errors) -> Option<String> {
    let first = errors.retries.first()?;
    let later = errors.retries.iter().filter(|retry| retry.attempt >= 3);
    let (triggered, recovered) = later.fold((0, 0), |(triggered, recovered), retry| {
        (triggered + retry.triggered, recovered + retry.recovered)
    });
    (triggered > 0).then(|| {
        format!(
            "The first retry recovers {} ({} of {}), the third and later ones {} ({recovered} of {triggered}).",
            percent(first.recovered, first.triggered),
            first.recovered,
            first.triggered,
            percent(recovered, triggered)
        )
    })
}

// ---- H2 ----------------------------------------------------------------------------------------------

fn local_network(
    errors: &Errors,
    signals: &Signals,
    links: Option<&LinkEvents>,
    relay: Option<&RelayRecords>,
) -> Hypothesis {
    let Signals { connection_errors: all, network_lost, shared, .. } = *signals;
    // It knows how each connection broke, and where it is on there are few errors to judge by.
    let is_way_gone =
        relay.is_some_and(|relay| relay.broken >= ERRORS_AT_LEAST && relay.way_gone * 2 >= relay.broken);
    let too_few = enough(signals).filter(|_| !is_way_gone);
    let verdict = match () {
        () if is_way_gone => Verdict::Supported,
        () if too_few.is_some() => Verdict::Undetermined,
        () if network_lost * 5 >= all => Verdict::Supported,
        () if links.is_some_and(|links| links.errors_near * 5 >= all) => Verdict::Supported,
        () if shared * 5 >= all => Verdict::WeaklySupported,
        () => Verdict::Undetermined,
    };
    let mut evidence: Vec<String> = too_few.into_iter().collect();
    evidence.push(format!("{network_lost} of {all} connection errors name a network that was not there (ENOTFOUND, ENETUNREACH and the like)."));
    evidence.push(format!("{shared} of {all} came within a minute of an error of another session ({}): what several sessions have at once lies outside of them, in the network or the service.", percent(shared, all)));
    evidence.push(format!("{} of {} errors came in bursts.", errors.bursts.errors_in_bursts, errors.total));
    evidence.push(match links {
        None => "Transcripts do not hold link events, so they cannot tell this network from the service, and neither Lifeline's daemon nor Claude's desktop app has noted any."
            .into(),
        Some(links) => format!(
            "{} noticed {} losses or changes of the network on this machine (with gaps whenever nothing ran). {} of {all} connection errors came within a minute of one ({}), {} in the same hour: programs that lose their connections together lose what they share.",
            noticers(&links.noticed_by),
            number(links.of_this_side),
            links.errors_near,
            percent(links.errors_near, all),
            links.errors_in_hours,
        ),
    });
    evidence.extend(relay.filter(|relay| relay.broken > 0).map(|relay| {
        format!(
            "Of {} connections that broke at Lifeline's relay {} had lost the way (nothing acknowledged, no way, no name): {}. A service that breaks them says so, by a reset.",
            number(relay.broken),
            number(relay.way_gone),
            percent(relay.way_gone, relay.broken)
        )
    }));
    Hypothesis {
        id: "H2",
        title: "The network nearby drops connections: a router, NAT or provider that forgets long streams",
        verdict,
        score: score(verdict),
        evidence,
        would_falsify: owned(&[
            "The errors go on over a cable, a VPN or another provider.",
            "Nothing else on this machine lost its connection at these times.",
        ]),
        what_you_can_do: owned(&[
            "Compare the list of bursts with the log of your router or of another program.",
            "Work for a day over a cable, a phone's network or a VPN, and run the report with --since 24h.",
        ]),
    }
}

// ---- H3 ----------------------------------------------------------------------------------------------

fn peak_hours(signals: &Signals) -> Hypothesis {
    let Signals { days, days_by_hour, .. } = signals;
    let (hour, most) =
        (0..24).zip(*days_by_hour).max_by_key(|(hour, days)| (*days, 23 - hour)).unwrap_or_default();
    let too_few = enough(signals).or_else(|| {
        (*days < DAYS_AT_LEAST)
            .then(|| format!("{days} days with errors are too few for a pattern (at least {DAYS_AT_LEAST})."))
    });
    let verdict = match () {
        () if too_few.is_some() => Verdict::Undetermined,
        () if most * 5 >= days * 3 => Verdict::WeaklySupported,
        () if most * 3 < *days => Verdict::Rejected,
        () => Verdict::Undetermined,
    };
    let mut evidence: Vec<String> = too_few.into_iter().collect();
    if *days > 0 {
        evidence.push(format!("The hour that had errors on most days is {hour:02}:00, on {most} of {days} days with errors. Days are counted, not errors: one bad morning is one day."));
        evidence.push(
            "When you work is not taken out: an hour in which you always work has more of everything.".into(),
        );
    }
    Hypothesis {
        id: "H3",
        title: "Peak hours: the provider's network or the service is unstable at certain times of day",
        verdict,
        score: score(verdict),
        evidence,
        would_falsify: owned(&[
            "As many errors per hour of work at other times of day, or from another network at the same time.",
        ]),
        what_you_can_do: owned(&[
            "Compare the hours with the history of status.claude.com.",
            "Put long turns into hours that had none.",
        ]),
    }
}

// ---- H4, H6, H7: what a transcript cannot tell -------------------------------------------------------

fn stalled_streams(signals: &Signals, relay: Option<&RelayRecords>) -> Hypothesis {
    let Signals { with_source, mid_stream, .. } = *signals;
    let mut evidence = Vec::new();
    if with_source > 0 {
        evidence.push(format!(
            "{mid_stream} of {with_source} errors whose record says so came in the middle of an answer ({}), the others before it.",
            percent(mid_stream, with_source)
        ));
    }
    evidence.push("Transcripts do not hold how a stream was closed.".into());
    evidence.extend(relay.filter(|relay| relay.silences_ended > 0).map(|relay| {
        format!(
            "Lifeline's relay ended {} silences on {} connections; how many of them were answers that had stopped ciphertext does not tell.",
            number(relay.silences_ended),
            number(relay.connections)
        )
    }));
    unknown(
        "H4",
        "HTTP/2: a stream stalls on flow control and is reset on the way",
        evidence,
        &["As many resets over HTTP/1.1."],
        &["Tell Anthropic the times of the bursts: the server's log shows how a stream was closed."],
    )
}

fn wireless() -> Hypothesis {
    unknown(
        "H6",
        "Wi-Fi: the machine changes its access point or loses the link",
        owned(&["Transcripts do not hold link events."]),
        &[
            "The system's log shows no link event at the times of the bursts.",
            "The errors go on over a cable.",
        ],
        &["Compare the list of bursts with the system's log of the interface."],
    )
}

fn ipv6() -> Hypothesis {
    unknown(
        "H7",
        "IPv6: its path to the API is worse than that of IPv4",
        owned(&["Transcripts do not hold which address was used."]),
        &["The errors go on with IPv6 switched off."],
        &["Switch IPv6 off for a day, and run the report with --since 24h."],
    )
}

fn unknown(
    id: &'static str,
    title: &'static str,
    evidence: Vec<String>,
    would_falsify: &[&str],
    what_you_can_do: &[&str],
) -> Hypothesis {
    let verdict = Verdict::Undetermined;
    Hypothesis {
        id,
        title,
        verdict,
        score: score(verdict),
        evidence,
        would_falsify: owned(would_falsify),
        what_you_can_do: owned(what_you_can_do),
    }
}

// ---- H5 ----------------------------------------------------------------------------------------------

/// Sessions on each side of a version that make a comparison.
const SESSIONS_PER_SIDE: u64 = 20;

fn version(errors: &Errors, signals: &Signals, is_size: bool) -> Hypothesis {
    let cliff = cliff(errors);
    let too_few = enough(signals);
    let verdict = match (&cliff, &too_few) {
        (_, Some(_)) | (None, _) => Verdict::Undetermined,
        // The size of sessions explains as much.
        (Some(cliff), None) if cliff.times() >= 3.0 && !is_size => Verdict::WeaklySupported,
        (Some(cliff), None) if cliff.times() < 1.5 => Verdict::Rejected,
        _ => Verdict::Undetermined,
    };
    let mut evidence: Vec<String> = too_few.into_iter().collect();
    evidence.push(match &cliff {
        None => format!(
            "There are no two stretches of versions with {SESSIONS_PER_SIDE} sessions each to compare."
        ),
        Some(cliff) => format!(
            "The sharpest rise: {:.2} errors per session from {} on, {:.2} before ({} and {} sessions).",
            cliff.after, cliff.version, cliff.before, cliff.sessions_after, cliff.sessions_before
        ),
    });
    let with_errors = errors.by_version.iter().filter(|by| by.errors > 0).count();
    evidence.push(format!("Errors were written by {with_errors} versions."));
    if is_size {
        evidence.push(
            "Sessions may have grown at the same time, and the size of sessions goes with errors (H1)."
                .into(),
        );
    }
    Hypothesis {
        id: "H5",
        title: "A version of Claude Code made it worse",
        verdict,
        score: score(verdict),
        evidence,
        would_falsify: owned(&["The version before the rise fails as often on sessions of the same size."]),
        what_you_can_do: owned(&[
            "Work with the version before the rise for a while, and compare errors per session.",
        ]),
    }
}

struct Cliff<'a> {
    version: &'a str,
    before: f64,
    after: f64,
    sessions_before: u64,
    sessions_after: u64,
}

impl Cliff<'_> {
    fn times(&self) -> f64 {
        self.after / self.before.max(f64::MIN_POSITIVE)
    }
}

/// The version from which on sessions have the most errors, against those before it.
fn cliff(errors: &Errors) -> Option<Cliff<'_>> {
    let versions = &errors.by_version;
    let sum = |of: &[crate::contract::ByVersion]| {
        of.iter().fold((0, 0), |(errors, sessions), by| (errors + by.errors, sessions + by.sessions))
    };
    let at = |split: usize| {
        let ((errors_before, sessions_before), (errors_after, sessions_after)) =
            (sum(&versions[..split]), sum(&versions[split..]));
        (sessions_before >= SESSIONS_PER_SIDE && sessions_after >= SESSIONS_PER_SIDE).then(|| Cliff {
            version: &versions[split].version,
            before: errors_before as f64 / sessions_before as f64,
            after: errors_after as f64 / sessions_after as f64,
            sessions_before,
            sessions_after,
        })
    };
    (1..versions.len()).filter_map(at).max_by(|a, b| a.times().total_cmp(&b.times()))
}

// ---- H8 ----------------------------------------------------------------------------------------------

fn idle_sockets(errors: &Errors, signals: &Signals, relay: Option<&RelayRecords>) -> Hypothesis {
    let Signals { first_attempts: all, first_attempts_after_rest: rested, .. } = *signals;
    let too_few = (all < ERRORS_AT_LEAST).then(|| {
        format!(
            "{all} first failures whose pause is known are too few to judge by (at least {ERRORS_AT_LEAST})."
        )
    });
    // It ends a connection at rest before that is old: one that broke while it was silent was most likely gone before.
    let broke_at_rest = relay
        .is_some_and(|relay| relay.broken >= ERRORS_AT_LEAST && relay.broken_at_rest * 2 >= relay.broken);
    let verdict = match () {
        () if too_few.is_some() && broke_at_rest => Verdict::WeaklySupported,
        () if too_few.is_some() => Verdict::Undetermined,
        () if rested * 2 >= all => Verdict::Supported,
        () if rested * 4 >= all => Verdict::WeaklySupported,
        () if rested * 20 < all => Verdict::Rejected,
        () => Verdict::Undetermined,
    };
    let mut evidence: Vec<String> = too_few.into_iter().collect();
    if all > 0 {
        evidence.push(format!(
            "{rested} of {all} first failures came after more than five minutes without a record ({}).",
            percent(rested, all)
        ));
    }
    if let Some((median, p90)) = errors.gap_median_seconds.zip(errors.gap_p90_seconds) {
        evidence.push(format!(
            "From the record before: median {}, 90th percentile {}.",
            span(median),
            span(p90)
        ));
    }
    evidence.extend(relay.filter(|relay| relay.broken > 0).map(|relay| {
        format!(
            "Of {} connections that broke at Lifeline's relay {} had been silent for 30 s or more ({}).",
            number(relay.broken),
            number(relay.broken_at_rest),
            percent(relay.broken_at_rest, relay.broken)
        )
    }));
    Hypothesis {
        id: "H8",
        title: "Stale sockets: the first request after a pause finds its connection gone",
        verdict,
        score: score(verdict),
        evidence,
        would_falsify: owned(&["Failures come as often in the middle of work as after a pause."]),
        what_you_can_do: owned(&[
            "Turn on TCP keepalive in the system, with an interval below the NAT's limit, which is often 300 s.",
        ]),
    }
}

// ---- H9 ----------------------------------------------------------------------------------------------

fn overload(errors: &Errors, signals: &Signals) -> Hypothesis {
    let Signals { overloaded, answers, .. } = *signals;
    let all = errors.total;
    let verdict = match () {
        () if all < ERRORS_AT_LEAST => Verdict::Undetermined,
        () if overloaded * 2 >= all => Verdict::Supported,
        () if overloaded * 10 >= all => Verdict::WeaklySupported,
        () if overloaded * 50 < all => Verdict::Rejected,
        () => Verdict::Undetermined,
    };
    Hypothesis {
        id: "H9",
        title: "Overload: the service answers that it has too much to do (529)",
        verdict,
        score: score(verdict),
        evidence: vec![
            format!(
                "{overloaded} of {all} errors are answers that tell of overload ({}); {answers} are answers of HTTP in all.",
                percent(overloaded, all)
            ),
            "An answer of HTTP means that the connection held: these are another thing than resets.".into(),
        ],
        would_falsify: owned(&["The errors go on while the service reports no overload."]),
        what_you_can_do: owned(&["Wait, or take another model for the moment; see status.claude.com."]),
    }
}

#[cfg(test)]
mod tests;
