//! Moves: many joiners, each at its second, in waves; taken back where too much fails, and reported.

use crate::on_both;
use liitos_domain::application::Form;
use liitos_domain::directory::{AccessPoint, Effect, Joiner, Right, Rows, SeenCall};
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::moves::{Consent, Course, Halt, Kind, LeftOut, Standing};
use liitos_domain::notice::{MoveNews, Notice};
use liitos_domain::notification::What;
use liitos_domain::service_code::{ConnectionModel, Operation};
use liitos_domain::{Interval, Moment, Oid, Position, RefusalCode, Service, Sha256Hash};
use liitos_pki::seal::{SealVerifier, SealedReport};
use liitos_service::directory::calls;
use liitos_service::moves::{self, Report, Shown};
use liitos_service::notices::{self, Desk};
use liitos_service::{Actor, App, ServiceError, delegations};
use liitos_testkit::{Database, TestApp, case_handler, member_of};

pub(crate) const OLD: &str = "1.2.246.537.6.918.18.900001.13.1";
pub(crate) const NEW: &str = "1.2.246.537.6.918.18.900077.13.4";
const BESIDE: &str = "1.2.246.537.6.918.18.900077.13.5";
pub(crate) const LEADER: &str = "1.2.246.537.6.918.18.900077";
/// A unit's waiting requests are none here; nine joiners with two services and a unit that receives.
const JOINERS: usize = 9;

pub(crate) fn oid(text: &str) -> Oid {
    Oid::parse(text).unwrap()
}

pub(crate) fn joiner(nth: usize) -> String {
    format!("1.2.246.10.9999910{nth}.10.0")
}

pub(crate) fn leader() -> Actor {
    member_of(LEADER)
}

pub(crate) fn code<T>(outcome: Result<T, ServiceError>) -> Option<RefusalCode> {
    outcome.err().map(|error| error.code)
}

fn form(fields: &[(&str, &str)]) -> Form {
    Form(fields.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect())
}

fn point(of: &str) -> AccessPoint {
    crate::notifications::point(of)
}

pub(crate) fn right(nth: usize, service: Service) -> Right {
    Right {
        joiner: oid(&joiner(nth)),
        service,
        access_point: AccessPointOid::parse(OLD).unwrap(),
        system: "900001".into(),
        unit: (service == Service::RenewalReception).then(|| oid(&format!("1.2.246.10.9999910{nth}.10.1"))),
        organiser: None,
        model: ConnectionModel::Direct,
        grandfathered: false,
        valid: Interval::from(Moment::parse("2020-01-01").unwrap()),
    }
}

/// Nine joiners use an intermediary's access point.
pub(crate) async fn nine(test: &TestApp) {
    let valid = Interval::from(Moment::parse("2020-01-01").unwrap());
    let services = [Service::Prescription, Service::PatientData, Service::RenewalReception];
    let of = |nth: usize| services.map(|service| right(nth, service));
    let effect = Effect {
        joiners_opened: (0..JOINERS)
            .map(|nth| Joiner { oid: oid(&joiner(nth)), rate: Default::default(), valid })
            .collect(),
        access_points_opened: [OLD, NEW, BESIDE].map(point).into(),
        rights_opened: (0..JOINERS).flat_map(of).collect(),
        ..Effect::default()
    };
    test.record(&effect).await;
}

pub(crate) async fn rows(app: &App) -> Rows {
    liitos_store::directory::rows(app.store.read(), u64::MAX >> 1).await.unwrap()
}

/// Through which points somebody does something at a moment.
pub(crate) async fn ways(app: &App, nth: usize, service: Service, at: Moment) -> Vec<String> {
    let held = rows(app).await.rights.into_iter();
    let held = held.filter(|row| row.joiner == oid(&joiner(nth)) && row.service == service && row.valid.contains(at));
    let mut ways: Vec<String> = held.map(|row| row.access_point.to_string()).collect();
    ways.sort();
    ways
}

