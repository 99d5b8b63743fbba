//! The gateway'\''s reader of first bytes: what a prefix says, the whole says too.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    use liitos_documents::envelope::{Progress, read_envelope};
    if let Ok(Progress::Complete(envelope)) = read_envelope(bytes) {
        let half = bytes.get(..bytes.len() / 2).unwrap_or_default();
        if let Ok(Progress::Complete(earlier)) = read_envelope(half) {
            assert_eq!(earlier, envelope);
        }
    }
});
