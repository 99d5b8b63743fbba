//! What waits, for whom, and what has happened, of everything that an organisation has here.

use crate::applications::{LEPOLA, filled_in, save, shown_effect};
use crate::on_both;
use liitos_domain::application::Step;
use liitos_domain::directory::{Basis, Effect, Order};
use liitos_domain::{Position, Service};
use liitos_service::applications::{self, Part};
use liitos_service::directory::{log, own_rights, proposal};
use liitos_service::notices::{self, Desk};
use liitos_service::timeline::{Happened, Matter, Turn, timeline};
use liitos_testkit::{Database, TestApp, case_handler, member_of, second_registrar};

on_both!(what_waits_and_has_happened_stands_together, together_told);

async fn together_told(database: Database) {
    let test = TestApp::start(database).await;
    let (app, actor, staff) = (&test.app, member_of(LEPOLA), case_handler());
    let turns = async || {
        let all = timeline(app, &actor).await.unwrap();
        all.waits.into_iter().map(|waits| (waits.turn, waits.matter)).collect::<Vec<_>>()
    };
    assert_eq!(turns().await, []);
    let number = filled_in(&test, &actor, Service::PatientData).await;
    let applied = Matter::Application(number.clone(), Service::PatientData);
    assert_eq!(turns().await, [(Turn::Own, applied.clone())]);
    applications::send(app, &actor, &number, Default::default()).await.unwrap();
    assert_eq!(turns().await, [(Turn::Operator, applied.clone())]);
    test.clock.advance(60);
    applications::ask_more(app, &staff, &number, "which?").await.unwrap();
    assert_eq!(turns().await, [(Turn::Own, applied)]);
    applications::send(app, &actor, &number, Default::default()).await.unwrap();
    let shown = shown_effect(&test, &number).await;
    applications::approve(app, &staff, &number, &shown, &Part::default()).await.unwrap();
    test.clock.advance(60);
    // Seven mailboxes and the telephone for faults were asked whether they are read.
    let asked = turns().await;
    let test_due = (Turn::Own, Matter::DeploymentTest(None, Service::PatientData));
    let [due, (Turn::Addressee, Matter::Addresses(addresses))] = &asked[..] else { unreachable!("{asked:?}") };
    assert_eq!(*due, test_due, "the first use is to be tested");
    assert_eq!(addresses.len(), 8, "{addresses:?}");
    // A change of the directory that comes later, and is approved, is told to whom it concerns.
    let rights = own_rights(app, &actor).await.unwrap();
    let (right, at) = (rights[0].clone(), app.now().plus_days(30));
    let effect = Effect { rights_closed: vec![(right, at)], ..Effect::default() };
    let registrar = case_handler();
    let proposed = proposal::propose_by_hand(app, &registrar, effect, "ends", Some(at)).await.unwrap();
    assert_eq!(turns().await.len(), 2, "not before it is approved");
    let (looked, _) = proposal::look(app, &registrar, proposed).await.unwrap();
    proposal::approve(app, &second_registrar(), proposed, &looked.hash).await.unwrap();
    let coming = Matter::Change(Basis::Order(Order::ByHand));
    assert!(turns().await.contains(&(Turn::Nobody, coming.clone())));
    assert!(
        timeline(app, &member_of("1.2.246.10.99999028.10.0")).await.unwrap().waits.is_empty(),
        "it concerns nobody else"
    );
    test.clock.advance(31 * 86_400);
    proposal::enter_due(app).await.unwrap();
    assert!(!turns().await.contains(&(Turn::Nobody, coming)));
    assert!(!turns().await.contains(&test_due), "what may not be used is not tested");
    // It has not asked for it: it is told, until somebody says that it is seen to.
    let told = async || turns().await.into_iter().filter(|(_, matter)| matches!(matter, Matter::Notice(_))).count();
    let notice = notices::own(app, &actor).await.unwrap().remove(0);
    assert!(turns().await[0] == (Turn::Own, Matter::Notice(Box::new(notice.notice))), "what is one's own comes first");
    notices::settle(app, &actor, Desk::Own, notice.key).await.unwrap();
    assert_eq!(told().await, 0);
    let all = timeline(app, &actor).await.unwrap();
    let newest_first = all.happened.windows(2).all(|two| two[0].at() >= two[1].at());
    assert!(
        newest_first && matches!(all.happened[0], Happened::Directory(_, Basis::Order(Order::ByHand), _)),
        "{all:?}"
    );
    let states = all.happened.iter().filter_map(|it| match it {
        Happened::Application(_, _, event) => Some(event.state.as_str()),
        _ => None,
    });
    assert_eq!(states.collect::<Vec<_>>(), ["approved", "sent", "more-asked", "sent", "draft"]);
}

on_both!(until_the_first_day_one_prepares, prepared);

async fn prepared(database: Database) {
    let test = TestApp::start(database).await;
    let (app, actor, staff) = (&test.app, member_of(LEPOLA), case_handler());
    let number = filled_in(&test, &actor, Service::PatientData).await;
    let (stored, _) = applications::view(app, &actor, &number).await.unwrap();
    let mut form = stored.application.form(Step::AccessPoints);
    let start = app.now().plus_days(60).midnight();
    form.0.insert("start".into(), start.civil().date().to_string());
    let revision = stored.revisions[&Step::AccessPoints];
    assert_eq!(save(&test, &actor, &number, Step::AccessPoints, revision, form).await.unwrap(), 0);
    applications::send(app, &actor, &number, Default::default()).await.unwrap();
    // Who decides sees by which right it was sent.
    let past = applications::past(app, &staff, &number).await.unwrap();
    assert_eq!(past.events.last().unwrap().positions, [Position::ManagingDirector]);
    let shown = shown_effect(&test, &number).await;
    applications::approve(app, &staff, &number, &shown, &Part::default()).await.unwrap();
    let waits = timeline(app, &actor).await.unwrap().waits;
    let prepares = waits.iter().find(|waits| matches!(waits.matter, Matter::Start(..))).unwrap();
    assert_eq!((prepares.turn, prepares.until), (Turn::Own, Some(start)));
    test.clock.advance(start.as_seconds() - app.now().as_seconds() + 1);
    let waits = timeline(app, &actor).await.unwrap().waits;
    assert!(!waits.iter().any(|waits| matches!(waits.matter, Matter::Start(..))));
}

on_both!(what_an_older_program_wrote_is_found_by_whom_it_names, older);

async fn older(database: Database) {
    let test = TestApp::start(database).await;
    let (app, actor, staff) = (&test.app, member_of(LEPOLA), case_handler());
    let number = filled_in(&test, &actor, Service::PatientData).await;
    applications::send(app, &actor, &number, Default::default()).await.unwrap();
    let shown = shown_effect(&test, &number).await;
    applications::approve(app, &staff, &number, &shown, &Part::default()).await.unwrap();
    let recorded = async || log::own(app, &actor).await.unwrap().changes.len();
    assert_eq!(recorded().await, 1);
    assert_eq!(log::own(app, &member_of("1.2.246.10.99999028.10.0")).await.unwrap().changes.len(), 0);
    // As older code leaves it: the change is there, and nobody has looked whom it names.
    sea_orm::ConnectionTrait::execute_unprepared(app.store.write(), "DELETE FROM directory_concerned").await.unwrap();
    assert_eq!(recorded().await, 0);
    let tx = app.store.begin().await.unwrap();
    liitos_store::directory::complete(&tx).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(recorded().await, 1);
    let tx = app.store.begin().await.unwrap();
    liitos_store::directory::complete(&tx).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(recorded().await, 1, "nothing twice");
}
