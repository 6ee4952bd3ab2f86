//! What passes the gate and what does not.

use std::io::ErrorKind;

use proptest::prelude::*;
use tokio::io::AsyncReadExt;

use super::*;

fn frame(body: &str) -> Vec<u8> {
    format!("Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// The verdict on a stream that arrives in one piece.
fn verdict(stream: &[u8]) -> Result<(), Violation> {
    Scanner::default().accept(stream).map_err(|(_, violation)| violation)
}

/// What a reader behind the gate gets when the stream arrives in `chunks`, and how it ended.
fn through_gate(chunks: &[&[u8]]) -> (Vec<u8>, Option<ErrorKind>) {
    let mut mock = chunks.iter().fold(MockRead::default(), |mut mock, chunk| {
        mock.0.push(chunk.to_vec());
        mock
    });
    mock.0.reverse();
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(async {
        let (mut guard, _control) = FrameGuard::new(mock);
        let mut seen = Vec::new();
        let mut piece = [0; 37];
        loop {
            match guard.read(&mut piece).await {
                Ok(0) => return (seen, None),
                Ok(count) => seen.extend_from_slice(&piece[..count]),
                Err(error) => return (seen, Some(error.kind())),
            }
        }
    })
}

/// Gives its chunks from the last to the first, never two at once.
#[derive(Default)]
struct MockRead(Vec<Vec<u8>>);

impl AsyncRead for MockRead {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        while self.0.last().is_some_and(Vec::is_empty) {
            self.0.pop();
        }
        if let Some(chunk) = self.0.last_mut() {
            let count = chunk.len().min(buf.remaining());
            buf.put_slice(&chunk[..count]);
            chunk.drain(..count);
        }
        Poll::Ready(Ok(()))
    }
}

#[test]
fn frames_of_real_clients_pass() {
    assert_eq!(verdict(b"Content-Length: 2\r\n\r\n{}"), Ok(()));
    assert_eq!(verdict(b"Content-Length:2\r\n\r\n{}Content-Length: 2\r\n\r\n{}"), Ok(()));
    let typed = b"Content-Length: 2\r\nContent-Type: application/vscode-jsonrpc; charset=utf-8\r\n\r\n{}";
    assert_eq!(verdict(typed), Ok(()));
    assert_eq!(verdict(b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}"), Ok(()));
}

#[test]
fn what_is_no_frame_is_named() {
    for (stream, violation) in [
        (&b"GET / HTTP/1.1\r\n"[..], Violation::Garbage),
        (b"X", Violation::Garbage),
        (b"\xff\xfe", Violation::Garbage),
        (b"Content-Length: 2\n\n{}", Violation::Garbage),
        (b"Content-Length: 2\r{}", Violation::Garbage),
        (b"content-length: 2\r\n\r\n{}", Violation::Garbage),
        (b"Content-Length\r\n\r\n", Violation::Garbage),
        (b"Content-Length: 2\r\nHost: here\r\n\r\n{}", Violation::Garbage),
        (b"Content-Length: 2\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}", Violation::Garbage),
        (b"\r\n\r\n", Violation::NoLength),
        (b"Content-Type: application/json; charset=utf-8\r\n\r\n{}", Violation::NoLength),
        (b"Content-Length: +2\r\n\r\n{}", Violation::BadLength),
        (b"Content-Length: -2\r\n\r\n{}", Violation::BadLength),
        (b"Content-Length: two\r\n\r\n{}", Violation::BadLength),
        (b"Content-Length: 2 \r\n\r\n{}", Violation::BadLength),
        (b"Content-Length: \r\n\r\n{}", Violation::BadLength),
        (b"Content-Length: 0\r\n\r\n", Violation::BadLength),
        (b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", Violation::TwoLengths),
        (b"Content-Length: 8388609\r\n", Violation::Oversize),
        (b"Content-Length: 99999999999999999999999999999999\r\n", Violation::Oversize),
    ] {
        assert_eq!(verdict(stream), Err(violation), "{:?}", String::from_utf8_lossy(stream));
    }
}

#[test]
fn the_largest_frame_passes_and_an_endless_header_does_not() {
    assert_eq!(verdict(format!("Content-Length: {MAX_FRAME_BYTES}\r\n\r\n").as_bytes()), Ok(()));
    let mut endless = b"Content-Type: ".to_vec();
    endless.resize(MAX_HEADER_BYTES, b'x');
    assert_eq!(verdict(&endless), Ok(()));
    endless.push(b'x');
    assert_eq!(verdict(&endless), Err(Violation::HeaderTooLong));
}

#[test]
fn good_frames_before_a_bad_one_are_delivered() {
    let mut stream = frame("{}");
    stream.extend_from_slice(b"Content-Length: 99999999\r\n\r\n");
    stream.extend_from_slice(&[b'x'; 1000]);
    let (seen, end) = through_gate(&[&stream]);
    assert_eq!(end, Some(ErrorKind::InvalidData));
    assert!(seen.starts_with(&frame("{}")) && !seen.ends_with(b"\r\n\r\n"), "{seen:?}");
}

#[test]
fn stopping_reads_as_the_end_of_the_stream() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(async {
        let (_open, peer) = tokio::io::duplex(64);
        let (mut guard, control) = FrameGuard::new(peer);
        let mut byte = [0];
        let (read, ()) = tokio::join!(guard.read(&mut byte), async {
            tokio::task::yield_now().await;
            control.stop.send(()).expect("the guard lives");
        });
        assert_eq!(read.expect("no error"), 0);
        control.ended.await.expect("it says that it ended");
    });
}

/// Cuts `stream` at the given places, taken modulo its length.
fn cut<'a>(stream: &'a [u8], places: &[usize]) -> Vec<&'a [u8]> {
    let mut places: Vec<usize> = places.iter().map(|place| place % (stream.len() + 1)).collect();
    places.sort_unstable();
    let mut chunks = Vec::new();
    let mut start = 0;
    for place in places {
        chunks.push(&stream[start..place]);
        start = place;
    }
    chunks.push(&stream[start..]);
    chunks
}

