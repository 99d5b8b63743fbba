//! Deployment tests made by people, step by step: what is taken for what, around a change of controller, and killed anywhere.

use crate::archive::{HUS, door_of};
use crate::controller_runs::Two;
use crate::on_both;
use liitos::made::Variation;
use liitos_domain::archive::{Act, Criteria, Ground, Search, Standing, Use};
use liitos_domain::change::{State, What};
use liitos_domain::deployment_test::{Answer, Course, Stage};
use liitos_domain::directory::{Effect, SeenCall, Tenant};
use liitos_domain::document::PersonRef;
use liitos_domain::notice::{DeploymentTestNews, Notice};
use liitos_domain::service_code::Operation;
use liitos_domain::{Interval, Oid, Position, RefusalCode, Service, Sha256Hash};
use liitos_pki::authority::Issued;
use liitos_service::archive::{Door, StoredHow, fetch_document, search_documents, store_document};
use liitos_service::deployment_tests::{self as tests, Asked, Said};
use liitos_service::directory::calls;
use liitos_service::notices::Desk;
use liitos_service::{Actor, App, ServiceError, changes, controller_runs as runs, notices, outbound};
use liitos_store::archive::{self, LinesAsked};
use liitos_testkit::fault::{break_table, mend_table};
use liitos_testkit::{Database, TestApp, case_handler, member_of};
use liitos_texts::Language;

const TK: &str = "1.2.246.10.99999984.10.0";
const NEW: &str = "1.2.246.10.99999984.19.0";
const OLD: &str = "1.2.246.537.10.15675350.19.0";
const CLIENT: &str = "010181-900C";

fn code<T>(result: Result<T, ServiceError>) -> Option<(RefusalCode, String)> {
    result.err().map(|error| (error.code, error.place))
}

fn asked(stage: Stage) -> Asked {
    let (service, system) = (Service::PatientData.code().to_owned(), "900001".to_owned());
    Asked { service, stage: stage.code().to_owned(), system, ..Asked::default() }
}

fn went(fine: bool) -> Said {
    let (role, remark) = ("professional".to_owned(), if fine { String::new() } else { "not the same".to_owned() });
    Said { fine, role, remark, ..Said::default() }
}

/// The door of an organisation's access point, for a call of its own.
fn door(organisation: &str, decision: &str) -> Door {
    Door { decision_id: decision.to_owned(), ..door_of(organisation) }
}

/// A gateway tells of a call that passed, or that the archive refused.
pub(crate) async fn told(app: &App, organisation: &str, (decision, behind): (&str, Vec<RefusalCode>)) {
    told_as(app, call_of(app, organisation, (decision, behind))).await;
}

pub(crate) async fn told_as(app: &App, call: SeenCall) {
    calls::take(app, &Sha256Hash::of(b"gateway"), &[call]).await.unwrap();
}

pub(crate) fn call_of(app: &App, organisation: &str, (decision, behind): (&str, Vec<RefusalCode>)) -> SeenCall {
    let door = door_of(organisation);
    SeenCall {
        at: app.now(),
        decision: Some(decision.to_owned()),
        certificate: Sha256Hash::of(b"certificate"),
        access_point: Some(door.access_point),
        source: None,
        represented: Some(door.represented.clone()),
        joiner: Some(door.represented),
        service: Some(Service::PatientData),
        operation: Some(Operation::Write),
        refused: None,
        place: if behind.is_empty() { "200".to_owned() } else { "403".to_owned() },
        version: Some(1),
        stands_for: 1,
        system: Some("900001".to_owned()),
        message: None,
        behind,
    }
}

/// Somebody's system: what it makes, with its own certificate.
struct System<'a> {
    test: &'a TestApp,
    by: &'a str,
    controller: &'a str,
    signer: &'a Issued,
}

