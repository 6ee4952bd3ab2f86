//! An inspector that means ill: whatever it does, we end in time, with the right error, and with little memory.

use crate::{Error, Stack, close_inspector, stack, wait_for_inspector};
use futures_util::{SinkExt, StreamExt};
use proptest::prelude::*;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

/// Long enough for everything that does come.
const GENEROUS: Duration = Duration::from_secs(30);
/// For what never comes.
const BRIEF: Duration = Duration::from_millis(300);

type Socket = WebSocketStream<TcpStream>;

fn within(time: Duration) -> Instant {
    Instant::now() + time
}

/// Listens on a port and does this with every connection.
async fn listen(serve: impl AsyncFn(TcpStream, u16) + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let local = async move {
        while let Ok((stream, _)) = listener.accept().await {
            serve(stream, port).await;
        }
    };
    // The futures of an `AsyncFn` are not known to be `Send`; a test has one thread anyway.
    tokio::task::spawn_local(local);
    port
}

/// Answers every connection with these bytes, and holds it open.
async fn answer(bytes: impl Into<Vec<u8>>) -> u16 {
    let bytes = bytes.into();
    listen(async move |mut stream, _| {
        let bytes = bytes.clone();
        tokio::task::spawn_local(async move {
            let _ = stream.write_all(&bytes).await;
            let _ = stream.read_to_end(&mut Vec::new()).await;
        });
    })
    .await
}

/// A proper inspector as far as the WebSocket, and from there on as told.
async fn inspector(serve: impl AsyncFn(Socket) + Send + Sync + 'static) -> u16 {
    listen(async move |mut stream, port| {
        let mut seen = [0; 64];
        while stream.peek(&mut seen).await.unwrap_or(0) < 20 {}
        if seen.starts_with(b"GET /json/list ") {
            let list = format!(r#"[{{"webSocketDebuggerUrl":"ws://127.0.0.1:{port}/1-2"}}]"#);
            let _ = stream.write_all(ok(&list).as_bytes()).await;
        } else if seen.starts_with(b"GET /json/version ") {
            let _ = stream.write_all(ok(r#"{"Browser":"node.js/v20.20.2"}"#).as_bytes()).await;
        } else if let Ok(socket) = tokio_tungstenite::accept_async(stream).await {
            serve(socket).await;
        }
    })
    .await
}

fn ok(body: &str) -> String {
    format!("HTTP/1.0 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

fn run<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, test)
}

/// Reads commands up to this one; `false`: the other side left.
async fn until(socket: &mut Socket, command: &str) -> bool {
    while let Some(Ok(message)) = socket.next().await {
        if message.into_text().is_ok_and(|text| text.contains(command)) {
            return true;
        }
    }
    false
}

const PAUSED: &str = r#"{"method":"Debugger.paused","params":{"callFrames":[
    {"functionName":"scanAll","location":{"scriptId":"1","lineNumber":811,"columnNumber":4}}],"reason":"other"}}"#;
const SCRIPT: &str =
    r#"{"method":"Debugger.scriptParsed","params":{"scriptId":"1","url":"file:///ext/main.js"}}"#;

