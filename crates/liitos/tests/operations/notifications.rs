//! Change notifications: written, sent, approved, in force by themselves on their day, and taken back before it.

use crate::archive::HUS;
use crate::controller_runs::{NEW, OLD, Two};
use crate::on_both;
use crate::outbound::{LEPOLA, POINT, UNIT, handed};
use liitos_domain::application::Form;
use liitos_domain::archive::RunState;
use liitos_domain::directory::{AccessPoint, Effect, Joiner, Right, Rows};
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::notice::{Notice, NotificationNews};
use liitos_domain::notification::{Course, Kind, What};
use liitos_domain::rules::Severity;
use liitos_domain::service_code::ConnectionModel;
use liitos_domain::{Interval, Moment, Oid, RefusalCode, Service, Sha256Hash};
use liitos_pki::seal::{SealVerifier, SealedReport};
use liitos_service::notices::Desk;
use liitos_service::notifications::{self, FinalReport, Looked, Shown};
use liitos_service::outbound::take;
use liitos_service::{Actor, App, ServiceError, controller_runs as runs, messages};
use liitos_testkit::{Database, TestApp, case_handler, member_of, second_registrar};
use liitos_texts::Language;

const INTERMEDIARY: &str = "1.2.246.537.6.918.18.900077";
const SPARE: &str = "1.2.246.10.99999036.10.0.13.2";

fn oid(text: &str) -> Oid {
    Oid::parse(text).unwrap()
}

fn code<T>(outcome: Result<T, ServiceError>) -> Option<RefusalCode> {
    outcome.err().map(|error| error.code)
}

/// The hash of nothing that was shown.
fn nothing() -> Sha256Hash {
    Sha256Hash::of(b"nothing")
}

fn form(fields: &[(&str, &str)]) -> Form {
    Form(fields.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect())
}

/// An access point, open long since.
pub(crate) fn point(of: &str) -> AccessPoint {
    let oid = AccessPointOid::parse(of).unwrap();
    AccessPoint {
        administrator: oid.administrator(),
        oid,
        system: "900001".into(),
        country: "FI".into(),
        links: vec![],
        certificates: vec![],
        valid: Interval::from(Moment::parse("2020-01-01").unwrap()),
    }
}

pub(crate) fn right(joiner: &str, service: Service, through: &str, unit: Option<&str>) -> Right {
    Right {
        joiner: oid(joiner),
        service,
        access_point: AccessPointOid::parse(through).unwrap(),
        system: "900001".into(),
        unit: unit.map(oid),
        organiser: None,
        model: ConnectionModel::Direct,
        grandfathered: false,
        valid: Interval::from(Moment::parse("2020-01-01").unwrap()),
    }
}

/// Lepola uses prescriptions and patient data through its own point, and one unit receives there; it has a spare point.
pub(crate) async fn lepola(test: &TestApp) {
    let valid = Interval::from(Moment::parse("2020-01-01").unwrap());
    let effect = Effect {
        joiners_opened: vec![Joiner { oid: oid(LEPOLA), rate: Default::default(), valid }],
        access_points_opened: vec![point(POINT), point(SPARE)],
        rights_opened: vec![
            right(LEPOLA, Service::Prescription, POINT, None),
            right(LEPOLA, Service::PatientData, POINT, None),
            right(LEPOLA, Service::RenewalReception, POINT, Some(UNIT)),
        ],
        ..Effect::default()
    };
    test.record(&effect).await;
}

async fn rows(app: &App) -> Rows {
    liitos_store::directory::rows(app.store.read(), u64::MAX >> 1).await.unwrap()
}

/// The rights of somebody at a moment: service, point, system.
async fn rights(app: &App, joiner: &str, at: Moment) -> Vec<(Service, String, String)> {
    let held = rows(app).await.rights.into_iter().filter(|row| row.joiner == oid(joiner) && row.valid.contains(at));
    let mut held: Vec<_> = held.map(|row| (row.service, row.access_point.to_string(), row.system)).collect();
    held.sort();
    held
}

/// What is filled in: the number of the notification.
pub(crate) async fn written(app: &App, by: &Actor, kind: Kind, fields: &[(&str, &str)]) -> String {
    let number = notifications::begin(app, by, kind).await.unwrap();
    let wrong = notifications::save(app, by, &number, (1, form(fields))).await.unwrap();
    assert_eq!(wrong, []);
    number
}

