//! One page that loads nothing: plots are drawn here, styles are in it, and it follows the reader's light or dark; in a webview of VS Code,
//! the editor's, which may be another.

use super::{
    plots::plot,
    sections::{Plot, Section, Table, notes, of_other_sources, sections, summary},
    text::{by_score, verdict},
};
use crate::{
    contract::{Hypothesis, Report, Verdict},
    words::{number, percent},
};

const STYLE: &str = include_str!("page.css");
/// Colours on a light ground.
const LIGHT: &str = "color-scheme: light; --page: #f6f7f9; --card: #ffffff; --ink: #1b1f24; --muted: #5b6470; --edge: #dfe3e8; \
    --grid: #e7eaee; --none: #eef0f3; --one: #c2410c; --two: #3b82a8; --strong: #b42318; --weak: #b25e09; --open: #5b6470; \
    --off: #2f7d4f; --link: #0b5fae;";
/// The same on a dark one.
const DARK: &str = "color-scheme: dark; --page: #14171b; --card: #1c2025; --ink: #e6e9ed; --muted: #9aa4b0; --edge: #31373f; \
    --grid: #2a3037; --none: #252a31; --one: #f08a4b; --two: #6db3d6; --strong: #ff8a7a; --weak: #eab15a; --open: #9aa4b0; \
    --off: #6cc48f; --link: #7db8f5;";

/// The report as a page.
pub fn html(report: &Report) -> String {
    let mut out = String::from(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>Claude Code: connection report</title>\n",
    );
    out += &format!(
        "<style>\n{}{STYLE}</style>\n</head>\n<body>\n<main>\n<header>\n<h1>Claude Code: connection report</h1>\n",
        colours()
    );
    let mut lines = summary(report).into_iter();
    out += &format!("<p class=\"muted\">{}</p>\n</header>\n", escaped(&lines.next().unwrap_or_default()));
    if report.errors.total == 0 {
        out += &paragraphs(&lines.collect::<Vec<_>>());
    } else {
        out += &tiles(report);
        out += &paragraphs(&lines.skip(2).collect::<Vec<_>>());
        out += &verdicts(&report.hypotheses);
        for section in sections(report) {
            out += &of_section(&section, report);
        }
        out += "<h2>Hypotheses in detail</h2>\n";
        by_score(&report.hypotheses).into_iter().for_each(|hypothesis| out += &detail(hypothesis));
    }
    for section in of_other_sources(report) {
        out += &of_section(&section, report);
    }
    out += "<footer>\n<h2>How it was counted</h2>\n";
    out += &list(&notes(report));
    out += &paragraphs(report.suggestion.as_slice());
    out + "<p class=\"muted\">Made by Lifeline from local transcripts (unofficial; for Claude Code).</p>\n</footer>\n</main>\n</body>\n</html>\n"
}

/// Light or dark, as the reader prefers; as VS Code's theme is, where its classes say that (dark high contrast has one class, light two).
fn colours() -> String {
    format!(
        ":root {{ {LIGHT} }}\n\
         @media (prefers-color-scheme: dark) {{ :root {{ {DARK} }} }}\n\
         body.vscode-dark, body.vscode-high-contrast {{ {DARK} }}\n\
         body.vscode-light, body.vscode-high-contrast-light {{ {LIGHT} }}\n"
    )
}

fn tiles(report: &Report) -> String {
    let errors = &report.errors;
    let of_all =
        |part: u64, whole: u64, noun: &str| format!("{} of {} {noun}", percent(part, whole), number(whole));
    let large = errors.by_session_size.last();
    let sized: u64 = errors.by_session_size.iter().map(|by| by.errors).sum();
    let tiles = [
        (
            number(errors.total),
            "API errors",
            format!("{} in bursts", percent(errors.bursts.errors_in_bursts, errors.total)),
        ),
        (
            number(errors.sessions_affected),
            "sessions affected",
            of_all(errors.sessions_affected, report.corpus.sessions, "sessions"),
        ),
        (
            number(errors.turns_died),
            "turns died",
            format!("{} used up all retries", number(errors.retries_exhausted)),
        ),
        (
            large.map_or_else(|| "–".into(), |by| percent(by.errors, sized)),
            "of errors in large sessions",
            large.map_or_else(String::new, |by| {
                of_all(by.sessions, report.corpus.sessions, "sessions have 6 MB")
            }),
        ),
    ];
    let tile = |(value, name, more): &(String, &str, String)| {
        format!(
            "<div class=\"tile\"><b>{}</b><span>{}</span><small>{}</small></div>\n",
            escaped(value),
            escaped(name),
            escaped(more)
        )
    };
    format!("<div class=\"tiles\">\n{}</div>\n", tiles.iter().map(tile).collect::<String>())
}