/// A move of some joiners that begins in thirty days, filled in: its number, and when it begins.
pub(crate) async fn written(test: &TestApp, who: &[usize], more: &[(&str, &str)]) -> (String, Moment) {
    let app = &test.app;
    let start = Moment::from_seconds(app.now().as_seconds().div_euclid(60) * 60).plus_days(30);
    let civil = start.civil();
    let (day, time) = (civil.date().to_string(), civil.strftime("%H:%M:%S").to_string());
    let list: Vec<String> = who.iter().map(|nth| joiner(*nth)).collect();
    let list = list.join("\n");
    let mut fields = vec![
        ("title", "Uusi tie"),
        ("point", OLD),
        ("to_point", NEW),
        ("targets", &list),
        ("start_day", &day),
        ("start_time", &time),
    ];
    fields.extend(more);
    let number = moves::begin(app, &leader(), Kind::Point).await.unwrap();
    let wrong = moves::save(app, &leader(), &number, (1, form(&fields))).await.unwrap();
    assert_eq!(wrong, []);
    (number, start)
}

pub(crate) async fn seen(app: &App, number: &str) -> Shown {
    moves::show(app, &leader(), Desk::Own, number).await.unwrap()
}

async fn hash(app: &App, number: &str) -> Sha256Hash {
    seen(app, number).await.looked.unwrap().hash
}

pub(crate) async fn sent(app: &App, number: &str) {
    let shown = seen(app, number).await.looked.unwrap();
    assert_eq!(shown.hindrance(), None);
    moves::send(app, &leader(), number, &shown.hash).await.unwrap();
}

pub(crate) async fn approved(app: &App, number: &str) {
    let shown = moves::show(app, &case_handler(), Desk::Office, number).await.unwrap();
    moves::approve(app, &case_handler(), number, &shown.looked.unwrap().hash).await.unwrap();
}

/// The clock comes to a moment.
pub(crate) fn until(test: &TestApp, at: Moment) {
    test.clock.advance(at.as_seconds() - test.app.now().as_seconds());
}

/// Calls of somebody at a moment, as a gateway tells of them.
pub(crate) async fn called(
    app: &App,
    nth: usize,
    (through, refused, stands_for): (&str, Option<RefusalCode>, u32),
    at: Moment,
) {
    let call = SeenCall {
        at,
        decision: Some(format!("D{}-{nth}-{through}", at.as_micros())),
        certificate: Sha256Hash::of(b"certificate"),
        access_point: AccessPointOid::parse(through).ok(),
        source: None,
        represented: Some(oid(&joiner(nth))),
        joiner: Some(oid(&joiner(nth))),
        service: Some(Service::PatientData),
        operation: Some(Operation::Write),
        refused,
        place: "200".into(),
        version: None,
        stands_for,
        system: None,
        message: None,
        behind: Vec::new(),
    };
    calls::take(app, &Sha256Hash::of(b"gateway"), &[call]).await.unwrap();
}

/// What a joiner has been told of moves.
async fn told(app: &App, of: &str) -> Vec<MoveNews> {
    moves::tell_of_moves(app).await.unwrap();
    let open = notices::own(app, &member_of(of)).await.unwrap().into_iter().map(|stored| stored.notice);
    let news = open.filter_map(|notice| if let Notice::Move { news, .. } = notice { Some(news) } else { None });
    let mut news: Vec<MoveNews> = news.collect();
    news.sort();
    news
}

pub(crate) async fn standings(app: &App, number: &str) -> Vec<(Standing, Option<LeftOut>)> {
    seen(app, number).await.moved.iter().map(|one| (one.standing, one.reason)).collect()
}

/// Whoever has to agree is asked: two do, one declines, one never answers.
async fn all_asked(app: &App, number: &str) {
    sent(app, number).await;
    let consents = seen(app, number).await.consents;
    assert_eq!((consents[&oid(&joiner(0))], consents[&oid(&joiner(1))]), (Consent::Delegated, Consent::Key));
    let asked: Vec<usize> = (0..6).filter(|nth| consents[&oid(&joiner(*nth))] == Consent::Asked).collect();
    assert_eq!(told(app, &joiner(2)).await, [MoveNews::Asked]);
    assert_eq!(told(app, &joiner(1)).await, [], "who gave its key is not asked");
    for nth in asked.iter().filter(|nth| ![3, 4].contains(*nth)) {
        moves::answer(app, &member_of(&joiner(*nth)), number, true).await.unwrap();
    }
    moves::answer(app, &member_of(&joiner(3)), number, false).await.unwrap();
}

on_both!(many_move_in_waves_each_at_its_second, in_waves);