async fn seen(app: &App, by: &Actor, number: &str) -> Shown {
    notifications::show(app, by, Desk::Own, number).await.unwrap()
}

pub(crate) async fn looked(app: &App, by: &Actor, number: &str) -> Looked {
    seen(app, by, number).await.looked.unwrap()
}

pub(crate) async fn sent(app: &App, by: &Actor, number: &str) {
    let shown = looked(app, by, number).await;
    assert_eq!(shown.hindrance(), None);
    notifications::send(app, by, number, &shown.hash).await.unwrap();
}

pub(crate) async fn approved(app: &App, number: &str) {
    let shown = notifications::show(app, &case_handler(), Desk::Office, number).await.unwrap();
    notifications::approve(app, &case_handler(), number, &shown.looked.unwrap().hash).await.unwrap();
}

/// What somebody was told of notifications.
pub(crate) async fn told(app: &App, joiner: &str) -> Vec<(Kind, NotificationNews)> {
    let all = liitos_store::notices::open(app.store.read(), Some(&oid(joiner)), 100).await.unwrap();
    let news = |notice: &Notice| match notice {
        Notice::Notification { what, news, .. } => Some((*what, *news)),
        _ => None,
    };
    all.iter().filter_map(|stored| news(&stored.notice)).collect()
}

pub(crate) fn day_of(app: &App, days: i64) -> (Moment, String) {
    let day = app.now().plus_days(days).midnight();
    (day, day.civil().date().to_string())
}

on_both!(a_notified_change_comes_into_force_by_itself, by_itself);

async fn by_itself(database: Database) {
    let test = TestApp::start(database).await;
    lepola(&test).await;
    let (app, by) = (&test.app, member_of(LEPOLA));
    let (day, on) = day_of(app, 30);
    let number = notifications::begin(app, &by, Kind::Swap).await.unwrap();
    assert!(number.starts_with("I2026-"), "{number}");
    // What is typed wrong is kept, and told.
    let wrong = notifications::save(app, &by, &number, (1, form(&[("point", "1.2.3"), ("day", &on)]))).await.unwrap();
    let fields: Vec<&str> = wrong.iter().map(|error| error.field.as_str()).collect();
    assert_eq!(fields, ["point", "to_point"]);
    assert_eq!(seen(app, &by, &number).await.notification.form.text("point"), "1.2.3");
    assert_eq!(code(notifications::send(app, &by, &number, &nothing()).await), Some(RefusalCode::FormInvalid));
    let right = [("point", POINT), ("to_point", SPARE), ("day", on.as_str()), ("not_asked", "x")];
    assert_eq!(code(notifications::save(app, &by, &number, (1, form(&right))).await), Some(RefusalCode::DraftChanged));
    assert_eq!(notifications::save(app, &by, &number, (2, form(&right))).await.unwrap(), []);
    assert_eq!(seen(app, &by, &number).await.notification.form.text("not_asked"), "", "what nobody asks is not kept");
    let shown = looked(app, &by, &number).await;
    assert_eq!((shown.findings, shown.outcomes.len(), shown.obstacles), (vec![], 0, vec![]));
    assert_eq!((shown.effect.rights_closed.len(), shown.effect.rights_opened.len()), (3, 3), "the unit goes along");

    // Nobody else sees it, and it is sent as it was shown.
    let stranger = member_of(HUS);
    assert_eq!(code(notifications::show(app, &stranger, Desk::Own, &number).await), Some(RefusalCode::NotFound));
    assert_eq!(
        code(notifications::show(app, &case_handler(), Desk::Office, &number).await),
        Some(RefusalCode::NotFound),
        "not before it is sent"
    );
    let other = Sha256Hash::of(b"other");
    assert_eq!(code(notifications::send(app, &by, &number, &other).await), Some(RefusalCode::DraftChanged));
    sent(app, &by, &number).await;
    assert_eq!(code(notifications::send(app, &by, &number, &nothing()).await), Some(RefusalCode::StateForbids));
    assert_eq!(code(notifications::approve(app, &by, &number, &other).await), Some(RefusalCode::NotAllowed));

    // Given back, it is mended and sent again.
    let office = case_handler();
    assert_eq!(code(notifications::give_back(app, &office, &number, " ").await), Some(RefusalCode::FormInvalid));
    notifications::give_back(app, &office, &number, "why so soon?").await.unwrap();
    assert_eq!(told(app, LEPOLA).await, [(Kind::Swap, NotificationNews::GivenBack)]);
    sent(app, &by, &number).await;
    assert_eq!(code(notifications::approve(app, &office, &number, &other).await), Some(RefusalCode::EffectChanged));
    approved(app, &number).await;
    assert!(told(app, LEPOLA).await.contains(&(Kind::Swap, NotificationNews::Approved)));
    // It holds from its day on, and not before.
    let through = async |at| rights(app, LEPOLA, at).await.into_iter().map(|(_, point, _)| point).collect::<Vec<_>>();
    assert_eq!(through(day.plus_seconds(-1)).await, [POINT; 3]);
    assert_eq!(through(day).await, [SPARE; 3]);

    // Taken back before its day, everything stays; then no more.
    assert_eq!(code(notifications::withdraw(app, &stranger, &number, "x").await), Some(RefusalCode::NotFound));
    notifications::withdraw(app, &by, &number, "not after all").await.unwrap();
    assert_eq!(through(day).await, [POINT; 3]);
    assert_eq!(code(notifications::withdraw(app, &by, &number, "x").await), Some(RefusalCode::StateForbids));
    let history: Vec<String> = seen(app, &by, &number).await.history.into_iter().map(|event| event.what).collect();
    let expected = ["withdrawn", "approved", "sent", "given-back", "sent", "saved", "saved", "begun"];
    assert_eq!(history, expected);
    let again = written(app, &by, Kind::Swap, &[("point", POINT), ("to_point", SPARE), ("day", &on)]).await;
    sent(app, &by, &again).await;
    approved(app, &again).await;
    test.clock.advance(31 * 86_400);
    assert_eq!(code(notifications::withdraw(app, &by, &again, "late").await), Some(RefusalCode::StateForbids));
}

