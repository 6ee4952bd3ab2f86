//! The core's words in the wire's types, and the way back.

use std::time::Duration;

use lifeline_core as core;
use lifeline_protocol as wire;

use crate::{clock, wording};

/// Longest label, in characters.
const LABEL_CHARS: usize = 100;
/// Longest workspace key, in characters; our own have 32.
const KEY_CHARS: usize = 128;
/// Longest name of a thing that would be lost, in characters, and most of them that are named.
const NAME_CHARS: usize = 120;
const NAMES: usize = 20;

fn shortened(text: &str, chars: usize) -> String {
    text.chars().take(chars).collect()
}

pub(crate) fn risks(context: &wire::EditorContext) -> core::Risks {
    let count = |len: usize| u32::try_from(len).unwrap_or(u32::MAX);
    let named = |what: &str, uri: &String| {
        let path = uri.split(['?', '#']).next().unwrap_or_default();
        format!("{what} {}", shortened(wording::file_name(path), NAME_CHARS))
    };
    let mut would_lose = Vec::new();
    would_lose.extend(
        context.dirty_custom_editors.iter().map(|uri| named("unsaved changes in the custom editor", uri)),
    );
    would_lose
        .extend(context.dirty_notebooks.iter().map(|uri| named("unsaved changes in the notebook", uri)));
    would_lose.extend(
        context
            .debug_sessions
            .iter()
            .map(|session| format!("the debug session “{}”", shortened(&session.name, NAME_CHARS))),
    );
    let more = would_lose.len().saturating_sub(NAMES);
    if more > 0 {
        would_lose.truncate(NAMES);
        would_lose.push(format!("{more} more"));
    }
    core::Risks {
        would_lose,
        tabs: count(context.tabs.len()),
        dirty_documents: count(context.dirty_documents.len()),
        terminals: count(context.terminals.len()),
        running_tasks: count(context.running_tasks.len()),
    }
}

/// The user's wishes about processes that were left behind. At a shorter time of quiet the looks come closer, too.
fn reap(settings: &wire::Settings) -> core::ReapSettings {
    let default = core::ReapSettings::default();
    let quiet_after = Duration::from_secs(u64::from(settings.reap_quiet_seconds.clamp(1, 86_400)));
    core::ReapSettings {
        reap: match settings.reap {
            wire::ReapMode::Certain => core::ReapMode::Certain,
            wire::ReapMode::Ask => core::ReapMode::Ask,
            wire::ReapMode::Never => core::ReapMode::Never,
        },
        quiet_after,
        looks_apart: default.looks_apart.min(quiet_after),
        deserted_after: Duration::from_secs(u64::from(settings.host_deserted_seconds.clamp(1, 86_400))),
    }
}

/// Held within 1 s and 1 h, whatever the client sent.
pub(crate) fn settings(settings: &wire::Settings) -> core::Settings {
    let held = |ms: u32| Duration::from_millis(u64::from(ms.clamp(1_000, 3_600_000)));
    core::Settings {
        mode: match settings.mode {
            wire::RecoveryMode::Automatic => core::Mode::Automatic,
            wire::RecoveryMode::Ask => core::Mode::Ask,
            wire::RecoveryMode::Observe => core::Mode::Observe,
        },
        late_after: held(settings.late_after_ms),
        deadlock_after: held(settings.deadlock_after_ms),
        spinning_after: held(settings.spinning_after_ms),
        gc_thrash_after: held(settings.gc_thrash_after_ms),
        on_child_after: held(settings.on_child_after_ms),
        name_culprit: settings.name_culprit,
        memory_high_percent: settings.memory_high_percent.clamp(1, 100),
        memory_high_within: minutes(settings.memory_high_minutes),
        memory_critical_percent: settings.memory_critical_percent.clamp(1, 100),
        memory_critical_within: Duration::from_secs(u64::from(
            settings.memory_critical_seconds.clamp(1, 3_600),
        )),
        machine_memory_low_percent: settings.machine_memory_low_percent.min(100),
        refresh_after: (settings.refresh_after_minutes > 0).then(|| minutes(settings.refresh_after_minutes)),
        bridge: settings.bridge_connections,
        restore_sessions: session_mode(settings.restore_sessions),
        continue_sessions: session_mode(settings.continue_sessions),
        stalled_after: Duration::from_secs(u64::from(settings.connection_stalled_seconds.clamp(10, 3_600))),
        reap: reap(settings),
        refresh: match settings.refresh {
            wire::RefreshMode::Offer => core::RefreshMode::Offer,
            wire::RefreshMode::Automatic => core::RefreshMode::Automatic,
        },
    }
}

/// Held within a minute and four weeks.
fn minutes(minutes: u32) -> Duration {
    Duration::from_secs(60 * u64::from(minutes.clamp(1, 28 * 24 * 60)))
}

pub(crate) const fn mode(mode: core::Mode) -> wire::RecoveryMode {
    match mode {
        core::Mode::Automatic => wire::RecoveryMode::Automatic,
        core::Mode::Ask => wire::RecoveryMode::Ask,
        core::Mode::Observe => wire::RecoveryMode::Observe,
    }
}

