//! What the relay's gateway saw of single requests: how many it saved, and of those that failed what a support ticket needs.

use serde::Deserialize;

use super::{Line, Meaning, seconds};
use crate::{
    calendar::rfc3339,
    contract::{RelayFailure, RelayRequests},
};

/// Failures that are told: the last ones.
const FAILURES: usize = 10;

/// From here on a status is an error.
const ERROR: u16 = 400;

/// Longest id that is told. `req_` and 24 characters were seen; a ray has 20.
const ID_BYTES: usize = 64;

/// Begins the flag of `anthropic-beta` that asks for a million tokens of context (`context-1m-2025-08-07`).
const LONG_CONTEXT: &str = "context-1m";

/// As the gateway writes it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
pub(super) struct Exchange {
    status: Option<u16>,
    request_id: Option<String>,
    cf_ray: Option<String>,
    beta: Option<String>,
    request_bytes: u64,
    reached_server: bool,
    /// Why the attempt before came to nothing.
    before: Option<serde::de::IgnoredAny>,
    tokens: Option<Tokens>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Tokens {
    output: u64,
}

pub(super) fn requests(lines: &[&Line]) -> Option<RelayRequests> {
    let seen: Vec<(&Line, &Exchange)> =
        lines.iter().filter_map(|line| Some((*line, line.exchange.as_ref()?))).collect();
    if seen.is_empty() {
        return None;
    }
    let many = |is: &dyn Fn(&Line, &Exchange) -> bool| {
        seen.iter().filter(|(line, exchange)| is(line, exchange)).count() as u64
    };
    let failures =
        seen.iter().rev().filter(|(line, exchange)| !is_answered(line, exchange) && !is_left(line));
    Some(RelayRequests {
        count: seen.len() as u64,
        answered: many(&is_answered),
        repeated: many(&|_, exchange| exchange.before.is_some()),
        repeated_answered: many(&|line, exchange| exchange.before.is_some() && is_answered(line, exchange)),
        lost_at_server: many(&|line, exchange| is_lost(line) && exchange.reached_server),
        failures: failures.take(FAILURES).map(|(line, exchange)| failure(line, exchange)).collect(),
    })
}

fn is_answered(line: &Line, exchange: &Exchange) -> bool {
    line.end().0 == "answered" && exchange.status.is_some_and(|status| status < ERROR)
}

/// The user, or the end of the program, did it.
fn is_left(line: &Line) -> bool {
    !is_lost(line) && line.end().0 != "answered"
}

fn is_lost(line: &Line) -> bool {
    line.end().1 != Meaning::Orderly || line.end().0 == "closedByServer"
}

fn failure(line: &Line, exchange: &Exchange) -> RelayFailure {
    RelayFailure {
        ended: rfc3339(line.at_ms()),
        end: line.end().0,
        seconds: seconds(line.duration_ms),
        status: exchange.status.filter(|status| (100..1000).contains(status)),
        request_id: id(exchange.request_id.as_deref()),
        cf_ray: id(exchange.cf_ray.as_deref()),
        request_bytes: exchange.request_bytes,
        is_long_context: exchange
            .beta
            .as_deref()
            .is_some_and(|beta| beta.split(',').any(|flag| flag.trim().starts_with(LONG_CONTEXT))),
        reached_server: exchange.reached_server,
        output_tokens: exchange.tokens.as_ref().map(|tokens| tokens.output),
    }
}

/// Only what has the form of one: `req_…`, or hexadecimal digits and a place.
fn id(text: Option<&str>) -> Option<String> {
    let text = text.filter(|text| (8..=ID_BYTES).contains(&text.len()))?;
    let is_request = text
        .strip_prefix("req_")
        .is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'));
    let (ray, place) = text.split_once('-').unwrap_or((text, ""));
    let is_ray = ray.len() == 16
        && ray.bytes().all(|byte| byte.is_ascii_hexdigit())
        && place.len() <= 4
        && place.bytes().all(|byte| byte.is_ascii_uppercase());
    (is_request || is_ray).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(end: &str, exchange: &str) -> Line {
        let text = format!(
            r#"{{"unixMs":1776000000000,"host":"api.anthropic.com","isApi":true,"attempts":1,"connectMs":20,"durationMs":187000,"end":{end},"exchange":{exchange}}}"#
        );
        serde_json::from_str(&text).expect(&text)
    }

    #[test]
    fn of_a_failure_is_told_what_a_ticket_needs() {
        let lines = [
            line(r#"{"how":"answered"}"#, r#"{"status":200,"reachedServer":true}"#),
            line(r#"{"how":"answered"}"#, r#"{"status":200,"before":{"status":529}}"#),
            line(r#"{"how":"answered"}"#, r#"{"status":529,"before":{"end":{"how":"reset","by":"server"}}}"#),
            line(r#"{"how":"abandoned"}"#, r#"{"reachedServer":true}"#),
            line(r#"{"how":"closed","by":"client"}"#, r#"{"status":200,"reachedServer":true}"#),
            line(
                r#"{"how":"reset","by":"server"}"#,
                r#"{"status":200,"requestId":"req_011CTzXYZabcdefghijklmno","cfRay":"9a1b2c3d4e5f6071-FRA","requestBytes":812345,"reachedServer":true,"beta":"oauth-2025-04-20, context-1m-2025-08-07","tokens":{"output":44}}"#,
            ),
        ];
        let told = requests(&lines.iter().collect::<Vec<_>>()).unwrap();
        assert_eq!(
            (told.count, told.answered, told.repeated, told.repeated_answered, told.lost_at_server),
            (6, 2, 2, 1, 1)
        );
        let [reset, overloaded] = told.failures.as_slice() else { panic!("{told:?}") };
        assert_eq!((reset.end, reset.seconds, reset.status), ("resetByServer", 187.0, Some(200)));
        assert_eq!(reset.request_id.as_deref(), Some("req_011CTzXYZabcdefghijklmno"));
        assert_eq!(reset.cf_ray.as_deref(), Some("9a1b2c3d4e5f6071-FRA"));
        assert!(reset.is_long_context && reset.reached_server);
        assert_eq!((reset.request_bytes, reset.output_tokens), (812_345, Some(44)));
        assert_eq!((overloaded.status, overloaded.reached_server), (Some(529), false));
        assert_eq!(requests(&[]), None);
    }

    #[test]
    fn what_has_not_the_form_of_an_id_is_not_told() {
        for bad in [
            "req_a b",
            "ann@home",
            "9a1b2c3d4e5f607-FRA",
            "9a1b2c3d4e5f6071-home",
            "req_",
            "0123456789abcdef-<b>",
        ] {
            assert_eq!(id(Some(bad)), None, "{bad}");
        }
        assert_eq!(id(Some(&format!("req_{}", "a".repeat(100)))), None);
        assert!(id(Some("9a1b2c3d4e5f6071")).is_some());
    }
}
