//! Where bodies lie, whether they are whole, and by which keys they are sealed.

use crate::archive::{HUS, door_of, open_to, opened};
use crate::kills::survives;
use crate::on_both;
use liitos::made::Variation;
use liitos_domain::archive::{Act, Criteria, Search};
use liitos_domain::document::PersonRef;
use liitos_domain::{Oid, RefusalCode, Service};
use liitos_pki::authority::Issued;
use liitos_pki::vault::DataKey;
use liitos_service::App;
use liitos_service::archive::{
    StoredHow, complete, fetch_document, go_round, missing_documents, rekey, rotate_keys, search_documents,
    store_document, sweep_objects, try_objects,
};
use liitos_store::{Lock, archive};
use liitos_testkit::fault::{break_table, mend_table};
use liitos_testkit::{Cluster, Database, TestApp, case_handler, connected_again};
use std::sync::Arc;
use std::time::Duration;

const DAY: i64 = 86_400;

fn made(test: &TestApp, signer: &Issued, serial: u64, longer: usize) -> Variation {
    Variation::with_new_ids(50, serial).unwrap().longer_by(longer).signed_by(signer, test.app.now()).unwrap()
}

async fn store(test: &TestApp, variation: &Variation) -> Result<StoredHow, RefusalCode> {
    let message = variation.message().unwrap();
    store_document(&test.app, &door_of(HUS), message.as_bytes()).await.map(|told| told.how).map_err(|error| error.code)
}

fn id(variation: &Variation) -> Oid {
    Oid::parse(&variation.document_id).unwrap()
}

async fn fetch(test: &TestApp, variation: &Variation) -> Result<Vec<u8>, RefusalCode> {
    fetch_document(&test.app, &door_of(HUS), Service::PatientData, &id(variation)).await.map_err(|error| error.code)
}

async fn sealed(test: &TestApp, variation: &Variation) -> archive::Sealed {
    archive::body(test.app.store.read(), &id(variation)).await.unwrap().unwrap()
}

async fn left(test: &TestApp) -> usize {
    archive::left_objects(test.app.store.read(), test.app.now().plus_seconds(1), 100).await.unwrap().len()
}

/// Goes round until there is nothing to do; what the round found.
async fn round(test: &TestApp) -> archive::Round {
    while go_round(&test.app, 2).await.unwrap() {}
    archive::newest_round(test.app.store.read()).await.unwrap().unwrap()
}

on_both!(large_bodies_lie_outside_and_small_ones_here, outside);

async fn outside(database: Database) {
    let (test, signer) = opened(database).await;
    let (small, large) = (made(&test, &signer, 1, 0), made(&test, &signer, 2, 100_000));
    for one in [&small, &large] {
        assert_eq!(store(&test, one).await, Ok(StoredHow::New));
        assert_eq!(store(&test, one).await, Ok(StoredHow::Again));
        assert_eq!(fetch(&test, one).await.unwrap(), one.document().as_bytes());
    }
    assert!(sealed(&test, &small).await.address.is_none());
    let kept = sealed(&test, &large).await;
    assert!(kept.body.is_empty() && kept.address.is_some());
    assert_eq!((test.objects.count(), left(&test).await), (1, 0));
    // Outside there is nothing to be read, nor any name.
    test.objects.change(|kept| {
        let body = kept.values().max_by_key(|body| body.len()).unwrap();
        assert!(
            !body.windows(16).any(|piece| large.document().as_bytes().windows(16).take(50).any(|other| other == piece))
        );
    });
    // What is refused leaves nothing outside.
    let wrong = made(&test, &signer, 3, 100_000).with_changed_body();
    assert!(matches!(store(&test, &wrong).await, Ok(StoredHow::Refused(_))));
    assert_eq!(test.objects.count(), 1);
}

on_both!(an_object_store_that_fails_stores_nothing_by_halves, fails);

