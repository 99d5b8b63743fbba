//! `liitos identifier check`: what kind of identifier a value looks like, and whether it is a valid one.

use super::nodes::{Level, level, place};
use super::{AccessPointOid, ArchivistCardNumber, BusinessId, EInvoiceAddress, Oid, PersonalIdentityCode, Registry};
use crate::service_code::codes;
use serde::Serialize;
use std::fmt;

codes! {
    /// The kinds of identifier the product knows.
    Kind {
        /// An access point (node 13).
        AccessPointOid = "access_point_oid",
        /// An operating unit (`.10.0`).
        OperatingUnitOid = "operating_unit_oid",
        /// A service unit (`.10.n…`).
        ServiceUnitOid = "service_unit_oid",
        /// A controller (node 19).
        ControllerOid = "controller_oid",
        /// A party (node 18).
        PartyOid = "party_oid",
        /// An independent professional.
        ProfessionalOid = "professional_oid",
        /// A pharmacy.
        PharmacyOid = "pharmacy_oid",
        /// A Kanta provider.
        IntermediaryOid = "intermediary_oid",
        /// Any other OID.
        Oid = "oid",
        /// A Business ID.
        BusinessId = "business_id",
        /// A personal identity code.
        PersonalIdentityCode = "personal_identity_code",
        /// An e-invoice address.
        EInvoiceAddress = "e_invoice_address",
        /// An archivist's card number.
        ArchivistCardNumber = "archivist_card_number",
    }
}

/// What a value was found to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Classified {
    /// The kind it has the shape of.
    pub kind: Kind,
    /// Whether it is a valid one.
    pub valid: bool,
    /// For access points: who administers it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub administrator: Option<String>,
    /// For access points: the administrator's register.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub register: Option<Registry>,
    /// For personal identity codes: whether it is of the 900 series.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test_identity: Option<bool>,
    /// For Business IDs: the organisation's node in the SOTE register.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sote_oid: Option<String>,
    /// Why it is not valid, or what is worth a second look.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Finds the kind a value has the shape of; `None` when it has the shape of none.
#[must_use]
pub fn classify(value: &str) -> Option<Classified> {
    let value = value.trim();
    if value.starts_with(|c: char| c.is_ascii_digit()) && value.matches('.').count() >= 1 {
        return Some(classify_oid(value));
    }
    if value.starts_with("0037") && value.len() >= 12 {
        return Some(verdict(Kind::EInvoiceAddress, EInvoiceAddress::parse(value)));
    }
    let sign = value.as_bytes().get(6).copied().unwrap_or(0);
    if value.len() == 11 && !sign.is_ascii_digit() {
        let parsed = PersonalIdentityCode::parse(value);
        let test_identity = parsed.as_ref().ok().map(PersonalIdentityCode::is_test_identity);
        return Some(Classified { test_identity, ..verdict(Kind::PersonalIdentityCode, parsed) });
    }
    if value.len() == 9 && value.as_bytes().get(7) == Some(&b'-') {
        let parsed = BusinessId::parse(value);
        let sote_oid = parsed.as_ref().ok().and_then(BusinessId::sote_oid).map(|oid| oid.to_string());
        return Some(Classified { sote_oid, ..verdict(Kind::BusinessId, parsed) });
    }
    if value.len() == 11 {
        let parsed = ArchivistCardNumber::parse(value);
        let unusual = parsed.as_ref().is_ok_and(|card| !card.is_usual());
        let mut found = verdict(Kind::ArchivistCardNumber, parsed);
        if unusual {
            found.reason = Some("valid, but every card number seen so far is all digits".to_owned());
        }
        return Some(found);
    }
    None
}

fn classify_oid(value: &str) -> Classified {
    let oid = match Oid::parse(value) {
        Ok(oid) => oid,
        Err(error) => return verdict::<(), _>(Kind::Oid, Err(error)),
    };
    let Some(placed) = place(&oid) else {
        return valid(Kind::Oid);
    };
    if placed.below.contains(&super::nodes::ACCESS_POINTS) {
        let parsed = AccessPointOid::parse(value);
        let known = parsed.clone().ok();
        return Classified {
            administrator: known.as_ref().map(|p| p.administrator().to_string()),
            register: known.as_ref().map(AccessPointOid::registry),
            ..verdict(Kind::AccessPointOid, parsed)
        };
    }
    match level(&oid) {
        Some(Level::OperatingUnit) => valid(Kind::OperatingUnitOid),
        Some(Level::ServiceUnit) => valid(Kind::ServiceUnitOid),
        Some(Level::Controller) => valid(Kind::ControllerOid),
        Some(Level::Party) => valid(Kind::PartyOid),
        Some(Level::Professional) => valid(Kind::ProfessionalOid),
        Some(Level::Pharmacy) => valid(Kind::PharmacyOid),
        Some(Level::Intermediary) => valid(Kind::IntermediaryOid),
        _ => valid(Kind::Oid),
    }
}

fn valid(kind: Kind) -> Classified {
    Classified {
        kind,
        valid: true,
        administrator: None,
        register: None,
        test_identity: None,
        sote_oid: None,
        reason: None,
    }
}

fn verdict<T, E: fmt::Display>(kind: Kind, parsed: Result<T, E>) -> Classified {
    match parsed {
        Ok(_) => valid(kind),
        Err(error) => Classified { valid: false, reason: Some(error.to_string()), ..valid(kind) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn kinds_and_verdicts() {
        let table = [
            ("1.2.246.537.10.15675350.10.0.13.2", Kind::AccessPointOid, true),
            ("1.2.246.10.2048198.13.1", Kind::AccessPointOid, false),
            ("1.2.246.10.2048198.10.0", Kind::OperatingUnitOid, true),
            ("1.2.246.10.2048198.10.4", Kind::ServiceUnitOid, true),
            ("1.2.246.10.2048198.19.0", Kind::ControllerOid, true),
            ("1.2.246.10.2048198.18.2", Kind::PartyOid, true),
            ("1.2.246.537.28.1", Kind::ProfessionalOid, true),
            ("1.2.246.553.1.900001", Kind::PharmacyOid, true),
            ("1.2.246.537.6.918.18.900001", Kind::IntermediaryOid, true),
            ("1.2.840.113556", Kind::Oid, true),
            ("1.2.0840", Kind::Oid, false),
            ("0204819-8", Kind::BusinessId, true),
            ("0204819-9", Kind::BusinessId, false),
            ("010181-900C", Kind::PersonalIdentityCode, true),
            ("010100A998F", Kind::PersonalIdentityCode, false),
            ("003702048198", Kind::EInvoiceAddress, true),
            ("12345678901", Kind::ArchivistCardNumber, true),
        ];
        for (text, kind, valid) in table {
            let found = classify(text).unwrap();
            assert_eq!((found.kind, found.valid), (kind, valid), "{text}");
            assert_eq!(found.reason.is_some(), !valid, "{text}");
        }
        assert_eq!(classify("hello"), None);
        assert_eq!(classify(""), None);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            let _ = classify(&text);
        }
    }
}
