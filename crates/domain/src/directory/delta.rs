//! What changed between two snapshots, as it is sealed and sent to gateways that hold the first.
//!
//! Rows come in groups – all rows of a joiner, all rights of a joiner, all rows of an access point – and a group that comes takes the
//! place of the one held. So a delta says what is, not what to do, and applying it twice is applying it once.

use super::{
    AccessPoint, BuildError, Closing, CollectionPoint, Effect, Joiner, RenewalMark, Right, SnapshotContent, System,
    Tenant, Unit,
};
use crate::identifier::{AccessPointOid, Oid};
use crate::time::Moment;
use crate::transparency::Head;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A group of rows by what they have in common.
pub type Groups<K, R> = Vec<(K, Vec<R>)>;

/// The change from one snapshot to the next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delta {
    /// Of both.
    pub epoch: u64,
    /// Sequence of the snapshot that it follows, and when that was issued.
    pub base: (u64, Moment),
    /// Sequence of the snapshot that it leads to.
    pub sequence: u64,
    /// When that was issued.
    pub issued_at: Moment,
    /// From when on it must not be used.
    pub expires_at: Moment,
    /// The head of the directory's log at it.
    pub head: Option<Head>,
    /// Joiners, by OID.
    pub joiners: Groups<Oid, Joiner>,
    /// Units, by OID.
    pub units: Groups<Oid, Unit>,
    /// Tenants, by their own OID.
    pub tenants: Groups<Oid, Tenant>,
    /// Access points, by OID.
    pub access_points: Groups<AccessPointOid, AccessPoint>,
    /// Rights, by joiner.
    pub rights: Groups<Oid, Right>,
    /// Systems, by number.
    pub systems: Groups<String, System>,
    /// Marks of receiving renewal requests, by unit.
    pub renewal_marks: Groups<Oid, RenewalMark>,
    /// All collection points, where any changed.
    pub collection_points: Option<Vec<CollectionPoint>>,
    /// All closings, where any changed.
    pub closings: Option<Vec<Closing>>,
}

/// What of the directory changes named: whose rows are read again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// Joiners whose own rows changed.
    pub joiners: BTreeSet<Oid>,
    /// Joiners whose rights changed.
    pub rights_of: BTreeSet<Oid>,
    /// Tenants.
    pub tenants: BTreeSet<Oid>,
    /// Access points.
    pub access_points: BTreeSet<AccessPointOid>,
    /// Whether any collection point changed.
    pub collection_points: bool,
    /// Whether any closing changed.
    pub closings: bool,
}

impl Named {
    /// Adds what a change names.
    pub fn add(&mut self, effect: &Effect) {
        let joiners = effect.joiners_opened.iter().chain(effect.joiners_ended.iter().map(|(row, _)| row));
        self.joiners.extend(joiners.map(|row| row.oid.clone()));
        let rights = effect.rights_opened.iter().chain(effect.rights_closed.iter().map(|(row, _)| row));
        self.rights_of.extend(rights.map(|row| row.joiner.clone()));
        let tenants = effect.tenants_opened.iter().chain(effect.tenants_ended.iter().map(|(row, _)| row));
        self.tenants.extend(tenants.map(|row| row.tenant.clone()));
        let points = effect.access_points_opened.iter().chain(effect.access_points_ended.iter().map(|(row, _)| row));
        self.access_points.extend(points.map(|row| row.oid.clone()));
        self.collection_points |=
            !(effect.collection_points_opened.is_empty() && effect.collection_points_ended.is_empty());
        self.closings |= !(effect.closings_opened.is_empty() && effect.closings_ended.is_empty());
    }

    /// How many groups of rows that is.
    #[must_use]
    pub fn len(&self) -> usize {
        self.joiners.len() + self.rights_of.len() + self.tenants.len() + self.access_points.len()
    }

