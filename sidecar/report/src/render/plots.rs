//! The page's plots, drawn as SVG: columns, a heat map, pairs of bars, stems on a time line.

use super::{html::escaped, sections::Plot};
use crate::{
    calendar::{days_between, rfc3339, unix_ms},
    contract::Errors,
    words::{number, percent, share, span},
};

/// Width of every plot, in its own units; the page scales it.
const WIDTH: f64 = 760.0;
/// Room for the numbers of the axis.
const LEFT: f64 = 44.0;
/// Room for half of the last label.
const RIGHT: f64 = 12.0;
const TOP: f64 = 22.0;
const BOTTOM: f64 = 26.0;
/// Height of what is drawn between the axes.
const INNER: f64 = 170.0;
/// Days with a column of their own; more would be thinner than a hair.
const DAYS_AT_MOST: usize = 400;

/// Draws it; `None` without anything to draw.
pub(super) fn plot(plot: Plot, errors: &Errors) -> Option<String> {
    match plot {
        Plot::Days => days(errors),
        Plot::Heat => Some(heat(errors)),
        Plot::Sizes => Some(sizes(errors)),
        Plot::Retries => Some(retries(errors)),
        Plot::Gaps => Some(gaps(errors)),
        Plot::Bursts => bursts(errors),
    }
}

struct Svg {
    body: String,
    height: f64,
    label: String,
}

impl Svg {
    fn new(height: f64, label: &str) -> Self {
        Self { body: String::new(), height, label: label.to_owned() }
    }

    fn text(&mut self, x: f64, y: f64, anchor: &str, class: &str, text: &str) {
        self.body += &format!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" class=\"{class}\">{}</text>",
            escaped(text)
        );
    }

    /// A bar or a cell, and what is said of it when one points at it.
    fn rect(&mut self, (x, y, width, height): (f64, f64, f64, f64), class: &str, more: &str, says: &str) {
        self.body += &format!(
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" class=\"{class}\" {more}><title>{}</title></rect>",
            escaped(says)
        );
    }

    fn line(&mut self, (x1, y1): (f64, f64), (x2, y2): (f64, f64), class: &str) {
        self.body +=
            &format!("<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" class=\"{class}\"/>");
    }

    /// Lines and numbers of an axis from 0 to at least `most`. Returns where it ends.
    fn axis(&mut self, most: u64) -> u64 {
        let step = step(most);
        let end = most.max(1).div_ceil(step) * step;
        for value in (0..=end).step_by(usize::try_from(step).unwrap_or(1)) {
            let y = y_of(value, end);
            self.line((LEFT, y), (WIDTH, y), if value == 0 { "base" } else { "grid" });
            self.text(LEFT - 6.0, y + 4.0, "end", "tick", &number(value));
        }
        end
    }

    fn done(self) -> String {
        format!(
            "<svg viewBox=\"0 0 {WIDTH:.0} {:.0}\" role=\"img\" aria-label=\"{}\">{}</svg>",
            self.height,
            escaped(&self.label),
            self.body
        )
    }
}

/// 1, 2 or 5 of a power of ten, so that there are at most five lines.
fn step(most: u64) -> u64 {
    let mut power = 1;
    loop {
        for factor in [1, 2, 5] {
            if power * factor * 5 >= most {
                return power * factor;
            }
        }
        power *= 10;
    }
}

fn y_of(value: u64, end: u64) -> f64 {
    TOP + INNER - INNER * value as f64 / end as f64
}

/// Columns with a label below each that has one.
struct Column {
    below: Option<String>,
    above: Option<String>,
    count: u64,
    /// The part of it that is drawn in the second colour.
    part: u64,
    says: String,
}

