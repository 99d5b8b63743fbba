//! All that the directory has ever known: each row with the times at which it was known.

use super::{AccessPoint, Closing, Joiner, Right, Tenant};
use crate::identifier::Oid;
use crate::time::Interval;
use std::collections::BTreeSet;

/// A fact, and when it was known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known<F> {
    /// The fact.
    pub fact: F,
    /// Since and until when it was known.
    pub known: Interval,
}

/// Rows of all versions. Collection points are not among them: nothing is asked of their past.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Past {
    /// Joiners.
    pub joiners: Vec<Known<Joiner>>,
    /// Access points.
    pub access_points: Vec<Known<AccessPoint>>,
    /// Rights.
    pub rights: Vec<Known<Right>>,
    /// Tenants under their hosts.
    pub tenants: Vec<Known<Tenant>>,
    /// What was closed for a while.
    pub closings: Vec<Known<Closing>>,
}

impl Past {
    /// Everybody whom it names: joiners, tenants, organisers, units and administrators.
    #[must_use]
    pub fn named(&self) -> BTreeSet<&Oid> {
        let joiners = self.joiners.iter().map(|row| &row.fact.oid);
        let administrators = self.access_points.iter().map(|row| &row.fact.administrator);
        let beside = self.rights.iter().flat_map(|row| row.fact.unit.iter().chain(&row.fact.organiser));
        let tenants = self.tenants.iter().map(|row| &row.fact.tenant);
        joiners.chain(administrators).chain(beside).chain(tenants).collect()
    }
}
