//! By what words a message is recognised.

use crate::{known::Known, words::Words};

/// In a phrase, a word that begins with a digit: `attempt # #` is "attempt 3/10".
const NUMBER: &str = "#";

/// Words after which a number is a status, whatever follows but a unit.
const STATUS_SAID: [&str; 11] = [
    "status",
    "statuscode",
    "status_code",
    "http",
    "httpstatus",
    "http_status",
    "http_code",
    "api_error_status",
    "apierrorstatus",
    "rejected",
    "repeated",
];

/// Words after which a number may be a status, when it is not a number of something.
const STATUS_MEANT: [&str; 9] =
    ["error", "code", "errorcode", "error_code", "response", "returned", "received", "got", "failed"];

/// What goes on after a status, and is not what it counts.
const STATUS_GOES_ON: [&str; 18] = [
    "error",
    "response",
    "status",
    "from",
    "for",
    "on",
    "at",
    "after",
    "when",
    "while",
    "and",
    "again",
    "internal",
    "service",
    "bad",
    "too",
    "overloaded",
    "upstream",
];

/// What is counted or measured, and so is no status.
const UNITS: [&str; 13] =
    ["ms", "s", "sec", "seconds", "minutes", "bytes", "kb", "mb", "files", "lines", "tokens", "times", "of"];

/// Words after which a number is how a process ended.
const EXIT_SAID: [&str; 9] =
    ["exit", "exited", "exitcode", "exit_code", "code", "status", "rc", "returncode", "error"];

/// What a text holds, as far as errors are recognised by it.
pub(crate) struct Found<'a> {
    words: Words<'a>,
    statuses: Vec<u16>,
    exits: Vec<u16>,
}

impl<'a> Found<'a> {
    /// Looks at each number once.
    pub(crate) fn new(words: Words<'a>) -> Self {
        let (mut statuses, mut exits) = (Vec::new(), Vec::new());
        for index in 0..words.len() {
            let number = words.get(index).filter(|word| word.len() == 3).and_then(|word| word.parse().ok());
            let Some(number) = number else { continue };
            if is_status(&words, index) {
                statuses.push(number);
            }
            if is_exit(&words, index) {
                exits.push(number);
            }
        }
        Self { words, statuses, exits }
    }

    /// Whether it tells of this error.
    pub(crate) fn tells_of(&self, known: &Known) -> bool {
        let by = &known.recognised_by;
        by.statuses.iter().any(|status| self.statuses.contains(status))
            || by.exits.iter().any(|exit| self.exits.contains(exit))
            || by.codes.iter().chain(&by.phrases).any(|phrase| self.holds(phrase))
    }

    fn holds(&self, phrase: &str) -> bool {
        let first = phrase.split(' ').next().unwrap_or_default();
        // Nearly all words are others, and a text may have a hundred thousand.
        let may_be = |index| self.words.get(index).is_some_and(|word| word.eq_ignore_ascii_case(first));
        (0..self.words.len()).any(|index| may_be(index) && is_phrase(phrase, &self.words, index))
    }
}

/// Whether the words of a phrase, or a code, stand there.
fn is_phrase(phrase: &str, words: &Words<'_>, index: usize) -> bool {
    let is_same = |(offset, expected): (usize, &str)| {
        let at = index + offset;
        let is_number = |word: &str| word.as_bytes()[0].is_ascii_digit();
        words.get(at).is_some_and(|word| {
            word.eq_ignore_ascii_case(expected) || (expected == NUMBER && is_number(word))
        }) && (offset == 0 || words.goes_on(at))
    };
    phrase.split(' ').enumerate().all(is_same) && (phrase.contains(' ') || !words.is_of_a_name(index))
}

/// Whether a number stands where an HTTP status would.
fn is_status(words: &Words<'_>, index: usize) -> bool {
    if !stands_alone(words, index) {
        return false;
    }
    let next = words.get(index + 1);
    if next.is_some_and(|next| UNITS.contains(&next)) && !ends_there(words.after(index)) {
        return false;
    }
    let Some(previous) = index.checked_sub(1).and_then(|previous| words.get(previous)) else {
        return is_all(words)
            || (next == Some("error") && words.after(0) == " ")
            || begins_an_answer(words, 0);
    };
    if !is_near(words.before(index)) {
        return begins_an_answer(words, index);
    }
    let is_counted =
        next.is_some_and(|next| !STATUS_GOES_ON.contains(&next)) && !ends_there(words.after(index));
    STATUS_SAID.contains(&previous)
        || is_api_error(words, index)
        || is_version(words, index)
        || (STATUS_MEANT.contains(&previous) && !is_counted)
        || (next == Some("error") && words.after(index) == " " && !words.before(index).contains(':'))
        || begins_an_answer(words, index)
}

/// Nothing but the number was typed.
fn is_all(words: &Words<'_>) -> bool {
    let is_quiet = |char: char| char.is_whitespace() || "()[]\"'`.,:".contains(char);
    words.len() == 1 && words.before(0).chars().chain(words.after(0).chars()).all(is_quiet)
}

/// `API Error: 529 what the API says`.
fn is_api_error(words: &Words<'_>, index: usize) -> bool {
    words.get(index - 1) == Some("error") && index > 1 && words.get(index - 2) == Some("api")
}

/// `HTTP/1.1 502`, `HTTP/2 401`.
fn is_version(words: &Words<'_>, index: usize) -> bool {
    let is_http = |back: usize| index.checked_sub(back).and_then(|at| words.get(at)) == Some("http");
    words.before(index) == " "
        && ((is_http(2) && words.before(index - 1) == "/")
            || (is_http(3) && words.before(index - 2) == "/" && words.before(index - 1) == "."))
}

/// `529 {"type":"error","error":…`, as the SDK writes an answer.
fn begins_an_answer(words: &Words<'_>, index: usize) -> bool {
    (words.get(index + 1), words.get(index + 2)) == (Some("type"), Some("error"))
        && words.after(index).trim_start().starts_with('{')
}

/// Whether a number stands where the code of a process's end would.
fn is_exit(words: &Words<'_>, index: usize) -> bool {
    let Some(previous) = index.checked_sub(1).and_then(|previous| words.get(previous)) else {
        return is_all(words);
    };
    let said_before = || index > 1 && words.get(index - 2).is_some_and(|word| EXIT_SAID.contains(&word));
    stands_alone(words, index)
        && is_near(words.before(index))
        && (EXIT_SAID.contains(&previous) || (previous == "with" && said_before()))
}

/// No piece of `1.529`, `529.3`, `529-ord`, `12:529` or `529/600`.
fn stands_alone(words: &Words<'_>, index: usize) -> bool {
    let is_number =
        |word: Option<&str>| word.is_some_and(|word| word.bytes().all(|byte| byte.is_ascii_digit()));
    let previous = index.checked_sub(1).and_then(|previous| words.get(previous));
    let goes_on = is_number(previous) && matches!(words.before(index), "." | "," | ":" | "-" | "/");
    let next = words.get(index + 1);
    let is_gone_on = match words.after(index) {
        "." | "-" => next.is_some(),
        "/" | "," => is_number(next),
        _ => false,
    };
    !goes_on && !is_gone_on
}

/// On one line, with no more between them than what sets a number off.
fn is_near(gap: &str) -> bool {
    gap.chars().all(|char| matches!(char, ' ' | ':' | '=' | '(' | '[' | '"' | '\'' | '`' | '*'))
}

/// What stands after a number that counts nothing.
fn ends_there(gap: &str) -> bool {
    !gap.chars().all(|char| char == ' ')
}
