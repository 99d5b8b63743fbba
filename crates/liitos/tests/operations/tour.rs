//! The whole path once, on both databases.

use crate::on_both;
use liitos::sandbox::tour;
use liitos_testkit::{Database, PATIENCE, TestSandbox};

on_both!(every_step_holds, every_step);

async fn every_step(database: Database) {
    let sandbox = TestSandbox::start(database).await;
    let mut numbers = Vec::new();
    tour::walk(&sandbox, PATIENCE, &mut |step| numbers.push(step.number)).await.unwrap();
    assert_eq!(numbers, (1..=12).collect::<Vec<u8>>());
    // The mails of sending and approving went over SMTP, the undertaking's copy among them.
    let arrived = async {
        while sandbox.mails.all().len() < 4 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, arrived).await.unwrap();
    let mut to: Vec<String> = sandbox.mails.all().into_iter().map(|mail| mail.to).collect();
    to.sort();
    assert_eq!(to, ["administrative@hus.test", "archivist@hus.test", "kirjaamo@hus.test", "kirjaamo@hus.test"]);
}
