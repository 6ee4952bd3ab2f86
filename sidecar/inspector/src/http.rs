//! One bounded HTTP GET from a loopback address: the inspector's lists.

use crate::Error;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Largest answer, header included. Node's own have less than 2 KiB.
const ANSWER_BYTES: usize = 64 * 1024;

/// The body of a `200` answer. Without a time limit: that is the caller's.
pub(crate) async fn get(address: SocketAddr, path: &str) -> Result<Vec<u8>, Error> {
    let mut stream = TcpStream::connect(address).await?;
    // Node answers only a Host that is an IP address or `localhost`, against DNS rebinding.
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let length = stream.read(&mut chunk).await?;
        answer.extend_from_slice(chunk.get(..length).unwrap_or_default());
        if let Some(body) = body(&answer, length == 0).map_err(Error::NotAnInspector)? {
            return Ok(body.to_vec());
        }
        if answer.len() > ANSWER_BYTES {
            return Err(Error::NotAnInspector("its answer is too long"));
        }
        if length == 0 {
            return Err(Error::NotAnInspector("its answer ends too early"));
        }
    }
}

/// The body, once all of it is there.
fn body(answer: &[u8], ended: bool) -> Result<Option<&[u8]>, &'static str> {
    const NO_HTTP: &str = "it does not answer in HTTP";
    let status = answer.get(..12).unwrap_or(answer);
    if !b"HTTP/1.0 200".starts_with(status) && !b"HTTP/1.1 200".starts_with(status) {
        let http = answer.starts_with(b"HTTP/1.") || b"HTTP/1.".starts_with(status);
        return Err(if http { "it refused our question" } else { NO_HTTP });
    }
    let Some(end) = answer.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
    let (head, rest) = answer.split_at(end);
    let body = rest.get(4..).unwrap_or_default();
    let head = std::str::from_utf8(head).map_err(|_| NO_HTTP)?;
    let mut length: Option<usize> = None;
    for line in head.split("\r\n").skip(1) {
        let (name, value) = line.split_once(':').ok_or(NO_HTTP)?;
        if name.eq_ignore_ascii_case("content-length") {
            let value = value.trim();
            // `parse` alone would take a sign.
            let digits = value.bytes().all(|byte| byte.is_ascii_digit());
            length = Some(value.parse().ok().filter(|_| digits).ok_or(NO_HTTP)?);
        }
        if name.eq_ignore_ascii_case("transfer-encoding") {
            return Err("it answers in chunks");
        }
    }
    Ok(match length {
        Some(length) => body.get(..length),
        None => ended.then_some(body),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NODE: &[u8] = b"HTTP/1.0 200 OK\r\nContent-Type: application/json; charset=UTF-8\r\n\
        Cache-Control: no-cache\r\nContent-Length: 3\r\n\r\n[1]";

    #[test]
    fn what_node_answers() {
        assert_eq!(body(NODE, false), Ok(Some(b"[1]".as_slice())));
        assert_eq!(body(b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n[1]", false), Ok(None));
        assert_eq!(body(b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n[1]", true), Ok(Some(b"[1]".as_slice())));
    }

    #[test]
    fn what_it_never_answers() {
        for answer in [
            b"HTTP/1.1 302 Found\r\nLocation: http://example.org/\r\n\r\n".as_slice(),
            b"HTTP/1.1 200 OK\r\nContent-Length: +3\r\n\r\n[1]",
            b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n[1]",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
            b"SSH-2.0-OpenSSH\r\n",
            b"\x16\x03\x01",
        ] {
            body(answer, false).unwrap_err();
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes(answer in prop::collection::vec(any::<u8>(), 0..300), ended: bool) {
            let _ = body(&answer, ended);
            let mut answer = [b"HTTP/1.1 200 OK\r\n".as_slice(), &answer].concat();
            let _ = body(&answer, ended);
            answer.extend_from_slice(b"\r\n\r\n");
            let _ = body(&answer, ended);
        }

        /// However the network cuts it, the answer is the same.
        #[test]
        fn every_prefix_waits(at in 0..NODE.len()) {
            prop_assert_eq!(body(&NODE[..at], false), Ok(None));
        }
    }
}
