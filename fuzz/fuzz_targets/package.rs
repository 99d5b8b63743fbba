//! Packages: whatever is checked is checked to its end or refused, and nothing holds that the operator has not signed.

#![no_main]

use liitos_documents::package::check;
use liitos_pki::seal::SealingKey;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let key = SealingKey::from_seed(&[7; 32]).expect("32 bytes").verifier();
    if let Ok(checked) = check(bytes, &key, None, |_| ()) {
        assert!(!checked.holds(), "nobody holds this key");
    }
});
