//! The connection models (guide 4.1, 4.2).

use super::{Case, InRegister};
use crate::identifier::nodes::place;
use crate::identifier::{AccessPointOid, Oid, Registry};
use crate::plan::{Activity, PlannedService, Standing, Whose};
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

/// There are tenants in a joint connection, and in no other.
pub(in crate::rules) fn joint_with_tenants(case: &Case<'_>, answers: &mut Answers) {
    let (joint, tenants) = (case.plan.model == ConnectionModel::Joint, !case.plan.tenants.is_empty());
    // The directory does not hold tenants yet.
    if (joint || tenants) && case.plan.standing != Standing::Joined {
        answers.judge("model", joint && tenants, case.plan.model);
    }
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
        InRegister::Entry(_, entry) => match entry.sector() {
            None => answers.unknown("organiser"),
            Some(sector) => {
                let kept = sector == Sector::Public && entry.valid.contains(case.plan.start);
                answers.judge("organiser", kept, organiser);
            }
        },
    }
}

/// The access point is the organiser's own or an intermediary's.
pub(in crate::rules) fn parallel_organisers_point(case: &Case<'_>, answers: &mut Answers) {
    let owner = |oid: &Oid| place(oid).map(|placed| placed.owner_oid.to_owned());
    let organiser = case.plan.organiser.as_ref().and_then(owner);
    for (at, service) in case.services().filter(|_| parallel(case)) {
        for point in &service.access_points {
            let organisers = organiser.is_some() && owner(&point.administrator()) == organiser;
            answers.judge(&at, organisers || case.plan.whose(point) == Whose::Intermediary, point);
        }
    }
}

/// The organiser offers its system.
pub(in crate::rules) fn parallel_organiser_offers(case: &Case<'_>, answers: &mut Answers) {
    if parallel(case) {
        answers.fact("organiser_offers", case.plan.organiser_offers);
    }
}

/// The producer itself joins, or, where that is enough, records into the organiser's register only.
pub(in crate::rules) fn parallel_producer_joins(case: &Case<'_>, recording_may_do: bool, answers: &mut Answers) {
    if parallel(case) {
        let (joins, only) = (case.plan.producer_joins, case.plan.only_organisers_register);
        let kept = if recording_may_do && joins == Some(false) { only } else { joins };
        answers.fact("producer_joins", kept);
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
    if !case.plan.activities.contains(&Activity::Pharmacy) {
        return;
    }
    let own = |point: &AccessPointOid, pharmacy: &Oid| point.administrator() == *pharmacy;
    let pharmacies = || std::iter::once(&case.plan.joiner).chain(&case.plan.pharmacies);
    let of_pharmacies = |service: &PlannedService| {
        service.code == Service::Prescription || service.code.code().starts_with("reimbursement")
    };
    for (place, service) in case.services().filter(|(_, service)| of_pharmacies(service)) {
        for (n, point) in service.access_points.iter().enumerate() {
            let kept = point.registry() == Registry::Pharmacies && pharmacies().any(|pharmacy| own(point, pharmacy));
            answers.judge(format!("{place}.access_points[{}]", n + 1), kept, point);
        }
        // An application is one pharmacy's, and what is open may not be all yet.
        if service.code == Service::Prescription && case.plan.standing == Standing::Planned {
            for pharmacy in pharmacies() {
                let served = service.access_points.iter().any(|point| own(point, pharmacy));
                answers.judge(format!("{place}.access_points"), served, pharmacy);
            }
        }
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
        InRegister::Entry(_, entry) => match entry.sector() {
            None => answers.unknown(place),
            Some(sector) => answers.judge(place, sector != Sector::Public, oid),
        },
    }
}
