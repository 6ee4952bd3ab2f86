//! Events without rhyme or reason, at any time.

use std::time::Duration;

use lifeline_core::{
    Acted, ApiFault, ApiNews, ApiSource, ApiState, Beat, Child, Culprit, Drill, EndingId, Event, IncidentId,
    KillOutcome, Link, MachineMemory, Mode, Pressure, Probe, ProcessFacts, ProcessId, ProcessState, ReapMode,
    ReapSettings, RefreshMode, RequestId, Risks, Role, SessionFacts, SessionKind, SessionMode, SessionState,
    Settings, Time, Verb, WindowId, WindowInfo,
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
            rss_bytes: main,
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
    let liveness = (mode, durations(), durations(), durations(), durations(), durations());
    let percents = || prop_oneof![0..110_u32, Just(u32::MAX)];
    let memory = (percents(), durations(), percents(), durations(), percents());
    (liveness, memory, prop::option::of(durations()), any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
        |(liveness, memory, refresh_after, automatic, name_culprit, bridge)| {
            let (mode, late_after, deadlock_after, spinning_after, gc_thrash_after, on_child_after) =
                liveness;
            let (high_percent, high_within, critical_percent, critical_within, low_percent) = memory;
            Settings {
                mode,
                late_after,
                deadlock_after,
                spinning_after,
                gc_thrash_after,
                on_child_after,
                name_culprit,
                memory_high_percent: high_percent,
                memory_high_within: high_within,
                memory_critical_percent: critical_percent,
                memory_critical_within: critical_within,
                machine_memory_low_percent: low_percent,
                refresh_after,
                refresh: if automatic { RefreshMode::Automatic } else { RefreshMode::Offer },
                bridge,
                restore_sessions: SessionMode::Automatic,
                continue_sessions: SessionMode::Automatic,
                stalled_after: late_after,
                reap: ReapSettings { reap: ReapMode::Certain, ..ReapSettings::default() },
            }
        },
    )
}

fn any_beats() -> impl Strategy<Value = Beat> {
    let floats = || prop::sample::select(vec![0.0, 900.0, -1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY]);
    let heap = (numbers(), numbers(), prop::option::of(numbers()));
    (floats(), heap, floats(), prop::option::of(numbers())).prop_map(
        |(delay_p99_ms, (used, limit, floor), gc_ms, input_idle_ms)| Beat {
            delay_p99_ms,
            heap_used_bytes: used,
            heap_limit_bytes: limit,
            rss_bytes: used,
            heap_floor_bytes: floor,
            gc_ms,
            input_idle_ms,
        },
    )
}

