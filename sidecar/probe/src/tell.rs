//! The figures for people: sentences and one table, the same in every form.

use std::fmt::Write as _;

use crate::contract::{
    HoldEnd, Lookup, Network, ProxyState, Resolved, StatusPage, Tls, TrustedBy, Upload, UploadEnd, Way,
};

/// Of the table. Times are the middle of the rounds that went well, in ms from the beginning of the connection.
pub const HEADINGS: &[&str] =
    &["Way", "Well", "TCP", "Proxy", "TLS", "First byte", "Least", "Most", "HTTP", "Failed"];

/// Everything that is no row of the table.
pub fn sentences(network: &Network) -> Vec<String> {
    let contacts =
        network.contacts.iter().map(|contact| format!("{} ({})", contact.server, contact.role.words()));
    let mut told = vec![format!("Contacts: {}.", contacts.collect::<Vec<_>>().join(", "))];
    told.extend(network.proxy.as_ref().map(|proxy| {
        let what = match proxy.state {
            ProxyState::Used => "the way to the API",
            ProxyState::Excepted => "not used for the API: NO_PROXY names it",
            ProxyState::Socks => "a SOCKS proxy, which was not measured",
            ProxyState::Malformed => "no address of a proxy",
        };
        format!("Proxy: {} ({}), {what}.", proxy.address, proxy.variable)
    }));
    told.extend(network.lookups.iter().map(lookup));
    told.extend(network.resolvers.iter().map(resolved));
    let mut seen: Vec<&Tls> = Vec::new();
    for tls in network.ways.iter().filter_map(|way| way.tls.as_ref()) {
        if !seen.contains(&tls) {
            told.push(certificate(tls));
            seen.push(tls);
        }
    }
    told.extend(network.upload.map(upload));
    for hold in network.idle.iter().flat_map(|idle| &idle.holds) {
        let after = if hold.end == HoldEnd::NotKept { hold.wanted_s } else { hold.held_s };
        told.push(format!("Idle for {after} s: {}.", hold.end.words()));
    }
    told.extend(network.status.as_ref().map(status));
    if network.cancelled {
        told.push("Called off: what is missing was not measured.".into());
    }
    told
}

fn lookup(lookup: &Lookup) -> String {
    let whose = lookup.of.words();
    match lookup.fault {
        Some(fault) => format!("DNS, name of {whose}: {} after {} ms.", fault.words(), lookup.ms),
        None => format!("DNS, name of {whose}: {} A, {} AAAA in {} ms.", lookup.ipv4, lookup.ipv6, lookup.ms),
    }
}

fn resolved(resolver: &Resolved) -> String {
    let whose = if resolver.is_public { "a public resolver" } else { "a resolver of this machine" };
    match (resolver.fault, resolver.unusable) {
        (Some(fault), _) => format!("DNS, {whose}: {} after {} ms.", fault.words(), resolver.ms),
        (None, 0) => format!("DNS, {whose}: {} addresses in {} ms.", resolver.usable, resolver.ms),
        (None, unusable) => {
            let (usable, ms) = (resolver.usable, resolver.ms);
            format!("DNS, {whose}: {usable} addresses, and {unusable} that are no API's, in {ms} ms.")
        }
    }
}

fn certificate(tls: &Tls) -> String {
    let version = tls.version.as_deref().unwrap_or("not agreed on");
    let alpn = tls.alpn.as_ref().map(|alpn| format!(" with {alpn}")).unwrap_or_default();
    let issuer = match (&tls.issuer_organisation, &tls.issuer_name) {
        (None, None) => "an authority that is not told here".to_owned(),
        (organisation, name) => {
            let parts: Vec<&str> = [organisation, name].into_iter().flatten().map(String::as_str).collect();
            parts.join(", ")
        }
    };
    let by = match tls.trusted_by {
        TrustedBy::Public => "publicly trusted",
        TrustedBy::ExtraFile => "trusted by the file of NODE_EXTRA_CA_CERTS",
        TrustedBy::PlatformOnly => "trusted by this machine's store alone",
        TrustedBy::Nobody => "trusted by nobody",
    };
    let days = tls.days_left.map(|days| format!(", {days} days left")).unwrap_or_default();
    format!("TLS {version}{alpn}; certificate issued by {issuer}, {by}{days}.")
}

