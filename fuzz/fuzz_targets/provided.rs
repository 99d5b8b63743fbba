//! A bundle that brings documents: any JSON is read or refused, and the answer names each document.

#![no_main]

use liitos_documents::fhir::{provided, read_provided};
use liitos_domain::Moment;
use liitos_domain::archive::Family;

libfuzzer_sys::fuzz_target!(|json: &[u8]| {
    for family in [Family::Patient, Family::Social, Family::Prescription] {
        if let Ok(bundle) = read_provided(json, family) {
            assert!(!bundle.messages.is_empty() && bundle.messages.iter().all(|one| !one.document.is_empty()));
            let documents: Vec<_> =
                bundle.messages.iter().map(|one| (one.header.id.clone(), one.header.version)).collect();
            let answer = provided(&documents, &bundle.kinds, Moment::from_seconds(0)).json();
            assert!(documents.iter().all(|(id, _)| answer.contains(id.as_str())));
        }
    }
});
