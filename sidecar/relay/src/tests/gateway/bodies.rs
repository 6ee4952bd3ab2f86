//! Bodies of any size in any pieces both ways: each arrives to the byte.

use proptest::prelude::*;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    runtime::Builder,
};

use super::super::upstream::{Scene, hear, read};

/// Pieces, and whether they are sent as chunks.
fn body() -> impl Strategy<Value = (Vec<Vec<u8>>, bool)> {
    let piece = prop_oneof![
        4 => proptest::collection::vec(any::<u8>(), 1..200),
        1 => (any::<u8>(), 1..100_000_usize).prop_map(|(byte, length)| vec![byte; length]),
        2 => "(event: (ping|message_start|message_stop|x)|data: [a-z]{0,9}|:|\r|\n|\r\n|\n\n){1,9}".prop_map(String::into_bytes),
    ];
    (proptest::collection::vec(piece, 0..12), any::<bool>())
}

async fn send(stream: &mut TcpStream, head: &str, pieces: &[Vec<u8>], is_chunked: bool) {
    let length: usize = pieces.iter().map(Vec::len).sum();
    let framing = match is_chunked {
        true => "Transfer-Encoding: chunked".to_owned(),
        false => format!("Content-Length: {length}"),
    };
    stream.write_all(format!("{head}{framing}\r\n\r\n").as_bytes()).await.unwrap();
    for piece in pieces {
        if is_chunked {
            stream.write_all(format!("{:x}\r\n", piece.len()).as_bytes()).await.unwrap();
        }
        stream.write_all(piece).await.unwrap();
        if is_chunked {
            stream.write_all(b"\r\n").await.unwrap();
        }
        tokio::task::yield_now().await;
    }
    if is_chunked {
        stream.write_all(b"0\r\n\r\n").await.unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn bodies_arrive_as_they_were(up in body(), down in body(), is_events in any::<bool>(), resets in prop_oneof![19 => Just(0), 1 => Just(1)]) {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let (sent, seen, heard, is_torn) = runtime.block_on(async {
            let scene = Scene::new(|_, _| {}).await;
            let at = scene.stage.at;
            let asking = async {
                let mut client = TcpStream::connect(at).await.unwrap();
                let head = format!("POST /v1/messages HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n");
                send(&mut client, &head, &up.0, up.1).await;
                hear(&mut client).await
            };
            let answering = async {
                // Now and then it is sent twice.
                for _ in 0..resets {
                    let (mut lost, _) = scene.server.accept().await.unwrap();
                    lost.read_u8().await.unwrap();
                }
                let (mut server, _) = scene.server.accept().await.unwrap();
                let seen = read(&mut server).await.unwrap();
                let kind = if is_events { "text/event-stream" } else { "application/octet-stream" };
                let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n");
                send(&mut server, &head, &down.0, down.1).await;
                (server, seen)
            };
            let (heard, (_server, seen)) = tokio::join!(asking, answering);
            let is_torn = heard.text_has(b"event: error\ndata: {\"error\":{\"message\":\"The answer");
            (up.0.concat(), seen, heard, is_torn)
        });
        prop_assert_eq!(sent, seen.body);
        prop_assert!(heard.is_whole, "{}", heard.head);
        if is_torn {
            // A message that began and did not end: whole events, and then word of it.
            let at = heard.body.windows(13).rposition(|part| part == b"event: error\n").unwrap();
            prop_assert!(down.0.concat().starts_with(&heard.body[..at]));
        } else {
            prop_assert_eq!(down.0.concat(), heard.body);
        }
    }
}