async fn fails(database: Database) {
    let (test, signer) = opened(database).await;
    let (first, second) = (made(&test, &signer, 1, 100_000), made(&test, &signer, 2, 100_000));
    assert_eq!(store(&test, &first).await, Ok(StoredHow::New));
    test.objects.refuse(true);
    assert_eq!(store(&test, &second).await, Err(RefusalCode::BodiesUnreachable));
    assert_eq!(fetch(&test, &first).await, Err(RefusalCode::BodiesUnreachable));
    assert!(go_round(&test.app, 10).await.unwrap(), "it begins");
    assert_eq!(go_round(&test.app, 10).await.unwrap_err().code, RefusalCode::BodiesUnreachable);
    assert_eq!(archive::count(test.app.store.read()).await.unwrap(), 1);
    test.objects.refuse(false);
    assert_eq!(store(&test, &second).await, Ok(StoredHow::New));
    assert_eq!(fetch(&test, &second).await.unwrap(), second.document().as_bytes());
    assert_eq!(round(&test).await.looked, 2);
}

on_both!(what_an_object_store_takes_too_late_belongs_to_nothing, late);

async fn late(database: Database) {
    let (test, signer) = opened(database).await;
    let (first, large) = (made(&test, &signer, 1, 100_000), made(&test, &signer, 2, 100_000));
    assert_eq!(store(&test, &first).await, Ok(StoredHow::New));
    test.objects.answer_late(true);
    assert_eq!(store(&test, &large).await, Err(RefusalCode::BodiesUnreachable));
    assert_eq!((archive::count(test.app.store.read()).await.unwrap(), test.objects.count()), (1, 2));
    assert!(matches!(fetch(&test, &large).await, Err(RefusalCode::DocumentNotFound)));
    // What is kept comes too late as well: that is told, and is no damage.
    assert_eq!(fetch(&test, &first).await, Err(RefusalCode::BodiesUnreachable));
    assert_eq!(archive::count_damaged(test.app.store.read()).await.unwrap(), 0);
    test.objects.answer_late(false);
    // The same again is another object, and the first is swept once nobody can be on the way any more.
    assert_eq!(store(&test, &large).await, Ok(StoredHow::New));
    assert_eq!((test.objects.count(), left(&test).await), (3, 1));
    test.clock.advance(7_200);
    assert_eq!(sweep_objects(&test.app).await.unwrap(), 1);
    assert_eq!((test.objects.count(), left(&test).await), (2, 0));
    assert_eq!(fetch(&test, &large).await.unwrap(), large.document().as_bytes());
}

on_both!(killed_at_every_step_nothing_is_lost_and_nothing_left, killed);

