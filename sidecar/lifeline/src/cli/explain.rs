//! `lifeline explain`: what an error means, with what is known of it on this machine. Needs no daemon.

use std::{
    io::{self, Read as _},
    path::PathBuf,
};

use clap::{Args, ValueEnum};
use lifeline_explain::{Entry, Explanation, Tokens};
use lifeline_report::{Calendar, Names, Options, Span};
use lifeline_transcript::LastError;
use serde::Serialize;

use super::{
    exit::{Exit, Failure},
    frame::wrapped,
    here,
    page::{Ink, Page, Word, ago},
    report, terminal,
};
use crate::clock;

/// Changes when a program that reads the answer would have to.
const SCHEMA: &str = "lifeline.explain/1";

/// What is read of stdin, in bytes.
const STDIN_BYTES: u64 = 1_000_000;

/// What the facts are about, in milliseconds.
const DAY_MS: u64 = 24 * 3_600_000;

/// Longest line where nobody says how wide one may be, and at the most, in cells.
const CELLS: usize = 100;

/// What to do about an error that is not known.
const NEXT: [&str; 3] = [
    "See what the transcripts say of the connection: lifeline report --since 24h.",
    "Give more of what stands around it: the lines before it in the log often name the cause.",
    "Report it to Lifeline, with the text and the output of “lifeline report --format markdown”, which names nothing of yours.",
];

/// What is asked for.
#[derive(Debug, Args)]
pub(super) struct Asked {
    /// The error, with whatever stands around it; `-` reads stdin. The last error of the transcripts when there is none.
    #[arg(value_name = "TEXT")]
    text: Vec<String>,
    /// For people, to paste into an issue, or for programs.
    #[arg(long, value_enum, default_value_t = Form::Text)]
    format: Form,
    /// Leave out what this machine's transcripts say.
    #[arg(long)]
    no_facts: bool,
    /// A folder of transcripts, may be given more than once; Claude Code's own `projects` when there is none.
    #[arg(long, value_name = "DIR")]
    projects: Vec<PathBuf>,
    /// Name sessions.
    #[arg(long)]
    no_redact: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// In colour on a terminal.
    Text,
    /// A heading, and lists.
    Markdown,
    /// The contract, `lifeline.explain/1`.
    Json,
}

/// All that is told.
#[derive(Debug, Serialize)]
struct Answer {
    schema: &'static str,
    known: bool,
    entry: Option<&'static Entry>,
    also: Vec<Also>,
    here: Vec<String>,
    next: &'static [&'static str],
}

/// Another entry that the text tells of.
#[derive(Debug, Serialize)]
struct Also {
    id: &'static str,
    title: &'static str,
}

/// Explains and prints.
///
/// # Errors
/// When there is nothing to explain, no such folder, or no output.
pub(super) fn explain(asked: Asked, page: &mut Page<'_>) -> Result<Exit, Failure> {
    let form = asked.format;
    let answer = answer(asked, clock::unix_ms())?;
    match form {
        Form::Json => page.json(&answer)?,
        Form::Text => print(&answer, page)?,
        Form::Markdown => report::lines(&markdown(&answer), page)?,
    }
    Ok(if answer.known { Exit::Fine } else { Exit::Problem })
}

fn answer(asked: Asked, now_ms: u64) -> Result<Answer, Failure> {
    let has_named_folders = !asked.projects.is_empty();
    let projects = match report::projects(asked.projects) {
        // Nobody has asked for facts from there.
        Err(_) if !has_named_folders => Vec::new(),
        projects => projects?,
    };
    let (text, since) = match typed(&asked.text, &mut io::stdin().lock())? {
        Some(text) => (text, None),
        None => {
            let last = last_error(&projects, now_ms).ok_or_else(nothing_typed)?;
            (last.text, Some(last.unix_ms))
        }
    };
    let Explanation { known, also } = lifeline_explain::explain(&text);
    let mut here = Vec::new();
    if !asked.no_facts {
        let last = |then| format!("This is the last error of the transcripts, {}.", ago(then, now_ms));
        here.extend(since.map(last));
        let names = if asked.no_redact { Names::Plain } else { Names::Redacted };
        if let Some(known) = known.filter(|known| known.is_counted()) {
            here.extend(here::sentences(known, &recent(projects, names, now_ms), now_ms, names));
        }
    }
    Ok(Answer {
        schema: SCHEMA,
        known: known.is_some(),
        entry: known.map(|known| &known.entry),
        also: also.iter().map(|known| Also { id: known.entry.id, title: known.entry.title }).collect(),
        here,
        next: if known.is_some() { &[] } else { &NEXT },
    })
}

