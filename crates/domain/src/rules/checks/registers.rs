//! Who stands in the registers.

use super::{Case, InRegister};
use crate::identifier::nodes::{Level, level};
use crate::identifier::{BusinessId, Oid, Registry};
use crate::plan::{Activity, Plan};
use crate::register::RegisterKind;
use crate::rules::answers::Answers;
use crate::service_code::Service;

/// The joiner and every pharmacy stand in one of the joiners' registers.
pub(in crate::rules) fn joiner_in_register(case: &Case<'_>, answers: &mut Answers) {
    for (place, oid) in joining(case.plan) {
        match case.register(oid) {
            InRegister::NotAsked => answers.unknown(place),
            InRegister::Absent => answers.judge(place, false, oid),
            InRegister::Entry(kind, _) => answers.judge(place, RegisterKind::OF_JOINERS.contains(&kind), oid),
        }
    }
}

/// Their entries are valid on the first day.
pub(in crate::rules) fn joiner_valid(case: &Case<'_>, answers: &mut Answers) {
    for (place, oid) in joining(case.plan) {
        valid(case, &place, oid, answers);
    }
}

/// The joiner's OID is that of an operating unit, a professional or a pharmacy.
pub(in crate::rules) fn oid_level(case: &Case<'_>, answers: &mut Answers) {
    for (place, oid) in joining(case.plan) {
        let above = match case.register(oid) {
            InRegister::Entry(_, entry) => entry.parent.as_deref(),
            InRegister::Absent | InRegister::NotAsked => None,
        };
        answers.judge(place, joins(oid), above.map_or_else(|| oid.to_string(), |above| format!("{oid} (→ {above})")));
    }
}

/// Whether an OID's level is one that joins.
fn joins(oid: &Oid) -> bool {
    matches!(level(oid), Some(Level::OperatingUnit | Level::Professional | Level::Pharmacy))
}

/// The Business ID in the joiner's entry passes its check.
pub(in crate::rules) fn business_id(case: &Case<'_>, answers: &mut Answers) {
    match case.register(&case.plan.joiner) {
        InRegister::NotAsked => answers.unknown("joiner"),
        InRegister::Absent => {}
        InRegister::Entry(_, entry) => {
            if let Some(id) = &entry.business_id {
                answers.judge("joiner", BusinessId::parse(id).is_ok(), id);
            }
        }
    }
}

/// Who stores documents has a controller in the registers.
pub(in crate::rules) fn has_controller(case: &Case<'_>, services: &[Service], answers: &mut Answers) {
    if !case.plan.services.iter().any(|service| services.contains(&service.code)) {
        return;
    }
    match &case.facts.registers {
        None => answers.unknown("joiner"),
        Some(registers) => answers.judge("joiner", !registers.controllers.is_empty(), &case.plan.joiner),
    }
}

/// Every tenant stands in a register, valid on the first day.
pub(in crate::rules) fn tenants_valid(case: &Case<'_>, answers: &mut Answers) {
    for (n, tenant) in case.plan.tenants.iter().enumerate() {
        let place = format!("tenant[{}]", n + 1);
        match case.register(&tenant.oid) {
            InRegister::Absent => answers.judge(place, false, &tenant.oid),
            InRegister::Entry(kind, _) if !RegisterKind::OF_JOINERS.contains(&kind) => {
                answers.judge(place, false, &tenant.oid);
            }
            InRegister::Entry(..) | InRegister::NotAsked => valid(case, &place, &tenant.oid, answers),
        }
    }
}

/// An access point's intermediary stands in the register of intermediaries, valid on the first day.
pub(in crate::rules) fn intermediary_valid(case: &Case<'_>, answers: &mut Answers) {
    for (place, point) in case.points().filter(|(_, point)| point.oid.registry() == Registry::Intermediaries) {
        let administrator = point.oid.administrator();
        match case.register(&administrator) {
            InRegister::Absent => answers.judge(place, false, &administrator),
            _ => valid(case, &place, &administrator, answers),
        }
    }
}

/// The activity is what the joiner's entry says of it.
pub(in crate::rules) fn activity_in_register(case: &Case<'_>, answers: &mut Answers) {
    // What another level's entry says is no answer; that it is another level is said by its own rule.
    if !joins(&case.plan.joiner) {
        return;
    }
    for activity in &case.plan.activities {
        let kept = match case.register(&case.plan.joiner) {
            InRegister::NotAsked => None,
            InRegister::Absent => continue,
            InRegister::Entry(RegisterKind::Sote, entry) => match activity {
                Activity::HealthCare => entry.in_health_care(),
                Activity::SocialCare => entry.in_social_care(),
                Activity::Pharmacy => Some(false),
                // The SOTE register does not tell a hospital pharmacy apart.
                Activity::HospitalPharmacy => entry.in_health_care(),
            },
            InRegister::Entry(RegisterKind::Professionals, _) => Some(*activity == Activity::HealthCare),
            InRegister::Entry(RegisterKind::Pharmacies, _) => {
                Some(matches!(activity, Activity::Pharmacy | Activity::HospitalPharmacy))
            }
            InRegister::Entry(..) => Some(false),
        };
        match kept {
            None => answers.unknown("activity"),
            Some(kept) => answers.judge("activity", kept, activity),
        }
    }
}

/// Every pharmacy that the register puts below the joiner's is in the plan.
pub(in crate::rules) fn branches(case: &Case<'_>, answers: &mut Answers) {
    if !case.plan.activities.contains(&Activity::Pharmacy) {
        return;
    }
    match &case.facts.registers {
        None => answers.unknown("pharmacies"),
        Some(registers) => {
            for branch in &registers.branches {
                answers.judge("pharmacies", case.plan.pharmacies.contains(branch), branch);
            }
        }
    }
}

fn joining(plan: &Plan) -> impl Iterator<Item = (String, &Oid)> {
    let pharmacies = plan.pharmacies.iter().enumerate().map(|(n, oid)| (format!("pharmacies[{}]", n + 1), oid));
    std::iter::once(("joiner".to_owned(), &plan.joiner)).chain(pharmacies)
}

fn valid(case: &Case<'_>, place: &str, oid: &Oid, answers: &mut Answers) {
    match case.register(oid) {
        InRegister::NotAsked => answers.unknown(place),
        InRegister::Absent => {}
        InRegister::Entry(_, entry) => answers.judge(place, entry.valid.contains(case.plan.start), oid),
    }
}
