//! Lifeline's own health, and what only its daemon knows.

use super::{Because, Draft, Outcome, count, size};
use crate::{
    Names,
    contract::Severity,
    facts::{Daemon, Facts, Running},
};

/// A daemon answers within a few milliseconds; it looks at all sockets and processes for it.
const SLOW_AFTER_MS: u64 = 500;

const PROCESSES_LEFT_BEHIND: Because = (
    "They take memory and compute on; two on one session lose work.",
    "https://github.com/anthropics/claude-code/issues/22612 and #83719",
);

const LIFELINE_VERSION: Because = ("One of them may know what the other does not.", "the handshake");

const LIFELINE_SLOW: Because =
    ("A daemon that is kept from running notices a freeze late.", "it needs some 10 ms on an idle machine");

const DRILL_NEVER: Because = ("A recovery that was seen to work is one to rely on.", "`lifeline drill`");

const DRILL_FAILED: Because = ("What fails as a drill fails when it counts.", "`lifeline incidents`");

pub(super) fn leaked(facts: &Facts, _: &Names) -> Outcome {
    let running = match &facts.daemon {
        Daemon::Absent(_) | Daemon::Silent(_) => {
            return Outcome::unknown(
                "Only Lifeline's daemon knows who owns which process, and there is none that answers.",
            );
        }
        Daemon::Running(running) => running,
    };
    match &running.left_behind {
        Err(why) => Outcome::unknown(why),
        Ok(left) if left.processes == 0 => Outcome::default(),
        Ok(left) => vec![
            Draft::new(
                "processes-left-behind",
                Severity::Warning,
                format!(
                    "{} of Claude Code {} left behind.",
                    count(left.processes, "process", "processes"),
                    if left.processes == 1 { "was" } else { "were" }
                ),
            )
            .detail(format!("{} of memory.", size(left.bytes)))
            .why(PROCESSES_LEFT_BEHIND)
            .fix("“lifeline orphans” shows them and why; “lifeline reap” ends them with care."),
        ]
        .into(),
    }
}

pub(super) fn lifeline(facts: &Facts, _: &Names) -> Outcome {
    let why = "Without its daemon nothing is watched, saved or restarted.";
    match &facts.daemon {
        Daemon::Absent(sentence) => vec![
            Draft::new("lifeline-absent", Severity::Hint, "Lifeline's daemon does not run.")
                .detail(sentence)
                .why((why, "it leaves ten minutes after the last window"))
                .fix("Open a window with the Lifeline extension, or: lifeline serve --detach"),
        ]
        .into(),
        Daemon::Silent(sentence) => vec![
            Draft::new("lifeline-silent", Severity::Error, "Lifeline's daemon does not answer.")
                .detail(sentence)
                .why((why, "it answers within 10 s or is replaced by the extension"))
                .fix("lifeline serve --detach --replace"),
        ]
        .into(),
        Daemon::Running(running) => {
            let note = format!("Version {}, answered in {} ms.", running.version, running.answered_after_ms);
            running_findings(facts, running).into_iter().fold(Outcome::note(note), Outcome::found)
        }
    }
}

fn running_findings(facts: &Facts, running: &Running) -> Vec<Draft> {
    let mut drafts = Vec::new();
    if running.version != facts.lifeline_version {
        drafts.push(
            Draft::new(
                "lifeline-version",
                Severity::Warning,
                "Lifeline's daemon is of another version than this program.",
            )
            .detail(format!("The daemon is {}, this is {}.", running.version, facts.lifeline_version))
            .why(LIFELINE_VERSION)
            .fix("Update the extension in every editor, then: lifeline serve --detach --replace"),
        );
    }
    if let Some(why) = &running.cannot_save {
        drafts.push(
            Draft::new(
                "lifeline-cannot-save",
                Severity::Error,
                "Lifeline cannot save, and so restarts nothing.",
            )
            .detail(why)
            .why(("No snapshot, no kill.", "Lifeline's own rule"))
            .fix("Make the state folder writable, and make space there."),
        );
    }
    if running.answered_after_ms > SLOW_AFTER_MS {
        drafts.push(
            Draft::new("lifeline-slow", Severity::Warning, "Lifeline's daemon is slow to answer.")
                .detail(format!("{} ms.", running.answered_after_ms))
                .why(LIFELINE_SLOW)
                .fix("See what keeps the machine busy; “lifeline status” shows its pressure."),
        );
    }
    match running.last_drill {
        None => drafts.push(
            Draft::new("drill-never", Severity::Hint, "No recovery was tried here yet.")
                .detail("No drill is on record.")
                .why(DRILL_NEVER)
                .fix("Lifeline: Run Recovery Drill, or: lifeline drill"),
        ),
        Some(drill) if !drill.passed => drafts.push(
            Draft::new(
                "drill-failed",
                Severity::Warning,
                "The last recovery drill did not bring the window back.",
            )
            .detail(format!("{} days ago.", facts.now_unix_ms.saturating_sub(drill.unix_ms) / 86_400_000))
            .why(DRILL_FAILED)
            .fix("See “lifeline incidents” for what happened, and try again: lifeline drill"),
        ),
        Some(_) => {}
    }
    drafts
}
