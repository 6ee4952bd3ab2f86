//! The report as Markdown, ready to paste.

use std::fmt::Write as _;

use crate::contract::{Report, Severity, State};

/// Findings, the worst first, then what was looked at.
pub fn markdown(report: &Report) -> String {
    let mut out = format!("## Lifeline doctor {}\n\n", report.lifeline_version);
    if report.findings.is_empty() {
        out.push_str("Nothing is wrong.\n\n");
    }
    for finding in &report.findings {
        let _ = write!(
            out,
            "### {}: {}\n\n{}\n",
            mark(finding.severity),
            escaped(&finding.title),
            escaped(&finding.detail)
        );
        if let Some(place) = &finding.place {
            let _ =
                writeln!(out, "At {}, line {}, column {}.", escaped(&place.file), place.line, place.column);
        }
        let _ = write!(out, "\n*Why:* {} ({})\n\n", escaped(finding.why), escaped(finding.source));
        for step in &finding.fix {
            let _ = writeln!(out, "- {}", escaped(step));
        }
        if let Some(repair) = &finding.repair {
            let _ = writeln!(out, "- {}: `lifeline doctor --fix {}`", escaped(&repair.label), repair.id);
        }
        out.push('\n');
    }
    out.push_str("| Check | State | Note |\n| --- | --- | --- |\n");
    for check in &report.checks {
        let note = escaped(check.note.as_deref().unwrap_or_default()).replace('|', "\\|");
        let _ = writeln!(out, "| {} | {} | {note} |", check.title, state(check.state));
    }
    out
}

/// A word for how bad a finding is.
pub fn mark(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "Error",
        Severity::Warning => "Warning",
        Severity::Hint => "Hint",
    }
}

/// A word for what came of a check.
pub fn state(state: State) -> &'static str {
    match state {
        State::Ok => "ok",
        State::Found => "found",
        State::Unknown => "unknown",
    }
}

/// What Markdown would take for its own; a line stays one line.
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '<' => escaped.push_str("&lt;"),
            '*' | '_' | '`' | '[' | ']' | '\\' => escaped.extend(['\\', char]),
            char if char.is_control() => escaped.push(' '),
            char => escaped.push(char),
        }
    }
    escaped
}