fn columns(label: &str, columns: &[Column]) -> String {
    let mut svg = Svg::new(TOP + INNER + BOTTOM, label);
    let end = svg.axis(columns.iter().map(|column| column.count).max().unwrap_or(0));
    let each = (WIDTH - LEFT - RIGHT) / columns.len().max(1) as f64;
    let width = (each - (each * 0.25).clamp(0.4, 14.0)).min(64.0);
    for (index, column) in columns.iter().enumerate() {
        let middle = LEFT + each * (index as f64 + 0.5);
        let x = middle - width / 2.0;
        let radius = if width > 6.0 { "rx=\"2\"" } else { "" };
        let mut draw = |value: u64, class: &str| {
            let height = INNER * value as f64 / end as f64;
            if value > 0 {
                svg.rect((x, y_of(value, end), width, height), class, radius, &column.says);
            }
        };
        draw(column.count, "one");
        draw(column.part, "two");
        if let Some(below) = &column.below {
            svg.text(middle, TOP + INNER + 17.0, "middle", "tick", below);
        }
        if let Some(above) = &column.above {
            svg.text(middle, y_of(column.count, end) - 6.0, "middle", "value", above);
        }
    }
    svg.done()
}

fn days(errors: &Errors) -> Option<String> {
    let (first, last) = (errors.by_day.first()?, errors.by_day.last()?);
    let mut days = days_between(&first.date, &last.date);
    days.drain(..days.len().saturating_sub(DAYS_AT_MOST));
    let count = |day: &str| errors.by_day.iter().find(|by| by.date == *day).map_or(0, |by| by.count);
    let every = days.len().div_ceil(9).max(1);
    let most = errors.by_day.iter().map(|by| by.count).max();
    let column = |(index, day): (usize, &String)| {
        let count = count(day);
        Column {
            below: index.is_multiple_of(every).then(|| day.get(5..).unwrap_or(day).to_owned()),
            above: (Some(count) == most).then(|| number(count)),
            count,
            part: 0,
            says: format!("{day}: {}", number(count)),
        }
    };
    Some(columns("Errors by day", &days.iter().enumerate().map(column).collect::<Vec<_>>()))
}

fn gaps(errors: &Errors) -> String {
    let column = |by: &crate::contract::Bucket| Column {
        below: Some(by.bucket.to_owned()),
        above: Some(number(by.count)),
        count: by.count,
        part: 0,
        says: format!("{}: {}", by.bucket, number(by.count)),
    };
    columns(
        "Errors by the time since the record before",
        &errors.gap_to_previous.iter().map(column).collect::<Vec<_>>(),
    )
}

fn retries(errors: &Errors) -> String {
    let column = |retry: &crate::contract::Retry| Column {
        below: Some(retry.attempt.to_string()),
        above: Some(retry.recovery_rate.map_or_else(String::new, |rate| format!("{:.0} %", rate * 100.0))),
        count: retry.triggered,
        part: retry.recovered.min(retry.triggered),
        says: format!(
            "Attempt {}: {} failed, {} then recovered ({})",
            retry.attempt,
            number(retry.triggered),
            number(retry.recovered),
            retry.recovery_rate.map_or_else(|| "–".into(), share)
        ),
    };
    columns("Retries by attempt", &errors.retries.iter().map(column).collect::<Vec<_>>())
}

fn heat(errors: &Errors) -> String {
    const ROW: f64 = 24.0;
    let cell = (WIDTH - LEFT) / 24.0;
    let mut svg = Svg::new(7.0 * ROW + 22.0, "Errors by weekday and hour");
    let most = errors.by_hour.iter().flat_map(|by| by.by_weekday).max().unwrap_or(0).max(1);
    for (row, weekday) in errors.by_weekday.iter().enumerate() {
        let y = row as f64 * ROW;
        svg.text(LEFT - 8.0, y + 16.0, "end", "tick", weekday.weekday);
        for by in &errors.by_hour {
            let count = by.by_weekday[row];
            let x = LEFT + cell * f64::from(by.hour);
            let says = format!("{} {:02}:00: {}", weekday.weekday, by.hour, number(count));
            let place = (x + 1.0, y + 1.0, cell - 2.0, ROW - 2.0);
            if count == 0 {
                svg.rect(place, "none", "rx=\"3\"", &says);
            } else {
                // By the root, so that one error is seen beside a hundred.
                let strength = 0.18 + 0.82 * (count as f64 / most as f64).sqrt();
                svg.rect(place, "one", &format!("rx=\"3\" fill-opacity=\"{strength:.2}\""), &says);
            }
        }
    }
    for hour in (0..24).step_by(3) {
        svg.text(
            LEFT + cell * (f64::from(hour) + 0.5),
            7.0 * ROW + 16.0,
            "middle",
            "tick",
            &format!("{hour:02}"),
        );
    }
    svg.done()
}

