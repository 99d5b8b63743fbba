//! What a change does to decisions, found by deciding: every call that the change could touch is decided on the directory
//! before it and after it, at every moment at which its answer could turn.

use super::{AccessPoint, BuildError, Closing, Decision, Effect, Request, Right, Snapshot, SnapshotContent, Tenant};
use super::{Verdict, decide};
use crate::fingerprint::Sha256Hash;
use crate::identifier::{AccessPointOid, Oid};
use crate::notice::Touches;
use crate::service_code::{Operation, Service};
use crate::time::{Interval, Moment};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::net::IpAddr;

/// Answers that turn, told one by one; the counts tell of all.
const TOLD: usize = 1_000;

/// A call whose answer a change turns.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Turned {
    /// Whose call.
    pub joiner: Oid,
    /// The service behind.
    pub service: Service,
    /// Through which access point.
    pub access_point: AccessPointOid,
    /// For which unit, where a right is a unit's.
    pub unit: Option<Oid>,
    /// For which tenant.
    pub tenant: Option<Oid>,
    /// Reading or writing.
    pub operation: Operation,
    /// The first moment at which the answers differ.
    pub at: Moment,
    /// The answer without the change.
    pub before: Verdict,
    /// The answer with it.
    pub after: Verdict,
}

/// What a change does to decisions.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Proof {
    /// Calls that were decided, each at all its moments, before and after.
    pub asked: usize,
    /// Calls whose answer turns; at most 1,000.
    pub turned: Vec<Turned>,
    /// How many of each joiner's calls turn.
    pub joiners: BTreeMap<Oid, usize>,
}

impl Proof {
    /// The joiners whose calls turn though the change does not name them.
    #[must_use]
    pub fn others(&self, named: &BTreeSet<Oid>) -> Vec<&Oid> {
        self.joiners.keys().filter(|oid| !named.contains(*oid)).collect()
    }
}

impl Proof {
    /// What stands and falls with it: which answers turn, and how; not at which moment it was looked at.
    ///
    /// # Errors
    /// Never for values built by this crate; the error is that of the JSON writer.
    pub fn digest(&self) -> Result<Sha256Hash, serde_json::Error> {
        let turned = self.turned.iter().map(|turned| {
            let Turned { joiner, service, access_point, unit, tenant, operation, before, after, .. } = turned;
            (joiner, service, access_point, unit, tenant, operation, before, after)
        });
        let turned: Vec<_> = turned.collect();
        Sha256Hash::of_canonical(&(turned, &self.joiners))
    }
}

impl Effect {
    /// The joiners that the change names.
    #[must_use]
    pub fn named(&self) -> BTreeSet<Oid> {
        let joiners = self.joiners_opened.iter().chain(self.joiners_ended.iter().map(|(row, _)| row));
        let rights = self.rights_opened.iter().chain(self.rights_closed.iter().map(|(row, _)| row));
        let tenants = self.tenants_opened.iter().chain(self.tenants_ended.iter().map(|(row, _)| row));
        let closings = self.closings_opened.iter().chain(self.closings_ended.iter().map(|(row, _)| row));
        let named = joiners.map(|row| &row.oid).chain(rights.map(|row| &row.joiner));
        named
            .chain(tenants.map(|row| &row.host))
            .chain(closings.filter_map(|row| row.joiner.as_ref()))
            .cloned()
            .collect()
    }

    /// Whom the change concerns: the joiners that it names, and who administers the access points that it opens or ends.
    #[must_use]
    pub fn concerned(&self) -> BTreeSet<Oid> {
        let points = self.access_points_opened.iter().chain(self.access_points_ended.iter().map(|(row, _)| row));
        let closings = self.closings_opened.iter().chain(self.closings_ended.iter().map(|(row, _)| row));
        let shut = closings.filter_map(|closing| Some(closing.access_point.as_ref()?.administrator()));
        self.named().into_iter().chain(points.map(|point| point.administrator.clone())).chain(shut).collect()
    }

    /// What of it concerns somebody.
    #[must_use]
    pub fn touches(&self, oid: &Oid) -> Touches {
        let rights = self.rights_opened.iter().chain(self.rights_closed.iter().map(|(row, _)| row));
        let rights = rights.filter(|right| right.joiner == *oid);
        let points = self.access_points_opened.iter().chain(self.access_points_ended.iter().map(|(row, _)| row));
        let points: BTreeSet<_> = points.filter(|point| point.administrator == *oid).map(|point| &point.oid).collect();
        Touches {
            rights: rights.map(|right| (right.service, right.access_point.clone())).collect(),
            access_points: points.into_iter().cloned().collect(),
        }
    }