on_both!(what_ends_ones_own_waits_for_nobody, own_end);

async fn own_end(database: Database) {
    let test = TestApp::start(database).await;
    lepola(&test).await;
    let (app, by) = (&test.app, member_of(LEPOLA));
    let (day, on) = day_of(app, 30);
    let used = format!("patient-data {POINT} 900001");
    let number = written(app, &by, Kind::EndUse, &[("right", &used), ("day", &on)]).await;
    sent(app, &by, &number).await;
    assert_eq!(seen(app, &by, &number).await.notification.course, Course::Approved);
    let services =
        async |at| rights(app, LEPOLA, at).await.into_iter().map(|(service, ..)| service).collect::<Vec<_>>();
    assert!(services(day.plus_seconds(-1)).await.contains(&Service::PatientData));
    assert!(!services(day).await.contains(&Service::PatientData));
    // A system that no register knows, or that is not certified, is told by the rules of the day.
    let unknown = [("right", &*format!("prescription {POINT} 900001")), ("system", "999999"), ("day", &on)];
    let unknown = written(app, &by, Kind::System, &unknown).await;
    let broken = looked(app, &by, &unknown).await.outcomes;
    assert!(broken.iter().any(|outcome| outcome.rule.severity == Severity::Error), "{broken:?}");
    assert_eq!(code(notifications::send(app, &by, &unknown, &nothing()).await), Some(RefusalCode::FormInvalid));
    // The last service is not left, but ended with the joining.
    let last = written(app, &by, Kind::Leave, &[("service", "prescription"), ("day", &on)]).await;
    let found = looked(app, &by, &last).await.findings;
    assert!(found.iter().any(|one| one.what == What::LastService && one.severity == Severity::Error));
    assert_eq!(code(notifications::send(app, &by, &last, &nothing()).await), Some(RefusalCode::FormInvalid));
    // Whoever only sees to technical matters leaves nothing.
    let technical = Actor {
        organisations: vec![liitos_service::Organisation {
            oid: oid(LEPOLA),
            positions: vec![liitos_domain::Position::Technical],
        }],
        ..member_of(LEPOLA)
    };
    assert_eq!(code(notifications::send(app, &technical, &last, &nothing()).await), Some(RefusalCode::NotAllowed));
}

on_both!(a_unit_with_requests_is_not_closed, requests);

