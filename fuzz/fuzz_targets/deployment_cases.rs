//! A file of cases and a list of test clients: read or refused, and nobody outside the 900 series is let in, nor anybody named in what is said of it.
#![no_main]

use liitos_domain::deployment_test::{Cases, MOST_PERSONS, persons};
use liitos_domain::identifier::PersonalIdentityCode;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let test = |code: &String| PersonalIdentityCode::parse(code).is_ok_and(|code| code.is_test_identity());
    if let Ok(persons) = persons(text) {
        assert!(persons.len() <= MOST_PERSONS && persons.iter().all(test));
    }
    match Cases::read(text) {
        Ok(cases) => assert!(cases.persons.iter().all(|code| test(&code.trim().to_uppercase()))),
        Err(wrong) => assert!(wrong.to_string().len() < 2_000),
    }
});