    /// The moments at which something of it begins or ends.
    fn moments(&self) -> BTreeSet<Moment> {
        let opened = self.joiners_opened.iter().map(|row| row.valid);
        let opened = opened.chain(self.access_points_opened.iter().map(|row| row.valid));
        let opened = opened.chain(self.rights_opened.iter().map(|row| row.valid));
        let opened = opened.chain(self.tenants_opened.iter().map(|row| row.valid));
        let opened = opened.chain(self.closings_opened.iter().map(|row| row.valid));
        let ended = self.joiners_ended.iter().map(|(_, at)| *at);
        let ended = ended.chain(self.access_points_ended.iter().map(|(_, at)| *at));
        let ended = ended.chain(self.rights_closed.iter().map(|(_, at)| *at));
        let ended = ended.chain(self.tenants_ended.iter().map(|(_, at)| *at));
        let ended = ended.chain(self.closings_ended.iter().map(|(_, at)| *at));
        opened.flat_map(turns).chain(ended).collect()
    }
}

fn turns(valid: Interval) -> impl Iterator<Item = Moment> {
    std::iter::once(valid.from).chain(valid.until)
}

/// What a change touches: the keys by which a decision could look at it.
struct Reach<'e> {
    joiners: HashSet<&'e Oid>,
    points: HashSet<&'e AccessPointOid>,
    closings: Vec<&'e Closing>,
}

impl<'e> Reach<'e> {
    fn of(effect: &'e Effect) -> Self {
        let joiners = effect.joiners_opened.iter().chain(effect.joiners_ended.iter().map(|(row, _)| row));
        let rights = effect.rights_opened.iter().chain(effect.rights_closed.iter().map(|(row, _)| row));
        let tenants = effect.tenants_opened.iter().chain(effect.tenants_ended.iter().map(|(row, _)| row));
        let points = effect.access_points_opened.iter().chain(effect.access_points_ended.iter().map(|(row, _)| row));
        let joiners = joiners.map(|row| &row.oid).chain(rights.map(|row| &row.joiner));
        Self {
            joiners: joiners.chain(tenants.map(|row| &row.host)).collect(),
            points: points.map(|row| &row.oid).collect(),
            closings: effect.closings_opened.iter().chain(effect.closings_ended.iter().map(|(row, _)| row)).collect(),
        }
    }

    fn touches(&self, right: &Right) -> bool {
        let shut = |closing: &&Closing| {
            closing.joiner.as_ref().is_none_or(|joiner| *joiner == right.joiner)
                && closing.access_point.as_ref().is_none_or(|point| *point == right.access_point)
                && closing.service.is_none_or(|service| service == right.service)
                && closing.system.as_ref().is_none_or(|system| *system == right.system)
        };
        self.joiners.contains(&right.joiner)
            || self.points.contains(&right.access_point)
            || self.closings.iter().any(shut)
    }
}

/// Decides every call that `effect` could touch on both directories, from `now` on. A call that it does not touch is answered
/// from the same rows in both.
///
/// # Errors
/// [`BuildError`] when one of the directories contradicts itself.
pub fn prove(
    before: &SnapshotContent,
    after: &SnapshotContent,
    effect: &Effect,
    now: Moment,
) -> Result<Proof, BuildError> {
    let directories = [before, after];
    let reach = Reach::of(effect);
    let index = Index::of(directories, effect.moments(), now);
    let calls = calls(directories, &reach, &index);
    let (one, other) = (ready(before, &calls)?, ready(after, &calls)?);
    let mut proof = Proof::default();
    for call in calls {
        let moments = index.moments(&call);
        for request in index.requests(&call, &reach) {
            proof.asked += 1;
            let Some((at, before, after)) = moments.iter().find_map(|at| {
                let (before, after) = (decide(&one, &request, *at), decide(&other, &request, *at));
                // A call that names a unit is its joiner's as long as the unit is.
                let its_own = |decision: &Decision| decision.joiner.as_ref() == Some(&call.right.joiner);
                let counts = *call.named == call.right.joiner || its_own(&before) || its_own(&after);
                (counts && before.verdict != after.verdict).then_some((*at, before.verdict, after.verdict))
            }) else {
                continue;
            };
            *proof.joiners.entry(call.right.joiner.clone()).or_default() += 1;
            if proof.turned.len() < TOLD {
                proof.turned.push(Turned {
                    joiner: call.right.joiner.clone(),
                    service: request.service,
                    access_point: call.right.access_point.clone(),
                    unit: request
                        .unit
                        .cloned()
                        .or_else(|| (*call.named != call.right.joiner).then(|| call.named.clone())),
                    tenant: request.tenant.cloned(),
                    operation: request.operation,
                    at,
                    before,
                    after,
                });
            }
        }
    }
    Ok(proof)
}

