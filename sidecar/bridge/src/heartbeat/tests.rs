//! A heart that beats for IDEs that freeze, thaw, come and go.

use std::{
    fs,
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
};

use tempfile::TempDir;
use tokio::sync::mpsc::{self, UnboundedReceiver};

use super::*;
use crate::{
    fake::{FakeIde, Manner},
    probe::{How, Stranger},
};

/// What is waited for comes much sooner, or never.
const GUARD: Duration = Duration::from_secs(30);

/// Faster than in life.
const FAST: Duration = Duration::from_millis(200);

/// For IDEs that answer, however slow this machine is.
fn patient() -> Options {
    Options { period: FAST, timeout: GUARD, ..Options::new(Arc::new(|| Duration::ZERO)) }
}

/// For IDEs that do not.
fn impatient() -> Options {
    Options { timeout: FAST / 4, ..patient() }
}

/// A lock folder and the heart that beats for it.
struct Scene {
    folder: TempDir,
    heartbeat: Heartbeat,
    reports: UnboundedReceiver<Report>,
}

impl Scene {
    fn start(options: Options, ports: &[u16]) -> Self {
        let folder = TempDir::new().expect("a folder");
        for port in ports {
            write(folder.path(), *port, true);
        }
        let (sender, reports) = mpsc::unbounded_channel();
        let heartbeat = Heartbeat::start(vec![folder.path().to_owned()], options, sender);
        Self { folder, heartbeat, reports }
    }

    async fn report(&mut self) -> Report {
        tokio::time::timeout(GUARD, self.reports.recv()).await.expect("in time").expect("a report")
    }

    /// The next answer of this port for which `is` holds, with the misses and whether it is left alone from now on.
    async fn answer(&mut self, of: u16, is: impl Fn(Answer) -> bool) -> (Answer, u32, Option<Rest>) {
        loop {
            if let Report::Answered { port, answer, misses, rest, .. } = self.report().await
                && port == of
                && is(answer)
            {
                return (answer, misses, rest);
            }
        }
    }

    /// Waits until these are the ports that have locks.
    async fn locks(&mut self, ports: &[u16]) -> Locks {
        loop {
            if let Report::Locks(locks) = self.report().await
                && locks.locks.iter().map(|lock| lock.port).eq(ports.iter().copied())
            {
                return locks;
            }
        }
    }
}

