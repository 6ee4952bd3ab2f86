//! What the figures mean: rules from what was measured to findings of the doctor. Of a healthy network nothing is said.

use lifeline_doctor::{Check, Finding, Severity, State};

use crate::{
    contract::{Family, HoldEnd, Network, ProxyState, Resolved, Role, TrustedBy, UploadEnd, Way},
    fault::Fault,
    tell,
};

/// A look-up that takes longer holds up every new connection; resolvers nearby need some ms (seed 3: whole requests take 0.1 s).
const LOOKUP_MS_AT_MOST: u64 = 1000;
/// Seed 1: above that, go past the proxy.
const FIRST_BYTE_MS_AT_MOST: u64 = 5000;
/// The slowest round is this much slower than the middle one: in seed 3, 1.1 times at most.
const SPREAD_TIMES: u64 = 3;
/// And by at least so much: below that nobody notices.
const SPREAD_MS: u64 = 1000;
/// So long an answer may be silent before Lifeline calls it a stall (ARCHITECTURE): what closes later does no harm.
const SILENCE_S: u64 = 75;

/// What those who check times allow: five minutes (RFC 4120, 1.6; the doctor is silent below).
const CLOCK_S_AT_MOST: u64 = 300;

/// Why a finding matters, and where that is known from.
type Because = (&'static str, &'static str);

const NAMES: Because = (
    "Every new connection begins with this look-up; a retry after a reset waits for it again.",
    "https://nodejs.org/api/dns.html#implementation-considerations",
);
const FILTERED: Because = (
    "What is asked of this machine's resolver gets another answer than the rest of the world: a DNS filter, a captive portal or a broken resolver.",
    "https://www.rfc-editor.org/rfc/rfc8914#section-4.16",
);
const CLOCK: Because = (
    "Certificates and logins are refused by a clock that is wrong, and reports put errors into the wrong hour.",
    "https://www.rfc-editor.org/rfc/rfc9110#section-6.6.1",
);
const PROXY: Because = (
    "With this variable Claude Code reaches the API through the proxy alone.",
    "https://code.claude.com/docs/en/network-config",
);
const WAY: Because = (
    "Claude Code takes the same way; what failed here fails there.",
    "measured just now, in rounds like those of seed 3, section 5",
);
const FAMILY: Because = (
    "A program that tries this family first waits for it at every new connection, or fails where it does not try the other.",
    "https://www.rfc-editor.org/rfc/rfc8305",
);
const INTERCEPTED: Because = (
    "Something on the way opens the encryption and closes it again. A Claude Code on a Node before 22.15 does not know the platform's store and fails with UNABLE_TO_GET_ISSUER_CERT_LOCALLY or SELF_SIGNED_CERT_IN_CHAIN; and such devices cut answers that stream for long.",
    "https://code.claude.com/docs/en/network-config",
);
const CERTIFICATE: Because = (
    "Claude Code does not speak to a server that cannot show who it is.",
    "https://code.claude.com/docs/en/network-config",
);
const SLOW: Because = (
    "Proxies, VPNs and DNS filters add to every request; above 5 s route the API's traffic outside of them.",
    "seed 1, “Can network latency cause timeouts?”",
);
const SERVER: Because = (
    "Requests are answered with errors, and made again up to ten times.",
    "https://docs.claude.com/en/api/errors",
);
const UPLOAD: Because = (
    "A long session sends megabytes with every turn; on a slow line that takes as long as this did. In seed 3 an upload of 60 s went through.",
    "seed 3, section 5.4",
);
const IDLE: Because = (
    "A connection that was forgotten on the way fails at its next use, with ECONNRESET or ETIMEDOUT, and an answer that thinks for that long is lost.",
    "https://github.com/anthropics/claude-code/issues/67091 and seed 3, hypothesis H2",
);
const STATUS: Because =
    ("Errors may come from there, and not from this machine.", "https://status.anthropic.com");

/// What is wrong, in no order.
pub fn findings(network: &Network) -> Vec<Finding> {
    let mut found = Vec::new();
    names(network, &mut found);
    found.extend(filtered(network));
    found.extend(clock(network));
    proxy(network, &mut found);
    ways(network, &mut found);
    found.extend(upload(network));
    found.extend(idle(network));
    found.extend(status(network));
    found
}

