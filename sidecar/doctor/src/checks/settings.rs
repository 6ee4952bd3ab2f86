//! What the user has set: files that cannot be read, timeouts that make no sense, notes for Claude.

use super::{Because, Draft, Outcome, connection::said};
use crate::{
    Names,
    contract::Severity,
    facts::{Content, Facts, SettingsFile},
    json::{self, Kind},
    repair::{Plan, SECTION_BEGIN},
};

const TIMEOUT_SHADOWED: Because =
    ("Whoever changes the other one sees no effect.", "https://code.claude.com/docs/en/settings");

const CLAUDE_MD_PREVENTION: Because = (
    "A host that has run for hours is the one that freezes. Lifeline restarts it; work that was saved is safe whatever happens.",
    "“Claude Code VS Code Connection Lost — Fix” (2026), “Prevention”",
);

pub(super) fn settings_json(facts: &Facts, names: &Names) -> Outcome {
    match &facts.settings {
        Err(why) => Outcome::unknown(why),
        Ok(files) => files.iter().flat_map(|file| unreadable(file, names, true)).collect::<Vec<_>>().into(),
    }
}

pub(super) fn editor_settings(facts: &Facts, names: &Names) -> Outcome {
    match &facts.editor_settings {
        Err(why) => Outcome::unknown(why),
        Ok(files) => files.iter().flat_map(|file| unreadable(file, names, false)).collect::<Vec<_>>().into(),
    }
}

/// Why a file of settings is not what its readers expect.
fn unreadable(file: &SettingsFile, names: &Names, is_strict: bool) -> Vec<Draft> {
    let told = names.path(&file.path);
    let id = if is_strict { "settings-unreadable" } else { "editor-settings-unreadable" };
    let draft = |severity, title| {
        let why = if is_strict {
            "Claude Code leaves out a file of settings that it cannot read: its permissions, hooks and variables do not count."
        } else {
            "The editor leaves out what it cannot read of its settings, those of its proxy and of Claude Code too."
        };
        let source = if is_strict {
            "https://code.claude.com/docs/en/settings"
        } else {
            "https://code.visualstudio.com/docs/configure/settings"
        };
        Draft::new(id, severity, title).why((why, source))
    };
    match &file.content {
        Content::Absent => vec![],
        Content::Unusable(why) => vec![
            draft(Severity::Error, format!("{told} cannot be read."))
                .detail(format!("It {why}."))
                .fix("Make it a plain text file that you may read, or remove it."),
        ],
        Content::Text { text, .. } if text.trim_start_matches('\u{feff}').trim().is_empty() => vec![],
        Content::Text { text, parsed: Err(flaw) } => {
            vec![flawed(draft(Severity::Error, format!("{told} is no JSON.")), file, text, flaw, names)]
        }
        Content::Text { text, parsed: Ok(parsed) } => match (&parsed.root.kind, &parsed.lenient) {
            (Kind::Object(_), Some(flaw)) if is_strict => {
                vec![flawed(
                    draft(
                        Severity::Warning,
                        format!("{told} is not the plain JSON that Claude Code expects."),
                    ),
                    file,
                    text,
                    flaw,
                    names,
                )]
            }
            (Kind::Object(_), _) => vec![],
            _ => vec![
                draft(Severity::Error, format!("{told} holds no settings."))
                    .detail("It has to be one object, in braces.")
                    .at(file, parsed.root.span.clone(), names)
                    .fix("Put the settings between { and }."),
            ],
        },
    }
}

fn flawed(draft: Draft, file: &SettingsFile, text: &str, flaw: &json::Flaw, names: &Names) -> Draft {
    let (line, column) = json::position(text, flaw.at);
    let at = floor(text, flaw.at);
    let end =
        text[at..].chars().next().map_or(at, |char| if char == '\n' { at } else { at + char.len_utf8() });
    draft
        .detail(format!("Line {line}, column {column}: {}.", flaw.what))
        .at(file, at..end, names)
        .fix("Correct it there; editors show such places in red.")
}

/// The character that `at` stands in.
fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

/// A variable that tunes Claude Code's connection.
struct Knob {
    name: &'static str,
    what: &'static str,
    kind: Range,
    default: &'static str,
}