fn culprit() -> Culprit {
    Culprit {
        extension_id: None,
        version: None,
        display_name: None,
        function: String::new(),
        file: String::new(),
        line: u32::MAX,
        bugs_url: None,
    }
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
    let info = (any::<bool>(), any::<bool>(), 0..2_u8, any::<bool>()).prop_map(
        |(graceful, debugged, key, unguarded)| WindowInfo {
            label: "any".into(),
            workspace_key: key.to_string(),
            can_restart_gracefully: graceful,
            may_be_debugged: debugged,
            unguarded,
        },
    );
    let pressure = prop::option::of((0..3_u8).prop_map(|kind| Pressure {
        cpu_percent: [0.0, 99.0, f32::NAN][usize::from(kind)],
        ..Pressure::default()
    }));
    let probe = (durations(), any::<bool>()).prop_map(|(took, answered)| {
        if answered { Probe::Answered { round_trip: took } } else { Probe::Silent { waited: took } }
    });
    let memory = (numbers(), numbers()).prop_map(|(total_bytes, available_bytes)| MachineMemory {
        total_bytes,
        available_bytes,
        is_limited: false,
    });
    let seq = || prop_oneof![0..30_u32, any::<u32>()];
    let lost = prop_oneof![Just(Vec::new()), Just(vec!["notebook".to_owned()])];
    prop_oneof![
        8 => (durations(), pressure).prop_map(|(slept, pressure)| Event::Tick { slept, pressure }),
        4 => (window_ids(), hosts(), role.clone(), info.clone())
            .prop_map(|(window, host, role, info)| Event::Attached { window, host, role, info }),
        1 => (hosts(), role).prop_map(|(host, role)| Event::Detached { host, role }),
        4 => (hosts(), seq(), any_beats()).prop_map(|(host, seq, beat)| Event::Beat { host, seq, beat }),
        3 => (hosts(), seq(), 0..3_u32, durations()).prop_map(|(host, seq, counter, still)| Event::Pulse { host, seq, counter, still }),
        6 => (hosts(), facts()).prop_map(|(host, facts)| Event::Facts { host, facts }),
        2 => (window_ids(), hosts(), info).prop_map(|(window, host, info)| Event::Found { window, host, info }),
        1 => hosts().prop_map(|host| Event::Lost { host }),
        3 => (hosts(), probe).prop_map(|(host, probe)| Event::Probed { host, probe }),
        1 => hosts().prop_map(|host| Event::Inspected { host }),
        3 => (ports(), hosts(), 0..2_u8).prop_map(|(port, host, place)| Event::Listening { port, host, place: place.to_string() }),
        2 => (ports(), 0..3_u32).prop_map(|(port, clients)| Event::BridgeUsed { port, clients }),
        1 => ports().prop_map(|port| Event::BridgeFailed { port }),
        3 => (window_ids(), prop::collection::vec(any_session(), 0..3))
            .prop_map(|(window, sessions)| Event::Sessions { window, sessions }),
        1 => (numbers(), prop::option::of(window_ids()), prop::option::of(any_session())).prop_map(|(request, window, session)| {
            Event::ResumeAsked { request: RequestId(request), window, session }
        }),
        2 => (numbers(), prop::option::of(window_ids()), prop::option::of(any_session())).prop_map(|(request, window, session)| {
            Event::ContinueAsked { request: RequestId(request), window, session }
        }),
        1 => (numbers(), prop::option::of(any_session())).prop_map(|(request, session)| {
            Event::CompactAsked { request: RequestId(request), session }
        }),
        2 => (incident(), any::<bool>()).prop_map(|(incident, found)| Event::CulpritNamed {
            incident,
            culprit: found.then(culprit),
        }),
        3 => (hosts(), any::<bool>()).prop_map(|(host, busy)| Event::Turns {
            host,
            in_flight: busy.then(|| "a turn".to_owned()),
        }),
        1 => memory.prop_map(Event::MachineMemory),
        1 => hosts().prop_map(|host| Event::Departing { host }),
        1 => hosts().prop_map(|host| Event::Exited { host }),
        1 => (window_ids(), lost, 0..3_u32).prop_map(|(window, would_lose, running_tasks)| Event::Context {
            window,
            risks: Risks { would_lose, running_tasks, ..Risks::default() },
        }),
        1 => (window_ids(), any_settings()).prop_map(|(window, settings)| Event::Settings { window, settings }),
        4 => incident().prop_map(|incident| Event::SnapshotSaved { incident }),
        1 => incident().prop_map(|incident| Event::SnapshotFailed { incident, reason: "no".into() }),
        2 => (incident(), outcome).prop_map(|(incident, outcome)| Event::KillDone { incident, outcome }),
        1 => (incident(), any::<bool>())
            .prop_map(|(incident, started)| Event::GracefulAnswered { incident, started }),
        3 => (window_ids(), any::<bool>(), any::<bool>(), numbers()).prop_map(|(window, confirmed, when_quiet, request)| {
            Event::RestartAsked { request: RequestId(request), window, confirmed, when_quiet }
        }),
        1 => (window_ids(), any::<bool>()).prop_map(|(window, tell_window)| Event::DrillAsked {
            request: RequestId(0),
            window,
            drill: Drill::Deadlock,
            tell_window,
        }),
        1 => (window_ids(), any::<bool>()).prop_map(|(window, paused)| Event::Paused { window, paused }),
        4 => any_news().prop_map(|news| Event::Api(Box::new(news))),
        2 => (0..3_u8, any_link()).prop_map(|(session, link)| Event::Link { session: session.to_string(), link }),
        1 => numbers().prop_map(|began| Event::Processes {
            began: Time::from_millis(began),
            reports: Vec::new(),
            hosts: Vec::new(),
        }),
        1 => numbers().prop_map(|ending| Event::TailSaved { ending: EndingId(ending), saved: Ok(()) }),
        1 => numbers().prop_map(|ending| Event::ProcessesTold { ending: EndingId(ending), verb: Verb::Term, acted: Acted::Done }),
        1 => (numbers(), hosts()).prop_map(|(request, process)| Event::EndAsked { request: RequestId(request), process }),
    ]
}

fn any_session() -> impl Strategy<Value = SessionFacts> {
    let kind = prop::sample::select(vec![SessionKind::Panel, SessionKind::Terminal, SessionKind::Elsewhere]);
    let state = prop::sample::select(vec![
        SessionState::Working,
        SessionState::Waiting,
        SessionState::Idle,
        SessionState::Failed,
        SessionState::Cut,
        SessionState::Unknown,
    ]);
    let lives = (any::<bool>(), any::<bool>(), prop::option::of(0..3_u32), any::<bool>());
    (0..3_u8, prop::option::of(window_ids()), kind, state, lives, durations()).prop_map(
        |(id, window, kind, state, (is_alive, is_orphan, shell_pid, typed_since), quiet_for)| SessionFacts {
            id: id.to_string(),
            window,
            kind,
            state,
            is_alive,
            is_orphan: is_alive && is_orphan,
            shell_pid,
            in_front: shell_pid != Some(0),
            folder: None,
            typed_since,
            quiet_for,
            ended_for: (!is_alive).then_some(quiet_for),
            title: String::new(),
        },
    )
}

fn any_news() -> impl Strategy<Value = ApiNews> {
    let state = prop_oneof![
        Just(ApiState::Resting),
        Just(ApiState::Awaiting),
        (any::<u32>(), any::<u32>(), durations()).prop_map(|(attempt, max, next_in)| {
            ApiState::Retrying { attempt, max, next_in, fault: ApiFault::default() }
        }),
        any::<bool>().prop_map(|typed_since| ApiState::Died { fault: ApiFault::default(), typed_since }),
    ];
    let source = (0..3_u8, prop::option::of(Just("agent".to_owned())));
    (source, prop::option::of(window_ids()), state, 0..4_u64, durations(), numbers()).prop_map(
        |((session, subagent), window, state, answers, age, bytes)| ApiNews {
            source: ApiSource { session: session.to_string(), subagent },
            window,
            state,
            answers,
            age,
            bytes,
            title: String::new(),
        },
    )
}

fn any_link() -> impl Strategy<Value = Link> {
    prop_oneof![Just(Link::Gone), Just(Link::NotKnown), durations().prop_map(Link::SilentFor)]
}

fn ports() -> impl Strategy<Value = u16> {
    20_000..20_004_u16
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
