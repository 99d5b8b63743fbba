//! Fault notifications: told to whom they hit from their beginning to their end, and to everybody on the status page.

use crate::contacts::joined;
use crate::kills::survives;
use crate::on_both;
use crate::outbound::LEPOLA;
use liitos_domain::application::Form;
use liitos_domain::contacts::Channel;
use liitos_domain::directory::{Closing, Stage};
use liitos_domain::fault::{self, Course, Kind, Statement};
use liitos_domain::notice::{ClosingNews, Notice};
use liitos_domain::register::{Entry, RegisterKind};
use liitos_domain::{Interval, Moment, Oid, RefusalCode, Service, Sha256Hash, StaffRole};
use liitos_service::directory::shut;
use liitos_service::faults::{self, Delivery, Reached, Shown};
use liitos_service::messages::{self, Fate};
use liitos_service::notices;
use liitos_service::{Actor, App, ServiceError};
use liitos_store::jobs::{self, CLAIM_SECONDS};
use liitos_store::{directory, registers};
use liitos_testkit::{Database, TestApp, case_handler, member_of};
use liitos_texts::Language;

const MAILBOX: &str = "fault@lepola.test";

fn oid(text: &str) -> Oid {
    Oid::parse(text).unwrap()
}

fn code<T>(outcome: Result<T, ServiceError>) -> Option<RefusalCode> {
    outcome.err().map(|error| error.code)
}

/// A fault of prescriptions that has just begun, with other fields besides.
fn form(more: &[(&str, &str)]) -> Form {
    let fields = [("fault_kind", "fault"), ("headline_fi", "Resepti ei vastaa"), ("services", "prescription")];
    let fields = fields.iter().chain(&[("public", "yes")]).chain(more);
    Form(fields.map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect())
}

async fn looked(app: &App, more: &[(&str, &str)]) -> Result<Reached, ServiceError> {
    let (fault, _) = fault::read(&form(more), app.now()).unwrap();
    faults::look(app, &case_handler(), &fault).await
}

async fn shown(app: &App, number: &str) -> Shown {
    faults::show(app, &case_handler(), number).await.unwrap()
}

/// What is said of a fault as it stands.
async fn statement(app: &App, number: &str, fields: &[(&str, &str)]) -> (Statement, Option<Moment>) {
    let form = Form(fields.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect());
    fault::read_statement(&form, &shown(app, number).await.kept.fault, app.now()).unwrap()
}

async fn said(app: &App, (number, revision): (&str, i32), fields: &[(&str, &str)]) -> Result<(), ServiceError> {
    let (statement, ended) = statement(app, number, fields).await;
    faults::say(app, &case_handler(), (number, revision), &statement, ended).await
}

/// What of the messages that were handed over so far is about faults: to whom, and what the subject or text begins with.
fn told(test: &TestApp) -> Vec<(String, String)> {
    let mails = test.mailbox.all().into_iter().map(|mail| (mail.to, mail.subject));
    let texts = test.mailbox.texts().into_iter().map(|sms| (sms.to, sms.text));
    let about = |(_, text): &(String, String)| text.contains("Resepti ei vastaa");
    let first = |(to, text): (String, String)| (to, text.split(':').next().unwrap_or_default().to_owned());
    mails.chain(texts).filter(about).map(first).collect()
}

on_both!(a_fault_is_told_to_whom_it_hits_until_it_is_over, a_fault);