/// A call under a right: its joiner's own, or that of one that is or may be its joiner's unit.
#[derive(Clone, Copy)]
struct Call<'d> {
    right: &'d Right,
    named: &'d Oid,
}

fn calls<'d>(directories: [&'d SnapshotContent; 2], reach: &Reach<'_>, index: &Index<'d>) -> Vec<Call<'d>> {
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
struct Index<'d> {
    /// When something turns for everybody, and from when on it is asked.
    common: BTreeSet<Moment>,
    now: Moment,
    joiners: HashMap<&'d Oid, Vec<Interval>>,
    points: HashMap<&'d AccessPointOid, Vec<&'d AccessPoint>>,
    rights: HashMap<&'d Oid, Vec<&'d Right>>,
    tenants: HashMap<&'d Oid, Vec<&'d Tenant>>,
    /// Whose unit each is or may be; itself, where it joins.
    units: BTreeMap<&'d Oid, BTreeSet<&'d Oid>>,
    systems: HashMap<&'d str, Vec<Interval>>,
    marks: HashMap<&'d Oid, Vec<Interval>>,
}

impl<'d> Index<'d> {
    fn of(directories: [&'d SnapshotContent; 2], mut common: BTreeSet<Moment>, now: Moment) -> Self {
        common.insert(now);
        let mut index = Self {
            common,
            now,
            joiners: HashMap::new(),
            points: HashMap::new(),
            rights: HashMap::new(),
            tenants: HashMap::new(),
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
        }
        for joiner in directories.iter().flat_map(|directory| &directory.joiners) {
            if let Some(joiners) = index.units.get_mut(&joiner.oid) {
                joiners.insert(&joiner.oid);
            }
        }
        index
    }

    /// The moments from `now` on at which a call's answer could turn in one of the directories.
    fn moments(&self, call: &Call<'_>) -> BTreeSet<Moment> {
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
    fn requests(&self, call: &Call<'d>, reach: &Reach<'_>) -> Vec<Request<'d>> {
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
            organiser: right.organiser.as_ref(),
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
            let addresses: BTreeSet<IpAddr> = addresses.copied().collect();
            let from = |source| Request { source: Some(source), ..plain(None, Operation::Write, None) };
            requests.extend(addresses.into_iter().map(from));
        }
        requests
    }
}

