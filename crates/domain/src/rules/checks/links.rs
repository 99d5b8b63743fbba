//! The data communication links (guide 5, 6).

use super::{Case, numbered, of_pharmacy};
use crate::directory::{LinkRole, Network};
use crate::identifier::{AccessPointOid, Registry};
use crate::plan::{Hall, PlannedLink, PlannedPoint, PlannedService, Whose};
use crate::rules::answers::{Answers, day};
use crate::rules::check::Capacity;
use crate::service_code::Service;
use std::collections::BTreeSet;

/// The private links reach these halls.
pub(in crate::rules) fn halls(case: &Case<'_>, halls: &[Hall], answers: &mut Answers) {
    for (place, link) in case.links().filter(|(_, link)| link.network == Network::Private) {
        match &link.halls {
            None => answers.unknown(format!("{place}.halls")),
            Some(reached) => {
                let names: Vec<&str> = reached.iter().map(|hall| hall.code()).collect();
                answers.judge(
                    format!("{place}.halls"),
                    halls.iter().all(|hall| reached.contains(hall)),
                    names.join(" "),
                );
            }
        }
    }
}

/// These services never run over public internet, not even through a collection point.
pub(in crate::rules) fn public_never(case: &Case<'_>, services: &[Service], answers: &mut Answers) {
    for (place, point) in case.points() {
        if case.plan.services_through(&point.oid).any(|service| services.contains(&service.code)) {
            let links = links_of(case, &place, point);
            if links.is_empty() {
                answers.unknown(format!("{place}.link"));
            }
            for (place, link) in links {
                answers.judge(format!("{place}.network"), link.network == Network::Private, link.network);
            }
        }
    }
}

/// Public internet is a backup only: of a pharmacy's own access point, or of one that many share.
pub(in crate::rules) fn public_backup_only(case: &Case<'_>, pharmacy: bool, answers: &mut Answers) {
    let concerned = |point: &PlannedPoint| {
        // An intermediary's own plan is about points that others share too.
        if pharmacy { of_pharmacy(point) } else { point.oid.registry() == Registry::Intermediaries }
    };
    let mut links = Vec::new();
    for (place, point) in case.points().filter(|(_, point)| concerned(point)) {
        // Of a point that is open already, the operator has asked.
        if point.links.is_empty() && point.open != Some(true) && !case.plan.collected(point) {
            answers.unknown(format!("{place}.link"));
        }
        links.extend(numbered(&place, &point.links));
    }
    if !pharmacy {
        links.extend(case.plan.collection_point.iter().flat_map(|point| numbered("collection_point", &point.links)));
    }
    for (place, link) in links {
        let kept = link.network == Network::Private || link.role == LinkRole::Backup;
        answers.judge(format!("{place}.network"), kept, link.network);
    }
}

/// A joiner's own access point with a link over public internet is used by that joiner alone; who plans to use another
/// joiner's is its second user.
pub(in crate::rules) fn public_alone(case: &Case<'_>, answers: &mut Answers) {
    for (place, _) in on_public(case, Whose::Other) {
        answers.judge(format!("{place}.link"), false, Network::Public);
    }
    for (place, point) in on_public(case, Whose::Own) {
        answers.known(format!("{place}.users"), point.users, |users| users.get() <= 1);
    }
}

/// And its traffic is small.
pub(in crate::rules) fn public_small_traffic(case: &Case<'_>, below: u64, answers: &mut Answers) {
    for (place, point) in on_public(case, Whose::Own) {
        match documents(case, point, |service| stores(service.code) || service.code == Service::Prescription) {
            None => answers.unknown(place),
            Some(documents) => answers.judge(place, documents < below, format!("{documents} (< {below})")),
        }
    }
}

/// Kanta has approved the use of public internet.
pub(in crate::rules) fn public_approved(case: &Case<'_>, answers: &mut Answers) {
    let public = |point: &PlannedPoint| point.links.iter().any(|link| link.network == Network::Public);
    for (place, point) in case.own_points().filter(|(_, point)| public(point)) {
        answers.fact(format!("{place}.public_approved"), point.public_approved);
    }
}

/// Links are more than one, one of them primary.
pub(in crate::rules) fn duplicated(case: &Case<'_>, answers: &mut Answers) {
    for (place, links) in own_ends(case) {
        let kept = links.len() > 1 && links.iter().any(|link| link.role == LinkRole::Primary);
        answers.judge(format!("{place}.link"), kept, links.len());
    }
}

/// Not all links take the same route.
pub(in crate::rules) fn different_routes(case: &Case<'_>, answers: &mut Answers) {
    for (place, links) in own_ends(case).filter(|(_, links)| links.len() > 1) {
        let routes: Option<BTreeSet<&str>> = links.iter().map(|link| link.route.as_deref()).collect();
        match routes {
            None => answers.unknown(format!("{place}.link")),
            Some(routes) => {
                let named = routes.iter().copied().collect::<Vec<_>>().join(", ");
                answers.judge(format!("{place}.link"), routes.len() > 1, named);
            }
        }
    }
}

/// No two links of an access point have the same address.
pub(in crate::rules) fn own_addresses(case: &Case<'_>, answers: &mut Answers) {
    for (place, links) in own_ends(case).filter(|(_, links)| links.len() > 1) {
        let mut seen = BTreeSet::new();
        for (place, link) in numbered(&place, links) {
            for (n, address) in link.addresses.iter().enumerate() {
                answers.judge(format!("{place}.addresses[{}]", n + 1), seen.insert(*address), address);
            }
        }
    }
}

