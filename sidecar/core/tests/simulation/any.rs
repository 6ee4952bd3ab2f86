//! Events without rhyme or reason, at any time.

use std::time::Duration;

use lifeline_core::{
    Beat, Child, Drill, Event, IncidentId, KillOutcome, Mode, Pressure, ProcessFacts, ProcessId,
    ProcessState, RequestId, Risks, Role, Settings, WindowId, WindowInfo,
};
use proptest::{collection::vec, prelude::*};

fn hosts() -> impl Strategy<Value = ProcessId> {
    (1..5_u32, 1..3_u64).prop_map(|(pid, start_time)| ProcessId { pid, start_time })
}

fn window_ids() -> impl Strategy<Value = WindowId> {
    (0..3_u8).prop_map(|number| WindowId(format!("w{number}")))
}

fn numbers() -> impl Strategy<Value = u64> {
    prop_oneof![6 => 0..20_u64, 1 => any::<u64>(), 1 => Just(u64::MAX)]
}

fn facts() -> impl Strategy<Value = ProcessFacts> {
    let states = prop::sample::select(vec![
        ProcessState::Running,
        ProcessState::Sleeping,
        ProcessState::Sleeping,
        ProcessState::DiskSleep,
        ProcessState::Stopped,
        ProcessState::Traced,
        ProcessState::Dead,
        ProcessState::Other,
    ]);
    let child = numbers().prop_map(|age_ms| Child { pid: 9, age_ms, command: "x".into() });
    (
        states,
        numbers(),
        numbers(),
        prop::option::of(numbers()),
        prop::option::of((numbers(), numbers())),
        0..2_u32,
        prop::option::of(vec(child, 0..3)),
    )
        .prop_map(|(state, main, all, delay, switches, tracer_pid, children)| ProcessFacts {
            state,
            main_cpu_ns: main,
            all_cpu_ns: all,
            main_run_delay_ns: delay,
            switches,
            tracer_pid,
            wait_channel: None,
            children,
        })
}

fn durations() -> impl Strategy<Value = Duration> {
    prop_oneof![
        4 => (0..20_000_u64).prop_map(Duration::from_millis),
        1 => Just(Duration::ZERO),
        1 => Just(Duration::MAX)
    ]
}

fn any_settings() -> impl Strategy<Value = Settings> {
    let mode = prop::sample::select(vec![Mode::Automatic, Mode::Automatic, Mode::Ask, Mode::Observe]);
    (mode, durations(), durations(), durations(), durations(), durations()).prop_map(
        |(mode, late_after, deadlock_after, spinning_after, gc_thrash_after, on_child_after)| Settings {
            mode,
            late_after,
            deadlock_after,
            spinning_after,
            gc_thrash_after,
            on_child_after,
        },
    )
}

pub(crate) fn events() -> impl Strategy<Value = Event> {
    let role = prop_oneof![Just(Role::Main), Just(Role::Worker)];
    let incident = || (0..12_u64).prop_map(IncidentId);
    let outcome = prop_oneof![
        Just(KillOutcome::Killed),
        Just(KillOutcome::AlreadyGone),
        Just(KillOutcome::Refused("no".into())),
        Just(KillOutcome::NotCommitted("no".into()))
    ];
    let info = (any::<bool>(), any::<bool>(), 0..2_u8).prop_map(|(graceful, debugged, key)| WindowInfo {
        label: "any".into(),
        workspace_key: key.to_string(),
        can_restart_gracefully: graceful,
        may_be_debugged: debugged,
    });
    let pressure = prop::option::of((0..3_u8).prop_map(|kind| Pressure {
        cpu_percent: [0.0, 99.0, f32::NAN][usize::from(kind)],
        ..Pressure::default()
    }));
    let beat = (numbers(), numbers()).prop_map(|(used, limit)| Beat {
        delay_p99_ms: f64::NAN,
        heap_used_bytes: used,
        heap_limit_bytes: limit,
        rss_bytes: 0,
    });
    let seq = || prop_oneof![0..30_u32, any::<u32>()];
    let lost = prop_oneof![Just(Vec::new()), Just(vec!["notebook".to_owned()])];
    prop_oneof![
        8 => (durations(), pressure).prop_map(|(slept, pressure)| Event::Tick { slept, pressure }),
        4 => (window_ids(), hosts(), role.clone(), info)
            .prop_map(|(window, host, role, info)| Event::Attached { window, host, role, info }),
        1 => (hosts(), role).prop_map(|(host, role)| Event::Detached { host, role }),
        2 => (hosts(), seq(), beat).prop_map(|(host, seq, beat)| Event::Beat { host, seq, beat }),
        3 => (hosts(), seq(), 0..3_u32).prop_map(|(host, seq, counter)| Event::Pulse { host, seq, counter }),
        6 => (hosts(), facts()).prop_map(|(host, facts)| Event::Facts { host, facts }),
        1 => hosts().prop_map(|host| Event::Departing { host }),
        1 => hosts().prop_map(|host| Event::Exited { host }),
        1 => (window_ids(), lost).prop_map(|(window, would_lose)| Event::Context {
            window,
            risks: Risks { would_lose, ..Risks::default() },
        }),
        1 => (window_ids(), any_settings()).prop_map(|(window, settings)| Event::Settings { window, settings }),
        4 => incident().prop_map(|incident| Event::SnapshotSaved { incident }),
        1 => incident().prop_map(|incident| Event::SnapshotFailed { incident, reason: "no".into() }),
        2 => (incident(), outcome).prop_map(|(incident, outcome)| Event::KillDone { incident, outcome }),
        1 => (incident(), any::<bool>())
            .prop_map(|(incident, started)| Event::GracefulAnswered { incident, started }),
        3 => (window_ids(), any::<bool>(), numbers()).prop_map(|(window, confirmed, request)| {
            Event::RestartAsked { request: RequestId(request), window, confirmed }
        }),
        1 => (window_ids(), any::<bool>()).prop_map(|(window, tell_window)| Event::DrillAsked {
            request: RequestId(0),
            window,
            drill: Drill::Deadlock,
            tell_window,
        }),
        1 => (window_ids(), any::<bool>()).prop_map(|(window, paused)| Event::Paused { window, paused }),
    ]
}

/// Mostly forward, sometimes back, sometimes to the end of time.
pub(crate) fn times() -> impl Strategy<Value = Option<i64>> {
    prop_oneof![
        8 => (0..3_000_i64).prop_map(Some),
        2 => (3_000..400_000_i64).prop_map(Some),
        1 => (-400_000..0_i64).prop_map(Some),
        1 => Just(None),
    ]
}
