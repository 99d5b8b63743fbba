//! The rows of two directories by what a call names of them, and the calls that a change could touch.

use super::{Reach, turns};
use crate::directory::{AccessPoint, CollectionPoint, Request, Right, SnapshotContent, Tenant};
use crate::identifier::{AccessPointOid, Oid};
use crate::service_code::Operation;
use crate::time::{Interval, Moment};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::net::IpAddr;

/// A call under a right: its joiner's own, or that of one that is or may be its joiner's unit.
#[derive(Clone, Copy)]
pub(super) struct Call<'d> {
    pub(super) right: &'d Right,
    pub(super) named: &'d Oid,
}

pub(super) fn calls<'d>(directories: [&'d SnapshotContent; 2], reach: &Reach<'_>, index: &Index<'d>) -> Vec<Call<'d>> {
    let mut seen = HashSet::new();
    let mut calls = Vec::new();
    let mut add = |right: &'d Right, named: &'d Oid| {
        let Right { joiner, service, access_point, system, unit, organiser, .. } = right;
        if seen.insert((named, joiner, *service, access_point, system, unit, organiser)) {
            calls.push(Call { right, named });
        }
    };
    for right in directories.iter().flat_map(|directory| &directory.rights).filter(|right| reach.touches(right)) {
        add(right, &right.joiner);
    }
    for (unit, joiners) in &index.units {
        let several = joiners.len() > 1 && !(reach.closings.is_empty() && reach.points.is_empty());
        if several || joiners.iter().any(|joiner| reach.joiners.contains(joiner)) {
            for right in joiners.iter().flat_map(|joiner| index.rights.get(joiner).into_iter().flatten()) {
                add(right, unit);
            }
        }
    }
    calls
}

/// The rows of both directories by what a call names of them.
pub(super) struct Index<'d> {
    /// When something turns for everybody, and from when on it is asked.
    common: BTreeSet<Moment>,
    now: Moment,
    joiners: HashMap<&'d Oid, Vec<Interval>>,
    points: HashMap<&'d AccessPointOid, Vec<&'d AccessPoint>>,
    rights: HashMap<&'d Oid, Vec<&'d Right>>,
    tenants: HashMap<&'d Oid, Vec<&'d Tenant>>,
    collection_points: Vec<&'d CollectionPoint>,
    /// Whose unit each is or may be; itself, where it joins.
    units: BTreeMap<&'d Oid, BTreeSet<&'d Oid>>,
    systems: HashMap<&'d str, Vec<Interval>>,
    marks: HashMap<&'d Oid, Vec<Interval>>,
}

