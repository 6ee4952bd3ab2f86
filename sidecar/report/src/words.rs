//! Numbers and names as people say them.

use crate::contract::Noticer;

/// A share in percent, one decimal; `–` of nothing.
pub(crate) fn percent(part: u64, whole: u64) -> String {
    if whole == 0 { "–".into() } else { share(part as f64 / whole as f64) }
}

/// `0.125` as `12.5 %`.
pub(crate) fn share(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// Two decimals; `–` for none.
pub(crate) fn rate(rate: Option<f64>) -> String {
    rate.map_or_else(|| "–".into(), |rate| format!("{rate:.2}"))
}

/// Seconds in one unit: `0.4 s`, `46 s`, `20.7 min`, `3.2 h`.
pub(crate) fn span(seconds: f64) -> String {
    match seconds {
        _ if seconds < 10.0 => format!("{seconds:.1} s"),
        _ if seconds < 99.5 => format!("{seconds:.0} s"),
        _ if seconds < 5970.0 => format!("{:.1} min", seconds / 60.0),
        _ => format!("{:.1} h", seconds / 3600.0),
    }
}

/// Thousands apart: `1,582`.
pub(crate) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut told = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            told.push(',');
        }
        told.push(digit);
    }
    told
}

/// Bytes in MB or GB of 10^6 and 10^9.
pub(crate) fn size(bytes: u64) -> String {
    if bytes < 999_500_000 {
        format!("{:.1} MB", bytes as f64 / 1e6)
    } else {
        format!("{:.2} GB", bytes as f64 / 1e9)
    }
}

/// `1 error`, `2 errors`.
pub(crate) fn count(many: u64, noun: &str) -> String {
    format!("{} {noun}{}", number(many), if many == 1 { "" } else { "s" })
}

/// Who noticed something, at the beginning of a sentence.
pub(crate) fn noticers(by: &[Noticer]) -> &'static str {
    match by {
        [Noticer::DesktopApp] => "Claude's desktop app",
        [Noticer::Lifeline] => "Lifeline",
        _ => "Claude's desktop app and Lifeline",
    }
}

/// A bar of eighths: `█████▌`. What is not nothing is seen.
pub(crate) fn bar(many: u64, most: u64, cells: u64) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (many * cells * 8).checked_div(most).map_or(0, |eighths| eighths.max(u64::from(many > 0)));
    let whole = usize::try_from(eighths / 8).unwrap_or_default();
    let rest = usize::try_from(eighths % 8).unwrap_or_default();
    format!("{}{}", "█".repeat(whole), EIGHTHS[rest])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_one_would_say_them() {
        assert_eq!(
            [0, 7, 999, 1000, 1_582, 1_100_000].map(number),
            ["0", "7", "999", "1,000", "1,582", "1,100,000"]
        );
        assert_eq!(
            [0.42, 46.0, 99.4, 100.0, 1242.0, 7200.0].map(span),
            ["0.4 s", "46 s", "99 s", "1.7 min", "20.7 min", "2.0 h"]
        );
        assert_eq!((percent(129, 173), percent(1, 0)), ("74.6 %".into(), "–".into()));
        assert_eq!([count(1, "turn"), count(2, "turn")], ["1 turn", "2 turns"]);
        assert_eq!([size(5_149_000), size(1_100_000_000)], ["5.1 MB", "1.10 GB"]);
    }

    #[test]
    fn bars_are_as_long_as_what_they_tell() {
        assert_eq!(
            [(10, 10), (5, 10), (1, 1000), (0, 10), (0, 0)].map(|(many, most)| bar(many, most, 4)),
            ["████", "██", "▏", "", ""]
        );
    }
}
