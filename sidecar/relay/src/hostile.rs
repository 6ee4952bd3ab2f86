//! What must hold whatever bytes others send. The property tests and the fuzz targets (`fuzz/`) ask the same; each function panics when it does not hold.

use std::time::Duration;

use crate::{
    answer,
    head::{self, HEAD_BYTES, Target},
    outage::Fault,
    proxy,
};

pub use crate::gateway::hostile::events;

/// Beginnings that are looked at of one input, at most: as it may come in over the wire.
const BEGINNINGS: usize = 64;

/// A client's head: the same verdict however it comes in, a target that is sane, and not a byte more taken than the head has.
pub fn head(bytes: &[u8]) {
    let verdict = head::parse(bytes);
    let is_tunnel = head::is_tunnel(bytes);
    for beginning in beginnings(bytes) {
        let early = head::parse(beginning);
        assert!(early == Ok(None) || early == verdict, "{early:?}, and later {verdict:?}");
        let early = head::is_tunnel(beginning);
        assert!(early.is_none() || early == is_tunnel);
    }
    match verdict {
        Ok(Some((target, length))) => {
            assert!(length <= bytes.len().min(HEAD_BYTES) && bytes[..length].ends_with(b"\n"));
            assert_eq!(is_tunnel, Some(true));
            assert!(target.port > 0);
            assert_eq!(head::authority(&target.to_string()).as_ref(), Some(&target));
            is_one_answer(&target);
        }
        Ok(None) => assert!(bytes.len() < HEAD_BYTES),
        Err(_) => {}
    }
}

/// The answer of the proxy that was there before: the same verdict however it comes in, and what follows it is left.
pub fn answer(bytes: &[u8]) {
    let verdict = proxy::answered(bytes);
    for beginning in beginnings(bytes) {
        let early = proxy::answered(beginning);
        assert!(early == Ok(None) || early == verdict, "{early:?}, and later {verdict:?}");
    }
    if let Ok(Some(length)) = verdict {
        assert!(length <= bytes.len() && bytes[..length].ends_with(b"\n"));
    }
}

/// Nothing of a target can end a line, or the answer, that it is named in.
fn is_one_answer(target: &Target) {
    let said = answer::unconnected(target, Fault::Proxy(407), 3, Duration::from_secs(9)).bytes();
    let mut fields = [httparse::EMPTY_HEADER; 8];
    let mut response = httparse::Response::new(&mut fields);
    let Ok(httparse::Status::Complete(length)) = response.parse(&said) else { panic!("no head: {said:?}") };
    let told = response.headers.iter().find(|field| field.name == "Content-Length").map(|field| field.value);
    assert_eq!((response.headers.len(), told), (3, Some((said.len() - length).to_string().as_bytes())));
}

/// All of a short input, some of a long one, with its last bytes.
fn beginnings(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let step = bytes.len().div_ceil(BEGINNINGS).max(1);
    let last = bytes.len().saturating_sub(8)..bytes.len();
    (0..bytes.len()).step_by(step).chain(last).map(|end| &bytes[..end])
}