#[derive(Clone, Copy)]
enum Range {
    /// Milliseconds, at least so many.
    Milliseconds {
        least: u64,
        low: &'static str,
    },
    Count {
        at_most: u64,
    },
    /// Off is a matter of taste that costs something.
    Switch {
        off: &'static str,
    },
}

/// Node's timers hold 31 bits; what is longer fires at once (<https://nodejs.org/api/timers.html>).
const TIMER_MS_AT_MOST: u64 = 2_147_483_647;

/// <https://code.claude.com/docs/en/env-vars>; the cap on retries since 2.1.186, the watchdog by itself since 2.1.196.
pub(crate) const KNOBS: [&str; 5] = [
    "API_TIMEOUT_MS",
    "CLAUDE_CODE_MAX_RETRIES",
    "CLAUDE_STREAM_IDLE_TIMEOUT_MS",
    "CLAUDE_ENABLE_STREAM_WATCHDOG",
    "CLAUDE_ENABLE_BYTE_WATCHDOG",
];

const RANGES: [Knob; 5] = [
    Knob {
        name: KNOBS[0],
        what: "how long one request may take",
        kind: Range::Milliseconds {
            least: 60_000,
            low: "Large requests take minutes; cut off, they are made again, and may be paid for again.",
        },
        default: "600000",
    },
    Knob {
        name: KNOBS[1],
        what: "how often a request is made again",
        kind: Range::Count { at_most: 15 },
        default: "10",
    },
    Knob {
        name: KNOBS[2],
        what: "how long an answer may be silent",
        kind: Range::Milliseconds {
            least: 60_000,
            low: "A thinking model may be silent for a minute; newer versions take nothing below 300000.",
        },
        default: "300000",
    },
    Knob {
        name: KNOBS[3],
        what: "whether a silent answer is given up",
        kind: Range::Switch { off: "An answer that stalls then hangs until you notice." },
        default: "1",
    },
    Knob {
        name: KNOBS[4],
        what: "whether a silent connection is given up",
        kind: Range::Switch { off: "A connection that stalls then hangs until you notice." },
        default: "1",
    },
];

pub(super) fn timeouts(facts: &Facts, names: &Names) -> Outcome {
    let drafts: Vec<Draft> = RANGES.iter().flat_map(|knob| judge(facts, knob, names)).collect();
    let in_effect: Vec<String> = RANGES
        .iter()
        .filter_map(|knob| {
            let (value, origin) = facts.value(knob.name)?;
            Some(format!("{} {}{}", knob.name, Names::value(&value), said(&origin, names)))
        })
        .collect();
    let note = if in_effect.is_empty() {
        "Nothing is set: 600 s for a request, 10 retries, 300 s of silence.".into()
    } else {
        format!("In effect: {}.", in_effect.join(", "))
    };
    let outcome = if let Err(why) = &facts.settings { Outcome::unknown(why) } else { Outcome::note(note) };
    drafts.into_iter().fold(outcome, Outcome::found)
}

fn judge(facts: &Facts, knob: &Knob, names: &Names) -> Vec<Draft> {
    let values = facts.values(knob.name);
    let Some((value, origin)) = values.first().filter(|(value, _)| !value.is_empty()) else { return vec![] };
    let mut drafts = Vec::new();
    if let Some((severity, title, why)) = wrong(knob, value) {
        let draft = Draft::new("timeout", severity, title)
            .detail(format!(
                "{} ({}) is {}{}; the default is {}.",
                knob.name,
                knob.what,
                Names::value(value),
                said(origin, names),
                knob.default
            ))
            .why((why, "https://code.claude.com/docs/en/env-vars"))
            .fix(format!("Set {} to {}, or remove it{}.", knob.name, knob.default, said(origin, names)));
        let label = format!("Set {} to {}", knob.name, knob.default);
        drafts.push(draft.variable(facts, knob.name, knob.default.into(), label, Some(origin), names));
    }
    if let Some((other, elsewhere)) =
        values.get(1..).and_then(|rest| rest.iter().find(|(other, _)| other != value))
    {
        drafts.push(
            Draft::new(
                "timeout-shadowed",
                Severity::Hint,
                format!("{} is set in two places, and only one counts.", knob.name),
            )
            .detail(format!(
                "{}{} counts; {}{} does not.",
                Names::value(value),
                said(origin, names),
                Names::value(other),
                said(elsewhere, names)
            ))
            .why(TIMEOUT_SHADOWED)
            .fix("Keep one of them."),
        );
    }
    drafts
}

