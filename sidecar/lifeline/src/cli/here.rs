//! What this machine's transcripts say of one kind of error, in sentences. Only those whose numbers are there.

use lifeline_core::LARGE_SESSION_BYTES;
use lifeline_explain::{Counts, Known};
use lifeline_report::{Names, Occurrence, Recent};

use super::page::{count, megabytes};

const HOUR_MS: u64 = 3_600_000;

/// Of the last hour and of all of `recent`, which is of the last 24 hours. Names sessions only when names are plain.
pub(super) fn sentences(known: &Known, recent: &Recent, now_ms: u64, names: Names) -> Vec<String> {
    let counts = |error: &&Occurrence| known.counts(error.code.as_deref(), error.status);
    let day: Vec<&Occurrence> = recent.errors.iter().filter(counts).collect();
    let lately = |error: &&&Occurrence| now_ms.saturating_sub(error.unix_ms) <= HOUR_MS;
    let hour: Vec<&Occurrence> = day.iter().filter(lately).copied().collect();
    let mut sentences = Vec::new();
    if !hour.is_empty() {
        sentences.push(errors(known, &hour, "in the last hour", names));
    }
    if day.len() > hour.len() {
        sentences.push(errors(known, &day, "in the last 24 h", names));
    }
    if !day.is_empty() || known.counts != Counts::Own {
        sentences.extend(ends(recent, known.counts));
    }
    sentences
}

/// How many, and whose.
fn errors(known: &Known, errors: &[&Occurrence], when: &str, names: Names) -> String {
    let many = u32::try_from(errors.len()).unwrap_or(u32::MAX);
    let by = &known.recognised_by;
    let what = match (known.noun, by.statuses.first(), by.codes.first()) {
        (Some(noun), ..) => count(many, noun),
        (None, Some(status), _) => format!("{} with status {status}", count(many, "answer")),
        (None, None, code) => count(many, &format!("{} error", code.copied().unwrap_or("such"))),
    };
    // An answer of HTTP has nothing to do with how large the session is.
    let is_of_size = errors.iter().all(|error| error.status.is_none());
    format!("{what} {when}, {}.", whose(errors, is_of_size, names))
}

fn whose(errors: &[&Occurrence], is_of_size: bool, names: Names) -> String {
    let mut sessions: Vec<(&str, Option<u64>)> = Vec::new();
    for error in errors {
        if !sessions.iter().any(|(id, _)| *id == error.session) {
            sessions.push((&error.session, error.session_bytes));
        }
    }
    let is_large = |bytes: Option<u64>| is_of_size && bytes.is_some_and(|bytes| bytes >= LARGE_SESSION_BYTES);
    if let [(id, bytes)] = sessions[..] {
        let all = if errors.len() == 1 { "in a session" } else { "all in one session" };
        let size = bytes.map_or_else(String::new, |bytes| format!(" of {}", megabytes(bytes)));
        let name = if names == Names::Plain { format!(" ({id})") } else { String::new() };
        let advice = if is_large(bytes) { ": compact it" } else { "" };
        return format!("{all}{size}{name}{advice}");
    }
    let large = errors.iter().filter(|error| is_large(error.session_bytes)).count();
    let share = match large {
        0 => String::new(),
        large if large == errors.len() => ", each of 6 MB or more: compact them".into(),
        large => format!(", {large} of them in sessions of 6 MB or more"),
    };
    format!("in {} sessions{share}", sessions.len())
}

