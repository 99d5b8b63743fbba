//! Kanta's tokens (JWT), and what they claim.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| liitos_pki::read_as_token(bytes));
