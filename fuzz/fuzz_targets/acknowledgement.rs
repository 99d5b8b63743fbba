//! Acknowledgements as a client reads them.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = liitos_documents::acknowledgement::read_acknowledgement(bytes);
});
