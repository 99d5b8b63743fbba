//! The operator's desk: what needs two persons, the queue by care and age, search, report.

use crate::applications::{LEPOLA, filled_in, save, shown_effect};
use crate::archive::{HUS, open_to};
use crate::on_both;
use liitos_domain::application::{JoinerKind, Step};
use liitos_domain::directory::{Closing, ProposalState, Stage};
use liitos_domain::notice::{ClosingNews, Notice};
use liitos_domain::{Interval, RefusalCode, Service, Sha256Hash, StaffRole};
use liitos_service::applications::{self, Joined, Part, Sight};
use liitos_service::directory::proposal;
use liitos_service::directory::shut::{closings, lift, shut};
use liitos_service::{Actor, ServiceError, notices};
use liitos_testkit::{Database, TestApp, case_handler, member_of, second_registrar};

fn code<T>(outcome: Result<T, ServiceError>) -> Option<RefusalCode> {
    outcome.err().map(|error| error.code)
}

/// Lepola applies with an access point in another country.
async fn abroad(test: &TestApp, actor: &Actor, service: Service) -> String {
    let number = filled_in(test, actor, service).await;
    let (stored, _) = applications::view(&test.app, actor, &number).await.unwrap();
    let mut points = stored.application.form(Step::AccessPoints);
    points.0.insert("own_country".into(), "SE".into());
    save(test, actor, &number, Step::AccessPoints, 1, points).await.unwrap();
    applications::send(&test.app, actor, &number, Default::default()).await.unwrap();
    number
}

on_both!(outside_finland_two_persons_approve, two);

async fn two(database: Database) {
    let test = TestApp::start(database).await;
    let (app, one, other) = (&test.app, case_handler(), second_registrar());
    let number = abroad(&test, &member_of(LEPOLA), Service::PatientData).await;
    let (number, whole) = (number.as_str(), Part::default());
    let shown = shown_effect(&test, number).await;
    let approve = async |actor: &Actor| applications::approve(app, actor, number, &shown, &whole).await;
    assert_eq!(code(approve(&one).await), Some(RefusalCode::SecondPersonNeeded));
    let wrong = liitos_domain::Sha256Hash::of(b"other");
    assert_eq!(
        code(applications::approve_first(app, &one, number, &wrong, &whole).await),
        Some(RefusalCode::EffectChanged)
    );
    assert_eq!(
        code(applications::approve_first(app, &member_of(LEPOLA), number, &shown, &whole).await),
        Some(RefusalCode::NotAllowed)
    );
    applications::approve_first(app, &one, number, &shown, &whole).await.unwrap();
    assert_eq!(code(approve(&one).await), Some(RefusalCode::SecondPersonNeeded), "not the same person twice");
    // Asked about and sent again it is another application: the first approval is of what was.
    applications::ask_more(app, &one, number, "which hall?").await.unwrap();
    test.clock.advance(60);
    applications::send(app, &member_of(LEPOLA), number, Default::default()).await.unwrap();
    let again = shown_effect(&test, number).await;
    assert_eq!(
        code(applications::approve(app, &other, number, &again, &whole).await),
        Some(RefusalCode::SecondPersonNeeded)
    );
    applications::approve_first(app, &one, number, &again, &whole).await.unwrap();
    applications::approve(app, &other, number, &again, &whole).await.unwrap();

    // Within Finland one person is enough, and nobody is a first of two.
    let home = filled_in(&test, &member_of(LEPOLA), Service::Prescription).await;
    let (stored, _) = applications::view(app, &member_of(LEPOLA), &home).await.unwrap();
    let mut points = stored.application.form(Step::AccessPoints);
    points.0.insert("own_oid".into(), format!("{LEPOLA}.13.2"));
    save(&test, &member_of(LEPOLA), &home, Step::AccessPoints, 1, points).await.unwrap();
    applications::send(app, &member_of(LEPOLA), &home, Default::default()).await.unwrap();
    let shown = shown_effect(&test, &home).await;
    assert_eq!(
        code(applications::approve_first(app, &one, &home, &shown, &whole).await),
        Some(RefusalCode::StateForbids)
    );
    applications::approve(app, &one, &home, &shown, &whole).await.unwrap();
}

on_both!(the_queue_is_by_care_and_age_and_searched, queue);

