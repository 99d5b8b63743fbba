//! A whole message: what the gateway read and what the archive reads is the same.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    use liitos_documents::envelope::{Progress, read_envelope};
    if let Ok(message) = liitos_documents::message::read_message(bytes) {
        match read_envelope(bytes) {
            Ok(Progress::Complete(envelope)) => assert_eq!(*envelope, message.envelope),
            other => panic!("the door read otherwise: {other:?}"),
        }
    }
});
