//! Calls that came, asked again: how they would be answered after a planned change.

use super::{CertificateFacts, Effect, Organiser, Request, SeenCall, Snapshot, Verdict, decide};
use crate::fingerprint::Sha256Hash;
use crate::identifier::{AccessPointOid, Oid};
use crate::refusal::RefusalCode;
use crate::service_code::{Operation, Service};
use crate::time::{Interval, Moment};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// What would become of calls that came.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Replay {
    /// Calls asked again, each as often as it was seen.
    pub asked: usize,
    /// Those that would be answered otherwise, the most frequent first.
    pub turned: Vec<Replayed>,
}

/// Calls of one kind that would be answered otherwise.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Replayed {
    /// Through which access point.
    pub access_point: AccessPointOid,
    /// Whom they named.
    pub represented: Oid,
    /// The service behind.
    pub service: Service,
    /// Reading or writing.
    pub operation: Operation,
    /// How many were seen.
    pub count: usize,
    /// The answer without the change.
    pub before: Verdict,
    /// The answer with it.
    pub after: Verdict,
    /// From when on.
    pub at: Moment,
}

/// Where a call came from, and what it showed.
type From = (Option<IpAddr>, Sha256Hash);

/// Asks calls again on the directory without a change and with it, at `now` and at each later moment at which the change begins or
/// ends something. What a gateway does not tell of a call – unit, tenant, organiser – is asked as not named on both sides.
#[must_use]
pub fn replay(before: &Snapshot, after: &Snapshot, effect: &Effect, calls: &[SeenCall], now: Moment) -> Replay {
    let mut kinds: BTreeMap<(&AccessPointOid, &Oid, Service, Operation, From), usize> = BTreeMap::new();
    for call in calls {
        if let (Some(point), Some(represented), Some(service), Some(operation)) =
            (&call.access_point, &call.represented, call.service, call.operation)
        {
            let from = (call.source, call.certificate);
            *kinds.entry((point, represented, service, operation, from)).or_default() += 1;
        }
    }
    let mut moments = effect.moments();
    moments.insert(now);
    let moments = moments.split_off(&now);
    let mut replay = Replay { asked: kinds.values().sum(), turned: Vec::new() };
    for ((access_point, represented, service, operation, (source, fingerprint)), count) in kinds {
        let certificate =
            CertificateFacts { fingerprint, valid: Interval::from(Moment::from_micros(i64::MIN)), revoked: false };
        let request = Request {
            access_point,
            certificate: Some(&certificate),
            source,
            service,
            operation,
            joiner: represented,
            unit: None,
            tenant: None,
            system: None,
            organiser: Organiser::Later,
        };
        // Where a gateway does not look at addresses, it did not look at this one.
        let looked_at = decide(before, &request, now).code() != Some(RefusalCode::SourceAddressForeign);
        let request = Request { source: source.filter(|_| looked_at), ..request };
        let turned = moments.iter().find_map(|at| {
            let verdict = |snapshot| decide(snapshot, &request, *at).verdict;
            let (before, after) = (verdict(before), verdict(after));
            (before != after).then_some((before, after, *at))
        });
        if let Some((before, after, at)) = turned {
            let (access_point, represented) = (access_point.clone(), represented.clone());
            replay.turned.push(Replayed { access_point, represented, service, operation, count, before, after, at });
        }
    }
    replay.turned.sort_by_key(|turned| std::cmp::Reverse(turned.count));
    replay
}

#[cfg(test)]
mod tests {
    use super::super::effect::tests::{HUS, access_point, joiner, right};
    use super::*;
    use crate::directory::{Rows, SnapshotContent};

    fn snapshot(rows: Rows) -> Snapshot {
        Snapshot::build(SnapshotContent {
            epoch: 1,
            sequence: 1,
            issued_at: Moment::from_seconds(0),
            expires_at: Moment::from_seconds(1000),
            joiners: rows.joiners,
            units: vec![],
            tenants: rows.tenants,
            access_points: rows.access_points,
            rights: rows.rights,
            collection_points: vec![],
            systems: None,
            renewal_marks: None,
            closings: rows.closings,
            head: None,
        })
        .unwrap()
    }

    #[test]
    fn calls_that_came_tell_whom_a_change_meets() {
        let point = format!("{HUS}.13.2");
        let rows = Rows {
            joiners: vec![joiner(HUS)],
            access_points: vec![access_point(&point)],
            rights: vec![right(HUS, &point, 0, None)],
            ..Rows::default()
        };
        let effect =
            Effect { rights_closed: vec![(rows.rights[0].clone(), Moment::from_seconds(50))], ..Effect::default() };
        let seen = |service| SeenCall {
            at: Moment::from_seconds(5),
            decision: None,
            certificate: Sha256Hash::of(b"certificate"),
            access_point: AccessPointOid::parse(&point).ok(),
            source: None,
            represented: Oid::parse(HUS).ok(),
            joiner: None,
            service,
            operation: Some(Operation::Read),
            refused: None,
            place: String::new(),
            version: None,
            stands_for: 1,
            system: None,
            message: None,
            behind: Vec::new(),
        };
        let calls =
            [Some(Service::PatientData), Some(Service::PatientData), Some(Service::Prescription), None].map(seen);
        let after = snapshot(rows.after(&effect).unwrap());
        let told = replay(&snapshot(rows), &after, &effect, &calls, Moment::from_seconds(10));
        assert_eq!((told.asked, told.turned.len()), (3, 1));
        let turned = &told.turned[0];
        assert_eq!((turned.count, turned.at), (2, Moment::from_seconds(50)));
        assert_eq!(turned.after, Verdict::Refused(RefusalCode::RightEnded));
    }
}
