//! The information systems, by their entries in Astori.

use super::Case;
use crate::plan::{PlannedPoint, PlannedService, PlannedSystem, Whose};
use crate::register::SystemFacts;
use crate::rules::answers::{Answers, day};
use crate::service_code::Service;

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
    shown(case, named(case), answers, |number, system| {
        let (from, until) = (day(system.valid.from), system.valid.until.map(day).unwrap_or_default());
        Some((system.valid.contains(case.plan.start), format!("{number} ({from} – {until})")))
    });
}

/// No significant deviation forbids taking it into use.
pub(in crate::rules) fn without_deviation(case: &Case<'_>, answers: &mut Answers) {
    entries(case, named(case), answers, |system| system.deviation.map(|deviation| !deviation));
}

/// A system's certificate is valid for at most so many years.
pub(in crate::rules) fn certificate_length(case: &Case<'_>, years: i64, answers: &mut Answers) {
    // A year and a day's grace, so that leap days do not count.
    let longest = years * 366 * 86_400;
    entries(case, named(case), answers, |system| {
        Some(system.valid.until.is_some_and(|until| until <= system.valid.from.plus_seconds(longest)))
    });
}

/// An access point is implemented with a transfer service, or with a system that contains one.
pub(in crate::rules) fn transfers(case: &Case<'_>, (alone, containing): (&[String], &[String]), answers: &mut Answers) {
    // Of another's point that is open already, the operator has asked.
    let asked = |point: &PlannedPoint| case.plan.whose(&point.oid) == Whose::Own || point.open != Some(true);
    for (place, _) in case.points().filter(|(_, point)| point.system.is_none() && asked(point)) {
        answers.unknown(format!("{place}.system"));
    }
    let named = case.points().filter_map(|(place, point)| Some((format!("{place}.system"), point.system.as_deref()?)));
    entries(case, named, answers, |system| {
        Some(alone.contains(&system.class) || (containing.contains(&system.class) && system.transfers))
    });
}

/// A service is used with a system that is made for it.
pub(in crate::rules) fn made_for(case: &Case<'_>, services: &[Service], answers: &mut Answers) {
    for (place, service) in case.services().filter(|(_, service)| services.contains(&service.code)) {
        let place = format!("{place}.system");
        let Some(number) = service.system.as_deref() else {
            answers.unknown(place);
            continue;
        };
        entries(case, std::iter::once((place, number)), answers, |system| {
            system.services.as_ref().map(|services| services.contains(&service.code))
        });
    }
}

/// In social care the system has the register access right function.
pub(in crate::rules) fn access_right(case: &Case<'_>, answers: &mut Answers) {
    for (place, service) in case.services().filter(|(_, service)| service.code == Service::SocialClientData) {
        answers
            .fact(format!("{place}.system"), function(case, service).and_then(|system| system.register_access_right));
    }
}

/// Renewal requests are received with a system that can do it, by what the plan says of it; Astori can only say that it cannot.
pub(in crate::rules) fn renewal(case: &Case<'_>, answers: &mut Answers) {
    let in_astori = |service: &PlannedService| {
        let system = case.facts.registers.as_ref()?.systems.get(service.system.as_ref()?)?;
        // An entry that names prescriptions does not say whether renewal requests are among them.
        system.services.as_ref().filter(|services| !services.contains(&service.code)).map(|_| false)
    };
    for (place, service) in case.services().filter(|(_, service)| service.code == Service::RenewalReception) {
        let stated = function(case, service).and_then(|system| system.renewal_reception);
        answers.fact(format!("{place}.system"), stated.or_else(|| in_astori(service)));
    }
}

/// What the plan says of a service's system.
fn function<'a>(case: &Case<'a>, service: &PlannedService) -> Option<&'a PlannedSystem> {
    case.plan.systems.iter().find(|system| Some(&system.number) == service.system.as_ref())
}

/// Every system that the plan names, with its places.
fn named<'a>(case: &Case<'a>) -> impl Iterator<Item = (String, &'a str)> {
    let of_services =
        case.services().filter_map(|(place, service)| Some((format!("{place}.system"), service.system.as_deref()?)));
    let of_points =
        case.points().filter_map(|(place, point)| Some((format!("{place}.system"), point.system.as_deref()?)));
    of_services.chain(of_points)
}

/// Judges each system by its entry; none where the entry does not say.
fn entries<'a>(
    case: &Case<'a>,
    named: impl Iterator<Item = (String, &'a str)>,
    answers: &mut Answers,
    kept: impl Fn(&SystemFacts) -> Option<bool>,
) {
    shown(case, named, answers, |number, system| Some((kept(system)?, number.to_owned())));
}

/// The same, with what is shown as found.
fn shown<'a>(
    case: &Case<'a>,
    named: impl Iterator<Item = (String, &'a str)>,
    answers: &mut Answers,
    kept: impl Fn(&str, &SystemFacts) -> Option<(bool, String)>,
) {
    for (place, number) in named {
        match &case.facts.registers {
            None => answers.unknown(place),
            // One that is not in Astori is said by its own rule.
            Some(registers) => {
                if let Some(system) = registers.systems.get(number) {
                    match kept(number, system) {
                        None => answers.unknown(place),
                        Some((kept, found)) => answers.judge(place, kept, found),
                    }
                }
            }
        }
    }
}
