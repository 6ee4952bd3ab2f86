//! As much of HTTP/1.1 as a question without a credential needs: one request, the head of its answer, a small body.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use crate::{fault::Fault, target::Target};

/// Largest head of an answer that is read; servers keep theirs below 16 kB.
const HEAD_BYTES: usize = 16 * 1024;
/// Lines of it.
const HEADERS: usize = 100;
/// Interim answers (1xx) that are passed over.
const INTERIM: usize = 4;

/// Says who asks, to whoever runs the server.
const AGENT: &str = concat!("lifeline-probe/", env!("CARGO_PKG_VERSION"));

/// The head of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) status: u16,
    /// Where a redirection leads.
    pub(crate) location: Option<String>,
    /// The server closes the connection behind it.
    pub(crate) closes: bool,
    /// The server's clock, in seconds since the Unix epoch (RFC 9110, 6.6.1).
    pub(crate) date_s: Option<i64>,
    framing: Framing,
}

/// How long a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    Length(u64),
    Chunked,
    UntilClosed,
}

/// What the bytes that came so far are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Read {
    /// The beginning of a head.
    Partial,
    /// A head, and how many bytes it took.
    Whole(Head, usize),
    /// No HTTP.
    Garbage,
}

/// A request without a body. Nothing in it tells who asks; `more` are lines of the head.
pub(crate) fn request(method: &str, target: &Target, path: &str, more: &str) -> String {
    let path = format!("{}{path}", target.path);
    let (path, host) = (if path.is_empty() { "/" } else { &path }, target.authority());
    format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {AGENT}\r\nAccept: */*\r\n{more}\r\n")
}

/// Asks a proxy for a connection to `target`; `login` is a line of the head, or nothing.
pub(crate) fn connect(target: &Target, login: &str) -> String {
    let target = target.with_port();
    format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\nUser-Agent: {AGENT}\r\n{login}\r\n")
}

/// Reads the head of an answer. Never fails on any bytes.
pub(crate) fn head(bytes: &[u8]) -> Read {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let used = match response.parse(bytes) {
        Ok(httparse::Status::Complete(used)) => used,
        Ok(httparse::Status::Partial) if bytes.len() < HEAD_BYTES => return Read::Partial,
        _ => return Read::Garbage,
    };
    let value = |name: &str| {
        let header = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
        std::str::from_utf8(header.value).ok().map(str::trim)
    };
    let says = |name, word: &str| value(name).is_some_and(|value| value.to_ascii_lowercase().contains(word));
    let framing = if says("transfer-encoding", "chunked") {
        Framing::Chunked
    } else {
        value("content-length")
            .and_then(|length| length.parse().ok())
            .map_or(Framing::UntilClosed, Framing::Length)
    };
    let is_old = response.version == Some(0);
    let closes = says("connection", "close") || is_old && !says("connection", "keep-alive");
    let location = value("location").map(str::to_owned);
    // An HTTP-date is a date of mail in Greenwich (RFC 9110, 5.6.7).
    let date = value("date").and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
    let date_s = date.map(|date| date.timestamp().as_second());
    Read::Whole(Head { status: response.code.unwrap_or_default(), location, closes, date_s, framing }, used)
}

/// An answer as far as it was read.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) head: Head,
    /// What came behind the head already.
    rest: Vec<u8>,
}

/// Sends a request and reads the head of its answer; `on_first_byte` is called when that begins.
///
/// # Errors
/// What went wrong. There is no deadline in it.
pub(crate) async fn ask<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    request: &str,
    on_first_byte: impl FnOnce(),
) -> Result<Answer, Fault> {
    stream.write_all(request.as_bytes()).await.map_err(|error| Fault::of(&error))?;
    stream.flush().await.map_err(|error| Fault::of(&error))?;
    answer(stream, on_first_byte).await
}

/// Reads the head of the next answer that is no interim one.
pub(crate) async fn answer<S: AsyncRead + Unpin>(
    stream: &mut S,
    on_first_byte: impl FnOnce(),
) -> Result<Answer, Fault> {
    let (mut bytes, mut on_first_byte, mut interim) = (Vec::new(), Some(on_first_byte), 0);
    loop {
        if more(stream, &mut bytes).await? == 0 {
            return Err(Fault::ClosedEarly);
        }
        if let Some(tell) = on_first_byte.take() {
            tell();
        }
        loop {
            match head(&bytes) {
                Read::Partial => break,
                Read::Garbage => return Err(Fault::NotHttp),
                Read::Whole(Head { status: 100 | 102..=199, .. }, used) if interim < INTERIM => {
                    interim += 1;
                    bytes.drain(..used);
                }
                Read::Whole(head, used) => {
                    bytes.drain(..used);
                    return Ok(Answer { head, rest: bytes });
                }
            }
        }
    }
}

/// Reads the body, `at_most` so many bytes of it. One that is longer, or ends early, is told as far as it came.
///
/// # Errors
/// What went wrong.
pub(crate) async fn body<S: AsyncRead + Unpin>(
    stream: &mut S,
    answer: Answer,
    at_most: usize,
) -> Result<Vec<u8>, Fault> {
    let Answer { head, rest: mut bytes } = answer;
    loop {
        let (mut body, is_whole) = match head.framing {
            Framing::Chunked => dechunked(&bytes),
            Framing::Length(length) => (bytes.clone(), bytes.len() as u64 >= length),
            Framing::UntilClosed => (bytes.clone(), false),
        };
        if is_whole || bytes.len() >= at_most || more(stream, &mut bytes).await? == 0 {
            if let Framing::Length(length) = head.framing {
                body.truncate(usize::try_from(length).unwrap_or(at_most));
            }
            body.truncate(at_most);
            return Ok(body);
        }
    }
}

/// The content of chunks, and whether the last one is there.
fn dechunked(mut bytes: &[u8]) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    while let Ok(httparse::Status::Complete((used, length))) = httparse::parse_chunk_size(bytes) {
        if length == 0 {
            return (body, true);
        }
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let chunk = bytes.get(used..).unwrap_or_default();
        body.extend(chunk.iter().take(length));
        // Behind each is the end of a line.
        let Some(rest) = length.checked_add(2).and_then(|length| chunk.get(length..)) else { break };
        bytes = rest;
    }
    (body, false)
}

async fn more<S: AsyncRead + Unpin>(stream: &mut S, bytes: &mut Vec<u8>) -> Result<usize, Fault> {
    let mut buffer = [0; 4096];
    match stream.read(&mut buffer).await {
        Ok(read) => {
            bytes.extend(&buffer[..read]);
            Ok(read)
        }
        // TLS that ends without saying so.
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(0),
        Err(error) => Err(Fault::of(&error)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn heads_as_servers_write_them() {
        let text = "HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 7\r\nconnection: Close\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n";
        let Read::Whole(head, used) = head(format!("{text}xx").as_bytes()) else { panic!("a head") };
        assert_eq!(head.date_s, Some(784_111_777));
        assert_eq!(
            (head.status, head.closes, head.framing, used),
            (405, true, Framing::Length(7), text.len())
        );
        for (bytes, read) in [
            (&b"HTTP/1.1 2"[..], Read::Partial),
            (b"", Read::Partial),
            (b"SSH-2.0-OpenSSH_9.6\r\n", Read::Garbage),
            (b"\x15\x03\x01\x00\x02\x02\x28", Read::Garbage),
        ] {
            assert_eq!(super::head(bytes), read);
        }
    }

    #[test]
    fn a_request_has_a_path() {
        for (url, line) in [("http://h/", "GET / HTTP/1.1"), ("http://h/a/", "GET /a HTTP/1.1")] {
            let request = request("GET", &Target::of(url).unwrap(), "", "");
            assert!(request.starts_with(&format!("{line}\r\nHost: h\r\n")) && request.ends_with("\r\n\r\n"));
        }
    }

    #[test]
    fn chunks_are_put_together() {
        assert_eq!(dechunked(b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n"), (b"abcde".to_vec(), true));
        assert_eq!(dechunked(b"ffffffffffffffff\r\nabc"), (b"abc".to_vec(), false));
        assert_eq!(dechunked(b"z"), (Vec::new(), false));
    }

    proptest! {
        #[test]
        fn no_answer_is_too_strange(bytes: Vec<u8>, begins_well: bool) {
            let beginning: &[u8] = if begins_well { b"HTTP/1.1 200 OK\r\n" } else { b"" };
            let bytes = [beginning, &bytes].concat();
            if let Read::Whole(_, used) = head(&bytes) {
                prop_assert!(used <= bytes.len());
            }
            prop_assert!(dechunked(&bytes).0.len() <= bytes.len());
        }

        #[test]
        fn a_head_comes_out_whole_wherever_it_is_torn(status in 100u16..1000, length: u32, cut: prop::sample::Index) {
            let text = format!("HTTP/1.1 {status} X\r\nServer: a\r\nContent-Length: {length}\r\n\r\n");
            let at = cut.index(text.len());
            prop_assert_eq!(head(&text.as_bytes()[..at]), Read::Partial);
            let Read::Whole(head, used) = head(text.as_bytes()) else { panic!("a head") };
            prop_assert_eq!((head.status, head.framing, used), (status, Framing::Length(length.into()), text.len()));
        }
    }
}
