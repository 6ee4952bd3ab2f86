//! One frame of `lifeline watch`: what is known, as lines of a screen. A function of its arguments alone.

use lifeline_protocol::{Incident, MemoryStatus, StatusReport, WindowStatus};

use super::{
    incidents,
    page::{Ink, Word, ago, aligned, inked, shortened, size, span},
    sections::{self, LABEL_CELLS, Line, dotted, memory_ink, state},
};

/// Incidents shown: the newest.
pub(crate) const INCIDENTS_SHOWN: usize = 5;

/// Claude processes shown: the largest.
const CLAUDE_SHOWN: usize = 6;

/// Cells of the bar, and cells that the bar and the ten minutes take on a narrow screen and on a wide one.
const NARROW: Graphs = Graphs { bar: 10, minutes: 15 };
const WIDE: Graphs = Graphs { bar: 20, minutes: 30 };

/// From this width on, in cells, there is room for the wide ones.
const WIDE_FROM: usize = 120;

/// The ten minutes are drawn over at least this many percent of the limit: breathing must not look like a leak.
const SPAN_PERCENT: u8 = 10;

const STEPS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Cells before what continues a sentence.
const INDENT: usize = 4;

struct Graphs {
    bar: usize,
    minutes: usize,
}

/// What is known.
#[derive(Clone, Copy, Default)]
pub(crate) struct View<'a> {
    /// The last report.
    pub(crate) report: Option<&'a StatusReport>,
    /// The newest incidents first.
    pub(crate) incidents: &'a [Incident],
    /// Why there is no newer report, in a sentence.
    pub(crate) trouble: Option<&'a str>,
    /// Age of the report, in milliseconds.
    pub(crate) age_ms: u64,
    /// Now, in milliseconds since 1970.
    pub(crate) now_unix_ms: u64,
    /// What may be typed.
    pub(crate) hint: Option<&'a str>,
}

/// The lines of a frame, laid out for `width` cells; they may be longer.
pub(crate) fn lines(view: &View<'_>, width: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    if let Some(trouble) = view.trouble {
        lines.extend(wrapped(&[Word::new(trouble, Ink::Bad)], width));
        if view.report.is_some() {
            lines.push(vec![Word::new(format!("This was so {} ago:", span(view.age_ms)), Ink::Warn)]);
        }
    } else if view.report.is_none() {
        lines.push(vec!["Asking the Lifeline daemon …".into()]);
    }
    let hint = view.hint.map(|hint| Word::new(format!("· {hint}"), Ink::Dim));
    let Some(report) = view.report else {
        lines.extend(hint.map(|hint| vec![hint]));
        return lines;
    };
    lines.push(sections::daemon(report).into_iter().chain(hint).collect());
    lines.extend(sections::machine(&report.machine));
    lines.extend(sections::cannot_save(report).iter().flat_map(|line| wrapped(line, width)));
    let graphs = if width >= WIDE_FROM { WIDE } else { NARROW };
    let windows: Vec<Line> = if report.windows.is_empty() {
        wrapped(&[sections::NO_WINDOW.into()], width)
    } else {
        report.windows.iter().flat_map(|status| window(status, &graphs, width)).collect()
    };
    let rest = [
        windows,
        sections::connections(report),
        sections::sockets(report),
        sections::lock_problems(report).flat_map(|line| wrapped(&line, width)).collect(),
        sections::claude(report, CLAUDE_SHOWN),
        happened(view),
    ];
    for section in rest.into_iter().filter(|section| !section.is_empty()) {
        lines.push(vec![]);
        lines.extend(section);
    }
    lines
}

/// A window: what it is, its heap, and what is wrong.
fn window(window: &WindowStatus, graphs: &Graphs, width: usize) -> Vec<Line> {
    let label = Word::new(format!("{}:", shortened(&window.label, LABEL_CELLS)), Ink::Bold);
    let quiet = if window.verdict == "healthy" { Ink::Plain } else { Ink::Warn };
    let optional = |text: Option<String>| Word::from(text.unwrap_or_default());
    let host = window.host_pid.map(|pid| {
        let watched = window.host_age_ms.map_or_else(String::new, |ms| format!(", seen for {}", span(ms)));
        format!("host {pid}{watched}")
    });
    let silent = window.silent_ms.map(|ms| format!("last sign {} ago", span(ms)));
    let parts = [
        state(window).calm(),
        optional(host),
        Word::new(silent.unwrap_or_default(), quiet),
        optional(window.delay_p99_ms.map(|ms| format!("loop delay {ms:.0} ms"))),
        sections::protection(window),
        if window.guarded { sections::restarts(window) } else { Word::default() },
    ];
    // With the space that follows, two cells.
    let indented = |line: Line| [vec![" ".into()], line].concat();
    let mut lines = vec![dotted(vec![label], parts)];
    lines.extend(heap(window, graphs).map(indented));
    lines.extend(sections::troubles(window).into_iter().map(indented).flat_map(|line| wrapped(&line, width)));
    lines
}

