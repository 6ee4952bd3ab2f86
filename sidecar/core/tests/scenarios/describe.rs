//! What Lifeline decided, in the words of the stories.

use std::fmt::Write as _;

use lifeline_core::{
    Decision, DrillAnswer, Evidence, Hindrance, Incident, Notice, NoticeCode, Outcome, RestartAnswer,
    SessionAnswer, Time, Via,
};

use crate::seconds;

/// A decision in a line, or more; none for those that repeat what the status says.
pub(crate) fn describe(at: u64, decision: &Decision, all_evidence: bool) -> Vec<String> {
    let line = match decision {
        Decision::Examine { .. }
        | Decision::LookForTurns { .. }
        | Decision::LookForSessions { .. }
        | Decision::LookAtLink { .. }
        | Decision::Changed { .. } => {
            return Vec::new();
        }
        Decision::NameCulprit { host, .. } => format!("NAME the culprit of host {}", host.pid),
        Decision::SaveSnapshot { incident } => {
            format!(
                "SAVE the context of {}, incident {}: {}",
                incident.window,
                incident.id.0,
                cause(incident)
            )
        }
        Decision::KillHost { incident, window, host, verdict, evidence } => {
            let line = format!("KILL host {} of {window}, incident {}: {verdict}", host.pid, incident.0);
            let mut witnesses: Vec<_> = evidence.iter().map(Evidence::witness).collect();
            witnesses.sort_unstable();
            witnesses.dedup();
            if all_evidence {
                let words = evidence.iter().map(|one| format!("    {:?}: {one}", one.witness()));
                return std::iter::once(line).chain(words).collect();
            }
            format!("{line}, by {witnesses:?}")
        }
        Decision::RestartGracefully { incident, window } => {
            format!("RESTART {window} gracefully, incident {}", incident.0)
        }
        Decision::Tell { window, via: Via::Window, notice } => format!("tell {window}: {}", said(notice)),
        Decision::Tell { window, via: Via::Desktop, notice } => {
            format!("tell the desktop, of {window}: {}", said(notice))
        }
        Decision::Record { incident } => record(at, incident),
        Decision::AnswerRestart { answer: RestartAnswer::Started, .. } => "answer: started".into(),
        Decision::AnswerRestart { answer: RestartAnswer::NeedsConfirmation(lost), .. } => {
            format!("answer: to be confirmed, would lose {lost:?}")
        }
        Decision::AnswerRestart { answer: RestartAnswer::Waiting, .. } => "answer: waiting".into(),
        Decision::AnswerDrill { answer: DrillAnswer::Go, .. } => "answer: go".into(),
        Decision::AnswerRestart { answer: RestartAnswer::Refused(why), .. }
        | Decision::AnswerDrill { answer: DrillAnswer::Refused(why), .. } => format!("answer: {why}"),
        Decision::Freeze { window, drill } => format!("FREEZE {window}: {drill:?}"),
        Decision::Bridge { port, to: Some(to) } => format!("BRIDGE port {port} to port {to}"),
        Decision::Bridge { port, to: None } => format!("BRIDGE port {port}, for whoever comes"),
        Decision::OpenSession { window, session, goes_on, .. } => {
            format!("OPEN session {session} in {window}{}", if *goes_on { ", and let it go on" } else { "" })
        }
        Decision::TypeCompact { session, shell_pid, .. } => {
            format!("COMPACT session {session} in the terminal of shell {shell_pid}")
        }
        Decision::TypeContinue { session, shell_pid, .. } => {
            format!("TYPE “continue” for session {session} in the terminal of shell {shell_pid}")
        }
        Decision::AnswerSession { answer: SessionAnswer::Refused(why), .. } => format!("answer: {why}"),
        Decision::AnswerSession { answer, .. } => format!("answer: {answer:?}").to_lowercase(),
        Decision::Unbridge { port } => format!("give port {port} BACK"),
        Decision::Orphan(decision) => format!("ORPHAN {decision:?}"),
        Decision::Leave => "LEAVE".into(),
    };
    vec![line]
}

fn cause(incident: &Incident) -> String {
    format!("{:?} ({})", incident.cause, incident.verdict).to_lowercase()
}

fn said(notice: &Notice) -> String {
    let code = match &notice.code {
        NoticeCode::RefusedUnsaved(what) => format!("refused, unsaved: {}", what.join(", ")),
        NoticeCode::RefusedCannotSave(why) => format!("refused, cannot save: {why}"),
        NoticeCode::RefusedIdentity(why) => format!("refused, at the last look: {why}"),
        NoticeCode::RefusedBudget => "refused, restarted twice already".into(),
        NoticeCode::MemoryHigh { used_bytes, limit_bytes, limit_in_secs } => {
            let full = limit_in_secs.map_or(String::new(), |secs| format!(", full in {secs} s"));
            format!("memory high, {} %{full}", used_bytes * 100 / limit_bytes)
        }
        NoticeCode::MemoryCritical { used_bytes, limit_bytes, why } => {
            let why = match why {
                Hindrance::Unsaved(what) => format!("unsaved: {}", what.join(", ")),
                why => format!("{why:?}").to_lowercase(),
            };
            format!("memory critical, {} %, but {why}", used_bytes * 100 / limit_bytes)
        }
        NoticeCode::MachineMemory(memory) => {
            format!("{} % of the machine's memory left", memory.available_bytes * 100 / memory.total_bytes)
        }
        NoticeCode::SessionEnded { session, title } => format!("session {session} ended ({title})"),
        NoticeCode::SessionCut { session, title } => format!("session {session} was cut ({title})"),
        NoticeCode::TurnDied { session, title, fault, storm } => {
            let storm =
                storm.map_or_else(String::new, |sessions| format!("; a storm over {sessions} sessions"));
            format!("a turn of {session} died ({title}): {fault}{storm}")
        }
        NoticeCode::TurnsDie { session, title, deaths, bytes } => {
            format!("{deaths} turns of {session} died ({title}), {bytes} bytes: compact it")
        }
        NoticeCode::TurnBreaks { session, title, fault, attempts, bytes } => {
            format!("a turn of {session} has failed {attempts} times ({title}), {bytes} bytes: {fault}")
        }
        NoticeCode::TurnStalled { session, title, silent_for } => {
            format!("{session} is stalled ({title}): silent for {} s", silent_for.as_secs())
        }
        NoticeCode::RefreshOffered(why) => format!("a refresh would do good: {why}"),
        code => format!("{code:?}").to_lowercase(),
    };
    match &notice.incident {
        Some(incident) => format!("{code} (incident {} of {})", incident.id.0, incident.window),
        None => code,
    }
}

fn record(at: u64, incident: &Incident) -> String {
    let after = |time: Option<Time>| {
        time.map_or("-".into(), |time| {
            format!("{:.1}", seconds(time.as_millis()) - seconds(incident.began.as_millis()))
        })
    };
    let mut line = format!("record incident {}: {}, {:?}", incident.id.0, cause(incident), incident.outcome);
    write!(
        line,
        "; host {} → {}; verdict, act, end after {}, {}, {} s",
        incident.host.pid,
        incident.new_host.map_or("none".into(), |host| host.pid.to_string()),
        after(incident.verdict_at),
        after(incident.acted_at),
        after(incident.ended_at),
    )
    .unwrap();
    if !incident.snapshot {
        line.push_str("; no snapshot");
    }
    if let Some(culprit) = &incident.culprit {
        write!(line, "; {culprit}").unwrap();
    }
    assert!(incident.began.as_millis() <= at);
    assert_ne!(incident.outcome, Outcome::Open, "an open incident is not recorded");
    line
}
