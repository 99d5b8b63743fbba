//! Moves of access points, their links, addresses and certificates; and what is watched besides calls.

use crate::moves::{LEADER, NEW, OLD, approved, joiner, leader, oid, rows, seen, sent, standings, until};
use crate::notifications::{lepola, point, right};
use crate::on_both;
use crate::outbound::{LEPOLA, POINT, UNIT, handed};
use async_trait::async_trait;
use liitos_domain::application::{FieldProblem, Form};
use liitos_domain::directory::{AccessPoint, CollectionPoint, Effect, Joiner, Link, LinkRole, Network, SeenCall};
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::moves::{Consent, Course, Halt, Kind, LeftOut, Standing};
use liitos_domain::notice::{MoveNews, Notice};
use liitos_domain::outbound::{Brought, Tried};
use liitos_domain::{Interval, Moment, RefusalCode, Service, Sha256Hash};
use liitos_pki::authority::{Authority, Profile};
use liitos_service::App;
use liitos_service::directory::calls;
use liitos_service::moves;
use liitos_service::notices;
use liitos_service::outbound::{deliver_due, take};
use liitos_service::ports::OutboundDoor;
use liitos_store::outbound::Message;
use liitos_testkit::{Database, TestApp, member_of};
use std::net::IpAddr;
use std::sync::Arc;

const BESIDE: &str = "1.2.246.537.6.918.18.900077.13.5";
/// Where the leader's two access points stand.
const THERE: [&str; 2] = ["203.0.113.1", "203.0.113.2"];

fn linked(of: &str, address: &str) -> AccessPoint {
    let link = Link {
        network: Network::Private,
        role: LinkRole::Primary,
        dns_name: "vanha.test".into(),
        addresses: vec![address.parse().unwrap()],
        halls: vec![],
    };
    AccessPoint { links: vec![link], ..point(of) }
}

fn collection(address: &str) -> CollectionPoint {
    let behind = AccessPointOid::parse(OLD).unwrap();
    CollectionPoint {
        administrator: behind.administrator(),
        name: "Pohjoinen".into(),
        country: "FI".into(),
        addresses: vec![address.parse().unwrap()],
        access_points: vec![behind],
        proxy_header: true,
        valid: Interval::from(Moment::parse("2020-01-01").unwrap()),
    }
}

/// An intermediary's two access points, one of them used by a joiner; another's collection point.
async fn points(test: &TestApp) {
    let valid = Interval::from(Moment::parse("2020-01-01").unwrap());
    let effect = Effect {
        joiners_opened: vec![Joiner { oid: oid(&joiner(0)), rate: Default::default(), valid }],
        access_points_opened: vec![point(OLD), linked(NEW, THERE[0]), linked(BESIDE, THERE[1])],
        collection_points_opened: vec![collection("198.51.100.9")],
        rights_opened: vec![right(&joiner(0), Service::PatientData, NEW, None)],
        ..Effect::default()
    };
    test.record(&effect).await;
}

/// A move that begins in thirty days: its number, when it begins, and what was wrong in it.
async fn begun(
    test: &TestApp,
    (kind, targets): (Kind, &str),
    more: &[(&str, &str)],
) -> (String, Moment, Vec<(String, FieldProblem)>) {
    let app = &test.app;
    let start = Moment::from_seconds(app.now().as_seconds().div_euclid(60) * 60).plus_days(30);
    let civil = start.civil();
    let (day, time) = (civil.date().to_string(), civil.strftime("%H:%M:%S").to_string());
    let mut fields = vec![("title", "Uusi sali"), ("targets", targets), ("start_day", &day), ("start_time", &time)];
    fields.extend(more);
    let form = Form(fields.into_iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect());
    let number = moves::begin(app, &leader(), kind).await.unwrap();
    let wrong = moves::save(app, &leader(), &number, (1, form)).await.unwrap();
    (number, start, wrong.into_iter().map(|error| (error.field, error.problem)).collect())
}

/// An access point as it is at a moment.
async fn at(app: &App, of: &str, when: Moment) -> AccessPoint {
    let held = rows(app).await.access_points;
    held.into_iter().find(|row| row.oid.as_str() == of && row.valid.contains(when)).unwrap()
}

/// The links of an access point at a moment: which, and its addresses.
async fn links(app: &App, of: &str, when: Moment) -> Vec<(LinkRole, String)> {
    let said = |link: &Link| {
        let all: Vec<String> = link.addresses.iter().map(ToString::to_string).collect();
        (link.role, all.join(" "))
    };
    at(app, of, when).await.links.iter().map(said).collect()
}