impl System<'_> {
    fn made(&self, serial: u64, person: &str) -> Variation {
        let made = Variation::with_new_ids(if self.by == HUS { 31 } else { 32 }, serial).unwrap();
        let made = made.of_person(person).with_controller(self.controller);
        if self.by == HUS { made } else { made.from_organisation(self.by) }
    }

    /// Stores; why not, if not.
    async fn store(&self, made: Variation, decision: &str) -> Vec<RefusalCode> {
        let signed = made.signed_by(self.signer, self.test.app.now()).unwrap();
        self.test.clock.advance(1);
        let message = signed.message().unwrap();
        match store_document(&self.test.app, &door(self.by, decision), message.as_bytes()).await.unwrap().how {
            StoredHow::Refused(findings) => findings.into_iter().map(|one| one.code).collect(),
            _ => Vec::new(),
        }
    }

    async fn search(&self, decision: &str) -> usize {
        let person = PersonRef { extension: CLIENT.into(), root: "1.2.246.21".into() };
        let criteria = Criteria { person: Some(person), ..Criteria::default() };
        let search = Search { criteria, after: None, count: 10 };
        self.test.clock.advance(1);
        let found = search_documents(&self.test.app, &door(self.by, decision), Service::PatientData, &search).await;
        found.unwrap().documents.len()
    }

    async fn read(&self, id: &str, decision: &str) {
        self.test.clock.advance(1);
        let id = Oid::parse(id).unwrap();
        fetch_document(&self.test.app, &door(self.by, decision), Service::PatientData, &id).await.unwrap();
    }
}

pub(crate) async fn answer(app: &App, by: &Actor, number: &str, case: &str) -> Answer {
    tests::follow(app).await.unwrap();
    tests::show(app, by, Desk::Own, number).await.unwrap().looks[case].answer
}

/// A case that was done is told of, and said to have gone well.
async fn fine(app: &App, by: &Actor, (number, case): (&str, &str), decision: &str) {
    assert_eq!(answer(app, by, number, case).await, Answer::NotAtGateway, "{case}");
    let joiner = by.acting_for.as_ref().unwrap().to_string();
    told(app, &joiner, (decision, Vec::new())).await;
    assert_eq!(code(tests::say(app, by, (number, case), &went(true)).await), None, "{case}");
}

/// Stored, found and read by a system; the id of what was stored.
async fn three(system: &System<'_>, by: &Actor, number: &str, serial: u64) -> String {
    let (app, made) = (&system.test.app, system.made(serial, CLIENT));
    let id = made.document_id.clone();
    assert_eq!(system.store(made, &format!("{number} 1")).await, []);
    fine(app, by, (number, "store"), &format!("{number} 1")).await;
    assert!(system.search(&format!("{number} 2")).await > 0);
    fine(app, by, (number, "search"), &format!("{number} 2")).await;
    system.read(&id, &format!("{number} 3")).await;
    fine(app, by, (number, "read"), &format!("{number} 3")).await;
    id
}

on_both!(people_make_the_cases_step_by_step, steps);

async fn steps(database: Database) {
    let two = Two::start(database).await;
    let (app, hus) = (&two.test.app, member_of(HUS));
    let system = System { test: &two.test, by: HUS, controller: OLD, signer: &two.old };
    tests::follow(app).await.unwrap();
    assert_eq!(tests::list(app, &hus, Desk::Own).await.unwrap().due.len(), 1, "the first use is to be tested");
    begun_wrong(app, &hus).await;
    let number = tests::begin(app, &hus, &asked(Stage::FirstUse)).await.unwrap();
    let say = async |case: &str, said: Said| code(tests::say(app, &hus, (&number, case), &said).await);
    assert_eq!(say("store", went(true)).await, Some((RefusalCode::StateForbids, "nothing".into())));
    // Somebody else's documents are nobody's test.
    assert_eq!(system.store(system.made(8, "020190A988E"), "other").await, []);
    assert!(!app.followed.take("other"));
    assert_eq!(answer(app, &hus, &number, "store").await, Answer::Nothing);
    other_things(&system, &hus, &number).await;
    let made = system.made(1, CLIENT);
    let id = made.document_id.clone();
    assert_eq!(system.store(made, "D-1").await, []);
    assert!(app.followed.take("D-1"), "the gateway is asked to tell of it");
    assert_eq!(say("store", went(true)).await, Some((RefusalCode::StateForbids, "not-at-gateway".into())));
    told(app, HUS, ("D-1", Vec::new())).await;
    assert_eq!(say("store", Said { role: "archivist".into(), ..went(true) }).await.unwrap().1, "role");
    assert_eq!(say("store", Said { remark: String::new(), ..went(false) }).await.unwrap().1, "remark");
    assert_eq!(say("none", went(true)).await.unwrap().0, RefusalCode::NotFound);
    assert_eq!(say("store", went(true)).await, None);
    system.search("D-2").await;
    fine(app, &hus, (&number, "search"), "D-2").await;
    // What went badly is done again: what was seen before counts no more.
    system.read(&id, "D-3").await;
    told(app, HUS, ("D-3", Vec::new())).await;
    two.test.clock.advance(1);
    assert_eq!(say("read", went(false)).await, None);
    assert_eq!(answer(app, &hus, &number, "read").await, Answer::Failed);
    assert_eq!(code(tests::send(app, &hus, &number).await), Some((RefusalCode::StateForbids, "read".into())));
    system.read(&id, "D-4").await;
    fine(app, &hus, (&number, "read"), "D-4").await;
    assert_eq!(system.store(system.made(2, CLIENT).replacing(&id, &id, 2), "D-5").await, []);
    fine(app, &hus, (&number, "replace"), "D-5").await;
    let second = system.made(2, CLIENT).document_id;
    assert_eq!(system.store(system.made(3, CLIENT).replacing(&second, &id, 3).invalidating(), "D-6").await, []);
    fine(app, &hus, (&number, "void"), "D-6").await;
    decided(&two.test, &hus, &number).await;
}

