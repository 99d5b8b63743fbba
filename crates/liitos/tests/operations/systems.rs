//! Systems that may not be used: whom one hits, and what is written to them.

use crate::applications::filled_in;
use crate::archive::HUS;
use crate::followed::INTERMEDIARY_POINT;
use crate::notifications::point;
use crate::on_both;
use crate::outbound::{LEPOLA, POINT};
use liitos_domain::directory::{AccessPoint, Effect, Joiner, Right};
use liitos_domain::obligation::Verdict;
use liitos_domain::register::SystemStanding;
use liitos_domain::rules::Verdict as Answered;
use liitos_domain::service_code::ConnectionModel;
use liitos_domain::{Interval, Moment, Oid, RefusalCode, Service, StaffRole};
use liitos_service::systems::Later;
use liitos_service::{Actor, ServiceError, applications, faults, systems};
use liitos_testkit::{Database, TestApp, case_handler, member_of};
use std::collections::BTreeSet;

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
    let hit = async || systems::show(app, &staff, "999999").await.unwrap().hit.into_keys().collect::<Vec<_>>();
    let oids = |oids: &[&str]| oids.iter().map(|oid| Oid::parse(oid).unwrap()).collect::<Vec<_>>();
    let intermediary = "1.2.246.537.6.918.18.900077";
    assert_eq!(hit().await, oids(&[KOIVU, LEPOLA, intermediary]), "and nobody who has another");
    // Whose right begins later is told, too.
    let later = Right { valid: Interval::from(app.now().plus_days(30)), ..right(HUS, &point(POINT), "999999") };
    test.record(&Effect { rights_opened: vec![later], ..Effect::default() }).await;
    assert_eq!(hit().await, oids(&[KOIVU, LEPOLA, HUS, intermediary]));
    // The letter is ready in three languages, and reaches exactly them.
    let letter = systems::letter(app, &staff, "999999").await.unwrap();
    for language in ["fi", "sv", "en"] {
        assert!(letter.text(&format!("headline_{language}")).contains("999999"), "{letter:?}");
        assert!(!letter.text(&format!("words_{language}")).is_empty());
    }
    let (fault, _) = liitos_domain::fault::read(&letter, app.now()).unwrap();
    let reached = faults::look(app, &staff, &fault).await.unwrap();
    assert_eq!(reached.hit.into_keys().collect::<Vec<_>>(), hit().await);
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

on_both!(what_a_system_does_is_declared_by_the_operator, declared);

async fn declared(database: Database) {
    let test = TestApp::start(database).await;
    let (app, staff) = (&test.app, case_handler());
    let functions = async || systems::show(app, &staff, "900002").await.unwrap().functions;
    let unsaid = functions().await;
    assert_eq!((unsaid.len(), Verdict::of(&unsaid)), (25, Verdict::Unsaid));
    let all: BTreeSet<String> = unsaid.iter().map(|function| function.code.to_owned()).collect();
    let declare = async || systems::declare(app, &staff, "900002", (all.clone(), "joint test 12.3.2026")).await;
    crate::kills::survives(&test, &["system_functions", "audit_event"], declare).await;
    assert_eq!(Verdict::of(&functions().await), Verdict::Fulfils);
    // Whoever applies with it is asked the rule by what is declared.
    let koivu = member_of(KOIVU);
    let number = filled_in(&test, &koivu, Service::SocialClientData).await;
    let broken = async || {
        let (_, checked) = applications::view(app, &koivu, &number).await.unwrap();
        let mut asked = checked.outcomes.iter().filter(|outcome| outcome.verdict() == Some(Answered::Broken));
        asked.any(|outcome| outcome.rule.id == "system-fulfils-obligation")
    };
    let with = applications::view(app, &koivu, &number).await.unwrap().0.application.systems();
    let with = with.first().unwrap().clone();
    let say = async |functions, source| systems::declare(app, &staff, &with, (functions, source)).await;
    say(all.clone(), "x").await.unwrap();
    let fulfilled = broken().await;
    let less: BTreeSet<String> = all.iter().filter(|code| *code != "denials").cloned().collect();
    say(less, "x").await.unwrap();
    assert_eq!((fulfilled, broken().await), (false, true));
    let code = |error: ServiceError| error.code;
    let no_such = BTreeSet::from(["flying".to_owned()]);
    assert_eq!(say(no_such, "x").await.map_err(code), Err(RefusalCode::FormInvalid));
    assert_eq!(say(all.clone(), " ").await.map_err(code), Err(RefusalCode::FormInvalid));
    let gone = systems::declare(app, &staff, "999999", (all.clone(), "x")).await;
    assert_eq!(gone.map_err(code), Err(RefusalCode::NotFound));
    let registrar = Actor { staff: vec![StaffRole::Registrar], ..case_handler() };
    for stranger in [member_of(LEPOLA), Actor::default(), registrar] {
        let refused = systems::declare(app, &stranger, "900002", (all.clone(), "x")).await;
        assert_eq!(refused.map_err(code), Err(RefusalCode::NotAllowed));
    }
}

on_both!(what_waits_and_names_a_system_is_shown, waiting);

async fn waiting(database: Database) {
    let test = TestApp::start(database).await;
    let (app, staff) = (&test.app, case_handler());
    let lepola = member_of(LEPOLA);
    let number = filled_in(&test, &lepola, Service::Prescription).await;
    let named = async |system| systems::show(app, &staff, system).await.unwrap().later;
    assert_eq!(named("900001").await, [], "a draft is its applicant's own");
    applications::send(app, &lepola, &number, Default::default()).await.unwrap();
    let lepola = Oid::parse(LEPOLA).unwrap();
    assert_eq!(named("900001").await, [Later::Application(number, lepola, Service::Prescription)]);
}