    /// Whether nothing is named.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Why a delta does not lead on from a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeltaError {
    /// It follows another.
    #[error("the delta follows snapshot {wanted:?}, and {held:?} is held")]
    Base {
        /// Epoch, sequence and time of issue held.
        held: (u64, u64, Moment),
        /// Those that it follows.
        wanted: (u64, u64, Moment),
    },
    /// What it leads to contradicts itself.
    #[error(transparent)]
    Build(#[from] BuildError),
}

impl Delta {
    /// What leads from one content to another; nothing where that takes a whole snapshot: another epoch, or registers that are known
    /// on one side only.
    #[must_use]
    pub fn between(before: &SnapshotContent, after: &SnapshotContent) -> Option<Self> {
        if before.epoch != after.epoch
            || before.systems.is_some() != after.systems.is_some()
            || before.renewal_marks.is_some() != after.renewal_marks.is_some()
        {
            return None;
        }
        Some(Self {
            epoch: after.epoch,
            base: (before.sequence, before.issued_at),
            sequence: after.sequence,
            issued_at: after.issued_at,
            expires_at: after.expires_at,
            head: after.head,
            joiners: changed(&before.joiners, &after.joiners, |row| row.oid.clone()),
            units: changed(&before.units, &after.units, |row| row.oid.clone()),
            tenants: changed(&before.tenants, &after.tenants, |row| row.tenant.clone()),
            access_points: changed(&before.access_points, &after.access_points, |row| row.oid.clone()),
            rights: changed(&before.rights, &after.rights, |row| row.joiner.clone()),
            systems: changed(all(&before.systems), all(&after.systems), |row| row.number.clone()),
            renewal_marks: changed(all(&before.renewal_marks), all(&after.renewal_marks), |row| row.unit.clone()),
            collection_points: (before.collection_points != after.collection_points)
                .then(|| after.collection_points.clone()),
            closings: (before.closings != after.closings).then(|| after.closings.clone()),
        })
    }
}

/// Rows in groups, one for each key, though it has none.
#[must_use]
pub fn grouped<K: Ord + Clone, R>(keys: &BTreeSet<K>, rows: Vec<R>, key: impl Fn(&R) -> &K) -> Groups<K, R> {
    let mut groups: BTreeMap<K, Vec<R>> = keys.iter().map(|key| (key.clone(), Vec::new())).collect();
    for row in rows {
        let of = key(&row).clone();
        groups.entry(of).or_default().push(row);
    }
    groups.into_iter().collect()
}

fn all<R>(rows: &Option<Vec<R>>) -> &[R] {
    rows.as_deref().unwrap_or_default()
}

/// The groups that are otherwise after than before; those that are gone are empty.
#[must_use]
pub fn changed<K: Ord + Clone, R: Clone + PartialEq>(before: &[R], after: &[R], key: impl Fn(&R) -> K) -> Groups<K, R> {
    let mut groups: BTreeMap<K, (Vec<&R>, Vec<&R>)> = BTreeMap::new();
    for row in before {
        groups.entry(key(row)).or_default().0.push(row);
    }
    for row in after {
        groups.entry(key(row)).or_default().1.push(row);
    }
    let changed = groups.into_iter().filter(|(_, (before, after))| before != after);
    changed.map(|(key, (_, after))| (key, after.into_iter().cloned().collect())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::reference::{self, made_up};
    use crate::directory::{Snapshot, decide};

    /// Directories made into each other step by step: what each decides, with its reasons, is what one built whole decides.
    #[test]
    fn a_snapshot_with_a_delta_is_the_one_it_leads_to() {
        let mut seeded = made_up::Seeded::new(9);
        let (mut steps, mut compared) = (0, 0);
        for _ in 0..300 {
            let mut before = made_up::small(&mut seeded);
            let mut held = Snapshot::build(before.clone()).unwrap();
            for step in 1..8 {
                let mut after = made_up::small(&mut seeded);
                after.sequence = before.sequence + 1;
                after.issued_at = Moment::from_seconds(step);
                // Most rows stay from one to the next.
                if seeded.below(3) > 0 {
                    after.joiners.clone_from(&before.joiners);
                    after.access_points.clone_from(&before.access_points);
                    after.units.clone_from(&before.units);
                    after.rights.retain(|right| after.joiners.iter().any(|joiner| joiner.oid == right.joiner));
                }
                let Some(delta) = Delta::between(&before, &after) else {
                    (held, before) = (Snapshot::build(after.clone()).unwrap(), after);
                    continue;
                };
                held = held.with(&delta).unwrap();
                let whole = Snapshot::build(after.clone()).unwrap();
                assert_eq!((held.version(), held.rights()), (whole.version(), whole.rights()));
                steps += 1;
                for _ in 0..60 {
                    let Some(call) = made_up::call(&mut seeded, &after) else { continue };
                    let request = call.request();
                    let (told, built) = (decide(&held, &request, call.at), decide(&whole, &request, call.at));
                    assert_eq!(told, built, "{delta:?}\n{after:?}\n{call:?}");
                    assert_eq!(told.code(), reference::decide(&after, &request, call.at).err());
                    let asked = held.asked(&request);
                    if request.certificate.is_none() && request.source.is_none() {
                        assert_eq!(held.verdict(&asked, call.at), built.verdict, "{call:?}");
                    }
                    compared += 1;
                }
                before = after;
            }
        }
        assert!(steps > 500 && compared > 30_000, "{steps} steps, {compared} calls");
    }

    #[test]
    fn a_delta_follows_the_snapshot_that_it_says() {
        let mut seeded = made_up::Seeded::new(3);
        let before = made_up::small(&mut seeded);
        let mut after = before.clone();
        after.sequence = 2;
        after.rights.pop();
        let delta = Delta::between(&before, &after).unwrap();
        assert_eq!(delta.rights.len(), 1, "one joiner's rights changed, and nothing else: {delta:?}");
        assert!(delta.joiners.is_empty() && delta.access_points.is_empty() && delta.closings.is_none());
        let next = Snapshot::build(before.clone()).unwrap().with(&delta).unwrap();
        assert!(matches!(next.with(&delta), Err(DeltaError::Base { .. })), "twice");
        let mut elsewhere = delta.clone();
        elsewhere.epoch = 9;
        assert!(matches!(Snapshot::build(before).unwrap().with(&elsewhere), Err(DeltaError::Base { .. })));
    }
}