/// What is wrong with a value: how bad, in a sentence, and why it matters.
fn wrong(knob: &Knob, value: &str) -> Option<(Severity, String, &'static str)> {
    let name = knob.name;
    let number = value.trim().parse::<u64>().ok();
    let no_number = "Claude Code then takes its default, or as much of the value as looks like a number.";
    Some(match (knob.kind, number) {
        (Range::Milliseconds { .. }, None) => {
            (Severity::Warning, format!("{name} is no number of milliseconds."), no_number)
        }
        (Range::Milliseconds { .. }, Some(ms)) if ms > TIMER_MS_AT_MOST => (
            Severity::Warning,
            format!("{name} is longer than a timer of Node can be."),
            "Such a timer fires at once.",
        ),
        (Range::Milliseconds { least, low }, Some(ms)) if ms < least => {
            (Severity::Warning, format!("{name} is very short: {ms} ms."), low)
        }
        (Range::Count { .. }, None) => (Severity::Warning, format!("{name} is no number."), no_number),
        (Range::Count { .. }, Some(0)) => (
            Severity::Warning,
            format!("{name} is 0: nothing is tried again."),
            "One lost packet then ends the turn.",
        ),
        (Range::Count { at_most }, Some(times)) if times > at_most => (
            Severity::Hint,
            format!("{name} is more than Claude Code takes: {at_most}."),
            "Since 2.1.186 more than 15 count as 15; a long outage is waited out with CLAUDE_CODE_RETRY_WATCHDOG=1.",
        ),
        (Range::Switch { off }, _)
            if ["0", "false", "no", "off"].contains(&value.trim().to_ascii_lowercase().as_str()) =>
        {
            (Severity::Hint, format!("{name} is switched off."), off)
        }
        _ => return None,
    })
}

pub(super) fn claude_md(facts: &Facts, names: &Names) -> Outcome {
    let notes = match &facts.notes {
        Err(why) => return Outcome::unknown(why),
        Ok(None) => return Outcome::note("This folder is no project."),
        Ok(Some(notes)) => notes,
    };
    let text = match &notes.content {
        Err(why) => return Outcome::unknown(format!("CLAUDE.md {why}.")),
        Ok(text) => text.as_deref().unwrap_or_default(),
    };
    if text.contains(SECTION_BEGIN) || notes.was_offered {
        return Outcome::default();
    }
    let plan = Plan::AppendSection { file: notes.path.clone() };
    vec![
        Draft::new(
            "claude-md-prevention",
            Severity::Hint,
            "CLAUDE.md could remind Claude to save work in long sessions.",
        )
        .detail(format!("{} has no such section.", names.path(&notes.path)))
        .why(CLAUDE_MD_PREVENTION)
        .fix("Look at the change, and take it or leave it; it is offered once.")
        .repair("section", "Add the section to CLAUDE.md", plan, names),
    ]
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_make_no_sense_are_told_and_those_that_do_are_not() {
        for (knob, value, said) in [
            (0, "600000", ""),
            (0, "3000000", ""),
            (0, "120s", "no number of milliseconds"),
            (0, "-1", "no number of milliseconds"),
            (0, "5000", "very short: 5000 ms"),
            (0, "3000000000", "longer than a timer"),
            (1, "10", ""),
            (1, "0", "nothing is tried again"),
            (1, "many", "is no number"),
            (1, "99", "more than Claude Code takes"),
            (2, "90000", ""),
            (2, "1000", "very short"),
            (3, "1", ""),
            (3, "False", "switched off"),
            (4, "0", "switched off"),
        ] {
            let title = wrong(&RANGES[knob], value).map(|wrong| wrong.1).unwrap_or_default();
            assert!(title.contains(said) && title.is_empty() == said.is_empty(), "{value}: {title}");
        }
        for knob in &RANGES {
            assert!(wrong(knob, knob.default).is_none(), "{}", knob.name);
        }
    }
}
