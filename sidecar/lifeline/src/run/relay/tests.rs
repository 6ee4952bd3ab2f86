//! What the daemon makes of what it knows of the relay.

use std::time::Duration;

use lifeline_core::WindowId;
use lifeline_protocol::{self as wire, RelayMode};
use lifeline_relay::{End, OFFICIAL_HOST, Options, Record, Upstream};
use tokio::sync::mpsc;

use super::host::{RelayHost, TEXT_BYTES, sane, wish};
use crate::{
    clock,
    relay::{Numbers, Saved},
    store::Store,
};

fn request(mode: RelayMode) -> wire::RelayRequest {
    wire::RelayRequest {
        mode,
        proxy: None,
        no_proxy: None,
        hosts: Vec::new(),
        upstream: None,
        extra_certificates: None,
        at_once: false,
    }
}

fn host(saved: Saved) -> RelayHost {
    let dir = tempfile::tempdir().unwrap();
    let (news, _) = mpsc::unbounded_channel();
    let mut host = RelayHost::new(&Store::new(dir.path().to_owned()), true, news);
    host.saved = saved;
    host.numbers = Numbers::default();
    host.wanted = RelayMode::Off;
    host
}

#[test]
fn what_is_asked_for_is_remembered_or_refused_with_a_sentence() {
    let on = wire::RelayRequest {
        proxy: Some("http://u:p@proxy.example:3128".into()),
        hosts: vec!["Gateway.example".into(), OFFICIAL_HOST.into()],
        ..request(RelayMode::Tunnel)
    };
    let known = Saved { port: Some(20_001), off_unix_ms: Some(3), ..Saved::default() };
    let saved = sane(on.clone(), 7, &known).unwrap();
    assert_eq!((saved.port, saved.off_unix_ms), (Some(20_001), None));
    assert_eq!(saved.hosts, ["gateway.example"]);
    // Off keeps what is still needed, and the time of the first word of it.
    let off = sane(request(RelayMode::Off), 7, &saved).unwrap();
    assert_eq!(off, Saved { mode: RelayMode::Off, off_unix_ms: Some(7), ..saved });
    assert_eq!(sane(request(RelayMode::Off), 9, &off).unwrap(), off);
    let at_once = wire::RelayRequest { at_once: true, ..request(RelayMode::Off) };
    assert_eq!(sane(at_once, 9, &off).unwrap().off_unix_ms, None);
    for proxy in ["socks5://h:1".to_owned(), "https://h:1".to_owned(), "x".repeat(TEXT_BYTES + 1)] {
        let refused = sane(wire::RelayRequest { proxy: Some(proxy), ..on.clone() }, 7, &known).unwrap_err();
        assert!(refused.ends_with("turn the relay on again."), "{refused}");
    }
}

#[test]
fn the_environment_goes_before_windows_and_those_before_the_defaults() {
    let mut host = host(Saved { mode: RelayMode::Tunnel, port: Some(20_001), ..Saved::default() });
    assert_eq!(host.options(), Options::default());
    let settings =
        wire::Settings { relay_stall_seconds: 30, relay_attempts: 99, ..wire::Settings::default() };
    host.wishes.push((WindowId("w".into()), wish(&settings)));
    let seen = host.options();
    assert_eq!((seen.stall_after.as_secs(), seen.attempts, seen.budget.as_secs()), (30, 20, 120));
    host.numbers.stall_after = Some(Duration::from_secs(15));
    assert_eq!(host.options().stall_after.as_secs(), 15);
}

fn record(unix_ms: u64, connect_ms: Option<u64>, end: End) -> Record {
    Record {
        unix_ms,
        host: OFFICIAL_HOST.into(),
        port: 443,
        is_api: true,
        is_proxied: false,
        bytes_up: 0,
        bytes_down: 0,
        attempts: 5,
        connect_ms,
        first_byte_ms: None,
        duration_ms: 31_000,
        longest_silence_ms: 0,
        end,
        tcp: None,
        exchange: None,
    }
}

