//! What an upstream sends as server-sent events.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| lifeline_relay::hostile::events(bytes));