/// How requests and turns ended.
fn ends(recent: &Recent, counts: Counts) -> Vec<String> {
    let many = |number: u64, one: &str, more: &str| match number {
        0 => None,
        1 => Some(format!("1 {one}")),
        number => Some(format!("{number} {more}")),
    };
    let tried = many(recent.retries_exhausted, "request was", "requests were");
    let died = many(recent.turns_died, "turn", "turns");
    // Of a request without a record nobody knows which error it was.
    let unexplained =
        many(recent.unexplained_retries, "request was", "requests were").filter(|_| counts != Counts::Own);
    [
        tried.map(|tried| format!("{tried} tried as often as Claude Code does in the last 24 h.")),
        died.map(|died| format!("{died} died in the last 24 h.")),
        unexplained.map(|again| {
            format!("{again} made again in the last 24 h without a record of why: interactive sessions write none.")
        }),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[cfg(test)]
mod tests {
    use lifeline_explain::explain;

    use super::*;

    const NOW_MS: u64 = 1_776_000_000_000;

    fn error(minutes_ago: u64, code: &str, session: &str, bytes: Option<u64>) -> Occurrence {
        let status = code.parse().ok();
        Occurrence {
            unix_ms: NOW_MS - minutes_ago * 60_000,
            code: status.is_none().then(|| code.to_owned()),
            status,
            session: session.to_owned(),
            session_bytes: bytes,
        }
    }

    fn check(text: &str, errors: &[Occurrence], expected: &[&str]) {
        let recent = Recent { errors: errors.to_vec(), ..Recent::default() };
        let known = explain(text).known.expect("it is known");
        assert_eq!(sentences(known, &recent, NOW_MS, Names::Redacted), expected, "{text}");
    }

    #[test]
    fn resets_of_one_large_session_are_told_with_the_cure() {
        let large = |minutes| error(minutes, "ECONNRESET", "77baf6cb", Some(9_100_000));
        let hour = [large(1), large(2), large(59)];
        check("ECONNRESET", &hour, &["3 resets in the last hour, all in one session of 9.1 MB: compact it."]);
        check("ECONNRESET", &hour[..1], &["1 reset in the last hour, in a session of 9.1 MB: compact it."]);
        let earlier = [large(1), large(300)];
        check(
            "ECONNRESET",
            &earlier,
            &[
                "1 reset in the last hour, in a session of 9.1 MB: compact it.",
                "2 resets in the last 24 h, all in one session of 9.1 MB: compact it.",
            ],
        );
        let small =
            [error(300, "ECONNRESET", "a", Some(5_900_000)), error(301, "ECONNRESET", "a", Some(5_900_000))];
        check("ECONNRESET", &small, &["2 resets in the last 24 h, all in one session of 5.9 MB."]);
        check(
            "ECONNRESET",
            &[error(90, "ECONNRESET", "a", None)],
            &["1 reset in the last 24 h, in a session."],
        );
    }

    #[test]
    fn resets_of_several_sessions_are_told_with_their_share() {
        let mixed =
            [error(90, "ECONNRESET", "a", Some(7_000_000)), error(91, "ECONNRESET", "b", Some(1_000_000))];
        check(
            "ECONNRESET",
            &mixed,
            &["2 resets in the last 24 h, in 2 sessions, 1 of them in sessions of 6 MB or more."],
        );
        let large =
            [error(90, "ECONNRESET", "a", Some(7_000_000)), error(91, "ECONNRESET", "b", Some(8_000_000))];
        check(
            "ECONNRESET",
            &large,
            &["2 resets in the last 24 h, in 2 sessions, each of 6 MB or more: compact them."],
        );
        let small = [error(90, "ECONNRESET", "a", None), error(91, "ECONNRESET", "b", Some(1))];
        check("ECONNRESET", &small, &["2 resets in the last 24 h, in 2 sessions."]);
    }

    #[test]
    fn an_answer_is_counted_by_its_status_and_a_size_explains_nothing() {
        let errors = [error(1, "529", "a", Some(9_000_000)), error(2, "ECONNRESET", "a", Some(9_000_000))];
        check("529", &errors, &["1 answer with status 529 in the last hour, in a session of 9.0 MB."]);
        check("ETIMEDOUT", &errors, &[]);
        check("heap out of memory", &errors, &[]);
        check(
            "mid-stream: connection lost mid-response",
            &errors,
            &["1 connection error in the last hour, in a session of 9.0 MB: compact it."],
        );
        check(
            "API Error: something new",
            &errors,
            &["2 errors in the last hour, all in one session of 9.0 MB."],
        );
    }

    #[test]
    fn how_it_ended_is_told_beside_its_own_errors() {
        let recent = Recent {
            errors: vec![error(90, "ECONNRESET", "77baf6cb-0ea0", Some(1_000_000))],
            turns_died: 2,
            retries_exhausted: 1,
            unexplained_retries: 3,
        };
        let told = |text: &str| {
            let known = explain(text).known.expect("it is known");
            sentences(known, &recent, NOW_MS, Names::Plain)
        };
        let ends = [
            "1 request was tried as often as Claude Code does in the last 24 h.",
            "2 turns died in the last 24 h.",
        ];
        let own = "1 reset in the last 24 h, in a session of 1.0 MB (77baf6cb-0ea0).";
        assert_eq!(told("ECONNRESET"), [&[own], &ends[..]].concat());
        assert!(told("EPIPE").is_empty(), "they may have had another cause");
        let again = "3 requests were made again in the last 24 h without a record of why: interactive sessions write none.";
        assert_eq!(told("connection lost mid-response")[1..], [&ends[..], &[again]].concat());
    }
}
