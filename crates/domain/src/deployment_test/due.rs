//! Which tests a joiner has to make (`domain.md` section 9).

use super::{Course, Stage};
use crate::service_code::Service;
use crate::time::Moment;
use std::collections::BTreeMap;

/// A service that a joiner may use with a system.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Held {
    /// The service.
    pub service: Service,
    /// The system.
    pub system: String,
    /// From when.
    pub from: Moment,
}

/// A test that a joiner has begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tested {
    /// The service.
    pub service: Service,
    /// The system.
    pub system: String,
    /// When it is made.
    pub stage: Stage,
    /// How it stands.
    pub course: Course,
}

/// A test that is to be made.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Due {
    /// The service.
    pub service: Service,
    /// The system.
    pub system: String,
    /// When.
    pub stage: Stage,
    /// Whether it has to be; a production readiness check may be.
    pub must: bool,
    /// Since when the system may be used for it.
    pub from: Moment,
}

/// The tests that are to be made of what a joiner may use: at the first use of patients' or social care's data with each system; of prescriptions a
/// production readiness check, which nobody has to. A test after a change shows the same as one at the first use, and more.
#[must_use]
pub fn due(held: &[Held], tested: &[Tested]) -> Vec<Due> {
    let mut all: BTreeMap<(Service, &str), Due> = BTreeMap::new();
    for held in held {
        let (stage, must) = match held.service {
            Service::PatientData | Service::SocialClientData => (Stage::FirstUse, true),
            Service::Prescription => (Stage::Readiness, false),
            _ => continue,
        };
        let shown = |one: &&Tested| {
            (one.service, &one.system) == (held.service, &held.system)
                && one.course.is_reported()
                && matches!(one.stage, Stage::FirstUse | Stage::After | Stage::Readiness)
        };
        if !tested.iter().any(|one| shown(&one)) {
            let new = Due { service: held.service, system: held.system.clone(), stage, must, from: held.from };
            let due = all.entry((held.service, &held.system)).or_insert(new);
            due.from = due.from.min(held.from);
        }
    }
    all.into_values().collect()
}
