//! What Lifeline's relay wrote down, in sentences and by day.

use super::{Section, Table, minute};
use crate::{
    contract::{RelayDay, RelayFailure, RelayRecords, RelayRequests, RelaySilence, Report},
    words::{count, number, size, span},
};

pub(super) fn section(report: &Report) -> Option<Section> {
    let relay = report.relay.as_ref()?;
    let row = |day: &RelayDay| {
        vec![
            day.date.clone(),
            number(day.connections),
            number(day.silences_ended),
            number(day.broken),
            number(day.outages_waited_out),
            span(day.outage_seconds),
        ]
    };
    let table = Table {
        headings: &["Day", "Connections", "Silences ended", "Broken", "Outages waited out", "Waited"],
        rows: relay.by_day.iter().map(row).collect(),
        ..Table::default()
    };
    Some(Section {
        title: "The relay",
        sentences: sentences_of(relay),
        table: (!table.rows.is_empty()).then_some(table),
        plot: None,
    })
}

fn sentences_of(relay: &RelayRecords) -> Vec<String> {
    if relay.connections == 0 {
        return vec!["No connection to the API went through Lifeline's relay in this time.".into()];
    }
    let hosts: Vec<String> =
        relay.by_host.iter().map(|by| format!("{} {}", number(by.connections), by.host)).collect();
    let ends: Vec<String> =
        relay.by_end.iter().map(|by| format!("{} {}", number(by.count), how(by.end))).collect();
    let mut sentences = vec![
        format!(
            "{} to the API ended ({}), and {} to other hosts.",
            count(relay.connections, "connection"),
            hosts.join(", "),
            number(relay.other_connections)
        ),
        format!("How: {}.", ends.join(", ")),
    ];
    if relay.silences_ended > 0 {
        sentences.push(format!(
            "{} ended by the relay: an answer that had stopped, or a connection at rest, which ciphertext does not tell apart.",
            match relay.silences_ended {
                1 => "1 silence was".into(),
                many => format!("{} silences were", number(many)),
            }
        ));
    }
    if let Some(longest) = relay.longest_outage_seconds {
        sentences.push(format!(
            "{} had to wait for the network or the service, and then went through: {} in all, {} at the most.",
            count(relay.outages_waited_out, "connection"),
            span(relay.outage_seconds),
            span(longest)
        ));
    }
    if relay.broken > 0 {
        sentences.push(format!(
            "{} broken: {} while the way was gone (nothing acknowledged, no way, no name), {} after 30 s or more of silence, {} before there was a connection.",
            match relay.broken {
                1 => "1 was".into(),
                many => format!("{} were", number(many)),
            },
            number(relay.way_gone),
            number(relay.broken_at_rest),
            number(relay.never_connected)
        ));
    }
    let silence = |one: &RelaySilence| {
        let ended = one.ended.as_deref().map(minute).unwrap_or_default();
        format!("{} ({ended}, {})", span(one.seconds), how(one.end))
    };
    let silences: Vec<String> = relay.longest_silences.iter().map(silence).collect();
    if !silences.is_empty() {
        sentences.push(format!("Longest silences: {}.", silences.join(", ")));
    }
    sentences.extend(relay.requests.as_ref().map(requests));
    sentences
}

fn requests(requests: &RelayRequests) -> String {
    let repeated = match requests.repeated {
        0 => String::new(),
        repeated => format!(
            ", {} of them after the gateway had sent {} again ({} in all)",
            number(requests.repeated_answered),
            if requests.repeated_answered == 1 { "it" } else { "them" },
            number(repeated)
        ),
    };
    let lost = match requests.lost_at_server {
        0 => String::new(),
        lost => {
            format!(" {} came to nothing at the server: tokens are likely spent.", count(lost, "request"))
        }
    };
    format!(
        "As a gateway: {}, {} answered{repeated}.{lost}",
        count(requests.count, "request"),
        number(requests.answered)
    )
}

/// The requests that failed, one on each row, ready for a support ticket.
pub(super) fn failures(report: &Report) -> Option<Section> {
    let failures = &report.relay.as_ref()?.requests.as_ref()?.failures;
    let row = |failure: &RelayFailure| {
        vec![
            failure.ended.as_deref().map(minute).unwrap_or_default(),
            format!("{} after {}", how(failure.end), span(failure.seconds)),
            failure.status.map(|status| status.to_string()).unwrap_or_default(),
            failure.request_id.clone().unwrap_or_default(),
            failure.cf_ray.clone().unwrap_or_default(),
            size(failure.request_bytes),
            if failure.is_long_context { "1M" } else { "" }.into(),
            if failure.reached_server { "yes" } else { "no" }.into(),
        ]
    };
    let table = Table {
        headings: &["Ended", "How", "Status", "request-id", "cf-ray", "Request", "Context", "Sent whole"],
        rows: failures.iter().map(row).collect(),
        ..Table::default()
    };
    super::section("Requests that failed, for a support ticket", table, None)
}

/// An end of a connection, as the contract names it.
fn how(end: &str) -> &'static str {
    match end {
        "closedByClient" => "closed by the client",
        "closedByServer" => "closed by the server",
        "resetByClient" => "reset by the client",
        "resetByServer" => "reset by the server",
        "lostToClient" => "lost to the client",
        "lostToServer" => "lost to the server",
        "stalled" => "without an answer",
        "silent" => "silent",
        "refused" => "refused",
        "unreachable" => "unreachable",
        "dns" => "name not resolved",
        "timedOut" => "timed out",
        "noRoute" => "without a network",
        "proxy" => "turned away by the proxy",
        "failed" => "failed",
        "abandoned" => "left by the client before",
        "shutdown" => "ended with the relay",
        "answered" => "answered",
        "streamReset" => "its stream reset by the server",
        "goAway" => "told to go away",
        "alert" => "ended by a TLS alert",
        "certificate" => "not trusted",
        _ => "in another way",
    }
}
