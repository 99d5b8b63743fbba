//! Which tests a joiner has to make (`domain.md` section 9).

use super::{Course, Stage};
use crate::archive::{Family, Order, RunState};
use crate::service_code::Service;
use crate::time::Moment;
use std::collections::{BTreeMap, BTreeSet};

/// A service that a joiner may use with a system.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Held {
    /// The service.
    pub service: Service,
    /// The system.
    pub system: String,
    /// From when.
    pub from: Moment,
    /// The functions that it is used with, as the cases call them, each from when.
    pub functions: BTreeMap<&'static str, Moment>,
}

/// Documents of a service that change their controller, from the joiner or to it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Switch {
    /// The service.
    pub service: Service,
    /// Before it, or after it.
    pub stage: Stage,
    /// A test begun since then shows it.
    pub since: Moment,
    /// When they change it.
    pub at: Moment,
}

/// A test that was begun so many days before documents change their controller shows how it was before. Assumed.
const BEFORE_DAYS: i64 = 90;
/// After so many days nobody is asked for a test after it any more. Assumed.
pub const AFTER_DAYS: i64 = 60;

impl Switch {
    /// What of a controller update run is tested, of each service whose documents it moves: before it, by whoever gives them, once it is approved and near; after it, by
    /// whoever gets them, unless it was reversed. Prescriptions' are tested at nobody's.
    #[must_use]
    pub fn around(order: &Order, (state, switched_at): (RunState, Option<Moment>), now: Moment) -> Vec<Self> {
        let (stage, since, at) = match (state, switched_at) {
            // Earlier a test would show nothing of how it is then.
            (RunState::Approved, _) if order.run_at > now && order.run_at <= now.plus_days(BEFORE_DAYS) => {
                (Stage::Before, order.run_at.plus_days(-BEFORE_DAYS), order.run_at)
            }
            (RunState::Switched | RunState::Paused | RunState::Done, Some(at)) => (Stage::After, at, at),
            _ => return Vec::new(),
        };
        let named = order.scope.registers.iter().map(|register| register.family);
        let families: BTreeSet<Family> = match order.scope.registers.is_empty() {
            true => [Family::Patient, Family::Social].into(),
            false => named.filter(|family| *family != Family::Prescription).collect(),
        };
        families.into_iter().map(|family| Self { service: family.service(), stage, since, at }).collect()
    }
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
    /// The functions that it shows beside what every system does.
    pub functions: BTreeSet<String>,
    /// When it was begun.
    pub begun_at: Moment,
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
    /// The functions that it is to show beside what every system does.
    pub functions: BTreeSet<&'static str>,
    /// Whether it has to be; a production readiness check may be.
    pub must: bool,
    /// Since when there is something to be tested; of a test before documents change their controller until when.
    pub from: Moment,
}

/// The tests that are to be made of what a joiner may use: at the first use of patients' or social care's data, and of a function, with each system; before and
/// after documents change their controller; of prescriptions a production readiness check, which nobody has to. A test after a change shows the same as one at
/// the first use, and more.
#[must_use]
pub fn due(held: &[Held], switches: &[Switch], tested: &[Tested]) -> Vec<Due> {
    let mut all: BTreeMap<(Service, &str, Stage), Due> = BTreeMap::new();
    for held in held {
        let its = |one: &&Tested| (one.service, &one.system) == (held.service, &held.system);
        let reported: Vec<&Tested> = tested.iter().filter(its).filter(|one| one.course.is_reported()).collect();
        let shows = |one: &&Tested, switch: &Switch| one.stage == switch.stage && one.begun_at >= switch.since;
        let open = switches.iter().filter(|switch| switch.service == held.service);
        let open = open.filter(|switch| !reported.iter().any(|one| shows(one, switch)));
        let asked = open.map(|switch| (switch.stage, true, BTreeSet::new(), switch.at));
        for (stage, must, functions, from) in asked.chain(first(held, &reported)) {
            let (service, system) = (held.service, held.system.clone());
            let new = Due { service, system, stage, functions: BTreeSet::new(), must, from };
            let due = all.entry((held.service, &held.system, stage)).or_insert(new);
            due.from = due.from.min(from);
            due.functions.extend(functions);
        }
    }
    // What is made after a change shows what the first use asks for, but for functions.
    let all: Vec<Due> = all.into_values().collect();
    let same = |one: &Due, other: &Due| (one.service, &one.system) == (other.service, &other.system);
    let after = |due: &Due| all.iter().any(|other| other.stage == Stage::After && same(other, due));
    let shown = |due: &&Due| due.stage == Stage::FirstUse && due.functions.is_empty() && after(due);
    all.iter().filter(|due| !shown(due)).cloned().collect()
}

/// When it is tested, whether it has to be, with which functions, since when there is something to be tested.
type Asked = (Stage, bool, BTreeSet<&'static str>, Moment);

/// What the first use asks for that no report shows.
fn first(held: &Held, reported: &[&Tested]) -> Option<Asked> {
    let (stage, must) = match held.service {
        Service::PatientData | Service::SocialClientData => (Stage::FirstUse, true),
        Service::Prescription => (Stage::Readiness, false),
        _ => return None,
    };
    let shows = |one: &&&Tested| matches!(one.stage, Stage::FirstUse | Stage::After | Stage::Readiness);
    let shown: Vec<&&Tested> = reported.iter().filter(shows).collect();
    let with = |function: &str| shown.iter().any(|one| one.functions.contains(function));
    let missing = held.functions.iter().filter(|(function, _)| !with(function));
    let functions: BTreeSet<&str> = missing.clone().map(|(function, _)| *function).collect();
    let base = shown.is_empty().then_some(held.from);
    let from = base.into_iter().chain(missing.map(|(_, from)| *from)).min()?;
    Some((stage, must, functions, from))
}
