//! Snapshots: sealed bytes, and content that a broken operator might send, whole or as a delta.

#![no_main]

use liitos_domain::directory::reference::made_up;
use liitos_domain::directory::{Delta, Snapshot};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let verifier = liitos_pki::seal::SealVerifier::from_public(&[7; 32]);
    assert!(verifier.open(bytes).is_err());
    if let Ok(content) = serde_json::from_slice(bytes) {
        let _ = Snapshot::build(content);
    }
    if let Ok(delta) = serde_json::from_slice::<Delta>(bytes) {
        let content = made_up::small(&mut made_up::Seeded::new(1));
        let base = (content.sequence, content.issued_at);
        let (epoch, held) = (content.epoch, Snapshot::build(content).expect("made up soundly"));
        let _ = held.with(&Delta { epoch, base, ..delta });
    }
});
