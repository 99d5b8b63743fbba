//! Searches for documents: whatever is asked is read or refused, and what is read says whose documents it looks for, or is refused then.

#![no_main]

use liitos_documents::fhir::{SearchAsked, read_search};
use liitos_domain::archive::{Family, MAX_PAGE};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let pair = |pair: &str| pair.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    let parameters: Vec<(String, String)> = text.split('&').filter_map(pair).collect();
    for family in [Family::Patient, Family::Social, Family::Prescription] {
        if let Ok(SearchAsked::First(search)) = read_search(family, &parameters) {
            assert!(search.count <= MAX_PAGE);
            assert!(search.criteria.registers.iter().all(|register| register.family == family));
            let _ = search.criteria.whose();
        }
    }
});
