//! Answers of public directories about addresses.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = liitos_documents::rdap::holders(bytes);
});
