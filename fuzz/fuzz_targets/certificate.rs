//! Certificates.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(certificate) = liitos_pki::parse_certificate(bytes) {
        let _ = certificate.access_point();
    }
});
