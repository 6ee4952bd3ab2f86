//! The gateway between real sockets, each fault exact: what its client sees, what its upstream is asked, what is recorded.

mod bodies;
mod breaks;
pub(super) mod secure;

use std::{sync::atomic::Ordering, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::timeout,
};

use super::{
    loopback::PATIENCE,
    upstream::{
        DELTA, END, EVENTS, START, Scene, chunk, hear, hear_on, hear_until, json, read, request, stream,
    },
};
use crate::{Before, End, Exchange, Record, Side, Tokens, socket::Wire as _};

const MESSAGES: &str = "/v1/messages?beta=true";
const BODY: &str = r#"{"messages":[{"content":"prompt-of-this-test"}],"stream":true}"#;
const BRIEF: Duration = Duration::from_millis(200);

fn exchange(record: &Record) -> &Exchange {
    record.exchange.as_ref().expect("what the gateway saw")
}

#[tokio::test]
async fn an_exchange_passes_as_it_is_and_the_record_says_how_it_was() {
    let mut scene = Scene::new(|_, _| {}).await;
    let fields = "aCCept: application/json\r\nX-Twice: 1\r\nX-Twice: 2\r\nTE: trailers\r\nx-claude-code-session-id: 1-a\r\nanthropic-beta: context-1m-2025-08-07\r\n";
    let answer = stream();
    let (heard, (_server, seen)) = tokio::join!(scene.ask(MESSAGES, fields, BODY), async {
        let (mut server, seen) = scene.asked().await;
        server.write_all(answer.as_bytes()).await.unwrap();
        (server, seen)
    });
    let at = scene.server.local_addr().unwrap();
    assert_eq!(
        seen.head,
        format!(
            "POST {MESSAGES} HTTP/1.1\r\nX-Api-Key: k-secret\r\naCCept: application/json\r\nX-Twice: 1\r\nX-Twice: 2\r\nx-claude-code-session-id: 1-a\r\nanthropic-beta: context-1m-2025-08-07\r\nContent-Length: {}\r\nhost: {at}\r\n\r\n",
            BODY.len()
        )
        .replacen("X-Api-Key", &format!("Host: {at}\r\nX-Api-Key"), 1)
        .replace(&format!("host: {at}\r\n"), "")
    );
    assert_eq!(seen.body, BODY.as_bytes());
    assert!(heard.is_whole && heard.head.starts_with("HTTP/1.1 200 OK\r\n"), "{heard:?}");
    assert!(heard.head.contains("CF-Ray: 8-FRA\r\n") && !heard.head.contains("ate: "), "{}", heard.head);
    assert_eq!(heard.text(), [START, DELTA, END].concat());
    let record = scene.stage.record().await;
    assert_eq!((record.end, record.attempts, record.is_api), (End::Answered, 1, true));
    assert_eq!((record.bytes_up, record.bytes_down), (BODY.len() as u64, heard.body.len() as u64));
    assert!(record.connect_ms.is_some() && record.first_byte_ms.is_some(), "{record:?}");
    assert_eq!(record.tcp.is_some(), cfg!(target_os = "linux"));
    assert_eq!(
        *exchange(&record),
        Exchange {
            status: Some(200),
            request_id: Some("req_1".into()),
            cf_ray: Some("8-FRA".into()),
            session: Some("1-a".into()),
            beta: Some("context-1m-2025-08-07".into()),
            request_bytes: BODY.len() as u64,
            reached_server: true,
            tokens: Some(Tokens { input: 10, output: 42, ..Tokens::default() }),
            ..Exchange::default()
        }
    );
    let line = serde_json::to_string(&record).unwrap();
    assert!(!line.contains("secret") && !line.contains("prompt"), "{line}");
    assert_eq!(serde_json::from_str::<Record>(&line).unwrap(), record);
    let status = scene.stage.relay.status();
    assert_eq!((status.open, status.ended, status.refused), (0, 1, 0));
}

#[test]
fn a_record_of_before_the_gateway_is_still_read() {
    let old = r#"{"unixMs":1,"host":"h","port":443,"isApi":true,"isProxied":false,"bytesUp":1,"bytesDown":2,"attempts":1,"connectMs":3,"firstByteMs":null,"durationMs":4,"longestSilenceMs":5,"end":{"how":"reset","by":"server"},"tcp":null}"#;
    let record: Record = serde_json::from_str(old).unwrap();
    assert_eq!((record.end, record.exchange), (End::Reset { by: Side::Server }, None));
}