/// A sentence on as many lines as it takes, those that follow indented. Only spaces are places to go on from.
pub(super) fn wrapped(line: &[Word], width: usize) -> Vec<Line> {
    if cells(line) <= width {
        return vec![line.to_vec()];
    }
    let mut lines = Vec::new();
    let (mut current, mut taken) = (Line::new(), 0);
    for word in line.iter().flat_map(Word::split) {
        let needed = word.width() + usize::from(!current.is_empty());
        if taken > INDENT && taken + needed > width {
            lines.push(std::mem::replace(&mut current, vec![Word::new(" ".repeat(INDENT - 1), Ink::Plain)]));
            taken = INDENT - 1;
        }
        taken += word.width() + usize::from(!current.is_empty());
        current.push(word);
    }
    lines.push(current);
    lines
}

fn heap(window: &WindowStatus, graphs: &Graphs) -> Option<Line> {
    let (used, limit) = window.heap_used_bytes.zip(window.heap_limit_bytes)?;
    let amount = format!("{} of {}", size(used), size(limit));
    let resident = window.rss_bytes.map_or_else(String::new, |bytes| format!("{} resident", size(bytes)));
    let Some(memory) = &window.memory else {
        return Some(dotted(vec!["heap".into()], [amount.into(), resident.into()]));
    };
    let ink = memory_ink(&memory.level);
    let beginning = vec![
        "heap".into(),
        Word::new(format!("{:>3.0} %", memory.percent), ink),
        Word::new(bar(memory.percent, graphs.bar), ink),
    ];
    let parts = [
        amount.into(),
        trend(memory, ink),
        ten_minutes(&memory.history, graphs.minutes).into(),
        resident.into(),
    ];
    Some(dotted(beginning, parts))
}

/// A share of `cells`, in eighths of a cell.
fn bar(percent: f64, cells: usize) -> String {
    let eighths = cells * 8;
    let filled = portion(percent.clamp(0.0, 100.0) / 100.0, eighths);
    let part = match filled % 8 {
        0 => None,
        // Left blocks: U+2588 is a whole one, U+258F an eighth of it.
        eighths => char::from_u32(0x2590 - u32::try_from(eighths).unwrap_or(0)),
    };
    let whole = filled / 8;
    let rest = cells - whole - usize::from(part.is_some());
    std::iter::repeat_n('█', whole).chain(part).chain(std::iter::repeat_n('░', rest)).collect()
}

/// The whole number nearest to a share of `of`; `share` from 0 to 1, and 0 when it is no number.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
fn portion(share: f64, of: usize) -> usize {
    ((share * of as f64).round() as usize).min(of)
}

/// How fast it grows, and when it is full.
fn trend(memory: &MemoryStatus, ink: Ink) -> Word {
    let Some(per_minute) = memory.bytes_per_minute else { return Word::default() };
    let rate = whole(per_minute.abs());
    // Less than this is noise: Node allocates by itself.
    let rate = if rate < 100_000 {
        "steady".to_owned()
    } else {
        format!("{}{}/min", if per_minute < 0.0 { '−' } else { '+' }, size(rate))
    };
    match memory.seconds_to_limit {
        Some(secs) => Word::new(format!("{rate}, full in {}", span(secs.saturating_mul(1000))), ink),
        None => rate.into(),
    }
}

/// A number of bytes; the cast ends at the largest there is.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
const fn whole(bytes: f64) -> u64 {
    bytes as u64
}

