//! What a gateway holds: the directory at one version, immutable, every text interned once.

use super::packed::Packed;
use super::{Delta, DeltaError, SnapshotContent};
use crate::identifier::{AccessPointOid, Oid};
use crate::time::Moment;
use crate::transparency::Head;
use std::net::IpAddr;

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
    /// Its log is not the one held, gone on: the past was rewritten.
    #[error("the snapshot's log {new:?} does not follow from the one held, {held:?}")]
    Rewritten {
        /// The head held.
        held: Head,
        /// The head offered, if any.
        new: Option<Head>,
    },
    /// Past its expiry.
    #[error("the snapshot expired at {0}")]
    Expired(Moment),
}

/// A snapshot ready to decide on.
#[derive(Debug)]
pub struct Snapshot {
    version: (u64, u64),
    issued_at: Moment,
    expires_at: Moment,
    head: Option<Head>,
    pub(super) rows: Packed,
}

impl Snapshot {
    /// Interns and sorts the content.
    ///
    /// # Errors
    /// [`BuildError`] when it contradicts itself.
    pub fn build(content: SnapshotContent) -> Result<Self, BuildError> {
        let version = (content.epoch, content.sequence);
        let (issued_at, expires_at, head) = (content.issued_at, content.expires_at, content.head);
        Ok(Self { version, issued_at, expires_at, head, rows: Packed::of(content)? })
    }

    /// The snapshot that a delta leads to; what did not change is shared with this one.
    ///
    /// # Errors
    /// [`DeltaError`]: it follows another, or contradicts itself.
    pub fn with(&self, delta: &Delta) -> Result<Self, DeltaError> {
        let held = (self.version.0, self.version.1, self.issued_at);
        let wanted = (delta.epoch, delta.base.0, delta.base.1);
        if held != wanted {
            return Err(DeltaError::Base { held, wanted });
        }
        Ok(Self {
            version: (delta.epoch, delta.sequence),
            issued_at: delta.issued_at,
            expires_at: delta.expires_at,
            head: delta.head,
            rows: self.rows.with(delta)?,
        })
    }

    /// Epoch and sequence: the order of snapshots.
    #[must_use]
    pub const fn version(&self) -> (u64, u64) {
        self.version
    }

    /// When it was built.
    #[must_use]
    pub const fn issued_at(&self) -> Moment {
        self.issued_at
    }

    /// From when on it must not be used.
    #[must_use]
    pub const fn expires_at(&self) -> Moment {
        self.expires_at
    }

    /// The head of the directory's log at its version, where its publisher said it.
    #[must_use]
    pub const fn head(&self) -> Option<Head> {
        self.head
    }

    /// How many rights it holds.
    #[must_use]
    pub const fn rights(&self) -> usize {
        self.rows.rights_held()
    }

    /// Bytes of memory that it takes, access points aside, which are few.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.rows.memory()
    }

    /// Whether an open collection point with this address says where its connections really come from.
    #[must_use]
    pub fn says_source(&self, address: IpAddr, at: Moment) -> bool {
        self.rows.says_source(address, at)
    }

    /// Whether an open collection point with this address says where connections of this access point come from.
    #[must_use]
    pub fn speaks_for(&self, address: IpAddr, point: &AccessPointOid, at: Moment) -> bool {
        self.rows.point(point.as_str()).is_some_and(|point| self.rows.speaks_for(address, point, at))
    }

    /// Whether it must not be used any more at `now`.
    #[must_use]
    pub fn expired(&self, now: Moment) -> bool {
        self.expires_at <= now
    }

    /// Whether `next` may replace this snapshot at `now`.
    ///
    /// # Errors
    /// [`SnapshotError`]: rolled back, rewritten or expired.
    pub fn may_be_replaced_by(&self, next: &Self, now: Moment) -> Result<(), SnapshotError> {
        if next.version < self.version {
            return Err(SnapshotError::RolledBack { held: self.version, new: next.version });
        }
        // Of the same length they are the same, and a log that was there is there. That a longer one begins with this one is
        // what a consistency proof shows to whoever asks for it. After a restored database, which the epoch tells of, another
        // past is what was announced.
        if let Some(held) = self.head.filter(|_| self.version.0 == next.version.0) {
            let follows = |new: &Head| new.size > held.size || (new.size == held.size && new.root == held.root);
            if !next.head.as_ref().is_some_and(follows) {
                return Err(SnapshotError::Rewritten { held, new: next.head });
            }
        }
        if next.expired(now) {
            return Err(SnapshotError::Expired(next.expires_at));
        }
        Ok(())
    }
}
