//! Every way in which a port may answer, or not.

use std::sync::Mutex;

use proptest::prelude::*;
use tokio::net::{TcpListener, TcpSocket};

use super::*;
use crate::fake::{FakeIde, Manner};

/// A handshake taken as it should be.
const TAKEN: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: mcp\r\nSec-WebSocket-Accept: $ACCEPT\r\n\r\n";

/// Long enough for what answers, on any machine.
const LONG: Duration = Duration::from_secs(20);

/// Long enough to see that nothing comes.
const SHORT: Duration = Duration::from_millis(300);

fn run<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(test)
}

fn says(text: &str) -> Manner {
    Manner::Says { bytes: text.as_bytes().to_vec(), stays: false }
}

/// How an IDE of this manner is judged.
fn check(manner: Manner, patience: Duration) -> Answer {
    run(async {
        let ide = FakeIde::start(manner).await;
        probe(ide.port, Question::Handshake, patience).await
    })
}

#[track_caller]
fn check_alive(manner: Manner, expected: How) {
    match check(manner, LONG) {
        Answer::Alive { round_trip, how } => {
            assert_eq!(how, expected);
            assert!(round_trip > Duration::ZERO && round_trip < LONG);
        }
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn check_stranger(manner: Manner, expected: Stranger) {
    assert_eq!(check(manner, LONG), Answer::NotWebSocket(expected));
}

#[test]
fn the_extension_refuses_and_is_alive() {
    check_alive(Manner::Closes(1008), How::Unauthorized);
    check_alive(Manner::Closes(4001), How::Closed(Some(4001)));
}

#[test]
fn what_is_asked_shows_no_token_and_says_who_asks() {
    run(async {
        let ide = FakeIde::start(says("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")).await;
        for (question, version) in [(Question::Handshake, "13"), (Question::Impossible, "0")] {
            let answer = probe(ide.port, question, LONG).await;
            assert!(matches!(answer, Answer::Alive { how: How::Http(401), .. }), "{answer:?}");
            let request = ide.requests().pop().expect("a request");
            let mut names: Vec<String> = request
                .lines()
                .filter_map(|line| line.split_once(": "))
                .map(|(name, _)| name.to_ascii_lowercase())
                .collect();
            names.sort();
            assert_eq!(
                names,
                [
                    "connection",
                    "host",
                    "sec-websocket-key",
                    "sec-websocket-protocol",
                    "sec-websocket-version",
                    "upgrade",
                    "user-agent"
                ]
            );
            for line in [
                "GET / HTTP/1.1".to_owned(),
                format!("Host: 127.0.0.1:{}", ide.port),
                "Sec-WebSocket-Protocol: mcp".to_owned(),
                format!("Sec-WebSocket-Version: {version}"),
            ] {
                assert!(request.contains(&line), "{line}\n{request}");
            }
            assert!(request.contains("lifeline/"), "{request}");
        }
    });
}

#[test]
fn any_answer_in_http_is_life() {
    for (text, status) in [
        ("HTTP/1.1 401 Unauthorized\r\n\r\n", 401),
        ("HTTP/1.1 400 Bad Request\r\nSec-WebSocket-Version: 13, 8\r\n\r\n", 400),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\nx", 200),
        ("HTTP/1.1 101 Switching Protocols\r\n\r\n", 101),
        (&TAKEN.replace("$ACCEPT", "bm90IHRoZSBrZXk="), 101),
        (&TAKEN.replace("Sec-WebSocket-Protocol: mcp\r\n", ""), 101),
        (&TAKEN.replace("mcp", "other"), 101),
    ] {
        check_alive(says(text), How::Http(status));
    }
}

#[test]
fn a_handshake_that_is_taken_is_life_whatever_follows() {
    for (frames, stays, expected) in [
        // Nothing, half a frame, a close without a code.
        (&b""[..], false, How::Closed(None)),
        (&[0x82, 100, 1], false, How::Closed(None)),
        (&[0x88, 0], true, How::Closed(None)),
        // A close with half a code, a frame of 2^63 bytes, a text that is none, a reserved opcode, a masked frame.
        (&[0x88, 1, 3], true, How::Opened),
        (&[0x82, 127, 127, 255, 255, 255, 255, 255, 255, 255], true, How::Opened),
        (&[0x81, 2, 0xff, 0xff], true, How::Opened),
        (&[0x8b, 0], true, How::Opened),
        (&[0x81, 0x81, 1, 2, 3, 4, 5], true, How::Opened),
    ] {
        let bytes = [TAKEN.as_bytes(), frames].concat();
        check_alive(Manner::Says { bytes, stays }, expected);
    }
}

#[test]
fn an_ide_that_lets_anybody_in_is_seen_and_left() {
    run(async {
        let ide = FakeIde::start(Manner::LetsIn).await;
        let answer = probe(ide.port, Question::Handshake, LONG).await;
        assert!(matches!(answer, Answer::Alive { how: How::Opened, .. }), "{answer:?}");
        // Too little time to see whether it is closed (1 s) says less.
        let answer = probe(ide.port, Question::Handshake, Duration::from_millis(900)).await;
        assert!(matches!(answer, Answer::Alive { how: How::Http(101), .. }), "{answer:?}");
    });
}

#[test]
fn nobody_listens() {
    run(async {
        let port = {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            listener.local_addr().expect("an address").port()
        };
        assert_eq!(probe(port, Question::Handshake, LONG).await, Answer::Refused);
    });
}

#[test]
fn a_connection_to_itself_is_no_listener() {
    run(async {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a port");
        let own = socket.local_addr().expect("an address");
        let stream = socket.connect(own).await.expect("TCP allows it");
        assert!(exchange::is_itself(&stream));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let stream =
            tokio::net::TcpStream::connect(listener.local_addr().expect("an address")).await.expect("it");
        assert!(!exchange::is_itself(&stream));
    });
}

#[test]
fn a_frozen_host_is_silent_although_the_kernel_answers() {
    for manner in [Manner::Frozen, Manner::Ignores] {
        assert_eq!(check(manner, SHORT), Answer::Silent { waited: SHORT, after_connect: true });
    }
}

#[test]
fn a_question_can_be_waited_for_again_and_is_answered_at_the_thaw() {
    run(async {
        let ide = FakeIde::start(Manner::Frozen).await;
        let mut inquiry = Inquiry::begin(ide.port, Question::Handshake);
        let clock = || Duration::ZERO;
        for times in 1..=3 {
            let heard = inquiry.wait(SHORT, &clock).await;
            assert_eq!(heard.answer, Answer::Silent { waited: SHORT * times, after_connect: true });
        }
        ide.becomes(Manner::Closes(1008));
        let heard = inquiry.wait(LONG, &clock).await;
        assert!(matches!(heard.answer, Answer::Alive { how: How::Unauthorized, .. }), "{heard:?}");
        assert_eq!(ide.requests().len(), 1);
    });
}

#[test]
fn a_full_queue_is_silent_before_the_connection() {
    run(async {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a port");
        let listener = socket.listen(1).expect("a listener");
        let address = listener.local_addr().expect("an address");
        let mut queued = Vec::new();
        while let Ok(Ok(stream)) = tokio::time::timeout(SHORT, tokio::net::TcpStream::connect(address)).await
        {
            queued.push(stream);
        }
        let answer = probe(address.port(), Question::Handshake, SHORT).await;
        assert_eq!(answer, Answer::Silent { waited: SHORT, after_connect: false });
    });
}

#[test]
fn strangers_are_told_from_ides() {
    check_stranger(Manner::HangsUp, Stranger::HungUp);
    check_stranger(says(""), Stranger::HungUp);
    check_stranger(says("SSH-2.0-OpenSSH_9.2\r\n"), Stranger::Babble);
    check_stranger(says("HTTP/1.0 200 OK\r\n\r\n"), Stranger::Babble);
    check_stranger(says("HTTP/1.1 101 Switch"), Stranger::Babble);
    check_stranger(Manner::Streams(b"\0\xff\x13garbage"), Stranger::Babble);
}

#[test]
fn what_never_ends_is_read_only_so_far() {
    for (manner, most) in [
        // A header of any length, empty messages, pings that want to be answered, news of other protocols.
        (Manner::Streams(b"HTTP/1.1 200 OK\r\nx: y\r\nx: y\r\nx: y\r\n"), metered::BYTES_AT_MOST),
        (Manner::Streams(b"HTTP/1.1 101 Switching Protocols\r\nx: "), metered::BYTES_AT_MOST),
        (Manner::Streams(b"HTTP/1.1 100 Continue\r\n\r\n"), metered::BYTES_AT_MOST),
        (
            Manner::Says { bytes: [TAKEN.as_bytes(), &b"\x89\0".repeat(1 << 20)].concat(), stays: true },
            metered::BYTES_AT_MOST,
        ),
        (
            Manner::Says {
                bytes: [TAKEN.as_bytes(), &b"\x01\x01x\0\x01x".repeat(1 << 20)].concat(),
                stays: true,
            },
            metered::BYTES_AT_MOST,
        ),
    ] {
        run(async {
            let ide = FakeIde::start(manner.clone()).await;
            let mut inquiry = Inquiry::begin(ide.port, Question::Handshake);
            let heard = inquiry.wait(LONG, &|| Duration::ZERO).await;
            assert!(!matches!(heard.answer, Answer::Silent { .. }), "{manner:?}: {heard:?}");
            // One more buffer may have been filled when the limit was reached.
            assert!(inquiry.exchange.bytes_read() <= most + 8192, "{manner:?}");
        });
    }
}

#[test]
fn one_byte_at_a_time_ends_too() {
    let answer = check(Manner::Drips(b"HTTP/1.1 200 OK\r\nx: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"), LONG);
    assert!(matches!(answer, Answer::NotWebSocket(Stranger::Babble)), "{answer:?}");
}

#[test]
fn time_that_was_slept_away_is_noticed() {
    run(async {
        let ide = FakeIde::start(Manner::Frozen).await;
        // A machine that is put to sleep for a minute during the second slice (two looks each).
        let looks = Mutex::new(0);
        let slept = || {
            let mut looks = looks.lock().expect("no panic");
            *looks += 1;
            Duration::from_secs(if *looks > 3 { 60 } else { 0 })
        };
        let heard = Inquiry::begin(ide.port, Question::Handshake).wait(Duration::from_secs(1), &slept).await;
        assert!(heard.was_away && matches!(heard.answer, Answer::Silent { .. }), "{heard:?}");
        ide.becomes(Manner::Closes(1008));
        *looks.lock().expect("no panic") = 3;
        let heard = Inquiry::begin(ide.port, Question::Handshake).wait(LONG, &slept).await;
        assert!(heard.answer.is_life(), "{heard:?}");
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// Whatever a server sends, there is an answer, and no panic.
    #[test]
    fn any_answer_is_survived(
        bytes in proptest::collection::vec(any::<u8>(), 0..2000),
        taken in any::<bool>(),
        stays in proptest::bool::weighted(0.1),
    ) {
        let start = if taken { TAKEN.as_bytes() } else { b"" };
        // Only who was given no answer and no end runs out of time.
        let patience = if stays && !taken { SHORT } else { LONG };
        let answer = check(Manner::Says { bytes: [start, &bytes].concat(), stays }, patience);
        if taken {
            prop_assert!(answer.is_life(), "{:?}", answer);
        } else if !stays && bytes.is_empty() {
            prop_assert_eq!(answer, Answer::NotWebSocket(Stranger::HungUp));
        }
    }

    /// A good answer with some bytes changed and the rest cut off.
    #[test]
    fn a_damaged_answer_is_survived(
        changes in proptest::collection::vec((0..TAKEN.len(), any::<u8>()), 0..6),
        cut in 0..=TAKEN.len(),
        frame in proptest::collection::vec(any::<u8>(), 0..32),
    ) {
        let mut bytes = TAKEN.as_bytes().to_vec();
        for (place, byte) in changes {
            bytes[place] = byte;
        }
        bytes.truncate(cut);
        bytes.extend(frame);
        check(Manner::Says { bytes, stays: false }, LONG);
    }
}