/// What a gateway tells otherwise is none of the test's: to another service, from another system, through another access point, or not done at all.
async fn other_things(system: &System<'_>, hus: &Actor, number: &str) {
    let app = &system.test.app;
    let call = |decision: &str| call_of(app, HUS, (decision, Vec::new()));
    let elsewhere = door_of(TK).access_point;
    let calls = [
        SeenCall { service: Some(Service::Prescription), ..call("O-1") },
        SeenCall { system: Some("900077".to_owned()), ..call("O-2") },
        SeenCall { access_point: Some(elsewhere), ..call("O-3") },
        SeenCall { place: "500".to_owned(), ..call("O-4") },
        SeenCall { place: String::new(), ..call("O-5") },
        SeenCall { refused: Some(RefusalCode::NoRight), ..call("O-6") },
    ];
    for (serial, call) in (90..).zip(calls) {
        let decision = call.decision.clone().unwrap();
        assert_eq!(system.store(system.made(serial, CLIENT), &decision).await, []);
        assert_eq!(answer(app, hus, number, "store").await, Answer::NotAtGateway, "{decision}");
        told_as(app, call).await;
        assert_eq!(answer(app, hus, number, "store").await, Answer::Nothing, "{decision}");
    }
    assert_eq!(tests::show(app, hus, Desk::Own, number).await.unwrap().documents, [], "nor is it test data of it");
    // The operator has a set void that an earlier test left: that is nobody's test.
    let void = Use {
        at: app.now(),
        by: "person:operator".to_owned(),
        act: Act::Invalidated,
        ground: Ground::Ordered,
        controller: Oid::parse(OLD).unwrap(),
        joiner: Oid::parse(HUS).unwrap(),
        tenant: None,
        document: Some(Oid::parse(&system.made(90, CLIENT).document_id).unwrap()),
        person: archive::find(app.store.read(), &Oid::parse(&system.made(90, CLIENT).document_id).unwrap())
            .await
            .unwrap()
            .map(|kept| kept.person),
        decision: String::new(),
        more: None,
    };
    archive::write_uses(&app.store, &[void]).await.unwrap();
    assert_eq!(answer(app, hus, number, "store").await, Answer::Nothing);
    assert_eq!(tests::show(app, hus, Desk::Own, number).await.unwrap().documents, []);
}

async fn begun_wrong(app: &App, hus: &Actor) {
    let begin = async |asked: Asked| code(tests::begin(app, hus, &asked).await);
    let wrong = |place: &str| Some((RefusalCode::FormInvalid, place.to_owned()));
    let first = asked(Stage::FirstUse);
    assert_eq!(begin(Asked { service: "x".into(), ..first.clone() }).await, wrong("service"));
    assert_eq!(begin(Asked { system: "900077".into(), ..first.clone() }).await, wrong("system"));
    assert_eq!(begin(asked(Stage::Readiness)).await, wrong("stage"), "that is for prescriptions");
    assert_eq!(begin(Asked { functions: vec!["x".into()], ..first.clone() }).await, wrong("functions"));
    let real = Asked { persons: "010181-900C\n131052-308T".into(), ..first.clone() };
    assert_eq!(begin(real).await, wrong("persons 2"));
    assert_eq!(begin(Asked { change: "M1-1".into(), ..first.clone() }).await, wrong("change"));
    assert_eq!(begin(Asked { before: "K1-1".into(), ..first.clone() }).await, wrong("before"));
    assert_eq!(begin(Asked { before: "K1-1".into(), ..asked(Stage::After) }).await, wrong("before"));
    let mut reader = hus.clone();
    reader.organisations[0].positions = vec![Position::Reader];
    assert_eq!(code(tests::begin(app, &reader, &first).await).unwrap().0, RefusalCode::NotAllowed);
}

