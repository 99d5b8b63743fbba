//! The outbox: at least once, with pauses, given up at last; a worker that died leaves its job to the next.

use crate::on_both;
use liitos_service::mail;
use liitos_service::ports::Mail;
use liitos_store::jobs::{self, CLAIM_SECONDS};
use liitos_testkit::{Database, TestApp};

async fn enqueue(test: &TestApp, to: &str) {
    let tx = test.app.store.begin().await.unwrap();
    let mail = Mail { to: to.to_owned(), subject: "aihe".to_owned(), body: "teksti".to_owned(), secret: None };
    jobs::enqueue(&tx, mail::JOB_KIND, &mail, test.app.now()).await.unwrap();
    tx.commit().await.unwrap();
}

on_both!(tried_again_and_given_up, retries);

async fn retries(database: Database) {
    let test = TestApp::start(database).await;
    enqueue(&test, "a@test.test").await;
    test.mailbox.refuse(2);
    assert_eq!(mail::deliver_due(&test.app).await.unwrap(), 0);
    assert_eq!(mail::deliver_due(&test.app).await.unwrap(), 0, "not due again yet");
    test.clock.advance(10);
    assert_eq!(mail::deliver_due(&test.app).await.unwrap(), 0);
    test.clock.advance(60);
    assert_eq!(mail::deliver_due(&test.app).await.unwrap(), 1);
    assert_eq!(test.mailbox.all().len(), 1);

    enqueue(&test, "b@test.test").await;
    test.mailbox.refuse(100);
    for _ in 0..10 {
        mail::deliver_due(&test.app).await.unwrap();
        test.clock.advance(7 * 3600);
    }
    let newest = jobs::newest(test.app.store.read(), mail::JOB_KIND, 1).await.unwrap();
    assert_eq!((newest[0].state.as_str(), newest[0].attempts), ("failed", 6));
    assert!(newest[0].last_error.as_deref().unwrap().contains("refused by the test"));
}

on_both!(killed_between_claim_and_finish, killed);

async fn killed(database: Database) {
    let test = TestApp::start(database).await;
    enqueue(&test, "a@test.test").await;
    assert!(jobs::claim(&test.app.store, test.app.now()).await.unwrap().is_some());
    // The worker dies here.
    assert!(jobs::claim(&test.app.store, test.app.now()).await.unwrap().is_none(), "claimed");
    test.clock.advance(CLAIM_SECONDS);
    assert_eq!(mail::deliver_due(&test.app).await.unwrap(), 1, "the next worker takes it");
    test.clock.advance(CLAIM_SECONDS);
    assert_eq!(mail::deliver_due(&test.app).await.unwrap(), 0, "and it is done");
}

on_both!(dropped_transactions_leave_nothing, dropped);

async fn dropped(database: Database) {
    let test = TestApp::start(database).await;
    let tx = test.app.store.begin().await.unwrap();
    let mail = Mail { to: "a@test.test".to_owned(), subject: String::new(), body: String::new(), secret: None };
    jobs::enqueue(&tx, mail::JOB_KIND, &mail, test.app.now()).await.unwrap();
    drop(tx);
    assert_eq!(mail::deliver_due(&test.app).await.unwrap(), 0);
}
