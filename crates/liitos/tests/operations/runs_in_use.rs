//! Controller update runs while the archive is in use: whose stamps stay, what moves alone, what comes while it is switched and carried.

use crate::archive::{HUS, door_of, open_service, open_to};
use crate::controller_runs::{NEW, OLD, TK, Two};
use crate::on_both;
use liitos::made::{Variation, bundle, of_prescription};
use liitos_documents::{active_custodian, read_document_header};
use liitos_domain::archive::{Apart, Family, Order, Register, RunState, Scope};
use liitos_domain::directory::{Effect, Tenant};
use liitos_domain::{Interval, Oid, RefusalCode, Service};
use liitos_service::archive::{Door, fetch_document, provide_document, store_document};
use liitos_service::controller_runs as runs;
use liitos_store::{Lock, archive, controller_runs};
use liitos_testkit::{Cluster, Database, TestApp, case_handler, connected_again};
use std::time::Duration;

fn oid(text: &str) -> Oid {
    Oid::parse(text).unwrap()
}

on_both!(a_tenants_documents_move_with_their_hosts_stamp, stamped);

/// HUS is TK's host: its stamp is no controller, and no run touches it.
async fn stamped(database: Database) {
    let two = Two::start(database).await;
    let app = &two.test.app;
    let tenant = Tenant { host: oid(HUS), tenant: oid(TK), valid: Interval::from(app.now()) };
    two.test.record(&Effect { tenants_opened: vec![tenant], ..Effect::default() }).await;
    let for_tenant = Door { tenant: Some(oid(TK)), ..door_of(HUS) };
    let made = Variation::with_new_ids(5, 9).unwrap().with_controller(NEW).made_for_tenant_of(HUS);
    let made = made.signed_by(&two.old, app.now()).unwrap();
    let stored = store_document(app, &for_tenant, made.message().unwrap().as_bytes()).await.unwrap();
    assert_eq!(stored.how, liitos_service::archive::StoredHow::New);
    let (own, _) = two.first(1).await;
    let given = async |door: &Door| {
        let given = fetch_document(app, door, Service::PatientData, &oid(&made.document_id)).await;
        given.map(|bytes| String::from_utf8(bytes).unwrap()).map_err(|error| error.code)
    };
    let hosts = |text: &str| read_document_header(text).unwrap().host.map(|host| host.to_string());
    // The host's own register moves: the tenant's documents stay.
    let third = Order { to: oid("1.2.246.10.2462460.19.1"), ..two.order() };
    let number = two.switched(&third).await;
    two.carried().await;
    assert_eq!(two.report(&number).await.before.documents, 1);
    assert_eq!((two.whose(&own).await, two.whose(&made.document_id).await), (third.to.to_string(), NEW.into()));
    assert_eq!(given(&for_tenant).await.as_deref(), Ok(made.document()));
    // The tenant's register moves, to its host: by who it is, not by its stamp.
    let number = two.switched(&Order { from: oid(NEW), to: oid(OLD), ..two.order() }).await;
    two.carried().await;
    assert!(two.report(&number).await.complete);
    assert_eq!(given(&for_tenant).await, Err(RefusalCode::DocumentNotFound));
    let text = given(&door_of(HUS)).await.unwrap();
    let header = read_document_header(&text).unwrap();
    assert_eq!((header.custodian.as_str(), header.active_custodian.as_deref()), (NEW, Some(OLD)));
    assert_eq!(hosts(&text).as_deref(), Some(HUS));
    assert_eq!(active_custodian::stripped(&text).as_deref(), Some(made.document()), "not a byte besides");
}

on_both!(one_register_or_one_customer_moves_while_the_others_stay, alone);

