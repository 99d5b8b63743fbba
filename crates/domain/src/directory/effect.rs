//! The exact change of the directory that an application or an order causes: what the approver signs.

use super::{AccessPoint, Closing, CollectionPoint, Joiner, Right, Rows, Tenant};
use crate::fingerprint::Sha256Hash;
use crate::identifier::{AccessPointOid, Oid};
use crate::service_code::Service;
use crate::time::{Interval, Moment};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};

/// A change of the directory. Its canonical JSON is hashed, shown, approved and applied; nothing else is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effect {
    /// Joiners that become members.
    #[serde(default)]
    pub joiners_opened: Vec<Joiner>,
    /// Access points that open.
    #[serde(default)]
    pub access_points_opened: Vec<AccessPoint>,
    /// Rights that open.
    #[serde(default)]
    pub rights_opened: Vec<Right>,
    /// Rights that close, each with the moment it ends; the moment it begins where it never is in force.
    #[serde(default)]
    pub rights_closed: Vec<(Right, Moment)>,
    /// Joiners that are members no more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub joiners_ended: Vec<(Joiner, Moment)>,
    /// Access points that end, or that begin anew otherwise at that moment.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub access_points_ended: Vec<(AccessPoint, Moment)>,
    /// Tenants that begin to work under a host.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tenants_opened: Vec<Tenant>,
    /// Tenants that end to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tenants_ended: Vec<(Tenant, Moment)>,
    /// Collection points that open.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub collection_points_opened: Vec<CollectionPoint>,
    /// Collection points that end, or that begin anew otherwise at that moment.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub collection_points_ended: Vec<(CollectionPoint, Moment)>,
    /// What is closed for a while.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub closings_opened: Vec<Closing>,
    /// Closings that are lifted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub closings_ended: Vec<(Closing, Moment)>,
}

/// Why an effect cannot be applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EffectError {
    /// A right is already open at an overlapping time.
    #[error("the right of {joiner} to {service} through {access_point} is already open at that time")]
    Overlap {
        /// Whose.
        joiner: Oid,
        /// Which service.
        service: crate::Service,
        /// Through which point.
        access_point: AccessPointOid,
    },
    /// A right names an access point that is neither open nor opened with it.
    #[error("access point {0} is not in the directory")]
    UnknownAccessPoint(AccessPointOid),
    /// A right names a joiner that is neither a member nor made one with it.
    #[error("{0} is not a joiner")]
    UnknownJoiner(Oid),
    /// An access point or joiner would be opened twice.
    #[error("{0} is already open")]
    AlreadyOpen(Oid),
    /// A closing names a right that is not open, or ends it before it began or after it ends.
    #[error("what {0} has cannot be closed at that time")]
    NothingToClose(Oid),
    /// A unit would receive renewal requests at two places at once.
    #[error("unit {unit} receives through {access_point} at that time already")]
    ReceivesElsewhere {
        /// The unit.
        unit: Oid,
        /// Where it does already.
        access_point: AccessPointOid,
    },
    /// A permanent directory link would be granted, which none is any more.
    #[error("a permanent directory link of {0} would be granted anew: since 15.12.2021 none is (guide, history 3.11)")]
    GrantedAnew(Oid),
    /// A closing names a system that nobody uses.
    #[error("nobody uses system {0}")]
    UnknownSystem(String),
    /// The same is closed already.
    #[error("the same is closed already at that time")]
    SameClosing,
    /// A closing is lifted that is not there.
    #[error("there is no such closing at that time")]
    NoSuchClosing,
}

/// The unit that receives renewal requests by a right.
fn received(right: &Right) -> Option<&Oid> {
    right.unit.as_ref().filter(|_| right.service == Service::RenewalReception)
}

impl Effect {
    /// Units that would receive renewal requests at some moment up to `by` as the directory was `before`, and do not `after`, what it says with this: whether or not
    /// something of theirs goes on at the moment of the change.
    #[must_use]
    pub fn silences(&self, before: &Rows, after: &Rows, by: Moment) -> BTreeSet<Oid> {
        let units: BTreeSet<&Oid> = self.rights_closed.iter().filter_map(|(right, _)| received(right)).collect();
        if units.is_empty() {
            return BTreeSet::new();
        }
        fn by_unit(rows: &Rows) -> HashMap<&Oid, Vec<Interval>> {
            let mut by: HashMap<&Oid, Vec<Interval>> = HashMap::new();
            let receives = rows.rights.iter().filter_map(|row| Some((received(row)?, row.valid)));
            receives.for_each(|(unit, valid)| by.entry(unit).or_default().push(valid));
            by
        }
        let (before, after) = (by_unit(before), by_unit(after));
        let silenced = |unit: &&Oid| {
            let its = |by: &HashMap<&Oid, Vec<Interval>>| by.get(*unit).cloned().unwrap_or_default();
            let (before, after) = (its(&before), its(&after));
            let receives = |valid: &[Interval], at: Moment| valid.iter().any(|valid| valid.contains(at));
            // What it receives changes where something of it begins or ends.
            let turns = before.iter().chain(&after).flat_map(|valid| [Some(valid.from), valid.until]);
            turns.flatten().any(|at| at <= by && receives(&before, at) && !receives(&after, at))
        };
        units.into_iter().filter(silenced).cloned().collect()
    }

