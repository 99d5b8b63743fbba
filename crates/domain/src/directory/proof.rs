//! What a change does to decisions, found by deciding: every call that the change could touch is decided on the directory
//! before it and after it, at every moment at which its answer could turn.

use super::{BuildError, Closing, Effect, Request, Right, Snapshot, SnapshotContent, Tenant, Verdict, decide};
use crate::fingerprint::Sha256Hash;
use crate::identifier::{AccessPointOid, Oid};
use crate::notice::Touches;
use crate::service_code::{Operation, Service};
use crate::time::{Interval, Moment};
use std::collections::{BTreeMap, BTreeSet, HashSet};

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
        self.named().into_iter().chain(points.map(|point| point.administrator.clone())).collect()
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
    let reach = Reach::of(effect);
    let mut calls: Vec<&Right> = Vec::new();
    let mut seen = HashSet::new();
    for right in before.rights.iter().chain(&after.rights).filter(|right| reach.touches(right)) {
        if seen.insert((
            &right.joiner,
            right.service,
            &right.access_point,
            &right.system,
            &right.unit,
            &right.organiser,
        )) {
            calls.push(right);
        }
    }
    let moments: BTreeSet<Moment> = effect.moments().into_iter().chain([now]).collect();
    let (one, other) = (ready(before, &calls)?, ready(after, &calls)?);
    let mut proof = Proof::default();
    for right in calls {
        let moments = moments_of(right, [before, after], &moments, now);
        let tenants = before.tenants.iter().chain(&after.tenants).filter(|row| row.host == right.joiner);
        let tenants: BTreeSet<Option<&Oid>> = tenants.map(|row| Some(&row.tenant)).chain([None]).collect();
        for (tenant, operation) in
            tenants.iter().flat_map(|tenant| Operation::ALL.iter().map(|operation| (*tenant, *operation)))
        {
            proof.asked += 1;
            let request = Request {
                access_point: &right.access_point,
                certificate: None,
                source: None,
                service: right.service,
                operation,
                joiner: &right.joiner,
                unit: right.unit.as_ref(),
                tenant,
                system: Some(&right.system),
                organiser: right.organiser.as_ref(),
            };
            let answers = moments.iter().map(|at| (*at, verdict(&one, &request, *at), verdict(&other, &request, *at)));
            let Some((at, before, after)) = answers.into_iter().find(|(_, before, after)| before != after) else {
                continue;
            };
            *proof.joiners.entry(right.joiner.clone()).or_default() += 1;
            if proof.turned.len() < TOLD {
                proof.turned.push(Turned {
                    joiner: right.joiner.clone(),
                    service: right.service,
                    access_point: right.access_point.clone(),
                    unit: right.unit.clone(),
                    tenant: tenant.cloned(),
                    operation,
                    at,
                    before,
                    after,
                });
            }
        }
    }
    Ok(proof)
}

fn verdict(snapshot: &Snapshot, request: &Request<'_>, at: Moment) -> Verdict {
    decide(snapshot, request, at).verdict
}

/// What of a directory the calls are answered from, to ask of any moment: how long a gateway may use its copy is not the
/// question.
fn ready(content: &SnapshotContent, calls: &[&Right]) -> Result<Snapshot, BuildError> {
    let joiners: HashSet<&Oid> = calls.iter().map(|right| &right.joiner).collect();
    let points: HashSet<&AccessPointOid> = calls.iter().map(|right| &right.access_point).collect();
    let pairs: HashSet<(&Oid, &AccessPointOid)> =
        calls.iter().map(|right| (&right.joiner, &right.access_point)).collect();
    let rights = content.rights.iter().filter(|right| pairs.contains(&(&right.joiner, &right.access_point)));
    Snapshot::build(SnapshotContent {
        epoch: content.epoch,
        sequence: content.sequence,
        issued_at: content.issued_at,
        expires_at: Moment::from_micros(i64::MAX),
        joiners: content.joiners.iter().filter(|row| joiners.contains(&row.oid)).cloned().collect(),
        units: Vec::new(),
        tenants: content.tenants.iter().filter(|row| joiners.contains(&row.host)).cloned().collect(),
        access_points: content.access_points.iter().filter(|row| points.contains(&row.oid)).cloned().collect(),
        rights: rights.cloned().collect(),
        systems: content.systems.clone(),
        renewal_marks: content.renewal_marks.clone(),
        closings: content.closings.clone(),
        head: None,
    })
}

/// The moments from `now` on at which a call's answer could turn in one of the directories.
fn moments_of(
    right: &Right,
    directories: [&SnapshotContent; 2],
    of_the_change: &BTreeSet<Moment>,
    now: Moment,
) -> BTreeSet<Moment> {
    let mut moments = of_the_change.clone();
    for directory in directories {
        let joiners = directory.joiners.iter().filter(|row| row.oid == right.joiner);
        moments.extend(joiners.flat_map(|row| turns(row.valid)));
        let points = directory.access_points.iter().filter(|row| row.oid == right.access_point);
        moments.extend(points.flat_map(|row| turns(row.valid)));
        let rights = directory.rights.iter().filter(|row| row.joiner == right.joiner);
        moments.extend(rights.filter(|row| row.access_point == right.access_point).flat_map(|row| turns(row.valid)));
        let tenants = directory.tenants.iter().filter(|row: &&Tenant| row.host == right.joiner);
        moments.extend(tenants.flat_map(|row| turns(row.valid)));
        moments.extend(directory.closings.iter().flat_map(|row| turns(row.valid)));
        let systems = directory.systems.iter().flatten().filter(|row| row.number == right.system);
        moments.extend(systems.flat_map(|row| turns(row.valid)));
        let marks = directory.renewal_marks.iter().flatten().filter(|row| Some(&row.unit) == right.unit.as_ref());
        moments.extend(marks.flat_map(|row| turns(row.valid)));
    }
    moments.split_off(&now)
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

    proptest! {
        #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]
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
                let tenants = before.tenants.iter().map(|row| Some(&row.tenant)).chain([None]);
                for tenant in tenants {
                    for operation in Operation::ALL {
                        let request = Request {
                            access_point: &right.access_point, certificate: None, source: None, service: right.service,
                            operation: *operation, joiner: &right.joiner, unit: right.unit.as_ref(), tenant,
                            system: Some(&right.system), organiser: right.organiser.as_ref(),
                        };
                        let differs = |second| {
                            let at = Moment::from_seconds(second);
                            reference::decide(&before, &request, at) != reference::decide(&after, &request, at)
                        };
                        if (0..140).any(differs) {
                            touched.insert(right.joiner.clone());
                        }
                    }
                }
            }
            prop_assert_eq!(proof.joiners.keys().cloned().collect::<BTreeSet<_>>(), touched);
        }
    }
}
