//! Notifications of who works by a joining, of collection points, of a point's own system, and of another Business ID.

use crate::notifications::{day_of, lepola, looked, point, right, sent, told, written};
use crate::on_both;
use crate::outbound::{LEPOLA, POINT};
use liitos_domain::change;
use liitos_domain::directory::{Effect, Joiner, Right, Rows};
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::notice::NotificationNews;
use liitos_domain::notification::{Course, Kind, What};
use liitos_domain::plan::{Plan, PlannedPoint};
use liitos_domain::rules::Verdict;
use liitos_domain::service_code::ConnectionModel;
use liitos_domain::{Interval, Moment, Oid, RefusalCode, Service};
use liitos_service::notices::Desk;
use liitos_service::{Actor, App, changes, notifications, rules};
use liitos_testkit::{Database, TestApp, case_handler, member_of};

const INTERMEDIARY: &str = "1.2.246.537.6.918.18.900077";
const KOIVU: &str = "1.2.246.10.99999028.10.0";

fn oid(text: &str) -> Oid {
    Oid::parse(text).unwrap()
}

/// A private provider that uses a service together with those who work in its premises.
async fn host(test: &TestApp) {
    let valid = Interval::from(Moment::parse("2020-01-01").unwrap());
    let joint = Right {
        joiner: oid(LEPOLA),
        service: Service::PatientData,
        access_point: AccessPointOid::parse(POINT).unwrap(),
        system: "900001".into(),
        unit: None,
        organiser: None,
        model: ConnectionModel::Joint,
        grandfathered: false,
        valid,
    };
    let effect = Effect {
        joiners_opened: vec![Joiner { oid: oid(LEPOLA), rate: Default::default(), valid }],
        access_points_opened: vec![point(POINT)],
        rights_opened: vec![joint],
        ..Effect::default()
    };
    test.record(&effect).await;
}

async fn rows(app: &App) -> Rows {
    liitos_store::directory::rows(app.store.read(), u64::MAX >> 1).await.unwrap()
}

/// Who works by a joining at a moment.
async fn tenants(app: &App, at: Moment) -> Vec<Oid> {
    rows(app).await.tenants.into_iter().filter(|row| row.valid.contains(at)).map(|row| row.tenant).collect()
}

async fn approved(app: &App, number: &str) {
    crate::notifications::approved(app, number).await;
    let shown = notifications::show(app, &case_handler(), Desk::Office, number).await.unwrap();
    assert_eq!(shown.notification.course, Course::Approved);
}

on_both!(tenants_begin_and_end_by_notification, tenancies);

