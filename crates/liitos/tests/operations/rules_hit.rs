//! Rules asked of what is open: who would fail, and who fails since somebody else joined.

use crate::applications::{LEPOLA, filled_in, form, save};
use crate::archive::HUS;
use crate::on_both;
use liitos_domain::application::Step;
use liitos_domain::directory::{AccessPoint, Effect, Joiner, Link, LinkRole, Network, Right, Rows};
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::notice::Notice;
use liitos_domain::rules::Rulebook;
use liitos_domain::service_code::ConnectionModel;
use liitos_domain::service_code::RateClass;
use liitos_domain::{Interval, Oid, Service};
use liitos_service::directory::open_access_point;
use liitos_service::{applications, notices, rules};
use liitos_store::directory;
use liitos_testkit::{Database, TestApp, case_handler, member_of};

/// HUS with an access point over public internet, which only itself may use.
async fn opened(database: Database) -> TestApp {
    let test = TestApp::start(database).await;
    let (oid, joiner) = (AccessPointOid::parse(&format!("{HUS}.13.2")).unwrap(), Oid::parse(HUS).unwrap());
    let valid = Interval::from(test.app.now());
    let link = |network, role, last: u8| Link {
        halls: Vec::new(),
        network,
        role,
        dns_name: format!("kanta{last}.hus.test"),
        addresses: vec![[198, 20, 0, last].into()],
    };
    let point = AccessPoint {
        administrator: oid.administrator(),
        oid: oid.clone(),
        system: "900001".into(),
        country: "FI".into(),
        links: vec![link(Network::Public, LinkRole::Primary, 1), link(Network::Public, LinkRole::Backup, 2)],
        certificates: vec![],
        valid,
    };
    let right = Right {
        grandfathered: false,
        joiner: joiner.clone(),
        service: Service::PatientData,
        access_point: oid,
        system: "900001".into(),
        unit: None,
        organiser: None,
        model: ConnectionModel::Direct,
        valid,
    };
    let effect = Effect {
        joiners_opened: vec![Joiner { oid: joiner, rate: RateClass::Ordinary, valid }],
        access_points_opened: vec![point],
        rights_opened: vec![right],
        ..Effect::default()
    };
    test.record(&effect).await;
    test
}

async fn newest(test: &TestApp) -> Rows {
    let db = test.app.store.read();
    directory::rows(db, directory::version(db).await.unwrap()).await.unwrap()
}

on_both!(whoever_opens_what_breaks_a_rule_is_told_at_once, abroad);

async fn abroad(database: Database) {
    let test = opened(database).await;
    let mut point = newest(&test).await.access_points.remove(0);
    point.oid = AccessPointOid::parse(&format!("{HUS}.13.3")).unwrap();
    point.country = "US".into();
    open_access_point(&test.app, &case_handler(), point).await.unwrap();
    let told = notices::office(&test.app, &case_handler()).await.unwrap();
    let about = told.iter().find_map(|stored| match &stored.notice {
        Notice::Rule { rule, touches, .. } if rule == "location-eu" => Some(touches.access_points[0].to_string()),
        _ => None,
    });
    assert_eq!(about, Some(format!("{HUS}.13.3")), "{told:?}");
}

on_both!(a_second_joiner_ends_what_public_internet_was_allowed_for, second);

async fn second(database: Database) {
    let test = opened(database).await;
    let rule = Rulebook::standard().find("public-alone").unwrap();
    let alone = rules::hit(&test.app, rule, test.app.now()).await.unwrap();
    assert_eq!((alone.hit.len(), alone.kept), (0, 1));

    let (actor, staff) = (member_of(LEPOLA), case_handler());
    let number = filled_in(&test, &actor, Service::PatientData).await;
    let through = form(&[
        ("connection", "existing"),
        ("existing_oid", &format!("{HUS}.13.2")),
        ("system", "900001"),
        ("signer", "own"),
    ]);
    assert_eq!(save(&test, &actor, &number, Step::AccessPoints, 1, through).await.unwrap(), 0);
    // Who applies as the second user is told before sending, and cannot send.
    let refused = applications::send(&test.app, &actor, &number, Default::default()).await.unwrap_err();
    assert_eq!((refused.code, refused.place.as_str()), (liitos_domain::RefusalCode::FormInvalid, "public-alone"));

    // Where the right came about otherwise, the administrator is told, once.
    let rows = newest(&test).await;
    let (mut right, joiner) = (rows.rights[0].clone(), Oid::parse(LEPOLA).unwrap());
    right.joiner = joiner.clone();
    let joiners_opened = vec![Joiner { oid: joiner, rate: RateClass::Ordinary, valid: right.valid }];
    test.record(&Effect { joiners_opened, rights_opened: vec![right], ..Effect::default() }).await;
    assert!(rules::watch(&test.app).await.unwrap() > 0);
    assert_eq!(rules::watch(&test.app).await.unwrap(), 0, "once");
    let told = notices::office(&test.app, &staff).await.unwrap();
    let of_hus = told.iter().find_map(|stored| match &stored.notice {
        Notice::Rule { rule, touches, .. } if stored.joiner.as_str() == HUS && rule == "public-alone" => Some(touches),
        _ => None,
    });
    assert_eq!(of_hus.unwrap().access_points.len(), 1, "{told:?}");
    let both = rules::hit(&test.app, rule, test.app.now()).await.unwrap();
    assert_eq!(both.hit.iter().map(|hit| hit.joiner.as_str()).collect::<Vec<_>>(), [LEPOLA, HUS]);
    assert!(both.hit[1].answers.iter().all(|answer| answer.place.starts_with("access_point[1]")));
}

on_both!(a_planned_rule_is_asked_before_it_takes_effect, planned);

async fn planned(database: Database) {
    let test = opened(database).await;
    let text = "[[rule]]\nid = \"abroad-only\"\nfrom = \"2030-01-01\"\nseverity = \"error\"\nmender = \"joiner\"\n\
                sources = [{ document = \"published\" }]\ncheck = { name = \"location\", countries = [\"SE\"] }\n";
    let book = Rulebook::load(&[("planned.toml", text)]).unwrap();
    let rule = book.find("abroad-only").unwrap();
    let hits = rules::hit(&test.app, rule, rule.valid().from).await.unwrap();
    assert_eq!((hits.hit.len(), hits.hit[0].joiner.as_str(), hits.kept), (1, HUS, 0));
    assert_eq!(hits.hit[0].answers[0].found, "FI");
    // The registers say what nobody typed: an entry that has ended by then is found too.
    let valid = Rulebook::standard().find("system-valid").unwrap();
    let later = rules::hit(&test.app, valid, test.app.now().plus_days(3650)).await.unwrap();
    assert_eq!(later.hit.len(), 1, "the system's certificate has ended by then");
}