async fn in_waves(database: Database) {
    let test = TestApp::start(database).await;
    let app = &test.app;
    nine(&test).await;
    // One lets the intermediary act for it already; one gives its key.
    delegations::grant(app, &member_of(&joiner(0)), LEADER, Position::Technical).await.unwrap();
    let key = moves::give_key(app, &member_of(&joiner(1)), "").await.unwrap();
    let waves =
        [("canary", "2"), ("wave", "3"), ("stagger", "5"), ("pause", "10"), ("overlap", "30"), ("key", key.as_str())];
    let (number, start) = written(&test, &[0, 2, 3, 4, 5], &waves).await;
    let text = seen(app, &number).await.one.form;
    assert!(text.text("targets").ends_with(&joiner(1)) && !text.0.contains_key("key"), "the key is not kept");
    all_asked(app, &number).await;
    approved(app, &number).await;
    assert_eq!(told(app, &joiner(1)).await, [MoveNews::Coming]);
    // Nothing is entered before its time, and each is at its second.
    assert_eq!(moves::go_on(app).await.unwrap(), 0);
    until(&test, start.plus_seconds(-30));
    assert_eq!(moves::go_on(app).await.unwrap(), 1);
    assert_eq!(moves::go_on(app).await.unwrap(), 0, "once");
    for (nth, at) in [(0, start), (2, start.plus_seconds(5))] {
        assert_eq!(ways(app, nth, Service::PatientData, at.plus_seconds(-1)).await, [OLD]);
        assert_eq!(ways(app, nth, Service::PatientData, at).await, [OLD, NEW]);
        assert_eq!(ways(app, nth, Service::PatientData, at.plus_seconds(1_800)).await, [NEW]);
        assert_eq!(ways(app, nth, Service::RenewalReception, at).await, [NEW]);
    }
    // The next wave is there only after what went first was watched; who has declined or not answered is left out of it.
    until(&test, start.plus_seconds(60));
    called(app, 0, (NEW, None, 100), app.now()).await;
    called(app, 2, (NEW, Some(RefusalCode::NotServed), 1), app.now()).await;
    // What still comes by the old way says nothing of the new one.
    called(app, 2, (OLD, None, 100), app.now()).await;
    called(app, 2, (OLD, Some(RefusalCode::NotServed), 1), app.now().plus_seconds(-1)).await;
    assert_eq!(moves::go_on(app).await.unwrap(), 0, "one call of a hundred");
    let second = start.plus_seconds(635);
    until(&test, second.plus_seconds(-20));
    assert_eq!(moves::go_on(app).await.unwrap(), 1);
    let left = |reason| (Standing::LeftOut, Some(reason));
    let entered = (Standing::Entered, None);
    let so_far =
        [entered, entered, left(LeftOut::Declined), left(LeftOut::NoConsent), entered, (Standing::Planned, None)];
    assert_eq!(standings(app, &number).await, so_far);
    assert_eq!(told(app, &joiner(3)).await, [MoveNews::Asked, MoveNews::LeftOut]);
    assert_eq!(ways(app, 5, Service::PatientData, second.plus_seconds(10)).await, [OLD, NEW]);
    until(&test, second.plus_seconds(10 + 630 - 6));
    assert_eq!(moves::go_on(app).await.unwrap(), 1);
    assert_eq!(ways(app, 1, Service::PatientData, second.plus_seconds(10 + 630)).await, [OLD, NEW]);
    // It is over when it was watched and the ways of before are closed.
    let over = second.plus_seconds(10 + 630 + 1_800);
    until(&test, over.plus_seconds(-1));
    assert_eq!(moves::go_on(app).await.unwrap(), 0);
    until(&test, over);
    assert_eq!(moves::go_on(app).await.unwrap(), 1);
    let shown = seen(app, &number).await;
    assert_eq!(shown.one.course, Course::Over);
    assert!(told(app, LEADER).await.contains(&MoveNews::Over));
    // Whose customers they were is told, too.
    assert_eq!(told(app, "1.2.246.537.6.918.18.900001").await, [MoveNews::Coming]);
    reported(app, shown.one.report.as_deref().unwrap());
}