pub(crate) const fn beat(beat: &wire::Beat) -> core::Beat {
    core::Beat {
        delay_p99_ms: beat.delay_p99_ms,
        heap_used_bytes: beat.heap_used_bytes,
        heap_limit_bytes: beat.heap_limit_bytes,
        rss_bytes: beat.rss_bytes,
        heap_floor_bytes: beat.heap_floor_bytes,
        gc_ms: beat.gc_ms,
        input_idle_ms: beat.input_idle_ms,
    }
}

pub(crate) const fn drill(kind: wire::DrillKind) -> core::Drill {
    match kind {
        wire::DrillKind::Deadlock => core::Drill::Deadlock,
        wire::DrillKind::BusyLoop => core::Drill::BusyLoop,
    }
}

pub(crate) const fn drill_kind(drill: core::Drill) -> wire::DrillKind {
    match drill {
        core::Drill::Deadlock => wire::DrillKind::Deadlock,
        core::Drill::BusyLoop => wire::DrillKind::BusyLoop,
    }
}

pub(crate) fn info(hello: &wire::WindowHello) -> core::WindowInfo {
    core::WindowInfo {
        label: shortened(&hello.label, LABEL_CHARS),
        workspace_key: shortened(&hello.workspace_key, KEY_CHARS),
        can_restart_gracefully: hello.can_restart_gracefully,
        may_be_debugged: hello.may_be_debugged,
        unguarded: false,
    }
}

pub(crate) fn evidence(evidence: &[core::Evidence]) -> Vec<wire::EvidenceItem> {
    evidence
        .iter()
        .map(|item| wire::EvidenceItem {
            witness: match item.witness() {
                core::Witness::MainThread => "mainThread",
                core::Witness::Worker => "worker",
                core::Witness::Kernel => "kernel",
                core::Witness::Socket => "socket",
                core::Witness::Debugger => "debugger",
                core::Witness::Machine => "machine",
                core::Witness::User => "user",
            }
            .into(),
            text: item.to_string(),
        })
        .collect()
}

const fn session_mode(mode: wire::SessionMode) -> core::SessionMode {
    match mode {
        wire::SessionMode::Automatic => core::SessionMode::Automatic,
        wire::SessionMode::Ask => core::SessionMode::Ask,
        wire::SessionMode::Never => core::SessionMode::Never,
    }
}

pub(crate) fn session_answer(answer: core::SessionAnswer) -> wire::SessionAnswer {
    match answer {
        core::SessionAnswer::Started => wire::SessionAnswer::Started,
        core::SessionAnswer::AlreadyOpen { shell_pid } => wire::SessionAnswer::AlreadyOpen { shell_pid },
        core::SessionAnswer::Refused(reason) => wire::SessionAnswer::Refused { reason },
    }
}

pub(crate) const fn notice_code(code: &core::NoticeCode) -> &'static str {
    match code {
        core::NoticeCode::Recovered => "recovered",
        core::NoticeCode::CrashRecovered => "crashRecovered",
        core::NoticeCode::RefusedBudget => "refusedBudget",
        core::NoticeCode::RefusedUnsaved(_) => "refusedUnsaved",
        core::NoticeCode::RefusedCannotSave(_) => "refusedCannotSave",
        core::NoticeCode::RefusedIdentity(_) => "refusedIdentity",
        core::NoticeCode::NotVerified => "notVerified",
        core::NoticeCode::Ask => "ask",
        core::NoticeCode::Observed => "observed",
        core::NoticeCode::Stopped => "stopped",
        core::NoticeCode::Unclear => "unclear",
        core::NoticeCode::Unguarded => "unguarded",
        core::NoticeCode::MemoryHigh { .. } => "memoryHigh",
        core::NoticeCode::MemoryCritical { .. } => "memoryCritical",
        core::NoticeCode::MachineMemory(_) => "machineMemory",
        core::NoticeCode::RefreshOffered(_) => "refreshOffered",
        core::NoticeCode::SessionEnded { .. } => "sessionEnded",
        core::NoticeCode::SessionCut { .. } => "sessionCut",
        core::NoticeCode::TurnDied { .. } => "turnDied",
        core::NoticeCode::TurnsDie { .. } => "turnsDie",
        core::NoticeCode::TurnBreaks { .. } => "turnBreaks",
        core::NoticeCode::TurnStalled { .. } => "turnStalled",
    }
}

pub(crate) const fn cause(cause: core::Cause) -> &'static str {
    match cause {
        core::Cause::Freeze => "freeze",
        core::Cause::Crash => "crash",
        core::Cause::Requested => "requested",
        core::Cause::Drill => "drill",
        core::Cause::Memory => "memory",
        core::Cause::Refresh => "refresh",
    }
}