async fn requests(database: Database) {
    let test = TestApp::start(database).await;
    lepola(&test).await;
    let (app, by) = (&test.app, member_of(LEPOLA));
    take(app, &Sha256Hash::of(b"sender"), handed("m-1", UNIT)).await.unwrap();
    let (day, on) = day_of(app, 7);
    let fields = [("units", UNIT), ("day", on.as_str()), ("expedited", "it closes")];
    let number = written(app, &by, Kind::EndReception, &fields).await;
    let found = looked(app, &by, &number).await.findings;
    assert_eq!(found[0].what, What::RequestsUnanswered);
    assert_eq!(found[0].of, format!("{UNIT} (1)"));
    assert_eq!(code(notifications::send(app, &by, &number, &nothing()).await), Some(RefusalCode::FormInvalid));
    // Nor does it by anything else that would close it.
    let leave = [("service", "prescription"), ("day", on.as_str()), ("expedited", "it closes")];
    let leave = written(app, &by, Kind::Leave, &leave).await;
    assert!(looked(app, &by, &leave).await.findings.iter().any(|one| one.what == What::RequestsUnanswered));
    // A joining that ends sooner than they would lapse is not ended, either; later they have lapsed.
    let (_, later) = day_of(app, 30);
    for (on, ends) in [(&on, false), (&later, true)] {
        let grounds = [("grounds", "activity-ends"), ("day", on.as_str()), ("expedited", "it closes")];
        let ending = written(app, &by, Kind::Termination, &grounds).await;
        assert_eq!(looked(app, &by, &ending).await.sound(), ends, "{:?}", looked(app, &by, &ending).await.hindrance());
    }
    // Answered, it closes, and the code service is written to.
    let tx = app.store.begin().await.unwrap();
    assert_eq!(
        liitos_store::outbound::pass_on(&tx, (&oid(UNIT), &oid("1.2.3")), (app.now(), app.now().plus_days(-8)))
            .await
            .unwrap(),
        1
    );
    tx.commit().await.unwrap();
    sent(app, &by, &number).await;
    assert!(rights(app, LEPOLA, day).await.iter().all(|(service, ..)| *service != Service::RenewalReception));
    messages::deliver_due(app).await.unwrap();
    let letters = |what: &str| -> Vec<String> {
        let all = test.mailbox.all().into_iter().filter(|mail| mail.to.ends_with("@virasto.test"));
        let mut to: Vec<String> = all.filter(|mail| mail.body.contains(what)).map(|mail| mail.to).collect();
        to.sort();
        to
    };
    let both = ["kanta@virasto.test", "koodistopalvelu@virasto.test"];
    assert_eq!(letters("eivät enää vastaanota"), both);
    assert!(test.mailbox.all().iter().any(|mail| mail.body.contains(UNIT) && mail.to == both[1]));
    // Taken back, both are told, too, and it receives again.
    notifications::withdraw(app, &by, &number, "it stays").await.unwrap();
    messages::deliver_due(app).await.unwrap();
    assert_eq!(letters("perunut"), both);
    assert!(rights(app, LEPOLA, day).await.iter().any(|(service, ..)| *service == Service::RenewalReception));
}

on_both!(a_unit_begins_to_receive_and_stops_with_what_it_has_answered, begins);

async fn begins(database: Database) {
    const OTHER: &str = "1.2.246.10.99999036.10.2";
    let test = TestApp::start(database).await;
    lepola(&test).await;
    let (app, by) = (&test.app, member_of(LEPOLA));
    let (day, on) = day_of(app, 25);
    // One is to end on a later day, and begins anew before that: it goes on.
    let (later, end) = day_of(app, 30);
    let ends = written(app, &by, Kind::EndReception, &[("units", UNIT), ("day", &end)]).await;
    sent(app, &by, &ends).await;
    let both = format!("{UNIT} {OTHER}");
    let fields = [("units", both.as_str()), ("to_point", POINT), ("system", "900001"), ("day", &on)];
    let number = written(app, &by, Kind::Reception, &fields).await;
    sent(app, &by, &number).await;
    approved(app, &number).await;
    let receives = async |unit: &str, at: Moment| {
        rows(app).await.rights.iter().any(|row| row.unit == Some(oid(unit)) && row.valid.contains(at))
    };
    assert!(receives(UNIT, later).await && receives(OTHER, day).await && !receives(OTHER, day.plus_seconds(-1)).await);
    messages::deliver_due(app).await.unwrap();
    let letters: Vec<_> =
        test.mailbox.all().into_iter().filter(|mail| mail.to == "koodistopalvelu@virasto.test").collect();
    assert!(letters.iter().any(|mail| mail.body.contains("vastaanottavat") && mail.body.contains(OTHER)));
    // A request that lives beyond the day is taken now, and stands in the way of taking that back.
    test.clock.advance(23 * 86_400);
    take(app, &Sha256Hash::of(b"sender"), handed("m-1", UNIT)).await.unwrap();
    let back = notifications::withdraw(app, &by, &number, "x").await;
    assert_eq!(code(back), Some(RefusalCode::RequestsUnanswered));
    assert!(receives(UNIT, later).await);
}

