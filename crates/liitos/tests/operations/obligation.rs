//! Social care's obligation to join: who is late, and what somebody lacks.

use crate::applications::filled_in;
use crate::on_both;
use liitos_domain::directory::{Effect, Joiner, Right, Tenant};
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::obligation::{Item, Standing, Tally, Verdict, by_county};
use liitos_domain::service_code::ConnectionModel;
use liitos_domain::{Interval, Oid, RefusalCode, Service, StaffRole};
use liitos_service::{Actor, App, obligation, systems};
use liitos_testkit::{Database, TestApp, case_handler, member_of};
use std::collections::BTreeSet;

const KOIVU: &str = "1.2.246.10.99999028.10.0";

/// How far the care home has come, by the operator's list and by its own page.
async fn standing(app: &App) -> (Standing, Standing) {
    let watch = obligation::watch(app, &case_handler()).await.unwrap();
    let told = watch.all.iter().find(|one| one.oid.as_str() == KOIVU).unwrap().standing;
    let own = obligation::own(app, &member_of(KOIVU)).await.unwrap().unwrap();
    (told, own.standing)
}

on_both!(whoever_has_to_join_is_watched_until_it_has, watched);

async fn watched(database: Database) {
    let test = TestApp::start(database).await;
    let app = &test.app;
    let all = obligation::watch(app, &case_handler()).await.unwrap().all;
    assert!(all.len() > 2 && all.iter().all(|one| one.standing == Standing::Nothing), "{}", all.len());
    assert_eq!(standing(app).await, (Standing::Nothing, Standing::Nothing));
    filled_in(&test, &member_of(KOIVU), Service::SocialClientData).await;
    assert_eq!(standing(app).await, (Standing::Applying, Standing::Applying));

    let (joiner, now) = (Oid::parse(KOIVU).unwrap(), app.now());
    let point = AccessPointOid::parse("1.2.246.10.99999028.10.0.13.1").unwrap();
    let valid = Interval::new(now, Some(now.plus_days(10)));
    let effect = Effect {
        joiners_opened: vec![Joiner { oid: joiner.clone(), rate: Default::default(), valid }],
        access_points_opened: vec![crate::notifications::point(point.as_str())],
        rights_opened: vec![Right {
            joiner: joiner.clone(),
            service: Service::SocialClientData,
            access_point: point,
            system: "900001".into(),
            unit: None,
            organiser: None,
            model: ConnectionModel::Direct,
            grandfathered: false,
            valid,
        }],
        ..Effect::default()
    };
    test.record(&effect).await;
    assert_eq!(standing(app).await, (Standing::Joined, Standing::Joined));
    let own = obligation::own(app, &member_of(KOIVU)).await.unwrap().unwrap();
    let systems: Vec<_> = own.systems.iter().map(|system| (system.number.as_str(), system.facts.is_some())).collect();
    assert_eq!(systems, [("900001", true)]);
    // What is declared of its system is what the operator's list says of it, and of its tenant.
    let fulfils = async |who: &Oid| {
        let all = obligation::watch(app, &case_handler()).await.unwrap().all;
        all.into_iter().find(|one| one.oid == *who).unwrap().fulfils
    };
    assert_eq!(fulfils(&joiner).await, Some(Verdict::Unsaid));
    let functions = BTreeSet::from(["store".to_owned()]);
    systems::declare(app, &case_handler(), "900001", (functions, "joint test")).await.unwrap();
    assert_eq!(fulfils(&joiner).await, Some(Verdict::Lacks));
    // A tenant has joined with its host, as long as both are.
    let other = all.iter().find(|one| one.oid != joiner).unwrap().oid.clone();
    let tenant = Tenant { host: joiner, tenant: other.clone(), valid: Interval::from(now) };
    test.record(&Effect { tenants_opened: vec![tenant], ..Effect::default() }).await;
    let of_other = async || {
        let all = obligation::watch(app, &case_handler()).await.unwrap().all;
        all.into_iter().find(|one| one.oid == other).unwrap().standing
    };
    assert_eq!((of_other().await, fulfils(&other).await), (Standing::Joined, Some(Verdict::Lacks)));
    let own = obligation::own(app, &member_of(other.as_str())).await.unwrap().unwrap();
    assert_eq!((own.standing, own.systems.len()), (Standing::Joined, 1), "with its host's system");
    test.clock.advance(11 * 86_400);
    assert_eq!((standing(app).await.0, of_other().await), (Standing::Applying, Standing::Nothing));
}

on_both!(each_says_in_which_service_tasks_it_works, said);

async fn said(database: Database) {
    let test = TestApp::start(database).await;
    let (app, koivu) = (&test.app, member_of(KOIVU));
    let own = async || obligation::own(app, &koivu).await.unwrap().unwrap();
    assert!(own().await.said.is_none() && own().await.may_say);
    let tasks = BTreeSet::from([Item::Elderly, Item::Disability]);
    let say = async || obligation::say(app, &koivu, tasks.clone()).await;
    crate::kills::survives(&test, &["service_tasks", "audit_event"], say).await;
    assert_eq!(own().await.said.unwrap().tasks, tasks);
    let watch = obligation::watch(app, &case_handler()).await.unwrap().all;
    let counties = by_county(&watch);
    assert_eq!(counties.iter().map(|county| county.tally.all).sum::<usize>(), watch.len(), "each in one");
    let theirs = watch.iter().find(|one| one.oid.as_str() == KOIVU).unwrap().county;
    let county = counties.iter().find(|county| county.county == theirs).unwrap();
    let of = |task| county.by_task.iter().find(|(counted, _)| *counted == task).map(|(_, tally)| *tally);
    let tally = |all| Some(Tally { joined: 0, all });
    assert_eq!((of(Some(Item::Elderly)), of(Some(Item::Families))), (tally(1), tally(0)));
    assert_eq!(of(None), tally(county.tally.all - 1), "the others have not said");
    // What is said later takes its place; in no task is said, too.
    obligation::say(app, &koivu, BTreeSet::new()).await.unwrap();
    assert_eq!(own().await.said.unwrap().tasks, BTreeSet::new());
    let refused = async |by: &Actor, tasks| obligation::say(app, by, tasks).await.unwrap_err().code;
    assert_eq!(refused(&Actor::default(), tasks.clone()).await, RefusalCode::NotAllowed);
    assert_eq!(refused(&koivu, [Item::Recordings].into()).await, RefusalCode::FormInvalid);
    assert_eq!(refused(&member_of("1.2.246.553.2.900001"), tasks).await, RefusalCode::StateForbids);
}

on_both!(the_list_is_the_operators, rights);

async fn rights(database: Database) {
    let test = TestApp::start(database).await;
    let app = &test.app;
    let registrar = Actor { staff: vec![StaffRole::Registrar], ..case_handler() };
    for actor in [member_of(KOIVU), Actor::default(), registrar] {
        assert_eq!(obligation::watch(app, &actor).await.unwrap_err().code, RefusalCode::NotAllowed);
    }
    let auditor = Actor { staff: vec![StaffRole::Auditor], ..case_handler() };
    assert!(obligation::watch(app, &auditor).await.is_ok());
    assert_eq!(obligation::own(app, &Actor::default()).await.unwrap_err().code, RefusalCode::NotAllowed);
    // Whom no register knows to work in social care it does not concern.
    let pharmacy = member_of("1.2.246.553.2.900001");
    assert!(obligation::own(app, &pharmacy).await.unwrap().is_none());
}
