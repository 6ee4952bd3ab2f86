//! To paste into an issue: tables, and text bars in code blocks.

use super::{
    sections::{Section, Table, notes, of_other_sources, sections, summary},
    text::{aligned, by_score, verdict},
};
use crate::contract::{Hypothesis, Report};

/// The report as GitHub's Markdown.
pub fn markdown(report: &Report) -> String {
    let mut out = String::from("# Claude Code: connection report\n\n");
    out += &list(&summary(report));
    if report.errors.total > 0 {
        if !report.hypotheses.is_empty() {
            out += "\n## What it may come from\n\n| | Hypothesis | Verdict |\n|---|---|---|\n";
        }
        for hypothesis in by_score(&report.hypotheses) {
            let title = escaped(hypothesis.title);
            out += &format!("| {} | {title} | **{}** |\n", hypothesis.id, verdict(hypothesis.verdict));
        }
        for section in sections(report) {
            out += &of_section(&section);
        }
        out += "\n## Hypotheses in detail\n";
        for hypothesis in by_score(&report.hypotheses) {
            out += &of_hypothesis(hypothesis);
        }
    }
    for section in of_other_sources(report) {
        out += &of_section(&section);
    }
    out += "\n## How it was counted\n\n";
    out += &list(&notes(report));
    if let Some(suggestion) = &report.suggestion {
        out += &format!("\n{}\n", escaped(suggestion));
    }
    out += "\n<sub>Made by Lifeline from local transcripts (unofficial; for Claude Code).</sub>\n";
    out
}

fn list(sentences: &[String]) -> String {
    sentences.iter().map(|sentence| format!("- {}\n", escaped(sentence))).collect()
}

fn of_section(section: &Section) -> String {
    let mut out = format!("\n## {}\n\n", section.title);
    for sentence in &section.sentences {
        out += &format!("{}\n\n", escaped(sentence));
    }
    let Some(table) = &section.table else { return out };
    // Bars want cells of one width. All that stands beside them is made here.
    if table.bars.is_empty() {
        out + &of_table(table)
    } else {
        format!("{out}```text\n{}```\n", aligned(table))
    }
}

fn of_table(table: &Table) -> String {
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let is_text = |column: usize| column == 0 || table.text_columns.contains(&column);
    let mut out = line(table.headings.iter().map(|heading| escaped(heading)).collect());
    let rule = |column: usize| if is_text(column) { ":---".to_owned() } else { "---:".to_owned() };
    out += &line((0..table.headings.len()).map(rule).collect());
    for row in &table.rows {
        out += &line(row.iter().map(|cell| escaped(cell)).collect());
    }
    out
}

fn of_hypothesis(hypothesis: &Hypothesis) -> String {
    let mut out = format!(
        "\n### {}: {}\n\n**{}** (score {:.1})\n",
        hypothesis.id,
        escaped(hypothesis.title),
        verdict(hypothesis.verdict),
        hypothesis.score
    );
    for (heading, sentences) in [
        ("Evidence", &hypothesis.evidence),
        ("What would disprove it", &hypothesis.would_falsify),
        ("What you can do", &hypothesis.what_you_can_do),
    ] {
        if !sentences.is_empty() {
            out += &format!("\n{heading}:\n\n{}", list(sentences));
        }
    }
    out
}

/// Text that means nothing to Markdown: no table cell, emphasis, link, mention, reference or HTML comes of it.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    for char in text.chars() {
        match char {
            '\\' | '`' | '*' | '[' | ']' | '|' | '~' | '$' => out.extend(['\\', char]),
            // In the middle of a word it is only itself.
            '_' if !before.is_ascii_alphanumeric() => out.push_str("\\_"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '@' => out.push_str("&#64;"),
            '#' => out.push_str("&#35;"),
            // No link is made of an address.
            ':' if before.is_ascii_alphabetic() && text.contains("://") => out.push_str("&#58;"),
            char if char.is_control() => out.push(' '),
            char => out.push(char),
        }
        before = char;
    }
    out
}
