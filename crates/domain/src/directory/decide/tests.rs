//! One changed fact refuses for its own reason; deny is the default.

use super::super::effect::tests::{HUS, access_point, joiner, right};
use super::super::{SnapshotContent, Tenant, Unit};
use super::*;
use crate::directory::reference::{self, made_up};
use crate::directory::{Closing, RenewalMark, Right, System};
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
        collection_points: vec![],
        systems: None,
        renewal_marks: None,
        closings: Vec::new(),
        head: None,
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
        organiser: Organiser::Nobody,
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
    assert_eq!(ask(&snapshot, |r| r.organiser = Organiser::Named(&other), 20).code(), Some(R::OrganiserForeign));
    assert_eq!(ask(&snapshot, |r| r.certificate = Some(&revoked), 20).code(), Some(R::CertificateRevoked));
    assert_eq!(ask(&snapshot, |r| r.certificate = Some(&old), 20).code(), Some(R::CertificateNotValidNow));
    assert_eq!(ask(&snapshot, |r| r.service = Service::Prescription, 20).code(), Some(R::NoRight));
    assert_eq!(ask(&snapshot, |r| r.system = Some("1"), 20).code(), Some(R::SystemForeign));
    assert_eq!(ask(&snapshot, |_| (), 5).code(), Some(R::RightNotBegun));
    assert_eq!(ask(&snapshot, |_| (), 100).code(), Some(R::RightEnded));
    assert_eq!(ask(&snapshot, |_| (), 1_000_000).code(), Some(R::DirectoryUnavailable));
}

#[test]
fn how_much_a_joiner_may_call_is_told() {
    let mut directory = content(vec![right(HUS, &format!("{HUS}.13.2"), 10, Some(100))]);
    directory.joiners[0].rate = RateClass::Large;
    let snapshot = Snapshot::build(directory).unwrap();
    let unit = oid(UNIT);
    assert_eq!(ask(&snapshot, |r| r.joiner = &unit, 20).rate, RateClass::Large);
    assert_eq!(ask(&snapshot, |r| r.joiner = &unit, 5).rate, RateClass::Large, "refused or not");
    let other = oid(OTHER);
    assert_eq!(ask(&snapshot, |r| r.joiner = &other, 20).rate, RateClass::Ordinary);
}

#[test]
fn content_that_contradicts_itself_is_not_built() {
    let dangling = content(vec![right(HUS, &format!("{HUS}.13.3"), 0, None)]);
    assert!(matches!(Snapshot::build(dangling), Err(super::super::BuildError::DanglingAccessPoint { index: 0, .. })));
}

/// Cases of the comparison in every run; `liitos bench decide` runs millions.
const CASES: usize = 200_000;

/// The decision on numbers and the one told plainly agree, in outcome and reason, with and without reasons kept.
#[test]
fn agrees_with_the_reference_on_made_up_cases() {
    let mut seeded = made_up::Seeded::new(20_261_126);
    let mut codes = std::collections::BTreeMap::new();
    let mut compared = 0;
    while compared < CASES {
        let directory = made_up::small(&mut seeded);
        let snapshot = Snapshot::build(directory.clone()).unwrap();
        for _ in 0..50 {
            let call = made_up::call(&mut seeded, &directory).unwrap();
            let (request, plain) = (call.request(), reference::decide(&directory, &call.request(), call.at).err());
            let decision = decide(&snapshot, &request, call.at);
            assert_eq!(decision.code(), plain, "{directory:#?} {call:#?}");
            assert_eq!(decision.facts.last().unwrap().state == FactState::Holds, plain.is_none());
            assert_eq!(decision.system.is_some(), plain.is_none());
            if request.certificate.is_none() && request.source.is_none() {
                let bare = snapshot.verdict(&snapshot.asked(&request), call.at);
                assert_eq!(bare, decision.verdict);
            }
            *codes.entry(plain).or_insert(0) += 1;
            compared += 1;
        }
    }
    // Every reason comes up, permission among them.
    use RefusalCode as R;
    let rare: Vec<_> = [
        None,
        Some(R::CertificateRevoked),
        Some(R::CertificateNotValidNow),
        Some(R::AccessPointUnknown),
        Some(R::AccessPointNotOpen),
        Some(R::SourceAddressForeign),
        Some(R::JoinerUnknown),
        Some(R::JoinerNotInForce),
        Some(R::NoRight),
        Some(R::RightEnded),
        Some(R::RightNotBegun),
        Some(R::TenantForeign),
        Some(R::SystemForeign),
        Some(R::UnitForeign),
        Some(R::OrganiserForeign),
        Some(R::SystemNotValid),
        Some(R::SystemNotForService),
        Some(R::TenantUnnamed),
        Some(R::RenewalMarkMissing),
        Some(R::ClosedForNow),
        Some(R::DirectoryUnavailable),
    ]
    .into_iter()
    .filter(|code| codes.get(code).is_none_or(|count| *count < 100))
    .collect();
    assert_eq!(rare, [], "{codes:?}");
}