/// The report is signed, says what each call is told by the way of before, and whose calls were counted.
fn reported(app: &App, report: &str) {
    let sealed: SealedReport = serde_json::from_str(report).unwrap();
    let verifier = SealVerifier::from_public(&app.publication.public_key());
    assert!(verifier.signed_report(&sealed));
    let report: Report = sealed.says().unwrap();
    assert_eq!(report.moved.len(), 6);
    let of = |nth: usize| report.moved.iter().find(|line| line.subject == oid(&joiner(nth))).unwrap();
    assert_eq!((of(0).passed, of(2).failed), (100, 1));
    let closed = of(1).old_way.as_ref().unwrap();
    assert!(closed.closed && closed.answers.len() == 3, "closed: {closed:?}");
    assert!(closed.answers.iter().all(|answer| answer.refused == Some(RefusalCode::RightEnded)), "{closed:?}");
    assert!(of(3).old_way.is_none() && of(3).reason == Some(LeftOut::Declined));
}

on_both!(what_fails_goes_back_and_the_rest_goes_on_at_another_time, goes_back);

async fn goes_back(database: Database) {
    let test = TestApp::start(database).await;
    let app = &test.app;
    nine(&test).await;
    let (number, start) =
        written(&test, &[0, 1, 2], &[("canary", "1"), ("wave", "1"), ("pause", "10"), ("least", "3")]).await;
    sent(app, &number).await;
    for nth in 0..3 {
        moves::answer(app, &member_of(&joiner(nth)), &number, true).await.unwrap();
    }
    approved(app, &number).await;
    until(&test, start.plus_seconds(-10));
    assert_eq!(moves::go_on(app).await.unwrap(), 1);
    until(&test, start.plus_seconds(10));
    for call in 0..3 {
        // Two are not enough to be too many.
        assert_eq!(moves::go_on(app).await.unwrap(), 0, "{call}");
        called(app, 0, (OLD, Some(RefusalCode::NotServed), 1), start.plus_seconds(call)).await;
    }
    assert_eq!(moves::go_on(app).await.unwrap(), 1);
    let now = app.now();
    assert_eq!(ways(app, 0, Service::PatientData, now).await, [OLD], "as before");
    assert_eq!(ways(app, 0, Service::PatientData, now.plus_seconds(-1)).await, [NEW], "what was is not forgotten");
    assert_eq!(ways(app, 0, Service::RenewalReception, now).await, [OLD]);
    let shown = seen(app, &number).await;
    assert_eq!((shown.one.course, shown.one.halt), (Course::Halted, Some(Halt::Failing)));
    assert!(told(app, &joiner(0)).await.contains(&MoveNews::Back));
    assert!(
        told(app, &joiner(1)).await.contains(&MoveNews::Halted) && told(app, LEADER).await.contains(&MoveNews::Halted)
    );
    // A halted one stays halted, however late it is; then it goes on, at another second.
    until(&test, start.plus_seconds(86_400));
    assert_eq!(moves::go_on(app).await.unwrap(), 0);
    let again = Moment::from_seconds(app.now().as_seconds()).plus_seconds(3_600);
    let (day, time) = (again.civil().date().to_string(), again.civil().strftime("%H:%M:%S").to_string());
    assert_eq!(
        code(moves::resume(app, &leader(), (Desk::Own, &number), (&day, "00:00")).await),
        Some(RefusalCode::FormInvalid)
    );
    moves::resume(app, &leader(), (Desk::Own, &number), (&day, &time)).await.unwrap();
    assert!(told(app, &joiner(2)).await.contains(&MoveNews::Moved));
    until(&test, again.plus_seconds(-5));
    assert_eq!(moves::go_on(app).await.unwrap(), 1);
    assert_eq!(ways(app, 1, Service::PatientData, again).await, [NEW]);
    assert_eq!(ways(app, 0, Service::PatientData, again).await, [OLD], "who went back is not tried again");
    // Halted by hand, with its last wave taken back; the rest is given up, and reported.
    until(&test, again.plus_seconds(5));
    moves::halt(app, &case_handler(), (Desk::Office, &number), "Verkko on epävakaa", true).await.unwrap();
    assert_eq!(ways(app, 1, Service::PatientData, app.now()).await, [OLD]);
    assert_eq!(
        code(moves::halt(app, &leader(), (Desk::Own, &number), "Taas", true).await),
        Some(RefusalCode::StateForbids)
    );
    // What the operator has halted the operator lets go on.
    let by_leader = moves::resume(app, &leader(), (Desk::Own, &number), ("2030-01-01", "02:00")).await;
    assert_eq!(code(by_leader), Some(RefusalCode::NotAllowed));
    moves::give_up(app, &leader(), (Desk::Own, &number), "Uusi yritys keväällä").await.unwrap();
    let shown = seen(app, &number).await;
    assert_eq!(shown.one.course, Course::Over);
    assert!(shown.one.report.unwrap().contains("\\\"standing\\\":\\\"planned\\\""));
    let standings: Vec<Standing> = standings(app, &number).await.into_iter().map(|(standing, _)| standing).collect();
    assert_eq!(standings, [Standing::Back, Standing::Back, Standing::Planned]);
}