/// The row of the doctor's table: what came of it all.
pub fn check(network: &Network) -> Check {
    let measured = network.ways.iter().any(|way| !way.rounds.is_empty());
    let state = match (findings(network).is_empty(), measured) {
        (false, _) => State::Found,
        (true, true) => State::Ok,
        (true, false) => State::Unknown,
    };
    let way = taken(network).find(|way| way.works());
    let note =
        way.and_then(|way| Some(format!("First byte after {} ms ({}).", tell::median(way)?, way.words())));
    let off = network.cancelled.then(|| "It was called off.".to_owned());
    Check { id: "network", title: "The way to the API", state, note: off.or(note) }
}

fn finding(
    id: &'static str,
    severity: Severity,
    (why, source): Because,
    title: String,
    detail: String,
) -> Finding {
    Finding { id, severity, title, detail, why, source, fix: Vec::new(), place: None, repair: None }
}

fn with(mut finding: Finding, fix: &[&str]) -> Finding {
    finding.fix.extend(fix.iter().map(|step| (*step).to_owned()));
    finding
}

fn is_behind_proxy(network: &Network) -> bool {
    network.proxy.as_ref().is_some_and(|proxy| proxy.state == ProxyState::Used)
}

/// The ways that Claude Code takes.
fn taken(network: &Network) -> impl Iterator<Item = &Way> {
    let is_behind = is_behind_proxy(network);
    network.ways.iter().filter(move |way| way.through_proxy == is_behind && !way.rounds.is_empty())
}

fn names(network: &Network, found: &mut Vec<Finding>) {
    // Behind a proxy the API's name is the proxy's to look up; a status page is no part of the way.
    let wanted = if is_behind_proxy(network) { Role::Proxy } else { Role::Api };
    let Some(lookup) = network.lookups.iter().find(|lookup| lookup.of == wanted) else { return };
    let whose = wanted.words();
    if let Some(fault) = lookup.fault {
        let title = format!("The name of {whose} cannot be looked up: {}.", fault.words());
        let detail = format!("That took {} ms.", lookup.ms);
        let fixes = [
            "Check the network and, where there is one, the VPN: its resolver may be gone.",
            "Try another resolver; a DNS filter may block the name.",
        ];
        found.push(with(finding("network-dns-failed", Severity::Error, NAMES, title, detail), &fixes));
    } else if lookup.ms > LOOKUP_MS_AT_MOST {
        let title = format!("The name of {whose} is looked up slowly.");
        let detail = format!("That took {} ms; some ms are usual.", lookup.ms);
        let fixes = ["Try another resolver, or without the VPN or DNS filter."];
        found.push(with(finding("network-dns-slow", Severity::Warning, NAMES, title, detail), &fixes));
    }
}

/// A public resolver knows the API, and one of this machine's does not.
fn filtered(network: &Network) -> Option<Finding> {
    let is_known = network.resolvers.iter().any(|resolver| resolver.is_public && resolver.usable > 0);
    let own: Vec<_> = network.resolvers.iter().filter(|resolver| !resolver.is_public).collect();
    let hides = |resolver: &&&Resolved| {
        resolver.usable == 0 && (resolver.unusable > 0 || resolver.fault == Some(Fault::NoSuchName))
    };
    let hiding = own.iter().filter(hides).count();
    (is_known && hiding > 0).then(|| {
        let title = "The name of the API is hidden by the resolver of this machine.".to_owned();
        let detail = format!(
            "{hiding} of {} resolvers of this machine know no address of it, or one that is no API's; a public one knows it.",
            own.len()
        );
        let fixes = [
            "Allow api.anthropic.com in the DNS filter (Pi-hole, NextDNS, the router, the VPN or the company's).",
            "On a hotel's or train's network: open a page in a browser and log in first.",
        ];
        with(finding("network-dns-filtered", Severity::Error, FILTERED, title, detail), &fixes)
    })
}

fn clock(network: &Network) -> Option<Finding> {
    let rounds = network.ways.iter().flat_map(|way| &way.rounds);
    // An answer that was long under way, or comes from a cache, tells too much: the least counts.
    let ahead =
        rounds.filter_map(|round| round.clock_ahead_s).min_by_key(|seconds| seconds.unsigned_abs())?;
    (ahead.unsigned_abs() > CLOCK_S_AT_MOST).then(|| {
        let how = if ahead > 0 { "ahead of" } else { "behind" };
        let title = format!("This machine's clock is {} min {how} the API's.", ahead.unsigned_abs() / 60);
        let detail = format!("By {} s, by the header Date of its answer.", ahead.unsigned_abs());
        let fixes = ["Switch the setting of the clock by network on (Linux: timedatectl set-ntp true)."];
        with(finding("network-clock", Severity::Warning, CLOCK, title, detail), &fixes)
    })
}