fn verdicts(hypotheses: &[Hypothesis]) -> String {
    let row = |hypothesis: &Hypothesis| {
        format!(
            "<tr><td>{}</td><td class=\"text\"><a href=\"#{}\">{}</a></td><td class=\"text\">{}</td></tr>\n",
            hypothesis.id,
            hypothesis.id,
            escaped(hypothesis.title),
            badge(hypothesis.verdict)
        )
    };
    let rows: String = by_score(hypotheses).into_iter().map(row).collect();
    format!("<h2>What it may come from</h2>\n<div class=\"scroll\"><table>\n{rows}</table></div>\n")
}

fn badge(of: Verdict) -> String {
    let class = match of {
        Verdict::Supported => "strong",
        Verdict::WeaklySupported => "weak",
        Verdict::Undetermined => "open",
        Verdict::Rejected => "off",
    };
    format!("<span class=\"badge {class}\">{}</span>", verdict(of))
}

fn of_section(section: &Section, report: &Report) -> String {
    let mut out = format!("<section>\n<h2>{}</h2>\n", escaped(section.title));
    out += &paragraphs(&section.sentences);
    let figure = section.plot.and_then(|which| Some((which, plot(which, &report.errors)?)));
    let table = section.table.as_ref().map(of_table).unwrap_or_default();
    match figure {
        None => out += &table,
        Some((which, svg)) => {
            out += &format!("<figure>{}{svg}</figure>\n", legend(which));
            out += &format!("<details><summary>Figures</summary>{table}</details>\n");
        }
    }
    out + "</section>\n"
}

/// What the colours are, where there are two.
fn legend(which: Plot) -> &'static str {
    match which {
        Plot::Sizes => {
            "<figcaption><i class=\"two\"></i>Share of sessions <i class=\"one\"></i>Share of errors</figcaption>"
        }
        Plot::Retries => {
            "<figcaption><i class=\"one\"></i>Failed <i class=\"two\"></i>Then recovered, with the rate above</figcaption>"
        }
        Plot::Heat => {
            "<figcaption>The stronger the colour, the more errors in that hour of the week</figcaption>"
        }
        Plot::Bursts => "<figcaption>Each stem is a burst, as high as its errors</figcaption>",
        Plot::Days | Plot::Gaps => "",
    }
}

fn of_table(table: &Table) -> String {
    let is_text = |column: usize| column == 0 || table.text_columns.contains(&column);
    let cell = |tag: &str, column: usize, text: &str| {
        let class = if is_text(column) { " class=\"text\"" } else { "" };
        format!("<{tag}{class}>{}</{tag}>", escaped(text))
    };
    let heading: String =
        table.headings.iter().enumerate().map(|(column, heading)| cell("th", column, heading)).collect();
    let row = |row: &Vec<String>| {
        let cells: String = row.iter().enumerate().map(|(column, text)| cell("td", column, text)).collect();
        format!("<tr>{cells}</tr>\n")
    };
    let rows: String = table.rows.iter().map(row).collect();
    format!(
        "<div class=\"scroll\"><table>\n<thead><tr>{heading}</tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n"
    )
}

fn detail(hypothesis: &Hypothesis) -> String {
    let mut out = format!(
        "<section class=\"hypothesis\" id=\"{}\">\n<h3>{}: {} {}</h3>\n",
        hypothesis.id,
        hypothesis.id,
        escaped(hypothesis.title),
        badge(hypothesis.verdict)
    );
    for (heading, sentences) in [
        ("Evidence", &hypothesis.evidence),
        ("What would disprove it", &hypothesis.would_falsify),
        ("What you can do", &hypothesis.what_you_can_do),
    ] {
        if !sentences.is_empty() {
            out += &format!("<h4>{heading}</h4>\n{}", list(sentences));
        }
    }
    out + "</section>\n"
}

fn list(sentences: &[String]) -> String {
    let items: String =
        sentences.iter().map(|sentence| format!("<li>{}</li>\n", escaped(sentence))).collect();
    format!("<ul>\n{items}</ul>\n")
}

fn paragraphs(sentences: &[String]) -> String {
    sentences.iter().map(|sentence| format!("<p>{}</p>\n", escaped(sentence))).collect()
}

/// Text that is nothing but text, in an element or an attribute.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            char if char.is_control() => out.push(' '),
            char => out.push(char),
        }
    }
    out
}
