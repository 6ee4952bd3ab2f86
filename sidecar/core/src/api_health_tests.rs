//! Connections, without windows.

use super::*;

const AFTER: Duration = Duration::from_secs(75);

fn at(seconds: u64) -> Time {
    Time::from_millis(1_000_000 + seconds * 1000)
}

fn news(session: &str, state: ApiState) -> ApiNews {
    ApiNews {
        source: ApiSource { session: session.into(), subagent: None },
        window: Some(WindowId("w".into())),
        state,
        answers: 0,
        age: Duration::ZERO,
        bytes: 1_000_000,
        title: String::new(),
    }
}

fn retrying(attempt: u32) -> ApiState {
    let fault = ApiFault { code: Some("ECONNRESET".into()), ..ApiFault::default() };
    ApiState::Retrying { attempt, max: 10, next_in: Duration::from_secs(2), fault }
}

fn died() -> ApiState {
    ApiState::Died { fault: ApiFault::default(), typed_since: false }
}

fn troubles(health: &ApiHealth, now: Time) -> Vec<Trouble> {
    health.troubled(now).into_iter().map(|troubled| troubled.trouble).collect()
}

#[test]
fn a_retry_is_counted_down_and_an_answer_ends_it() {
    let mut health = ApiHealth::default();
    assert_eq!(health.heard(at(0), news("s", ApiState::Awaiting)), None);
    assert_eq!(health.heard(at(1), news("s", retrying(1))), None);
    assert_eq!(health.heard(at(2), news("s", retrying(2))), None, "never a word for each");
    let left = |health: &ApiHealth, now| match troubles(health, now).as_slice() {
        [Trouble::Retrying { attempt: 2, max: 10, next_in, .. }] => next_in.as_secs(),
        other => panic!("{other:?}"),
    };
    assert_eq!((left(&health, at(3)), left(&health, at(9))), (1, 0));
    let answered = ApiNews { answers: 1, ..news("s", ApiState::Resting) };
    assert_eq!(health.heard(at(10), answered.clone()), None);
    assert_eq!(troubles(&health, at(11)), [Trouble::Recovered { attempts: 2 }]);
    assert_eq!(troubles(&health, at(21)), []);
    health.heard(at(22), ApiNews { answers: 2, ..answered });
    assert_eq!(troubles(&health, at(22)), [], "an answer without trouble before it is none");
}

#[test]
fn a_large_turn_that_fails_three_times_is_told_of_once() {
    let large = |session: &str, state| ApiNews { bytes: LARGE_SESSION_BYTES, ..news(session, state) };
    let mut health = ApiHealth::default();
    assert_eq!(health.heard(at(1), large("s", retrying(2))), None);
    let alarm = health.heard(at(2), large("s", retrying(3))).expect("the third");
    assert!(matches!(alarm.what, Alarm::Breaks { attempts: 3, bytes: LARGE_SESSION_BYTES, .. }));
    assert_eq!(health.heard(at(3), large("s", retrying(4))), None, "it was told");
    // The next turn is another one.
    health.heard(at(4), ApiNews { answers: 1, ..large("s", ApiState::Resting) });
    assert!(health.heard(at(5), ApiNews { answers: 1, ..large("s", retrying(3)) }).is_some());
    // Whoever answers has nothing against its size.
    let overloaded = ApiState::Retrying {
        attempt: 3,
        max: 10,
        next_in: Duration::ZERO,
        fault: ApiFault { code: Some("overloaded".into()), status: Some(529), is_mid_stream: false },
    };
    assert_eq!(ApiHealth::default().heard(at(1), large("s", overloaded)), None);
    assert_eq!(ApiHealth::default().heard(at(1), news("s", retrying(3))), None, "it is small");
    // Of all sessions at once: the network.
    let mut storm = ApiHealth::default();
    for session in ["a", "b"] {
        storm.heard(at(1), news(session, retrying(1)));
    }
    assert_eq!(storm.heard(at(2), large("s", retrying(3))), None);
}

#[test]
fn typing_on_is_no_answer() {
    let mut health = ApiHealth::default();
    health.heard(at(1), news("s", retrying(1)));
    health.heard(at(2), news("s", ApiState::Awaiting));
    assert_eq!(troubles(&health, at(2)), []);
}

