//! Answers of responders (OCSP).

#![no_main]

use liitos_domain::Moment;
use liitos_pki::{RevocationIndex, ocsp, parse_certificate};

const REAL: &[u8] = include_bytes!("../../samples/certificates/dvv-test-g3r-system-signature-vantaa-kerava.der");

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(certificate) = parse_certificate(REAL) {
        let now = Moment::from_seconds(1_790_000_000);
        let _ = ocsp::read(bytes, &certificate, &certificate, &RevocationIndex::default(), now);
    }
});
