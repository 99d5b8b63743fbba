//! The sandbox's test persons. All invented; identified by a reference, without identity codes.

use liitos_service::{OrganisationRole, StaffRole};

/// A test person.
#[derive(Clone, Debug)]
pub struct Person {
    /// The reference that the identification service gives.
    pub subject: &'static str,
    /// Name.
    pub name: &'static str,
    /// Organisations and roles.
    pub organisations: &'static [(&'static str, OrganisationRole)],
    /// Positions at the operator.
    pub staff: &'static [StaffRole],
    /// Who this is, for the list.
    pub note: &'static str,
}

/// All test persons.
pub const PERSONS: &[Person] = &[
    Person {
        subject: "helena-hallinto",
        name: "Helena Hallinto",
        organisations: &[(super::files::HUS, OrganisationRole::DeploymentMandate)],
        staff: &[],
        note: "holds HUS's deployment mandate",
    },
    Person {
        subject: "kirsi-koivu",
        name: "Kirsi Koivu",
        organisations: &[("1.2.246.10.99999028.10.0", OrganisationRole::ManagingDirector)],
        staff: &[],
        note: "managing director of Hoivakoti Koivu Oy",
    },
    Person {
        subject: "leo-lepola",
        name: "Leo Lepola",
        organisations: &[
            ("1.2.246.10.99999036.10.0", OrganisationRole::ManagingDirector),
            ("1.2.246.10.99999028.10.0", OrganisationRole::DeploymentMandate),
        ],
        staff: &[],
        note: "acts for two organisations",
    },
    Person {
        subject: "aino-apteekkari",
        name: "Aino Apteekkari",
        organisations: &[("1.2.246.553.1.900001", OrganisationRole::SoleTrader)],
        staff: &[],
        note: "pharmacist of Esimerkkikylän apteekki",
    },
    Person {
        subject: "olli-oikeudeton",
        name: "Olli Oikeudeton",
        organisations: &[],
        staff: &[],
        note: "has no role anywhere",
    },
    Person {
        subject: "paula-palvelu",
        name: "Paula Palvelu",
        organisations: &[],
        staff: &[StaffRole::CaseHandler, StaffRole::Registrar],
        note: "the operator's case handler and registrar",
    },
    Person {
        subject: "kaisa-kasittelija",
        name: "Kaisa Käsittelijä",
        organisations: &[],
        staff: &[StaffRole::CaseHandler],
        note: "the operator's case handler, no more",
    },
    Person {
        subject: "reijo-rekisteri",
        name: "Reijo Rekisteri",
        organisations: &[],
        staff: &[StaffRole::Registrar],
        note: "the operator's registrar, no more",
    },
];

/// The person with a reference.
#[must_use]
pub fn person(subject: &str) -> Option<&'static Person> {
    PERSONS.iter().find(|person| person.subject == subject)
}
