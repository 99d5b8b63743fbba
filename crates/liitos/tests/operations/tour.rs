//! The whole path once, on both databases.

use crate::on_both;
use liitos::sandbox::tour;
use liitos_testkit::{Database, PATIENCE, TestSandbox};

on_both!(every_step_holds, every_step);

async fn every_step(database: Database) {
    let sandbox = TestSandbox::start(database).await;
    let mut numbers = Vec::new();
    tour::walk(&sandbox, PATIENCE, &mut |step| numbers.push(step.number)).await.unwrap();
    assert_eq!(numbers, (1..=18).collect::<Vec<u8>>());
    // The mails of sending and approving went over SMTP, the undertaking's copy among them.
    let arrived = async {
        while sandbox.mails.all().len() < 19 || sandbox.texts.all().len() < 3 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, arrived).await.unwrap();
    let mails = sandbox.mails.all();
    let count = |to: &str| mails.iter().filter(|mail| mail.to == to).count();
    // Each address is asked whether it is read; then the decision, a run that is approved and switched, a deployment test that is accepted, and the right that was closed.
    let told = ["kirjaamo@hus.test", "administrative@hus.test", "archivist@hus.test", "billing@hus.test"].map(count);
    assert_eq!((told, mails.len()), ([3, 3, 2, 1], 19));
    assert_eq!(count("fault@hus.test"), 3, "asked whether it is read, a fault, and that it is over");
    assert_eq!(sandbox.texts.all().len(), 3, "the telephone for faults, likewise");
}
