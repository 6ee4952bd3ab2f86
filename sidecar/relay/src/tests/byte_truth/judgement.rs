//! What may have come of an exchange, by what was done to it.

use super::{
    events,
    exchanges::{At, Fault, Heard, How, Plan, is_claude_code},
    upstream::Asked,
    wire::Cut,
};
use crate::{End, Record, Side};

#[derive(Clone, Copy)]
pub(super) struct Kind {
    pub(super) is_http2: bool,
    pub(super) is_rough: bool,
}

/// Ends that an upstream may have brought about.
const fn is_servers(end: End) -> bool {
    let is_closed = matches!(end, End::Closed { by: Side::Server } | End::Reset { by: Side::Server });
    is_closed || matches!(end, End::StreamReset { .. } | End::GoAway { .. })
}

fn fits(fault: Option<&Fault>, end: End, kind: Kind) -> bool {
    if kind.is_rough {
        return is_servers(end) || end == End::Failed;
    }
    match fault.map(|fault| fault.how) {
        Some(How::Reset) => end == End::Reset { by: Side::Server },
        Some(How::Leave) => matches!(end, End::Closed { by: Side::Server } | End::Reset { by: Side::Server }),
        // And then it closes, which may be seen first.
        Some(How::Nonsense) => matches!(end, End::Failed | End::Closed { by: Side::Server }),
        // After two of these it is HTTP/1.1, where the connection stands for the stream.
        Some(How::Stream(code)) => end == End::StreamReset { code } || is_servers(end) && kind.is_http2,
        Some(How::GoAway(_) | How::Overload) | None => false,
    }
}

