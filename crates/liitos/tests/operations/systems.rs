//! Systems that may not be used: whom one hits, and what is written to them.

use crate::archive::HUS;
use crate::followed::INTERMEDIARY_POINT;
use crate::notifications::point;
use crate::on_both;
use crate::outbound::{LEPOLA, POINT};
use liitos_domain::directory::{AccessPoint, Effect, Joiner, Right};
use liitos_domain::register::SystemStanding;
use liitos_domain::service_code::ConnectionModel;
use liitos_domain::{Interval, Moment, Oid, RefusalCode, Service};
use liitos_service::{Actor, ServiceError, faults, systems};
use liitos_testkit::{Database, TestApp, case_handler, member_of};

const KOIVU: &str = "1.2.246.10.99999028.10.0";

on_both!(whom_a_system_hits_that_may_not_be_used_is_shown_and_written_to, system_hits);

async fn system_hits(database: Database) {
    let test = TestApp::start(database).await;
    let (app, staff) = (&test.app, case_handler());
    let valid = Interval::from(Moment::parse("2020-01-01").unwrap());
    let joiner = |oid: &str| Joiner { oid: Oid::parse(oid).unwrap(), rate: Default::default(), valid };
    let own = point(POINT);
    // What an intermediary's access point is implemented with nobody who calls through it can do without.
    let through = AccessPoint { system: "999999".into(), ..point(INTERMEDIARY_POINT) };
    let right = |who: &str, point: &AccessPoint, system: &str| Right {
        joiner: Oid::parse(who).unwrap(),
        service: Service::Prescription,
        access_point: point.oid.clone(),
        system: system.to_owned(),
        unit: None,
        organiser: None,
        model: ConnectionModel::Direct,
        grandfathered: false,
        valid,
    };
    let effect = Effect {
        joiners_opened: vec![joiner(LEPOLA), joiner(KOIVU), joiner(HUS)],
        rights_opened: vec![
            right(LEPOLA, &own, "999999"),
            right(KOIVU, &through, "900001"),
            right(HUS, &own, "900001"),
        ],
        access_points_opened: vec![own, through],
        ..Effect::default()
    };
    test.record(&effect).await;
    let all = systems::list(app, &staff).await.unwrap();
    assert_eq!((all[0].id.as_str(), all[0].standing, all[0].users), ("999999", SystemStanding::Unknown, 2));
    assert!(all.windows(2).all(|pair| pair[0].standing <= pair[1].standing), "the gravest first");
    let shown = systems::show(app, &staff, "999999").await.unwrap();
    let hit: Vec<&str> = shown.hit.keys().map(Oid::as_str).collect();
    assert_eq!(hit, [KOIVU, LEPOLA, "1.2.246.537.6.918.18.900077"], "and nobody who has another");
    // The letter is ready in three languages, and reaches exactly them.
    let letter = systems::letter(app, &staff, "999999").await.unwrap();
    for language in ["fi", "sv", "en"] {
        assert!(letter.text(&format!("headline_{language}")).contains("999999"), "{letter:?}");
        assert!(!letter.text(&format!("words_{language}")).is_empty());
    }
    let (fault, _) = liitos_domain::fault::read(&letter, app.now()).unwrap();
    let reached = faults::look(app, &staff, &fault).await.unwrap();
    assert_eq!(reached.hit.keys().map(Oid::as_str).collect::<Vec<_>>(), hit);
    let number = faults::announce(app, &staff, &letter).await.unwrap();
    let told = faults::show(app, &staff, &number).await.unwrap();
    assert_eq!(told.kept.fault.kind, liitos_domain::fault::Kind::System);
    // A service works though one system does not.
    let status = faults::status(app).await.unwrap();
    assert!(status.services.iter().all(|works| works.not.is_none()), "{:?}", status.services);
    let code = |error: ServiceError| error.code;
    assert_eq!(systems::show(app, &staff, "000000").await.err().map(code), Some(RefusalCode::NotFound));
    for stranger in [member_of(LEPOLA), Actor::default()] {
        assert_eq!(systems::list(app, &stranger).await.err().map(code), Some(RefusalCode::NotAllowed));
        assert_eq!(systems::show(app, &stranger, "999999").await.err().map(code), Some(RefusalCode::NotAllowed));
        assert_eq!(systems::letter(app, &stranger, "999999").await.err().map(code), Some(RefusalCode::NotAllowed));
    }
}
