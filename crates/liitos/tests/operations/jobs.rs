//! The outbox: at least once, with pauses, given up at last; a worker that died leaves its job to the next.

use crate::on_both;
use liitos_service::messages::{self, JOB_KINDS};
use liitos_service::ports::Mail;
use liitos_store::jobs::{self, CLAIM_SECONDS, Job};
use liitos_testkit::{Database, TestApp};

fn mail(to: &str) -> Mail {
    let (to, subject, body) = (to.to_owned(), "aihe".to_owned(), "teksti".to_owned());
    Mail { to, subject, body, secret: None, about: None, files: Vec::new() }
}

async fn enqueue(test: &TestApp, to: &str) {
    let tx = test.app.store.begin().await.unwrap();
    jobs::enqueue(&tx, [("mail", serde_json::to_string(&mail(to)).unwrap())], None, test.app.now()).await.unwrap();
    tx.commit().await.unwrap();
}

async fn claim(test: &TestApp) -> Vec<(Job, String)> {
    jobs::claim(&test.app.store, test.app.now(), (&JOB_KINDS, 8), || test.app.secret()).await.unwrap()
}

on_both!(tried_again_and_given_up, retries);

async fn retries(database: Database) {
    let test = TestApp::start(database).await;
    enqueue(&test, "a@test.test").await;
    test.mailbox.refuse(2);
    assert_eq!(messages::deliver_due(&test.app).await.unwrap(), 0);
    assert_eq!(messages::deliver_due(&test.app).await.unwrap(), 0, "not due again yet");
    test.clock.advance(10);
    assert_eq!(messages::deliver_due(&test.app).await.unwrap(), 0);
    test.clock.advance(60);
    assert_eq!(messages::deliver_due(&test.app).await.unwrap(), 1);
    assert_eq!(test.mailbox.all().len(), 1);

    enqueue(&test, "b@test.test").await;
    test.mailbox.refuse(100);
    for _ in 0..20 {
        messages::deliver_due(&test.app).await.unwrap();
        test.clock.advance(7 * 3600);
    }
    let newest = jobs::newest(test.app.store.read(), &["mail"], None, None, 1).await.unwrap();
    assert_eq!((newest[0].state.as_str(), newest[0].attempts), ("failed", 20));
    assert!(newest[0].last_error.as_deref().unwrap().contains("refused by the test"));
}

on_both!(killed_between_claim_and_finish, killed);

async fn killed(database: Database) {
    let test = TestApp::start(database).await;
    enqueue(&test, "a@test.test").await;
    assert_eq!(claim(&test).await.len(), 1);
    // The worker dies here.
    assert!(claim(&test).await.is_empty(), "claimed");
    test.clock.advance(CLAIM_SECONDS);
    assert_eq!(messages::deliver_due(&test.app).await.unwrap(), 1, "the next worker takes it");
    test.clock.advance(CLAIM_SECONDS);
    assert_eq!(messages::deliver_due(&test.app).await.unwrap(), 0, "and it is done");
}

on_both!(dropped_transactions_leave_nothing, dropped);

async fn dropped(database: Database) {
    let test = TestApp::start(database).await;
    let tx = test.app.store.begin().await.unwrap();
    jobs::enqueue(&tx, [("mail", serde_json::to_string(&mail("a@test.test")).unwrap())], None, test.app.now())
        .await
        .unwrap();
    drop(tx);
    assert_eq!(messages::deliver_due(&test.app).await.unwrap(), 0);
}
