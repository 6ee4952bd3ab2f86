//! Certificates that are wrong, TLS that is inspected, handshakes that are refused.

use std::{net::Ipv4Addr, sync::Arc};

use lifeline_doctor::Names;
use lifeline_probe::{Fault, Network, Trust, TrustedBy, findings};
use tokio_rustls::rustls::RootCertStore;

use super::{support::*, trusting};

async fn tls_fault(trust: Arc<Trust>, config: tokio_rustls::rustls::ServerConfig) -> Network {
    let server = Server::tls(Manner::Healthy, config).await;
    let mut asked = asked(&format!("https://localhost:{}", server.address.port()));
    asked.trust = trust;
    let network = measured(&asked).await;
    let is_trusted = network.ways[0].works();
    assert_eq!(server.heard().is_empty(), !is_trusted, "nothing is said to whom nobody vouches for");
    network
}

#[tokio::test]
async fn certificates_that_are_wrong() {
    let (public, other) = (Authority::new("Good Trust Services"), Authority::new("Acme Ltd"));
    for (config, fault) in [
        (public.server("localhost", 2021), Fault::TlsExpired),
        (public.server("portal.example", 2040), Fault::TlsWrongName),
        (other.server("localhost", 2040), Fault::TlsUnknownIssuer),
    ] {
        let network = tls_fault(trusting(&public), config).await;
        found(&network, &["network-certificate"]);
        let way = &network.ways[0];
        assert_eq!(way.rounds[0].fault, Some(fault));
        let tls = way.tls.as_ref().expect("a certificate was seen");
        assert_eq!(tls.trusted_by, TrustedBy::Nobody);
        // Whose certificate it is says whose machine this is.
        assert_eq!(tls.issuer_organisation, None);
        assert_eq!(tls.days_left.is_some_and(|days| days < 0), fault == Fault::TlsExpired);
    }
}

#[tokio::test]
async fn tls_that_is_inspected() {
    let (public, own) = (Authority::new("Good Trust Services"), Authority::new("Acme Ltd"));
    let trust = Trust::of(public.store(), RootCertStore::empty(), own.store());
    let network = tls_fault(Arc::new(trust), own.server("localhost", 2040)).await;
    found(&network, &["network-tls-intercepted"]);
    assert!(!serde_json::to_string(&network).expect("JSON").contains("Acme"));
    // With its authority in the file that Node reads there is nothing to say.
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), format!("# ours\n{}", own.pem)).expect("written");
    let network =
        tls_fault(Arc::new(Trust::of_this_machine(Some(file.path()))), own.server("localhost", 2040)).await;
    found(&network, &[]);
    assert_eq!(network.ways[0].tls.as_ref().map(|tls| tls.trusted_by), Some(TrustedBy::ExtraFile));
}

#[tokio::test]
async fn an_issuer_is_named_when_names_are_asked_for() {
    let own = Authority::new("Acme Ltd");
    let server = Server::tls(Manner::Healthy, own.server("localhost", 2040)).await;
    let mut asked = asked(&format!("https://localhost:{}", server.address.port()));
    asked.names = Names { plain: true, ..Names::default() };
    asked.trust = Arc::new(Trust::of(RootCertStore::empty(), RootCertStore::empty(), own.store()));
    let network = measured(&asked).await;
    found(&network, &["network-tls-intercepted"]);
    assert!(findings(&network)[0].detail.contains("Acme Ltd"));
}

#[tokio::test]
async fn a_handshake_that_is_refused_or_none() {
    const ALERT: &[u8] = b"\x15\x03\x03\x00\x02\x02\x28";
    for (bytes, fault) in [(ALERT, Fault::TlsAlert), (b"HTTP/1.1 400 Bad\r\n\r\n", Fault::TlsFailed)] {
        // It hears no request: what it says comes on the first byte.
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let port = listener.local_addr().expect("it has one").port();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let mut hello = [0; 4096];
                    let _ = tokio::io::AsyncReadExt::read(&mut stream, &mut hello).await;
                    let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, bytes).await;
                    // Until the other side has had enough.
                    let _ = tokio::io::AsyncReadExt::read(&mut stream, &mut hello).await;
                });
            }
        });
        let network = measured(&asked(&format!("https://localhost:{port}"))).await;
        found(&network, &["network-unreachable"]);
        assert_eq!(network.ways[0].rounds[0].fault, Some(fault));
    }
}
