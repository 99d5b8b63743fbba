//! One changed fact refuses for its own reason; deny is the default.

use super::super::effect::tests::{HUS, access_point, joiner, right};
use super::super::{SnapshotContent, Tenant, Unit};
use super::*;
use proptest::prelude::*;
use std::sync::LazyLock;

const UNIT: &str = "1.2.246.537.10.15675350.10.710";
const OTHER: &str = "1.2.246.10.2048198.10.0";
const FOREIGN_POINT: &str = "1.2.246.537.6.918.18.900001.13.1";

fn oid(text: &str) -> Oid {
    Oid::parse(text).unwrap()
}

fn content(rights: Vec<Right>) -> SnapshotContent {
    SnapshotContent {
        epoch: 1,
        sequence: 7,
        issued_at: Moment::from_seconds(0),
        expires_at: Moment::from_seconds(1_000_000),
        joiners: vec![joiner(HUS), joiner(OTHER)],
        units: vec![Unit { oid: oid(UNIT), joiner: oid(HUS), valid: Interval::from(Moment::from_seconds(0)) }],
        tenants: vec![Tenant {
            host: oid(HUS),
            tenant: oid("1.2.246.10.1.10.0"),
            valid: Interval::new(Moment::from_seconds(0), Some(Moment::from_seconds(50))),
        }],
        access_points: vec![access_point(&format!("{HUS}.13.2")), access_point(FOREIGN_POINT)],
        rights,
    }
}

static OWN_POINT: LazyLock<AccessPointOid> = LazyLock::new(|| AccessPointOid::parse(&format!("{HUS}.13.2")).unwrap());
static OWN: LazyLock<Oid> = LazyLock::new(|| oid(HUS));

fn ask<'a>(snapshot: &Snapshot, change: impl FnOnce(&mut Request<'a>), now: i64) -> Decision {
    let mut request = Request {
        access_point: &OWN_POINT,
        certificate: None,
        source: None,
        service: Service::PatientData,
        operation: Operation::Write,
        joiner: &OWN,
        unit: None,
        tenant: None,
        system: None,
        organiser: None,
    };
    change(&mut request);
    decide(snapshot, &request, Moment::from_seconds(now))
}

#[test]
fn one_changed_fact_refuses_for_its_own_reason() {
    let snapshot = Snapshot::build(content(vec![right(HUS, &format!("{HUS}.13.2"), 10, Some(100))])).unwrap();
    let unit = oid(UNIT);
    let permitted = ask(&snapshot, |r| r.joiner = &unit, 20);
    assert!(permitted.permitted());
    assert_eq!((permitted.joiner, permitted.system.as_deref()), (Some(oid(HUS)), Some("900001")));

    let mut ended = content(vec![right(HUS, &format!("{HUS}.13.2"), 10, Some(100))]);
    ended.units[0].valid.until = Some(Moment::from_seconds(20));
    let ended = Snapshot::build(ended).unwrap();
    assert!(ask(&ended, |r| r.joiner = &unit, 19).permitted());
    assert_eq!(ask(&ended, |r| r.joiner = &unit, 20).code(), Some(RefusalCode::JoinerNotInForce));
    assert!(ask(&ended, |_| (), 20).permitted(), "the joiner itself goes on");

    let (foreign, other, stranger) =
        (AccessPointOid::parse(FOREIGN_POINT).unwrap(), oid(OTHER), oid("1.2.246.10.9.10.0"));
    let unknown = AccessPointOid::parse(&format!("{HUS}.13.9")).unwrap();
    let tenant = oid("1.2.246.10.1.10.0");
    let revoked = CertificateFacts {
        fingerprint: Sha256Hash::of(b""),
        valid: Interval::from(Moment::from_seconds(0)),
        revoked: true,
    };
    let old = CertificateFacts {
        revoked: false,
        valid: Interval::new(Moment::from_seconds(0), Some(Moment::from_seconds(5))),
        ..revoked.clone()
    };
    use RefusalCode as R;
    assert_eq!(ask(&snapshot, |r| r.access_point = &foreign, 20).code(), Some(R::NoRight));
    assert_eq!(ask(&snapshot, |r| r.access_point = &unknown, 20).code(), Some(R::AccessPointUnknown));
    assert_eq!(ask(&snapshot, |r| r.joiner = &other, 20).code(), Some(R::NoRight));
    assert_eq!(ask(&snapshot, |r| r.joiner = &stranger, 20).code(), Some(R::JoinerUnknown));
    assert_eq!(ask(&snapshot, |r| r.tenant = Some(&other), 20).code(), Some(R::TenantForeign));
    assert_eq!(ask(&snapshot, |r| r.tenant = Some(&tenant), 20).code(), None);
    assert_eq!(ask(&snapshot, |r| r.tenant = Some(&tenant), 60).code(), Some(R::TenantForeign));
    assert_eq!(ask(&snapshot, |r| r.organiser = Some(&other), 20).code(), Some(R::OrganiserForeign));
    assert_eq!(ask(&snapshot, |r| r.certificate = Some(&revoked), 20).code(), Some(R::CertificateRevoked));
    assert_eq!(ask(&snapshot, |r| r.certificate = Some(&old), 20).code(), Some(R::CertificateNotValidNow));
    assert_eq!(ask(&snapshot, |r| r.service = Service::Prescription, 20).code(), Some(R::NoRight));
    assert_eq!(ask(&snapshot, |r| r.system = Some("1"), 20).code(), Some(R::SystemForeign));
    assert_eq!(ask(&snapshot, |_| (), 5).code(), Some(R::RightNotBegun));
    assert_eq!(ask(&snapshot, |_| (), 100).code(), Some(R::RightEnded));
    assert_eq!(ask(&snapshot, |_| (), 1_000_000).code(), Some(R::DirectoryUnavailable));
}

#[test]
fn content_that_contradicts_itself_is_not_built() {
    let dangling = content(vec![right(HUS, &format!("{HUS}.13.3"), 0, None)]);
    assert!(matches!(Snapshot::build(dangling), Err(super::super::BuildError::DanglingAccessPoint { index: 0, .. })));
}

proptest! {
    /// The plain rule, asked of the rows directly, agrees with the interned snapshot.
    #[test]
    fn agrees_with_plain_rows(spans in proptest::collection::vec((any::<bool>(), any::<bool>(), 0i64..40, 1i64..40), 0..12), now in 0i64..90, foreign in any::<bool>(), other in any::<bool>()) {
        let own = format!("{HUS}.13.2");
        let rights: Vec<Right> = spans.iter().map(|(f, o, from, len)| {
            right(if *o { OTHER } else { HUS }, if *f { FOREIGN_POINT } else { &own }, *from, Some(from + len))
        }).collect();
        let (point, who) = (if foreign { FOREIGN_POINT } else { &own }, if other { OTHER } else { HUS });
        let plain = rights.iter().any(|r| r.joiner.as_str() == who && r.access_point.as_str() == point && r.valid.contains(Moment::from_seconds(now)));
        let snapshot = Snapshot::build(content(rights)).unwrap();
        let (point, who) = (AccessPointOid::parse(point).unwrap(), oid(who));
        let decision = ask(&snapshot, |r| { r.access_point = &point; r.joiner = &who; }, now);
        prop_assert_eq!(decision.permitted(), plain);
        prop_assert_eq!(decision.facts.last().unwrap().state == FactState::Holds, plain);
    }
}