pub(crate) fn incident(incident: &core::Incident) -> wire::Incident {
    let after = |at: Option<core::Time>| {
        at.map(|at| u64::try_from(at.since(incident.began).as_millis()).unwrap_or(u64::MAX))
    };
    wire::Incident {
        id: incident.id.0.to_string(),
        window_id: incident.window.0.clone(),
        label: incident.label.clone(),
        host_pid: incident.host.pid,
        new_host_pid: incident.new_host.map(|host| host.pid),
        cause: cause(incident.cause).into(),
        verdict: incident.verdict.name().into(),
        evidence: evidence(&incident.evidence),
        outcome: match incident.outcome {
            core::Outcome::Open => wire::Outcome::Open,
            core::Outcome::Recovered => wire::Outcome::Recovered,
            core::Outcome::CameBack => wire::Outcome::CameBack,
            core::Outcome::Refused => wire::Outcome::Refused,
            core::Outcome::NotVerified => wire::Outcome::NotVerified,
            core::Outcome::CrashRecovered => wire::Outcome::CrashRecovered,
        },
        reason: incident.reason.as_ref().map(|code| notice_code(code).into()),
        began_unix_ms: clock::unix_ms_of(incident.began),
        verdict_after_ms: after(incident.verdict_at),
        acted_after_ms: after(incident.acted_at),
        ended_after_ms: after(incident.ended_at),
        snapshot_id: incident.snapshot.then(|| incident.id.0.to_string()),
        preserved: incident.snapshot.then_some(wire::Preserved {
            tabs: incident.risks.tabs,
            dirty_documents: incident.risks.dirty_documents,
            terminals: incident.risks.terminals,
        }),
        culprit: incident.culprit.as_ref().map(culprit),
        heap_used_bytes: incident
            .heap
            .filter(|_| incident.cause == core::Cause::Memory)
            .map(|(used, _)| used),
        heap_limit_bytes: incident
            .heap
            .filter(|_| incident.cause == core::Cause::Memory)
            .map(|(_, limit)| limit),
    }
}

/// How often it has been one before is for whoever knows the history to say.
fn culprit(culprit: &core::Culprit) -> wire::Culprit {
    wire::Culprit {
        extension_id: culprit.extension_id.clone(),
        version: culprit.version.clone(),
        display_name: culprit.display_name.clone(),
        function: culprit.function.clone(),
        file: culprit.file.clone(),
        line: culprit.line,
        bugs_url: culprit.bugs_url.clone(),
        times_this_week: 1,
    }
}

pub(crate) fn notice(notice: &core::Notice) -> wire::Notice {
    wire::Notice {
        id: notice.id.0.to_string(),
        code: notice_code(&notice.code).into(),
        text: wording::sentence(notice),
        window_id: notice.window.0.clone(),
        incident: notice.incident.as_ref().map(incident),
        session_id: match &notice.code {
            core::NoticeCode::SessionEnded { session, .. }
            | core::NoticeCode::SessionCut { session, .. }
            | core::NoticeCode::TurnDied { session, .. }
            | core::NoticeCode::TurnsDie { session, .. }
            | core::NoticeCode::TurnBreaks { session, .. }
            | core::NoticeCode::TurnStalled { session, .. } => Some(session.clone()),
            _ => None,
        },
    }
}

pub(crate) fn window(window: &core::Window) -> wire::WindowStatus {
    let now = clock::now();
    let judgement = window.judgement();
    let beat = window.last_beat();
    wire::WindowStatus {
        window_id: window.id().0.clone(),
        label: window.info().label.clone(),
        host_pid: window.host().map(|host| host.pid),
        verdict: judgement.verdict.name().into(),
        evidence: evidence(&judgement.evidence),
        phase: window.phase().name().into(),
        paused: window.is_paused(),
        mode: mode(window.settings().mode),
        silent_ms: window.silent_for(now).map(|silent| u64::try_from(silent.as_millis()).unwrap_or(u64::MAX)),
        restarts_in_window: u32::try_from(window.restarts_in_window(now)).unwrap_or(u32::MAX),
        delay_p99_ms: beat.map(|beat| beat.delay_p99_ms),
        heap_used_bytes: beat.map(|beat| beat.heap_used_bytes),
        heap_limit_bytes: beat.map(|beat| beat.heap_limit_bytes),
        rss_bytes: beat.map(|beat| beat.rss_bytes),
        notices: window.pending().iter().map(notice).collect(),
        guarded: !window.info().unguarded,
        host_age_ms: window.host_age(now).map(millis),
        memory: window.memory().map(|(level, trend, history)| wire::MemoryStatus {
            level: level.name().into(),
            percent: beat.map_or(0.0, percent_of_heap),
            bytes_per_minute: trend.map(|trend| (trend.bytes_per_second * 60.0).round()),
            seconds_to_limit: trend.and_then(|trend| trend.limit_in).map(|left| left.as_secs()),
            history,
        }),
        degraded: window.degraded(),
        waits_for: window.waits_for().map(str::to_owned),
        connections: Vec::new(),
        storm_sessions: None,
        relay_outage: None,
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// In use of the limit, in percent with one decimal. A heap is far below 2^53 bytes.
#[expect(clippy::cast_precision_loss)]
fn percent_of_heap(beat: &core::Beat) -> f64 {
    let percent = beat.heap_used_bytes as f64 * 100.0 / (beat.heap_limit_bytes.max(1) as f64);
    (percent * 10.0).round() / 10.0
}
