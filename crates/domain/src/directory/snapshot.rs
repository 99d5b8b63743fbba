//! What a gateway holds: the directory at one version, immutable, with every text interned once.

use super::{AccessPoint, Joiner, Right, Tenant, Unit};
use crate::identifier::{AccessPointOid, Oid};
use crate::time::Moment;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// The content of a snapshot as it is signed and sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotContent {
    /// Raised by hand when a database is restored, so that old sequences cannot return.
    pub epoch: u64,
    /// The directory version it was built from.
    pub sequence: u64,
    /// When it was built.
    pub issued_at: Moment,
    /// From when on it must not be used.
    pub expires_at: Moment,
    /// Joiners.
    pub joiners: Vec<Joiner>,
    /// Units of the joiners.
    pub units: Vec<Unit>,
    /// Tenants under their hosts.
    pub tenants: Vec<Tenant>,
    /// Access points.
    pub access_points: Vec<AccessPoint>,
    /// Rights.
    pub rights: Vec<Right>,
}

/// Why a snapshot's content contradicts itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// A right names an access point that is not in it.
    #[error("right {index} names access point {access_point}, which the snapshot does not hold")]
    DanglingAccessPoint {
        /// Which right.
        index: usize,
        /// Which access point.
        access_point: AccessPointOid,
    },
    /// A right or unit names a joiner that is not in it.
    #[error("{0} is named but is not a joiner of the snapshot")]
    DanglingJoiner(Oid),
}

/// Why a snapshot is not taken over from another.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// Older than what is held.
    #[error("snapshot {new:?} is older than the one held, {held:?}")]
    RolledBack {
        /// Epoch and sequence held.
        held: (u64, u64),
        /// Epoch and sequence offered.
        new: (u64, u64),
    },
    /// Past its expiry.
    #[error("the snapshot expired at {0}")]
    Expired(Moment),
}

/// A snapshot ready to decide on.
#[derive(Debug)]
pub struct Snapshot {
    content: SnapshotContent,
    points: HashMap<AccessPointOid, u32>,
    joiners: HashMap<Oid, u32>,
    units: HashMap<Oid, u32>,
    tenants: HashMap<(Oid, Oid), Vec<u32>>,
    /// `(joiner, access point, position in rights)`, sorted, so that a pair's rights are one stretch.
    rights: Vec<(u32, u32, u32)>,
}

impl Snapshot {
    /// Interns and sorts the content.
    ///
    /// # Errors
    /// [`BuildError`] when it contradicts itself.
    pub fn build(content: SnapshotContent) -> Result<Self, BuildError> {
        let points: HashMap<_, _> = numbered(content.access_points.iter().map(|p| p.oid.clone())).collect();
        let joiners: HashMap<_, _> = numbered(content.joiners.iter().map(|j| j.oid.clone())).collect();
        let joiner_number =
            |oid: &Oid| joiners.get(oid).copied().ok_or_else(|| BuildError::DanglingJoiner(oid.clone()));
        let mut rights = Vec::with_capacity(content.rights.len());
        for (index, right) in content.rights.iter().enumerate() {
            let point = points
                .get(&right.access_point)
                .copied()
                .ok_or_else(|| BuildError::DanglingAccessPoint { index, access_point: right.access_point.clone() })?;
            rights.push((joiner_number(&right.joiner)?, point, position(index)));
        }
        rights.sort_unstable();
        for unit in &content.units {
            joiner_number(&unit.joiner)?;
        }
        let units = numbered(content.units.iter().map(|unit| unit.oid.clone())).collect();
        let mut tenants: HashMap<(Oid, Oid), Vec<u32>> = HashMap::new();
        for (index, tenant) in content.tenants.iter().enumerate() {
            tenants.entry((tenant.host.clone(), tenant.tenant.clone())).or_default().push(position(index));
        }
        Ok(Self { content, points, joiners, units, tenants, rights })
    }

    /// Epoch and sequence: the order of snapshots.
    #[must_use]
    pub const fn version(&self) -> (u64, u64) {
        (self.content.epoch, self.content.sequence)
    }

    /// The content it was built from.
    #[must_use]
    pub const fn content(&self) -> &SnapshotContent {
        &self.content
    }

    /// Whether it must not be used any more at `now`.
    #[must_use]
    pub fn expired(&self, now: Moment) -> bool {
        self.content.expires_at <= now
    }

    /// Whether `next` may replace this snapshot at `now`.
    ///
    /// # Errors
    /// [`SnapshotError`]: rolled back or expired.
    pub fn may_be_replaced_by(&self, next: &Self, now: Moment) -> Result<(), SnapshotError> {
        if next.version() < self.version() {
            return Err(SnapshotError::RolledBack { held: self.version(), new: next.version() });
        }
        if next.expired(now) {
            return Err(SnapshotError::Expired(next.content.expires_at));
        }
        Ok(())
    }

    /// The unit with this OID.
    pub(super) fn unit(&self, oid: &Oid) -> Option<&Unit> {
        self.content.units.get(index(*self.units.get(oid)?))
    }

    pub(super) fn access_point(&self, oid: &AccessPointOid) -> Option<&AccessPoint> {
        self.content.access_points.get(index(*self.points.get(oid)?))
    }

    pub(super) fn joiner(&self, oid: &Oid) -> Option<&Joiner> {
        self.content.joiners.get(index(*self.joiners.get(oid)?))
    }

    pub(super) fn tenancies(&self, host: &Oid, tenant: &Oid) -> impl Iterator<Item = &Tenant> {
        let found = self.tenants.get(&(host.clone(), tenant.clone()));
        found.into_iter().flatten().filter_map(|number| self.content.tenants.get(index(*number)))
    }

    /// The rights of a joiner through an access point, over all services.
    pub(super) fn rights_of(&self, joiner: &Oid, point: &AccessPointOid) -> impl Iterator<Item = &Right> {
        let key = self.joiners.get(joiner).copied().zip(self.points.get(point).copied());
        let start = key.map_or(self.rights.len(), |(j, p)| self.rights.partition_point(|r| (r.0, r.1) < (j, p)));
        let stretch = self.rights.iter().skip(start).take_while(move |r| Some((r.0, r.1)) == key);
        stretch.filter_map(|(_, _, number)| self.content.rights.get(index(*number)))
    }
}

fn numbered<T>(items: impl Iterator<Item = T>) -> impl Iterator<Item = (T, u32)> {
    items.enumerate().map(|(i, item)| (item, position(i)))
}

/// Positions are kept in 32 bits; a directory has a few million rows at most.
fn position(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

const fn index(position: u32) -> usize {
    position as usize
}
