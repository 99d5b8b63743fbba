//! The connection models (guide 4.1, 4.2).

use super::{Case, InRegister, of_pharmacy};
use crate::identifier::Oid;
use crate::plan::Activity;
use crate::register::{RegisterKind, Sector};
use crate::rules::answers::Answers;
use crate::service_code::{ConnectionModel, Service};

/// Host and tenants of a joint connection are private.
pub(in crate::rules) fn joint_private(case: &Case<'_>, answers: &mut Answers) {
    if case.plan.model != ConnectionModel::Joint {
        return;
    }
    private(case, "joiner", &case.plan.joiner, answers);
    for (n, tenant) in case.plan.tenants.iter().enumerate() {
        private(case, &format!("tenant[{}]", n + 1), &tenant.oid, answers);
    }
}

/// The joint model was not there yet.
pub(in crate::rules) fn joint_not_yet(case: &Case<'_>, answers: &mut Answers) {
    answers.judge("model", case.plan.model != ConnectionModel::Joint, case.plan.model);
}

/// Host and tenant have agreed on responsibilities.
pub(in crate::rules) fn joint_agreement(case: &Case<'_>, answers: &mut Answers) {
    for (n, tenant) in case.plan.tenants.iter().enumerate() {
        answers.fact(format!("tenant[{}].agreement", n + 1), tenant.agreement);
    }
}

/// The parallel model is for social client data only.
pub(in crate::rules) fn parallel_social_only(case: &Case<'_>, answers: &mut Answers) {
    for (place, service) in case.services().filter(|_| parallel(case)) {
        answers.judge(place, service.code == Service::SocialClientData, service.code);
    }
}

/// The producer is private.
pub(in crate::rules) fn parallel_private_producer(case: &Case<'_>, answers: &mut Answers) {
    if parallel(case) {
        private(case, "joiner", &case.plan.joiner, answers);
    }
}

/// The organiser is public.
pub(in crate::rules) fn parallel_public_organiser(case: &Case<'_>, answers: &mut Answers) {
    let Some(organiser) = case.plan.organiser.as_ref().filter(|_| parallel(case)) else {
        if parallel(case) {
            answers.unknown("organiser");
        }
        return;
    };
    match case.register(organiser) {
        InRegister::NotAsked => answers.unknown("organiser"),
        InRegister::Absent => answers.judge("organiser", false, organiser),
        InRegister::Entry(_, entry) => {
            answers.judge("organiser", entry.sector() == Some(Sector::Public), organiser);
        }
    }
}

/// The access point is one that the organiser uses, not the producer's own.
pub(in crate::rules) fn parallel_organisers_point(case: &Case<'_>, answers: &mut Answers) {
    for (place, service) in case.services().filter(|_| parallel(case)) {
        for point in &service.access_points {
            answers.judge(&place, case.plan.whose(point) != crate::plan::Whose::Own, point);
        }
    }
}

/// The producer itself joins.
pub(in crate::rules) fn parallel_producer_joins(case: &Case<'_>, answers: &mut Answers) {
    if parallel(case) {
        answers.fact("producer_joins", case.plan.producer_joins);
    }
}

/// A producer with a certified system of its own uses that.
pub(in crate::rules) fn parallel_own_system(case: &Case<'_>, answers: &mut Answers) {
    if parallel(case) {
        answers.known("own_system", case.plan.own_system, |own| !own);
    }
}

/// Each main and branch pharmacy has an access point of its own, through which it uses the prescription service.
pub(in crate::rules) fn pharmacy_own_point(case: &Case<'_>, answers: &mut Answers) {
    if case.plan.activity != Activity::Pharmacy {
        return;
    }
    let prescription = || case.plan.services.iter().filter(|service| service.code == Service::Prescription);
    for pharmacy in std::iter::once(&case.plan.joiner).chain(&case.plan.pharmacies) {
        let own = case.points().any(|(_, point)| {
            of_pharmacy(point)
                && point.oid.administrator() == *pharmacy
                && prescription().any(|service| service.access_points.contains(&point.oid))
        });
        answers.judge("access_point", own, pharmacy);
    }
}

/// No permanent link for subcontracting is granted any more.
pub(in crate::rules) fn no_subcontracting_link(case: &Case<'_>, answers: &mut Answers) {
    if case.plan.subcontracting_link {
        answers.judge("subcontracting_link", false, true);
    }
}

fn parallel(case: &Case<'_>) -> bool {
    case.plan.model == ConnectionModel::Parallel
}

fn private(case: &Case<'_>, place: &str, oid: &Oid, answers: &mut Answers) {
    match case.register(oid) {
        InRegister::NotAsked => answers.unknown(place),
        InRegister::Absent => {}
        InRegister::Entry(RegisterKind::Professionals, _) => answers.judge(place, true, oid),
        InRegister::Entry(_, entry) => {
            let private = matches!(entry.sector(), Some(Sector::Private | Sector::PrivateSelfDeclared));
            answers.judge(place, private, oid);
        }
    }
}