fn proxy(network: &Network, found: &mut Vec<Finding>) {
    let Some(proxy) = &network.proxy else { return };
    let detail = format!("{} is {}.", proxy.variable, proxy.address);
    match proxy.state {
        ProxyState::Used | ProxyState::Excepted => {}
        ProxyState::Socks => {
            let title = format!("{} names a SOCKS proxy, which Claude Code cannot use.", proxy.variable);
            let fixes = ["Name an HTTP proxy; most programs that offer SOCKS offer that, too."];
            found.push(with(finding("network-proxy-socks", Severity::Warning, PROXY, title, detail), &fixes));
        }
        ProxyState::Malformed => {
            let title = format!("{} is no address of a proxy.", proxy.variable);
            let fixes = ["Set it to http://host:port, or remove it."];
            found.push(with(
                finding("network-proxy-malformed", Severity::Error, PROXY, title, detail),
                &fixes,
            ));
        }
    }
}

fn ways(network: &Network, found: &mut Vec<Finding>) {
    let works = taken(network).any(Way::works);
    if !works {
        // That this machine has no IPv6 is not what is wrong, if the other family fails in another way.
        let leads = |way: &&Way| way.rounds.iter().any(|round| round.fault != Some(Fault::Unreachable));
        let way = taken(network).find(leads).or_else(|| taken(network).next());
        found.extend(way.and_then(|way| dead(network, way)));
        return;
    }
    for way in taken(network) {
        match way.failures().next().and_then(|round| round.fault) {
            Some(fault) if way.works() => found.push(unsteady(way, fault)),
            // A machine without that family is told so at once, and takes the other.
            Some(Fault::Unreachable) | None => {}
            Some(fault) => found.push(broken_family(way, fault)),
        }
    }
    // One family is enough to say it.
    found.extend(taken(network).find_map(slow));
    found.extend(taken(network).find_map(server_errors));
    found.extend(intercepted(network));
}

/// No way works: what is wrong with the one that is taken first.
fn dead(network: &Network, way: &Way) -> Option<Finding> {
    let round = way.failures().last()?;
    let fault = round.fault?;
    let answered = round.status.map(|status| format!(" It answered {status}.")).unwrap_or_default();
    let detail = format!("{}, {}, to {}.{answered}", count(way), way.words(), network.base_url);
    Some(match fault {
        Fault::ProxyWantsLogin => login_wanted(network, detail),
        Fault::ProxyRefused => {
            let title = "The proxy does not let connections to the API through.".to_owned();
            let fixes = [
                "Ask whoever runs the proxy to allow CONNECT to api.anthropic.com:443.",
                "If the API can be reached without it: add its host to NO_PROXY.",
            ];
            with(finding("network-proxy-refused", Severity::Error, PROXY, title, detail), &fixes)
        }
        fault if fault.is_certificate() => bad_certificate(fault, detail),
        fault => {
            let whom = if way.through_proxy && round.proxy_ms.is_none() { "The proxy" } else { "The API" };
            let title = format!("{whom} cannot be reached: {}.", fault.words());
            let detail =
                format!("{detail} {}", direct_works(network).unwrap_or("Nothing else works either."));
            let fixes = [
                "Check the network, the VPN and the firewall, and the address that is set for the API or the proxy.",
                "“lifeline doctor --probe” again after each change.",
            ];
            with(finding("network-unreachable", Severity::Error, WAY, title, detail), &fixes)
        }
    })
}

/// `2 of 5 connections failed`.
fn count(way: &Way) -> String {
    format!("{} of {} connections failed", way.failures().count(), way.rounds.len())
}

fn direct_works(network: &Network) -> Option<&'static str> {
    let mut others = network.ways.iter().filter(|way| !way.through_proxy && way.works());
    others.next().filter(|_| is_behind_proxy(network)).map(|_| "Without the proxy the API can be reached.")
}