pub(super) fn judge(plan: &Plan, heard: &Heard, asked: &[Asked], record: Option<&Record>, kind: Kind) {
    let events = plan.events.as_ref();
    let sent = events.map(|events| events.bytes.as_slice());
    let body = String::from_utf8_lossy(&heard.body[heard.body.len().saturating_sub(300)..]).into_owned();
    let all = format!(
        "seed {} up {} chunked {} down {} torn {:?} {:?} behind {} faults {:?} leaves {:?}\nheard {:?} {:?} got {} asked {} left {}: …{body}\n{asked:?}\n{record:?} rough {}",
        plan.seed,
        plan.up,
        plan.is_chunked,
        plan.down,
        events.map(|events| (events.is_torn, events.has_huge)),
        plan.framing,
        plan.closes_behind,
        plan.faults,
        plan.leaves,
        heard.status,
        heard.ended,
        heard.got,
        heard.has_asked,
        heard.has_left,
        kind.is_rough,
    );
    // Up: each time a beginning, whole only when it is, and hardly ever twice where that costs.
    for asked in asked {
        assert_eq!(asked.wrong_at, None, "{all}");
        assert!(asked.got <= plan.up && (!asked.is_whole || asked.got == plan.up), "{all}");
    }
    assert!(
        asked.iter().filter(|asked| asked.is_whole && !asked.is_overload && !asked.is_refused).count() <= 2,
        "{all}"
    );
    // What a server refused on a connection that was used before (code 7) it has not begun with; that may be asked again beyond the three times.
    assert!(asked.len() <= 3 || kind.is_rough || kind.is_http2 && asked.len() <= 11, "{all}");
    // Down: what was sent, or its beginning.
    let is_whole = heard.got == plan.down && sent.is_none_or(|sent| sent == heard.body);
    assert_eq!(heard.wrong_at, None, "{all}");
    let Some(record) = record else { return assert!(heard.has_left, "{all}") };
    let end = record.end;
    let exchange = record.exchange.as_ref().unwrap();
    let arrived: u64 = asked.iter().map(|asked| asked.got).sum();
    assert!(record.bytes_up >= arrived, "{all}");
    if heard.has_left {
        let is_clients = end == End::Abandoned
            || end == End::Reset { by: Side::Client }
            || end == End::Closed { by: Side::Client };
        let last = asked.len().checked_sub(1).and_then(|at| plan.faults.get(at));
        let is_answered = end == End::Answered;
        let is_torn = events.is_some_and(|events| events.is_torn) && end == End::Closed { by: Side::Server };
        assert!(is_clients || is_answered || is_torn || fits(last, end, kind), "{all}");
        assert!(heard.status != Some(200) || sent.is_none_or(|sent| begins(sent, &heard.body)), "{all}");
        return;
    }
    let last = asked.len().checked_sub(1).and_then(|at| plan.faults.get(at));
    let (is_in_body, is_before) = match last {
        Some(Fault { how: How::Overload, .. }) | None => (false, false),
        Some(Fault { at: At::Body(_), .. }) => (true, false),
        Some(_) => (false, true),
    };
    // In order, and not at the end of an event.
    let is_torn = events.is_some_and(|events| events.is_torn) && end == End::Closed { by: Side::Server };
    // Why it breaks off, in an event.
    let may_be_said = !is_claude_code(plan.seed) && events.is_some_and(|events| !events.has_huge);
    match (heard.status, heard.ended) {
        (Some(200), Ok(())) if is_whole => {
            assert!(end == End::Answered && !is_in_body && !is_before, "{all}");
            assert!(events.is_none_or(|events| !events.is_torn), "{all}");
            assert_eq!((record.bytes_down, exchange.request_bytes), (plan.down, plan.up), "{all}");
            if asked.len() == 1 && !kind.is_rough {
                assert_eq!(record.bytes_up, plan.up, "{all}");
            }
        }
        (Some(200), Ok(())) => {
            let at = heard.body.windows(13).rposition(|part| part == b"event: error\n");
            let Some((passed, rest)) = at.map(|at| heard.body.split_at(at)) else {
                panic!("cut, but whole: {all}")
            };
            assert!(
                events::is_error(rest) && events::is_whole(passed) && !is_claude_code(plan.seed),
                "{all}"
            );
            assert!(sent.is_some_and(|sent| sent.starts_with(passed)), "{all}");
            assert!(is_torn || (is_in_body || kind.is_rough) && fits(last, end, kind), "{all}");
            assert!(record.bytes_down >= passed.len() as u64 && record.bytes_down <= plan.down, "{all}");
        }
        (Some(200), Err(cut)) => {
            assert!(cut != Cut::Nonsense && sent.is_none_or(|sent| sent.starts_with(&heard.body)), "{all}");
            assert!(!may_be_said, "it could have been said: {all}");
            assert!(is_torn || (is_in_body || kind.is_rough) && fits(last, end, kind), "{all}");
            assert!(record.bytes_down >= heard.got && record.bytes_down <= plan.down, "{all}");
        }
        (Some(529), Ok(())) => {
            assert_eq!(
                (end, heard.body.as_slice(), asked.last().map(|asked| asked.is_overload)),
                (End::Answered, &b"{}"[..], Some(true)),
                "{all}"
            );
        }
        // A reset in the body may overtake the head.
        (Some(502), Ok(())) => {
            assert!((is_before || is_in_body || kind.is_rough) && fits(last, end, kind), "{all}");
            assert!(
                serde_json::from_slice::<serde_json::Value>(&heard.body).is_ok() && exchange.status.is_none(),
                "{all}"
            );
        }
        // A reset takes with it what had not been read.
        (None, Err(Cut::Broken)) if (is_torn || is_in_body || kind.is_rough) && !may_be_said => {
            assert!(is_torn || fits(last, end, kind), "{all}");
        }
        // It was said, but behind an upload that nobody took: a reset may overtake it.
        (None | Some(502), Err(Cut::Broken)) => {
            assert!(!heard.has_asked && (is_before || kind.is_rough) && fits(last, end, kind), "{all}");
        }
        _ => panic!("{all}"),
    }
}

/// What is told of a stream before its client leaves: what was sent, or a beginning of it and word of its end.
fn begins(sent: &[u8], body: &[u8]) -> bool {
    let at = body.windows(13).rposition(|part| part == b"event: error\n").unwrap_or(body.len());
    sent.starts_with(body) || sent.starts_with(&body[..at])
}