async fn queue(database: Database) {
    let test = TestApp::start(database).await;
    let (app, staff) = (&test.app, case_handler());
    let first = filled_in(&test, &member_of(LEPOLA), Service::Prescription).await;
    applications::send(app, &member_of(LEPOLA), &first, Default::default()).await.unwrap();
    test.clock.advance(3600);
    let second = abroad(&test, &member_of(LEPOLA), Service::PatientData).await;
    // A draft is its applicant's own.
    let koivu = member_of("1.2.246.10.99999028.10.0");
    applications::begin(app, &koivu, Service::SocialClientData, None, liitos_texts::Language::Fi).await.unwrap();
    let told = async |sight, text: &str, by_risk| {
        let found = applications::queue(app, &staff, (sight, text, by_risk), Some(0)).await.unwrap();
        found.shown.into_iter().map(|stored| stored.application.number).collect::<Vec<_>>()
    };
    assert_eq!(told(Sight::Waiting, "", true).await, [second.clone(), first.clone()], "what needs care first");
    assert_eq!(told(Sight::Waiting, "", false).await, [first.clone(), second.clone()], "what waits longest first");
    for text in ["lääkäriasema", "LEPOLA", "9999903-6", LEPOLA, &first] {
        assert!(told(Sight::Waiting, text, true).await.contains(&first), "{text}");
    }
    for text in ["koivu", "%", "_", "\\", "nobody"] {
        assert!(told(Sight::All, text, true).await.is_empty(), "{text}");
    }
    assert!(told(Sight::Own, "", true).await.is_empty());
    applications::assign(app, &staff, &first).await.unwrap();
    assert_eq!(told(Sight::Own, "", true).await, std::slice::from_ref(&first));
    let shown = shown_effect(&test, &first).await;
    applications::approve(app, &staff, &first, &shown, &Part::default()).await.unwrap();
    assert_eq!(told(Sight::Waiting, "", true).await, std::slice::from_ref(&second));
    assert_eq!(told(Sight::All, "", true).await, [second, first]);
    let joined = applications::report(app, &staff).await.unwrap();
    let (month, kind, service) = ("2026-11".to_owned(), JoinerKind::Private, Service::Prescription);
    assert_eq!(joined, [Joined { month, kind, service, count: 1 }]);
    let outside = Actor { staff: vec![StaffRole::Registrar], ..case_handler() };
    assert_eq!(code(applications::report(app, &outside).await), Some(RefusalCode::NotAllowed));
    // What an older program has begun is found after the next start.
    sea_orm::ConnectionTrait::execute_unprepared(app.store.write(), "UPDATE application SET search = NULL")
        .await
        .unwrap();
    assert!(told(Sight::All, "lepola", true).await.is_empty());
    assert_eq!(applications::complete(app).await.unwrap(), 3);
    assert_eq!(told(Sight::All, "lepola", true).await.len(), 2);
}

on_both!(nobody_closes_for_long_alone, closing);

async fn closing(database: Database) {
    let test = TestApp::start(database).await;
    let (app, now) = (&test.app, test.app.now());
    let officer =
        Actor { reference: "person:officer".into(), staff: vec![StaffRole::SecurityOfficer], ..case_handler() };
    let of = |until| Closing { reason: "test".into(), ..Closing::everything(Stage::Closed, Interval::new(now, until)) };
    for long in [None, Some(now.plus_days(2))] {
        assert_eq!(code(shut(app, &officer, of(long)).await), Some(RefusalCode::SecondPersonNeeded));
    }
    shut(app, &officer, of(Some(now.plus_seconds(3600)))).await.unwrap();
    test.clock.advance(3600);
    let number = proposal::propose_shut(app, &officer, of(None)).await.unwrap();
    let shown = proposal::look(app, &officer, number).await.unwrap().0.hash;
    assert_eq!(
        code(proposal::approve(app, &officer, number, &shown).await),
        Some(RefusalCode::NotAllowed),
        "one's own"
    );
    let handler = Actor { reference: "person:handler".into(), staff: vec![StaffRole::CaseHandler], ..case_handler() };
    assert_eq!(code(proposal::approve(app, &handler, number, &shown).await), Some(RefusalCode::NotAllowed));
    let other = Actor { reference: "person:officer-2".into(), ..officer.clone() };
    test.clock.advance(60);
    let version = proposal::approve(app, &other, number, &shown).await.unwrap().unwrap();
    let rows = liitos_store::directory::rows(app.store.read(), version).await.unwrap();
    let open = rows.closings.iter().find(|closing| closing.valid.until.is_none()).unwrap().clone();
    assert_eq!(open.valid.from, app.now(), "what passed while it waited stays known as permitted");
    // A change that is no closing is not a security officer's to decide on.
    let back = proposal::propose_return(app, &case_handler(), version - 1, "back", None).await.unwrap();
    let shown = proposal::look(app, &other, back).await.unwrap().0.hash;
    assert_eq!(code(proposal::approve(app, &other, back, &shown).await), Some(RefusalCode::NotAllowed));
    two_lift(&test, open, &officer, &other).await;
}

