//! Real and made certificates and lists, damaged anywhere: no reader panics, and no damaged list is believed.

use crate::authority::{Authority, Profile};
use crate::{Certificate, Revocation, RevocationIndex, certificates_from_pem, ocsp, parse_certificate};
use liitos_domain::Moment;
use proptest::prelude::*;
use std::sync::LazyLock;

const REAL: &[u8] = include_bytes!("../../../samples/hus-rcmr/RCMR_IN100002FI01.signer.der");

static NOW: LazyLock<Moment> = LazyLock::new(|| Moment::parse("2026-11-22").unwrap());
static AUTHORITY: LazyLock<Authority> = LazyLock::new(|| Authority::create("Test CA", *NOW).unwrap());
static LIST: LazyLock<Vec<u8>> = LazyLock::new(|| AUTHORITY.revocation_list(&[], *NOW).unwrap());
static PEM: LazyLock<String> = LazyLock::new(|| {
    AUTHORITY.issue(&Profile::server("1.2.246.10.2048198.10.0.13.1", "a.test"), *NOW).unwrap().certificate_pem
});

/// A certificate, and its issuer's answer that it is revoked.
static REVOKED: LazyLock<(Certificate, Vec<u8>)> = LazyLock::new(|| {
    let certificate = parse_certificate(PEM.as_bytes()).unwrap();
    let known = (*NOW, Some(NOW.plus_seconds(3600)));
    let answer = AUTHORITY.ocsp_response(&certificate, true, known, None).unwrap();
    (certificate, answer)
});

fn damaged(bytes: &[u8], at: usize, length: usize, with: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let from = at % bytes.len();
    let to = (from + length).min(bytes.len());
    bytes.splice(from..to, with.iter().copied());
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn no_reader_panics(at in any::<usize>(), length in 0usize..8, with in proptest::collection::vec(any::<u8>(), 0..8)) {
        if let Ok(certificate) = parse_certificate(&damaged(REAL, at, length, &with)) {
            let _ = (certificate.access_point(), certificate.subject_serial_number(), certificate.key.strong());
        }
        let _ = certificates_from_pem(&damaged(PEM.as_bytes(), at, length, &with));
    }

    #[test]
    fn no_damaged_list_is_believed(at in any::<usize>(), length in 0usize..8, with in proptest::collection::vec(any::<u8>(), 0..8)) {
        let list = damaged(&LIST, at, length, &with);
        let issuers = [AUTHORITY.certificate().clone()];
        prop_assert_eq!(RevocationIndex::load(std::slice::from_ref(&list), &issuers).is_ok(), list == *LIST);
    }

    #[test]
    fn no_damaged_answer_says_otherwise(at in any::<usize>(), length in 0usize..8, with in proptest::collection::vec(any::<u8>(), 0..8)) {
        let (certificate, answer) = &*REVOKED;
        let answer = damaged(answer, at, length, &with);
        let read = ocsp::read(&answer, certificate, AUTHORITY.certificate(), &RevocationIndex::default(), *NOW);
        prop_assert!(read.is_err() || read.is_ok_and(|answer| answer.status == Revocation::Revoked));
    }
}