/// Given back, sent again, accepted; its test data is removed when somebody asks.
async fn decided(test: &TestApp, hus: &Actor, number: &str) {
    let (app, office, tk) = (&test.app, case_handler(), member_of(TK));
    assert_eq!(code(tests::accept(app, &office, number).await).unwrap().0, RefusalCode::NotFound, "nothing was sent");
    assert_eq!(code(tests::ask_removal(app, hus, number).await).unwrap().0, RefusalCode::StateForbids);
    tests::send(app, hus, number).await.unwrap();
    assert_eq!(code(tests::show(app, &tk, Desk::Own, number).await).unwrap().0, RefusalCode::NotFound);
    assert_eq!(code(tests::accept(app, hus, number).await).unwrap().0, RefusalCode::NotAllowed);
    assert_eq!(code(tests::give_back(app, &office, number, " ").await).unwrap().1, "reason");
    tests::give_back(app, &office, number, "one more look").await.unwrap();
    // What the operator doubts is made again.
    let say = async |said: Said| code(tests::say(app, hus, (number, "read"), &said).await);
    test.clock.advance(1);
    assert_eq!(say(went(false)).await, None);
    assert_eq!(code(tests::send(app, hus, number).await), Some((RefusalCode::StateForbids, "read".into())));
    let first = tests::show(app, hus, Desk::Own, number).await.unwrap().documents[0].stored.document.clone();
    test.clock.advance(1);
    fetch_document(app, &door(HUS, "D-7"), Service::PatientData, &first).await.unwrap();
    fine(app, hus, (number, "read"), "D-7").await;
    tests::send(app, hus, number).await.unwrap();
    for language in Language::ALL {
        let paper = tests::report(app, &office, (Desk::Office, number), language).await.unwrap();
        assert!(paper.body.starts_with(b"%PDF") && paper.hash == Sha256Hash::of(&paper.body));
        let verifier = liitos_pki::seal::SealVerifier::from_public(&app.publication.public_key());
        assert!(verifier.sealed_copy(&paper.body, &paper.seal));
    }
    tests::accept(app, &office, number).await.unwrap();
    let told = notices::own(app, hus).await.unwrap();
    let news = |notice: &Notice| if let Notice::DeploymentTest { news, .. } = notice { Some(*news) } else { None };
    let mut news: Vec<_> = told.iter().filter_map(|stored| news(&stored.notice)).collect();
    news.sort();
    assert_eq!(news, [DeploymentTestNews::Accepted, DeploymentTestNews::GivenBack]);
    assert_eq!(tests::list(app, hus, Desk::Own).await.unwrap().due, []);
    // Three versions of one set: marked, and void already by the last case.
    let shown = tests::show(app, hus, Desk::Own, number).await.unwrap();
    let standings: Vec<_> = shown.documents.iter().map(|kept| kept.standing).collect();
    assert_eq!(standings, [Standing::Replaced, Standing::Replaced, Standing::Invalidated]);
    assert_eq!(code(tests::remove(app, &office, number).await).unwrap().0, RefusalCode::NotFound, "nobody asked");
    tests::ask_removal(app, hus, number).await.unwrap();
    assert_eq!(tests::remove(app, &office, number).await.unwrap(), 1, "it is void already");
    assert_eq!(code(tests::remove(app, &office, number).await).unwrap().0, RefusalCode::StateForbids);
}

on_both!(around_a_change_of_controller, around);

