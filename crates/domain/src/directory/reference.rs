//! The decision told plainly: from rows as they stand, without numbers, order or haste.
//!
//! It is what [`super::decide`] is compared with on millions of made-up cases, and what one reads to learn what a decision
//! looks at. Nothing in service asks it: each answer reads every row.

pub mod made_up;

use super::{CertificateFacts, Organiser, Request, Right, SnapshotContent, Stage};
use crate::identifier::Oid;
use crate::refusal::RefusalCode as Code;
use crate::service_code::{ConnectionModel, Operation, Service};
use crate::time::Moment;
use std::net::IpAddr;

/// Whether a call may pass, or why not.
///
/// # Errors
/// The code of the first fact that refuses.
pub fn decide(directory: &SnapshotContent, request: &Request<'_>, now: Moment) -> Result<(), Code> {
    demand(now < directory.expires_at, Code::DirectoryUnavailable)?;
    if let Some(certificate) = request.certificate {
        demand(!certificate.revoked, Code::CertificateRevoked)?;
        demand(certificate.valid.contains(now), Code::CertificateNotValidNow)?;
    }
    access_point(directory, request, now)?;
    let host = joiner(directory, request, now)?;
    if let Some(tenant) = request.tenant.filter(|tenant| tenant.as_str() != host) {
        let tenancies = directory.tenants.iter().filter(|row| row.host.as_str() == host && row.tenant == *tenant);
        demand(tenancies.into_iter().any(|row| row.valid.contains(now)), Code::TenantForeign)?;
    }
    let right = right(directory, request, &host, now)?;
    if let Some(systems) = &directory.systems {
        let system = systems.iter().find(|system| system.number == right.system);
        let system = system.filter(|system| system.valid.contains(now)).ok_or(Code::SystemNotValid)?;
        let made_for = |services: &Vec<Service>| services.contains(&right.service);
        demand(system.services.as_ref().is_none_or(made_for), Code::SystemNotForService)?;
    }
    if let (Service::RenewalReception, Some(marks)) = (right.service, &directory.renewal_marks) {
        let marked = marks.iter().any(|mark| Some(&mark.unit) == right.unit.as_ref() && mark.valid.contains(now));
        demand(marked, Code::RenewalMarkMissing)?;
    }
    let closed = directory.closings.iter().any(|closing| {
        closing.valid.contains(now)
            && closing.joiner.as_ref().is_none_or(|joiner| joiner.as_str() == host)
            && closing.service.is_none_or(|service| service == right.service)
            && closing.system.as_ref().is_none_or(|system| *system == right.system)
            && closing.access_point.as_ref().is_none_or(|point| *point == right.access_point)
            && (closing.stage == Stage::Closed
                || (closing.stage == Stage::ReadOnly && request.operation == Operation::Write))
    });
    demand(!closed, Code::ClosedForNow)
}

fn demand(holds: bool, code: Code) -> Result<(), Code> {
    if holds { Ok(()) } else { Err(code) }
}

fn access_point(directory: &SnapshotContent, request: &Request<'_>, now: Moment) -> Result<(), Code> {
    let rows = || directory.access_points.iter().filter(|point| point.oid == *request.access_point);
    let point = rows().rfind(|point| point.valid.contains(now)).or_else(|| rows().next_back());
    let point = point.ok_or(Code::AccessPointUnknown)?;
    demand(point.valid.contains(now), Code::AccessPointNotOpen)?;
    let fits = |shown: &CertificateFacts| point.certificates.contains(&shown.fingerprint);
    demand(point.certificates.is_empty() || request.certificate.is_none_or(fits), Code::AccessPointUnknown)?;
    let known: Vec<_> = point.links.iter().flat_map(|link| &link.addresses).collect();
    let collected = |source: &IpAddr| {
        directory.collection_points.iter().any(|row| {
            row.valid.contains(now)
                && row.addresses.contains(source)
                && row.access_points.contains(request.access_point)
        })
    };
    let fits = |source: IpAddr| known.contains(&&source) || collected(&source);
    demand(known.is_empty() || request.source.is_none_or(fits), Code::SourceAddressForeign)
}

/// The joiner that is named, itself or by one of its units.
fn joiner(directory: &SnapshotContent, request: &Request<'_>, now: Moment) -> Result<String, Code> {
    let named = request.joiner;
    let in_force = |oid: &Oid| directory.joiners.iter().any(|joiner| joiner.oid == *oid && joiner.valid.contains(now));
    if in_force(named) {
        return Ok(named.to_string());
    }
    let units = || directory.units.iter().filter(|unit| unit.oid == *named);
    if let Some(unit) = units().find(|unit| unit.valid.contains(now) && in_force(&unit.joiner)) {
        return Ok(unit.joiner.to_string());
    }
    let known = units().next().is_some() || directory.joiners.iter().any(|joiner| joiner.oid == *named);
    let tenant = directory.tenants.iter().any(|row| row.tenant == *named);
    Err(match (known, tenant) {
        (true, _) => Code::JoinerNotInForce,
        (false, true) => Code::TenantUnnamed,
        (false, false) => Code::JoinerUnknown,
    })
}

/// The first right that fits, or why the last of those that nearly do does not.
fn right<'d>(
    directory: &'d SnapshotContent,
    request: &Request<'_>,
    host: &str,
    now: Moment,
) -> Result<&'d Right, Code> {
    let mut nearest = Code::NoRight;
    for right in &directory.rights {
        if right.joiner.as_str() != host
            || right.access_point != *request.access_point
            || right.service != request.service
        {
            continue;
        }
        let organiser = match right.model {
            ConnectionModel::Parallel => right.organiser.as_ref().is_some_and(|organiser| {
                request.organiser == Organiser::Later || request.organiser == Organiser::Named(organiser)
            }),
            ConnectionModel::Direct | ConnectionModel::Joint => !matches!(request.organiser, Organiser::Named(_)),
        };
        nearest = if right.valid.until.is_some_and(|until| until <= now) {
            Code::RightEnded
        } else if now < right.valid.from {
            Code::RightNotBegun
        } else if request.system.is_some_and(|system| system != right.system) {
            Code::SystemForeign
        } else if right.unit.is_some() && right.unit.as_ref() != request.unit {
            Code::UnitForeign
        } else if !organiser {
            Code::OrganiserForeign
        } else {
            return Ok(right);
        };
    }
    Err(nearest)
}
