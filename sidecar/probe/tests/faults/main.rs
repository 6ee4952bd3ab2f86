//! Each fault made on the loopback and found, and a healthy network of which nothing is said.

mod lasting;
mod support;
mod tls;

use std::{future::pending, io, net::Ipv4Addr, sync::Arc, time::Duration};

use lifeline_doctor::{Names, State};
use lifeline_probe::*;
use support::*;
use tokio_rustls::rustls::RootCertStore;

const MS: fn(u64) -> Duration = Duration::from_millis;

/// A machine without anything in the way.
fn trusting(public: &Authority) -> Arc<Trust> {
    Arc::new(Trust::of(public.store(), RootCertStore::empty(), RootCertStore::empty()))
}

fn through(proxy: &Server, mut asked: Asked) -> Asked {
    asked.proxy = Some(("HTTPS_PROXY".into(), format!("http://127.0.0.1:{}", proxy.address.port())));
    asked
}

#[tokio::test]
async fn nothing_is_said_of_a_healthy_network() {
    let public = Authority::new("Good Trust Services");
    let server = Server::tls(Manner::Healthy, public.server("localhost", 2040)).await;
    let proxy = Server::plain(Manner::Tunnels(Rule::Everything(server.address))).await;
    let base = format!("https://localhost:{}", server.address.port());
    let mut asked = through(&proxy, asked(&base));
    asked.trust = trusting(&public);
    asked.resolver = both_families(Ipv4Addr::LOCALHOST);
    asked.upload = Some(MS(20));
    asked.idle = vec![MS(1), MS(5)];
    asked.status = Target::of(&format!("{base}/api/v2/status.json")).ok();
    let network = measured(&asked).await;
    found(&network, &[]);
    assert_eq!(check(&network).state, State::Ok);
    let ways: Vec<String> = network.ways.iter().map(Way::words).collect();
    // The proxy has an address, not a name.
    assert_eq!(ways, ["through the proxy, IPv4", "direct, IPv6", "direct, IPv4"]);
    for way in &network.ways {
        assert_eq!(way.rounds.len(), 3);
        for round in &way.rounds {
            assert_eq!((round.status, round.fault), (Some(405), None));
            assert_eq!(round.proxy_ms.is_some(), way.through_proxy);
            assert!(round.tcp_ms <= round.tls_ms && round.tls_ms <= round.first_byte_ms, "{round:?}");
        }
        let tls = way.tls.as_ref().expect("a handshake");
        assert_eq!(tls.version.as_deref(), Some("1.3"));
        assert_eq!(tls.alpn.as_deref(), Some("http/1.1"));
        assert_eq!(tls.issuer_organisation.as_deref(), Some("Good Trust Services"));
        assert_eq!(tls.trusted_by, TrustedBy::Public);
        assert!(tls.days_left.is_some_and(|days| days > 365));
    }
    let upload = network.upload.expect("it was asked for");
    assert_eq!((upload.end, upload.status), (UploadEnd::Survived, Some(401)));
    assert!(upload.bytes > 0);
    let idle = network.idle.as_ref().expect("it was asked for");
    assert!(idle.holds.len() == 2 && idle.holds.iter().all(|hold| hold.end == HoldEnd::Lived), "{idle:?}");
    let status = network.status.as_ref().expect("it was asked for");
    assert_eq!((status.indicator.as_deref(), status.http_status), (Some("none"), Some(200)));
    assert!(status.description.as_deref() == Some("All Systems Operational"));
}

#[tokio::test]
async fn no_credential_leaves_but_a_proxys_own_to_that_proxy() {
    let server = Server::plain(Manner::Healthy).await;
    let login = "Proxy-Authorization: Basic YW5uOnMzY3JldA==";
    let proxy = Server::plain(Manner::Tunnels(Rule::WithLogin(login.into(), server.address))).await;
    let base = format!("http://user:sk-ant-key@localhost:{}/gate?key=sk-ant-key", server.address.port());
    let mut asked = asked(&base);
    asked.proxy =
        Some(("https_proxy".into(), format!("http://ann:s3cret@127.0.0.1:{}", proxy.address.port())));
    asked.upload = Some(MS(1));
    asked.status = Target::of(&format!("{}/api/v2/status.json", server.url())).ok();
    let network = measured(&asked).await;
    found(&network, &[]);
    let heard = server.heard();
    assert!(heard.iter().any(|head| head.starts_with("HEAD /gate/v1/messages ")), "{heard:?}");
    for head in &heard {
        let lower = head.to_ascii_lowercase();
        assert!(
            !lower.contains("authorization") && !lower.contains("api-key") && !lower.contains("cookie"),
            "{head}"
        );
        assert!(!head.contains("sk-ant") && !head.contains("s3cret"), "{head}");
    }
    assert!(proxy.heard().iter().all(|head| head.starts_with("CONNECT localhost:") && head.contains(login)));
    let told = serde_json::to_string(&network).expect("JSON") + &sentences(&network).concat();
    for secret in ["s3cret", "YW5u", "sk-ant", "/gate", "ann"] {
        assert!(!told.contains(secret), "{secret}: {told}");
    }
}

