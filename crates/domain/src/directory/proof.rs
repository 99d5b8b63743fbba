//! What a change does to decisions, found by deciding: every call that the change could touch is decided on the directory
//! before it and after it, at every moment at which its answer could turn.

mod index;

use super::{BuildError, Closing, CollectionPoint, Decision, Effect, Right, Snapshot, SnapshotContent};
use super::{Verdict, decide};
use crate::fingerprint::Sha256Hash;
use crate::identifier::{AccessPointOid, Oid};
use crate::notice::Touches;
use crate::service_code::{Operation, Service};
use crate::time::{Interval, Moment};
use index::{Call, Index, calls};
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
        let closings = self.closings_opened.iter().chain(self.closings_ended.iter().map(|(row, _)| row));
        let shut = closings.filter_map(|closing| Some(closing.access_point.as_ref()?.administrator()));
        let collected = self.collected().flat_map(|row| {
            row.access_points.iter().map(AccessPointOid::administrator).chain([row.administrator.clone()])
        });
        let points = points.map(|point| point.administrator.clone());
        self.named().into_iter().chain(points).chain(shut).chain(collected).collect()
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

    /// Collection points that it opens or ends.
    fn collected(&self) -> impl Iterator<Item = &CollectionPoint> {
        self.collection_points_opened.iter().chain(self.collection_points_ended.iter().map(|(row, _)| row))
    }

    /// The moments at which something of it begins or ends.
    pub(crate) fn moments(&self) -> BTreeSet<Moment> {
        let opened = self.joiners_opened.iter().map(|row| row.valid);
        let opened = opened.chain(self.access_points_opened.iter().map(|row| row.valid));
        let opened = opened.chain(self.rights_opened.iter().map(|row| row.valid));
        let opened = opened.chain(self.tenants_opened.iter().map(|row| row.valid));
        let opened = opened.chain(self.collection_points_opened.iter().map(|row| row.valid));
        let opened = opened.chain(self.closings_opened.iter().map(|row| row.valid));
        let ended = self.joiners_ended.iter().map(|(_, at)| *at);
        let ended = ended.chain(self.access_points_ended.iter().map(|(_, at)| *at));
        let ended = ended.chain(self.rights_closed.iter().map(|(_, at)| *at));
        let ended = ended.chain(self.tenants_ended.iter().map(|(_, at)| *at));
        let ended = ended.chain(self.collection_points_ended.iter().map(|(_, at)| *at));
        let ended = ended.chain(self.closings_ended.iter().map(|(_, at)| *at));
        opened.flat_map(turns).chain(ended).collect()
    }
}

fn turns(valid: Interval) -> impl Iterator<Item = Moment> {
    std::iter::once(valid.from).chain(valid.until)
}

/// What a change touches: the keys by which a decision could look at it.
#[derive(Clone, Debug)]
pub struct Reach<'e> {
    /// Joiners whose own rows, rights or tenants it changes.
    pub joiners: HashSet<&'e Oid>,
    /// Access points that it changes, or whose collection point.
    pub points: HashSet<&'e AccessPointOid>,
    /// Closings that it opens or ends.
    pub closings: Vec<&'e Closing>,
}

impl<'e> Reach<'e> {
    /// What a change touches.
    #[must_use]
    pub fn of(effect: &'e Effect) -> Self {
        let joiners = effect.joiners_opened.iter().chain(effect.joiners_ended.iter().map(|(row, _)| row));
        let rights = effect.rights_opened.iter().chain(effect.rights_closed.iter().map(|(row, _)| row));
        let tenants = effect.tenants_opened.iter().chain(effect.tenants_ended.iter().map(|(row, _)| row));
        let points = effect.access_points_opened.iter().chain(effect.access_points_ended.iter().map(|(row, _)| row));
        let joiners = joiners.map(|row| &row.oid).chain(rights.map(|row| &row.joiner));
        Self {
            joiners: joiners.chain(tenants.map(|row| &row.host)).collect(),
            points: points.map(|row| &row.oid).chain(effect.collected().flat_map(|row| &row.access_points)).collect(),
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

/// What of a directory the calls are answered from, to ask of any moment: how long a gateway may use its copy is not the
/// question.
fn ready(content: &SnapshotContent, calls: &[Call<'_>]) -> Result<Snapshot, BuildError> {
    let named: HashSet<&Oid> = calls.iter().map(|call| call.named).collect();
    let units: Vec<_> = content.units.iter().filter(|row| named.contains(&row.oid)).cloned().collect();
    let above = units.iter().map(|row| &row.joiner);
    let joiners: HashSet<&Oid> = calls.iter().map(|call| &call.right.joiner).chain(named).chain(above).collect();
    let points: HashSet<&AccessPointOid> = calls.iter().map(|call| &call.right.access_point).collect();
    let rights = content.rights.iter().filter(|right| joiners.contains(&right.joiner));
    let tenants = content.tenants.iter().filter(|row| joiners.contains(&row.host) || joiners.contains(&row.tenant));
    Snapshot::build(SnapshotContent {
        epoch: content.epoch,
        sequence: content.sequence,
        issued_at: content.issued_at,
        expires_at: Moment::from_micros(i64::MAX),
        joiners: content.joiners.iter().filter(|row| joiners.contains(&row.oid)).cloned().collect(),
        tenants: tenants.cloned().collect(),
        access_points: content.access_points.iter().filter(|row| points.contains(&row.oid)).cloned().collect(),
        collection_points: content.collection_points.clone(),
        rights: rights.filter(|right| points.contains(&right.access_point)).cloned().collect(),
        systems: content.systems.clone(),
        renewal_marks: content.renewal_marks.clone(),
        closings: content.closings.clone(),
        head: None,
        units,
    })
}

#[cfg(test)]
mod tests;