fn login_wanted(network: &Network, detail: String) -> Finding {
    let proxy = network.proxy.as_ref();
    if proxy.is_some_and(|proxy| proxy.login_was_hidden) {
        let title = "The proxy wants a login, which the probe was not told.".to_owned();
        let fixes = ["In a terminal: lifeline doctor --probe"];
        return with(finding("network-proxy-login", Severity::Hint, PROXY, title, detail), &fixes);
    }
    let title = match proxy {
        Some(proxy) if proxy.has_login => "The proxy does not take the login that is set.",
        _ => "The proxy wants a login, and none is set.",
    };
    let fixes = [
        "Set HTTPS_PROXY to http://user:password@host:port, with %40 for an @ in the password.",
        "A proxy that wants NTLM or Kerberos needs a gateway of its own: see the source.",
    ];
    with(finding("network-proxy-login", Severity::Error, PROXY, title.into(), detail), &fixes)
}

fn bad_certificate(fault: Fault, detail: String) -> Finding {
    let (what, fixes): (_, &[&str]) = match fault {
        Fault::TlsExpired => {
            ("has expired", &["Check this machine's clock; else whoever runs that server has to renew it."])
        }
        Fault::TlsNotValidYet => ("is not valid yet", &["Set this machine's clock."]),
        Fault::TlsWrongName => (
            "is another host's",
            &[
                "A captive portal or a DNS filter may answer instead: open a page in a browser, or try another resolver.",
            ],
        ),
        Fault::TlsUnknownIssuer => (
            "was issued by nobody who is trusted here",
            &[
                "If your organisation inspects TLS: put its authority into a file and set NODE_EXTRA_CA_CERTS to it.",
                "Else somebody listens in: try another network. Do not switch the verification off.",
            ],
        ),
        _ => ("cannot be used", &["Try another network; else tell whoever runs that server."]),
    };
    let title = format!("The server's certificate {what}.");
    with(finding("network-certificate", Severity::Error, CERTIFICATE, title, detail), fixes)
}

fn unsteady(way: &Way, fault: Fault) -> Finding {
    let title = format!("Some connections to the API fail, {}: {}.", way.words(), fault.words());
    let detail = format!("{}.", count(way));
    let fixes = [
        "Try another network, a cable instead of Wi-Fi, or without the VPN.",
        "Look at what “lifeline report” says of the same hours.",
    ];
    with(finding("network-unsteady", Severity::Warning, WAY, title, detail), &fixes)
}

fn broken_family(way: &Way, fault: Fault) -> Finding {
    let (id, family) = match way.family {
        Family::Ipv4 => ("network-ipv4-broken", "IPv4"),
        Family::Ipv6 => ("network-ipv6-broken", "IPv6"),
    };
    let title =
        format!("The API has an {family} address, but cannot be reached by {family}: {}.", fault.words());
    let detail = format!("{}; the other family works.", count(way));
    let fixes: &[&str] = match way.family {
        Family::Ipv6 => &[
            "Repair IPv6 at the router or the VPN, or switch it off for that interface.",
            "For a claude that is a script: NODE_OPTIONS=--dns-result-order=ipv4first",
        ],
        Family::Ipv4 => &["Repair IPv4 at the router or the VPN."],
    };
    with(finding(id, Severity::Warning, FAMILY, title, detail), fixes)
}

fn slow(way: &Way) -> Option<Finding> {
    let times = way.first_bytes();
    let (median, most) = (tell::median(way)?, *times.last()?);
    if median > FIRST_BYTE_MS_AT_MOST {
        let title = format!("The first byte of an answer takes long, {}.", way.words());
        let detail = format!("{median} ms in the middle of {} connections.", times.len());
        let fixes = ["Try without the proxy or the VPN."];
        return Some(with(finding("network-slow", Severity::Warning, SLOW, title, detail), &fixes));
    }
    (most >= median + SPREAD_MS && most >= median * SPREAD_TIMES).then(|| {
        let title = format!("The time to the first byte varies much, {}.", way.words());
        let detail = format!("{median} ms in the middle, {most} ms at most, of {} connections.", times.len());
        let fixes = ["Packets get lost or wait: try a cable instead of Wi-Fi, or without the VPN."];
        with(finding("network-uneven", Severity::Warning, SLOW, title, detail), &fixes)
    })
}