on_both!(nothing_is_switched_late_or_otherwise_than_approved, late);

async fn late(database: Database) {
    let test = TestApp::start(database).await;
    let app = &test.app;
    nine(&test).await;
    let (number, start) = written(&test, &[0, 1], &[]).await;
    sent(app, &number).await;
    for nth in 0..2 {
        moves::answer(app, &member_of(&joiner(nth)), &number, true).await.unwrap();
    }
    approved(app, &number).await;
    // The clock jumps over the second.
    let before = rows(app).await;
    until(&test, start.plus_seconds(1));
    assert_eq!(moves::go_on(app).await.unwrap(), 1);
    let shown = seen(app, &number).await;
    assert_eq!((shown.one.course, shown.one.halt), (Course::Halted, Some(Halt::Late)));
    assert_eq!(rows(app).await, before);
    // Somebody ends one's service meanwhile: it is left out, and the other goes.
    let held = rows(app)
        .await
        .rights
        .into_iter()
        .find(|row| row.joiner == oid(&joiner(0)) && row.service == Service::PatientData);
    let ended = Effect { rights_closed: vec![(held.unwrap(), app.now().plus_days(9))], ..Effect::default() };
    test.record(&ended).await;
    let again = Moment::from_seconds(app.now().as_seconds()).plus_seconds(600);
    let (day, time) = (again.civil().date().to_string(), again.civil().strftime("%H:%M:%S").to_string());
    moves::resume(app, &leader(), (Desk::Own, &number), (&day, &time)).await.unwrap();
    until(&test, again.plus_seconds(-6));
    assert_eq!(moves::go_on(app).await.unwrap(), 1);
    assert_eq!(standings(app, &number).await, [(Standing::LeftOut, Some(LeftOut::Changed)), (Standing::Entered, None)]);
    assert_eq!(ways(app, 0, Service::PatientData, again).await, [OLD]);
    assert_eq!(ways(app, 1, Service::PatientData, again).await, [NEW]);
    assert_eq!(code(moves::answer(app, &member_of(&joiner(1)), &number, false).await), Some(RefusalCode::StateForbids));
}

on_both!(a_move_is_looked_at_and_decided_on, decided);