async fn killed(database: Database) {
    let (test, signer) = opened(database).await;
    let large = made(&test, &signer, 1, 100_000);
    for table in ["archive_object", "message", "archive_document", "archive_body", "archive_use"] {
        break_table(&test.app.store, table).await;
        assert!(store(&test, &large).await.is_err(), "killed at {table}");
        mend_table(&test.app.store, table).await;
        assert_eq!(archive::count(test.app.store.read()).await.unwrap(), 0);
    }
    assert_eq!(store(&test, &large).await, Ok(StoredHow::New));
    let (objects, begun) = (test.objects.count(), left(&test).await);
    assert!(objects > 1 && begun == objects - 1, "{objects} {begun}");
    // Not before anybody could still be on the way.
    assert_eq!(sweep_objects(&test.app).await.unwrap(), 0);
    test.clock.advance(7_200);
    // Killed between the object and its row, it is taken up again.
    break_table(&test.app.store, "archive_object").await;
    assert!(sweep_objects(&test.app).await.is_err());
    mend_table(&test.app.store, "archive_object").await;
    test.objects.refuse(true);
    assert_eq!(sweep_objects(&test.app).await.unwrap(), 0, "it comes again");
    test.objects.refuse(false);
    assert_eq!(sweep_objects(&test.app).await.unwrap(), begun as u64);
    assert_eq!((test.objects.count(), left(&test).await), (1, 0));
    assert_eq!(fetch(&test, &large).await.unwrap(), large.document().as_bytes());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_after_its_object_was_swept_is_not_kept() {
    let (test, signer) = opened(Database::Postgres).await;
    let test = Arc::new(test);
    let large = made(&test, &signer, 1, 100_000);
    let held = test.app.store.begin().await.unwrap();
    held.lock(Lock::Controllers).await.unwrap();
    let coming = tokio::spawn({
        let (test, large) = (Arc::clone(&test), large.message().unwrap());
        async move { store_document(&test.app, &door_of(HUS), large.as_bytes()).await.map_err(|error| error.code) }
    });
    for _ in 0..600 {
        if test.objects.count() == 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    test.clock.advance(7_200);
    assert_eq!(sweep_objects(&test.app).await.unwrap(), 1);
    held.commit().await.unwrap();
    assert_eq!(coming.await.unwrap().unwrap_err(), RefusalCode::BodiesUnreachable);
    assert_eq!(archive::count(test.app.store.read()).await.unwrap(), 0);
}

on_both!(a_damaged_body_is_not_given_out_and_is_found, damaged);

async fn damaged(database: Database) {
    let (test, signer) = opened(database).await;
    let (small, large) = (made(&test, &signer, 1, 0), made(&test, &signer, 2, 100_000));
    for one in [&small, &large] {
        assert_eq!(store(&test, one).await, Ok(StoredHow::New));
    }
    assert_eq!(round(&test).await.damaged, 0);
    let mut whole = Default::default();
    test.objects.change(|kept| {
        whole = kept.clone();
        kept.values_mut().filter(|body| body.len() > 500).for_each(|body| body[500] ^= 1);
    });
    let row = format!("UPDATE archive_body SET body = wrapped WHERE document_id = '{}'", small.document_id);
    sea_orm::ConnectionTrait::execute_unprepared(test.app.store.write(), &row).await.unwrap();
    let uses = async || archive::uses(test.app.store.read(), archive::LinesAsked::default(), 100).await.unwrap().len();
    let before = uses().await;
    for one in [&small, &large] {
        assert_eq!(fetch(&test, one).await, Err(RefusalCode::BodyDamaged));
    }
    assert_eq!(uses().await, before, "nothing was given out");
    // Whoever asked has found them; the next round does, too.
    assert_eq!(archive::count_damaged(test.app.store.read()).await.unwrap(), 2);
    let asked_at = test.app.now();
    assert!(!go_round(&test.app, 10).await.unwrap(), "no round before its time");
    test.clock.advance(31 * DAY);
    let found = round(&test).await;
    assert_eq!((found.looked, found.damaged), (2, 2));
    let all = archive::damaged(test.app.store.read(), 10).await.unwrap();
    assert!(all.iter().all(|(_, since, _)| *since == asked_at) && all.len() == 2, "{all:?}");
    // Restored from a backup, the next round finds it whole; what is missing altogether is damaged, too.
    test.objects.lose();
    test.clock.advance(31 * DAY);
    assert_eq!(round(&test).await.damaged, 2);
    assert_eq!(archive::damaged(test.app.store.read(), 10).await.unwrap()[0].1, all[0].1, "since the first time");
    test.objects.change(|kept| *kept = whole);
    test.clock.advance(31 * DAY);
    assert_eq!(round(&test).await.damaged, 1);
    assert_eq!(archive::count_damaged(test.app.store.read()).await.unwrap(), 1);
    assert_eq!(fetch(&test, &large).await.unwrap(), large.document().as_bytes());
}

on_both!(an_empty_store_in_its_place_is_no_damage, another_store);

/// A volume that is not mounted, another bucket: nothing is there, and nothing is taken for lost or laid where it would vanish.
async fn another_store(database: Database) {
    let (test, signer) = opened(database).await;
    let large = made(&test, &signer, 1, 100_000);
    assert_eq!(store(&test, &large).await, Ok(StoredHow::New));
    let mut whole = Default::default();
    test.objects.change(|kept| whole = std::mem::take(kept));
    assert_eq!(fetch(&test, &large).await, Err(RefusalCode::BodiesUnreachable));
    assert_eq!(try_objects(&test.app).await.unwrap_err().code, RefusalCode::BodiesUnreachable, "nor is it started on");
    assert_eq!(store(&test, &made(&test, &signer, 2, 100_000)).await, Err(RefusalCode::BodiesUnreachable));
    assert!(go_round(&test.app, 10).await.unwrap(), "it begins");
    assert_eq!(go_round(&test.app, 10).await.unwrap_err().code, RefusalCode::BodiesUnreachable);
    assert_eq!((archive::count_damaged(test.app.store.read()).await.unwrap(), test.objects.count()), (0, 0));
    test.objects.change(|kept| *kept = whole);
    try_objects(&test.app).await.unwrap();
    assert_eq!(fetch(&test, &large).await.unwrap(), large.document().as_bytes());
    // What the database fails to say is no damage either.
    break_table(&test.app.store, "archive_key").await;
    let fails = fetch(&test, &large).await;
    mend_table(&test.app.store, "archive_key").await;
    assert!(fails.is_ok() || fails == Err(RefusalCode::Internal), "{fails:?}");
    assert_eq!(round(&test).await.damaged, 0);
}

on_both!(what_the_log_tells_of_and_is_not_there_is_named, missing);

async fn missing(database: Database) {
    let (test, signer) = opened(database).await;
    let (first, second) = (made(&test, &signer, 1, 0), made(&test, &signer, 2, 0));
    for one in [&first, &second] {
        assert_eq!(store(&test, one).await, Ok(StoredHow::New));
    }
    let correction = Variation::with_new_ids(51, 1).unwrap().replacing(&second.document_id, &second.document_id, 2);
    assert_eq!(store(&test, &correction.signed_by(&signer, test.app.now()).unwrap()).await, Ok(StoredHow::New));
    fetch(&test, &first).await.unwrap();
    let mut looked = 0;
    assert_eq!(missing_documents(&test.app, 9, |lines| looked = lines).await.unwrap(), []);
    assert_eq!(looked, 3, "what was fetched is not asked for");
    let at = test.app.now();
    for table in ["archive_body", "archive_document"] {
        let gone = format!("DELETE FROM {table} WHERE document_id = '{}'", first.document_id);
        sea_orm::ConnectionTrait::execute_unprepared(test.app.store.write(), &gone).await.unwrap();
    }
    let lost = missing_documents(&test.app, 9, |_| ()).await.unwrap();
    assert_eq!(lost, [(first.document_id.clone(), at, "1.2.246.537.10.15675350.19.0".to_owned())]);
    assert_eq!(missing_documents(&test.app, 0, |_| ()).await.unwrap(), []);
}

on_both!(keys_are_replaced_and_old_ones_destroyed, rotation);

async fn rotation(database: Database) {
    let (test, signer) = opened(database).await;
    let all: Vec<Variation> =
        (1..=3).map(|serial| made(&test, &signer, serial, 40_000 * (serial as usize % 2))).collect();
    for one in &all {
        assert_eq!(store(&test, one).await, Ok(StoredHow::New));
    }
    let old = sealed(&test, &all[0]).await.key;
    assert_eq!(rotate_keys(&test.app).await.unwrap(), 0);
    test.clock.advance(366 * DAY);
    assert_eq!(rotate_keys(&test.app).await.unwrap(), 1);
    assert_eq!(rotate_keys(&test.app).await.unwrap(), 0);
    // Killed in the middle of a round, it goes on.
    assert!(go_round(&test.app, 2).await.unwrap());
    for table in ["archive_body", "archive_round"] {
        break_table(&test.app.store, table).await;
        assert!(go_round(&test.app, 2).await.is_err(), "{table}");
        mend_table(&test.app.store, table).await;
    }
    let first = round(&test).await;
    assert_eq!((first.looked, first.wrapped_anew, first.damaged), (3, 3, 0));
    for one in &all {
        assert_ne!(sealed(&test, one).await.key, old);
        assert_eq!(fetch(&test, one).await.unwrap(), one.document().as_bytes());
    }
    // A program that has not heard of it may still seal with the old one for a while: it is destroyed after the next round.
    assert!(archive::key(test.app.store.read(), old).await.unwrap().is_some());
    test.clock.advance(31 * DAY);
    assert_eq!(round(&test).await.wrapped_anew, 0);
    assert!(archive::key(test.app.store.read(), old).await.unwrap().is_none());
    assert_eq!(fetch(&test, &all[0]).await.unwrap(), all[0].document().as_bytes());
}

/// The database goes away under those who store and read, and comes back: nobody is told anything that is not so, and nothing is lost.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_crashes_loses_and_doubles_nothing() {
    let mut cluster = Cluster::start();
    let test = TestApp::start_at(cluster.address()).await;
    open_to(&test, HUS).await;
    let signer = test.signer(HUS);
    let all: Vec<Variation> =
        (1..=4).map(|serial| made(&test, &signer, serial, 60_000 * (serial as usize % 2))).collect();
    for one in &all[..2] {
        assert_eq!(store(&test, one).await, Ok(StoredHow::New));
    }
    cluster.crash();
    // All at a time: each waits a while for a connection.
    let (stored, small, given) = tokio::join!(store(&test, &all[2]), store(&test, &all[3]), fetch(&test, &all[0]));
    assert_eq!(
        (stored, small, given),
        (Err(RefusalCode::Internal), Err(RefusalCode::Internal), Err(RefusalCode::Internal))
    );
    cluster.again();
    for one in &all[2..] {
        let told = connected_again(async || store(&test, one).await).await;
        assert!(matches!(told, Ok(StoredHow::New | StoredHow::Again)), "{told:?}");
    }
    for one in &all {
        assert_eq!(fetch(&test, one).await.unwrap(), one.document().as_bytes());
    }
    assert_eq!(archive::count(test.app.store.read()).await.unwrap(), 4);
    let lines = archive::uses(test.app.store.read(), archive::LinesAsked::default(), 100).await.unwrap();
    assert_eq!(lines.iter().filter(|line| line.told.act == Act::Stored).count(), 4);
    test.clock.advance(7_200);
    sweep_objects(&test.app).await.unwrap();
    assert_eq!(test.objects.count(), 2, "what was on its way belongs to nothing");
    assert_eq!(round(&test).await.damaged, 0);
}

on_both!(the_archives_own_key_is_replaced, rekeyed);

/// With the new key all is read and found as before; with the one of before nothing starts; killed anywhere, all is as it was.
async fn rekeyed(database: Database) {
    let (test, signer) = opened(database).await;
    let (first, second) = (made(&test, &signer, 1, 0), made(&test, &signer, 2, 100_000));
    assert_eq!(store(&test, &first).await, Ok(StoredHow::New));
    assert_eq!(store(&test, &second).await, Ok(StoredHow::New));
    test.clock.advance(400 * DAY);
    assert!(rotate_keys(&test.app).await.unwrap() > 0, "a retired key is wrapped anew, too");
    let new = |byte| DataKey::from_bytes([byte; 32]);
    let staff = case_handler();
    let old = rekey(&test.app, &staff, &new(2)).await.unwrap_err();
    assert_eq!(old.code, RefusalCode::FormInvalid);
    let archivist = liitos_service::Actor { staff: vec![], ..case_handler() };
    assert!(rekey(&test.app, &archivist, &new(9)).await.is_err());
    let keys = survives(&test, &["archive_key", "archive_secret", "audit_event"], async || {
        rekey(&test.app, &staff, &new(9)).await
    })
    .await;
    assert_eq!(keys, 2);
    let before = test.beside(Arc::new(new(2)));
    assert!(complete(&before).await.is_err(), "the key of before opens nothing");
    let app = test.beside(Arc::new(new(9)));
    complete(&app).await.unwrap();
    let document = |one: &Variation| id(one);
    for one in [&first, &second] {
        let given = fetch_document(&app, &door_of(HUS), Service::PatientData, &document(one)).await.unwrap();
        assert_eq!(given, one.document().as_bytes());
    }
    let person = PersonRef { extension: "010100A998F".into(), root: "1.2.246.537.10.15675350.22.2003".into() };
    let found = async |app: &App| {
        let criteria = Criteria { person: Some(person.clone()), ..Criteria::default() };
        let search = Search { criteria, after: None, count: 9 };
        search_documents(app, &door_of(HUS), Service::PatientData, &search).await.unwrap().documents.len()
    };
    assert_eq!(found(&app).await, 2);
    // And once more: what persons are found by is still that of the first key.
    rekey(&app, &staff, &new(10)).await.unwrap();
    let app = test.beside(Arc::new(new(10)));
    complete(&app).await.unwrap();
    assert_eq!(found(&app).await, 2);
}
