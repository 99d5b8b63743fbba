//! Controller update runs carried through to each document's row, in pieces.

use crate::controller_runs::{NEW, OLD, Two};
use crate::on_both;
use liitos_domain::Oid;
use liitos_domain::archive::Cell;
use liitos_service::App;
use liitos_service::controller_runs as runs;
use liitos_store::controller_runs::Moving;
use liitos_store::{archive, controller_runs};
use liitos_testkit::{Database, case_handler, second_registrar};

fn oid(text: &str) -> Oid {
    Oid::parse(text).unwrap()
}

on_both!(cells_of_any_size_are_carried_in_pieces_of_any_size, pieces);

async fn pieces(database: Database) {
    let two = Two::start(database).await;
    let app = &two.test.app;
    // Its own cell holds this one alone, and is carried first.
    let (first, _) = two.first(1).await;
    let own = archive::find(app.store.read(), &oid(&first)).await.unwrap().unwrap().cell;
    // Cells of these sizes, in the order of their keys; one that is another controller's lies between them.
    let (sizes, foreign) = ([5_u64, 0, 1, 4, 1, 2, 0], 3);
    let (mut serial, mut moving, mut others) = (1, vec![first], Vec::new());
    for (at, size) in sizes.into_iter().enumerate() {
        let controller = if at == foreign { oid("1.2.246.537.10.15675350.19.7") } else { own.controller.clone() };
        let unit = oid(&format!("1.2.246.537.10.15675350.10.{}", 700 + at));
        let tx = app.store.begin().await.unwrap();
        let key = archive::cell(&tx, &Cell { controller, unit, ..own.clone() }).await.unwrap();
        tx.commit().await.unwrap();
        for _ in 0..size {
            serial += 1;
            let (id, _) = two.first(serial).await;
            let sql = format!("UPDATE archive_document SET cell = {key} WHERE document_id = '{id}'");
            sea_orm::ConnectionTrait::execute_unprepared(app.store.write(), &sql).await.unwrap();
            if at == foreign { others.push(id) } else { moving.push(id) }
        }
    }
    for most in [1, 2, 3, 4, 7, 100] {
        let number = two.switched(&two.order()).await;
        while runs::carry_through(app, most).await.unwrap() {}
        let report = two.report(&number).await;
        assert!(report.complete && report.after.documents == moving.len() as u64, "{most}: {report:?}");
        rows_are(app, (&moving, NEW), most).await;
        rows_are(app, (&others, OLD), most).await;
        assert!(!runs::reverse(app, &case_handler(), &number, "again").await.unwrap());
        assert!(runs::reverse(app, &second_registrar(), &number, "again").await.unwrap());
        while runs::carry_through(app, most).await.unwrap() {}
        assert!(two.report(&number).await.complete, "{most}: reversed");
        rows_are(app, (&moving, OLD), most).await;
        rows_are(app, (&others, OLD), most).await;
    }
}

/// Documents' own rows say that they are somebody's.
async fn rows_are(app: &App, (ids, whose): (&[String], &str), most: u64) {
    for id in ids {
        let cell = archive::find(app.store.read(), &oid(id)).await.unwrap().unwrap().cell;
        let tx = app.store.begin().await.unwrap();
        let key = archive::cell(&tx, &cell).await.unwrap();
        let listed = controller_runs::moving(tx.connection(), (Moving::All, key), "", None, 1_000).await.unwrap();
        let found = listed.into_iter().find(|found| found.id == *id).unwrap();
        assert_eq!(found.active, whose, "pieces of {most}: {id}");
    }
}