#[tokio::test]
async fn names_that_are_slow_wrong_or_never_answered() {
    let server = Server::plain(Manner::Healthy).await;
    let mut slow = asked(&server.url());
    slow.resolver = Resolver::new(|_, port| async move {
        tokio::time::sleep(MS(1100)).await;
        Ok(vec![(Ipv4Addr::LOCALHOST, port).into()])
    });
    found(&measured(&slow).await, &["network-dns-slow"]);
    for (words, fault) in [
        ("Name or service not known", Fault::NoSuchName),
        ("Temporary failure in name resolution", Fault::TemporaryDnsFailure),
    ] {
        let mut failing = asked(&server.url());
        failing.resolver = Resolver::new(move |_, _| async move { Err(io::Error::other(words)) });
        let network = measured(&failing).await;
        found(&network, &["network-dns-failed"]);
        assert_eq!(network.lookups[0].fault, Some(fault));
    }
    let mut never = impatient(asked(&server.url()));
    never.resolver = Resolver::new(|_, _| pending());
    let network = measured(&never).await;
    found(&network, &["network-dns-failed"]);
    assert_eq!(network.lookups[0].fault, Some(Fault::TimedOut));
}

#[tokio::test]
async fn a_resolver_that_hides_the_api_is_told_from_one_that_knows_another_address() {
    let server = Server::plain(Manner::Healthy).await;
    let base = format!("http://api.localhost:{}", server.address.port());
    let real = resolver(Some([160, 79, 104, 10])).await;
    let measure = |own: Vec<std::net::SocketAddr>, public| {
        let mut asked = asked(&base);
        (asked.resolvers, asked.public_resolver) = (own, Some(public));
        async move {
            let contacts = asked.contacts();
            let network = measured(&asked).await;
            assert_eq!(contacts.iter().filter(|contact| contact.role == Role::Resolver).count(), 1);
            network
        }
    };
    let other = resolver(Some([160, 79, 104, 11])).await;
    let network = measure(vec![other], real).await;
    found(&network, &[]);
    let usable = network.resolvers.iter().map(|resolver| (resolver.is_public, resolver.usable));
    assert_eq!(usable.collect::<Vec<_>>(), [(false, 1), (true, 1)]);
    for filter in
        [resolver(None).await, resolver(Some([0, 0, 0, 0])).await, resolver(Some([10, 0, 0, 1])).await]
    {
        found(&measure(vec![other, filter], real).await, &["network-dns-filtered"]);
        // Where nobody knows it, nobody hides it.
        found(&measure(vec![filter], filter).await, &[]);
    }
    let network = measured(&asked(&base)).await;
    assert!(network.resolvers.is_empty() && network.contacts.len() == 1, "not asked for");
}

#[tokio::test]
async fn a_clock_that_is_wrong() {
    const LONG_AGO: &str =
        "HTTP/1.1 405 Method Not Allowed\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: 0\r\n\r\n";
    const NEVER: &str = "HTTP/1.1 405 Method Not Allowed\r\nDate: yesterday\r\nContent-Length: 0\r\n\r\n";
    let server = Server::plain(Manner::Answers(LONG_AGO)).await;
    let network = measured(&asked(&server.url())).await;
    found(&network, &["network-clock"]);
    assert!(findings(&network)[0].title.contains("ahead of"));
    found(&measured(&asked(&Server::plain(Manner::Answers(NEVER)).await.url())).await, &[]);
    let today = jiff::fmt::rfc2822::to_string(&jiff::Zoned::now()).expect("a date");
    let answer = format!("HTTP/1.1 405 Method Not Allowed\r\nDate: {today}\r\nContent-Length: 0\r\n\r\n");
    let network = measured(&asked(&Server::plain(Manner::Answers(answer.leak())).await.url())).await;
    found(&network, &[]);
    assert!(network.ways[0].rounds[0].clock_ahead_s.is_some_and(|seconds| seconds.abs() < 60));
}