async fn a_fault(database: Database) {
    let test = TestApp::start(database).await;
    let (app, lepola, staff) = (&test.app, joined(&test).await, case_handler());
    messages::deliver_due(app).await.unwrap();
    // Whoever uses it is hit, and whoever administers the access point that it goes through.
    let reached = looked(app, &[]).await.unwrap();
    let touched = &reached.hit[&oid(LEPOLA)];
    assert_eq!(touched.services.iter().copied().collect::<Vec<_>>(), [Service::Prescription]);
    assert_eq!((reached.by(Channel::Email), reached.by(Channel::Sms)), (1, 1), "{reached:?}");
    let others = looked(app, &[("services", "imaging-data")]).await.unwrap();
    assert!(others.hit.is_empty(), "{others:?}");
    assert_eq!(told(&test), [], "nothing is sent by looking");

    let number = faults::announce(app, &staff, &form(&[("headline_sv", "Receptet svarar inte")])).await.unwrap();
    let again = faults::announce(app, &staff, &form(&[("headline_sv", "Receptet svarar inte")])).await;
    assert_eq!(code(again), Some(RefusalCode::StateForbids), "a second press of the button");
    let counts = async |app: &App| -> Vec<(Channel, Delivery)> {
        let newest = shown(app, &number).await.said.remove(0);
        newest.1.into_iter().collect()
    };
    let waiting = Delivery { waiting: 1, ..Delivery::default() };
    assert_eq!(counts(app).await, [(Channel::Email, waiting), (Channel::Sms, waiting)]);
    messages::deliver_due(app).await.unwrap();
    let sent = Delivery { sent: 1, ..Delivery::default() };
    assert_eq!(counts(app).await, [(Channel::Email, sent), (Channel::Sms, sent)]);
    let begins = "Häiriö Kanta-palveluissa".to_owned();
    let [(mail, _), (telephone, _)] = told(&test).try_into().unwrap();
    assert_eq!(told(&test), [(MAILBOX.to_owned(), begins.clone()), (telephone.clone(), begins.clone())]);
    assert!(mail == MAILBOX && telephone.starts_with("+358"), "{telephone}");
    let written = test.mailbox.all().pop().unwrap().body;
    assert!(written.contains(&format!("/status#{number}")) && written.contains("Palvelut: "), "{written}");
    // What became of it is told later.
    let ticket = test.mailbox.tickets().pop().unwrap();
    messages::receipt(app, &ticket, Fate::Delivered).await.unwrap();
    let arrived: u64 = counts(app).await.iter().map(|(_, delivery)| delivery.arrived).sum();
    assert_eq!(arrived, 1);
    let own = async |actor: &Actor| faults::own(app, actor).await.unwrap().len();
    assert_eq!((own(&lepola).await, own(&member_of("1.2.246.10.99999028.10.0")).await), (1, 0));

    // More is known; of what somebody else said meanwhile one is told.
    test.clock.advance(600);
    let more = [("stage", "updated"), ("words_fi", "Korjaamme."), ("words_en", "We mend it.")];
    said(app, (&number, 1), &more).await.unwrap();
    assert_eq!(code(said(app, (&number, 1), &more).await), Some(RefusalCode::DraftChanged));

    // Whoever was told that it began is told that it is over, though it does not use it any more.
    let held = directory::rows(app.store.read(), u64::MAX >> 1).await.unwrap();
    let closed = held.rights.into_iter().filter(|right| right.joiner == oid(LEPOLA)).map(|right| (right, app.now()));
    test.record(&liitos_domain::directory::Effect { rights_closed: closed.collect(), ..Default::default() }).await;
    messages::deliver_due(app).await.unwrap();
    test.clock.advance(600);
    said(app, (&number, 2), &[("stage", "updated"), ("words_fi", "Testaamme.")]).await.unwrap();
    test.clock.advance(600);
    said(app, (&number, 3), &[("stage", "ended"), ("words_fi", "Korjattu.")]).await.unwrap();
    messages::deliver_due(app).await.unwrap();
    // What had not gone yet went with what came after it, not behind it.
    let replaced = shown(app, &number).await.said[1].1.values().map(|delivery| delivery.replaced).sum::<u64>();
    assert_eq!(replaced, 2);
    let last = test.mailbox.all().pop().unwrap().body;
    let order = ["Korjattu.", "Testaamme.", "Korjaamme."].map(|words| last.find(words).unwrap());
    assert!(order.is_sorted(), "the newest first: {last}");
    let subjects: Vec<String> = told(&test).into_iter().filter(|(to, _)| to == MAILBOX).map(|(_, text)| text).collect();
    assert_eq!(subjects, [begins, "Häiriöstä lisää".to_owned(), "Häiriö on ohi".to_owned()]);
    assert_eq!(own(&lepola).await, 0);
    assert_eq!(code(said(app, (&number, 4), &more).await), Some(RefusalCode::StateForbids), "it is over");
    assert_eq!(code(faults::show(app, &staff, "H2026-9").await), Some(RefusalCode::NotFound));
}