fn upload(upload: Upload) -> String {
    let (bytes, after) = (upload.bytes, tenths(upload.after_ms));
    let status = upload.status.map(|status| format!(" (HTTP {status})")).unwrap_or_default();
    let fault = upload.fault.map_or("failed", |fault| fault.words());
    match upload.end {
        UploadEnd::Survived => format!("Slow upload: {bytes} bytes in {after} s went through{status}."),
        UploadEnd::AnsweredEarly => {
            format!("Slow upload: answered after {after} s and {bytes} bytes{status}.")
        }
        UploadEnd::Cut => format!("Slow upload: {fault} after {after} s and {bytes} bytes."),
        UploadEnd::NotTried => format!("Slow upload: no connection ({fault})."),
    }
}

fn status(page: &StatusPage) -> String {
    let ms = page.ms;
    match (&page.indicator, &page.description, page.fault, page.http_status) {
        (_, _, Some(fault), _) => format!("Status page: {} after {ms} ms.", fault.words()),
        (Some(indicator), Some(description), ..) => format!("Status page: {indicator} ({description})."),
        (Some(indicator), None, ..) => format!("Status page: {indicator}."),
        (None, _, None, status) => {
            format!("Status page: cannot be read (HTTP {}).", status.unwrap_or_default())
        }
    }
}

/// Everything as sentences.
pub(crate) fn words(network: &Network) -> Vec<String> {
    let ways = network.ways.iter().filter(|way| !way.rounds.is_empty()).map(|way| {
        let (all, failed) = (way.rounds.len(), way.failures().count());
        let first = median(way).map(|ms| format!(", first byte after {ms} ms")).unwrap_or_default();
        let fault = way.failures().last().and_then(|round| round.fault);
        let fault = fault.map(|fault| format!(" ({})", fault.words())).unwrap_or_default();
        format!("The API, {}: {} of {all} well{first}{fault}.", way.words(), all - failed)
    });
    let (mut told, rest) = (ways.collect::<Vec<_>>(), sentences(network));
    told.extend(rest);
    told
}

/// One for each way, as [`HEADINGS`] has them.
pub fn rows(network: &Network) -> Vec<Vec<String>> {
    network.ways.iter().filter(|way| !way.rounds.is_empty()).map(row).collect()
}

fn row(way: &Way) -> Vec<String> {
    let times = way.first_bytes();
    let number = |ms: Option<u64>| ms.map(|ms| ms.to_string()).unwrap_or_default();
    let middle_of = |time: fn(&crate::contract::Round) -> Option<u64>| {
        let mut all: Vec<u64> = Vec::new();
        for ms in way.rounds.iter().filter(|round| round.fault.is_none()).filter_map(time) {
            let at = all.iter().take_while(|other| **other <= ms).count();
            all.insert(at, ms);
        }
        number(middle(&all))
    };
    let (mut answers, mut failures): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    for round in &way.rounds {
        let status = round.status.map(|status| status.to_string());
        answers.extend(status.filter(|status| !answers.contains(status)));
        let fault = round.fault.map(|fault| fault.words().to_owned());
        failures.extend(fault.filter(|fault| !failures.contains(fault)));
    }
    vec![
        way.words(),
        format!("{} of {}", way.rounds.len() - way.failures().count(), way.rounds.len()),
        middle_of(|round| round.tcp_ms),
        middle_of(|round| round.proxy_ms),
        middle_of(|round| round.tls_ms),
        number(middle(&times)),
        number(times.first().copied()),
        number(times.last().copied()),
        answers.join(", "),
        failures.join(", "),
    ]
}

/// Of times that ascend; the lower one of two.
fn middle(ascending: &[u64]) -> Option<u64> {
    ascending.get(ascending.len().saturating_sub(1) / 2).copied()
}

/// The middle of its times to the first byte, in ms.
pub(crate) fn median(way: &Way) -> Option<u64> {
    middle(&way.first_bytes())
}

/// Milliseconds as seconds with one decimal.
pub(crate) fn tenths(ms: u64) -> String {
    format!("{}.{}", ms / 1000, ms % 1000 / 100)
}

/// A section in Markdown. `escape` takes from a text what Markdown would take for its own.
pub fn markdown(network: &Network, escape: &dyn Fn(&str) -> String) -> String {
    let mut out = String::from("\n## Network\n\n");
    for sentence in sentences(network) {
        let _ = writeln!(out, "- {}", escape(&sentence));
    }
    let rows = rows(network);
    if rows.is_empty() {
        return out;
    }
    let _ = write!(out, "\n| {} |\n|{}\n", HEADINGS.join(" | "), " --- |".repeat(HEADINGS.len()));
    for row in rows {
        let _ = writeln!(out, "| {} |", row.join(" | "));
    }
    out.push_str("\nTimes in ms from the beginning of a connection, the middle of those that went well.\n");
    out
}
