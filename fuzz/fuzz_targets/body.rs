//! Bodies: checked for each family, and made readable; the same document read twice reads the same.

#![no_main]

use liitos_documents::check_body;
use liitos_documents::readable::readable;
use liitos_domain::archive::Family;

libfuzzer_sys::fuzz_target!(|text: &str| {
    for family in [Family::Patient, Family::Social] {
        let _ = check_body(text, family);
        // The beginning of a document whose body is what comes.
        let _ = check_body(&format!("<ClinicalDocument xmlns=\"urn:hl7-org:v3\"><component>{text}"), family);
    }
    assert_eq!(readable(text), readable(text));
});
