//! What must hold whatever an upstream sends as events; see `crate::hostile`.

use hyper::body::Bytes;

use super::{
    download::{Events, HELD_BYTES},
    sse::{LOOKED_AT_BYTES, Scanner},
};

/// The first byte says how many of the next are sizes of pieces, taken by turns; the rest is a stream of events in these pieces. What passes is what came, to the
/// byte and in its order; but of an event that is too long nothing torn passes; what is kept is bounded; and however it is cut, the same is understood.
pub fn events(bytes: &[u8]) {
    let Some((count, rest)) = bytes.split_first() else { return };
    let (sizes, stream) = rest.split_at(usize::from(count % 8).min(rest.len()));
    let mut at_once = Scanner::default();
    let whole = at_once.feed(stream);
    assert!(whole <= stream.len());

    let (mut events, mut passed, mut at, mut last_whole) = (Events::default(), Vec::new(), 0, 0);
    let mut sizes = sizes.iter().map(|size| usize::from(*size).pow(2).max(1)).cycle();
    while at < stream.len() {
        let end = (at + sizes.next().unwrap_or(stream.len())).min(stream.len());
        passed.extend(events.pass(Bytes::copy_from_slice(&stream[at..end])).unwrap_or_default());
        at = end;
        assert_eq!([&passed[..], &events.held].concat().len(), at);
        assert!(events.held.len() <= HELD_BYTES);
        let scanner = &events.scanner;
        assert!(scanner.line.len() <= LOOKED_AT_BYTES && scanner.data.len() <= LOOKED_AT_BYTES + 1);
        assert!(scanner.name.len() <= LOOKED_AT_BYTES);
        if !events.is_open {
            last_whole = passed.len();
        }
    }
    passed.extend_from_slice(&events.held);
    assert!(passed == stream, "what passed is not what came");
    let in_pieces = &events.scanner;
    assert_eq!(at_once.tokens(), in_pieces.tokens());
    assert_eq!((at_once.is_between(), at_once.is_torn()), (in_pieces.is_between(), in_pieces.is_torn()));
    let mut reader = Scanner::default();
    reader.feed(&stream[..last_whole]);
    assert!(reader.is_between(), "what had passed was torn");
}