async fn tenancies(database: Database) {
    let test = TestApp::start(database).await;
    host(&test).await;
    let (app, by) = (&test.app, member_of(LEPOLA));
    let (day, on) = day_of(app, 30);
    // What is to be settled is asked as on an application, and whether the register knows it.
    let stranger = written(app, &by, Kind::Tenants, &[("tenants", "1.2.246.10.99999999.10.9"), ("day", &on)]).await;
    let broken: Vec<String> =
        looked(app, &by, &stranger).await.outcomes.iter().map(|outcome| outcome.rule.id.clone()).collect();
    for rule in ["tenants-in-register", "joint-agreement", "joint-hosts-system", "tenant-named"] {
        assert!(broken.iter().any(|id| id == rule), "{rule}: {broken:?}");
    }
    let settled = [("tenants_agreement", "yes"), ("tenants_hosts_system", "yes"), ("tenants_named", "yes")];
    let fields = [&[("tenants", KOIVU), ("day", on.as_str())][..], &settled].concat();
    let begins = written(app, &by, Kind::Tenants, &fields).await;
    sent(app, &by, &begins).await;
    assert_eq!(tenants(app, day).await, [], "the operator approves it first");
    approved(app, &begins).await;
    assert_eq!((tenants(app, day.plus_seconds(-1)).await, tenants(app, day).await), (vec![], vec![oid(KOIVU)]));
    let of_host = [(Kind::Tenants, NotificationNews::OfHost)];
    assert_eq!(told(app, KOIVU).await, of_host, "whose way it is hears of it");
    // It ends without anybody else's approval; only by whoever binds the host.
    let (last, end) = day_of(app, 60);
    let ends = written(app, &by, Kind::EndTenant, &[("tenant", KOIVU), ("day", &end)]).await;
    sent(app, &by, &ends).await;
    assert_eq!((tenants(app, last.plus_seconds(-1)).await, tenants(app, last).await), (vec![oid(KOIVU)], vec![]));
    assert!(told(app, KOIVU).await.contains(&(Kind::EndTenant, NotificationNews::OfHost)));
    notifications::withdraw(app, &by, &ends, "it stays").await.unwrap();
    assert_eq!(tenants(app, last).await, [oid(KOIVU)]);
    assert!(told(app, KOIVU).await.contains(&(Kind::EndTenant, NotificationNews::Withdrawn)));
    // It does not stay where the host does nothing together with others any more.
    let ends = written(app, &by, Kind::EndTenant, &[("tenant", KOIVU), ("day", &end)]).await;
    sent(app, &by, &ends).await;
    let alone = |right: &Right| Right { model: ConnectionModel::Direct, valid: Interval::from(last), ..right.clone() };
    let held = rows(app).await.rights;
    let (closed, opened) = (held.iter().map(|right| (right.clone(), last)).collect(), held.iter().map(alone).collect());
    test.record(&Effect { rights_closed: closed, rights_opened: opened, ..Effect::default() }).await;
    let back = notifications::withdraw(app, &by, &ends, "it stays").await;
    assert_eq!(back.err().map(|error| error.code), Some(RefusalCode::EffectChanged));
}

on_both!(a_collection_point_is_notified_changed_and_retired, collecting);

async fn collecting(database: Database) {
    let test = TestApp::start(database).await;
    lepola(&test).await;
    let own = format!("{INTERMEDIARY}.13.4");
    test.record(&Effect { access_points_opened: vec![point(&own)], ..Effect::default() }).await;
    let (app, by) = (&test.app, member_of(INTERMEDIARY));
    let (day, on) = day_of(app, 30);
    let (both, alone) = (format!("{own}\n{POINT}"), own.clone());
    let fields = |name, points, agreed| {
        let from = [("own_country", "FI"), ("own_addresses", "203.0.113.9 203.0.113.10"), ("proxy_header", "yes")];
        [&[name, ("points", points), ("agreed", agreed), ("day", on.as_str())][..], &from].concat()
    };
    let new = ("name", "Pohjoinen");
    let unasked = written(app, &by, Kind::CollectionPoint, &fields(new, &both, "")).await;
    let found: Vec<What> = looked(app, &by, &unasked).await.findings.iter().map(|one| one.what).collect();
    assert_eq!(found, [What::NotAgreed], "another's access point");
    let begins = written(app, &by, Kind::CollectionPoint, &fields(new, &both, "yes")).await;
    assert_eq!(looked(app, &by, &begins).await.collected, [oid(LEPOLA)].into());
    sent(app, &by, &begins).await;
    approved(app, &begins).await;
    assert_eq!(told(app, LEPOLA).await, [(Kind::CollectionPoint, NotificationNews::Collected)]);
    let held = async |at| -> Vec<(usize, usize, bool)> {
        let open = rows(app).await.collection_points.into_iter().filter(|row| row.valid.contains(at));
        open.map(|row| (row.access_points.len(), row.addresses.len(), row.proxy_header)).collect()
    };
    assert_eq!((held(day.plus_seconds(-1)).await, held(day).await), (vec![], vec![(2, 2, true)]));
    // Once it is open it is changed, and retired when what runs through it has another way.
    test.clock.advance(31 * 86_400);
    let (changes, on) = day_of(app, 30);
    let otherwise = fields(("collection", "Pohjoinen"), &alone, "");
    let otherwise: Vec<_> = otherwise
        .into_iter()
        .map(|(name, text)| if name == "day" { (name, on.as_str()) } else { (name, text) })
        .collect();
    let number = written(app, &by, Kind::Collection, &otherwise).await;
    let found: Vec<What> = looked(app, &by, &number).await.findings.iter().map(|one| one.what).collect();
    assert_eq!(found, [What::Collected], "Lepola's has no link of its own");
    let links = vec![liitos_domain::directory::Link {
        network: liitos_domain::directory::Network::Public,
        role: liitos_domain::directory::LinkRole::Primary,
        dns_name: "oma.lepola.test".into(),
        addresses: vec!["203.0.113.30".parse().unwrap()],
        halls: Vec::new(),
    }];
    let linked = liitos_domain::directory::AccessPoint { links, valid: Interval::from(app.now()), ..point(POINT) };
    let ended = vec![(point(POINT), app.now())];
    test.record(&Effect { access_points_ended: ended, access_points_opened: vec![linked], ..Effect::default() }).await;
    sent(app, &by, &number).await;
    approved(app, &number).await;
    assert_eq!((held(changes.plus_seconds(-1)).await, held(changes).await), (vec![(2, 2, true)], vec![(1, 2, true)]));
    assert!(told(app, LEPOLA).await.contains(&(Kind::Collection, NotificationNews::Collected)));
    retired(app, &by, (&own, &on)).await;
    let (other, retired) = (member_of(LEPOLA), [("collection", "Pohjoinen"), ("day", on.as_str())]);
    let foreign = written(app, &other, Kind::RetireCollection, &retired).await;
    let found = looked(app, &other, &foreign).await.findings;
    assert!(found.iter().any(|one| one.what == What::CollectionUnknown), "it is another's");
}