async fn decided(database: Database) {
    let test = TestApp::start(database).await;
    let app = &test.app;
    nine(&test).await;
    let (number, _) = written(&test, &[0, 0], &[]).await;
    let looked = seen(app, &number).await.looked.unwrap();
    assert!(looked.hindrance().unwrap().starts_with(What::Twice.code()));
    assert_eq!(code(moves::send(app, &leader(), &number, &looked.hash).await), Some(RefusalCode::FormInvalid));
    let mut fixed = seen(app, &number).await.one.form;
    fixed.0.insert("targets".to_owned(), format!("{}\n{}", joiner(0), joiner(1)));
    assert_eq!(code(moves::save(app, &leader(), &number, (1, fixed.clone())).await), Some(RefusalCode::DraftChanged));
    let revision = seen(app, &number).await.one.revision;
    moves::save(app, &leader(), &number, (revision, fixed.clone())).await.unwrap();
    assert_eq!(code(moves::send(app, &leader(), &number, &looked.hash).await), Some(RefusalCode::DraftChanged));
    // Nobody else sees what is written.
    for other in [member_of(&joiner(0)), member_of(&joiner(5))] {
        assert_eq!(code(moves::show(app, &other, Desk::Own, &number).await), Some(RefusalCode::NotFound));
        assert_eq!(code(moves::answer(app, &other, &number, true).await), Some(RefusalCode::NotFound));
    }
    assert_eq!(code(moves::show(app, &case_handler(), Desk::Office, &number).await), Some(RefusalCode::NotFound));
    sent(app, &number).await;
    moves::answer(app, &member_of(&joiner(0)), &number, true).await.unwrap();
    let own = moves::show(app, &member_of(&joiner(0)), Desk::Own, &number).await.unwrap();
    assert!(!own.whole && own.history.is_empty() && own.looked.is_none());
    assert_eq!((own.moved.len(), own.consents.len()), (1, 1), "its own line alone");
    assert_eq!((own.one.form.text("targets"), own.moving.unwrap().targets.len()), (joiner(0).as_str(), 1));
    assert_eq!(code(moves::show(app, &member_of(&joiner(5)), Desk::Own, &number).await), Some(RefusalCode::NotFound));
    for outcome in [
        moves::approve(app, &leader(), &number, &looked.hash).await,
        moves::give_back(app, &leader(), &number, "Ei").await,
        moves::halt(app, &member_of(&joiner(0)), (Desk::Own, &number), "Ei", false).await,
        moves::give_up(app, &member_of(&joiner(0)), (Desk::Own, &number), "Ei").await,
        moves::resume(app, &member_of(&joiner(0)), (Desk::Own, &number), ("2030-01-01", "02:00")).await,
    ] {
        assert!(matches!(code(outcome), Some(RefusalCode::NotAllowed | RefusalCode::NotFound)));
    }
    assert_eq!(
        code(moves::approve(app, &case_handler(), &number, &looked.hash).await),
        Some(RefusalCode::EffectChanged)
    );
    // What is given back and sent again asks anew.
    moves::give_back(app, &case_handler(), &number, "Liian pian").await.unwrap();
    let office = moves::show(app, &case_handler(), Desk::Office, &number).await.unwrap();
    assert!(office.one.form.0.is_empty() && office.moved.is_empty(), "what is written on is the organisation's");
    let revision = seen(app, &number).await.one.revision;
    moves::save(
        app,
        &leader(),
        &number,
        (revision, Form([("pause".to_owned(), "20".to_owned())].into_iter().chain(fixed.0).collect())),
    )
    .await
    .unwrap();
    sent(app, &number).await;
    assert_eq!(seen(app, &number).await.consents[&oid(&joiner(0))], Consent::Asked);
    moves::give_up(app, &leader(), (Desk::Own, &number), "Ei tehdäkään").await.unwrap();
    assert!(told(app, &joiner(0)).await.contains(&MoveNews::Withdrawn));
    assert_eq!(seen(app, &number).await.one.course, Course::Withdrawn);
}

on_both!(a_key_is_used_once_by_whom_it_was_given, keys);

async fn keys(database: Database) {
    let test = TestApp::start(database).await;
    let app = &test.app;
    nine(&test).await;
    let given = member_of(&joiner(0));
    let (number, _) = written(&test, &[1], &[]).await;
    let take = async |key: &str| {
        let one = seen(app, &number).await.one;
        let mut form = one.form;
        form.0.insert("key".to_owned(), key.to_owned());
        moves::save(app, &leader(), &number, (one.revision, form)).await
    };
    let (used, ended, old) = (
        moves::give_key(app, &given, "").await.unwrap(),
        moves::give_key(app, &given, "").await.unwrap(),
        moves::give_key(app, &given, "").await.unwrap(),
    );
    let listed = moves::keys(app, &given).await.unwrap();
    assert_eq!(
        code(moves::end_key(app, &leader(), listed[1].key).await),
        Some(RefusalCode::NotFound),
        "somebody else's"
    );
    moves::end_key(app, &given, listed[1].key).await.unwrap();
    assert_eq!(code(take("nothing").await), Some(RefusalCode::FormInvalid));
    assert_eq!(code(take(&ended).await), Some(RefusalCode::FormInvalid));
    take(&used).await.unwrap();
    assert_eq!(code(take(&used).await), Some(RefusalCode::FormInvalid), "once");
    assert_eq!(moves::keys(app, &given).await.unwrap()[2].used_by, Some(number.clone()));
    // One that is meant for somebody is nobody else's.
    assert_eq!(code(moves::give_key(app, &given, "1.2.3.4").await), Some(RefusalCode::FormInvalid), "nobody");
    let others = moves::give_key(app, &given, "1.2.246.537.6.918.18.900001").await.unwrap();
    assert_eq!(code(take(&others).await), Some(RefusalCode::FormInvalid), "another intermediary's");
    test.clock.advance((moves::KEY_DAYS + 1) * 86_400);
    assert_eq!(code(take(&old).await), Some(RefusalCode::FormInvalid), "too old");
    for _ in 0..10 {
        moves::give_key(app, &given, "").await.unwrap();
    }
    assert_eq!(code(moves::give_key(app, &given, "").await), Some(RefusalCode::StateForbids));
    let kept = liitos_testkit::fault::contents(&app.store).await;
    assert!(!format!("{kept:?}").contains(&used), "no key is kept");
}

