//! A query for documents by HL7 V3.

#![no_main]

use liitos_domain::archive::Family;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    for family in [Family::Patient, Family::Social] {
        let _ = liitos_documents::query::read_query(bytes, family);
    }
});
