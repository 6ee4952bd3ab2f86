//! For a terminal: aligned columns and bars, without colour.

use super::sections::{Section, Table, notes, of_other_sources, sections, summary};
use crate::{
    contract::{Hypothesis, Report, Verdict},
    words::bar,
};

/// Cells of the longest bar.
const BAR_CELLS: u64 = 50;

/// The report as lines of text.
pub fn text(report: &Report) -> String {
    let mut out = String::from("CONNECTION REPORT\n\n");
    for line in summary(report) {
        out += &format!("{line}\n");
    }
    if report.errors.total > 0 {
        for section in sections(report) {
            out += &of_section(&section);
        }
        out += "\nHYPOTHESES\n";
        for hypothesis in by_score(&report.hypotheses) {
            out += &of_hypothesis(hypothesis);
        }
    }
    for section in of_other_sources(report) {
        out += &of_section(&section);
    }
    out += "\n";
    for note in notes(report) {
        out += &format!("{note}\n");
    }
    if let Some(suggestion) = &report.suggestion {
        out += &format!("\n{suggestion}\n");
    }
    out
}

/// The likeliest first.
pub(super) fn by_score(hypotheses: &[Hypothesis]) -> Vec<&Hypothesis> {
    let mut sorted: Vec<&Hypothesis> = hypotheses.iter().collect();
    sorted.sort_by(|a, b| b.score.total_cmp(&a.score));
    sorted
}

/// A verdict in words.
pub(super) fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Supported => "supported",
        Verdict::WeaklySupported => "weakly supported",
        Verdict::Undetermined => "undetermined",
        Verdict::Rejected => "rejected",
    }
}

fn of_section(section: &Section) -> String {
    let mut out = format!("\n{}\n", section.title.to_uppercase());
    for sentence in &section.sentences {
        out += &format!("{sentence}\n");
    }
    out + &section.table.as_ref().map(aligned).unwrap_or_default()
}

/// Columns below each other; names and texts to the left, numbers to the right.
pub(super) fn aligned(table: &Table) -> String {
    let cells = |text: &str| text.chars().count();
    let headings: Vec<String> = table.headings.iter().map(|heading| (*heading).to_owned()).collect();
    let all = || std::iter::once(&headings).chain(&table.rows);
    let widths: Vec<usize> = (0..headings.len())
        .map(|column| all().filter_map(|row| row.get(column)).map(|cell| cells(cell)).max().unwrap_or(0))
        .collect();
    let most = table.bars.iter().copied().max().unwrap_or(0);
    let mut out = String::new();
    for (index, row) in all().enumerate() {
        let mut line = String::from(" ");
        for (column, cell) in row.iter().enumerate() {
            let padding = " ".repeat(widths[column].saturating_sub(cells(cell)));
            let is_text = column == 0 || table.text_columns.contains(&column);
            line += &if is_text { format!(" {cell}{padding} ") } else { format!(" {padding}{cell} ") };
        }
        if let Some(many) = index.checked_sub(1).and_then(|row| table.bars.get(row)) {
            line += &format!(" {}", bar(*many, most, BAR_CELLS));
        }
        out += line.trim_end();
        out.push('\n');
    }
    out
}

fn of_hypothesis(hypothesis: &Hypothesis) -> String {
    let mut out =
        format!("\n{} {}: {}\n", hypothesis.id, verdict(hypothesis.verdict).to_uppercase(), hypothesis.title);
    let mut list = |heading: &str, sentences: &[String]| {
        for (index, sentence) in sentences.iter().enumerate() {
            let label = if index == 0 { heading } else { "" };
            out += &format!("  {label:<14} {sentence}\n");
        }
    };
    list("Evidence", &hypothesis.evidence);
    list("Would disprove", &hypothesis.would_falsify);
    list("You can", &hypothesis.what_you_can_do);
    out
}