#[test]
fn that_the_api_cannot_be_reached_is_said_once_until_it_was() {
    let mut host = host(Saved { mode: RelayMode::Tunnel, port: Some(20_001), ..Saved::default() });
    let closed = End::Closed { by: lifeline_relay::Side::Client };
    let text = host.news_of(&record(1000, None, End::Refused)).unwrap();
    assert!(text.contains("for 31 s, 5 times: it was refused.") && text.ends_with("the way."), "{text}");
    assert_eq!(host.news_of(&record(40_000, None, End::Refused)), None, "the client tries again");
    // It was there before, and ended after.
    assert_eq!(host.news_of(&record(500, Some(20), closed)), None);
    assert_eq!(host.news_of(&record(70_000, None, End::Dns)), None);
    assert_eq!(host.news_of(&record(80_000, Some(20), closed)), None);
    assert!(host.news_of(&record(200_000, None, End::Dns)).is_some(), "another outage");
    for end in [End::Abandoned, End::Shutdown] {
        let mut host = self::host(Saved::default());
        assert_eq!(host.news_of(&record(1, None, end)), None);
    }
    let other = Record { is_api: false, ..record(900_000, None, End::Refused) };
    assert_eq!(self::host(Saved::default()).news_of(&other), None);
}

#[test]
fn that_there_is_a_relay_is_said_once_where_it_would_have_helped() {
    let mut off = host(Saved::default());
    assert_eq!(off.hint("turnDied"), None);
    assert!(off.hint("turnStalled").is_some_and(|hint| hint.contains("lifeline relay on")));
    assert_eq!(off.hint("turnStalled"), None);
    assert_eq!(host(Saved { mode: RelayMode::Tunnel, ..Saved::default() }).hint("turnStalled"), None);
}

#[test]
fn a_gateway_leads_where_the_base_url_led_and_goes_on_when_it_is_off() {
    let known = Saved { port: Some(20_001), ..Saved::default() };
    let asked = |upstream: Option<&str>| wire::RelayRequest {
        upstream: upstream.map(str::to_owned),
        ..request(RelayMode::Gateway)
    };
    let saved = sane(asked(None), 7, &known).unwrap();
    let options = host(saved.clone()).options();
    assert_eq!(options.gateway.map(|gateway| gateway.upstream), Some(Upstream::default()));
    let saved = sane(asked(Some("https://gate.example/claude")), 7, &saved).unwrap();
    let options = host(saved.clone()).options();
    assert_eq!(options.gateway.unwrap().upstream.host(), "gate.example");
    assert!(options.hosts.contains(&"gate.example".to_owned()));
    let off = sane(request(RelayMode::Off), 9, &saved).unwrap();
    let options = host(off).options();
    assert!(options.gateway.is_some() && options.hosts.is_empty());
    for bad in ["http://gate.example", "https://u:p@gate.example"] {
        let why = sane(asked(Some(bad)), 7, &known).unwrap_err();
        assert!(why.contains("leaves it in its place"), "{why}");
    }
    let itself = Saved { upstream: Some("http://127.0.0.1:20001".into()), ..saved };
    assert!(host(itself).options().gateway.is_none());
    assert!(host(known).options().gateway.is_none(), "nobody asked for one");
}

#[test]
fn it_never_leads_to_itself_and_passes_all_through_when_off() {
    let saved = Saved {
        mode: RelayMode::Tunnel,
        port: Some(20_001),
        proxy: Some("http://localhost:20001".into()),
        ..Saved::default()
    };
    assert_eq!(host(saved.clone()).options().proxy, None);
    let off = host(Saved { mode: RelayMode::Off, off_unix_ms: Some(clock::unix_ms()), ..saved.clone() });
    assert!(off.options().hosts.is_empty() && off.fades() && !off.is_needed());
    assert!(!host(Saved { mode: RelayMode::Off, off_unix_ms: Some(1), ..saved.clone() }).fades());
    // A window wants it, and as long as it is there.
    let mut wanted = host(Saved { mode: RelayMode::Off, ..saved });
    let settings = wire::Settings { relay: RelayMode::Tunnel, ..wire::Settings::default() };
    wanted.wishes.push((WindowId("w".into()), wish(&settings)));
    assert!(wanted.is_needed());
}
