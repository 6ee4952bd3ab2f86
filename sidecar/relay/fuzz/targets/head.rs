//! What a client asks of the relay: CONNECT, or HTTP.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| lifeline_relay::hostile::head(bytes));