on_both!(whoever_has_not_answered_is_asked_again, reminded);

async fn reminded(database: Database) {
    let test = TestApp::start(database).await;
    let app = &test.app;
    nine(&test).await;
    let (number, start) = written(&test, &[0, 1], &[]).await;
    sent(app, &number).await;
    assert_eq!(told(app, &joiner(0)).await, [MoveNews::Asked]);
    moves::answer(app, &member_of(&joiner(1)), &number, true).await.unwrap();
    assert_eq!(moves::remind(app).await.unwrap(), 0);
    test.clock.advance(8 * 86_400);
    crate::kills::survives(&test, &["notice"], async || moves::remind(app).await.map(|_| ())).await;
    assert_eq!(moves::remind(app).await.unwrap(), 0, "once a week");
    assert_eq!(told(app, &joiner(0)).await, [MoveNews::Asked, MoveNews::Asked]);
    until(&test, start.plus_days(-1));
    moves::remind(app).await.unwrap();
    let leads = leader().acting_for.unwrap().to_string();
    assert_eq!(told(app, &leads).await, [MoveNews::Undecided]);
    assert_eq!(told(app, &joiner(1)).await, [MoveNews::Asked], "who has answered is not");
}

on_both!(a_move_survives_being_killed_anywhere, killed);

async fn killed(database: Database) {
    let test = TestApp::start(database).await;
    let app = &test.app;
    nine(&test).await;
    let begin = async || moves::begin(app, &leader(), Kind::Point).await;
    crate::kills::survives(&test, &["moves", "happening", "audit_event"], begin).await;
    let (number, start) = written(&test, &[0, 1], &[("canary", "1"), ("least", "1"), ("limit", "0")]).await;
    let give = async || moves::give_key(app, &member_of(&joiner(1)), "").await;
    let key = crate::kills::survives(&test, &["handover_key", "audit_event"], give).await;
    let one = seen(app, &number).await.one;
    let mut with_key = one.form.clone();
    with_key.0.insert("key".to_owned(), key);
    with_key.0.insert("title".to_owned(), "Toinen nimi".to_owned());
    let save = async || moves::save(app, &leader(), &number, (one.revision, with_key.clone())).await;
    crate::kills::survives(&test, &["handover_key", "move_consent", "moves", "happening", "audit_event"], save).await;
    let shown = hash(app, &number).await;
    let send = async || moves::send(app, &leader(), &number, &shown).await;
    crate::kills::survives(&test, &["moves", "move_target", "move_consent", "happening", "audit_event", "job"], send)
        .await;
    let agree = async || moves::answer(app, &member_of(&joiner(0)), &number, true).await;
    crate::kills::survives(&test, &["move_consent", "happening", "audit_event"], agree).await;
    let office = moves::show(app, &case_handler(), Desk::Office, &number).await.unwrap().looked.unwrap().hash;
    let approve = async || moves::approve(app, &case_handler(), &number, &office).await;
    crate::kills::survives(&test, &["moves", "happening", "audit_event", "job"], approve).await;
    until(&test, start.plus_seconds(-5));
    // What cannot be done is told in the log, and tried again.
    let step = async || match moves::go_on(app).await? {
        0 => Err(ServiceError::refused(RefusalCode::StateForbids, "killed")),
        steps => Ok(steps),
    };
    let directory = ["directory_change", "directory_concerned", "directory_leaf", "directory_right"];
    let entered: Vec<&str> =
        directory.into_iter().chain(["moves", "move_target", "happening", "audit_event"]).collect();
    crate::kills::survives(&test, &entered, step).await;
    until(&test, start.plus_seconds(5));
    called(app, 0, (OLD, Some(RefusalCode::NotServed), 1), app.now()).await;
    let back: Vec<&str> = entered.into_iter().chain(["job"]).collect();
    crate::kills::survives(&test, &back, step).await;
    assert_eq!(seen(app, &number).await.one.halt, Some(Halt::Failing));
}
