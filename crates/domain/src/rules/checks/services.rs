//! The services and what each needs.

use super::{Case, InRegister};
use crate::identifier::Oid;
use crate::identifier::nodes::place;
use crate::plan::{Standing, Whose};
use crate::rules::answers::{Answers, day};
use crate::rules::check::Uses;
use crate::service_code::Service;

/// The joiner's activity may use the service.
pub(in crate::rules) fn service_for_activity(case: &Case<'_>, uses: &[Uses], answers: &mut Answers) {
    let of_joiner = |row: &&Uses| case.plan.activities.contains(&row.activity);
    let may = |service| uses.iter().filter(of_joiner).any(|row| row.services.contains(&service));
    for (place, service) in case.services() {
        // Neither the plan nor a register says what the joiner does.
        if case.plan.activities.is_empty() {
            answers.unknown("activity");
        } else {
            answers.judge(place, may(service.code), service.code);
        }
    }
}

/// The plan has services, and each names access points that the plan describes.
pub(in crate::rules) fn points_named(case: &Case<'_>, answers: &mut Answers) {
    // Who has joined may have no right left.
    if case.plan.services.is_empty() && case.plan.standing != Standing::Joined {
        answers.judge("service", false, "0");
    }
    for (place, service) in case.services() {
        let place = format!("{place}.access_points");
        if service.access_points.is_empty() {
            answers.judge(&place, false, "0");
        }
        for (n, oid) in service.access_points.iter().enumerate() {
            let described = case.plan.access_points.iter().any(|point| point.oid == *oid);
            answers.judge(format!("{place}[{}]", n + 1), described, oid);
        }
    }
}

/// Who receives renewal requests uses the prescription service.
pub(in crate::rules) fn renewal_needs_prescription(case: &Case<'_>, answers: &mut Answers) {
    for (place, service) in case.services().filter(|(_, service)| service.code == Service::RenewalReception) {
        answers.judge(place, case.plan.uses(Service::Prescription), service.code);
    }
}

/// Each receiving unit, or the professional, has the mark in the code service.
pub(in crate::rules) fn renewal_mark(case: &Case<'_>, answers: &mut Answers) {
    for (at, service) in case.services().filter(|(_, service)| service.code == Service::RenewalReception) {
        if service.units.is_empty() {
            answers.unknown(format!("{at}.units"));
        }
        for (n, unit) in service.units.iter().enumerate() {
            let at = format!("{at}.units[{}]", n + 1);
            match case.register(unit) {
                InRegister::NotAsked => answers.unknown(at),
                // Who is in no register is no unit of the joiner's: said by its own rule.
                InRegister::Absent => {}
                InRegister::Entry(_, entry) => {
                    answers.judge(at, entry.valid.contains(case.plan.start) && entry.renewal_mark(), unit);
                }
            }
        }
    }
}

/// Each receiving unit is the joiner's own: by its number, or by what stands above it in the register, because units stand
/// under another organisation's number.
pub(in crate::rules) fn renewal_unit(case: &Case<'_>, answers: &mut Answers) {
    let owner = |oid: &Oid| place(oid).map(|placed| placed.owner_oid.to_owned());
    let joiner = owner(&case.plan.joiner);
    for (at, service) in case.services().filter(|(_, service)| service.code == Service::RenewalReception) {
        for (n, unit) in service.units.iter().enumerate() {
            let at = format!("{at}.units[{}]", n + 1);
            let by_number = joiner.is_some() && owner(unit) == joiner;
            match (&case.facts.registers, case.register(unit)) {
                (Some(registers), InRegister::Entry(..)) => {
                    answers.judge(at, by_number || registers.stands_below(unit, &case.plan.joiner), unit);
                }
                (Some(_), _) => answers.judge(at, false, unit),
                (None, _) => answers.unknown(at),
            }
        }
    }
}

/// There is an agreement with Kela about its services.
pub(in crate::rules) fn agreement_for_service(case: &Case<'_>, services: &[Service], answers: &mut Answers) {
    for (place, service) in case.services().filter(|(_, service)| services.contains(&service.code)) {
        answers.fact(format!("{place}.agreement"), service.agreement);
    }
}

/// The application is sent so many days before the first day.
pub(in crate::rules) fn sent_ahead(case: &Case<'_>, days: i64, answers: &mut Answers) {
    // Counting no days is no civil arithmetic, which is ambiguous in the hour when clocks go back.
    let latest = if days == 0 { case.plan.start } else { case.plan.start.plus_days(-days) };
    match case.plan.sent {
        None => answers.unknown("sent"),
        Some(sent) => answers.judge("sent", sent <= latest, format!("{} (≤ {})", day(sent), day(latest))),
    }
}

/// The place of each service that runs through another's access point.
pub(super) fn through_others<'a>(
    case: &'a Case<'a>,
) -> impl Iterator<Item = (String, &'a crate::plan::PlannedService)> {
    case.services().filter(|(_, service)| service.access_points.iter().any(|oid| case.plan.whose(oid) != Whose::Own))
}