/// What was given to be explained; none when nothing was.
fn typed(words: &[String], stdin: &mut dyn io::Read) -> Result<Option<String>, Failure> {
    let text = match words {
        [] => return Ok(None),
        [dash] if dash == "-" => {
            let mut bytes = Vec::new();
            let read = stdin.take(STDIN_BYTES).read_to_end(&mut bytes);
            read.map_err(|error| Failure::problem(format!("Could not read stdin: {error}.")))?;
            String::from_utf8_lossy(&bytes).into_owned()
        }
        words => words.join(" "),
    };
    if text.trim().is_empty() {
        let sentence =
            "There is nothing to explain in an empty text. Give the error: lifeline explain ECONNRESET.";
        return Err(Failure::new(Exit::Usage, sentence));
    }
    Ok(Some(text))
}

fn nothing_typed() -> Failure {
    let sentence = "The transcripts hold no error of the last 24 h. Give the text of one: lifeline explain ECONNRESET, or pipe it into: lifeline explain -";
    Failure::new(Exit::Usage, sentence)
}

/// The last error of the last 24 hours, of all sessions and their subagents.
fn last_error(projects: &[PathBuf], now_ms: u64) -> Option<LastError> {
    let since_ms = now_ms.saturating_sub(DAY_MS);
    let files = projects.iter().flat_map(|folder| lifeline_transcript::list(folder));
    // What was last written to before that holds none.
    let files = files.filter(|file| file.stamp.modified_ns.is_none_or(|at| at / 1_000_000 >= since_ms));
    let errors = files.filter_map(|file| lifeline_transcript::last_error(&file.path).ok()?);
    errors.filter(|error| error.unix_ms >= since_ms).max_by_key(|error| error.unix_ms)
}

fn recent(projects: Vec<PathBuf>, names: Names, now_ms: u64) -> lifeline_report::Recent {
    lifeline_report::recent(&Options {
        projects,
        span: Span { since_ms: Some(now_ms.saturating_sub(DAY_MS)), until_ms: None },
        calendar: Calendar::utc(),
        names,
        index: report::own_index(now_ms),
        link_logs: Vec::new(),
        network_notes: None,
        relay_records: Vec::new(),
        relay_offer: None,
    })
}

/// A heading, and sentences below it.
struct Part {
    heading: &'static str,
    sentences: Vec<String>,
    /// They follow one another.
    are_steps: bool,
}

fn parts(answer: &Answer) -> Vec<Part> {
    let part = |heading, sentences: Vec<String>| Part { heading, sentences, are_steps: false };
    let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
    let also = answer.also.iter().map(|also| format!("{} ({})", also.title, also.id)).collect();
    let mut parts = vec![part("On this machine", answer.here.clone())];
    if let Some(entry) = answer.entry {
        parts.extend([
            part("Tokens", vec![format!("{} {}", cost(entry.tokens), entry.tokens_because)]),
            Part { are_steps: true, ..part("What to do", owned(&entry.what_to_do)) },
            part("It also tells of", also),
            part("Known from", owned(&entry.sources)),
        ]);
    }
    parts.push(Part { are_steps: true, ..part("What to do", owned(answer.next)) });
    parts.retain(|part| !part.sentences.is_empty());
    parts
}

/// Whether it cost tokens.
const fn cost(tokens: Tokens) -> &'static str {
    match tokens {
        Tokens::No => "It has cost none.",
        Tokens::Unlikely => "It has hardly cost any.",
        Tokens::Possible => "It may have cost some.",
        Tokens::Likely => "It has probably cost some.",
    }
}

fn title(answer: &Answer) -> (&'static str, &'static str) {
    answer.entry.map_or(("This error is not known", "Lifeline has no entry for it."), |entry| {
        (entry.title, entry.meaning)
    })
}

fn print(answer: &Answer, page: &mut Page<'_>) -> io::Result<()> {
    let width = terminal::size().map_or(CELLS, |(columns, _)| columns.min(CELLS));
    let mut say = |line: &[Word]| wrapped(line, width).iter().try_for_each(|line| page.line(line));
    let (title, meaning) = title(answer);
    say(&[Word::new(title, Ink::Bold)])?;
    say(&["   ".into(), meaning.into()])?;
    for part in parts(answer) {
        say(&[])?;
        say(&[Word::new(part.heading, Ink::Bold)])?;
        for (index, sentence) in part.sentences.iter().enumerate() {
            let mark = if part.are_steps { format!("{}.", index + 1) } else { "-".into() };
            say(&[Word::new(format!(" {mark}"), Ink::Dim), sentence.into()])?;
        }
    }
    Ok(())
}

