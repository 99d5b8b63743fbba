//! The whole path once, on both databases.

use crate::on_both;
use liitos::sandbox::{Options, Sandbox, tour};
use liitos_testkit::{Database, database_address};

on_both!(every_step_holds, every_step);

async fn every_step(database: Database) {
    let folder = std::env::temp_dir().join(format!("liitos-tour-{}-{database:?}", std::process::id()));
    let options = Options {
        folder: folder.clone(),
        listen: ([127, 0, 0, 1], 0).into(),
        database: Some(database_address(database)),
    };
    let sandbox = Sandbox::start(options).await.unwrap();
    let mut numbers = Vec::new();
    tour::walk(&sandbox, &mut |step| numbers.push(step.number)).await.unwrap();
    assert_eq!(numbers, (1..=12).collect::<Vec<u8>>());
    // The mails of sending and approving went over SMTP, the undertaking's copy among them.
    for _ in 0..100 {
        if sandbox.mails.all().len() >= 4 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let mut to: Vec<String> = sandbox.mails.all().into_iter().map(|mail| mail.to).collect();
    to.sort();
    assert_eq!(to, ["administrative@hus.test", "archivist@hus.test", "kirjaamo@hus.test", "kirjaamo@hus.test"]);
    std::fs::remove_dir_all(folder).unwrap();
}