on_both!(an_administrator_notifies_for_whoever_uses_its_point, on_behalf);

async fn on_behalf(database: Database) {
    let test = TestApp::start(database).await;
    lepola(&test).await;
    let used = format!("{INTERMEDIARY}.13.4");
    test.record(&Effect {
        access_points_opened: vec![point(&used)],
        rights_opened: vec![right(LEPOLA, Service::ImagingData, &used, None)],
        ..Effect::default()
    })
    .await;
    let (app, by) = (&test.app, member_of(INTERMEDIARY));
    let (day, on) = day_of(app, 30);
    let links = [
        ("point", used.as_str()),
        ("own_country", "FI"),
        ("own_network", "private"),
        ("own_dns", "kanta.valittaja.test"),
        ("own_addresses", "203.0.113.9"),
        ("day", &on),
    ];
    let number = written(app, &by, Kind::Link, &links).await;
    assert_eq!(looked(app, &by, &number).await.users, [oid(LEPOLA)].into());
    sent(app, &by, &number).await;
    assert_eq!(told(app, LEPOLA).await, []);
    approved(app, &number).await;
    assert_eq!(told(app, LEPOLA).await, [(Kind::Link, NotificationNews::OnBehalf)]);
    let links = async |at| {
        let held = rows(app).await.access_points;
        held.into_iter().find(|row| row.oid.as_str() == used && row.valid.contains(at)).unwrap().links.len()
    };
    assert_eq!((links(day.plus_seconds(-1)).await, links(day).await), (0, 1));
    // What somebody has moved to since is not taken back from under them.
    let new = format!("{INTERMEDIARY}.13.5");
    let fields = [("own_oid", new.as_str()), ("system", "900003"), ("own_country", "FI"), ("own_network", "private")];
    let fields = [&fields[..], &[("own_dns", "b.test"), ("own_addresses", "203.0.113.8"), ("day", &on)]].concat();
    let opened = written(app, &by, Kind::Point, &fields).await;
    sent(app, &by, &opened).await;
    approved(app, &opened).await;
    let (_, later) = day_of(app, 40);
    let used_too = [("service", "patient-data"), ("to_point_other", new.as_str()), ("system", "900001")];
    let used_too = [&used_too[..], &[("agreed", "yes"), ("day", &later)]].concat();
    let customer = member_of(LEPOLA);
    let used_too = written(app, &customer, Kind::Use, &used_too).await;
    sent(app, &customer, &used_too).await;
    approved(app, &used_too).await;
    assert!(told(app, INTERMEDIARY).await.contains(&(Kind::Use, NotificationNews::OfCustomer)));
    assert_eq!(code(notifications::withdraw(app, &by, &opened, "x").await), Some(RefusalCode::EffectChanged));
    notifications::withdraw(app, &customer, &used_too, "x").await.unwrap();
    notifications::withdraw(app, &by, &opened, "x").await.unwrap();
    // A point that somebody uses is not retired, nor is another's changed.
    let retire = written(app, &by, Kind::RetirePoint, &[("point", &used), ("day", &on)]).await;
    assert_eq!(looked(app, &by, &retire).await.findings[0].what, What::PointInUse);
    let foreign = written(app, &member_of(LEPOLA), Kind::RetirePoint, &[("point", &used), ("day", &on)]).await;
    let found = looked(app, &member_of(LEPOLA), &foreign).await.findings;
    assert!(found.iter().any(|one| one.what == What::PointOfAnother));
    // What an intermediary says of itself is the operator's to know.
    let (_, soon) = day_of(app, 1);
    let plan = written(app, &by, Kind::Intermediary, &[("security_plan", "2026-10-01"), ("day", &soon)]).await;
    sent(app, &by, &plan).await;
    approved(app, &plan).await;
    let shown = seen(app, &by, &plan).await;
    assert_eq!((shown.notification.course, shown.notification.version), (Course::Approved, None));
}