async fn around(database: Database) {
    let two = Two::start(database).await;
    let (app, hus, tk) = (&two.test.app, member_of(HUS), member_of(TK));
    let old = System { test: &two.test, by: HUS, controller: OLD, signer: &two.old };
    let new = System { test: &two.test, by: TK, controller: NEW, signer: &two.new };
    let day = app.now().plus_days(60).midnight();
    let change = changes::keep(app, &hus, Desk::Own, crate::changes::merger(day)).await.unwrap().unwrap();
    let before = Asked { change: change.clone(), ..asked(Stage::Before) };
    let number = tests::begin(app, &hus, &before).await.unwrap();
    let id = three(&old, &hus, &number, 1).await;
    tests::send(app, &hus, &number).await.unwrap();
    tests::accept(app, &case_handler(), &number).await.unwrap();
    let tasks = async |what: What| {
        let shown = changes::show(app, &case_handler(), Desk::Office, &change).await.unwrap();
        let states = shown.tasks.iter().filter(|(_, task)| task.what == what).map(|(_, task)| task.state);
        states.collect::<Vec<_>>()
    };
    assert_eq!(tasks(What::TestBefore).await, [State::Done], "it ticks off by itself");
    assert!(tasks(What::TestAfter).await.iter().all(|state| *state != State::Done));
    // What an earlier test stored serves while it is in force.
    let again = tests::begin(app, &hus, &asked(Stage::Before)).await.unwrap();
    assert_eq!(answer(app, &hus, &again, "store").await, Answer::Seen);
    tests::withdraw(app, &hus, &again).await.unwrap();
    // Nothing has come to the other yet: the number alone opens nothing.
    let after = Asked { before: number.clone(), ..asked(Stage::After) };
    assert_eq!(code(tests::begin(app, &tk, &after).await), Some((RefusalCode::FormInvalid, "before".into())));
    two.switched(&two.order()).await;
    let number = tests::begin(app, &tk, &after).await.unwrap();
    three(&new, &tk, &number, 1).await;
    new.read(&id, "after 4").await;
    fine(app, &tk, (&number, "moved"), "after 4").await;
    assert_eq!(new.store(new.made(2, CLIENT).replacing(&id, &id, 2), "after 5").await, []);
    fine(app, &tk, (&number, "moved-replace"), "after 5").await;
    // The former's name is refused, as the gateway heard.
    let former = System { controller: OLD, ..new };
    let codes = former.store(former.made(3, CLIENT), "after 6").await;
    assert_eq!(codes, [RefusalCode::ControllerForeign]);
    assert_eq!(answer(app, &tk, &number, "former").await, Answer::NotAtGateway);
    told(app, TK, ("after 6", codes)).await;
    let supplier = Said { role: "supplier".into(), person: "Tuki Toimittaja".into(), ..went(true) };
    tests::say(app, &tk, (&number, "former"), &supplier).await.unwrap();
    tests::send(app, &tk, &number).await.unwrap();
    removed(&two, &number, &id).await;
}

/// What came from before and what was stored since is removed together, in the register that it is in now.
async fn removed(two: &Two, number: &str, id: &str) {
    let app = &two.test.app;
    let set = Oid::parse(id).unwrap();
    assert_eq!(tests::is_test_data(app, &[&set]).await.unwrap().len(), 1);
    tests::ask_removal(app, &member_of(TK), number).await.unwrap();
    assert_eq!(tests::remove(app, &case_handler(), number).await.unwrap(), 2);
    let newest = archive::newest(app.store.read(), &set).await.unwrap().unwrap();
    assert_eq!(newest.standing, Standing::Invalidated);
    let lines = LinesAsked { document: Some(&newest.id), ..LinesAsked::default() };
    let lines = archive::uses(app.store.read(), lines, 9).await.unwrap();
    let ordered = lines.iter().find(|line| line.told.ground == liitos_domain::archive::Ground::Ordered).unwrap();
    assert!(ordered.told.more.as_ref().is_some_and(|more| more.contains(number)));
}

on_both!(whoever_has_a_test_to_make_is_shown_and_told, untested);