/// Of each size, its share of sessions and of errors.
fn sizes(errors: &Errors) -> String {
    const ROW: f64 = 46.0;
    const NAMES: f64 = 64.0;
    const NUMBERS: f64 = 150.0;
    let sizes = &errors.by_session_size;
    let mut svg =
        Svg::new(sizes.len() as f64 * ROW, "Share of sessions and of errors by the size of the session");
    let sessions: u64 = sizes.iter().map(|by| by.sessions).sum();
    let all: u64 = sizes.iter().map(|by| by.errors).sum();
    for (row, by) in sizes.iter().enumerate() {
        let y = row as f64 * ROW;
        svg.text(NAMES - 8.0, y + 24.0, "end", "name", by.bucket);
        for (offset, class, part, whole, what) in
            [(4.0, "two", by.sessions, sessions, "session"), (21.0, "one", by.errors, all, "error")]
        {
            let share = if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
            let width = (WIDTH - NAMES - NUMBERS) * share;
            let says =
                format!("{}: {} ({})", by.bucket, crate::words::count(part, what), percent(part, whole));
            svg.rect((NAMES, y + offset, width.max(1.5), 14.0), class, "rx=\"2\"", &says);
            let told = format!("{} · {}", percent(part, whole), crate::words::count(part, what));
            svg.text(NAMES + width.max(1.5) + 7.0, y + offset + 11.0, "start", "value", &told);
        }
    }
    svg.done()
}

/// A stem for each burst, as high as it had errors.
fn bursts(errors: &Errors) -> Option<String> {
    let list = &errors.bursts.list;
    let times =
        || list.iter().filter_map(|burst| Some((burst, unix_ms(&burst.start)?, unix_ms(&burst.end)?)));
    let first = times().map(|(_, start, _)| start).min()?;
    let last = times().map(|(_, _, end)| end).max()?;
    let length = (last - first).max(1);
    let mut svg = Svg::new(TOP + INNER + BOTTOM, "Bursts on a time line");
    let end = svg.axis(list.iter().map(|burst| burst.count).max()?);
    let x_of = |at: u64| LEFT + 14.0 + (WIDTH - LEFT - 28.0) * (at - first) as f64 / length as f64;
    for tick in 0..=4_u64 {
        let at = first + length * tick / 4;
        let time = rfc3339(at)?;
        // Within two days, the hours tell them apart.
        let told = if length > 172_800_000 {
            time.get(5..10)?.to_owned()
        } else {
            time.get(5..16)?.replace('T', " ")
        };
        let anchor = ["start", "middle", "middle", "middle", "end"][usize::try_from(tick).ok()?];
        svg.text(x_of(at), TOP + INNER + 17.0, anchor, "tick", &told);
    }
    for (burst, start, stop) in times() {
        let (x, y) = (x_of(start), y_of(burst.count, end));
        let says = format!(
            "{} UTC: {} errors in {}",
            burst.start.get(..16).unwrap_or(&burst.start).replace('T', " "),
            number(burst.count),
            span((stop - start) as f64 / 1000.0)
        );
        svg.line((x, TOP + INNER), (x, y), "stem");
        svg.body += &format!(
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4.5\" class=\"dot\"><title>{}</title></circle>",
            escaped(&says)
        );
    }
    Some(svg.done())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_has_at_most_five_steps() {
        for (most, expected) in
            [(0, 1), (1, 1), (5, 1), (6, 2), (10, 2), (11, 5), (25, 5), (26, 10), (99, 20), (345, 100)]
        {
            assert_eq!(step(most), expected, "{most}");
        }
    }
}
