//! What shows only after a while: uploads that are cut, idle connections that are dropped.

use std::{net::Ipv4Addr, time::Duration};

use lifeline_probe::{HoldEnd, UploadEnd};

use super::{MS, support::*, through};

#[tokio::test]
async fn an_upload_that_is_cut() {
    const TIMEOUT: &str = "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n";
    const UNAUTHORIZED: &str = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n";
    for (manner, end, ids) in [
        (Manner::CutsUpload, UploadEnd::Cut, &["network-upload-cut"][..]),
        (Manner::AnswersUpload(TIMEOUT), UploadEnd::AnsweredEarly, &["network-upload-cut"]),
        (Manner::AnswersUpload(UNAUTHORIZED), UploadEnd::AnsweredEarly, &[]),
    ] {
        let server = Server::plain(manner).await;
        let mut asked = asked(&server.url());
        // It ends with the answer, long before.
        asked.upload = Some(Duration::from_secs(60));
        let network = measured(&asked).await;
        assert_eq!(network.upload.map(|upload| upload.end), Some(end), "{network:#?}");
        found(&network, ids);
    }
}

#[tokio::test]
async fn idle_connections_that_are_dropped() {
    let long = Duration::from_secs(60);
    let server = Server::plain(Manner::Healthy).await;
    let tunnel = Server::plain(Manner::Tunnels(Rule::For(MS(1500), server.address))).await;
    for (manner, idle, end, id) in [
        (Manner::ClosesIdle(MS(1500)), vec![MS(1), long], HoldEnd::Closed, "network-idle-closed"),
        (Manner::ForgetsIdle, vec![MS(1)], HoldEnd::Silent, "network-idle-dropped"),
    ] {
        let mut asked = impatient(asked(&Server::plain(manner).await.url()));
        asked.idle = idle;
        let network = measured(&asked).await;
        found(&network, &[id]);
        let last = network.idle.as_ref().and_then(|idle| idle.holds.last());
        assert_eq!(last.map(|hold| hold.end), Some(end));
    }
    let mut behind = through(&tunnel, asked(&server.url()));
    behind.idle = vec![MS(1), long];
    let network = measured(&behind).await;
    found(&network, &["network-idle-closed"]);
    let ends: Vec<HoldEnd> = network.idle.iter().flat_map(|idle| &idle.holds).map(|hold| hold.end).collect();
    assert_eq!(ends, [HoldEnd::Lived, HoldEnd::Closed], "the proxy had enough");
}

#[tokio::test]
async fn an_idle_connection_that_is_reset() {
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    let port = listener.local_addr().expect("it has one").port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _ = tokio::io::AsyncReadExt::read(&mut stream, &mut request).await;
            let answer = b"HTTP/1.1 405 No\r\nContent-Length: 0\r\n\r\n";
            let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, answer).await;
            // The second request is not read to its end, so closing resets.
            let _ = tokio::io::AsyncReadExt::read_u8(&mut stream).await;
        }
    });
    let mut asked = asked(&format!("http://localhost:{port}"));
    asked.rounds = 1;
    asked.idle = vec![MS(1)];
    let network = measured(&asked).await;
    found(&network, &["network-idle-dropped"]);
    assert_eq!(network.idle.as_ref().map(|idle| idle.holds[0].end), Some(HoldEnd::Reset));
}

#[tokio::test]
async fn a_server_that_keeps_no_connection_is_not_held_against_anybody() {
    let answer = "HTTP/1.1 405 No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    let mut asked = asked(&Server::plain(Manner::Answers(answer)).await.url());
    asked.idle = vec![Duration::from_secs(60)];
    let network = measured(&asked).await;
    found(&network, &[]);
    assert_eq!(network.idle.as_ref().map(|idle| idle.holds[0].end), Some(HoldEnd::NotKept));
}
