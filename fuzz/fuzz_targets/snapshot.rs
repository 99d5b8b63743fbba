//! Snapshots: sealed bytes, and content that a broken operator might send.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let verifier = liitos_pki::seal::SealVerifier::from_public(&[7; 32]);
    assert!(verifier.open(bytes).is_err());
    if let Ok(content) = serde_json::from_slice(bytes) {
        let _ = liitos_domain::directory::Snapshot::build(content);
    }
});