#[tokio::test]
async fn the_systems_resolver_knows_this_machine() {
    let server = Server::plain(Manner::Healthy).await;
    let mut asked = asked(&server.url());
    asked.resolver = Resolver::system();
    let network = measured(&asked).await;
    let ipv4 = network.ways.iter().find(|way| way.family == Family::Ipv4).expect("localhost is one");
    assert!(ipv4.works() && network.lookups[0].ipv4 > 0, "{network:#?}");
}

#[tokio::test]
async fn a_server_that_does_not_answer_as_one() {
    for (manner, fault) in [
        (Manner::Resets, Fault::Reset),
        (Manner::Closes, Fault::ClosedEarly),
        (Manner::Silent, Fault::TimedOut),
        (Manner::Says(b"SSH-2.0-OpenSSH_9.6\r\n"), Fault::NotHttp),
        (Manner::Says(b"HTTP/1.1 200 OK\r\nServ"), Fault::ClosedEarly),
    ] {
        let server = Server::plain(manner.clone()).await;
        let network = measured(&impatient(asked(&server.url()))).await;
        found(&network, &["network-unreachable"]);
        let faults: Vec<_> = network.ways[0].rounds.iter().map(|round| round.fault).collect();
        assert_eq!(faults, [Some(fault); 2], "the same twice is enough: {manner:?}");
    }
}

/// A port where nobody listens.
async fn nobody() -> u16 {
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    listener.local_addr().expect("it has one").port()
}

#[tokio::test]
async fn a_port_where_nobody_listens() {
    let network = measured(&asked(&format!("http://localhost:{}", nobody().await))).await;
    found(&network, &["network-unreachable"]);
    assert_eq!(network.ways[0].rounds[0].fault, Some(Fault::Refused));
}

#[tokio::test]
async fn ipv6_that_does_not_work_beside_ipv4_that_does() {
    let server = Server::plain(Manner::Healthy).await;
    let mut asked = asked(&server.url());
    asked.resolver = both_families(Ipv4Addr::new(127, 0, 0, 2));
    let network = measured(&asked).await;
    found(&network, &["network-ipv6-broken"]);
    assert_eq!((network.lookups[0].ipv4, network.lookups[0].ipv6), (1, 1));
}

#[tokio::test]
async fn some_connections_fail_or_wait() {
    let mut asked = asked(&Server::plain(Manner::ResetsSome).await.url());
    asked.rounds = 5;
    let network = measured(&asked).await;
    found(&network, &["network-unsteady"]);
    assert_eq!(network.ways[0].failures().count(), 2);
    asked.base = Target::of(&Server::plain(Manner::Delays(MS(1500))).await.url()).expect("a URL");
    found(&measured(&asked).await, &["network-uneven"]);
}

#[tokio::test]
async fn a_server_with_trouble_of_its_own() {
    let server = Server::plain(Manner::Answers("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")).await;
    found(&measured(&asked(&server.url())).await, &["network-server-error"]);
}

#[test]
fn a_machine_without_ipv6_is_judged_by_its_ipv4() {
    let way = |family, fault| Way {
        family,
        through_proxy: false,
        rounds: vec![Round { fault, ..Round::default() }],
        tls: None,
    };
    let network = |fault| Network {
        ways: vec![way(Family::Ipv6, Some(Fault::Unreachable)), way(Family::Ipv4, fault)],
        ..Network::default()
    };
    found(&network(None), &[]);
    found(&network(Some(Fault::TlsExpired)), &["network-certificate"]);
    found(&network(Some(Fault::Unreachable)), &["network-unreachable"]);
}

#[test]
fn answers_that_take_long() {
    let round = |ms| Round { first_byte_ms: Some(ms), status: Some(405), ..Round::default() };
    let way = |rounds| Way { family: Family::Ipv4, through_proxy: false, rounds, tls: None };
    let network = |ms| Network { ways: vec![way(vec![round(ms); 3])], ..Network::default() };
    found(&network(5000), &[]);
    found(&network(5001), &["network-slow"]);
}

#[tokio::test]
async fn proxies_that_let_nobody_through() {
    let server = Server::plain(Manner::Healthy).await;
    let login = Rule::WithLogin("Proxy-Authorization: Basic eDp5\r\n".into(), server.address);
    for (rule, id, status) in
        [(login.clone(), "network-proxy-login", 407), (Rule::Nothing, "network-proxy-refused", 403)]
    {
        let proxy = Server::plain(Manner::Tunnels(rule)).await;
        let network = measured(&through(&proxy, asked(&server.url()))).await;
        found(&network, &[id]);
        assert_eq!(network.ways[0].rounds[0].status, Some(status));
        assert!(network.ways.iter().any(|way| !way.through_proxy && way.works()));
    }
    let proxy = Server::plain(Manner::Tunnels(login)).await;
    let mut with_login = asked(&server.url());
    with_login.proxy = Some(("HTTPS_PROXY".into(), format!("x:y@127.0.0.1:{}", proxy.address.port())));
    found(&measured(&with_login).await, &[]);
    // Who runs the probe in the editor is not told the login.
    with_login.proxy = Some(("HTTPS_PROXY".into(), format!("http://***@127.0.0.1:{}", proxy.address.port())));
    let network = measured(&with_login).await;
    found(&network, &["network-proxy-login"]);
    assert_eq!(findings(&network)[0].severity, lifeline_doctor::Severity::Hint);
}

