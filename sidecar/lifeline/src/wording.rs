//! The English of the daemon: desktop notifications and the command line. In the window, TypeScript says it.

use std::fmt::Write as _;

use lifeline_core::{Incident, Notice, NoticeCode, Verdict};

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
    let incident = &notice.incident;
    let label = &incident.label;
    let why = because(incident.verdict);
    let me = own_command();
    match &notice.code {
        NoticeCode::Recovered => {
            let frozen = seconds(incident.began, incident.acted_at);
            let back = incident.acted_at.map_or_else(String::new, |acted| seconds(acted, incident.ended_at));
            let kept = preserved(incident);
            let kept = if kept.is_empty() { String::new() } else { format!(" Preserved: {kept}.") };
            format!(
                "The extension host of “{label}” was frozen for {frozen} ({why}). It was restarted and is back after {back}.{kept}"
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
    }
}