fn markdown(answer: &Answer) -> String {
    let (title, meaning) = title(answer);
    let mut out = format!("## {title}\n\n{meaning}\n");
    for part in parts(answer) {
        out += &format!("\n**{}**\n\n", part.heading);
        for (index, sentence) in part.sentences.iter().enumerate() {
            let mark = if part.are_steps { format!("{}.", index + 1) } else { "-".into() };
            out += &format!("{mark} {sentence}\n");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::{Value, json};

    use super::*;

    fn asked(text: &[&str], format: Form, projects: &[PathBuf]) -> Asked {
        let text = text.iter().map(|&word| word.to_owned()).collect();
        Asked { text, format, no_facts: projects.is_empty(), projects: projects.to_vec(), no_redact: false }
    }

    fn said(asked: Asked) -> (Exit, String) {
        let mut out = Vec::new();
        let exit = explain(asked, &mut Page::new(&mut out, false)).expect("there is something to explain");
        (exit, String::from_utf8(out).expect("text"))
    }

    #[test]
    fn a_known_error_is_told_in_all_forms() {
        let (exit, text) = said(asked(&["API", "Error:", "529"], Form::Text, &[]));
        assert_eq!(exit, Exit::Fine);
        assert!(
            text.starts_with("529: the API is overloaded\n") && text.contains("\nWhat to do\n 1. Wait"),
            "{text}"
        );
        assert!(text.lines().all(|line| super::super::width::width(line) <= CELLS), "{text}");
        let (_, text) = said(asked(&["529"], Form::Markdown, &[]));
        assert!(text.starts_with("## 529") && text.contains("\n**What to do**\n\n1. Wait"), "{text}");
        let (_, text) = said(asked(&["API Error: 529"], Form::Json, &[]));
        let value: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!((&value["schema"], &value["known"]), (&json!(SCHEMA), &json!(true)));
        let fields: Vec<&String> = value["entry"].as_object().expect("an entry").keys().collect();
        let expected = ["id", "meaning", "sources", "title", "tokens", "tokensBecause", "whatToDo"];
        let mut sorted = fields.clone();
        sorted.sort();
        assert_eq!(sorted, expected);
        assert_eq!(value["also"][0]["id"], "api-error");
        assert_eq!((&value["here"], &value["next"]), (&json!([]), &json!([])));
    }

    #[test]
    fn an_unknown_error_says_so_and_what_to_do() {
        let (exit, text) = said(asked(&["something", "else"], Form::Json, &[]));
        let value: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!((exit, &value["known"], &value["entry"]), (Exit::Problem, &json!(false), &Value::Null));
        assert!(value["next"].as_array().is_some_and(|next| next.len() == NEXT.len()));
        for form in [Form::Text, Form::Markdown] {
            let (_, text) = said(asked(&["something else"], form, &[]));
            assert!(text.contains("not known") && text.contains("lifeline report --since 24h"), "{text}");
        }
    }

    #[test]
    fn what_is_piped_is_read_to_a_bound_and_an_empty_text_is_usage() {
        let dash = ["-".to_owned()];
        let read = |bytes: &[u8]| typed(&dash, &mut &bytes[..]);
        assert_eq!(read(b"a\xffb").unwrap().as_deref(), Some("a\u{fffd}b"));
        let endless = &mut io::repeat(b'x');
        assert_eq!(typed(&dash, endless).unwrap().map(|text| text.len() as u64), Some(STDIN_BYTES));
        assert_eq!(typed(&[], endless), Ok(None));
        assert_eq!(read(b" \r\n").unwrap_err().exit, Exit::Usage);
        assert_eq!(typed(&[" ".into()], endless).unwrap_err().exit, Exit::Usage);
    }

    #[test]
    fn without_a_text_the_last_error_of_the_transcripts_is_explained() {
        let home = tempfile::tempdir().unwrap();
        let now_ms = 1_776_000_000_000;
        let folders = [home.path().to_owned()];
        let write = |name: &str, records: &[Value]| {
            let lines: Vec<String> = records.iter().map(Value::to_string).collect();
            fs::create_dir_all(home.path().join("p")).unwrap();
            fs::write(home.path().join("p").join(name), lines.join("\n")).unwrap();
        };
        let at = |time: &str| format!("2026-04-12T{time}.000Z");
        let died = |time: &str, text: &str| {
            json!({ "type": "assistant", "timestamp": at(time), "isApiErrorMessage": true,
                "message": { "content": [{ "type": "text", "text": text }] } })
        };
        assert_eq!(last_error(&folders, now_ms), None);
        // `now_ms` is 13:20 of that day.
        write("a.jsonl", &[died("10:00:00", "API Error: 529"), died("10:00:01", "API Error: 401")]);
        write("b.jsonl", &[died("09:00:00", "ECONNRESET")]);
        assert_eq!(last_error(&folders, now_ms).map(|last| last.text).as_deref(), Some("API Error: 401"));
        assert_eq!(last_error(&folders, now_ms + DAY_MS), None, "it is too long ago");
        assert_eq!(nothing_typed().exit, Exit::Usage);
    }

    #[test]
    fn a_folder_that_is_not_there_is_usage() {
        let missing = [PathBuf::from("/nonexistent-folder")];
        let failure = explain(asked(&["529"], Form::Text, &missing), &mut Page::new(&mut Vec::new(), false));
        assert_eq!(failure.unwrap_err().exit, Exit::Usage);
    }
}
