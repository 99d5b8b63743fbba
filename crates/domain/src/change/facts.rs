//! What is so when a change is planned: the directory, and what registers, archive and calendar say of those whom it concerns.

use crate::archive::{Order, Register};
use crate::directory::Rows;
use crate::identifier::Oid;
use crate::time::{Interval, Moment};
use std::collections::{BTreeMap, BTreeSet};

/// How many documents of which register.
pub type Documents = BTreeMap<Register, u64>;

/// What a change rests on.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The directory.
    pub rows: Rows,
    /// When the change was planned first, where it is followed: what has been done since is found again.
    pub since: Option<Moment>,
    /// The directory as it was then.
    pub before: Rows,
    /// Who of those concerned stands in the registers, and when it is valid there: joiners, units and custodians.
    pub registered: BTreeMap<Oid, Interval>,
    /// The controllers of those concerned, now.
    pub controllers: BTreeMap<Oid, Vec<Oid>>,
    /// Those of them on the day of the change.
    pub controllers_then: BTreeMap<Oid, Vec<Oid>>,
    /// Controllers that are independent professionals: their registers move nowhere (change situations).
    pub professionals: BTreeSet<Oid>,
    /// What each controller's registers hold now.
    pub documents: BTreeMap<Oid, Documents>,
    /// What of it is each unit's.
    pub documents_of_units: BTreeMap<(Oid, Oid), u64>,
    /// Controller update runs that are ordered for the day of the change, and not switched yet.
    pub ordered: Vec<Order>,
    /// Whether the day of the change is none on the calendar of runs, so that none can be ordered for it.
    pub no_run_day: bool,
    /// Units that carry the mark of receiving renewal requests.
    pub marked: BTreeSet<Oid>,
    /// Renewal requests that wait for a unit.
    pub waiting: BTreeMap<Oid, u64>,
}