/// What a gateway saw of an access point, and nothing more.
fn call(of: &str, at: Moment) -> SeenCall {
    SeenCall {
        at,
        decision: None,
        certificate: Sha256Hash::of(b"certificate"),
        access_point: AccessPointOid::parse(of).ok(),
        source: None,
        represented: None,
        joiner: None,
        service: None,
        operation: None,
        refused: None,
        place: "200".into(),
        version: None,
        stands_for: 1,
        system: None,
        message: None,
        behind: Vec::new(),
    }
}

/// So many handshakes that were refused with a certificate that names an access point, from an address.
async fn refused(app: &App, of: &str, (from, count): (&str, i64), when: Moment) {
    let source = Some(from.parse::<IpAddr>().unwrap());
    let handshake = |nth: i64| SeenCall { source, place: "unknown-issuer".into(), ..call(of, when.plus_seconds(nth)) };
    let all: Vec<SeenCall> = (0..count).map(handshake).collect();
    calls::take(app, &Sha256Hash::of(b"gateway"), &all).await.unwrap();
}

on_both!(links_are_moved_and_go_back_where_handshakes_fail, links_moved);

async fn links_moved(database: Database) {
    use LinkRole::{Backup, Primary};
    let test = TestApp::start(database).await;
    let app = &test.app;
    points(&test).await;
    let taken = format!("{NEW} uusi.test 198.51.100.9");
    let (number, _, wrong) = begun(&test, (Kind::Address, &taken), &[]).await;
    assert_eq!(wrong, []);
    let hindrance = seen(app, &number).await.looked.unwrap().hindrance();
    assert_eq!(hindrance, Some(format!("address-taken: 198.51.100.9 – {NEW}")), "another's collection point is there");
    let lines =
        format!("{NEW} uusi.test 203.0.113.11\n{BESIDE} toinen.test 203.0.113.12\n{NEW} backup vara.test 203.0.113.13");
    let paced = [("canary", "1"), ("pause", "10"), ("overlap", "5"), ("least", "3")];
    let (number, start, wrong) = begun(&test, (Kind::Address, &lines), &paced).await;
    assert_eq!(wrong, []);
    sent(app, &number).await;
    assert!(seen(app, &number).await.consents.values().all(|how| *how == Consent::Needless), "its own");
    approved(app, &number).await;
    moves::tell_of_moves(app).await.unwrap();
    let coming = |one: &Notice| matches!(one, Notice::Move { news: MoveNews::Coming, .. });
    let told = notices::own(app, &member_of(&joiner(0))).await.unwrap();
    assert!(told.iter().any(|one| coming(&one.notice)), "who uses it");
    until(&test, start.plus_seconds(-20));
    assert_eq!(moves::go_on(app).await.unwrap(), 1);
    let of = async |when| links(app, NEW, when).await;
    assert_eq!(of(start.plus_seconds(-1)).await, [(Primary, THERE[0].to_owned())]);
    let beside = format!("203.0.113.11 {}", THERE[0]);
    assert_eq!(of(start).await, [(Primary, beside), (Backup, "203.0.113.13".into())]);
    let alone = [(Primary, "203.0.113.11".to_owned()), (Backup, "203.0.113.13".to_owned())];
    assert_eq!(of(start.plus_seconds(300)).await, alone);
    // From anywhere anybody may show a certificate that names it; from its own addresses it does.
    until(&test, start.plus_seconds(100));
    refused(app, NEW, ("192.0.2.77", 50), start.plus_seconds(1)).await;
    refused(app, NEW, ("203.0.113.13", 2), start.plus_seconds(60)).await;
    refused(app, BESIDE, (THERE[1], 9), start.plus_seconds(1)).await;
    assert_eq!(moves::go_on(app).await.unwrap(), 0, "two of its own, and of one that has not moved");
    refused(app, NEW, (THERE[0], 1), start.plus_seconds(90)).await;
    assert_eq!(moves::go_on(app).await.unwrap(), 1);
    assert_eq!(of(app.now()).await, [(Primary, THERE[0].to_owned())], "as before");
    let shown = seen(app, &number).await;
    assert_eq!((shown.one.course, shown.one.halt), (Course::Halted, Some(Halt::Failing)));
    assert_eq!(shown.moved[0].counted.failed, 3);
}

on_both!(whose_address_another_collects_from_by_then_stays, collected);