#[test]
fn silence_is_a_stall_only_while_a_request_waits() {
    let mut health = ApiHealth::default();
    let stalled = |health: &mut ApiHealth, now, silent| {
        health.linked(now, "s", Link::SilentFor(Duration::from_secs(silent)), |_| AFTER)
    };
    health.heard(at(0), news("s", ApiState::Resting));
    assert_eq!(stalled(&mut health, at(500), 500), None, "an idle connection");
    health.heard(at(600), news("s", ApiState::Awaiting));
    assert_eq!(stalled(&mut health, at(660), 660), None, "it has waited for a minute");
    assert_eq!(stalled(&mut health, at(700), 3), None, "a ping came");
    let alarm = stalled(&mut health, at(780), 83).expect("it is stalled");
    assert_eq!(alarm.what, Alarm::Stalled { silent_for: Duration::from_secs(83) });
    assert_eq!(stalled(&mut health, at(785), 88), None, "it was told");
    assert_eq!(troubles(&health, at(787)), [Trouble::Stalled { silent_for: Duration::from_secs(90) }]);
    health.heard(at(790), news("s", retrying(1)));
    assert!(matches!(troubles(&health, at(790))[..], [Trouble::Retrying { .. }]), "the client noticed");
    assert!(stalled(&mut health, at(867), 500).is_some(), "the next attempt hangs as well");
}

#[test]
fn who_is_gone_waits_for_nothing() {
    let mut health = ApiHealth::default();
    health.heard(at(0), news("s", retrying(3)));
    assert_eq!(health.linked(at(30), "s", Link::Gone, |_| AFTER), None);
    assert_eq!(troubles(&health, at(30)), []);
    assert_eq!(health.due(at(60)), []);
}

#[test]
fn only_what_waits_for_long_is_looked_at() {
    let mut health = ApiHealth::default();
    let look = vec![Decision::LookAtLink { session: "s".into() }];
    health.heard(at(0), news("t", ApiState::Resting));
    health.heard(at(0), news("s", ApiState::Awaiting));
    assert_eq!(health.due(at(19)), []);
    assert_eq!(health.due(at(20)), look);
    assert_eq!((health.due(at(24)), health.due(at(25))), (vec![], look));
    health.void(at(26));
    assert_eq!(health.due(at(45)), [], "nobody knows for how long");
    let old = ApiNews { age: Duration::from_secs(300), ..news("u", ApiState::Awaiting) };
    health.heard(at(50), old);
    assert_eq!(health.due(at(50)).len(), 2);
}

#[test]
fn three_sessions_within_a_minute_are_a_storm() {
    let mut health = ApiHealth::default();
    for (second, session) in [(0, "a"), (10, "b"), (20, "b")] {
        health.heard(at(second), news(session, retrying(1)));
    }
    assert_eq!(health.storm(at(20)), None);
    health.heard(at(30), news("c", retrying(1)));
    assert_eq!(health.storm(at(30)), Some(3));
    // One word for all of them.
    let first = health.heard(at(31), news("a", died())).expect("it is told");
    assert!(matches!(first.what, Alarm::Died { storm: Some(3), .. }), "{first:?}");
    assert_eq!(health.heard(at(32), news("b", died())), None);
    assert_eq!(health.storm(at(100)), None, "it is over");
}

#[test]
fn a_death_is_told_once_and_on_a_large_session_the_third_is_another_word() {
    let mut health = ApiHealth::default();
    let large = |state| ApiNews { bytes: LARGE_SESSION_BYTES, ..news("s", state) };
    for round in 0..3 {
        health.heard(at(round * 100), large(ApiState::Awaiting));
        let alarm = health.heard(at(round * 100 + 50), large(died())).expect("it is told");
        let is_again = matches!(alarm.what, Alarm::DiedAgain { deaths: 3, .. });
        assert_eq!(is_again, round == 2, "{alarm:?}");
        assert_eq!(health.heard(at(round * 100 + 51), large(died())), None);
    }
    health.heard(at(400), ApiNews { answers: 1, ..large(ApiState::Resting) });
    health.heard(at(500), ApiNews { answers: 1, ..large(ApiState::Awaiting) });
    let alarm = health.heard(at(600), ApiNews { answers: 1, ..large(died()) }).expect("it is told");
    assert!(matches!(alarm.what, Alarm::Died { .. }), "the answer in between has begun the count anew");
    let old = ApiNews { age: FRESH, ..news("t", died()) };
    assert_eq!(health.heard(at(600), old), None, "its user has seen that");
    let typed = ApiState::Died { fault: ApiFault::default(), typed_since: true };
    assert_eq!(health.heard(at(600), news("u", typed)), None);
    let mut of_subagent = news("v", died());
    of_subagent.source.subagent = Some("agent".into());
    assert_eq!(health.heard(at(600), of_subagent), None, "its session goes on");
}

#[test]
fn a_window_is_told_what_is_new_and_not_how_time_passes() {
    let mut health = ApiHealth::default();
    let w1 = [WindowId("w".into())];
    health.heard(at(0), news("s", retrying(1)));
    assert_eq!(health.changed(at(0)), w1);
    assert_eq!(health.changed(at(1)), []);
    assert_eq!(health.changed(at(2)), w1, "the next attempt is under way");
    health.heard(at(3), ApiNews { answers: 1, ..news("s", ApiState::Resting) });
    assert_eq!(health.changed(at(3)), w1);
    assert_eq!(health.changed(at(14)), w1, "that it is back is no news any more");
}