/// What is collected is retired by whoever administers it, once the operator agrees; and an access point leaves those beside which it is collected when it ends.
async fn retired(app: &App, by: &Actor, (own, on): (&str, &str)) {
    let retired = written(app, by, Kind::RetireCollection, &[("collection", "Pohjoinen"), ("day", on)]).await;
    let found = looked(app, by, &retired).await.findings;
    assert!(found.iter().any(|one| one.what == What::Collected), "its own point has no link");
    assert!(Kind::RetireCollection.approved_by_operator());
    let gone = written(app, by, Kind::RetirePoint, &[("point", own), ("day", on)]).await;
    assert_eq!(looked(app, by, &gone).await.hindrance(), None);
}

on_both!(a_points_own_system_is_another, implemented);

async fn implemented(database: Database) {
    let test = TestApp::start(database).await;
    lepola(&test).await;
    let used = format!("{INTERMEDIARY}.13.4");
    let access_point = AccessPointOid::parse(&used).unwrap();
    let valid = Interval::from(Moment::parse("2020-01-01").unwrap());
    let uses = Right {
        joiner: oid(LEPOLA),
        service: Service::ImagingData,
        access_point,
        system: "900001".into(),
        unit: None,
        organiser: None,
        model: ConnectionModel::Direct,
        grandfathered: false,
        valid,
    };
    test.record(&Effect { access_points_opened: vec![point(&used)], rights_opened: vec![uses], ..Effect::default() })
        .await;
    let (app, by) = (&test.app, member_of(INTERMEDIARY));
    let (day, on) = day_of(app, 30);
    let number = written(app, &by, Kind::PointSystem, &[("point", &used), ("system", "900003"), ("day", &on)]).await;
    assert_eq!(looked(app, &by, &number).await.users, [oid(LEPOLA)].into());
    sent(app, &by, &number).await;
    approved(app, &number).await;
    assert_eq!(told(app, LEPOLA).await, [(Kind::PointSystem, NotificationNews::OnBehalf)]);
    let system = async |at| {
        let points = rows(app).await.access_points;
        points.into_iter().find(|row| row.oid.as_str() == used && row.valid.contains(at)).unwrap().system
    };
    assert_eq!((system(day.plus_seconds(-1)).await, system(day).await), ("900001".to_owned(), "900003".to_owned()));
}

