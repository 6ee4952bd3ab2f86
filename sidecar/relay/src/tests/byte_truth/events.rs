//! Streams of events as an upstream may send them, and what is known of each by how it was made.

use fastrand::Rng;

/// Larger than what the gateway holds back.
const HUGE: usize = 1_200_000;

#[derive(Clone, Debug)]
pub(super) struct Events {
    pub(super) bytes: Vec<u8>,
    /// A message began, and did not end.
    pub(super) is_torn: bool,
    /// One of them cannot be held back.
    pub(super) has_huge: bool,
}

impl Events {
    pub(super) fn of(rng: &mut Rng) -> Self {
        let mut bytes = Vec::new();
        let has_start = rng.u32(..10) > 0;
        let has_stop = rng.u32(..12) > 0;
        let has_huge = rng.u32(..25) == 0;
        let mut say = |rng: &mut Rng, lines: &[&str]| {
            // One kind of line end for each event: a CR before an LF of the next would be one.
            let end = ["\n", "\n", "\r\n", "\r"][rng.usize(..4)];
            for line in lines.iter().chain(&[""]) {
                bytes.extend_from_slice(line.as_bytes());
                bytes.extend_from_slice(end.as_bytes());
            }
        };
        if has_start {
            let start =
                r#"data: {"type":"message_start","message":{"usage":{"input_tokens":10,"output_tokens":1}}}"#;
            say(rng, &["event: message_start", start]);
        }
        let count = if rng.u32(..8) == 0 { rng.u32(..600) } else { rng.u32(..12) };
        let huge_at = has_huge.then(|| rng.u32(..=count));
        for number in 0..=count {
            if huge_at == Some(number) {
                let text = format!("data: {}", "ж".repeat(HUGE / 2 + rng.usize(..HUGE)));
                say(rng, &["event: content_block_delta", &text]);
            }
            let text = "Grüße, 世界 👋 ".repeat(rng.usize(..40));
            match rng.u32(..7) {
                0 => say(rng, &[": a comment"]),
                1 => say(rng, &["event: ping", "data: {\"type\": \"ping\"}"]),
                2 => say(rng, &[]),
                3 => say(rng, &["data:", "id: 7", "retry: 10", "nonsense", &format!("data:{text}")]),
                _ => say(rng, &["event: content_block_delta", &format!("data: {{\"text\":\"{text}\"}}")]),
            }
        }
        if has_start && has_stop {
            say(rng, &["event: message_delta", "data: {\"usage\":{\"output_tokens\":42}}"]);
            say(rng, &["event: message_stop", "data: {\"type\":\"message_stop\"}"]);
        }
        if !has_start && rng.u32(..4) == 0 {
            bytes.extend_from_slice("data: no end, ä".as_bytes());
        }
        Self { bytes, is_torn: has_start && !has_stop, has_huge }
    }
}

/// Whether these are whole events, by the rules of the HTML standard, 9.2.6, written down once more.
pub(super) fn is_whole(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n").replace('\r', "\n");
    let Some(lines) = text.strip_suffix('\n') else { return text.is_empty() };
    let said = lines.split('\n').rev().take_while(|line| !line.is_empty());
    said.filter(|line| !line.starts_with(':')).count() == 0
}

/// What is left behind `sent` as far as it was passed on, when that is one event that says what went wrong.
pub(super) fn is_error(rest: &[u8]) -> bool {
    let Some(rest) = rest.strip_prefix(b"event: error\ndata: ") else { return false };
    let Some(json) = rest.strip_suffix(b"\n\n") else { return false };
    let told: Option<serde_json::Value> = serde_json::from_slice(json).ok();
    told.is_some_and(|told| told["type"] == "error" && told["error"]["message"].is_string())
}