on_both!(documents_move_by_a_run_that_is_ordered_with_the_approval, run_ordered);

async fn run_ordered(database: Database) {
    let two = Two::start(database).await;
    two.first(1).await;
    let (app, by) = (&two.test.app, member_of(HUS));
    let (day, on) = day_of(app, 30);
    let fields = [("from_controller", OLD), ("to_controller", NEW), ("day", on.as_str())];
    let number = written(app, &by, Kind::Controller, &fields).await;
    let found = looked(app, &by, &number).await.findings;
    let found: Vec<_> = found.iter().map(|one| (one.what, one.of.as_str())).collect();
    assert!(matches!(found[..], [(What::NoRunDay, _), (What::DocumentsMove, "1")]), "{found:?}");
    runs::add_day(app, &case_handler(), day).await.unwrap();
    sent(app, &by, &number).await;
    approved(app, &number).await;
    let notification = seen(app, &by, &number).await.notification;
    let run = notification.run.clone().unwrap();
    let ordered = runs::status(app, &case_handler(), &run).await.unwrap().run.order;
    assert_eq!((ordered.from, ordered.to, ordered.run_at, ordered.basis), (oid(OLD), oid(NEW), day, number.clone()));
    // It is the operator's to call off; then there is nothing to hold on to.
    assert_eq!(code(notifications::withdraw(app, &by, &number, "x").await), Some(RefusalCode::StateForbids));
    runs::cancel(app, &case_handler(), &run, "not agreed on").await.unwrap();
    assert_eq!(seen(app, &by, &number).await.run, Some(RunState::Cancelled));
    notifications::withdraw(app, &by, &number, "not agreed on").await.unwrap();
}

on_both!(a_joining_ends_once_everything_is_settled, terminated);

async fn terminated(database: Database) {
    let two = Two::start(database).await;
    two.first(1).await;
    let (app, by) = (&two.test.app, member_of(HUS));
    let (day, on) = day_of(app, 30);
    let number = written(app, &by, Kind::Termination, &[("grounds", "supplier"), ("day", &on)]).await;
    let found = looked(app, &by, &number).await.findings;
    assert_eq!(found.iter().map(|one| one.what).collect::<Vec<_>>(), [What::SupplierOnly], "that is something else");
    let grounds = [("grounds", "reorganisation"), ("custodian", NEW), ("day", on.as_str())];
    notifications::save(app, &by, &number, (2, form(&grounds))).await.unwrap();
    // Its documents have to be somebody's first.
    let shown = looked(app, &by, &number).await;
    let found: Vec<What> = shown.findings.iter().map(|one| one.what).collect();
    assert_eq!((found, shown.obstacles), (vec![What::RunNotOrdered], vec![]));
    assert_eq!(code(notifications::send(app, &by, &number, &nothing()).await), Some(RefusalCode::FormInvalid));
    runs::add_day(app, &case_handler(), day).await.unwrap();
    let order = liitos_domain::archive::Order { run_at: day, ..two.order() };
    let run = runs::order(app, &case_handler(), order).await.unwrap();
    let shown = looked(app, &by, &number).await;
    assert!(!shown.effect.joiners_ended.is_empty() && shown.effect.rights_opened.is_empty());
    sent(app, &by, &number).await;
    // Whose they are then two have to have decided before, and it is not called off behind it.
    let looked = notifications::show(app, &case_handler(), Desk::Office, &number).await.unwrap().looked.unwrap();
    assert!(looked.findings.iter().any(|one| one.what == What::RunNotApproved), "{:?}", looked.findings);
    let early = notifications::approve(app, &case_handler(), &number, &looked.hash).await;
    assert_eq!(code(early), Some(RefusalCode::FormInvalid));
    let dry = runs::dry_run(app, &second_registrar(), &run).await.unwrap().hash;
    for by in [case_handler(), second_registrar()] {
        runs::approve(app, &by, &run, &dry).await.unwrap();
    }
    approved(app, &number).await;
    assert_eq!(code(runs::cancel(app, &case_handler(), &run, "turha").await), Some(RefusalCode::StateForbids));
    assert!(!rights(app, HUS, day.plus_seconds(-1)).await.is_empty());
    assert_eq!(rights(app, HUS, day).await, []);
    assert!(!rows(app).await.is_member(&oid(HUS), day));
    // What is kept of it can be read afterwards, with what is left of it.
    assert!(seen(app, &by, &number).await.report.is_none(), "not before its day");
    assert_eq!(notifications::report_ended(app).await.unwrap(), 0);
    two.test.clock.advance(40 * 86_400);
    let report = seen(app, &by, &number).await.report.unwrap();
    assert_eq!((report.rights, report.documents, report.requests), (0, 1, 0), "its run was not switched here");
    assert!(report.certificates.iter().any(|known| known.holder == HUS), "the signer's is to be revoked");
    // The same, signed, for whoever keeps it.
    let (own, office) = ((Desk::Own, number.as_str()), (Desk::Office, number.as_str()));
    assert_eq!(code(notifications::final_report(app, &by, own, None).await), Some(RefusalCode::NotFound), "not yet");
    let write = async || notifications::report_ended(app).await;
    assert_eq!(crate::kills::survives(&two.test, &["sealed_copy", "notice"], write).await, 1);
    assert_eq!(notifications::report_ended(app).await.unwrap(), 0, "once");
    assert!(told(app, HUS).await.contains(&(Kind::Termination, NotificationNews::Ended)));
    let foreign = notifications::final_report(app, &member_of(LEPOLA), own, None).await;
    assert_eq!(code(foreign), Some(RefusalCode::NotFound));
    for language in Language::ALL {
        let paper = notifications::final_report(app, &by, own, Some(language)).await.unwrap();
        assert!(paper.body.starts_with(b"%PDF-1.7") && paper.name.ends_with(".pdf"), "{}", paper.name);
    }
    let sealed = notifications::final_report(app, &case_handler(), office, None).await.unwrap();
    let sealed: SealedReport = serde_json::from_slice(&sealed.body).unwrap();
    let verifier = SealVerifier::from_public(&app.publication.public_key());
    assert!(verifier.signed_report(&sealed));
    let whole: FinalReport = sealed.says().unwrap();
    assert_eq!((whole.joiner.as_str(), whole.day, whole.rights, whole.documents), (HUS, day, 0, 1));
    assert!(!whole.ended.joiners_ended.is_empty() && !whole.certificates.is_empty());
}