on_both!(what_does_not_arrive_is_shown, lost);

async fn lost(database: Database) {
    let test = TestApp::start(database).await;
    let (app, _) = (&test.app, joined(&test).await);
    messages::deliver_due(app).await.unwrap();
    let number = faults::announce(app, &case_handler(), &form(&[])).await.unwrap();
    // The mail server is gone for a day and more: what waits is tried again, and given up at last.
    let tried = async |hours: i64| {
        for _ in 0..hours {
            messages::deliver_due(app).await.unwrap();
            test.clock.advance(3600);
        }
    };
    test.mailbox.refuse(u32::MAX);
    tried(24).await;
    let failed = Delivery { failed: 1, ..Delivery::default() };
    let waiting = |one: &Delivery| one.failed == 0;
    assert!(shown(app, &number).await.said[0].1.values().all(waiting), "a day later it waits still");
    let other = faults::announce(app, &case_handler(), &form(&[("headline_fi", "Toinen")])).await.unwrap();
    tried(26).await;
    let checks = liitos_store::contacts::address_checks(app.store.read(), &oid(LEPOLA)).await.unwrap();
    assert!(checks.iter().all(|check| check.failed_at.is_none()), "a server that is away says nothing of an address");
    test.mailbox.refuse(0);
    tried(4).await;
    let sent = Delivery { sent: 1, ..Delivery::default() };
    let other: Vec<_> = shown(app, &other).await.said[0].1.values().copied().collect();
    assert_eq!(other, [sent, sent], "it came back within two days");
    let shown = shown(app, &number).await;
    assert_eq!(shown.said[0].1.values().copied().collect::<Vec<_>>(), [failed, failed]);
    let to: Vec<_> = shown.failed.iter().map(|(channel, to, _)| (*channel, to.as_str())).collect();
    assert!(to.contains(&(Channel::Email, MAILBOX)) && to.len() == 2, "{to:?}");
    assert!(shown.failed.iter().all(|(.., why)| why.contains("refused by the test")), "{:?}", shown.failed);
}

on_both!(everybody_reads_what_works, status);

async fn status(database: Database) {
    let test = TestApp::start(database).await;
    let (app, staff) = (&test.app, case_handler());
    joined(&test).await;
    let not_working = async || -> Vec<(Service, Kind)> {
        let services = faults::status(app).await.unwrap().services;
        services.into_iter().filter_map(|works| Some((works.service, works.not?))).collect()
    };
    assert_eq!(not_working().await, []);
    let hidden = form(&[("headline_fi", "Vain osallisille"), ("public", "")]);
    faults::announce(app, &staff, &hidden).await.unwrap();
    let now = app.now();
    let [day, later] = [now.plus_days(7), now.plus_days(8)].map(|at| at.civil().date().to_string());
    let planned = [
        ("fault_kind", "break"),
        ("headline_fi", "Huoltokatko"),
        ("begins_day", &day),
        ("begins_time", "02:00"),
        ("expected_day", &later),
        ("expected_time", "04:00"),
    ];
    let again = planned.map(|(name, text)| (name, if text == day { later.as_str() } else { text }));
    let planned = faults::announce(app, &staff, &form(&planned)).await.unwrap();
    // The same on another day is another one.
    let again = faults::announce(app, &staff, &form(&again)).await.unwrap();
    said(app, (&again, 1), &[("stage", "called-off")]).await.unwrap();
    let number = faults::announce(app, &staff, &form(&[])).await.unwrap();
    let seen = async || {
        let status = faults::status(app).await.unwrap();
        let numbers = |told: Vec<faults::Told>| told.into_iter().map(|told| told.kept.number).collect::<Vec<_>>();
        (numbers(status.going), numbers(status.coming), numbers(status.past))
    };
    assert_eq!(seen().await, (vec![number.clone()], vec![planned.clone()], vec![again.clone()]));
    assert_eq!(not_working().await, [(Service::Prescription, Kind::Fault)]);
    test.clock.advance(3600);
    said(app, (&number, 1), &[("stage", "ended")]).await.unwrap();
    // What has not begun is called off, and told as such.
    said(app, (&planned, 1), &[("stage", "called-off")]).await.unwrap();
    let told = faults::facts(&shown(app, &planned).await.kept.fault, Language::En);
    assert!(
        told.iter().any(|(name, _)| name == "Called off") && told.iter().all(|(name, _)| name != "Ended"),
        "{told:?}"
    );
    assert_eq!(shown(app, &planned).await.kept.fault.course(app.now()), Course::CalledOff);
    assert_eq!(seen().await, (vec![], vec![], vec![number, again, planned]));
    let status = faults::status(app).await.unwrap();
    let bad = |works: &faults::Works| works.days.iter().filter(|(_, kind)| kind.is_some()).count();
    let days: Vec<_> =
        status.services.iter().map(|works| (works.service, bad(works))).filter(|(_, bad)| *bad > 0).collect();
    assert!(matches!(days[..], [(Service::Prescription, 1 | 2)]), "two where midnight was between: {days:?}");
    // After ninety days nobody reads of it any more.
    test.clock.advance(91 * 86_400);
    assert_eq!(seen().await, (vec![], vec![], vec![]));
}

