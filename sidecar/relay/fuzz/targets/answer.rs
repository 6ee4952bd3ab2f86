//! What a proxy says to a CONNECT of ours.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| lifeline_relay::hostile::answer(bytes));
