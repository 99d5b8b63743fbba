//! A bundle that brings a document: any JSON is read or refused, and what is read names its document.

#![no_main]

use liitos_documents::fhir::{provided, read_provided};
use liitos_domain::Moment;
use liitos_domain::archive::Family;

libfuzzer_sys::fuzz_target!(|json: &[u8]| {
    for family in [Family::Patient, Family::Social, Family::Prescription] {
        if let Ok(bundle) = read_provided(json, family) {
            assert!(!bundle.message.document.is_empty());
            let answer = provided(&bundle.message.header, &bundle.kinds, Moment::from_seconds(0)).json();
            assert!(answer.contains(bundle.message.header.id.as_str()));
        }
    }
});
