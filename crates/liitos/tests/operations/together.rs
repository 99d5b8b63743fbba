//! What comes at the same time is stored together, and nothing is wrong with one because of another.

use crate::archive::{HUS, door_of, opened};
use crate::on_both;
use liitos::made::Variation;
use liitos_domain::directory::Effect;
use liitos_domain::register::RegisterKind;
use liitos_domain::{Oid, RefusalCode, Sha256Hash};
use liitos_pki::authority::Issued;
use liitos_service::archive::{StoredHow, store_document};
use liitos_service::registers;
use liitos_store::{Lock, Transaction, archive, directory};
use liitos_testkit::{Database, TestApp};
use sea_orm::ConnectionTrait as _;
use std::time::Duration;
use tokio::task::JoinHandle;

fn made(test: &TestApp, signer: &Issued, of: u64, serial: u64) -> Variation {
    Variation::with_new_ids(of, serial).unwrap().signed_by(signer, test.app.now()).unwrap()
}

fn sent(test: &TestApp, message: String) -> JoinHandle<StoredHow> {
    let app = test.app.clone();
    tokio::spawn(async move { store_document(&app, &door_of(HUS), message.as_bytes()).await.unwrap().how })
}

/// One document alone: what is known of directory and registers is there then.
async fn known(test: &TestApp, signer: &Issued, of: u64) {
    let first = made(test, signer, of, 1).message().unwrap();
    assert_eq!(sent(test, first).await.unwrap(), StoredHow::New);
}

fn refused(code: RefusalCode, place: &str) -> StoredHow {
    StoredHow::Refused(vec![liitos_domain::refusal::Finding::new(code, place)])
}

/// A transaction that holds alone whose documents are whose: whatever is stored meanwhile waits for it.
async fn held_up(test: &TestApp) -> Transaction {
    let held = test.app.store.begin().await.unwrap();
    held.lock(Lock::Controllers).await.unwrap();
    held
}

/// A document that is sent, and by then waits to be kept.
async fn waiting(test: &TestApp, variation: &Variation) -> JoinHandle<StoredHow> {
    let sent = sent(test, variation.message().unwrap());
    tokio::time::sleep(Duration::from_millis(300)).await;
    sent
}

async fn is_stored(test: &TestApp, variation: &Variation) -> bool {
    archive::is_stored(test.app.store.read(), &Oid::parse(&variation.document_id).unwrap()).await.unwrap()
}

/// How many lines of the use log are about it.
async fn lines(test: &TestApp, variation: &Variation) -> i64 {
    let sql = format!("SELECT count(*) AS n FROM archive_use WHERE document_id = '{}'", variation.document_id);
    let db = test.app.store.read();
    let row = db.query_one_raw(sea_orm::Statement::from_string(db.get_database_backend(), sql)).await.unwrap();
    row.unwrap().try_get("", "n").unwrap()
}