async fn untested(database: Database) {
    let two = Two::start(database).await;
    let (app, hus, office) = (&two.test.app, member_of(HUS), case_handler());
    let due = async |who: &str| {
        let all = tests::untested(app, &office).await.unwrap().into_iter();
        let its = all.filter(|(joiner, _)| joiner.as_str() == who);
        let what = its.map(|(_, due)| (due.stage, due.functions.into_iter().collect::<Vec<_>>()));
        what.collect::<Vec<_>>()
    };
    let first = (Stage::FirstUse, Vec::<&str>::new());
    assert_eq!((due(HUS).await, due(TK).await), (vec![first.clone()], vec![first.clone()]));
    let remind = async || tests::remind(app).await;
    crate::kills::survives(&two.test, &["notice"], async || remind().await.map(|_| ())).await;
    assert_eq!(remind().await.unwrap(), 0, "once");
    let news = async |who: &str| {
        let told = notices::own(app, &member_of(who)).await.unwrap().into_iter();
        let news = told.filter_map(|stored| match stored.notice {
            Notice::DeploymentTest { news, .. } => Some(news),
            _ => None,
        });
        let mut news: Vec<_> = news.collect();
        news.sort();
        news
    };
    assert_eq!(news(HUS).await, [DeploymentTestNews::Due]);
    // A run that no change asked for is tested around, too.
    two.approved(&two.order()).await;
    assert_eq!(due(HUS).await, [first.clone(), (Stage::Before, vec![])]);
    assert_eq!(remind().await.unwrap(), 1);
    let old = System { test: &two.test, by: HUS, controller: OLD, signer: &two.old };
    let number = tests::begin(app, &hus, &asked(Stage::Before)).await.unwrap();
    three(&old, &hus, &number, 1).await;
    tests::send(app, &hus, &number).await.unwrap();
    assert_eq!(due(HUS).await, std::slice::from_ref(&first));
    // A tenant is a function of its own.
    let (host, tenant) = (Oid::parse(HUS).unwrap(), Oid::parse("1.2.246.10.99999044.10.0").unwrap());
    // It has worked there for longer than the system is used.
    let tenant = Tenant { host, tenant, valid: Interval::from(app.now().plus_days(-400)) };
    two.test.record(&Effect { tenants_opened: vec![tenant], ..Effect::default() }).await;
    let own = tests::list(app, &hus, Desk::Own).await.unwrap().due;
    let own: Vec<_> = own.into_iter().map(|due| (due.stage, due.functions.into_iter().collect::<Vec<_>>())).collect();
    assert_eq!(own, [(Stage::FirstUse, vec!["tenant"])]);
    assert_eq!(remind().await.unwrap(), 1);
    two.test.clock.advance(4 * 86_400);
    runs::switch_due(app).await.unwrap();
    assert_eq!(due(TK).await, [(Stage::After, vec![])], "which shows the first use, too");
    assert_eq!(due(HUS).await, [(Stage::FirstUse, vec!["tenant"])]);
    two.test.clock.advance(14 * 86_400);
    remind().await.unwrap();
    assert_eq!(news(TK).await, [DeploymentTestNews::Due, DeploymentTestNews::DueAfter]);
    use DeploymentTestNews::{Due, DueBefore, Undecided};
    assert_eq!(news(HUS).await, [Due, Due, DueBefore, Undecided], "its report, too");
    for stranger in [hus, Actor::default()] {
        assert_eq!(code(tests::untested(app, &stranger).await).unwrap().0, RefusalCode::NotAllowed);
    }
}

on_both!(a_renewal_request_is_sent_for_a_test, requested);

async fn requested(database: Database) {
    use crate::outbound::{LEPOLA, POINT, UNIT};
    let test = TestApp::start(database).await;
    crate::notifications::lepola(&test).await;
    let (app, lepola, unit) = (&test.app, member_of(LEPOLA), Oid::parse(UNIT).unwrap());
    let asked = Asked {
        service: Service::Prescription.code().into(),
        stage: Stage::Readiness.code().into(),
        system: "900001".into(),
        functions: vec!["renewal-reception".into()],
        ..Asked::default()
    };
    let plain = tests::begin(app, &lepola, &Asked { functions: Vec::new(), ..asked.clone() }).await.unwrap();
    assert_eq!(code(tests::request(app, &lepola, &plain, &unit).await).unwrap().1, "case");
    assert_eq!(code(tests::begin(app, &lepola, &asked).await).unwrap(), (RefusalCode::StateForbids, "running".into()));
    tests::withdraw(app, &lepola, &plain).await.unwrap();
    let number = tests::begin(app, &lepola, &asked).await.unwrap();
    let elsewhere = Oid::parse("1.2.246.10.99999036.10.2").unwrap();
    assert_eq!(code(tests::request(app, &lepola, &number, &elsewhere).await).unwrap().1, "unit");
    assert_eq!(answer(app, &lepola, &number, "renewal").await, Answer::Nothing);
    let id = tests::request(app, &lepola, &number, &unit).await.unwrap();
    assert_eq!(answer(app, &lepola, &number, "renewal").await, Answer::NotAtGateway, "it is on its way");
    let here = Door { represented: unit, ..crate::archive::door(POINT) };
    let given = outbound::fetch(app, &here).await.unwrap().unwrap();
    let body = String::from_utf8_lossy(&given.body).into_owned();
    let recipient = format!("<informationRecipient><intendedRecipient><receivedOrganization><id root=\"{UNIT}\"/>");
    assert!(given.id == id && body.contains("<code code=\"8\"") && body.contains(&recipient), "{body}");
    outbound::received(app, &here, &id).await.unwrap();
    let technical = Said { role: "technical".into(), ..went(true) };
    tests::say(app, &lepola, (&number, "renewal"), &technical).await.unwrap();
    let seen = tests::show(app, &lepola, Desk::Own, &number).await.unwrap().looks.remove("renewal").unwrap().seen;
    assert_eq!(seen.unwrap().message, Some(id));
}