on_both!(what_is_on_its_way_does_not_come_behind_what_says_more, on_its_way);

async fn on_its_way(database: Database) {
    let test = TestApp::start(database).await;
    let (app, _) = (&test.app, joined(&test).await);
    messages::deliver_due(app).await.unwrap();
    let number = faults::announce(app, &case_handler(), &form(&[])).await.unwrap();
    // One worker has the mail in its hands, another has died with the text message in its own, when it is over.
    let claimed = jobs::claim(&app.store, app.now(), (&["mail", "sms"], 8), || app.secret()).await.unwrap();
    assert_eq!(claimed.len(), 2);
    test.clock.advance(10);
    said(app, (&number, 1), &[("stage", "ended")]).await.unwrap();
    let mail = claimed.iter().map(|(job, _)| job).find(|job| job.kind == "mail").unwrap();
    jobs::fail(&app.store, mail, "refused by the test", app.now().plus_seconds(10)).await.unwrap();
    for _ in 0..3 {
        test.clock.advance(CLAIM_SECONDS + 1);
        messages::deliver_due(app).await.unwrap();
    }
    let subjects: Vec<String> = told(&test).into_iter().map(|(_, text)| text).collect();
    assert_eq!(subjects, ["Häiriö on ohi", "Häiriö on ohi"]);
    let replaced = Delivery { replaced: 1, ..Delivery::default() };
    let first = shown(app, &number).await.said.pop().unwrap().1;
    assert_eq!(first.into_values().collect::<Vec<_>>(), [replaced, replaced]);
}

on_both!(a_fault_in_one_municipality_or_county, in_one_place);

async fn in_one_place(database: Database) {
    let test = TestApp::start(database).await;
    let (app, _) = (&test.app, joined(&test).await);
    let elsewhere = [("places", "837")];
    let hit = async || looked(app, &elsewhere).await.unwrap().hit.remove(&oid(LEPOLA));
    assert!(hit().await.unwrap().somewhere, "its register does not say where it is: told to be sure");
    let entry = registers::find(app.store.read(), RegisterKind::Sote, LEPOLA).await.unwrap().unwrap();
    let (key, _) = registers::known(app.store.read(), RegisterKind::Sote, &[LEPOLA]).await.unwrap()[LEPOLA].clone();
    let mut fields = entry.fields.clone();
    fields.insert("Sijainti kunta".to_owned(), "091 Helsinki".to_owned());
    let tx = app.store.begin().await.unwrap();
    registers::close(&tx, &[key], app.now()).await.unwrap();
    registers::open(&tx, RegisterKind::Sote, &[&Entry { fields, ..entry }], app.now()).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(hit().await, None);
    let here = looked(app, &[("places", "091")]).await.unwrap();
    assert!(!here.hit[&oid(LEPOLA)].somewhere);
    let in_county = async |code| looked(app, &[("counties", code)]).await.unwrap().hit.contains_key(&oid(LEPOLA));
    assert_eq!((in_county("90").await, in_county("21").await), (true, false), "Helsinki, and Lapland");
}

