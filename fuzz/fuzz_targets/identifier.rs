//! Identifiers of all kinds.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = liitos_domain::identifier::classify(text);
        let _ = liitos_domain::identifier::CertificateSerial::parse(text);
    }
    let _ = liitos_domain::identifier::CertificateSerial::from_der_integer(bytes);
});