/// PostgreSQL keeps with each row the transaction that wrote it.
async fn transactions(test: &TestApp, of: u64) -> i64 {
    let sql = format!(
        "SELECT count(DISTINCT xmin::text) AS n FROM archive_document WHERE document_id LIKE '%.11.{of}.%' OR document_id LIKE '%.1.{of}.%'"
    );
    let row = test.app.store.read().query_one_raw(sea_orm::Statement::from_string(sea_orm::DbBackend::Postgres, sql));
    row.await.unwrap().unwrap().try_get("", "n").unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_was_there_keeps_no_other_from_being_stored_with_the_rest() {
    let (test, signer) = opened(Database::Postgres).await;
    known(&test, &signer, 60).await;
    let mut fewest = i64::MAX;
    // How many come to wait for one another is the machine's affair; that they can be stored together is not.
    for of in 61..66 {
        let again = made(&test, &signer, of, 1).message().unwrap();
        assert_eq!(sent(&test, again.clone()).await.unwrap(), StoredHow::New);
        let held = held_up(&test).await;
        let mut all = vec![sent(&test, again)];
        all.extend((2..=20).map(|serial| sent(&test, made(&test, &signer, of, serial).message().unwrap())));
        tokio::time::sleep(Duration::from_millis(500)).await;
        held.commit().await.unwrap();
        let mut told = Vec::new();
        for one in all {
            told.push(one.await.unwrap());
        }
        assert_eq!(told[0], StoredHow::Again);
        assert!(told[1..].iter().all(|how| *how == StoredHow::New), "{told:?}");
        fewest = fewest.min(transactions(&test, of).await);
        if fewest < 10 {
            break;
        }
    }
    assert!(fewest < 10, "20 documents in {fewest} transactions");
}

on_both!(what_was_given_up_is_not_stored_later, given_up);

async fn given_up(database: Database) {
    let (test, signer) = opened(database).await;
    known(&test, &signer, 70).await;
    let [first, second, third, fourth] = [2, 3, 4, 5].map(|serial| made(&test, &signer, 70, serial));
    let held = held_up(&test).await;
    // As many as write at once wait for the lock; the third waits for them.
    let mut coming = Vec::new();
    for one in [&first, &second, &third] {
        coming.push(waiting(&test, one).await);
    }
    let last = coming.pop().unwrap();
    last.abort();
    assert!(last.await.unwrap_err().is_cancelled());
    held.commit().await.unwrap();
    for one in coming {
        assert_eq!(one.await.unwrap(), StoredHow::New);
    }
    assert_eq!(sent(&test, fourth.message().unwrap()).await.unwrap(), StoredHow::New);
    assert!(is_stored(&test, &first).await && is_stored(&test, &second).await && is_stored(&test, &fourth).await);
    assert!(!is_stored(&test, &third).await, "nobody waits for it any more");
    assert_eq!(sent(&test, third.message().unwrap()).await.unwrap(), StoredHow::New);
}

on_both!(what_is_given_up_while_it_is_written_is_stored_once, given_up_being_written);

/// Whether it was is the database's to say: whoever sends it again is told.
async fn given_up_being_written(database: Database) {
    let (test, signer) = opened(database).await;
    known(&test, &signer, 74).await;
    let one = made(&test, &signer, 74, 2);
    let held = held_up(&test).await;
    let writing = waiting(&test, &one).await;
    writing.abort();
    assert!(writing.await.unwrap_err().is_cancelled());
    held.commit().await.unwrap();
    let how = sent(&test, one.message().unwrap()).await.unwrap();
    assert!(matches!(how, StoredHow::New | StoredHow::Again), "{how:?}");
    assert_eq!(lines(&test, &one).await, 1);
}

on_both!(what_changes_while_they_wait_is_asked_anew, changes);

/// Each is stored all the same, once, with one line in the use log.
async fn changes(database: Database) {
    let (test, signer) = opened(database).await;
    known(&test, &signer, 73).await;
    let all: Vec<_> = (2..6).map(|serial| made(&test, &signer, 73, serial)).collect();
    let held = held_up(&test).await;
    let coming: Vec<_> = all.iter().map(|one| sent(&test, one.message().unwrap())).collect();
    tokio::time::sleep(Duration::from_millis(300)).await;
    test.record_within(&held, &Effect::default()).await;
    held.commit().await.unwrap();
    for one in coming {
        assert_eq!(one.await.unwrap(), StoredHow::New);
    }
    for one in &all {
        assert!(is_stored(&test, one).await);
        assert_eq!(lines(&test, one).await, 1);
    }
}

on_both!(whoever_lost_the_right_meanwhile_stores_nothing, right_closed);

async fn right_closed(database: Database) {
    let (test, signer) = opened(database).await;
    known(&test, &signer, 75).await;
    let one = made(&test, &signer, 75, 2);
    let rights = directory::rights_of(test.app.store.read(), &Oid::parse(HUS).unwrap()).await.unwrap();
    let held = held_up(&test).await;
    let coming = waiting(&test, &one).await;
    let rights_closed = rights.into_iter().map(|right| (right, test.app.now())).collect();
    test.record_within(&held, &Effect { rights_closed, ..Effect::default() }).await;
    held.commit().await.unwrap();
    assert!(matches!(coming.await.unwrap(), StoredHow::Refused(_)));
    assert!(!is_stored(&test, &one).await);
}

on_both!(what_is_stored_behind_a_package_is_stored_after_it, given_out);

/// A package holds all that was stored until its moment.
async fn given_out(database: Database) {
    let (test, signer) = opened(database).await;
    known(&test, &signer, 76).await;
    let one = made(&test, &signer, 76, 2);
    let held = held_up(&test).await;
    let coming = waiting(&test, &one).await;
    test.clock.advance(5);
    let as_of = test.app.now();
    archive::give_out(&held, as_of).await.unwrap();
    test.clock.advance(5);
    held.commit().await.unwrap();
    assert_eq!(coming.await.unwrap(), StoredHow::New);
    let kept = archive::find(test.app.store.read(), &Oid::parse(&one.document_id).unwrap()).await.unwrap().unwrap();
    assert!(kept.stored_at > as_of, "{} {as_of}", kept.stored_at);
    // So is what is stored by itself, by a program whose clock is behind.
    test.clock.advance(-8);
    assert!(test.app.now() < as_of);
    let (id, next) = (&one.document_id, Variation::with_new_ids(77, 1).unwrap());
    let next = next.replacing(id, id, 2).signed_by(&signer, test.app.now()).unwrap();
    assert_eq!(sent(&test, next.message().unwrap()).await.unwrap(), StoredHow::New);
    let kept = archive::find(test.app.store.read(), &Oid::parse(&next.document_id).unwrap()).await.unwrap().unwrap();
    assert!(kept.stored_at > as_of, "{} {as_of}", kept.stored_at);
}

on_both!(what_an_older_program_keeps_is_not_stored_again, older);

async fn older(database: Database) {
    let (test, signer) = opened(database).await;
    known(&test, &signer, 71).await;
    let kept = made(&test, &signer, 71, 2);
    let hash = Sha256Hash::of(b"x");
    let row = format!(
        "INSERT INTO message (message_id, hash, acknowledgement, document_id, joiner, received_at) \
         VALUES ('1.2.3', '{hash}', 'x', '{0}', '{HUS}', 2); \
         INSERT INTO document (document_id, set_id, version, joiner, controller, register_code, access_point, message_id, policy, \
         signer_fingerprint, signed_at, stored_at, hash, body) VALUES ('{0}', '{0}', 1, '{HUS}', '1.2', '2', '{HUS}.13.2', '1.2.3', \
         'strict', '{hash}', 1, 2, '{hash}', '')",
        kept.document_id
    );
    for sql in row.split("; ") {
        test.app.store.write().execute_unprepared(sql).await.unwrap();
    }
    let told = sent(&test, kept.message().unwrap()).await.unwrap();
    assert_eq!(told, refused(RefusalCode::DocumentIdReused, "id"));
}

on_both!(a_controller_that_ends_meanwhile_takes_nothing, controller_ends);

/// The caller is asked for again before a document that is stored by itself is kept, and what is then its own counts.
async fn controller_ends(database: Database) {
    let (test, signer) = opened(database).await;
    let ends = include_str!("../../../../samples/registers/controllers.csv")
        .replace("1.2.246.537.10.15675350.10.0;2;20080101;;", "1.2.246.537.10.15675350.10.0;2;20080101;20261122;");
    let file = registers::File::new("controllers.csv", ends.as_bytes());
    registers::import(&test.app, "test", RegisterKind::Controllers, file, &mut |_, _| ()).await.unwrap();
    let first = made(&test, &signer, 72, 1);
    assert_eq!(sent(&test, first.message().unwrap()).await.unwrap(), StoredHow::New);
    let second = Variation::with_new_ids(72, 2).unwrap().replacing(&first.document_id, &first.document_id, 2);
    let second = second.signed_by(&signer, test.app.now()).unwrap();
    let held = held_up(&test).await;
    let coming = waiting(&test, &second).await;
    assert!(!coming.is_finished());
    test.clock.advance(2 * 86_400);
    test.record_within(&held, &Effect::default()).await;
    held.commit().await.unwrap();
    assert_eq!(coming.await.unwrap(), refused(RefusalCode::ControllerForeign, "custodian"));
    assert!(!is_stored(&test, &second).await);
}