on_both!(a_notification_survives_being_killed_anywhere, killed);

async fn killed(database: Database) {
    let test = TestApp::start(database).await;
    lepola(&test).await;
    let (app, by) = (&test.app, member_of(LEPOLA));
    let (_, on) = day_of(app, 30);
    let tables = ["notification", "notification_event", "audit_event"];
    let number =
        crate::kills::survives(&test, &tables, async || notifications::begin(app, &by, Kind::Swap).await).await;
    let fields = [("point", POINT), ("to_point", SPARE), ("day", on.as_str())];
    let save = async || notifications::save(app, &by, &number, (1, form(&fields))).await;
    crate::kills::survives(&test, &tables, save).await;
    let hash = looked(app, &by, &number).await.hash;
    crate::kills::survives(&test, &tables, async || notifications::send(app, &by, &number, &hash).await).await;
    let entered = ["notification", "notification_event", "audit_event", "notice", "directory_change", "directory_leaf"];
    let entered: Vec<&str> = entered.into_iter().chain(["directory_right", "directory_concerned"]).collect();
    let office = second_registrar();
    let approve = async || notifications::approve(app, &office, &number, &hash).await;
    crate::kills::survives(&test, &entered, approve).await;
    let back: Vec<&str> = entered.into_iter().filter(|table| *table != "notice").collect();
    crate::kills::survives(&test, &back, async || notifications::withdraw(app, &by, &number, "x").await).await;
}

on_both!(nobody_decides_in_time, undecided);

async fn undecided(database: Database) {
    let test = TestApp::start(database).await;
    lepola(&test).await;
    let (app, by) = (&test.app, member_of(LEPOLA));
    let (_, on) = day_of(app, 30);
    let number = written(app, &by, Kind::Swap, &[("point", POINT), ("to_point", SPARE), ("day", &on)]).await;
    sent(app, &by, &number).await;
    assert_eq!(notifications::tell_undecided(app).await.unwrap(), 0);
    test.clock.advance(29 * 86_400);
    assert_eq!(notifications::tell_undecided(app).await.unwrap(), 1);
    assert_eq!(notifications::tell_undecided(app).await.unwrap(), 0, "once");
    assert_eq!(told(app, LEPOLA).await, [(Kind::Swap, NotificationNews::Undecided)]);
}