/// What two closed, two lift, with a reason.
async fn two_lift(test: &TestApp, open: Closing, officer: &Actor, other: &Actor) {
    let app = &test.app;
    let hash = Sha256Hash::of_canonical(&open).unwrap();
    assert_eq!(code(lift(app, officer, &hash, " ").await), Some(RefusalCode::FormInvalid));
    assert_eq!(code(lift(app, officer, &hash, "mended").await), Some(RefusalCode::SecondPersonNeeded));
    let number = proposal::propose_lift(app, officer, &hash, "mended").await.unwrap();
    let shown = proposal::look(app, officer, number).await.unwrap().0.hash;
    assert_eq!(code(proposal::approve(app, officer, number, &shown).await), Some(RefusalCode::NotAllowed));
    test.clock.advance(60);
    proposal::approve(app, other, number, &shown).await.unwrap().unwrap();
    assert_eq!(closings(app, officer).await.unwrap(), []);
}

/// Lifted before it begins, which whoever was told of it is told.
async fn called_off(test: &TestApp, closing: Closing) {
    let (app, staff, other) = (&test.app, case_handler(), second_registrar());
    let hash = Sha256Hash::of_canonical(&closing).unwrap();
    let begins = proposal::propose_shut(app, &staff, closing).await.unwrap();
    let shown = proposal::look(app, &other, begins).await.unwrap().0.hash;
    proposal::approve(app, &other, begins, &shown).await.unwrap().unwrap();
    notices::tell_of_closings(app).await.unwrap();
    assert_eq!(code(lift(app, &staff, &hash, "x").await), Some(RefusalCode::SecondPersonNeeded), "two announced it");
    let lifts = proposal::propose_lift(app, &staff, &hash, "not needed").await.unwrap();
    let shown = proposal::look(app, &other, lifts).await.unwrap().0.hash;
    proposal::approve(app, &other, lifts, &shown).await.unwrap().unwrap();
    notices::tell_of_closings(app).await.unwrap();
    let told = notices::own(app, &member_of(HUS)).await.unwrap().into_iter().map(|stored| stored.notice);
    let told = told.filter_map(|notice| match notice {
        Notice::Closing { news: ClosingNews::CalledOff, reason, .. } => Some(reason),
        _ => None,
    });
    assert_eq!(told.collect::<Vec<_>>(), ["not needed"]);
}

on_both!(a_closing_is_announced_before_it_begins, announced);

async fn announced(database: Database) {
    let test = TestApp::start(database).await;
    let (app, joiner) = (&test.app, member_of(HUS));
    open_to(&test, HUS).await;
    let (staff, other) = (case_handler(), second_registrar());
    let from = app.now().plus_days(3);
    let closing = Closing {
        reason: "the archive moves".into(),
        ..Closing::everything(Stage::Closed, Interval::new(from, Some(from.plus_seconds(7200))))
    };
    assert_eq!(code(shut(app, &staff, closing.clone()).await), Some(RefusalCode::SecondPersonNeeded), "no emergency");
    let backwards = Closing { valid: Interval::new(from, Some(from)), ..closing.clone() };
    assert_eq!(proposal::propose_shut(app, &staff, backwards).await.unwrap_err().place, "until");
    let number = proposal::propose_shut(app, &staff, closing.clone()).await.unwrap();
    let shown = proposal::look(app, &other, number).await.unwrap().0.hash;
    proposal::approve(app, &other, number, &shown).await.unwrap().unwrap();
    notices::tell_of_closings(app).await.unwrap();
    let told = async || notices::own(app, &joiner).await.unwrap().into_iter().map(|stored| stored.notice);
    let told_of = told().await.find_map(|notice| match notice {
        Notice::Closing { at, until, .. } => Some((at, until)),
        _ => None,
    });
    assert_eq!(told_of, Some((from, closing.valid.until)), "three days before");
    assert_eq!(closings(app, &staff).await.unwrap(), std::slice::from_ref(&closing));
    called_off(&test, Closing { service: Some(Service::PatientData), ..closing.clone() }).await;
    // A proposal that has nothing to lift any more is returned.
    let hash = Sha256Hash::of_canonical(&closing).unwrap();
    let number = proposal::propose_lift(app, &staff, &hash, "it has moved already").await.unwrap();
    let shown = proposal::look(app, &other, number).await.unwrap().0.hash;
    test.clock.advance(3 * 86_400 + 7200);
    assert_eq!(code(proposal::approve(app, &other, number, &shown).await), Some(RefusalCode::EffectChanged));
    let all = proposal::list(app, &staff).await.unwrap();
    assert_eq!(all.iter().find(|one| one.number == number).unwrap().state, ProposalState::Returned);
}