/// What of a directory the calls are answered from, to ask of any moment: how long a gateway may use its copy is not the
/// question.
fn ready(content: &SnapshotContent, calls: &[Call<'_>]) -> Result<Snapshot, BuildError> {
    let named: HashSet<&Oid> = calls.iter().map(|call| call.named).collect();
    let units: Vec<_> = content.units.iter().filter(|row| named.contains(&row.oid)).cloned().collect();
    let above = units.iter().map(|row| &row.joiner);
    let joiners: HashSet<&Oid> = calls.iter().map(|call| &call.right.joiner).chain(named).chain(above).collect();
    let points: HashSet<&AccessPointOid> = calls.iter().map(|call| &call.right.access_point).collect();
    let rights = content.rights.iter().filter(|right| joiners.contains(&right.joiner));
    Snapshot::build(SnapshotContent {
        epoch: content.epoch,
        sequence: content.sequence,
        issued_at: content.issued_at,
        expires_at: Moment::from_micros(i64::MAX),
        joiners: content.joiners.iter().filter(|row| joiners.contains(&row.oid)).cloned().collect(),
        tenants: content.tenants.iter().filter(|row| joiners.contains(&row.host)).cloned().collect(),
        access_points: content.access_points.iter().filter(|row| points.contains(&row.oid)).cloned().collect(),
        rights: rights.filter(|right| points.contains(&right.access_point)).cloned().collect(),
        systems: content.systems.clone(),
        renewal_marks: content.renewal_marks.clone(),
        closings: content.closings.clone(),
        head: None,
        units,
    })
}

#[cfg(test)]
mod tests {
    use super::super::reference;
    use super::super::reference::made_up::{Seeded, small};
    use super::*;
    use crate::directory::{Rows, Stage};
    use proptest::prelude::*;

    /// A directory in which nothing overlaps, from a made-up one.
    fn rows(content: &SnapshotContent) -> Rows {
        let mut rows = Rows::default();
        let mut add = |effect: Effect| {
            if let Ok(next) = rows.after(&effect) {
                rows = next;
            }
        };
        for row in content.joiners.iter().cloned() {
            add(Effect { joiners_opened: vec![row], ..Effect::default() });
        }
        for row in content.access_points.iter().cloned() {
            add(Effect { access_points_opened: vec![row], ..Effect::default() });
        }
        for row in content.rights.iter().cloned() {
            add(Effect { rights_opened: vec![row], ..Effect::default() });
        }
        for row in content.tenants.iter().cloned() {
            add(Effect { tenants_opened: vec![row], ..Effect::default() });
        }
        rows
    }

    fn with(content: &SnapshotContent, rows: &Rows) -> SnapshotContent {
        let rows = rows.clone();
        SnapshotContent {
            expires_at: Moment::from_micros(i64::MAX),
            joiners: rows.joiners,
            access_points: rows.access_points,
            rights: rows.rights,
            tenants: rows.tenants,
            closings: rows.closings,
            ..content.clone()
        }
    }

    /// One change of one row, picked by number.
    fn change(rows: &Rows, kind: u64, number: usize, at: Moment) -> Option<Effect> {
        fn pick<R: Clone>(rows: &[R], number: usize) -> Option<R> {
            rows.get(number % rows.len().max(1)).cloned()
        }
        Some(match kind % 5 {
            0 => Effect { joiners_ended: vec![(pick(&rows.joiners, number)?, at)], ..Effect::default() },
            1 => Effect { access_points_ended: vec![(pick(&rows.access_points, number)?, at)], ..Effect::default() },
            2 => Effect { rights_closed: vec![(pick(&rows.rights, number)?, at)], ..Effect::default() },
            3 => Effect { tenants_ended: vec![(pick(&rows.tenants, number)?, at)], ..Effect::default() },
            _ => {
                let right = pick(&rows.rights, number)?;
                let closing = Closing {
                    joiner: number.is_multiple_of(2).then_some(right.joiner),
                    service: number.is_multiple_of(3).then_some(right.service),
                    system: number.is_multiple_of(5).then_some(right.system),
                    access_point: number.is_multiple_of(7).then_some(right.access_point),
                    stage: if number.is_multiple_of(4) { Stage::ReadOnly } else { Stage::Closed },
                    reason: String::new(),
                    valid: Interval::new(at, Some(at.plus_seconds(20))),
                };
                Effect { closings_opened: vec![closing], ..Effect::default() }
            }
        })
    }

    /// Whose an organisation is at a moment, told plainly.
    fn whose<'c>(content: &'c SnapshotContent, named: &Oid, at: Moment) -> Option<&'c Oid> {
        let in_force = |oid: &Oid| content.joiners.iter().find(|row| row.oid == *oid && row.valid.contains(at));
        let units = content.units.iter().filter(|unit| unit.oid == *named && unit.valid.contains(at));
        let row = in_force(named).or_else(|| units.into_iter().find_map(|unit| in_force(&unit.joiner)));
        row.map(|row| &row.oid)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]
        /// Whoever's answer turns at any second, by the plain decision over everything, is found; and nobody else.
        #[test]
        fn whoever_is_touched_is_found(seed in any::<u64>(), kind in 0u64..5, number in 0usize..1000, second in 0i64..110) {
            let mut seeded = Seeded::new(seed);
            let content = small(&mut seeded);
            let held = rows(&content);
            let at = Moment::from_seconds(second);
            let Some(effect) = change(&held, kind, number, at) else { return Ok(()) };
            let Ok(then) = held.after(&effect) else { return Ok(()) };
            let (before, after) = (with(&content, &held), with(&content, &then));
            let proof = prove(&before, &after, &effect, Moment::from_seconds(0)).unwrap();
            let mut touched: BTreeSet<Oid> = BTreeSet::new();
            for right in before.rights.iter().chain(&after.rights) {
                let units = before.units.iter().filter(|unit| unit.joiner == right.joiner).map(|unit| &unit.oid);
                let tenants = before.tenants.iter().map(|row| Some(&row.tenant)).chain([None]);
                let named = units.chain([&right.joiner]).flat_map(|named| tenants.clone().map(move |tenant| (named, tenant)));
                let systems = [Some(right.system.as_str()), None];
                let ways = Operation::ALL.iter().flat_map(|operation| systems.map(|system| (*operation, system)));
                for ((named, tenant), (operation, system)) in named.flat_map(|call| ways.clone().map(move |way| (call, way))) {
                    let request = Request {
                        access_point: &right.access_point, certificate: None, source: None, service: right.service,
                        operation, joiner: named, unit: right.unit.as_ref(), tenant,
                        system, organiser: right.organiser.as_ref(),
                    };
                    let differs = |second| {
                        let at = Moment::from_seconds(second);
                        let its_own = |content: &SnapshotContent| whose(content, named, at) == Some(&right.joiner);
                        (*named == right.joiner || its_own(&before) || its_own(&after))
                            && reference::decide(&before, &request, at) != reference::decide(&after, &request, at)
                    };
                    if (0..140).any(differs) {
                        touched.insert(right.joiner.clone());
                    }
                }
            }
            prop_assert_eq!(proof.joiners.keys().cloned().collect::<BTreeSet<_>>(), touched);
        }
    }
}