#[test]
fn one_that_behaves_but_does_not_close() {
    let stack = run(async {
        let port = inspector(async |mut socket| {
            until(&mut socket, "Debugger.pause").await;
            for text in [SCRIPT, r#"{"id":1,"result":{}}"#, r#"{"id":2,"result":{}}"#, PAUSED] {
                let _ = socket.send(Message::text(text)).await;
            }
            assert!(until(&mut socket, "Runtime.evaluate").await);
            let _ = socket.send(Message::text(r#"{"id":3,"result":{"exceptionDetails":{}}}"#)).await;
            assert!(until(&mut socket, "Debugger.resume").await, "it would stay paused until we are gone");
        })
        .await;
        stack(port, within(GENEROUS)).await.unwrap()
    });
    let Stack { frames, left_open } = stack;
    assert!(left_open);
    assert_eq!(frames.len(), 1);
    assert_eq!((frames[0].url.as_str(), frames[0].line, frames[0].column), ("file:///ext/main.js", 812, 5));
}

#[test]
fn nobody_there() {
    let error = run(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        stack(port, within(GENEROUS)).await.unwrap_err()
    });
    assert!(matches!(&error, Error::Io(error) if error.kind() == ErrorKind::ConnectionRefused), "{error:?}");
    assert!(!error.left_open());
}

#[test]
fn never_answers() {
    run(async {
        let port = answer("").await;
        assert!(matches!(stack(port, within(BRIEF)).await, Err(Error::Silent)));
        assert!(matches!(close_inspector(port, within(BRIEF)).await, Err(Error::Silent)));
    });
}

#[test]
fn answers_that_are_no_list() {
    for answered in [
        "HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/json/list\r\n\r\n".to_owned(),
        "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_owned(),
        "HTTP/1.1 101 Switching Protocols\r\n\r\n".to_owned(),
        "220 mail.example.org ESMTP\r\n".to_owned(),
        "\0".repeat(100),
        ok("garbage"),
        ok("[]"),
        ok("[{}]"),
        ok(r#"[{"webSocketDebuggerUrl":5}]"#),
        ok(r#"[{"webSocketDebuggerUrl":"ws://192.0.2.1:9229/x"}]"#),
        ok(r#"[{"webSocketDebuggerUrl":"ws://127.0.0.1:1/x"}]"#),
        ok(&"[".repeat(50_000)),
        format!("HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n{}", " ".repeat(100_000)),
        format!("HTTP/1.1 200 OK\r\n{}", "A: b\r\n".repeat(20_000)),
    ] {
        let error = run(async { stack(answer(answered.clone()).await, within(GENEROUS)).await.unwrap_err() });
        assert!(matches!(error, Error::NotAnInspector(_)), "{error:?}: {:.80}", answered);
    }
}

#[test]
fn refuses_the_websocket() {
    let error = run(async {
        let port = listen(async |mut stream, port| {
            let list = format!(r#"[{{"webSocketDebuggerUrl":"ws://127.0.0.1:{port}/1-2"}}]"#);
            let mut asked = [0; 32];
            let _ = stream.read(&mut asked).await;
            let refusal = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n".to_owned();
            let answer = if asked.starts_with(b"GET /json/list ") { ok(&list) } else { refusal };
            let _ = stream.write_all(answer.as_bytes()).await;
            let _ = stream.read_to_end(&mut Vec::new()).await;
        })
        .await;
        stack(port, within(GENEROUS)).await.unwrap_err()
    });
    assert!(matches!(error, Error::NotAnInspector(_)), "{error:?}");
}

#[test]
fn never_pauses_and_gets_the_order_to_close() {
    run(async {
        let (told, order) = tokio::sync::oneshot::channel();
        let told = std::sync::Mutex::new(Some(told));
        let port = inspector(async move |mut socket| {
            let ordered =
                until(&mut socket, "Debugger.disable").await && until(&mut socket, "_debugEnd").await;
            if let Some(told) = told.lock().unwrap().take() {
                told.send(ordered).unwrap();
            }
        })
        .await;
        let error = stack(port, within(BRIEF)).await.unwrap_err();
        assert!(matches!(error, Error::NotPaused) && error.left_open());
        assert!(order.await.unwrap());
    });
}

#[test]
fn does_not_answer_the_order_to_close() {
    run(async {
        let port = inspector(async |mut socket| {
            let _ = socket.send(Message::text(PAUSED)).await;
            while until(&mut socket, "").await {}
        })
        .await;
        assert!(stack(port, within(BRIEF)).await.unwrap().left_open);
    });
}

#[test]
fn scripts_without_end() {
    run(async {
        let port = inspector(async |mut socket| {
            let long = "x".repeat(2000);
            for id in 0_u64.. {
                let text = format!(r#"{{"method":"Debugger.scriptParsed","params":{{"scriptId":"{id}","url":"file:///{long}"}}}}"#);
                if socket.send(Message::text(text)).await.is_err() {
                    break;
                }
            }
        })
        .await;
        // A timer of the same thread goes on all the while.
        let mut ticks = 0;
        let error = tokio::select! {
            biased;
            taken = stack(port, within(BRIEF)) => taken.unwrap_err(),
            () = async { loop { tokio::task::yield_now().await; ticks += 1; } } => unreachable!(),
        };
        assert!(matches!(error, Error::NotPaused), "{error:?}");
        assert!(ticks > 0);
    });
}

#[test]
fn messages_that_are_none() {
    run(async {
        let port = inspector(async |mut socket| {
            let messages = [
                Message::text(""),
                Message::text("{"),
                Message::text(r#"{"method":5}"#),
                Message::text(r#"{"method":"Debugger.paused"}"#.replace("paused", "resumed")),
                Message::text(r#"{"method":"Debugger.paused","params":{"callFrames":5}}"#),
                Message::text(r#"{"id":"3","result":[]}"#),
                Message::text(r#"{"method":"Debugger.scriptParsed","params":{"scriptId":"1e9"}}"#),
                Message::text("[".repeat(1_000_000)),
                Message::binary(vec![0; 1000]),
                Message::Ping(vec![1, 2, 3].into()),
                Message::Pong(Vec::new().into()),
                Message::text(SCRIPT),
                Message::text(PAUSED),
            ];
            for message in messages {
                let _ = socket.send(message).await;
            }
            // It goes, and the port remains.
            until(&mut socket, "Runtime.evaluate").await;
        })
        .await;
        let stack = stack(port, within(GENEROUS)).await.unwrap();
        assert_eq!(stack.frames[0].function, "scanAll");
        assert!(stack.left_open);
    });
}

#[test]
fn frames_that_are_too_long_or_none() {
    for (frame, expected) in [
        (b"\x81\x7f\x3f\xff\xff\xff\xff\xff\xff\xff".as_slice(), "its message is too long"),
        (b"\x81\x7f\x00\x00\x00\x00\x01\x00\x00\x01", "its message is too long"),
        (&[0xff; 20], "its WebSocket is none"),
        (b"\x81\x02\xff\xff", "its WebSocket is none"),
        (&[b'H'; 200], "its WebSocket is none"),
    ] {
        let error = run(async move {
            let port = inspector(async move |mut socket| {
                let _ = socket.get_mut().write_all(frame).await;
                while until(&mut socket, "").await {}
            })
            .await;
            stack(port, within(GENEROUS)).await.unwrap_err()
        });
        assert!(matches!(error, Error::NotAnInspector(why) if why == expected), "{error:?} for {frame:?}");
    }
}

#[test]
fn cuts_the_connection() {
    let error = run(async {
        let port = inspector(async |socket| drop(socket)).await;
        stack(port, within(GENEROUS)).await.unwrap_err()
    });
    assert!(matches!(error, Error::Io(_) | Error::NotAnInspector(_)), "{error:?}");
}

#[test]
fn among_the_new_addresses_only_an_inspector_counts() {
    run(async {
        let silent = answer("").await;
        let web = answer(ok("{}")).await;
        let node = inspector(async |_| ()).await;
        let address = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut looks = 0;
        let look = || {
            looks += 1;
            let open = if looks > 2 { 3 } else { 2 };
            [silent, web, node].into_iter().take(open).map(address).collect()
        };
        assert_eq!(wait_for_inspector(&[address(silent)], look, within(GENEROUS)).await.unwrap(), node);

        let known = [address(web), address(node)];
        let found = wait_for_inspector(&known, || known.to_vec(), within(GENEROUS)).await;
        assert!(matches!(found, Err(Error::AlreadyOpen { port }) if port == node), "{found:?}");

        let elsewhere: Vec<SocketAddr> = vec![([192, 0, 2, 1], node).into(), address(silent), address(web)];
        let found = wait_for_inspector(&[], || elsewhere.clone(), within(BRIEF)).await;
        assert!(matches!(found, Err(Error::NotOpened)), "{found:?}");
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Any bytes after the handshake, and any bytes instead of it.
    #[test]
    fn arbitrary_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200), texts in prop::collection::vec(".*", 0..5)) {
        run(async {
            let sent = bytes.clone();
            let port = inspector(async move |mut socket| {
                for text in &texts {
                    let _ = socket.send(Message::text(text.as_str())).await;
                }
                let _ = socket.get_mut().write_all(&sent).await;
            })
            .await;
            stack(port, within(GENEROUS)).await.unwrap_err();
            let port = listen(async move |mut stream, _| {
                let _ = stream.write_all(&bytes).await;
            })
            .await;
            stack(port, within(GENEROUS)).await.unwrap_err();
        });
    }
}
