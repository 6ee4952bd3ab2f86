//! The English of the daemon: desktop notifications and the command line. In the window, TypeScript says it.

use std::fmt::Write as _;

use lifeline_core::{CalledOff, Cause, GivenBack, Hindrance, Incident, Notice, NoticeCode, Verdict};

/// Title of every desktop notification.
pub(crate) const TITLE: &str = "Lifeline";

/// The last part of a path or URI, for people.
pub(crate) fn file_name(uri: &str) -> &str {
    uri.trim_end_matches('/').rsplit(['/', '\\']).next().unwrap_or(uri)
}

/// Why a host stands still, in a few words.
pub(crate) const fn because(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Deadlock => "its main thread waits for something that does not come",
        Verdict::OnChild => "its main thread waits for a child process",
        Verdict::Spinning => "its main thread runs in a loop without a pause",
        Verdict::GcThrash => "it does little but collect garbage",
        Verdict::Stopped => "a signal from elsewhere has stopped it",
        Verdict::Traced => "a debugger holds it",
        Verdict::Starved => "the machine is overloaded",
        Verdict::IoStuck => "it waits for a disk or a network file system",
        Verdict::Gone => "it has ended",
        Verdict::Healthy | Verdict::Late | Verdict::Suspended => "the reason is not certain",
    }
}

fn seconds(from: lifeline_core::Time, to: Option<lifeline_core::Time>) -> String {
    to.map_or_else(
        || "some time".to_owned(),
        |to| {
            let ms = to.since(from).as_millis();
            format!("{}.{} s", ms / 1000, ms % 1000 / 100)
        },
    )
}

fn preserved(incident: &Incident) -> String {
    let mut text = String::new();
    let risks = &incident.risks;
    let mut add = |count: u32, one: &str, many: &str| {
        if count > 0 {
            let comma = if text.is_empty() { "" } else { ", " };
            let _ = write!(text, "{comma}{count} {}", if count == 1 { one } else { many });
        }
    };
    add(risks.tabs, "tab", "tabs");
    add(risks.dirty_documents, "unsaved file", "unsaved files");
    add(risks.terminals, "terminal", "terminals");
    text
}

/// This program as a person must type it: it lies inside the extension, on nobody's PATH.
fn own_command() -> String {
    std::env::current_exe().ok().and_then(|path| path.into_os_string().into_string().ok()).map_or_else(
        || "lifeline".into(),
        |path| if path.contains(' ') { format!("\"{path}\"") } else { path },
    )
}

/// What happened, what Lifeline did or refused to do, and the next step: one or two sentences.
pub(crate) fn sentence(notice: &Notice) -> String {
    match &notice.incident {
        Some(incident) => sentence_of(&notice.code, incident),
        None => plain_sentence(&notice.code, &notice.label),
    }
}

