//! Imports on a real database: an update keeps history, a broken file changes nothing.

use crate::on_both;
use liitos_domain::RefusalCode;
use liitos_domain::register::{RegisterKind, RowProblem};
use liitos_service::registers::import;
use liitos_store::registers;
use liitos_testkit::{Database, TestApp};

const SAMPLE: &str = include_str!("../../../../samples/registers/intermediaries.csv");

on_both!(reimport_keeps_history, reimport);

async fn reimport(database: Database) {
    let test = TestApp::start(database).await;
    let begun = test.app.clock.now();
    let take = async |text: &str| {
        import(&test.app, "test", RegisterKind::Intermediaries, ("file.csv", text.as_bytes()), &mut |_, _, _| ()).await
    };
    let same = take(SAMPLE).await.unwrap();
    assert_eq!((same.counts.added, same.counts.changed, same.counts.gone, same.counts.unchanged), (0, 0, 0, 2));

    test.clock.advance(60);
    let renamed = SAMPLE.replace("Välittäjä Oy;9999998-4", "Välittäjä Oyj;9999998-4");
    let report = take(&renamed).await.unwrap();
    assert_eq!((report.counts.added, report.counts.changed, report.counts.gone), (0, 1, 0));
    let id = "1.2.246.537.6.918.18.900077";
    let history = registers::history(test.app.store.read(), RegisterKind::Intermediaries, id).await.unwrap();
    let names: Vec<&str> = history.iter().map(|(_, entry)| entry.name.as_str()).collect();
    assert_eq!(names, ["Välittäjä Oy", "Välittäjä Oyj"]);
    assert!(history[0].0.contains(begun) && !history[0].0.contains(test.app.now()));
    assert!(history[1].0.contains(test.app.now()));

    test.clock.advance(60);
    let without: String =
        SAMPLE.lines().filter(|line| !line.contains("900077")).map(|line| format!("{line}\n")).collect();
    assert_eq!(take(&without).await.unwrap().counts.gone, 1);
    assert!(registers::find(test.app.store.read(), RegisterKind::Intermediaries, id).await.unwrap().is_none());
    assert_eq!(registers::history(test.app.store.read(), RegisterKind::Intermediaries, id).await.unwrap().len(), 2);
}

on_both!(broken_rows_and_files, broken);

async fn broken(database: Database) {
    let test = TestApp::start(database).await;
    let take = async |text: &str| {
        import(&test.app, "test", RegisterKind::Intermediaries, ("file.csv", text.as_bytes()), &mut |_, _, _| ()).await
    };
    let row = "1.2.246.10.99999028.10.0;Väärä taso;;x;20260101;20200101;;invented";
    let report = take(&format!("{SAMPLE}{row}\n")).await.unwrap();
    assert_eq!((report.counts.refused, report.counts.unchanged), (1, 2));
    let found = report.findings.iter().find(|finding| finding.problem == RowProblem::WrongLevel).unwrap();
    assert_eq!(found.line, 4);

    let before = registers::count(test.app.store.read(), RegisterKind::Intermediaries).await.unwrap();
    let error = take("not a register").await.unwrap_err();
    assert_eq!(error.code, RefusalCode::RegisterFileUnreadable);
    assert!(error.place.starts_with("file.csv: line 1"), "{}", error.place);
    assert_eq!(registers::count(test.app.store.read(), RegisterKind::Intermediaries).await.unwrap(), before);
}

on_both!(real_dirt_is_kept, dirt);

async fn dirt(database: Database) {
    let test = TestApp::start(database).await;
    let db = test.app.store.read();
    let lost = registers::find(db, RegisterKind::Sote, "1.2.246.10.2156068.10.0").await.unwrap().unwrap();
    assert!(lost.name.contains('\u{fffd}'));
    let wrong = registers::find(db, RegisterKind::Sote, "1.2.246.10.6538773.10.0").await.unwrap().unwrap();
    assert_eq!(wrong.business_id.as_deref(), Some("0653877-3"));
    let units = registers::descendants(db, RegisterKind::Sote, "1.2.246.537.10.15675350.10.0").await.unwrap();
    assert_eq!(units, ["1.2.246.537.10.15675350.10.710"]);
}
