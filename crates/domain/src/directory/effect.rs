//! The exact change of the directory that an application or an order causes: what the approver signs.

use super::{AccessPoint, Joiner, Right};
use crate::fingerprint::Sha256Hash;
use crate::identifier::{AccessPointOid, Oid};
use crate::time::Moment;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

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
    /// Rights that close, each with the moment it ends.
    #[serde(default)]
    pub rights_closed: Vec<(Right, Moment)>,
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
    #[error("the right of {0} cannot be closed at that time")]
    NothingToClose(Oid),
}

impl Effect {
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

    /// Checks the effect against what the directory holds: nothing overlaps, nothing dangles.
    ///
    /// # Errors
    /// The first contradiction found.
    pub fn check(
        &self,
        joiners: &[Joiner],
        access_points: &[AccessPoint],
        rights: &[Right],
    ) -> Result<(), EffectError> {
        let mut members: HashSet<&Oid> = joiners.iter().map(|j| &j.oid).collect();
        for joiner in &self.joiners_opened {
            if !members.insert(&joiner.oid) {
                return Err(EffectError::AlreadyOpen(joiner.oid.clone()));
            }
        }
        let mut points: HashSet<&AccessPointOid> = access_points.iter().map(|a| &a.oid).collect();
        for point in &self.access_points_opened {
            if !points.insert(&point.oid) {
                return Err(EffectError::AlreadyOpen(point.oid.oid().clone()));
            }
        }
        for (closed, at) in &self.rights_closed {
            let open = rights.iter().find(|right| *right == closed);
            let fits = open.is_some_and(|right| right.valid.from <= *at && !right.valid.ended(*at));
            if !fits {
                return Err(EffectError::NothingToClose(closed.joiner.clone()));
            }
        }
        for (index, right) in self.rights_opened.iter().enumerate() {
            if !points.contains(&right.access_point) {
                return Err(EffectError::UnknownAccessPoint(right.access_point.clone()));
            }
            if !members.contains(&right.joiner) {
                return Err(EffectError::UnknownJoiner(right.joiner.clone()));
            }
            let earlier = self.rights_opened.iter().take(index);
            let standing = rights.iter().filter(|r| !self.rights_closed.iter().any(|(c, _)| c == *r));
            if standing.chain(earlier).any(|other| right.collides_with(other)) {
                return Err(EffectError::Overlap {
                    joiner: right.joiner.clone(),
                    service: right.service,
                    access_point: right.access_point.clone(),
                });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::service_code::{ConnectionModel, Service};
    use crate::time::Interval;
    use proptest::prelude::*;

    pub(crate) const HUS: &str = "1.2.246.537.10.15675350.10.0";

    pub(crate) fn joiner(oid: &str) -> Joiner {
        Joiner { oid: Oid::parse(oid).unwrap(), valid: Interval::from(Moment::from_seconds(0)) }
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
            valid: Interval::new(Moment::from_seconds(from), until.map(Moment::from_seconds)),
        }
    }

    #[test]
    fn overlaps_and_dangling_references_are_refused() {
        let point = format!("{HUS}.13.2");
        let (joiners, points) = (vec![joiner(HUS)], vec![access_point(&point)]);
        let opens = |right: Right| Effect { rights_opened: vec![right], ..Effect::default() };
        let standing = vec![right(HUS, &point, 0, Some(100))];
        assert!(matches!(
            opens(right(HUS, &point, 50, None)).check(&joiners, &points, &standing),
            Err(EffectError::Overlap { .. })
        ));
        assert_eq!(opens(right(HUS, &point, 100, None)).check(&joiners, &points, &standing), Ok(()));
        assert!(matches!(
            opens(right(HUS, &format!("{HUS}.13.3"), 100, None)).check(&joiners, &points, &standing),
            Err(EffectError::UnknownAccessPoint(_))
        ));
        assert!(matches!(
            opens(right("1.2.246.10.1.10.0", &point, 100, None)).check(&joiners, &points, &standing),
            Err(EffectError::UnknownJoiner(_))
        ));
        let twice = Effect { access_points_opened: points.clone(), ..Effect::default() };
        assert!(matches!(twice.check(&joiners, &points, &standing), Err(EffectError::AlreadyOpen(_))));
        let closes =
            |at| Effect { rights_closed: vec![(standing[0].clone(), Moment::from_seconds(at))], ..Effect::default() };
        assert_eq!(closes(50).check(&joiners, &points, &standing), Ok(()));
        assert!(matches!(closes(100).check(&joiners, &points, &standing), Err(EffectError::NothingToClose(_))));
    }

    proptest! {
        #[test]
        fn an_accepted_effect_never_leaves_two_colliding_rights(spans in proptest::collection::vec((0i64..50, 1i64..20), 1..8)) {
            let point = format!("{HUS}.13.2");
            let rights: Vec<Right> = spans.iter().map(|(from, len)| right(HUS, &point, *from, Some(from + len))).collect();
            let effect = Effect { rights_opened: rights.clone(), ..Effect::default() };
            let accepted = effect.check(&[joiner(HUS)], &[access_point(&point)], &[]).is_ok();
            let colliding = rights.iter().enumerate().any(|(i, a)| rights.iter().take(i).any(|b| a.collides_with(b)));
            prop_assert_eq!(accepted, !colliding);
        }
    }
}
