//! The information systems, by their entries in Astori.

use super::Case;
use crate::plan::PlannedSystem;
use crate::register::SystemFacts;
use crate::rules::answers::Answers;
use crate::service_code::{ConnectionModel, Service};
use std::collections::BTreeMap;

/// Every system that is named stands in Astori.
pub(in crate::rules) fn known(case: &Case<'_>, answers: &mut Answers) {
    for (place, number) in named(case) {
        match &case.facts.registers {
            None => answers.unknown(place),
            Some(registers) => answers.judge(place, registers.systems.contains_key(number), number),
        }
    }
}

/// Its certificate is valid on the first day.
pub(in crate::rules) fn valid(case: &Case<'_>, answers: &mut Answers) {
    entries(case, named(case), answers, |system| system.valid.contains(case.plan.start));
}

/// No significant deviation forbids taking it into use.
pub(in crate::rules) fn without_deviation(case: &Case<'_>, answers: &mut Answers) {
    entries(case, named(case), answers, |system| !system.deviation);
}

/// A system's certificate is valid for at most so many years.
pub(in crate::rules) fn certificate_length(case: &Case<'_>, years: i64, answers: &mut Answers) {
    // A year and a day's grace, so that leap days do not count.
    let longest = years * 366 * 86_400;
    entries(case, named(case), answers, |system| {
        system.valid.until.is_some_and(|until| until <= system.valid.from.plus_seconds(longest))
    });
}

/// An access point is implemented with a system of a class that transfers, or one that contains a transfer service.
pub(in crate::rules) fn transfers(case: &Case<'_>, classes: &[String], answers: &mut Answers) {
    let implementing: Vec<_> = case.own_points().map(|(place, point)| (place, point.system.as_deref())).collect();
    for (place, _) in implementing.iter().filter(|(_, system)| system.is_none()) {
        answers.unknown(format!("{place}.system"));
    }
    let named = implementing.into_iter().filter_map(|(place, system)| Some((format!("{place}.system"), system?)));
    entries(case, named, answers, |system| classes.contains(&system.class) || system.transfers);
}

/// A service is used with a system that is made for it.
pub(in crate::rules) fn made_for(case: &Case<'_>, services: &[Service], answers: &mut Answers) {
    for (place, service) in case.services().filter(|(_, service)| services.contains(&service.code)) {
        let named = std::iter::once((format!("{place}.system"), service.system.as_str()));
        entries(case, named, answers, |system| system.services.contains(&service.code));
    }
}

/// In social care, and for tenants, the system has the register access right function.
pub(in crate::rules) fn access_right(case: &Case<'_>, answers: &mut Answers) {
    let joint = case.plan.model == ConnectionModel::Joint;
    let functions = functions(case);
    for (place, service) in case.services().filter(|(_, s)| s.code == Service::SocialClientData || joint) {
        let system = functions.get(service.system.as_str());
        answers.fact(format!("{place}.system"), system.and_then(|system| system.register_access_right));
    }
}

/// Renewal requests are received with a system that can do it.
pub(in crate::rules) fn renewal(case: &Case<'_>, answers: &mut Answers) {
    let functions = functions(case);
    for (place, service) in case.services().filter(|(_, service)| service.code == Service::RenewalReception) {
        let system = functions.get(service.system.as_str());
        answers.fact(format!("{place}.system"), system.and_then(|system| system.renewal_reception));
    }
}

fn functions<'a>(case: &Case<'a>) -> BTreeMap<&'a str, &'a PlannedSystem> {
    case.plan.systems.iter().map(|system| (system.number.as_str(), system)).collect()
}

/// Every system that the plan names, with its places.
fn named<'a>(case: &Case<'a>) -> impl Iterator<Item = (String, &'a str)> {
    let of_services = case.services().map(|(place, service)| (format!("{place}.system"), service.system.as_str()));
    let of_points =
        case.points().filter_map(|(place, point)| Some((format!("{place}.system"), point.system.as_deref()?)));
    of_services.chain(of_points)
}

fn entries<'a>(
    case: &Case<'a>,
    named: impl Iterator<Item = (String, &'a str)>,
    answers: &mut Answers,
    kept: impl Fn(&SystemFacts) -> bool,
) {
    for (place, number) in named {
        match &case.facts.registers {
            None => answers.unknown(place),
            // One that is not in Astori is said by its own rule.
            Some(registers) => {
                if let Some(system) = registers.systems.get(number) {
                    answers.judge(place, kept(system), number);
                }
            }
        }
    }
}