on_both!(a_test_survives_being_killed_anywhere, killed);

async fn killed(database: Database) {
    let two = Two::start(database).await;
    let (test, hus, office) = (&two.test, member_of(HUS), case_handler());
    let app = &test.app;
    let step = ["audit_event", "deployment_test", "happening"];
    let begin = async || tests::begin(app, &hus, &asked(Stage::Before)).await;
    let number = crate::kills::survives(test, &step, begin).await;
    let system = System { test, by: HUS, controller: OLD, signer: &two.old };
    assert_eq!(system.store(system.made(1, CLIENT), "D-1").await, []);
    told(app, HUS, ("D-1", Vec::new())).await;
    let said = ["audit_event", "deployment_test", "deployment_word", "happening"];
    tests::follow(app).await.unwrap();
    let say = async || tests::say(app, &hus, (&number, "store"), &went(true)).await;
    crate::kills::survives(test, &said, say).await;
    system.search("D-2").await;
    fine(app, &hus, (&number, "search"), "D-2").await;
    system.read(&system.made(1, CLIENT).document_id, "D-3").await;
    fine(app, &hus, (&number, "read"), "D-3").await;
    let sent = ["audit_event", "deployment_test", "happening", "sealed_copy"];
    crate::kills::survives(test, &sent, async || tests::send(app, &hus, &number).await).await;
    let decided = ["audit_event", "deployment_test", "happening", "notice"];
    crate::kills::survives(test, &decided, async || tests::accept(app, &office, &number).await).await;
    crate::kills::survives(test, &step, async || tests::ask_removal(app, &hus, &number).await).await;
    // Of several sets some may be void already: it goes on.
    for table in
        ["archive_document", "archive_invalidation", "archive_use", "audit_event", "deployment_test", "happening"]
    {
        break_table(&app.store, table).await;
        assert!(tests::remove(app, &office, &number).await.is_err(), "{table}");
        mend_table(&app.store, table).await;
    }
    tests::remove(app, &office, &number).await.unwrap();
    let shown = tests::show(app, &office, Desk::Office, &number).await.unwrap();
    assert!(shown.one.removed_at.is_some());
    assert!(shown.documents.iter().all(|kept| kept.standing == Standing::Invalidated));
    let voids = archive::uses(app.store.read(), LinesAsked::default(), 99).await.unwrap();
    let voids = voids.iter().filter(|line| line.told.act == liitos_domain::archive::Act::Invalidated);
    assert_eq!(voids.count(), 1, "declared void once");
}

#[tokio::test]
async fn course_is_seen_by_the_operator_only_once_it_is_sent() {
    let two = Two::start(Database::Sqlite).await;
    let (app, hus) = (&two.test.app, member_of(HUS));
    let number = tests::begin(app, &hus, &asked(Stage::FirstUse)).await.unwrap();
    let office = tests::list(app, &case_handler(), Desk::Office).await.unwrap();
    assert_eq!((office.tests.len(), office.due.len()), (0, 0));
    assert_eq!(code(tests::show(app, &case_handler(), Desk::Office, &number).await).unwrap().0, RefusalCode::NotFound);
    tests::withdraw(app, &hus, &number).await.unwrap();
    let withdrawn = tests::show(app, &hus, Desk::Own, &number).await.unwrap();
    assert_eq!(withdrawn.one.course, Course::Withdrawn);
    assert_eq!(code(tests::withdraw(app, &hus, &number).await).unwrap().0, RefusalCode::StateForbids);
    assert_eq!(
        code(tests::say(app, &hus, (&number, "store"), &went(true)).await).unwrap().0,
        RefusalCode::StateForbids
    );
}
