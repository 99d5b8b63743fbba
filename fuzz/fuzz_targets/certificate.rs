//! Certificates: of a file, and among the words of a form's field, where no private key may stay.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(certificate) = liitos_pki::parse_certificate(bytes) {
        let _ = certificate.access_point();
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        for piece in liitos_pki::pieces(text) {
            if let liitos_pki::Piece::Broken(words) | liitos_pki::Piece::Words(words) = piece {
                assert!(!words.contains("PRIVATE KEY"));
            }
        }
    }
});
