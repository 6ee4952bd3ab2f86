//! Bytes that mean no good, in front of everything that reads: `crate::hostile` says what must hold.

use proptest::{collection::vec, prelude::*};

use crate::hostile;

/// Bytes, with pieces of what is read in between: pure noise gets no further than its first byte.
fn bytes(pieces: &'static str) -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        6 => pieces.prop_map(String::into_bytes),
        1 => vec(any::<u8>(), 0..30),
        1 => (any::<u8>(), 0..5_000_usize).prop_map(|(byte, length)| vec![byte; length]),
    ];
    vec(piece, 0..20).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn heads(noise in vec(any::<u8>(), 0..600), bytes in bytes("CONNECT |GET |a.b|:|443|\\[::1\\]| HTTP/1.1|\r\n|\r\n\r\n|\r|\n|Host: a.b|Origin: x|x: ")) {
        hostile::head(&noise);
        hostile::head(&[b"CONNECT ", noise.as_slice()].concat());
        hostile::head(&bytes);
        hostile::head(&[b"CONNECT a.b:443 HTTP/1.1\r\n", bytes.as_slice()].concat());
    }

    #[test]
    fn answers(noise in vec(any::<u8>(), 0..600), bytes in bytes("HTTP/1.1 |HTTP/1.0 |200|407|99| OK|\r\n|\r\n\r\n|\r|\n|Via: x|: ")) {
        hostile::answer(&noise);
        hostile::answer(&bytes);
        hostile::answer(&[b"HTTP/1.1 2", noise.as_slice()].concat());
        hostile::answer(&[b"HTTP/1.1 200 OK\r\n", bytes.as_slice()].concat());
    }

    #[test]
    fn events(sizes in vec(any::<u8>(), 7), noise in vec(any::<u8>(), 0..600), bytes in bytes("event: message_(start|delta|stop)|event: error|data: |\\{\"usage\":\\{\"output_tokens\":7\\}\\}|ä|:|\r\n|\r|\n|\n\n|\r\n\r\n")) {
        for stream in [noise, bytes] {
            hostile::events(&[&[7], sizes.as_slice(), &stream].concat());
        }
    }
}
