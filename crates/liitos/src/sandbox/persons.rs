//! The sandbox's test persons. All invented; their identity codes are of the 900 series, which is nobody's.

use super::mandate_service::MANDATE;
use liitos_domain::StaffRole;

/// What a test person is in an organisation, by the service of mandates.
#[derive(Clone, Copy, Debug)]
pub struct Held {
    /// The organisation's Business ID.
    pub business_id: &'static str,
    /// Its name there.
    pub name: &'static str,
    /// The person's roles.
    pub roles: &'static [&'static str],
}

/// A test person.
#[derive(Clone, Debug)]
pub struct Person {
    /// The reference that the identification service gives.
    pub subject: &'static str,
    /// Name.
    pub name: &'static str,
    /// Identity code; the operator's staff has none here.
    pub identity_code: Option<&'static str>,
    /// Organisations and roles.
    pub mandates: &'static [Held],
    /// The number of the certificate card that they sign in with, if they have one.
    pub card: Option<&'static str>,
    /// Positions at the operator.
    pub staff: &'static [StaffRole],
    /// Who this is, for the list.
    pub note: &'static str,
}

const fn held(business_id: &'static str, name: &'static str, roles: &'static [&'static str]) -> Held {
    Held { business_id, name, roles }
}

const HUS: (&str, &str) = ("1567535-0", "HUS Helsingin yliopistollinen sairaala");
const KOIVU: (&str, &str) = ("9999902-8", "Hoivakoti Koivu Oy");
const LEPOLA: (&str, &str) = ("9999903-6", "Lääkäriasema Lepola Oy");

/// All test persons.
pub const PERSONS: &[Person] = &[
    Person {
        subject: "arja-arkisto",
        name: "Arja Arkisto",
        identity_code: Some("121272-912D"),
        mandates: &[],
        card: Some("90000000001"),
        staff: &[],
        note: "HUS's archivist once Helena has invited her; signs in with her card",
    },
    Person {
        subject: "helena-hallinto",
        name: "Helena Hallinto",
        identity_code: Some("010170-901K"),
        mandates: &[held(HUS.0, HUS.1, &[MANDATE])],
        card: None,
        staff: &[],
        note: "holds HUS's deployment mandate",
    },
    Person {
        subject: "kirsi-koivu",
        name: "Kirsi Koivu",
        identity_code: Some("020270-9022"),
        mandates: &[held(KOIVU.0, KOIVU.1, &["TJ"])],
        card: None,
        staff: &[],
        note: "managing director of Hoivakoti Koivu Oy",
    },
    Person {
        subject: "leo-lepola",
        name: "Leo Lepola",
        identity_code: Some("030380-9034"),
        mandates: &[held(LEPOLA.0, LEPOLA.1, &["TJ", "NIMKO"]), held(KOIVU.0, KOIVU.1, &[MANDATE])],
        card: None,
        staff: &[],
        note: "acts for two organisations",
    },
    Person {
        subject: "aino-apteekkari",
        name: "Aino Apteekkari",
        identity_code: Some("040485-904W"),
        mandates: &[held("1234567-1", "Apteekkari Aino Apteekkari", &["ELI"])],
        card: None,
        staff: &[],
        note: "pharmacist of Esimerkkikylän apteekki",
    },
    Person {
        subject: "terttu-testaaja",
        name: "Terttu Testaaja",
        identity_code: Some("050590-905N"),
        mandates: &[held("9999913-2", "Tmi Terttu Testaaja", &["ELI"])],
        card: None,
        staff: &[],
        note: "independent professional",
    },
    Person {
        subject: "veikko-valittaja",
        name: "Veikko Välittäjä",
        identity_code: Some("060660-906D"),
        mandates: &[held("9999998-4", "Välittäjä Oy", &["TJ"])],
        card: None,
        staff: &[],
        note: "managing director of the intermediary Välittäjä Oy",
    },
    Person {
        subject: "tiina-tekniikka",
        name: "Tiina Tekniikka",
        identity_code: Some("070771-907R"),
        mandates: &[],
        card: None,
        staff: &[],
        note: "has no role anywhere until somebody grants her one",
    },
    Person {
        subject: "olli-oikeudeton",
        name: "Olli Oikeudeton",
        identity_code: Some("080882-9082"),
        mandates: &[held("9999998-4", "Välittäjä Oy", &["TL"]), held("7654321-2", "Kukkakauppa Kielo Oy", &["TJ"])],
        card: None,
        staff: &[],
        note: "has no role that lets him act",
    },
    Person {
        subject: "saara-sairaala",
        name: "Saara Sairaala-apteekkari",
        identity_code: Some("090974-909F"),
        mandates: &[held("9999916-7", "Esimerkkisairaalan sairaala-apteekki", &[MANDATE])],
        card: None,
        staff: &[],
        note: "holds the deployment mandate of a hospital pharmacy",
    },
    Person {
        subject: "lauri-laakekeskus",
        name: "Lauri Lääkekeskus",
        identity_code: Some("101064-910C"),
        mandates: &[held("9999917-5", "Mallilan lääkekeskus", &[MANDATE])],
        card: None,
        staff: &[],
        note: "holds the deployment mandate of a medicine centre",
    },
    Person {
        subject: "paula-palvelu",
        name: "Paula Palvelu",
        identity_code: None,
        mandates: &[],
        card: None,
        staff: &[StaffRole::CaseHandler, StaffRole::Registrar],
        note: "the operator's case handler and registrar",
    },
    Person {
        subject: "kaisa-kasittelija",
        name: "Kaisa Käsittelijä",
        identity_code: None,
        mandates: &[],
        card: None,
        staff: &[StaffRole::CaseHandler],
        note: "the operator's case handler, no more",
    },
    Person {
        subject: "reijo-rekisteri",
        name: "Reijo Rekisteri",
        identity_code: None,
        mandates: &[],
        card: None,
        staff: &[StaffRole::Registrar],
        note: "the operator's registrar, no more",
    },
    Person {
        subject: "tuula-turva",
        name: "Tuula Turva",
        identity_code: None,
        mandates: &[],
        card: None,
        staff: &[StaffRole::SecurityOfficer],
        note: "the operator's security officer",
    },
    Person {
        subject: "aarne-arvioija",
        name: "Aarne Arvioija",
        identity_code: None,
        mandates: &[],
        card: None,
        staff: &[StaffRole::Auditor],
        note: "audits the operator: sees, and changes nothing",
    },
];

/// The person with a reference.
#[must_use]
pub fn person(subject: &str) -> Option<&'static Person> {
    PERSONS.iter().find(|person| person.subject == subject)
}

#[cfg(test)]
mod tests {
    use super::*;
    use liitos_domain::identifier::{BusinessId, PersonalIdentityCode};

    #[test]
    fn nobody_is_real() {
        for person in PERSONS {
            if let Some(code) = person.identity_code {
                assert!(PersonalIdentityCode::parse(code).unwrap().is_test_identity(), "{}", person.subject);
            }
            for held in person.mandates {
                assert!(BusinessId::parse(held.business_id).is_ok(), "{}", held.business_id);
            }
        }
    }
}
