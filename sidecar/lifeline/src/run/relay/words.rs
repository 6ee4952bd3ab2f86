//! The relay's ends and outages, as windows and users are told of them.

use std::time::Instant;

use lifeline_protocol as wire;
use lifeline_relay::{End, Fault};

pub(super) fn told(outage: lifeline_relay::Outage) -> wire::RelayOutage {
    let next_in = outage.next_at.saturating_duration_since(Instant::now());
    wire::RelayOutage {
        host: outage.host,
        attempt: outage.attempt,
        of: outage.of,
        reason: reason(outage.fault).into(),
        next_in_ms: Some(u64::try_from(next_in.as_millis()).unwrap_or(u64::MAX)),
    }
}

/// Why there was no connection, and what to do. `None`: for no reason of the network's.
pub(super) fn unconnected(end: &End) -> Option<(String, &'static str)> {
    const LOOK: &str =
        "See status.claude.com, a firewall or a VPN; “Lifeline: Probe the Network” measures the way.";
    const NETWORK: &str = "Check the network; “Lifeline: Probe the Network” measures the way.";
    const PROXY: &str = "Ask whoever runs the proxy; “Lifeline: Probe the Network” measures the way.";
    Some(match end {
        End::Refused => ("it was refused".into(), LOOK),
        End::TimedOut => ("there was no answer".into(), LOOK),
        End::Unreachable => ("there was no way to it".into(), NETWORK),
        End::NoRoute => ("this machine had no network".into(), NETWORK),
        End::Dns => ("its name could not be resolved".into(), NETWORK),
        End::Proxy { status: 0 } => ("the proxy hung up".into(), PROXY),
        End::Proxy { status } => (format!("the proxy answered {status}"), PROXY),
        End::Certificate => {
            ("its certificate is not trusted".into(), "“Lifeline: Probe the Network” shows who issued it.")
        }
        End::Failed => ("the system refused it".into(), "“lifeline relay log” tells more."),
        _ => return None,
    })
}

const fn reason(fault: Fault) -> &'static str {
    match fault {
        Fault::Refused => "refused",
        Fault::Unreachable => "unreachable",
        Fault::Dns => "dns",
        Fault::TimedOut => "timedOut",
        Fault::NoRoute => "noRoute",
        Fault::Proxy(_) => "proxy",
        Fault::Failed => "failed",
    }
}