    /// What an approval is bound to.
    ///
    /// # Errors
    /// Never for values built by this crate; the error is that of the JSON writer.
    pub fn hash(&self) -> Result<Sha256Hash, serde_json::Error> {
        Sha256Hash::of_canonical(self)
    }

    /// Whether nothing would change.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::directory::Rows;
    use crate::service_code::{ConnectionModel, Service};
    use proptest::prelude::*;

    pub(crate) const HUS: &str = "1.2.246.537.10.15675350.10.0";

    pub(crate) fn joiner(oid: &str) -> Joiner {
        Joiner {
            oid: Oid::parse(oid).unwrap(),
            rate: Default::default(),
            valid: Interval::from(Moment::from_seconds(0)),
        }
    }

    pub(crate) fn access_point(oid: &str) -> AccessPoint {
        let oid = AccessPointOid::parse(oid).unwrap();
        AccessPoint {
            administrator: oid.administrator(),
            oid,
            system: "900001".into(),
            country: "FI".into(),
            links: vec![],
            certificates: vec![],
            valid: Interval::from(Moment::from_seconds(0)),
        }
    }

    pub(crate) fn right(joiner: &str, point: &str, from: i64, until: Option<i64>) -> Right {
        Right {
            joiner: Oid::parse(joiner).unwrap(),
            service: Service::PatientData,
            access_point: AccessPointOid::parse(point).unwrap(),
            system: "900001".into(),
            unit: None,
            organiser: None,
            model: ConnectionModel::Direct,
            grandfathered: false,
            valid: Interval::new(Moment::from_seconds(from), until.map(Moment::from_seconds)),
        }
    }

    fn rows(rights: Vec<Right>) -> Rows {
        let points = vec![access_point(&format!("{HUS}.13.2"))];
        Rows { joiners: vec![joiner(HUS)], access_points: points, rights, ..Rows::default() }
    }

    #[test]
    fn overlaps_and_dangling_references_are_refused() {
        let point = format!("{HUS}.13.2");
        let opens = |right: Right| Effect { rights_opened: vec![right], ..Effect::default() };
        let rows = rows(vec![right(HUS, &point, 0, Some(100))]);
        assert!(matches!(rows.after(&opens(right(HUS, &point, 50, None))), Err(EffectError::Overlap { .. })));
        assert_eq!(rows.after(&opens(right(HUS, &point, 100, None))).unwrap().rights.len(), 2);
        assert!(matches!(
            rows.after(&opens(right(HUS, &format!("{HUS}.13.3"), 100, None))),
            Err(EffectError::UnknownAccessPoint(_))
        ));
        assert!(matches!(
            rows.after(&opens(right("1.2.246.10.1.10.0", &point, 100, None))),
            Err(EffectError::UnknownJoiner(_))
        ));
        let twice = Effect { access_points_opened: rows.access_points.clone(), ..Effect::default() };
        assert!(matches!(rows.after(&twice), Err(EffectError::AlreadyOpen(_))));
        let closes = |at| Effect {
            rights_closed: vec![(rows.rights[0].clone(), Moment::from_seconds(at))],
            ..Effect::default()
        };
        assert_eq!(rows.after(&closes(50)).unwrap().rights, [right(HUS, &point, 0, Some(50))]);
        assert!(matches!(rows.after(&closes(100)), Err(EffectError::NothingToClose(_))));
    }

    #[test]
    fn what_was_approved_before_has_the_same_hash() {
        let effect = Effect { joiners_opened: vec![joiner(HUS)], ..Effect::default() };
        let written = serde_json::to_string(&effect).unwrap();
        assert!(written.ends_with(r#""access_points_opened":[],"rights_opened":[],"rights_closed":[]}"#), "{written}");
    }

    proptest! {
        #[test]
        fn an_accepted_effect_never_leaves_two_colliding_rights(spans in proptest::collection::vec((0i64..50, 1i64..20), 1..8)) {
            let point = format!("{HUS}.13.2");
            let rights: Vec<Right> = spans.iter().map(|(from, len)| right(HUS, &point, *from, Some(from + len))).collect();
            let effect = Effect { rights_opened: rights.clone(), ..Effect::default() };
            let accepted = rows(vec![]).after(&effect).is_ok();
            let collide = |a: &Right, b: &Right| a.valid.overlaps(&b.valid);
            let colliding = rights.iter().enumerate().any(|(i, a)| rights.iter().take(i).any(|b| collide(a, b)));
            prop_assert_eq!(accepted, !colliding);
        }
    }
}