/// What a client hears when its stream of events is cut like this behind its first words.
async fn broken(scene: &mut Scene, torn: &str, cut: impl AsyncFnOnce(TcpStream)) -> (String, Record) {
    let begun = format!("{EVENTS}{}{torn}", [START, DELTA].map(chunk).concat());
    let mut client = TcpStream::connect(scene.stage.at).await.unwrap();
    client.write_all(request(scene.stage.at, MESSAGES, "", BODY).as_bytes()).await.unwrap();
    let (mut server, _) = scene.asked().await;
    server.write_all(begun.as_bytes()).await.unwrap();
    // What was said has arrived before the cut.
    let said = hear_until(&mut client, "Hello").await;
    let (heard, ()) = tokio::join!(hear_on(&mut client, said), cut(server));
    assert!(heard.is_whole, "the chunks end in order: {heard:?}");
    (heard.text(), scene.stage.record().await)
}

#[tokio::test]
async fn a_stream_that_stalls_ends_in_words() {
    let mut scene = Scene::impatient(BRIEF).await;
    let stall = async |mut server: TcpStream| assert_eq!(server.read(&mut [0; 1]).await.unwrap_or(0), 0);
    let (heard, record) = broken(&mut scene, "", stall).await;
    let rest = heard.strip_prefix(&[START, DELTA].concat()).expect("what was said stays");
    assert!(rest.starts_with("event: error\ndata: {") && rest.ends_with("}\n\n"), "{rest}");
    assert!(rest.contains(r#""type":"api_error""#) && rest.contains("it fell silent"), "{rest}");
    assert_eq!((record.end, exchange(&record).status), (End::Stalled, Some(200)));
    assert!(record.longest_silence_ms >= 200, "{record:?}");
    assert_eq!(exchange(&record).tokens.map(|tokens| tokens.input), Some(10));
}

#[tokio::test]
async fn a_stream_that_breaks_ends_in_words_and_nothing_torn_is_passed() {
    let mut scene = Scene::new(|_, _| {}).await;
    let reset = async |server: TcpStream| server.reset_on_close();
    for torn in ["", "5\r\nevent", "d\r\nevent: ping\nd\r\n", "16\r\nevent: ping\ndata: {\"ty\r\n"] {
        let (heard, record) = broken(&mut scene, torn, reset).await;
        let rest = heard.strip_prefix(&[START, DELTA].concat()).expect("what was said stays");
        assert!(rest.starts_with("event: error\ndata: {") && rest.contains("reset"), "{torn:?} {rest}");
        assert_eq!(record.end, End::Reset { by: Side::Server }, "{torn:?}");
    }
    let nonsense = async |mut server: TcpStream| server.write_all(b"no number\r\n").await.unwrap();
    let (heard, record) = broken(&mut scene, "", nonsense).await;
    assert!(heard.contains("could not be understood"), "{heard}");
    assert_eq!(record.end, End::Failed);
    let half_close = async |mut server: TcpStream| server.shutdown().await.unwrap();
    for torn in ["", "5\r\nevent", "3\r\nev", "0\r\n\r\n"] {
        let (heard, record) = broken(&mut scene, torn, half_close).await;
        assert!(heard.contains("closed the connection too early"), "{torn:?} {heard}");
        assert_eq!(record.end, End::Closed { by: Side::Server }, "{torn:?}");
    }
}

#[tokio::test]
async fn what_is_no_stream_of_events_breaks_as_it_broke() {
    let mut scene = Scene::new(|_, _| {}).await;
    for head in [
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
    ] {
        let (heard, ()) = tokio::join!(scene.ask(MESSAGES, "", BODY), scene.answer([head.as_bytes()]));
        assert!(!heard.is_whole && !heard.text().contains("error"), "{heard:?}");
        assert_eq!(scene.stage.record().await.end, End::Closed { by: Side::Server });
    }
}

/// Resets the next connection when it has asked.
async fn reset(scene: &Scene) {
    let (server, _) = scene.asked().await;
    server.reset_on_close();
}

#[tokio::test]
async fn a_reset_before_the_answer_is_tried_again_once() {
    let mut scene = Scene::new(|_, _| {}).await;
    let (heard, seen) = tokio::join!(scene.ask(MESSAGES, "", BODY), async {
        reset(&scene).await;
        let (mut server, seen) = scene.asked().await;
        server.write_all(stream().as_bytes()).await.unwrap();
        seen
    });
    assert_eq!((heard.status(), heard.is_whole), ("200", true));
    assert_eq!(seen.body, BODY.as_bytes());
    let record = scene.stage.record().await;
    assert_eq!((record.end, record.attempts), (End::Answered, 2));
    assert_eq!(
        (record.bytes_up, exchange(&record).request_bytes),
        (2 * BODY.len() as u64, BODY.len() as u64)
    );
    assert_eq!(exchange(&record).before, Some(Before::End(End::Reset { by: Side::Server })));
    assert_eq!(exchange(&record).billed_again, 1);

    // It may have been billed twice by now.
    let (heard, ()) = tokio::join!(scene.ask(MESSAGES, "", BODY), async {
        reset(&scene).await;
        reset(&scene).await;
    });
    assert_eq!((heard.status(), heard.is_whole), ("502", true));
    assert!(heard.text().contains(r#""type":"api_error""#), "{heard:?}");
    assert!(!heard.head.contains("x-should-retry"), "{}", heard.head);
    let record = scene.stage.record().await;
    assert_eq!((record.end, record.attempts), (End::Reset { by: Side::Server }, 2));
    assert!(exchange(&record).reached_server && exchange(&record).status.is_none());
}

#[tokio::test]
async fn no_request_is_repeated_more_often_than_it_may() {
    let mut scene = Scene::new(|_, gateway| gateway.billed_retries = 0).await;
    for path in [MESSAGES, "/v1/files"] {
        let (heard, ()) = tokio::join!(scene.ask(path, "", BODY), reset(&scene));
        assert_eq!(heard.status(), "502");
        assert_eq!(scene.stage.record().await.attempts, 1);
    }
    // A server that hangs up before it has read all has not begun: twice more, and no further.
    let scene = Scene::new(|_, gateway| gateway.billed_retries = 0).await;
    let asking = async {
        let mut client = TcpStream::connect(scene.stage.at).await.unwrap();
        let head = request(scene.stage.at, MESSAGES, "", BODY).replace(BODY, "");
        client.write_all(head.as_bytes()).await.unwrap();
        hear(&mut client).await
    };
    let (heard, count) = tokio::join!(asking, async {
        for _ in 0..3 {
            let (mut server, _) = scene.server.accept().await.unwrap();
            while !read_head(&mut server).await.contains("\r\n\r\n") {}
            server.reset_on_close();
        }
        3
    });
    assert_eq!((heard.status(), count), ("502", 3));
}

async fn read_head(server: &mut TcpStream) -> String {
    let mut head = vec![0; 4096];
    let length = server.read(&mut head).await.unwrap();
    head.truncate(length);
    String::from_utf8(head).unwrap()
}

#[tokio::test]
async fn a_body_too_long_to_be_kept_is_sent_once() {
    let mut scene = Scene::new(|_, _| {}).await;
    let long = "x".repeat(33 * 1024 * 1024);
    let answer = json("529 ", "retry-after-ms: 1\r\n", "{}");
    let (heard, seen) = tokio::join!(scene.ask(MESSAGES, "", &long), async {
        let (mut server, seen) = scene.asked().await;
        server.write_all(answer.as_bytes()).await.unwrap();
        seen
    });
    assert_eq!((heard.status(), seen.body.len()), ("529", long.len()));
    let record = scene.stage.record().await;
    assert_eq!((record.attempts, exchange(&record).request_bytes), (1, long.len() as u64));
}

#[tokio::test]
async fn an_overloaded_server_is_asked_again_when_it_says_so() {
    let mut scene = Scene::new(|_, _| {}).await;
    let later = json("529 ", "retry-after-ms: 20\r\nx-should-retry: true\r\n", "{}");
    let good = stream();
    let (heard, ()) = tokio::join!(
        scene.ask(MESSAGES, "", BODY),
        scene.answer([later.as_bytes(), later.as_bytes(), good.as_bytes()])
    );
    assert_eq!((heard.status(), heard.is_whole), ("200", true));
    let record = scene.stage.record().await;
    assert_eq!((record.attempts, exchange(&record).before), (3, Some(Before::Status(529))));
    assert_eq!(exchange(&record).billed_again, 0);

    // Twice more, and then it is the client's to see, as it came.
    let (heard, ()) = tokio::join!(scene.ask(MESSAGES, "", BODY), scene.answer([later.as_bytes(); 3]));
    assert_eq!((heard.status(), heard.text().as_str()), ("529", "{}"));
    assert!(heard.head.contains("retry-after-ms: 20\r\n"), "{}", heard.head);
    assert_eq!(scene.stage.record().await.attempts, 3);

    for fields in ["x-should-retry: false\r\n", "retry-after: 121\r\n"] {
        let answer = json("529 ", fields, r#"{"type":"error"}"#);
        let (heard, ()) = tokio::join!(scene.ask(MESSAGES, "", BODY), scene.answer([answer.as_bytes()]));
        assert_eq!((heard.status(), heard.text().as_str()), ("529", r#"{"type":"error"}"#));
        let record = scene.stage.record().await;
        assert_eq!((record.attempts, record.end), (1, End::Answered));
    }
}

#[tokio::test]
async fn turned_off_it_passes_everything_as_it_comes() {
    let mut scene = Scene::impatient(BRIEF).await;
    scene.stage.options.send_modify(|options| options.hosts.clear());
    let answer = json("529 ", "retry-after-ms: 20\r\n", "{}");
    let (heard, ()) = tokio::join!(scene.ask(MESSAGES, "", BODY), scene.answer([answer.as_bytes()]));
    assert_eq!(heard.status(), "529");
    let (heard, ()) = tokio::join!(scene.ask(MESSAGES, "", BODY), reset(&scene));
    assert_eq!(heard.status(), "502");
    for _ in 0..2 {
        let record = scene.stage.record().await;
        assert_eq!((record.is_api, record.attempts), (false, 1));
    }
}

#[tokio::test]
async fn silence_before_the_answer_is_ended_for_a_stream_and_for_nothing_else() {
    let mut scene = Scene::impatient(BRIEF).await;
    let (heard, servers) = tokio::join!(scene.ask(MESSAGES, "", BODY), async {
        // Both are held open.
        (scene.asked().await, scene.asked().await)
    });
    assert_eq!(heard.status(), "504");
    assert!(heard.text().contains("fell silent"), "{heard:?}");
    drop(servers);
    let record = scene.stage.record().await;
    assert_eq!((record.end, record.attempts), (End::Stalled, 2));

    let plain = r#"{"messages":[]}"#;
    let (heard, ()) = tokio::join!(scene.ask(MESSAGES, "", plain), async {
        let (mut server, _) = scene.asked().await;
        tokio::time::sleep(BRIEF * 3).await;
        server.write_all(json("200 OK", "", "{}").as_bytes()).await.unwrap();
    });
    assert_eq!((heard.status(), heard.is_whole), ("200", true));
    assert_eq!(scene.stage.record().await.attempts, 1);
}

#[tokio::test]
async fn an_outage_is_waited_out() {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("http://{}", socket.local_addr().unwrap());
    let trust = super::upstream::trust(tokio_rustls::rustls::RootCertStore::empty());
    let mut stage = Scene::stage(&url, trust, |_, _| {}).await;
    let at = stage.at;
    let come_back = async {
        timeout(PATIENCE, stage.changes.recv()).await.unwrap().unwrap();
        let waiting = stage.relay.status().outages;
        assert_eq!((waiting.len(), waiting[0].fault), (1, crate::Fault::Refused));
        let server = socket.listen(1).unwrap();
        let (mut stream, _) = server.accept().await.unwrap();
        read(&mut stream).await.unwrap();
        stream.write_all(super::upstream::stream().as_bytes()).await.unwrap();
    };
    let (heard, ()) = tokio::join!(super::upstream::ask(at, MESSAGES, "", BODY), come_back);
    assert_eq!(heard.status(), "200");
    assert!(stage.relay.status().outages.is_empty());
    let record = stage.record().await;
    assert_eq!((record.attempts, record.end), (2, End::Answered));
    assert!(record.connect_ms.unwrap() >= 750, "{record:?}");
}

#[tokio::test]
async fn what_cannot_be_reached_is_answered_in_words() {
    let mut scene = Scene::new(|options, _| options.attempts = 1).await;
    let nobody = scene.server.local_addr().unwrap();
    drop(std::mem::replace(&mut scene.server, TcpListener::bind("127.0.0.1:0").await.unwrap()));
    let heard = scene.ask(MESSAGES, "", BODY).await;
    assert_eq!(heard.status(), "502");
    let text = heard.text();
    assert!(text.contains(&nobody.to_string()) && text.contains("it is refused"), "{text}");
    let record = scene.stage.record().await;
    assert_eq!((record.end, exchange(&record).reached_server), (End::Refused, false));
}

#[tokio::test]
async fn pages_and_those_who_mean_another_are_refused() {
    let scene = Scene::new(|_, _| {}).await;
    let at = scene.stage.at;
    for (request, status) in [
        (format!("GET / HTTP/1.1\r\nHost: {at}\r\nOrigin: null\r\nConnection: close\r\n\r\n"), "403"),
        ("GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n".into(), "421"),
        (format!("GET http://evil.example/ HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n\r\n"), "421"),
        ("GET / HTTP/1.0\r\n\r\n".into(), "421"),
    ] {
        let mut client = TcpStream::connect(at).await.unwrap();
        client.write_all(request.as_bytes()).await.unwrap();
        let heard = hear(&mut client).await;
        assert_eq!(heard.status(), status, "{request}");
        assert!(heard.text().contains("Lifeline's relay"), "{heard:?}");
    }
    assert_eq!(scene.stage.relay.status().refused, 4);
    scene.stage.test.own.store(false, Ordering::Relaxed);
    assert_eq!(scene.ask(MESSAGES, "", BODY).await.status(), "403");
    scene.stage.test.own.store(true, Ordering::Relaxed);
    // A tunnel is still to be had on the same port.
    let mut client = TcpStream::connect(at).await.unwrap();
    let server = scene.server.local_addr().unwrap();
    client.write_all(format!("CONNECT {server} HTTP/1.1\r\n\r\n").as_bytes()).await.unwrap();
    let mut head = [0; 12];
    client.read_exact(&mut head).await.unwrap();
    assert_eq!(&head, b"HTTP/1.1 200");
}

#[tokio::test]
async fn connections_are_used_again_and_a_stale_one_is_not_noticed() {
    let mut scene = Scene::new(|_, _| {}).await;
    let answer = json("200 OK", "", "{}");
    // Twice on one connection.
    let (mut server, _) = {
        let (heard, mut asked) = tokio::join!(scene.ask(MESSAGES, "", BODY), async {
            let mut asked = scene.asked().await;
            asked.0.write_all(answer.as_bytes()).await.unwrap();
            asked
        });
        assert_eq!(heard.status(), "200");
        let (heard, ()) = tokio::join!(scene.ask(MESSAGES, "", BODY), async {
            read(&mut asked.0).await.unwrap();
            asked.0.write_all(answer.as_bytes()).await.unwrap();
        });
        assert_eq!(heard.status(), "200");
        asked
    };
    server.shutdown().await.unwrap();
    drop(server);
    let (heard, ()) = tokio::join!(scene.ask(MESSAGES, "", BODY), scene.answer([answer.as_bytes()]));
    assert_eq!(heard.status(), "200");
    for _ in 0..3 {
        let record = scene.stage.record().await;
        assert_eq!((record.end, exchange(&record).billed_again), (End::Answered, 0));
    }
}

#[tokio::test]
async fn a_client_that_leaves_takes_its_request_with_it() {
    let mut scene = Scene::new(|_, _| {}).await;
    let mut client = TcpStream::connect(scene.stage.at).await.unwrap();
    client.write_all(request(scene.stage.at, MESSAGES, "", BODY).as_bytes()).await.unwrap();
    let (mut server, _) = scene.asked().await;
    drop(client);
    assert_eq!(server.read(&mut [0; 1]).await.unwrap_or(0), 0, "the upstream is let go");
    let record = scene.stage.record().await;
    assert_eq!((record.end, exchange(&record).reached_server), (End::Abandoned, true));

    let mut client = TcpStream::connect(scene.stage.at).await.unwrap();
    client.write_all(request(scene.stage.at, MESSAGES, "", BODY).as_bytes()).await.unwrap();
    let (mut server, _) = scene.asked().await;
    server.write_all(format!("{EVENTS}{}", chunk(START)).as_bytes()).await.unwrap();
    client.read_exact(&mut [0; 20]).await.unwrap();
    client.reset_on_close();
    drop(client);
    assert_eq!(server.read(&mut [0; 1]).await.unwrap_or(0), 0);
    let record = scene.stage.record().await;
    assert_eq!((record.end, exchange(&record).status), (End::Reset { by: Side::Client }, Some(200)));
}

#[tokio::test]
async fn half_a_request_is_never_sent_as_a_whole() {
    for framing in ["Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", "Content-Length: 9\r\n\r\nhalf"] {
        let mut scene = Scene::new(|_, _| {}).await;
        let at = scene.stage.at;
        let mut client = TcpStream::connect(at).await.unwrap();
        client
            .write_all(format!("POST {MESSAGES} HTTP/1.1\r\nHost: {at}\r\n{framing}").as_bytes())
            .await
            .unwrap();
        let (mut server, _) = scene.server.accept().await.unwrap();
        let mut said = hear_until(&mut server, "half").await;
        client.reset_on_close();
        drop(client);
        let _ = server.read_to_end(&mut said).await;
        assert!(!said.ends_with(b"0\r\n\r\n"), "{framing}");
        let record = scene.stage.record().await;
        assert_eq!((record.end, record.attempts), (End::Abandoned, 1), "{framing}");
        assert!(!exchange(&record).reached_server);
    }
}

#[tokio::test]
async fn draining_lets_an_answer_end_and_resets_the_rest() {
    let scene = Scene::new(|_, _| {}).await;
    let at = scene.stage.at;
    let asking = async || {
        let mut client = TcpStream::connect(at).await.unwrap();
        client.write_all(request(at, MESSAGES, "", BODY).as_bytes()).await.unwrap();
        let (mut server, _) = scene.asked().await;
        server.write_all(format!("{EVENTS}{}", chunk(START)).as_bytes()).await.unwrap();
        client.read_exact(&mut [0; 20]).await.unwrap();
        (client, server)
    };
    let (mut ending, mut server) = asking().await;
    let (mut staying, _silent) = asking().await;
    let mut records = scene.stage.records;
    let draining = tokio::spawn(scene.stage.relay.drain(Duration::from_secs(2)));
    while TcpStream::connect(at).await.is_ok() {
        tokio::task::yield_now().await;
    }
    server.write_all(format!("{}0\r\n\r\n", chunk(END)).as_bytes()).await.unwrap();
    assert!(hear(&mut ending).await.is_whole);
    draining.await.unwrap();
    let mut rest = Vec::new();
    assert!(staying.read_to_end(&mut rest).await.is_err(), "reset");
    let ends = [records.recv().await.unwrap().end, records.recv().await.unwrap().end];
    assert_eq!(ends, [End::Answered, End::Shutdown]);
}

#[tokio::test]
async fn who_wants_pings_gets_them_and_errors_as_events() {
    let mut scene = Scene::new(|_, gateway| gateway.ping_after = Some(BRIEF / 4)).await;
    let ping = "event: ping\ndata: {\"type\": \"ping\"}\n\n";
    let late = async |answer: String| {
        let (mut server, _) = scene.asked().await;
        tokio::time::sleep(BRIEF * 2).await;
        let last = answer.replacen("\r\n", "\r\nConnection: close\r\n", 1);
        server.write_all(last.as_bytes()).await.unwrap();
    };
    let (heard, ()) = tokio::join!(scene.ask(MESSAGES, "", BODY), late(stream()));
    assert!(heard.is_whole && heard.head.contains("text/event-stream"), "{heard:?}");
    assert_eq!(heard.text(), [ping, START, DELTA, END].concat());

    let answer = json("529 ", "x-should-retry: false\r\n", "{}");
    let (heard, ()) = tokio::join!(scene.ask(MESSAGES, "", BODY), late(answer));
    let text = heard.text();
    assert!(heard.status() == "200" && text.starts_with(&format!("{ping}event: error\n")), "{text}");
    assert!(text.contains("overloaded_error") && text.contains("529"), "{text}");

    // Who asks for no events gets none.
    let (heard, ()) = tokio::join!(scene.ask(MESSAGES, "", "{}"), late(json("400 Bad Request", "", "{}")));
    assert_eq!((heard.status(), heard.text().as_str()), ("400", "{}"));
    let statuses = [scene.stage.record().await, scene.stage.record().await, scene.stage.record().await];
    assert_eq!(statuses.map(|record| exchange(&record).status), [Some(200), Some(529), Some(400)]);
}