/// Of a host that answers.
fn plain_sentence(code: &NoticeCode, label: &str) -> String {
    match code {
        NoticeCode::MemoryHigh { used_bytes, limit_bytes, limit_in_secs } => {
            let when = limit_in_secs.map_or_else(String::new, |secs| {
                format!(" At this rate it reaches the limit in {}.", span(secs))
            });
            format!(
                "The extension host of “{label}” uses {} of {} of its heap.{when} Restart it at a quiet moment: \
                 “Lifeline: Refresh Extension Host at a Quiet Moment”.",
                gigabytes(*used_bytes),
                gigabytes(*limit_bytes)
            )
        }
        NoticeCode::MemoryCritical { used_bytes, limit_bytes, why } => {
            let why = match why {
                Hindrance::Mode => {
                    "The setting lifeline.recovery.mode does not let Lifeline restart it by itself.".into()
                }
                Hindrance::Budget => {
                    "VS Code restarts it only twice in five minutes, so Lifeline left it alone.".into()
                }
                Hindrance::Unsaved(what) => {
                    format!("A restart would lose {}, so Lifeline left it alone.", what.join(", "))
                }
            };
            format!(
                "The extension host of “{label}” is about to run out of memory ({} of {}). {why} Save what is not saved and run \
                 “Lifeline: Restart Extension Host”.",
                gigabytes(*used_bytes),
                gigabytes(*limit_bytes)
            )
        }
        NoticeCode::MachineMemory(memory) => format!(
            "{} has {} of {} of its memory left. “lifeline status” shows what Claude Code and the extension hosts use.",
            if memory.is_limited { "This container" } else { "This machine" },
            gigabytes(memory.available_bytes),
            gigabytes(memory.total_bytes)
        ),
        NoticeCode::RefreshOffered(why) => format!(
            "A restart would do the extension host of “{label}” good: {why}. Tabs, unsaved text and terminals stay as they are."
        ),
        NoticeCode::SessionEnded { title, .. } => {
            format!(
                "Claude's session “{title}” ended together with the extension host. Nothing of it is lost: open it again where you like."
            )
        }
        NoticeCode::SessionCut { title, .. } => {
            format!(
                "Claude's session “{title}” was cut off in the middle of its answer. It can go on from where it stopped."
            )
        }
        NoticeCode::TurnDied { title, fault, storm, .. } => {
            let whose = storm.map_or_else(
                || "What it had done is kept; it can go on from there.".to_owned(),
                |sessions| {
                    format!("{sessions} sessions have such trouble at once: it is the network or the service. They can go on when that is back.")
                },
            );
            format!("The turn of Claude's session “{title}” died: {fault}. {whose}")
        }
        NoticeCode::TurnsDie { title, deaths, bytes, .. } => format!(
            "{deaths} turns of Claude's session “{title}” have died in a row. It is large ({}), and another try of the same helps about one time \
             in ten. Type “/compact” there first, then let it go on.",
            megabytes(*bytes)
        ),
        NoticeCode::TurnBreaks { title, fault, attempts, bytes, .. } => format!(
            "A turn of Claude's session “{title}” has failed {attempts} times: {fault}. The session is large ({}), and such a one seldom gets through \
             by trying on. Press Escape there, type “/compact”, then let it go on.",
            megabytes(*bytes)
        ),
        NoticeCode::TurnStalled { title, silent_for, .. } => format!(
            "Claude's session “{title}” waits for an answer, and nothing has come for {}. It may try again by itself after five minutes. To try at once: \
             press Escape there, and type “continue”.",
            span(silent_for.as_secs())
        ),
        _ => format!("The extension host of “{label}” needs a look: run “Lifeline: Show Status”."),
    }
}

/// Processes that certainly were left behind and are still there.
pub(crate) fn left_behind(processes: u32, bytes: u64) -> String {
    let (were, hold) = if processes == 1 {
        ("process of Claude Code was", "holds")
    } else {
        ("processes of Claude Code were", "hold")
    };
    format!(
        "{processes} {were} left behind and {hold} {}. “lifeline orphans” lists them with the reasons, “lifeline reap” ends them.",
        megabytes(bytes),
    )
}

/// Processes that were left behind and that Lifeline has ended by itself.
pub(crate) fn given_back(GivenBack { processes, bytes }: GivenBack) -> String {
    let were =
        if processes == 1 { "process of Claude Code that was" } else { "processes of Claude Code that were" };
    format!(
        "Ended {processes} {were} left behind: {} given back. “lifeline snapshots” has what their sessions were.",
        megabytes(bytes),
    )
}

/// Why an ending did not come to its end, in a sentence.
pub(crate) fn called_off(reason: &CalledOff) -> String {
    match reason {
        CalledOff::Gap => {
            "The machine slept, or Lifeline did not run: everything is looked at anew. Ask again.".into()
        }
        CalledOff::Gone => "It has ended by itself.".into(),
        CalledOff::InUse(uses) => {
            let uses = uses.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
            format!("It is in use: {uses}.")
        }
        CalledOff::Needed => "Somebody needs it again.".into(),
        CalledOff::Changed => {
            "It is not any more as it was. Look at it again with “lifeline orphans”.".into()
        }
        CalledOff::NotSaved(why) => format!("What it was could not be saved ({why}), so it was left alone."),
        CalledOff::Refused(why) => format!("It was left alone: {why}."),
        CalledOff::NoAnswer => "A look at it took too long. Ask again.".into(),
        CalledOff::Unwanted => "The settings say that nothing is to be ended by itself.".into(),
    }
}

/// An amount of memory, in a sentence.
pub(crate) fn megabytes(bytes: u64) -> String {
    if bytes < 1_000_000_000 { format!("{} MB", bytes / 1_000_000) } else { gigabytes(bytes) }
}

fn gigabytes(bytes: u64) -> String {
    format!("{}.{} GB", bytes / 1_000_000_000, bytes % 1_000_000_000 / 100_000_000)
}

/// Minutes, or seconds where there are less than two of them.
fn span(secs: u64) -> String {
    if secs < 120 { format!("{secs} s") } else { format!("{} min", secs / 60) }
}