/// Systems, marks, closings and tenants: one changed fact refuses for its own reason.
#[test]
fn what_registers_and_the_operator_say_counts() {
    use RefusalCode as R;
    let point = format!("{HUS}.13.2");
    let ever = Interval::from(Moment::from_seconds(0));
    let until = |at| Interval::new(Moment::from_seconds(0), Some(Moment::from_seconds(at)));
    let sound = || {
        let mut content = content(vec![right(HUS, &point, 10, Some(100))]);
        let services = Some(vec![Service::PatientData]);
        content.systems = Some(vec![System { number: "900001".into(), services, valid: ever }]);
        content
    };
    let told = |change: &dyn Fn(&mut SnapshotContent), ask_with: &dyn Fn(&mut Request<'static>)| {
        let mut content = sound();
        change(&mut content);
        let decision = ask(&Snapshot::build(content).unwrap(), |request| ask_with(request), 20);
        (decision.code(), decision.facts.last().unwrap().what)
    };
    let same = |_: &mut Request<'static>| ();
    assert_eq!(told(&|_| (), &same), (None, "system"));
    let systems = |content: &mut SnapshotContent| content.systems.clone().unwrap();
    assert_eq!(told(&|c| c.systems = Some(vec![]), &same), (Some(R::SystemNotValid), "system"));
    let ended = |c: &mut SnapshotContent| c.systems = Some(vec![System { valid: until(20), ..systems(c)[0].clone() }]);
    assert_eq!(told(&ended, &same), (Some(R::SystemNotValid), "system"));
    let other = |c: &mut SnapshotContent| {
        c.systems = Some(vec![System { services: Some(vec![Service::Prescription]), ..systems(c)[0].clone() }]);
    };
    assert_eq!(told(&other, &same), (Some(R::SystemNotForService), "system"));

    let closing = |stage| Closing::everything(stage, ever);
    let read = |request: &mut Request<'static>| request.operation = Operation::Read;
    assert_eq!(told(&|c| c.closings.push(closing(Stage::Closed)), &read), (Some(R::ClosedForNow), "closing"));
    assert_eq!(told(&|c| c.closings.push(closing(Stage::ReadOnly)), &read).0, None);
    assert_eq!(told(&|c| c.closings.push(closing(Stage::Throttled)), &same).0, None, "little by little");
    assert_eq!(told(&|c| c.closings.push(closing(Stage::ReadOnly)), &same).0, Some(R::ClosedForNow));
    for missed in [
        Closing { joiner: Some(oid(OTHER)), ..closing(Stage::Closed) },
        Closing { service: Some(Service::Prescription), ..closing(Stage::Closed) },
        Closing { system: Some("1".into()), ..closing(Stage::Closed) },
        Closing { access_point: AccessPointOid::parse(FOREIGN_POINT).ok(), ..closing(Stage::Closed) },
        Closing { access_point: AccessPointOid::parse("1.2.246.10.7.10.0.13.7").ok(), ..closing(Stage::Closed) },
        Closing { valid: until(20), ..closing(Stage::Closed) },
    ] {
        assert_eq!(told(&|c| c.closings.push(missed.clone()), &same).0, None, "{missed:?}");
    }

    // A unit's renewal right needs the mark.
    let unit: &'static Oid = Box::leak(Box::new(oid(UNIT)));
    let renewal = |c: &mut SnapshotContent| {
        c.systems = None;
        let reception = Right { service: Service::RenewalReception, unit: Some(unit.clone()), ..c.rights[0].clone() };
        c.rights = vec![reception];
        c.renewal_marks = Some(vec![RenewalMark { unit: unit.clone(), valid: until(50) }]);
    };
    let of_unit = |request: &mut Request<'static>| {
        (request.service, request.unit) = (Service::RenewalReception, Some(unit));
    };
    assert_eq!(told(&renewal, &of_unit), (None, "renewal-mark"));
    let unmarked = |c: &mut SnapshotContent| {
        renewal(c);
        c.renewal_marks = Some(vec![RenewalMark { unit: unit.clone(), valid: until(20) }]);
    };
    assert_eq!(told(&unmarked, &of_unit), (Some(R::RenewalMarkMissing), "renewal-mark"));

    // A tenant that stands where its host should is told to be named as the tenant.
    let tenant: &'static Oid = Box::leak(Box::new(oid("1.2.246.10.1.10.0")));
    assert_eq!(told(&|_| (), &|request| request.joiner = tenant), (Some(R::TenantUnnamed), "tenant"));
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