fn write(folder: &Path, port: u16, with_token: bool) {
    let token = if with_token { r#","authToken":"secret-token""# } else { "" };
    let content = format!(r#"{{"pid":1,"ideName":"Test"{token}}}"#);
    fs::write(folder.join(format!("{port}.lock")), content).expect("a lock");
}

const fn is_any(_: Answer) -> bool {
    true
}

#[tokio::test]
async fn every_ide_is_asked_again_and_again_one_question_at_a_time_and_without_its_token() {
    let ides = [FakeIde::start(Manner::Closes(1008)).await, FakeIde::start(Manner::Closes(1008)).await];
    let mut scene = Scene::start(patient(), &[ides[0].port, ides[1].port]);
    for _ in 0..5 {
        for ide in &ides {
            let (answer, misses, rest) = scene.answer(ide.port, is_any).await;
            assert!(matches!(answer, Answer::Alive { how: How::Unauthorized, .. }), "{answer:?}");
            assert_eq!((misses, rest), (0, None));
        }
    }
    for ide in &ides {
        assert_eq!(ide.most_open(), 1);
        let requests = ide.requests();
        assert!(requests.len() >= 5);
        // They hang up on the impossible, and are asked properly then.
        assert!(requests.iter().all(|request| request.contains("\"13\"")), "{requests:?}");
        for request in requests {
            assert!(
                !request.contains("secret") && !request.to_ascii_lowercase().contains("auth"),
                "{request}"
            );
        }
    }
}

#[tokio::test]
async fn a_frozen_ide_has_one_question_waiting_and_is_noticed_when_it_thaws() {
    let ide = FakeIde::start(Manner::Frozen).await;
    let mut scene = Scene::start(impatient(), &[ide.port]);
    let mut waits = Vec::new();
    for misses in 1..=2 {
        let (answer, counted, rest) = scene.answer(ide.port, is_any).await;
        let Answer::Silent { waited, after_connect: true } = answer else { panic!("{answer:?}") };
        assert_eq!((counted, rest), (misses, None));
        waits.push(waited);
    }
    assert!(waits.is_sorted_by(|a, b| a < b), "{waits:?}");
    // What the official extension says to the impossible.
    let refusal = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n";
    ide.becomes(Manner::Says { bytes: refusal.to_vec(), stays: false });
    let (answer, misses, _) = scene.answer(ide.port, Answer::is_life).await;
    let Answer::Alive { round_trip, how: How::Http(400) } = answer else { panic!("{answer:?}") };
    assert!(round_trip >= waits[1] && misses == 0);
    assert_eq!(ide.requests().len(), 1);
    scene.answer(ide.port, Answer::is_life).await;
    assert_eq!(ide.most_open(), 1);
}

#[tokio::test]
async fn an_ide_that_lost_the_question_is_asked_another() {
    let ide = FakeIde::start(Manner::Ignores).await;
    let mut scene = Scene::start(impatient(), &[ide.port]);
    let Answer::Silent { waited: first, .. } = scene.answer(ide.port, is_any).await.0 else {
        panic!("an answer")
    };
    ide.becomes(Manner::Closes(1008));
    // The silence goes on as one.
    let mut waited = first;
    while let (Answer::Silent { waited: longer, .. }, ..) = scene.answer(ide.port, is_any).await {
        assert!(longer > waited);
        waited = longer;
    }
    assert_eq!((ide.requests().len(), ide.most_open()), (2, 1));
}

#[tokio::test]
async fn where_nobody_listens_nothing_is_asked_until_the_lock_is_written_anew() {
    let ide = FakeIde::start(Manner::Closes(1008)).await;
    let port = ide.port;
    drop(ide);
    let mut scene = Scene::start(patient(), &[port]);
    for misses in 1..=3 {
        let rest = (misses == 3).then_some(Rest::Stale);
        assert_eq!(scene.answer(port, is_any).await, (Answer::Refused, misses, rest));
    }
    write(scene.folder.path(), port, true);
    assert_eq!(scene.answer(port, is_any).await, (Answer::Refused, 1, None));
}

#[tokio::test]
async fn strangers_are_left_alone() {
    let ide = FakeIde::start(Manner::Says { bytes: b"220 mail".to_vec(), stays: false }).await;
    let mut scene = Scene::start(patient(), &[ide.port]);
    let (answer, _, rest) = scene.answer(ide.port, is_any).await;
    assert_eq!((answer, rest), (Answer::NotWebSocket(Stranger::Babble), None));
    scene.answer(ide.port, is_any).await;
    assert_eq!(scene.answer(ide.port, is_any).await.2, Some(Rest::Stranger));
    // The one who is still asked shows that time went by.
    let other = FakeIde::start(Manner::Closes(1008)).await;
    write(scene.folder.path(), other.port, true);
    for _ in 0..3 {
        scene.answer(other.port, Answer::is_life).await;
    }
    assert_eq!(ide.requests().len(), 3);
}

#[tokio::test]
async fn who_lets_anybody_in_is_left_alone() {
    let ide = FakeIde::start(Manner::LetsIn).await;
    let mut scene = Scene::start(patient(), &[ide.port]);
    let (answer, _, rest) = scene.answer(ide.port, is_any).await;
    assert!(matches!((answer, rest), (Answer::Alive { how: How::Opened, .. }, None)), "{answer:?}");
    assert_eq!(scene.answer(ide.port, is_any).await.2, Some(Rest::LetsAnybodyIn));
}

#[tokio::test]
async fn who_wants_no_token_is_asked_the_impossible() {
    let ide =
        FakeIde::start(Manner::Says { bytes: b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(), stays: false })
            .await;
    let mut scene = Scene::start(patient(), &[]);
    write(scene.folder.path(), ide.port, false);
    let (answer, _, _) = scene.answer(ide.port, is_any).await;
    assert!(matches!(answer, Answer::Alive { how: How::Http(400), .. }), "{answer:?}");
    assert!(ide.requests()[0].contains("Sec-WebSocket-Version: 0\r\n"));
}

#[tokio::test]
async fn locks_come_change_and_go() {
    let (first, second) =
        (FakeIde::start(Manner::Closes(1008)).await, FakeIde::start(Manner::Closes(1008)).await);
    let mut scene = Scene::start(patient(), &[]);
    assert_eq!(scene.report().await, Report::Locks(Locks::default()));

    write(scene.folder.path(), first.port, true);
    let locks = scene.locks(&[first.port]).await;
    assert_eq!(locks.locks[0].ide_name.as_deref(), Some("Test"));
    scene.answer(first.port, Answer::is_life).await;

    write(scene.folder.path(), 22, true);
    let locks = scene.locks(&[first.port]).await;
    assert_eq!(locks.problems.len(), 1);

    fs::remove_file(scene.folder.path().join(format!("{}.lock", first.port))).expect("removed");
    scene.locks(&[]).await;
    write(scene.folder.path(), second.port, true);
    for _ in 0..3 {
        match scene.report().await {
            Report::Answered { port, .. } => assert_eq!(port, second.port),
            Report::Locks(locks) => {
                assert!(locks.locks.iter().map(|lock| lock.port).eq([second.port]), "{locks:?}")
            }
        }
    }
}

#[tokio::test]
async fn silence_while_we_were_away_is_not_reported() {
    let ide = FakeIde::start(Manner::Frozen).await;
    let time = Arc::new(AtomicU64::new(0));
    // A clock on which a minute passes between any two looks.
    let leaps = {
        let time = Arc::clone(&time);
        Arc::new(move || Duration::from_secs(time.fetch_add(60, Ordering::Relaxed)))
    };
    let mut scene = Scene::start(Options { clock: leaps, ..impatient() }, &[ide.port]);
    scene.locks(&[ide.port]).await;
    // Long enough for a timeout and a whole period, two looks for each slice of them.
    while time.load(Ordering::Relaxed) < 60 * 12 {
        tokio::time::sleep(FAST).await;
    }
    ide.becomes(Manner::Closes(1008));
    match scene.report().await {
        Report::Answered { answer, misses: 0, was_away: true, .. } => assert!(answer.is_life(), "{answer:?}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn it_ends_when_dropped_and_when_nobody_listens() {
    let ide = FakeIde::start(Manner::Closes(1008)).await;
    let mut scene = Scene::start(patient(), &[ide.port]);
    scene.answer(ide.port, is_any).await;
    drop(scene.heartbeat);
    tokio::time::timeout(GUARD, async { while scene.reports.recv().await.is_some() {} })
        .await
        .expect("the end");

    let (sender, reports) = mpsc::unbounded_channel();
    let mut heartbeat = Heartbeat::start(vec![], patient(), sender);
    drop(reports);
    tokio::time::timeout(GUARD, &mut heartbeat.task).await.expect("the end").expect("no panic");
}
