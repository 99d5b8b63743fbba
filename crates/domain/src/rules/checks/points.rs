//! The access points (guide 3.1, 2.4, 6).

use super::{Case, InRegister};
use crate::identifier::Registry;
use crate::plan::{PlannedPoint, Standing, Tls, Whose};
use crate::rules::answers::Answers;

/// It stands in one of these countries.
pub(in crate::rules) fn location(case: &Case<'_>, countries: &[String], answers: &mut Answers) {
    for (place, point) in case.points() {
        answers.known(format!("{place}.country"), point.country.as_deref(), |country| {
            countries.iter().any(|permitted| permitted == *country)
        });
    }
}

/// Outside the home country Kanta has approved it.
pub(in crate::rules) fn location_approval(case: &Case<'_>, home: &str, answers: &mut Answers) {
    // Of another's point that is open already, the operator has asked.
    let asked = |point: &PlannedPoint| case.plan.whose(&point.oid) == Whose::Own || point.open != Some(true);
    let points = case.points().filter(|(_, point)| asked(point));
    let points = points.map(|(place, point)| (place, point.country.as_deref(), point.approved_abroad));
    let collection = case
        .plan
        .collection_point
        .iter()
        .map(|point| ("collection_point".to_owned(), point.country.as_deref(), point.approved_abroad));
    for (place, country, approved) in points.chain(collection) {
        match country {
            None => answers.unknown(format!("{place}.country")),
            Some(country) if country != home => answers.fact(format!("{place}.approved_abroad"), approved),
            Some(_) => {}
        }
    }
}

/// One network address is recommended for a link.
pub(in crate::rules) fn one_address(case: &Case<'_>, answers: &mut Answers) {
    for (place, point) in case.own_points().filter(|(_, point)| point.servers.is_none_or(|servers| servers.get() < 2)) {
        for (n, link) in point.links.iter().enumerate().filter(|(_, link)| !link.addresses.is_empty()) {
            let count = link.addresses.len();
            answers.judge(format!("{place}.link[{}].addresses", n + 1), count == 1, count);
        }
    }
}

/// Members of a cluster without a common virtual address each show their own.
pub(in crate::rules) fn cluster_addresses(case: &Case<'_>, answers: &mut Answers) {
    for (place, point, servers) in clusters(case) {
        match point.virtual_address {
            None => answers.unknown(format!("{place}.virtual_address")),
            Some(true) => answers.judge(format!("{place}.virtual_address"), true, true),
            Some(false) => {
                for (n, link) in point.links.iter().enumerate() {
                    let count = link.addresses.len();
                    answers.judge(format!("{place}.link[{}].addresses", n + 1), count >= servers, count);
                }
            }
        }
    }
}

/// A certificate for each server is recommended.
pub(in crate::rules) fn certificate_per_server(case: &Case<'_>, answers: &mut Answers) {
    for (place, point, servers) in clusters(case) {
        let count = point.certificates.len();
        answers.judge(format!("{place}.certificates"), count >= servers, count);
    }
}

/// The access point's OID is formed under its administrator's.
pub(in crate::rules) fn administrator(case: &Case<'_>, answers: &mut Answers) {
    for (place, point) in case.points() {
        let under = point.oid.administrator();
        match &point.administrator {
            None => answers.unknown(format!("{place}.administrator")),
            Some(stated) if *stated == under => answers.judge(format!("{place}.administrator"), true, stated),
            Some(stated) => answers.judge(format!("{place}.administrator"), false, format!("{stated} (≠ {under})")),
        }
        // A new point's administrator is somebody: a unit that no register knows administers nothing. The joiner
        // itself is the question of `joiner-in-register`.
        if point.new == Some(true) && under != case.plan.joiner {
            match case.register(&under) {
                InRegister::NotAsked => answers.unknown(format!("{place}.administrator")),
                InRegister::Absent => answers.judge(format!("{place}.administrator"), false, &under),
                InRegister::Entry(..) => {}
            }
        }
    }
}

/// Another's access point is open before its user's application is sent.
pub(in crate::rules) fn opened_first(case: &Case<'_>, answers: &mut Answers) {
    // In an application an own point that is not new was picked as one that is open.
    let picked = |point: &PlannedPoint| case.plan.standing == Standing::Applied && point.new != Some(true);
    for (place, point) in case.points().filter(|(_, point)| case.plan.whose(&point.oid) != Whose::Own || picked(point))
    {
        answers.fact(format!("{place}.open"), point.open);
    }
}