async fn alone(database: Database) {
    const CUSTOMER: &str = "1234567-1";
    let two = Two::start(database).await;
    let store = async |serial: u64, made: &dyn Fn(Variation) -> Variation| {
        let made = made(Variation::with_new_ids(5, serial).unwrap()).signed_by(&two.old, two.test.app.now()).unwrap();
        assert_eq!(two.store(HUS, &made).await, []);
        made.document_id
    };
    let plain = store(1, &|made| made).await;
    let other = store(2, &|made| made.in_register("4")).await;
    let occupational = store(3, &|made| made.in_register("4").for_customer(CUSTOMER)).await;
    let anothers = store(4, &|made| made.in_register("4").for_customer("0204819-8")).await;
    // Another customer's is no correction of it, nor added to it.
    let follows = |made: Variation| {
        let made = made.in_register("4").for_customer("0204819-8");
        made.signed_by(&two.old, two.test.app.now()).unwrap()
    };
    let (of, made) = (&occupational, |serial| Variation::with_new_ids(6, serial).unwrap());
    let own = made(2);
    let added = made(2).adding_to(of, &own.document_id, 1);
    let apart = [(RefusalCode::FollowsWrongly, "localHeader/patientRegistrySpecifier".to_owned())];
    for one in [made(1).replacing(of, of, 2), added] {
        assert_eq!(two.store(HUS, &follows(one)).await, apart);
    }
    let cell = archive::find(two.test.app.store.read(), &oid(of)).await.unwrap().unwrap().cell;
    let customer = cell.customer.unwrap();
    let whose = async || {
        let mut whose = Vec::new();
        for id in [&plain, &other, &occupational, &anothers] {
            whose.push(two.whose(id).await);
        }
        whose
    };
    let number =
        two.switched(&Order { scope: Scope { customer: Some(customer), ..Scope::default() }, ..two.order() }).await;
    two.carried().await;
    assert_eq!(whose().await, [OLD, OLD, NEW, OLD]);
    assert_eq!(two.report(&number).await.before.documents, 1);
    let registers = vec![Register::parse("patient:4").unwrap()];
    let number = two.switched(&Order { scope: Scope { registers, ..Scope::default() }, ..two.order() }).await;
    two.carried().await;
    assert_eq!(whose().await, [OLD, NEW, NEW, NEW]);
    let report = two.report(&number).await;
    assert!(report.complete && report.before.documents == 2, "what had moved is none of it: {report:?}");
}

on_both!(a_prescription_moves_and_is_corrected_like_any_other, prescription);

async fn prescription(database: Database) {
    let two = Two::start(database).await;
    let app = &two.test.app;
    for by in [HUS, TK] {
        open_service(&two.test, by, Service::Prescription).await;
    }
    let provide = async |by: &str, made: &Variation, serial: u64| {
        let ids = (&*format!("{by}.13.2.1.61.{serial}"), &*format!("{by}.13.2.1"), by);
        let bundle = of_prescription(bundle(made.document(), ids).unwrap()).to_string();
        let told = provide_document(app, &door_of(by), Family::Prescription, bundle.as_bytes()).await.unwrap();
        told.map(drop).map_err(|findings| findings.into_iter().map(|one| (one.code, one.place)).collect::<Vec<_>>())
    };
    let fetch = async |by: &str, id: &str| {
        let given = fetch_document(app, &door_of(by), Service::Prescription, &oid(id)).await;
        given.map(|bytes| String::from_utf8(bytes).unwrap()).map_err(|error| error.code)
    };
    let first = Variation::with_new_ids(5, 1).unwrap().signed_by(&two.old, app.now()).unwrap();
    assert_eq!(provide(HUS, &first, 1).await, Ok(()));
    let (id, kept) = (&first.document_id, "prescription:");
    assert_eq!(archive::find(app.store.read(), &oid(id)).await.unwrap().unwrap().cell.register.to_string(), kept);
    // Its versions, before any run: the newest alone is corrected, by its own controller.
    let second = two.correction(1, (HUS, OLD), (id, id, 2));
    assert_eq!(provide(HUS, &second, 2).await, Ok(()));
    let late = two.correction(2, (HUS, OLD), (id, id, 2));
    let newest = format!("relatedDocument: the newest is {} version 2", second.document_id);
    assert_eq!(provide(HUS, &late, 3).await, Err(vec![(RefusalCode::NotTheNewest, newest)]));
    // Not in the place of a patient's document, nor that in its place.
    let (patients, _) = two.first(2).await;
    let mixed = two.correction(3, (HUS, OLD), (&patients, &patients, 2));
    assert_eq!(provide(HUS, &mixed, 4).await.unwrap_err()[0].0, RefusalCode::NothingToFollow);
    assert_eq!(
        two.store(HUS, &two.correction(4, (HUS, OLD), (&second.document_id, id, 3))).await[0].0,
        RefusalCode::NothingToFollow
    );
    let registers = vec![Register::parse("prescription:").unwrap()];
    let number = two.switched(&Order { scope: Scope { registers, ..Scope::default() }, ..two.order() }).await;
    two.carried().await;
    assert_eq!(two.report(&number).await.before.documents, 2, "both versions, and no patient's document");
    assert_eq!((two.whose(id).await, two.whose(&patients).await), (NEW.into(), OLD.into()));
    let given = fetch(TK, &second.document_id).await.unwrap();
    assert_eq!(read_document_header(&given).unwrap().active_custodian.as_deref(), Some(NEW));
    assert_eq!(fetch(HUS, &second.document_id).await, Err(RefusalCode::DocumentNotFound));
    let given_away = two.correction(5, (HUS, OLD), (&second.document_id, id, 3));
    let foreign = vec![(RefusalCode::ControllerForeign, "custodian".to_owned())];
    assert_eq!(provide(HUS, &given_away, 5).await, Err(foreign));
    let third = two.correction(6, (TK, NEW), (&second.document_id, id, 3));
    assert_eq!(provide(TK, &third, 6).await, Ok(()));
    assert_eq!(fetch(TK, &third.document_id).await.as_deref(), Ok(third.document()));
}

