//! Certificates in PKCS#7 and PKCS#12 files.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = liitos_pki::bundle(bytes, Some(""));
});