proptest! {
    #[test]
    fn any_bytes_in_any_chunks_get_one_verdict(
        stream in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..400),
            "(Content-(Length|Type): ?[0-9a-z]{0,6}\r?\n){0,3}(\r\n)?[{}a]{0,9}".prop_map(String::into_bytes),
        ],
        places in proptest::collection::vec(any::<usize>(), 0..12),
    ) {
        let (whole, whole_end) = through_gate(&[&stream]);
        let (pieces, pieces_end) = through_gate(&cut(&stream, &places));
        prop_assert_eq!(whole_end, pieces_end);
        prop_assert!(stream.starts_with(&whole) && stream.starts_with(&pieces));
        // Good frames always get through; of a bad header, at the most what came in earlier chunks.
        let good = Scanner::default().accept(&stream).map_or_else(|(good, _)| good, |()| stream.len());
        prop_assert!(whole.len() >= good && pieces.len() >= good);
    }

    #[test]
    fn frames_pass_byte_for_byte_in_any_chunks(
        bodies in proptest::collection::vec("\\PC{1,200}", 1..8),
        places in proptest::collection::vec(any::<usize>(), 0..20),
    ) {
        let stream: Vec<u8> = bodies.iter().flat_map(|body| frame(body)).collect();
        prop_assert_eq!(through_gate(&cut(&stream, &places)), (stream.clone(), None));
    }

    #[test]
    fn an_oversize_frame_is_refused_before_its_first_byte(
        length in (MAX_FRAME_BYTES as u64 + 1)..,
        places in proptest::collection::vec(any::<usize>(), 0..12),
    ) {
        let mut stream = frame("{\"a\":1}");
        let good = stream.len();
        stream.extend_from_slice(format!("Content-Length: {length}\r\n\r\n").as_bytes());
        let header = stream.len();
        stream.extend_from_slice(&[b'x'; 5000]);
        let (seen, end) = through_gate(&cut(&stream, &places));
        prop_assert_eq!(end, Some(ErrorKind::InvalidData));
        prop_assert!(seen.len() >= good && seen.len() < header);
    }
}
