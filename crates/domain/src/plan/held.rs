//! What the directory holds, as plans: so that rules can be asked of what is open already.

use super::{Plan, PlannedLink, PlannedPoint, PlannedService, Standing};
use crate::directory::{AccessPoint, Joiner, Right};
use crate::identifier::Oid;
use crate::service_code::{ConnectionModel, Service};
use crate::time::Moment;
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

/// A plan for each joiner with rights in force at a time, and for each administrator of an open access point; `start` is
/// that time. What the directory does not hold stays unknown.
#[must_use]
pub fn held(joiners: &[Joiner], access_points: &[AccessPoint], rights: &[Right], at: Moment) -> Vec<Plan> {
    let points: BTreeMap<&str, &AccessPoint> = access_points
        .iter()
        .filter(|point| point.valid.contains(at))
        .map(|point| (point.oid.as_str(), point))
        .collect();
    let mut of_joiner: BTreeMap<&Oid, Vec<&Right>> = BTreeMap::new();
    let mut users: BTreeMap<&str, BTreeSet<&Oid>> = BTreeMap::new();
    for right in rights.iter().filter(|right| right.valid.contains(at)) {
        of_joiner.entry(&right.joiner).or_default().push(right);
        users.entry(right.access_point.as_str()).or_default().insert(&right.joiner);
    }
    let joined: BTreeSet<&Oid> = joiners.iter().filter(|row| row.valid.contains(at)).map(|row| &row.oid).collect();
    let mut administered: BTreeMap<&Oid, Vec<&AccessPoint>> = BTreeMap::new();
    for point in points.values() {
        administered.entry(&point.administrator).or_default().push(point);
    }
    let who: BTreeSet<&Oid> = joined.iter().copied().chain(administered.keys().copied()).collect();
    let plan = |joiner: &Oid| {
        let rights = of_joiner.get(joiner).map_or(&[][..], Vec::as_slice);
        let used = rights.iter().filter_map(|right| points.get(right.access_point.as_str()).copied());
        let own = administered.get(joiner).into_iter().flatten().copied();
        let named: BTreeMap<&str, &AccessPoint> = used.chain(own).map(|point| (point.oid.as_str(), point)).collect();
        let count = |oid: &str| users.get(oid).and_then(|users| NonZeroU32::new(u32::try_from(users.len()).ok()?));
        let described = named.into_values().map(|point| described(point, count(point.oid.as_str())));
        Plan {
            model: rights.first().map_or(ConnectionModel::Direct, |right| right.model),
            organiser: rights.iter().find_map(|right| right.organiser.clone()),
            services: services(rights),
            access_points: described.collect(),
            standing: if joined.contains(joiner) { Standing::Joined } else { Standing::Administers },
            ..Plan::new(at, joiner.clone())
        }
    };
    who.into_iter().map(plan).collect()
}

/// Rights as services: one for each service and system, through all its access points, for all its units.
fn services(rights: &[&Right]) -> Vec<PlannedService> {
    let mut all: BTreeMap<(Service, &str), PlannedService> = BTreeMap::new();
    for right in rights {
        let new = || PlannedService { system: Some(right.system.clone()), ..PlannedService::new(right.service) };
        let service = all.entry((right.service, &right.system)).or_insert_with(new);
        if !service.access_points.contains(&right.access_point) {
            service.access_points.push(right.access_point.clone());
        }
        service.units.extend(right.unit.clone().filter(|unit| !service.units.contains(unit)));
    }
    all.into_values().collect()
}

fn described(point: &AccessPoint, users: Option<NonZeroU32>) -> PlannedPoint {
    PlannedPoint {
        administrator: Some(point.administrator.clone()),
        country: Some(point.country.clone()),
        system: Some(point.system.clone()),
        users,
        open: Some(true),
        certificates: point.certificates.iter().map(ToString::to_string).collect(),
        links: point.links.iter().map(PlannedLink::held).collect(),
        ..PlannedPoint::new(point.oid.clone())
    }
}