/// What is applied for as a new access point is not open already.
pub(in crate::rules) fn new_point(case: &Case<'_>, answers: &mut Answers) {
    for (place, point) in case.points().filter(|(_, point)| point.new == Some(true)) {
        match point.open {
            None => answers.unknown(format!("{place}.open")),
            Some(open) => answers.judge(format!("{place}.new"), !open, &point.oid),
        }
    }
}

/// One's own new access point comes on the application with its addresses and DNS name.
pub(in crate::rules) fn own_point_complete(case: &Case<'_>, answers: &mut Answers) {
    for (place, point) in case.own_points().filter(|(_, p)| p.open != Some(true) && !case.plan.collected(p)) {
        let complete = |link: &crate::plan::PlannedLink| link.dns_name.is_some() && !link.addresses.is_empty();
        let kept = !point.links.is_empty() && point.links.iter().all(complete);
        answers.judge(format!("{place}.link"), kept, point.links.len());
    }
}

/// An intermediary has an agreement with each joiner that uses its access point.
pub(in crate::rules) fn intermediary_agreement(case: &Case<'_>, answers: &mut Answers) {
    for (place, point) in intermediaries(case) {
        answers.fact(format!("{place}.agreement"), point.agreement);
    }
}

/// An intermediary has an information security plan.
pub(in crate::rules) fn security_plan(case: &Case<'_>, answers: &mut Answers) {
    for (place, point) in intermediaries(case) {
        answers.fact(format!("{place}.security_plan"), point.security_plan);
    }
}

/// A stateful firewall protects the solution.
pub(in crate::rules) fn firewall(case: &Case<'_>, answers: &mut Answers) {
    for (place, point) in case.own_points() {
        answers.fact(format!("{place}.firewall"), point.firewall);
    }
}

/// The solution is protected against malware.
pub(in crate::rules) fn malware_protection(case: &Case<'_>, answers: &mut Answers) {
    for (place, point) in case.own_points() {
        answers.fact(format!("{place}.malware_protection"), point.malware_protection);
    }
}

/// Reception services listen on one port.
pub(in crate::rules) fn reception_port(case: &Case<'_>, port: u16, answers: &mut Answers) {
    let receives = |point: &PlannedPoint| {
        case.plan.services_through(&point.oid).any(|s| s.code == crate::Service::RenewalReception)
    };
    for (place, point) in case.own_points().filter(|(_, point)| receives(point)) {
        answers.known(format!("{place}.reception_port"), point.reception_port, |listens| *listens == port);
    }
}

/// Who sets up a new access point asks for Kanta's production addresses and party identifiers.
pub(in crate::rules) fn production_addresses(case: &Case<'_>, answers: &mut Answers) {
    for (place, point) in case.own_points().filter(|(_, point)| point.open != Some(true)) {
        answers.fact(format!("{place}.production_addresses"), point.production_addresses);
    }
}

fn clusters<'a>(case: &Case<'a>) -> impl Iterator<Item = (String, &'a PlannedPoint, usize)> {
    case.own_points().filter_map(|(place, point)| {
        let servers =
            point.servers.and_then(|servers| usize::try_from(servers.get()).ok()).filter(|servers| *servers > 1)?;
        Some((place, point, servers))
    })
}

fn others<'a>(case: &'a Case<'a>) -> impl Iterator<Item = (String, &'a PlannedPoint)> {
    case.points().filter(|(_, point)| case.plan.whose(&point.oid) != Whose::Own)
}

fn intermediaries<'a>(case: &'a Case<'a>) -> impl Iterator<Item = (String, &'a PlannedPoint)> {
    others(case).filter(|(_, point)| point.oid.registry() == Registry::Intermediaries)
}

/// It speaks this version of TLS at least.
pub(in crate::rules) fn tls_version(case: &Case<'_>, least: Tls, answers: &mut Answers) {
    for (place, point) in case.own_points() {
        answers.known(format!("{place}.tls"), point.tls, |tls| *tls >= least);
    }
}