#[tokio::test]
async fn proxies_that_are_not_there_or_none() {
    let server = Server::plain(Manner::Healthy).await;
    for (value, id) in [
        (format!("http://127.0.0.1:{}", nobody().await), "network-unreachable"),
        ("socks5://127.0.0.1:1080".into(), "network-proxy-socks"),
        ("http://".into(), "network-proxy-malformed"),
    ] {
        let mut asked = asked(&server.url());
        asked.proxy = Some(("ALL_PROXY".into(), value));
        found(&measured(&asked).await, &[id]);
        // Nobody goes there who need not.
        asked.no_proxy = "localhost".into();
        let network = measured(&asked).await;
        assert!(network.ways.iter().all(|way| !way.through_proxy && way.works()), "{network:#?}");
    }
}

#[tokio::test]
async fn a_status_page_that_reports_trouble_or_none_at_all() {
    const TROUBLE: &str = "HTTP/1.1 200 OK\r\nContent-Length: 65\r\n\r\n{\"status\":{\"indicator\":\"major\",\"description\":\"Elevated errors.\"}}";
    const MOVED: &str =
        "HTTP/1.1 302 Found\r\nLocation: https://elsewhere.example/\r\nContent-Length: 0\r\n\r\n";
    let server = Server::plain(Manner::Healthy).await;
    for (manner, ids) in [
        (Manner::Answers(TROUBLE), &["network-status-incident"][..]),
        (Manner::Answers(MOVED), &[]),
        (Manner::Answers("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>"), &[]),
        (Manner::Resets, &[]),
    ] {
        let page = Server::plain(manner).await;
        let mut asked = asked(&server.url());
        asked.status = Target::of(&format!("{}/api/v2/status.json", page.url())).ok();
        let network = measured(&asked).await;
        found(&network, ids);
        assert!(network.contacts.iter().any(|contact| contact.role == Role::Status));
    }
}

#[tokio::test]
async fn what_is_called_off_tells_what_is_known() {
    let server = Server::plain(Manner::Healthy).await;
    let mut asked = asked(&server.url());
    asked.idle = vec![Duration::from_secs(600)];
    let (tell, told) = tokio::sync::oneshot::channel();
    let tell = std::sync::Mutex::new(Some(tell));
    let progress = |progress: Progress| {
        if progress.probe == Part::Waiting
            && let Some(tell) = tell.lock().expect("nobody panicked").take()
        {
            let _ = tell.send(());
        }
    };
    let network = probe(&asked, &progress, async { told.await.expect("it waits") }).await;
    assert!(network.cancelled && network.ways[0].works(), "{network:#?}");
    assert!(sentences(&network).concat().contains("Called off"));
}

#[tokio::test]
async fn every_server_is_named_before_and_a_private_one_by_its_kind_alone() {
    let mut asked = asked("https://gate.acme.example/claude");
    asked.proxy = Some(("HTTPS_PROXY".into(), "http://ann:pw@proxy.acme.example:3128".into()));
    let servers = |asked: &Asked| {
        let contacts = asked.contacts().into_iter();
        contacts.map(|contact| (contact.server, contact.role)).collect::<Vec<_>>()
    };
    assert_eq!(
        servers(&asked),
        [("https://…:443".to_owned(), Role::Api), ("http://…:3128".to_owned(), Role::Proxy)]
    );
    asked.names = Names { plain: true, ..Names::default() };
    assert_eq!(servers(&asked)[1].0, "http://proxy.acme.example:3128");
    asked.base = Target::of(API).expect("a URL");
    asked.status = Target::of(STATUS_PAGE).ok();
    asked.no_proxy = "*".into();
    assert_eq!(
        servers(&asked),
        [
            ("https://api.anthropic.com:443".to_owned(), Role::Api),
            ("https://status.anthropic.com:443".to_owned(), Role::Status),
            ("https://status.claude.com:443".to_owned(), Role::Status),
        ]
    );
}