impl<'d> Index<'d> {
    pub(super) fn of(directories: [&'d SnapshotContent; 2], mut common: BTreeSet<Moment>, now: Moment) -> Self {
        common.insert(now);
        let mut index = Self {
            common,
            now,
            joiners: HashMap::new(),
            points: HashMap::new(),
            rights: HashMap::new(),
            tenants: HashMap::new(),
            collection_points: directories.iter().flat_map(|directory| &directory.collection_points).collect(),
            units: BTreeMap::new(),
            systems: HashMap::new(),
            marks: HashMap::new(),
        };
        for directory in directories {
            for row in &directory.joiners {
                index.joiners.entry(&row.oid).or_default().push(row.valid);
            }
            for row in &directory.access_points {
                index.points.entry(&row.oid).or_default().push(row);
            }
            for row in &directory.rights {
                index.rights.entry(&row.joiner).or_default().push(row);
            }
            for row in &directory.tenants {
                index.tenants.entry(&row.host).or_default().push(row);
            }
            for row in &directory.units {
                index.units.entry(&row.oid).or_default().insert(&row.joiner);
                index.joiners.entry(&row.oid).or_default().push(row.valid);
            }
            for row in directory.systems.iter().flatten() {
                index.systems.entry(&row.number).or_default().push(row.valid);
            }
            for row in directory.renewal_marks.iter().flatten() {
                index.marks.entry(&row.unit).or_default().push(row.valid);
            }
            index.common.extend(directory.closings.iter().flat_map(|row| turns(row.valid)));
            index.common.extend(directory.collection_points.iter().flat_map(|row| turns(row.valid)));
        }
        for joiner in directories.iter().flat_map(|directory| &directory.joiners) {
            if let Some(joiners) = index.units.get_mut(&joiner.oid) {
                joiners.insert(&joiner.oid);
            }
        }
        index
    }

    /// The moments from `now` on at which a call's answer could turn in one of the directories.
    pub(super) fn moments(&self, call: &Call<'_>) -> BTreeSet<Moment> {
        let Call { right, named } = call;
        let above = self.units.get(named).into_iter().flatten().copied();
        let joiners: Vec<&Oid> = above.chain([&right.joiner, *named]).collect();
        let of_joiners = joiners.iter().flat_map(|joiner| self.joiners.get(joiner).into_iter().flatten().copied());
        let rights = joiners.iter().flat_map(|joiner| self.rights.get(joiner).into_iter().flatten());
        let rights: Vec<&&Right> = rights.filter(|row| row.access_point == right.access_point).collect();
        let systems =
            rights.iter().flat_map(|row| self.systems.get(row.system.as_str()).into_iter().flatten().copied());
        let tenants = joiners.iter().flat_map(|joiner| self.tenants.get(joiner).into_iter().flatten());
        let points = self.points.get(&right.access_point).into_iter().flatten().map(|row| row.valid);
        let marks = right.unit.as_ref().and_then(|unit| self.marks.get(unit)).into_iter().flatten().copied();
        let spans = of_joiners.chain(points).chain(marks).chain(tenants.map(|row| row.valid));
        let spans = spans.chain(rights.iter().map(|row| row.valid)).chain(systems);
        let mut moments: BTreeSet<Moment> = spans.flat_map(turns).chain(self.common.iter().copied()).collect();
        moments.split_off(&self.now)
    }

    /// The ways in which a call may come: for each tenant, reading and writing, with its system proved or not; and where its
    /// access point changes, with each certificate and from each address that the point has or had.
    pub(super) fn requests(&self, call: &Call<'d>, reach: &Reach<'_>) -> Vec<Request<'d>> {
        let Call { right, named } = *call;
        let hosts = self.units.get(named).into_iter().flatten().copied().chain([&right.joiner]);
        let tenants = hosts.flat_map(|host| self.tenants.get(host).into_iter().flatten()).map(|row| Some(&row.tenant));
        let tenants: BTreeSet<Option<&Oid>> = tenants.chain([None]).collect();
        let plain = |tenant, operation, system| Request {
            access_point: &right.access_point,
            certificate: None,
            source: None,
            service: right.service,
            operation,
            joiner: named,
            unit: right.unit.as_ref(),
            tenant,
            system,
            organiser: right.organiser.as_ref().into(),
        };
        let mut requests = Vec::new();
        for tenant in tenants {
            for operation in Operation::ALL {
                requests.push(plain(tenant, *operation, Some(right.system.as_str())));
                requests.push(plain(tenant, *operation, None));
            }
        }
        if reach.points.contains(&right.access_point) {
            let rows = self.points.get(&right.access_point).into_iter().flatten();
            let addresses = rows.flat_map(|row| row.links.iter().flat_map(|link| &link.addresses));
            let collecting =
                self.collection_points.iter().filter(|row| row.access_points.contains(&right.access_point));
            let addresses = addresses.chain(collecting.flat_map(|row| &row.addresses));
            let addresses: BTreeSet<IpAddr> = addresses.copied().collect();
            let from = |source| Request { source: Some(source), ..plain(None, Operation::Write, None) };
            requests.extend(addresses.into_iter().map(from));
        }
        requests
    }
}
