//! Revocation lists: none is taken without a known issuer.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    assert!(liitos_pki::RevocationIndex::load(&[bytes.to_vec()], &[]).is_err());
});