on_both!(a_correction_that_waits_while_it_is_switched_is_judged_behind_it, waits);

async fn waits(database: Database) {
    let two = std::sync::Arc::new(Two::start(database).await);
    let app = &two.test.app;
    let (id, _) = two.first(1).await;
    let number = two.approved(&two.order()).await;
    two.test.clock.advance(two.order().run_at.as_seconds() - app.now().as_seconds() + 1);
    let run = controller_runs::find(app.store.read(), &number).await.unwrap().unwrap();
    // The run is being switched, alone; the correction has passed everything but that.
    let tx = app.store.begin().await.unwrap();
    tx.lock(Lock::Controllers).await.unwrap();
    let coming = tokio::spawn({
        let two = std::sync::Arc::clone(&two);
        let correction = two.correction(1, (HUS, OLD), (&id, &id, 2));
        async move { two.store(HUS, &correction).await }
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!coming.is_finished(), "it waits");
    assert!(controller_runs::switch(&tx, &run, app.now()).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(coming.await.unwrap(), [(RefusalCode::ControllerForeign, "custodian".to_owned())]);
    assert_eq!(archive::count(app.store.read()).await.unwrap(), 1, "nothing of it is there");
    two.carried().await;
    let report = two.report(&number).await;
    assert!(report.complete && report.before.documents == 1, "{report:?}");
}

on_both!(a_clock_that_goes_back_across_a_switch_takes_nothing_back, back);

async fn back(database: Database) {
    let two = Two::start(database).await;
    let app = &two.test.app;
    let (id, _) = two.first(1).await;
    let (other, _) = two.first(2).await;
    let number = two.switched(&two.order()).await;
    let switched = controller_runs::find(app.store.read(), &number).await.unwrap().unwrap().switched_at.unwrap();
    two.test.clock.advance(-7_200);
    assert!(app.now() < switched);
    assert_eq!(runs::switch_due(app).await.unwrap(), 0, "not a second time");
    assert_eq!(two.whose(&id).await, NEW);
    assert!(two.fetch(TK, &id).await.is_ok());
    assert_eq!(two.fetch(HUS, &id).await, Err(RefusalCode::DocumentNotFound));
    let foreign = [(RefusalCode::ControllerForeign, "custodian".to_owned())];
    assert_eq!(two.store(HUS, &two.correction(1, (HUS, OLD), (&id, &id, 2))).await, foreign);
    let correction = two.correction(2, (TK, NEW), (&id, &id, 2));
    assert_eq!(two.store(TK, &correction).await, []);
    let kept = archive::find(app.store.read(), &oid(&correction.document_id)).await.unwrap().unwrap();
    assert!(kept.stored_at > switched, "stamped behind the switch: {} {switched}", kept.stored_at);
    assert_eq!(two.found(TK, &id).await, 2, "it is found, though its time is still to come by this clock");
    two.carried().await;
    let report = two.report(&number).await;
    assert!(report.complete && report.before.documents == 2, "{report:?}");
    // And when it is right again.
    two.test.clock.advance(7_200);
    assert_eq!(runs::switch_due(app).await.unwrap(), 0);
    assert_eq!((two.whose(&other).await, two.whose(&correction.document_id).await), (NEW.into(), NEW.into()));
}

on_both!(behind_the_switch_too_they_are_told_when_to_come_again, come_again);

async fn come_again(database: Database) {
    let two = Two::start(database).await;
    let app = &two.test.app;
    let (id, _) = two.first(1).await;
    let order = Order { before: 3600, after: 3600, apart: Apart::TryAgain, ..two.order() };
    let number = two.switched(&order).await;
    let switched = controller_runs::find(app.store.read(), &number).await.unwrap().unwrap().switched_at.unwrap();
    let late = two.correction(1, (HUS, OLD), (&id, &id, 2));
    let until = format!("custodian: after {}", switched.plus_seconds(3600));
    assert_eq!(two.store(HUS, &late).await, [(RefusalCode::ControllerChanging, until)]);
    // Whoever has it corrects it meanwhile.
    let correction = two.correction(2, (TK, NEW), (&id, &id, 2));
    assert_eq!(two.store(TK, &correction).await, []);
    two.test.clock.advance(switched.plus_seconds(3600).as_seconds() - app.now().as_seconds());
    let again = two.correction(3, (HUS, OLD), (&correction.document_id, &id, 3));
    assert_eq!(two.store(HUS, &again).await, [(RefusalCode::ControllerForeign, "custodian".to_owned())]);
}

on_both!(a_unit_of_whoever_has_nothing_to_do_with_it_is_refused, units);

/// The unit that a document was made in is held against the registers: another organisation's is refused, but where its documents go by a run.
async fn units(database: Database) {
    let two = Two::start(database).await;
    let app = &two.test.app;
    let made = |serial: u64, unit: &str| {
        let made = Variation::with_new_ids(8, serial).unwrap().made_in(unit).unbought();
        made.signed_by(&two.old, app.now()).unwrap()
    };
    let place = "componentOf//representedOrganization".to_owned();
    let foreign = [(RefusalCode::DocumentUnitForeign, place)];
    assert_eq!(two.store(HUS, &made(1, TK)).await, foreign);
    // One's own, oneself, and what no register knows.
    for (serial, unit) in [(2, "1.2.246.537.10.15675350.10.710"), (3, HUS), (4, "1.2.246.537.10.15675350.10.711")] {
        assert_eq!(two.store(HUS, &made(serial, unit)).await, [], "{unit}");
    }
    // Ordered: whoever takes has the units already, while whoever gives still stores.
    let number = runs::order(app, &case_handler(), two.ordered().await).await.unwrap();
    let before = made(5, TK);
    assert_eq!(two.store(HUS, &before).await, []);
    runs::cancel(app, &case_handler(), &number, "not this year").await.unwrap();
    // It has documents of that unit now.
    assert_eq!(two.store(HUS, &made(6, TK)).await, []);
    // What is corrected stays where it was made; another's unit is not brought in by that.
    let corrected = |unit: &str| {
        let id = &before.document_id;
        let made = Variation::with_new_ids(6, 1).unwrap().replacing(id, id, 2).made_in(unit).unbought();
        made.signed_by(&two.old, app.now()).unwrap()
    };
    let lepola = "1.2.246.10.99999036.10.0";
    open_to(&two.test, lepola).await;
    open_to(&two.test, "1.2.246.10.99999028.10.0").await;
    assert_eq!(two.store(HUS, &corrected(lepola)).await, foreign);
    assert_eq!(two.store(HUS, &corrected(TK)).await, []);
    // A service that it bought was made by whoever sold it.
    let bought = Variation::with_new_ids(8, 8).unwrap().made_in("1.2.246.10.99999028.10.0");
    assert_eq!(two.store(HUS, &bought.signed_by(&two.old, app.now()).unwrap()).await, []);
    // Who may not store there is told nothing else.
    let strange = Variation::with_new_ids(8, 9).unwrap().sent_by(TK).made_in(lepola);
    let strange = strange.signed_by(&two.new, app.now()).unwrap();
    assert_eq!(two.store(TK, &strange).await, [(RefusalCode::ControllerForeign, "custodian".to_owned())]);
    // Switched: whoever took goes on in the units of whoever gave.
    two.switched(&two.order()).await;
    let theirs = Variation::with_new_ids(8, 7).unwrap().with_controller(NEW).sent_by(TK);
    assert_eq!(two.store(TK, &theirs.signed_by(&two.new, app.now()).unwrap()).await, []);
}

on_both!(what_is_added_moves_with_what_it_is_added_to, added);

async fn added(database: Database) {
    let two = Two::start(database).await;
    let app = &two.test.app;
    let (id, _) = two.first(1).await;
    let adding = |serial: u64, (by, controller): (&str, &str), (to, version): (&str, u32)| {
        let made = Variation::with_new_ids(7, serial).unwrap().adding_to(to, &id, version).with_controller(controller);
        let (made, signer) = if by == HUS { (made, &two.old) } else { (made.sent_by(by), &two.new) };
        made.signed_by(signer, app.now()).unwrap()
    };
    // To what is there, by whoever's it is; it has versions of its own.
    let nothing = [(RefusalCode::NothingToFollow, "relatedDocument".to_owned())];
    assert_eq!(two.store(HUS, &adding(1, (HUS, OLD), ("1.2.246.537.10.15675350.10.1.5.99", 1))).await, nothing);
    assert_eq!(two.store(TK, &adding(2, (TK, NEW), (&id, 1))).await, nothing);
    let addition = adding(3, (HUS, OLD), (&id, 1));
    assert_eq!(two.store(HUS, &addition).await, []);
    let header = read_document_header(&two.fetch(HUS, &addition.document_id).await.unwrap()).unwrap();
    assert_eq!((header.version, header.set_id.as_str()), (1, &*addition.document_id));
    let corrected = Variation::with_new_ids(7, 4).unwrap().replacing(&addition.document_id, &addition.document_id, 2);
    let corrected = corrected.signed_by(&two.old, app.now()).unwrap();
    assert_eq!(two.store(HUS, &corrected).await, []);
    // What it was added to is corrected and added to besides.
    let second = two.correction(1, (HUS, OLD), (&id, &id, 2));
    assert_eq!(two.store(HUS, &second).await, []);
    // Moved by when the first was made: all that hangs together.
    let late = adding(5, (HUS, OLD), (&second.document_id, 2)).made_at("20261101120000");
    let late = late.signed_by(&two.old, app.now()).unwrap();
    assert_eq!(two.store(HUS, &late).await, []);
    let until = liitos_domain::archive::Month::parse("2020-01");
    let number = two.switched(&Order { scope: Scope { until, ..Scope::default() }, ..two.order() }).await;
    two.carried().await;
    assert_eq!(two.report(&number).await.before.documents, 5);
    for one in [&id, &addition.document_id, &corrected.document_id, &second.document_id, &late.document_id] {
        assert_eq!(two.whose(one).await, NEW, "{one}");
    }
    // Added to by the one whose it is now alone.
    let foreign = [(RefusalCode::ControllerForeign, "custodian".to_owned())];
    assert_eq!(two.store(HUS, &adding(6, (HUS, OLD), (&second.document_id, 2))).await, foreign);
    assert_eq!(two.store(TK, &adding(7, (TK, NEW), (&second.document_id, 2))).await, []);
}

/// The database goes away in the middle of each walk, and comes back.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_goes_on_when_the_database_is_back() {
    let mut cluster = Cluster::start();
    let two = Two::of(TestApp::start_at(cluster.address()).await).await;
    let app = &two.test.app;
    for serial in 1..=3 {
        two.first(serial).await;
    }
    let number = two.approved(&two.order()).await;
    two.test.clock.advance(two.order().run_at.as_seconds() - app.now().as_seconds() + 1);
    cluster.crash();
    assert!(runs::switch_due(app).await.is_err());
    cluster.again();
    assert_eq!(connected_again(async || runs::switch_due(app).await).await.unwrap(), 1);
    let (mut pieces, mut failed) = (0, 0);
    loop {
        match runs::carry_through(app, 1).await {
            Ok(true) => pieces += 1,
            Ok(false) => break,
            Err(_) => {
                failed += 1;
                assert!(failed < 200, "it does not come back");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        }
        if [2, 5, 7].contains(&pieces) {
            cluster.crash();
            assert!(runs::carry_through(app, 1).await.is_err());
            cluster.again();
        }
    }
    assert!(pieces > 7, "{pieces}");
    let report = two.report(&number).await;
    assert!(report.complete && report.before.documents == 3 && report.ended_incomplete == 0, "{report:?}");
    let run = runs::status(app, &case_handler(), &number).await.unwrap();
    assert_eq!(run.run.state, RunState::Done);
    assert_eq!(run.history.iter().filter(|event| event.what == "switched").count(), 1);
}