on_both!(a_fault_survives_being_killed_anywhere, killed);

async fn killed(database: Database) {
    let test = TestApp::start(database).await;
    let (app, staff) = (&test.app, case_handler());
    joined(&test).await;
    let tables = ["fault", "fault_statement", "fault_told", "job", "audit_event"];
    let number = survives(&test, &tables, async || faults::announce(app, &staff, &form(&[])).await).await;
    let (statement, ended) = statement(app, &number, &[("stage", "ended")]).await;
    let tables = ["fault", "fault_statement", "job", "audit_event"];
    survives(&test, &tables, || faults::say(app, &staff, (&number, 1), &statement, ended)).await;
}

on_both!(only_the_operator_tells_of_faults, rights);

async fn rights(database: Database) {
    let test = TestApp::start(database).await;
    let app = &test.app;
    let number = faults::announce(app, &case_handler(), &form(&[])).await.unwrap();
    let (statement, ended) = statement(app, &number, &[("stage", "ended")]).await;
    let (read, _) = fault::read(&form(&[]), app.now()).unwrap();
    let auditor = Actor { staff: vec![StaffRole::Auditor], ..case_handler() };
    for (actor, sees) in [(member_of(LEPOLA), false), (Actor::default(), false), (auditor, true)] {
        let refused = Some(RefusalCode::NotAllowed);
        assert_eq!(code(faults::look(app, &actor, &read).await), refused);
        assert_eq!(code(faults::announce(app, &actor, &form(&[])).await), refused);
        assert_eq!(code(faults::say(app, &actor, (&number, 1), &statement, ended).await), refused);
        assert_eq!(faults::list(app, &actor, None).await.is_ok(), sees);
        assert_eq!(faults::show(app, &actor, &number).await.is_ok(), sees);
    }
    for role in [StaffRole::CaseHandler, StaffRole::Registrar, StaffRole::SecurityOfficer] {
        let actor = Actor { staff: vec![role], ..case_handler() };
        assert!(faults::look(app, &actor, &read).await.is_ok(), "{role}");
    }
    let wrong = faults::announce(app, &case_handler(), &form(&[("headline_fi", ""), ("places", "x")])).await;
    let error = wrong.unwrap_err();
    assert_eq!((error.code, error.place.as_str()), (RefusalCode::FormInvalid, "headline_fi, places"));
}

on_both!(whoever_a_closing_shuts_out_is_told, shut_out);

