//! The services and what each needs.

use super::{Case, InRegister};
use crate::plan::Whose;
use crate::rules::answers::Answers;
use crate::rules::check::Uses;
use crate::service_code::Service;

/// The joiner's activity may use the service.
pub(in crate::rules) fn service_for_activity(case: &Case<'_>, uses: &[Uses], answers: &mut Answers) {
    let may = |service| uses.iter().any(|row| row.activity == case.plan.activity && row.services.contains(&service));
    for (place, service) in case.services() {
        answers.judge(place, may(service.code), service.code);
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
    for (place, service) in case.services().filter(|(_, service)| service.code == Service::RenewalReception) {
        if service.units.is_empty() {
            answers.unknown(format!("{place}.units"));
        }
        for (n, unit) in service.units.iter().enumerate() {
            let place = format!("{place}.units[{}]", n + 1);
            match case.register(unit) {
                InRegister::NotAsked => answers.unknown(place),
                InRegister::Absent => answers.judge(place, false, unit),
                InRegister::Entry(_, entry) => answers.judge(place, entry.renewal_mark(), unit),
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
    let latest = case.plan.start.plus_seconds(-days * 86_400);
    answers.known("sent", case.plan.sent, |sent| *sent <= latest);
}

/// The place of each service that runs through another's access point.
pub(super) fn through_others<'a>(
    case: &'a Case<'a>,
) -> impl Iterator<Item = (String, &'a crate::plan::PlannedService)> {
    case.services().filter(|(_, service)| service.access_points.iter().any(|oid| case.plan.whose(oid) != Whose::Own))
}