/// Capacity is equal both ways.
pub(in crate::rules) fn symmetric(case: &Case<'_>, answers: &mut Answers) {
    for (place, link) in case.links() {
        match (link.up, link.down) {
            (Some(up), Some(down)) => answers.judge(place, up == down, format!("{up}/{down}")),
            _ => answers.unknown(place),
        }
    }
}

/// The primary link carries what the joiner's activity, services and volume need: of own access points, of others' as far as
/// the plan describes them, and of the collection point for all that run through it together.
pub(in crate::rules) fn capacity_at_least(case: &Case<'_>, classes: &[Capacity], answers: &mut Answers) {
    for (place, links, points) in carrying(case) {
        let used = |service: &&PlannedService| service.access_points.iter().any(|oid| points.contains(&oid));
        let through: Vec<&PlannedService> = case.plan.services.iter().filter(used).collect();
        let Some(documents) = sum(through.iter().copied().filter(|service| stores(service.code))) else {
            answers.unknown(&place);
            continue;
        };
        // A pharmacy of unknown size is asked what every pharmacy is.
        let of_joiner = |class: &Capacity| {
            class.activity.is_some_and(|activity| case.plan.activities.contains(&activity))
                && class.size.is_none_or(|size| case.plan.pharmacy_size == Some(size))
        };
        // The more particular class of an activity counts before the general one.
        let particular = classes.iter().any(of_joiner);
        let suits = |class: &&Capacity| {
            let general = class.activity.is_none() && (!particular || class.service.is_some());
            (general || of_joiner(class))
                && class.service.is_none_or(|code| through.iter().any(|service| service.code == code))
                && class.documents_from <= documents
        };
        let Some(needed) = classes.iter().filter(suits).map(|class| class.mbits).max() else {
            continue;
        };
        for (place, link) in numbered(&place, links).into_iter().filter(|(_, link)| link.role == LinkRole::Primary) {
            match (link.up, link.down) {
                (Some(up), Some(down)) => {
                    let least = up.min(down).get();
                    answers.judge(place, least >= needed, format!("{least} Mbit/s (≥ {needed} Mbit/s)"));
                }
                _ => answers.unknown(place),
            }
        }
    }
}

/// Links that carry traffic together, with the access points whose traffic that is.
fn carrying<'a>(case: &Case<'a>) -> Vec<(String, &'a [PlannedLink], Vec<&'a AccessPointOid>)> {
    let plan = case.plan;
    let told = |link: &PlannedLink| link.up.is_some() || link.down.is_some();
    let described = |point: &PlannedPoint| plan.whose(&point.oid) == Whose::Own || point.links.iter().any(told);
    let alone = case.points().filter(|(_, point)| !plan.collected(point) && described(point));
    let alone = alone.map(|(place, point)| (place, point.links.as_slice(), vec![&point.oid]));
    let together = plan.collection_point.iter().map(|shared| {
        let points = plan.access_points.iter().filter(|point| plan.collected(point)).map(|point| &point.oid);
        ("collection_point".to_owned(), shared.links.as_slice(), points.collect())
    });
    alone.chain(together).collect()
}

/// The link is ready when the application is sent.
pub(in crate::rules) fn ready_when_sent(case: &Case<'_>, answers: &mut Answers) {
    for (place, link) in case.links() {
        let place = format!("{place}.ready");
        match (link.ready, case.plan.sent) {
            (Some(ready), Some(sent)) => {
                answers.judge(place, ready <= sent, format!("{} (≤ {})", day(ready), day(sent)));
            }
            _ => answers.unknown(place),
        }
    }
}

/// The ends whose links the plan decides on: own access points with links of their own, and the collection point.
fn own_ends<'a>(case: &Case<'a>) -> impl Iterator<Item = (String, &'a [PlannedLink])> {
    let (plan, own) = (case.plan, case.own_points());
    let own = own.filter(|(_, point)| !plan.collected(point)).map(|(place, point)| (place, point.links.as_slice()));
    own.chain(plan.collection_point.iter().map(|point| ("collection_point".to_owned(), point.links.as_slice())))
}

/// The links that an access point's traffic runs over: its own, or the collection point's.
fn links_of<'a>(case: &Case<'a>, place: &str, point: &'a PlannedPoint) -> Vec<(String, &'a PlannedLink)> {
    match &case.plan.collection_point {
        Some(collection) if case.plan.collected(point) => numbered("collection_point", &collection.links),
        _ => numbered(place, &point.links),
    }
}

/// Access points with a link over public internet, those of pharmacies aside.
fn on_public<'a>(case: &Case<'a>, whose: Whose) -> impl Iterator<Item = (String, &'a PlannedPoint)> {
    let plan = case.plan;
    let public = |link: &PlannedLink| link.network == Network::Public;
    let points = case.points().filter(move |(_, point)| plan.whose(&point.oid) == whose);
    points.filter(move |(_, point)| !of_pharmacy(point) && point.links.iter().any(public))
}

fn stores(code: Service) -> bool {
    matches!(code, Service::PatientData | Service::SocialClientData | Service::ImagingData)
}

/// Documents a day of the services through an access point that count; `None` when one of them does not say.
fn documents(case: &Case<'_>, point: &PlannedPoint, counts: impl Fn(&PlannedService) -> bool) -> Option<u64> {
    sum(case.plan.services_through(&point.oid).filter(|service| counts(service)))
}

/// Documents a day together; more than can be counted is the most that can.
fn sum<'a>(mut services: impl Iterator<Item = &'a PlannedService>) -> Option<u64> {
    services.try_fold(0u64, |sum, service| Some(sum.saturating_add(service.documents_per_day?)))
}