async fn collected(database: Database) {
    let test = TestApp::start(database).await;
    let app = &test.app;
    points(&test).await;
    let lines = format!("{NEW} uusi.test 203.0.113.11\n{BESIDE} toinen.test 203.0.113.12");
    let (number, start, _) = begun(&test, (Kind::Address, &lines), &[]).await;
    sent(app, &number).await;
    approved(app, &number).await;
    let opened = CollectionPoint { name: "Eteläinen".into(), ..collection("203.0.113.12") };
    test.record(&Effect { collection_points_opened: vec![opened], ..Effect::default() }).await;
    until(&test, start.plus_seconds(-20));
    assert_eq!(moves::go_on(app).await.unwrap(), 1);
    let stays = (Standing::LeftOut, Some(LeftOut::Changed));
    assert_eq!(standings(app, &number).await, [(Standing::Entered, None), stays]);
    assert_eq!(links(app, BESIDE, start).await, [(LinkRole::Primary, THERE[1].to_owned())]);
}

on_both!(certificates_of_another_authority_are_pasted_and_moved, another_authority);

async fn another_authority(database: Database) {
    let test = TestApp::start(database).await;
    let app = &test.app;
    points(&test).await;
    let authority = Authority::create("Uusi varmentaja", app.now()).unwrap();
    let issue = |profile: Profile| authority.issue(&profile, app.now()).unwrap();
    let server = |of: &str| issue(Profile::server(of, "vanha.test"));
    let (first, second, third) = (server(NEW), server(BESIDE), server(NEW));
    // What is no certificate of an access point is told; a key is nowhere kept.
    let unit = issue(Profile::signature(UNIT, "Allekirjoitus"));
    let broken = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----";
    let pasted = [first.certificate_pem.as_str(), broken, &unit.certificate_pem, &first.key_pem].join("\n");
    let (number, _, wrong) = begun(&test, (Kind::Certificates, &pasted), &[]).await;
    let told = |problem| ("targets".to_owned(), problem);
    assert_eq!(wrong, [told(FieldProblem::Certificates), told(FieldProblem::PrivateKey)]);
    let kept = seen(app, &number).await.one.form.text("targets").to_owned();
    assert!(!kept.contains("PRIVATE KEY") && kept.contains(NEW), "{kept}");
    // One that has ended by then is found by the rules.
    let short = issue(Profile { days: 10, ..Profile::server(BESIDE, "vanha.test") });
    let (number, ..) = begun(&test, (Kind::Certificates, &short.certificate_pem), &[]).await;
    assert_eq!(seen(app, &number).await.looked.unwrap().hindrance().as_deref(), Some("certificate-valid"));
    // The link's name stands in one of them at least: the name and the certificate with it can follow each other.
    let renamed = issue(Profile::server(NEW, "uusi.test"));
    let (number, ..) = begun(&test, (Kind::Certificates, &renamed.certificate_pem), &[]).await;
    assert_eq!(seen(app, &number).await.looked.unwrap().hindrance().as_deref(), Some("certificate-primary-name"));
    let both = format!("{}{}", renamed.certificate_pem, first.certificate_pem);
    let (number, ..) = begun(&test, (Kind::Certificates, &both), &[]).await;
    assert_eq!(seen(app, &number).await.looked.unwrap().hindrance(), None);
    // Each says itself which access point it is for.
    let pasted = [&first, &second, &third].map(|issued| issued.certificate_pem.as_str()).join("");
    let (number, start, wrong) = begun(&test, (Kind::Certificates, &pasted), &[("overlap", "0")]).await;
    assert_eq!(wrong, []);
    let [first, second, third] = [first, second, third].map(|issued| Sha256Hash::of(&issued.certificate_der));
    let list = seen(app, &number).await.one.form.text("targets").to_owned();
    assert_eq!(list, format!("{NEW} {first} {third}\n{BESIDE} {second}"));
    sent(app, &number).await;
    approved(app, &number).await;
    until(&test, start.plus_seconds(-20));
    assert_eq!(moves::go_on(app).await.unwrap(), 1);
    assert_eq!(at(app, NEW, start.plus_seconds(-1)).await.certificates, []);
    assert_eq!(at(app, NEW, start).await.certificates, [first, third]);
    assert_eq!(at(app, BESIDE, start).await.certificates, [second]);
}

/// An outbound door that reaches nobody.
struct Nobody;

