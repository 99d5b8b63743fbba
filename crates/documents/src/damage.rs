//! Real input, damaged anywhere: no reader panics, and no change of what was signed passes.

use crate::acknowledgement::read_acknowledgement;
use crate::message::{read_message, with_document};
use crate::read_document_header;
use crate::signature::verify;
use proptest::prelude::*;

const MESSAGE: &str = include_str!("../../../samples/hus-rcmr/RCMR_IN100002FI01.xml");
const DOCUMENT: &str = include_str!("../../../samples/hus-rcmr/RCMR_IN100002FI01.decoded-cda.xml");

/// A text with a stretch of it replaced; lossy, since the readers ask for text.
fn damaged(text: &str, at: usize, length: usize, with: &[u8]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let from = at % bytes.len();
    let to = (from + length).min(bytes.len());
    bytes.splice(from..to, with.iter().copied());
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The letters of the signed body that are markup, names or text, but no comment.
fn signed_letters() -> Vec<usize> {
    let body = DOCUMENT.find("<structuredBody").unwrap()..DOCUMENT.rfind("</structuredBody>").unwrap();
    let in_comment = |at: usize| {
        let before = DOCUMENT.get(..at).unwrap();
        before.rfind("<!--") > before.rfind("-->")
    };
    let letters = DOCUMENT.bytes().enumerate().filter(|(at, byte)| body.contains(at) && byte.is_ascii_alphabetic());
    letters.map(|(at, _)| at).filter(|at| !in_comment(*at)).collect()
}

#[test]
fn undamaged_it_holds() {
    assert!(verify(DOCUMENT).unwrap().intact);
    assert!(signed_letters().len() > 200);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_reader_panics(at in any::<usize>(), length in 0usize..40, with in proptest::collection::vec(any::<u8>(), 0..12)) {
        let message = damaged(MESSAGE, at, length, &with);
        if let Ok(read) = read_message(message.as_bytes()) {
            let _ = verify(&read.document);
        }
        let document = damaged(DOCUMENT, at, length, &with);
        let _ = read_document_header(&document);
        let _ = verify(&document);
        if let Some(message) = with_document(MESSAGE, &document) {
            let _ = read_message(message.as_bytes());
        }
        let _ = read_acknowledgement(damaged(ACKNOWLEDGEMENT, at, length, &with).as_bytes());
    }

    #[test]
    fn no_changed_letter_of_the_body_passes(pick in any::<prop::sample::Index>(), by in 1u8..25) {
        let letters = signed_letters();
        let at = letters[pick.index(letters.len())];
        let old = DOCUMENT.as_bytes()[at];
        let first = if old.is_ascii_lowercase() { b'a' } else { b'A' };
        let new = first + (old - first + by) % 26;
        let changed = damaged(DOCUMENT, at, 1, &[new]);
        prop_assert!(verify(&changed).map_or(true, |verified| !verified.intact), "{} at {at}", char::from(new));
    }
}

const ACKNOWLEDGEMENT: &str = "<MCCI_IN000002UV01 xmlns=\"urn:hl7-org:v3\"><acknowledgement typeCode=\"AE\">\
    <acknowledgementDetail typeCode=\"E\"><code code=\"L-402\" codeSystem=\"2.999.246.1\"/><text>Muuttunut</text>\
    </acknowledgementDetail></acknowledgement></MCCI_IN000002UV01>";
