//! The data communication links (guide 5, 6).

use super::{Case, numbered, of_pharmacy};
use crate::directory::{LinkRole, Network};
use crate::plan::{Hall, PlannedLink, PlannedPoint, Whose};
use crate::rules::answers::Answers;
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

/// These services never run over public internet.
pub(in crate::rules) fn public_never(case: &Case<'_>, services: &[Service], answers: &mut Answers) {
    for (place, point) in case.points() {
        let concerned = case.plan.services_through(&point.oid).any(|service| services.contains(&service.code));
        for (place, link) in numbered(&place, &point.links).into_iter().filter(|_| concerned) {
            answers.judge(format!("{place}.network"), link.network == Network::Private, link.network);
        }
    }
}

/// Public internet is a backup only: of a pharmacy's own access point, or of one that many share.
pub(in crate::rules) fn public_backup_only(case: &Case<'_>, pharmacy: bool, answers: &mut Answers) {
    let concerned = |point: &PlannedPoint| {
        if pharmacy { of_pharmacy(point) } else { case.plan.whose(&point.oid) == Whose::Intermediary }
    };
    let points = case.points().filter(|(_, point)| concerned(point));
    let mut links: Vec<(String, &PlannedLink)> =
        points.flat_map(|(place, point)| numbered(&place, &point.links)).collect();
    if !pharmacy {
        links.extend(case.plan.collection_point.iter().flat_map(|point| numbered("collection_point", &point.links)));
    }
    for (place, link) in links {
        let kept = link.network == Network::Private || link.role == LinkRole::Backup;
        answers.judge(format!("{place}.network"), kept, link.network);
    }
}

/// A joiner's own access point with public internet as its primary is used by that joiner alone; who plans to use another
/// joiner's is its second user.
pub(in crate::rules) fn public_alone(case: &Case<'_>, answers: &mut Answers) {
    for (place, _) in public_primary(case, Whose::Other) {
        answers.judge(format!("{place}.users"), false, &case.plan.joiner);
    }
    for (place, point) in public_primary(case, Whose::Own) {
        answers.known(format!("{place}.users"), point.users, |users| *users <= 1);
    }
}

/// And its traffic is small.
pub(in crate::rules) fn public_small_traffic(case: &Case<'_>, documents_below: u64, answers: &mut Answers) {
    for (place, point) in public_primary(case, Whose::Own) {
        answers.known(place, documents(case, point), |documents| *documents < documents_below);
    }
}

/// Kanta has approved the use of public internet.
pub(in crate::rules) fn public_approved(case: &Case<'_>, answers: &mut Answers) {
    let public = |point: &PlannedPoint| point.links.iter().any(|link| link.network == Network::Public);
    for (place, point) in case.own_points().filter(|(_, point)| public(point)) {
        answers.fact(format!("{place}.public_approved"), point.public_approved);
    }
}

/// Links are duplicated: a primary and a backup.
pub(in crate::rules) fn duplicated(case: &Case<'_>, answers: &mut Answers) {
    for (place, links) in own_ends(case) {
        let has = |role| links.iter().any(|link| link.role == role);
        let kept = has(LinkRole::Primary) && has(LinkRole::Backup);
        answers.judge(format!("{place}.link"), kept, links.len());
    }
}

/// Primary and backup take truly different routes.
pub(in crate::rules) fn different_routes(case: &Case<'_>, answers: &mut Answers) {
    for (place, links) in own_ends(case).filter(|(_, links)| links.len() > 1) {
        let routes: Option<Vec<&str>> = links.iter().map(|link| link.route.as_deref()).collect();
        answers.known(format!("{place}.link"), routes.map(|routes| routes.join(", ")), |_| {
            let different: BTreeSet<_> = links.iter().map(|link| link.route.as_deref()).collect();
            different.len() == links.len()
        });
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

/// The primary link carries what the joiner's activity, services and volume need.
pub(in crate::rules) fn capacity_at_least(case: &Case<'_>, classes: &[Capacity], answers: &mut Answers) {
    for (place, point) in case.own_points() {
        let Some(documents) = documents(case, point) else {
            answers.unknown(&place);
            continue;
        };
        let suits = |class: &&Capacity| {
            class.activity.is_none_or(|activity| activity == case.plan.activity)
                && class.service.is_none_or(|code| case.plan.services_through(&point.oid).any(|s| s.code == code))
                && class.documents_from <= documents
        };
        // The more particular class of an activity counts before the general one.
        let of_activity = classes.iter().any(|class| class.activity == Some(case.plan.activity));
        let counted = |class: &&Capacity| class.service.is_some() || class.activity.is_some() == of_activity;
        let Some(needed) = classes.iter().filter(suits).filter(counted).map(|class| class.mbits).max() else {
            continue;
        };
        for (place, link) in numbered(&place, &point.links).into_iter().filter(|(_, l)| l.role == LinkRole::Primary) {
            let least = link.up.zip(link.down).map(|(up, down)| up.min(down));
            answers.known(place, least, |mbits| *mbits >= needed);
        }
    }
}

/// The link is ready when the application is sent.
pub(in crate::rules) fn ready_when_sent(case: &Case<'_>, answers: &mut Answers) {
    for (place, link) in case.links() {
        let place = format!("{place}.ready");
        match (link.ready, case.plan.sent) {
            (Some(ready), Some(sent)) => answers.judge(place, ready <= sent, ready),
            _ => answers.unknown(place),
        }
    }
}

/// The ends whose links the plan decides on: own access points and the collection point.
fn own_ends<'a>(case: &Case<'a>) -> impl Iterator<Item = (String, &'a [PlannedLink])> {
    let own = case.own_points().map(|(place, point)| (place, point.links.as_slice()));
    let collection = case.plan.collection_point.iter();
    own.chain(collection.map(|point| ("collection_point".to_owned(), point.links.as_slice())))
}

fn public_primary<'a>(case: &'a Case<'a>, whose: Whose) -> impl Iterator<Item = (String, &'a PlannedPoint)> {
    let public = |link: &PlannedLink| link.network == Network::Public && link.role == LinkRole::Primary;
    let points = case.points().filter(move |(_, point)| case.plan.whose(&point.oid) == whose);
    points.filter(move |(_, point)| !of_pharmacy(point) && point.links.iter().any(public))
}

/// Documents stored a day through an access point; `None` when one of its services does not say.
fn documents(case: &Case<'_>, point: &PlannedPoint) -> Option<u64> {
    let stores = |code| matches!(code, Service::PatientData | Service::SocialClientData | Service::ImagingData);
    let through = case.plan.services_through(&point.oid).filter(|service| stores(service.code));
    through.map(|service| service.documents_per_day).sum()
}