/// Another customer, whose images run over public internet through its own point: that says nothing of the others.
async fn breaks_it_already(test: &TestApp, used: &str) {
    let own = format!("{KOIVU}.13.1");
    let links = vec![liitos_domain::directory::Link {
        network: liitos_domain::directory::Network::Public,
        role: liitos_domain::directory::LinkRole::Primary,
        dns_name: "oma.koivu.test".into(),
        addresses: vec!["203.0.113.31".parse().unwrap()],
        halls: Vec::new(),
    }];
    let effect = Effect {
        joiners_opened: vec![Joiner { oid: oid(KOIVU), rate: Default::default(), valid: point(&own).valid }],
        access_points_opened: vec![liitos_domain::directory::AccessPoint { links, ..point(&own) }],
        rights_opened: vec![
            right(KOIVU, Service::ImagingData, &own, None),
            right(KOIVU, Service::SocialClientData, used, None),
        ],
        ..Effect::default()
    };
    test.record(&effect).await;
}

on_both!(an_intermediary_keeps_its_customers_rules_and_leaves_after_them, leaves);

async fn leaves(database: Database) {
    let test = TestApp::start(database).await;
    lepola(&test).await;
    let used = format!("{INTERMEDIARY}.13.4");
    let uses = right(LEPOLA, Service::ImagingData, &used, None);
    test.record(&Effect { access_points_opened: vec![point(&used)], rights_opened: vec![uses], ..Effect::default() })
        .await;
    let (app, by) = (&test.app, member_of(INTERMEDIARY));
    let (day, on) = day_of(app, 30);
    breaks_it_already(&test, &used).await;
    // A customer's images would run over public internet.
    let link = async |network: &str| {
        let fields = [("point", used.as_str()), ("own_country", "FI"), ("own_network", network), ("day", &on)];
        let fields = [&fields[..], &[("own_dns", "kanta.valittaja.test"), ("own_addresses", "203.0.113.9")]].concat();
        let number = written(app, &by, Kind::Link, &fields).await;
        let broken = looked(app, &by, &number).await.outcomes;
        broken.into_iter().map(|outcome| outcome.rule.id.clone()).collect::<Vec<_>>()
    };
    assert!(!link("private").await.contains(&"public-imaging".to_owned()));
    assert!(link("public").await.contains(&"public-imaging".to_owned()));
    // It leaves once nobody uses it any more.
    let fields = [("grounds", "activity-ends"), ("day", on.as_str())];
    let ends = written(app, &by, Kind::Termination, &fields).await;
    let shown = looked(app, &by, &ends).await;
    assert!(shown.findings.iter().any(|one| one.what == What::PointInUse), "{:?}", shown.findings);
    let held = rows(app).await.rights.into_iter().filter(|right| right.access_point.as_str() == used);
    let closed = held.map(|right| (right, app.now())).collect();
    test.record(&Effect { rights_closed: closed, ..Effect::default() }).await;
    sent(app, &by, &ends).await;
    approved(app, &ends).await;
    let open =
        async |at| rows(app).await.access_points.iter().any(|row| row.oid.as_str() == used && row.valid.contains(at));
    assert_eq!((open(day.plus_seconds(-1)).await, open(day).await), (true, false));
    test.clock.advance(31 * 86_400);
    assert_eq!(notifications::report_ended(app).await.unwrap(), 1);
}

on_both!(what_an_intermediary_says_of_itself_answers_a_rule, said_of_itself);

