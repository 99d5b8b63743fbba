//! Reports of mail that did not arrive.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = liitos_documents::bounce::read(bytes);
});