#[async_trait]
impl OutboundDoor for Nobody {
    async fn bring(&self, _message: &Message) -> Result<Brought, String> {
        let tried = vec![Tried { address: "203.0.113.1:443".into(), problem: "refused".into() }];
        Ok(Brought::Unreached { access_point: AccessPointOid::parse(NEW).unwrap(), tried })
    }
}

/// One that does not work itself.
struct Broken;

#[async_trait]
impl OutboundDoor for Broken {
    async fn bring(&self, _message: &Message) -> Result<Brought, String> {
        Err("no way to a door".into())
    }
}

on_both!(a_move_goes_back_where_units_are_not_reached, not_reached);

async fn not_reached(database: Database) {
    let test = TestApp::start(database).await;
    let app = &test.app;
    lepola(&test).await;
    test.record(&Effect { access_points_opened: vec![point(NEW)], ..Effect::default() }).await;
    let what = [("point", POINT), ("to_point", NEW), ("least", "2"), ("pause", "60")];
    let (number, start, _) = begun(&test, (Kind::Point, LEPOLA), &what).await;
    sent(app, &number).await;
    moves::answer(app, &member_of(LEPOLA), &number, true).await.unwrap();
    approved(app, &number).await;
    until(&test, start.plus_seconds(-20));
    assert_eq!(moves::go_on(app).await.unwrap(), 1);
    until(&test, start.plus_seconds(10));
    let doors: [Arc<dyn OutboundDoor>; 2] = [Arc::new(Broken), Arc::new(Nobody)];
    for message in ["m-1", "m-2"] {
        take(app, &Sha256Hash::of(b"sender"), handed(message, UNIT)).await.unwrap();
    }
    assert_eq!(deliver_due(app, &doors[0]).await.unwrap(), 0);
    assert_eq!(moves::go_on(app).await.unwrap(), 0, "the door's own trouble says nothing of the unit");
    test.clock.advance(5);
    assert_eq!(deliver_due(app, &doors[1]).await.unwrap(), 0);
    assert_eq!(seen(app, &number).await.seen.all.failed, 2);
    assert_eq!(moves::go_on(app).await.unwrap(), 1);
    let ways: Vec<String> = rows(app)
        .await
        .rights
        .into_iter()
        .filter(|row| row.valid.contains(app.now()))
        .map(|row| row.access_point.to_string())
        .collect();
    assert_eq!(ways, [POINT; 3], "as before");
    assert_eq!(seen(app, &number).await.moved[0].counted.failed, 2);
    assert_eq!(seen(app, &number).await.one.leader, oid(LEADER));
}

on_both!(what_passes_with_another_system_hides_nothing, with_another_system);

async fn with_another_system(database: Database) {
    let test = TestApp::start(database).await;
    let app = &test.app;
    points(&test).await;
    let what = [("from_system", "900001"), ("to_system", "900003"), ("least", "2"), ("pause", "60")];
    let (number, start, _) = begun(&test, (Kind::System, &joiner(0)), &what).await;
    sent(app, &number).await;
    moves::answer(app, &member_of(&joiner(0)), &number, true).await.unwrap();
    approved(app, &number).await;
    until(&test, start.plus_seconds(-20));
    assert_eq!(moves::go_on(app).await.unwrap(), 1);
    until(&test, start.plus_seconds(60));
    let with = |nth: i64, system: &str, refused, stands_for| SeenCall {
        decision: Some(format!("D-{nth}")),
        joiner: Some(oid(&joiner(0))),
        system: Some(system.to_owned()),
        refused,
        stands_for,
        ..call(NEW, start.plus_seconds(nth))
    };
    let refused = Some(RefusalCode::NotServed);
    let third = [with(1, "900006", None, 500), with(5, "900006", refused, 9)];
    let calls = [with(2, "900003", None, 7), with(3, "900003", refused, 1)];
    calls::take(app, &Sha256Hash::of(b"gateway"), &third).await.unwrap();
    calls::take(app, &Sha256Hash::of(b"gateway"), &calls).await.unwrap();
    let counted = seen(app, &number).await.seen.all;
    assert_eq!((counted.passed, counted.failed), (7, 1));
    assert_eq!(moves::go_on(app).await.unwrap(), 0, "one is too few");
    calls::take(app, &Sha256Hash::of(b"gateway"), &[with(4, "900001", refused, 1)]).await.unwrap();
    assert_eq!(moves::go_on(app).await.unwrap(), 1, "also what still comes from the system of before fails");
    assert_eq!(seen(app, &number).await.one.halt, Some(Halt::Failing));
}