/// The last ten minutes in at most `cells`, each the highest of its time, and between which values they lie.
fn ten_minutes(history: &[u8], cells: usize) -> String {
    let per_cell = history.len().div_ceil(cells).max(1);
    let peaks: Vec<u8> = history.chunks(per_cell).filter_map(|chunk| chunk.iter().copied().max()).collect();
    let (Some(&low), Some(&high)) = (history.iter().min(), history.iter().max()) else {
        return String::new();
    };
    if history.len() < 2 {
        return String::new();
    }
    let span = (high - low).max(SPAN_PERCENT);
    let step =
        |value: u8| STEPS[usize::from(value.saturating_sub(low)) * (STEPS.len() - 1) / usize::from(span)];
    let line: String = peaks.into_iter().map(step).collect();
    if low == high { format!("{line} {low} %") } else { format!("{line} {low}–{high} %") }
}

/// The newest incidents, a line each.
fn happened(view: &View<'_>) -> Vec<Line> {
    let shown = &view.incidents[..view.incidents.len().min(INCIDENTS_SHOWN)];
    if shown.is_empty() {
        return Vec::new();
    }
    let beginnings: Vec<Line> = shown
        .iter()
        .map(|incident| {
            vec![
                Word::new(ago(incident.began_unix_ms, view.now_unix_ms), Ink::Dim),
                Word::new(shortened(&incident.label, LABEL_CELLS), Ink::Bold),
                incidents::what(incident).into(),
            ]
        })
        .collect();
    let mut lines = aligned(&["INCIDENT", "WINDOW", "WHAT"], &beginnings);
    for (line, incident) in lines.iter_mut().skip(1).zip(shown) {
        let (outcome, ink) = incidents::outcome(incident);
        let after = incident.ended_after_ms.map_or_else(String::new, |ms| format!(" after {}", span(ms)));
        let who = incident.culprit.as_ref().map(incidents::who).unwrap_or_default();
        let parts = [Word::new(format!("{outcome}{after}"), ink).calm(), who.into()];
        *line = dotted([std::mem::take(line), vec![Word::new("·", Ink::Dim)]].concat(), parts);
    }
    lines
}

/// A frame on a screen of `columns` times `rows` cells, drawn over the one before without a flicker.
pub(crate) fn drawn(lines: &[Line], columns: usize, rows: usize, colour: bool) -> String {
    let mut screen = String::from("\x1b[H");
    let (shown, missing) = if lines.len() <= rows {
        (lines, 0)
    } else {
        let shown = rows.saturating_sub(1);
        (&lines[..shown], lines.len() - shown)
    };
    let more = (missing > 0).then(|| vec![Word::new(format!("… {missing} more lines"), Ink::Dim)]);
    let shown: Vec<Line> = shown.iter().chain(&more).take(rows).map(|line| cut(line, columns)).collect();
    for (index, line) in shown.iter().enumerate() {
        if index > 0 {
            screen.push_str("\r\n");
        }
        screen.push_str(&inked(line, colour));
        // After the last cell the cursor still stands on it, and would clear it.
        if cells(line) < columns {
            screen.push_str("\x1b[K");
        }
    }
    if shown.len() < rows {
        screen.push_str(if shown.is_empty() { "\x1b[J" } else { "\r\n\x1b[J" });
    }
    screen
}

/// Cells that a line takes.
fn cells(line: &[Word]) -> usize {
    line.iter().map(Word::width).sum::<usize>() + line.len().saturating_sub(1)
}

/// The words that fit into `cells`, with an ellipsis as the last cell when something is missing.
fn cut(line: &[Word], cells: usize) -> Line {
    if self::cells(line) <= cells {
        return line.to_vec();
    }
    let space = |index: usize| usize::from(index > 0);
    let Some(mut left) = cells.checked_sub(1) else { return Vec::new() };
    let mut fitting: Line = Vec::new();
    for (index, word) in line.iter().enumerate() {
        if let Some(rest) = left.checked_sub(word.width() + space(index)) {
            left = rest;
            fitting.push(word.clone());
            continue;
        }
        match (left.checked_sub(space(index)), fitting.pop()) {
            (Some(room), before) => {
                fitting.extend(before);
                fitting.push(word.ending_at(room));
            }
            // No room for the space before it.
            (None, before) => fitting.extend(before.map(|before| before.ending_at(usize::MAX))),
        }
        break;
    }
    fitting
}

#[cfg(test)]
#[path = "frame_tests.rs"]
mod tests;
