//! What records are filled with: lines of code, logs and prose, as they stand in JSON, and pixels. Made once, and then copied.

use serde_json::Value;

use crate::support::Dice;

const LINES: usize = 8_192;
const BASE64_BYTES: u64 = 1_000_000;
const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const WORDS: &str = "stream answer reader token count window buffer state retry after before session open close socket value result index \
                     parse write handle queue batch limit first last path file line test error ready begin end user server client ä Größe \
                     ECONNRESET";

pub(crate) struct Pool {
    lines: Vec<String>,
    base64: String,
}

impl Pool {
    pub(crate) fn new(dice: &mut Dice) -> Self {
        let words: Vec<&str> = WORDS.split(' ').collect();
        let lines = (0..LINES).map(|_| escaped(&line(dice, &words))).collect();
        let base64 = (0..BASE64_BYTES).map(|_| char::from(*dice.pick(BASE64))).collect();
        Self { lines, base64 }
    }

    /// Lines of so many bytes in all, or a little more.
    pub(crate) fn text(&self, dice: &mut Dice, bytes: u64) -> String {
        let mut text = String::new();
        while (text.len() as u64) < bytes {
            text.push_str(dice.pick::<String>(&self.lines));
            text.push_str("\\n");
        }
        text
    }

    /// So many bytes, half a megabyte at most, of an image or a signature.
    pub(crate) fn base64(&self, dice: &mut Dice, bytes: u64) -> &str {
        let bytes = bytes.min(BASE64_BYTES / 2);
        let from = usize::try_from(dice.below(BASE64_BYTES - bytes)).unwrap();
        &self.base64[from..from + usize::try_from(bytes).unwrap()]
    }
}

/// A line as somebody may have written it, or a program said it.
fn line(dice: &mut Dice, words: &[&str]) -> String {
    let [a, b, c, d] = [(); 4].map(|()| *dice.pick(words));
    let prose = format!("The {a} was {b} while the {c} had no {d}, so it is tried again.");
    let indent = " ".repeat(usize::try_from(dice.below(4)).unwrap() * 4);
    match dice.below(14) {
        0 => String::new(),
        1 => format!("{indent}}}"),
        2 => format!("{indent}// {prose}"),
        3 => format!("{indent}const {a} = await {b}.{c}(\"{d}\");"),
        4 => format!("{indent}if ({a}.{b} === null) return {{ {c}: \"{d}\" }};"),
        5 => format!("{indent}\"{a}\": \"{b}-{c}\","),
        6 => format!("import {{ {a}, {b} }} from \"./{c}/{d}\";"),
        7 => format!("\tlet {a}: Vec<{b}> = {c}.iter().map(|{d}| {d}.clone()).collect();"),
        8 => format!("{:>6}→{indent}{a}({b}, {c});", dice.below(900)),
        9 => format!("2026-04-16T07:{:02}:00Z WARN {a}: {b} {c} (ECONNRESET)", dice.below(60)),
        10 => format!("src\\{a}\\{b}.rs:{}:9: {c} '{d}'", dice.below(900)),
        11 => format!("{prose} Look at {a} before {b}: {c} and {d} are what they were. {prose}"),
        12 => format!("-rw-r--r-- 1 ann ann {} Apr 16 07:12 {a}_{b}.ts", dice.below(90_000)),
        _ => format!("{indent}{a}.{b}({c}, {d});"),
    }
}

/// As it stands between the quotes of a JSON text.
fn escaped(text: &str) -> String {
    let json = Value::from(text).to_string();
    json[1..json.len() - 1].to_owned()
}