fn server_errors(way: &Way) -> Option<Finding> {
    let status = way.rounds.iter().filter_map(|round| round.status).find(|status| *status >= 500)?;
    let title = format!("The API, or what stands before it, answers {status}.");
    let detail = format!("To a request that costs nothing, {}.", way.words());
    let fixes = ["See https://status.anthropic.com; with a gateway or a proxy of your own, its log."];
    Some(with(finding("network-server-error", Severity::Warning, SERVER, title, detail), &fixes))
}

fn intercepted(network: &Network) -> Option<Finding> {
    let tls = taken(network).filter_map(|way| way.tls.as_ref());
    let tls = tls.into_iter().find(|tls| tls.trusted_by == TrustedBy::PlatformOnly)?;
    let issuer = tls.issuer_organisation.as_ref().or(tls.issuer_name.as_ref());
    let issuer = issuer.map_or("a private authority".to_owned(), |name| format!("“{name}”"));
    let title = "The certificate of the API is vouched for by this machine's own store alone.".to_owned();
    let detail = format!(
        "{issuer} has issued it, not one of the public authorities: something on the way inspects TLS, or the address is your own."
    );
    let fixes = [
        "Put that authority's certificate into a file and set NODE_EXTRA_CA_CERTS to it, in the block env of Claude Code's settings.",
        "If answers break off: ask for an exception from the inspection for api.anthropic.com.",
    ];
    Some(with(finding("network-tls-intercepted", Severity::Warning, INTERCEPTED, title, detail), &fixes))
}

/// A proxy's patience with a request: it was answered before it was there.
const REQUEST_TIMEOUT: u16 = 408;

fn upload(network: &Network) -> Option<Finding> {
    let upload = network.upload?;
    let how = match (upload.end, upload.fault, upload.status) {
        (UploadEnd::Cut, Some(fault), _) => fault.words().to_owned(),
        (_, _, Some(status @ REQUEST_TIMEOUT)) => format!("answered {status}"),
        _ => return None,
    };
    let title = format!("A slow upload is cut: {how}.");
    let detail = format!("After {} s, with {} bytes sent.", tell::tenths(upload.after_ms), upload.bytes);
    let fixes = [
        "Compact long sessions (/compact), so that less has to be sent.",
        "Ask whoever runs the proxy for more patience with slow requests, or go past it.",
    ];
    Some(with(finding("network-upload-cut", Severity::Warning, UPLOAD, title, detail), &fixes))
}

fn idle(network: &Network) -> Option<Finding> {
    let idle = network.idle.as_ref()?;
    let died = idle.holds.iter().filter(|hold| hold.end.is_dead());
    // The harmful before the harmless, then the shortest.
    let hold = died.clone().find(|hold| hold.end != HoldEnd::Closed).or_else(|| died.clone().next())?;
    let lived =
        idle.longest_lived_s.map_or("None lived.".into(), |s| format!("The longest that lived: {s} s."));
    let detail = format!("{}. {lived}", hold.end.words());
    if hold.end != HoldEnd::Closed {
        let title = format!("A connection that is idle for {} s is dropped on the way.", hold.held_s);
        let fixes = [
            "“lifeline relay on”: it sends a sign of life every 30 s, and ends what has fallen silent.",
            "Else ask for a longer idle time at the NAT, firewall or proxy.",
        ];
        return Some(with(finding("network-idle-dropped", Severity::Warning, IDLE, title, detail), &fixes));
    }
    (hold.held_s < SILENCE_S).then(|| {
        let title = format!("A connection that is idle for {} s is closed.", hold.held_s);
        let fixes = ["Nothing, while answers do not break off: the next request takes a new connection."];
        with(finding("network-idle-closed", Severity::Hint, IDLE, title, detail), &fixes)
    })
}

fn status(network: &Network) -> Option<Finding> {
    let page = network.status.as_ref()?;
    let indicator = page.indicator.as_deref().filter(|indicator| *indicator != "none")?;
    let severity = if indicator == "maintenance" { Severity::Hint } else { Severity::Warning };
    let title = format!("The public status page reports trouble: {indicator}.");
    let said = page.description.as_ref().map(|description| format!("It says “{description}”."));
    let detail = said.unwrap_or_else(|| "It does not say more.".into());
    let fixes = ["See https://status.anthropic.com, and wait."];
    Some(with(finding("network-status-incident", severity, STATUS, title, detail), &fixes))
}
