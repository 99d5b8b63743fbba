//! Searches and histories of the directory as mCSD.

#![no_main]

use liitos_documents::fhir::{Kind, Query};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    let pairs: Vec<(String, String)> = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    for kind in Kind::ALL {
        let _ = Query::search(kind, "https://kanta.test/fhir", &pairs);
        let _ = Query::history(kind, "https://kanta.test/fhir", &pairs);
    }
});
