//! Tunnels in memory, on a clock that jumps: silence, ends, and that bytes arrive as they were.

use std::{sync::atomic::Ordering, time::Duration};

use proptest::prelude::*;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream},
    task::JoinHandle,
    time::{Instant, sleep},
};

use super::fake::Memory;
use crate::{
    pump::{Early, Passed, pump},
    record::{End, Side},
};

const STALL: Duration = Duration::from_secs(75);

/// What a tunnel came to, and whether each side was reset.
type Came = (Passed, bool, bool);

/// A tunnel with both of its ends outside.
fn tunnel(stall_after: Option<Duration>, uploading: bool) -> (DuplexStream, DuplexStream, JoinHandle<Came>) {
    let (mut client, outer_client) = Memory::pair();
    let (mut server, outer_server) = Memory::pair();
    server.uploading = uploading;
    let running = tokio::spawn(async move {
        let passed =
            pump(&mut client, &mut server, Early::default(), stall_after, std::future::pending()).await;
        let reset = |memory: &Memory| memory.was_reset.load(Ordering::Relaxed);
        (passed, reset(&client), reset(&server))
    });
    (outer_client, outer_server, running)
}

async fn expect(stream: &mut DuplexStream, text: &str) {
    let mut bytes = vec![0; text.len()];
    stream.read_exact(&mut bytes).await.unwrap();
    assert_eq!(bytes, text.as_bytes());
}