fn sentence_of(code: &NoticeCode, incident: &Incident) -> String {
    let label = &incident.label;
    let why = because(incident.verdict);
    let me = own_command();
    match code {
        NoticeCode::Recovered if matches!(incident.cause, Cause::Memory | Cause::Refresh) => {
            let why = match (incident.cause, incident.heap) {
                (Cause::Memory, Some((used, limit))) => {
                    format!("before it ran out of memory ({} of {})", gigabytes(used), gigabytes(limit))
                }
                _ => "because it had run for long or had become slow".to_owned(),
            };
            let back = incident.acted_at.map_or_else(String::new, |acted| seconds(acted, incident.ended_at));
            let kept = preserved(incident);
            let kept = if kept.is_empty() { String::new() } else { format!(" Preserved: {kept}.") };
            format!("The extension host of “{label}” was restarted {why}, and is back after {back}.{kept}")
        }
        NoticeCode::Recovered => {
            let frozen = seconds(incident.began, incident.acted_at);
            let back = incident.acted_at.map_or_else(String::new, |acted| seconds(acted, incident.ended_at));
            let kept = preserved(incident);
            let kept = if kept.is_empty() { String::new() } else { format!(" Preserved: {kept}.") };
            format!(
                "The extension host of “{label}” was frozen for {frozen} ({why}). It was restarted and is back after {back}.{kept}{}",
                incident
                    .culprit
                    .as_ref()
                    .map_or_else(String::new, |culprit| format!(" The stack says: {culprit}."))
            )
        }
        NoticeCode::CrashRecovered => format!(
            "The extension host of “{label}” ended unexpectedly; VS Code started a new one, which is attached after {}.",
            seconds(incident.began, incident.ended_at)
        ),
        NoticeCode::RefusedBudget => format!(
            "The extension host of “{label}” is frozen ({why}), and this window's host has ended twice within five minutes. VS Code would not \
             restart it a third time, so Lifeline left it alone. Run “Developer: Reload Window” in that window; unsaved text survives it."
        ),
        NoticeCode::RefusedUnsaved(what) => format!(
            "The extension host of “{label}” is frozen ({why}). A restart would lose {}, so Lifeline left it alone. \
             Wait for it, or accept the loss with: {me} restart --window {}",
            what.join(", "),
            incident.window
        ),
        NoticeCode::RefusedCannotSave(reason) => format!(
            "The extension host of “{label}” is frozen ({why}), but its context could not be saved: {reason}. Lifeline restarts nothing \
             that it cannot save first. Free space on that disk; Lifeline tries again every minute."
        ),
        NoticeCode::RefusedIdentity(what) => format!(
            "The extension host of “{label}” looked frozen ({why}), but a last look refused the restart: {what}. Lifeline keeps watching."
        ),
        NoticeCode::NotVerified => format!(
            "The extension host of “{label}” was restarted, but no new one has answered. Run “Developer: Reload Window” in that window; \
             the snapshot is in: {me} snapshots show {}",
            incident.id.0
        ),
        NoticeCode::Ask => format!(
            "The extension host of “{label}” is frozen ({why}). Its context is saved. To restart it: {me} restart --window {}",
            incident.window
        ),
        NoticeCode::Observed => format!(
            "The extension host of “{label}” is frozen ({why}). The setting lifeline.recovery.mode is “observe”, so Lifeline left it alone. \
             To restart it: {me} restart --window {}",
            incident.window
        ),
        NoticeCode::Stopped => format!(
            "The extension host of “{label}” has been stopped by a signal from elsewhere. Lifeline left it alone. \
             To continue it: kill -CONT {}",
            incident.host.pid
        ),
        NoticeCode::Unclear => format!(
            "The extension host of “{label}” has not answered for a minute ({why}). Lifeline restarts nothing of which it is not certain. \
             Look at: {me} status. To restart it all the same: {me} restart --window {}",
            incident.window
        ),
        NoticeCode::Unguarded => format!(
            "The extension host of “{label}” is frozen ({why}). Lifeline is not in that window, so it left it alone. \
             Run “Developer: Restart Extension Host” or “Developer: Reload Window” there."
        ),
        NoticeCode::MemoryHigh { .. }
        | NoticeCode::MemoryCritical { .. }
        | NoticeCode::MachineMemory(_)
        | NoticeCode::SessionEnded { .. }
        | NoticeCode::SessionCut { .. }
        | NoticeCode::TurnDied { .. }
        | NoticeCode::TurnsDie { .. }
        | NoticeCode::TurnBreaks { .. }
        | NoticeCode::TurnStalled { .. }
        | NoticeCode::RefreshOffered(_) => plain_sentence(code, label),
    }
}