async fn said_of_itself(database: Database) {
    let test = TestApp::start(database).await;
    let (app, by) = (&test.app, member_of(INTERMEDIARY));
    let verdict = async || {
        let mut plan = Plan::new(app.now().plus_days(60), oid(LEPOLA));
        let point = AccessPointOid::parse(&format!("{INTERMEDIARY}.13.4")).unwrap();
        plan.access_points.push(PlannedPoint::new(point));
        let outcomes = rules::check_plan(app, &by, &mut plan).await.unwrap();
        outcomes.iter().find(|outcome| outcome.rule.id == "security-plan").unwrap().verdict()
    };
    assert_eq!(verdict().await, Some(Verdict::NotChecked));
    let (_, on) = day_of(app, 1);
    let number = written(app, &by, Kind::Intermediary, &[("security_plan", "2026-10-01"), ("day", &on)]).await;
    sent(app, &by, &number).await;
    assert_eq!(verdict().await, Some(Verdict::NotChecked), "nobody has approved it");
    approved(app, &number).await;
    assert_eq!(verdict().await, Some(Verdict::Kept));
}

on_both!(another_business_id_is_notified_and_becomes_a_plan_that_is_followed, renumbered);

async fn renumbered(database: Database) {
    let test = TestApp::start(database).await;
    lepola(&test).await;
    let (app, by) = (&test.app, member_of(LEPOLA));
    let (_, on) = day_of(app, 60);
    let fields = [("to_joiner", KOIVU), ("day", on.as_str())];
    let number = written(app, &by, Kind::BusinessId, &fields).await;
    let shown = looked(app, &by, &number).await;
    let anew = |what| shown.tasks.iter().any(|task| task.what == what);
    assert!(shown.effect.is_empty() && anew(change::What::Join) && anew(change::What::Terminate), "{:?}", shown.tasks);
    let same = written(app, &by, Kind::BusinessId, &[("to_joiner", LEPOLA), ("day", &on)]).await;
    let found = looked(app, &by, &same).await;
    assert!(found.findings.iter().any(|one| one.what == What::SameNumber));
    sent(app, &by, &number).await;
    let shown = notifications::show(app, &case_handler(), Desk::Office, &number).await.unwrap().looked.unwrap();
    let approve = async || notifications::approve(app, &case_handler(), &number, &shown.hash).await;
    let tables = ["audit_event", "change", "change_event", "change_party", "change_task"];
    let tables = [&tables[..], &["job", "notice", "notification", "notification_event"]].concat();
    crate::kills::survives(&test, &tables, approve).await;
    let notification = notifications::show(app, &by, Desk::Own, &number).await.unwrap().notification;
    let planned = notification.change.unwrap();
    let followed = async || changes::show(app, &by, Desk::Own, &planned).await.unwrap().change;
    let change = followed().await;
    assert_eq!((change.course, change.made_for), (change::Course::Followed, Some(oid(LEPOLA))));
    assert_eq!(change.story.renumbered[0].to, oid(KOIVU));
    assert_eq!(rows(app).await.joiners.len(), 1, "nothing is opened for somebody who has not signed");
    // The plan is the notification's: it is neither moved nor withdrawn by itself, and the same is not planned again.
    let moved = changes::move_day(app, &by, Desk::Own, &planned, app.now().plus_days(90).midnight()).await;
    let apart = changes::withdraw(app, &by, Desk::Own, &planned, "x").await;
    for refused in [moved, apart] {
        assert_eq!(refused.err().map(|error| error.code), Some(RefusalCode::StateForbids));
    }
    assert!(changes::show(app, &by, Desk::Own, &planned).await.unwrap().notified);
    let again = written(app, &by, Kind::BusinessId, &fields).await;
    assert!(looked(app, &by, &again).await.obstacles.iter().any(|one| one.why == change::Why::AnotherChange));
    // Whoever takes the notification back takes the plan back with it.
    let foreign = notifications::withdraw(app, &member_of(INTERMEDIARY), &number, "x").await;
    assert_eq!(foreign.err().map(|error| error.code), Some(RefusalCode::NotFound));
    notifications::withdraw(app, &by, &number, "the number stays").await.unwrap();
    assert_eq!(followed().await.course, change::Course::Withdrawn);
}