async fn shut_out(database: Database) {
    let test = TestApp::start(database).await;
    let (app, lepola, staff) = (&test.app, joined(&test).await, case_handler());
    let told = async || -> Vec<(ClosingNews, String, bool)> {
        let open = notices::own(app, &lepola).await.unwrap().into_iter().map(|stored| stored.notice);
        let closing = |notice: Notice| match notice {
            Notice::Closing { news, reason, touches, .. } => Some((news, reason, touches.rights.is_empty())),
            _ => None,
        };
        open.filter_map(closing).collect()
    };
    let until = Some(app.now().plus_seconds(3600));
    let closing = Closing {
        service: Some(Service::Prescription),
        reason: "Järjestelmä lähettää virheellisiä lääkemääräyksiä".to_owned(),
        ..Closing::everything(Stage::Closed, Interval::new(app.now(), until))
    };
    shut::shut(app, &staff, closing.clone()).await.unwrap();
    let works =
        faults::status(app).await.unwrap().services.into_iter().filter_map(|works| Some((works.service, works.not?)));
    assert_eq!(
        works.collect::<Vec<_>>(),
        [(Service::Prescription, Kind::Fault)],
        "everybody may read that it is closed"
    );
    let twice = notices::own(app, &lepola).await.unwrap();
    assert!(!twice.iter().any(|stored| matches!(stored.notice, Notice::Directory { .. })), "{twice:?}");
    // The change waits for nobody to be told; whoever tells may die in between, and tells nobody twice.
    assert_eq!(told().await, []);
    assert_eq!(claim(&test).await.len(), 1);
    assert_eq!(notices::tell_of_closings(app).await.unwrap(), 0, "somebody else is telling");
    test.clock.advance(CLAIM_SECONDS + 1);
    // Lepola, and whoever administers the access point that it goes through.
    let hit = notices::tell_of_closings(app).await.unwrap();
    assert!(hit >= 1, "{hit}");
    let reason = closing.reason.clone();
    assert_eq!(told().await, [(ClosingNews::Shut, reason.clone(), false)]);
    assert_eq!(notices::tell_of_closings(app).await.unwrap(), 0);
    messages::deliver_due(app).await.unwrap();
    let mail = test.mailbox.all().into_iter().find(|mail| mail.subject.starts_with("Yhteytenne Kantaan on suljettu"));
    let mail = mail.unwrap();
    assert!(mail.to == "technical@lepola.test" && mail.body.contains(&reason), "{mail:?}");

    let held = shut::closings(app, &staff).await.unwrap().remove(0);
    shut::lift(app, &staff, &Sha256Hash::of_canonical(&held).unwrap(), "Korjattu").await.unwrap();
    assert_eq!(notices::tell_of_closings(app).await.unwrap(), hit);
    let both = told().await.into_iter().map(|(news, why, _)| (news, why)).collect::<Vec<_>>();
    assert_eq!(both, [(ClosingNews::Lifted, "Korjattu".to_owned()), (ClosingNews::Shut, reason)], "each with its why");
}

async fn claim(test: &TestApp) -> Vec<(jobs::Job, String)> {
    jobs::claim(&test.app.store, test.app.now(), (&["closing"], 8), || test.app.secret()).await.unwrap()
}

on_both!(what_was_lifted_before_anybody_was_told_is_not_told_as_closed, lifted);

async fn lifted(database: Database) {
    let test = TestApp::start(database).await;
    let (app, lepola, staff) = (&test.app, joined(&test).await, case_handler());
    // A job that nobody can read holds up none behind it.
    let tx = app.store.begin().await.unwrap();
    jobs::enqueue(&tx, [("closing", "x".to_owned())], None, app.now()).await.unwrap();
    tx.commit().await.unwrap();
    let until = Some(app.now().plus_seconds(3600));
    let everything =
        Closing { reason: "test".to_owned(), ..Closing::everything(Stage::Closed, Interval::new(app.now(), until)) };
    let own = Closing { joiner: Some(oid(LEPOLA)), ..everything.clone() };
    shut::shut(app, &staff, everything).await.unwrap();
    shut::shut(app, &staff, own).await.unwrap();
    let lift = async |nth: usize| {
        let held = shut::closings(app, &staff).await.unwrap().remove(nth);
        shut::lift(app, &staff, &Sha256Hash::of_canonical(&held).unwrap(), "x").await.unwrap();
        held.joiner.is_none()
    };
    let told = async || -> Vec<ClosingNews> {
        notices::tell_of_closings(app).await.unwrap();
        let open = notices::own(app, &lepola).await.unwrap().into_iter().map(|stored| stored.notice);
        let news = open.filter_map(|notice| if let Notice::Closing { news, .. } = notice { Some(news) } else { None });
        news.collect()
    };
    let first = shut::closings(app, &staff).await.unwrap().iter().position(|held| held.joiner.is_none()).unwrap();
    assert!(lift(first).await, "everything");
    test.clock.advance(1);
    assert_eq!(told().await, [ClosingNews::Shut], "its own; it is not open again, and everything is closed no more");
    lift(0).await;
    assert_eq!(told().await, [ClosingNews::Lifted, ClosingNews::Shut]);
}