#[tokio::test(start_paused = true)]
async fn a_request_without_an_answer_is_a_stall() {
    let (mut client, mut server, running) = tunnel(Some(STALL), false);
    // Nothing was asked yet.
    sleep(STALL * 4).await;
    let began = Instant::now();
    client.write_all(b"ask").await.unwrap();
    expect(&mut server, "ask").await;
    let (passed, client_reset, server_reset) = running.await.unwrap();
    assert_eq!((passed.end, client_reset, server_reset), (End::Stalled, true, true));
    assert_eq!((passed.bytes_up, passed.bytes_down, passed.first_byte), (3, 0, None));
    assert_eq!(passed.longest_silence, STALL);
    assert_eq!(began.elapsed(), STALL);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_stops_is_ended_and_one_that_trickles_is_not() {
    let (mut client, mut server, running) = tunnel(Some(STALL), false);
    client.write_all(b"ask").await.unwrap();
    expect(&mut server, "ask").await;
    for _ in 0..10 {
        sleep(STALL - Duration::from_secs(1)).await;
        server.write_all(b"ping").await.unwrap();
        expect(&mut client, "ping").await;
    }
    let began = Instant::now();
    let (passed, client_reset, _) = running.await.unwrap();
    assert_eq!((passed.end, client_reset, began.elapsed()), (End::Silent, true, STALL));
    assert_eq!(passed.first_byte, Some(STALL - Duration::from_secs(1)));
    assert_eq!((passed.bytes_up, passed.bytes_down), (3, 40));
}

#[tokio::test(start_paused = true)]
async fn silence_that_is_nobody_elses_fault_is_no_stall() {
    // Of another host.
    let (mut client, _server, running) = tunnel(None, false);
    client.write_all(b"ask").await.unwrap();
    sleep(STALL * 100).await;
    assert!(!running.is_finished());

    // The client does not read: 1 kB fits its pipe, the rest waits in the relay.
    let (mut client, mut server, running) = tunnel(Some(STALL), false);
    client.write_all(b"ask").await.unwrap();
    server.write_all(&[7; 2000]).await.unwrap();
    sleep(STALL * 100).await;
    assert!(!running.is_finished());
    let mut bytes = vec![0; 2000];
    client.read_exact(&mut bytes).await.unwrap();
    assert_eq!(bytes, [7; 2000]);

    // Nothing was asked, and nothing will be.
    let (client, _server, running) = tunnel(Some(STALL), false);
    drop(client);
    assert_eq!(running.await.unwrap().0.end, End::Silent);

    // An upload goes on.
    let (mut client, _server, running) = tunnel(Some(STALL), true);
    client.write_all(b"ask").await.unwrap();
    sleep(STALL * 100).await;
    assert!(!running.is_finished());

    // The server has said all, and the client stays.
    let (mut client, mut server, running) = tunnel(Some(STALL), false);
    client.write_all(b"ask").await.unwrap();
    server.shutdown().await.unwrap();
    sleep(STALL * 100).await;
    assert!(!running.is_finished());
    drop(client);
    assert_eq!(running.await.unwrap().0.end, End::Closed { by: Side::Server });
}

#[tokio::test(start_paused = true)]
async fn idle_time_is_no_silence_of_the_servers() {
    let (mut client, mut server, running) = tunnel(None, false);
    for pause in [1, 3, 2] {
        client.write_all(b"ask").await.unwrap();
        expect(&mut server, "ask").await;
        sleep(Duration::from_secs(pause)).await;
        server.write_all(b"answer").await.unwrap();
        expect(&mut client, "answer").await;
        sleep(Duration::from_secs(100)).await;
    }
    drop(client);
    server.read_to_end(&mut Vec::new()).await.unwrap();
    drop(server);
    let (passed, client_reset, server_reset) = running.await.unwrap();
    assert_eq!((passed.end, client_reset, server_reset), (End::Closed { by: Side::Client }, false, false));
    assert_eq!(passed.longest_silence, Duration::from_secs(3));
    assert_eq!(passed.first_byte, Some(Duration::from_secs(1)));
}

#[tokio::test(start_paused = true)]
async fn bytes_that_came_early_go_first_and_an_end_of_the_relay_is_told() {
    let (mut client, mut outer_client) = Memory::pair();
    let (mut server, mut outer_server) = Memory::pair();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(async move {
        let early = Early { up: b"up".to_vec(), down: b"down".to_vec() };
        pump(&mut client, &mut server, early, None, async { drop(stopped.await) }).await
    });
    outer_client.write_all(b"more").await.unwrap();
    expect(&mut outer_server, "upmore").await;
    expect(&mut outer_client, "down").await;
    stop.send(()).unwrap();
    let passed = running.await.unwrap();
    assert_eq!((passed.end, passed.bytes_up, passed.bytes_down), (End::Shutdown, 6, 4));
}

/// What one side does, in order.
#[derive(Clone, Debug)]
enum Act {
    Write(Vec<u8>),
    Pause(u64),
}

fn acts() -> impl Strategy<Value = (Vec<Act>, bool)> {
    let act = prop_oneof![
        4 => proptest::collection::vec(any::<u8>(), 1..5000).prop_map(Act::Write),
        1 => (1_u64..200).prop_map(Act::Pause),
    ];
    (proptest::collection::vec(act, 0..12), any::<bool>())
}

/// Does it, reads what comes meanwhile, and returns what it wrote and read. An abort drops the stream.
async fn play(mut stream: DuplexStream, (acts, aborts): (Vec<Act>, bool)) -> (Vec<u8>, Vec<u8>) {
    let (mut wrote, mut read) = (Vec::new(), Vec::new());
    if aborts {
        for act in acts {
            match act {
                Act::Pause(ms) => sleep(Duration::from_millis(ms)).await,
                // Nobody may take it any more.
                Act::Write(bytes) => {
                    let until = sleep(Duration::from_secs(1));
                    tokio::select! {
                        done = stream.write(&bytes) => wrote.extend(&bytes[..done.unwrap_or(0)]),
                        () = until => {}
                    }
                }
            }
        }
        return (wrote, read);
    }
    let (mut reader, mut writer) = tokio::io::split(stream);
    let writing = async {
        for act in acts {
            match act {
                Act::Pause(ms) => sleep(Duration::from_millis(ms)).await,
                Act::Write(bytes) => {
                    let mut rest = bytes.as_slice();
                    while !rest.is_empty() {
                        let Ok(taken) = writer.write(rest).await else { return };
                        wrote.extend(&rest[..taken]);
                        rest = &rest[taken..];
                    }
                }
            }
        }
        let _ = writer.shutdown().await;
    };
    let reading = async { drop(reader.read_to_end(&mut read).await) };
    tokio::join!(writing, reading);
    (wrote, read)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 300, ..ProptestConfig::default() })]

    /// Random bytes, chunks, pauses and aborts both ways: all arrives as it was, or a beginning of it and an end that says why.
    #[test]
    fn bytes_arrive_as_they_were(up in acts(), down in acts()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let aborts = up.1 || down.1;
        let (passed, (sent_up, got_down), (sent_down, got_up)) = runtime.block_on(async {
            let (client, server, running) = tunnel(Some(STALL), false);
            let (at_client, at_server) = tokio::join!(
                tokio::spawn(play(client, up)),
                tokio::spawn(play(server, down)),
            );
            (running.await.unwrap().0, at_client.unwrap(), at_server.unwrap())
        });
        prop_assert!(sent_up.starts_with(&got_up) && sent_down.starts_with(&got_down));
        if aborts {
            prop_assert!(passed.bytes_up <= sent_up.len() as u64 && passed.bytes_down <= sent_down.len() as u64);
        } else {
            prop_assert_eq!(&sent_up, &got_up);
            prop_assert_eq!(&sent_down, &got_down);
            prop_assert_eq!((passed.bytes_up, passed.bytes_down), (sent_up.len() as u64, sent_down.len() as u64));
            prop_assert!(matches!(passed.end, End::Closed { .. }), "{:?}", passed.end);
        }
    }
}
