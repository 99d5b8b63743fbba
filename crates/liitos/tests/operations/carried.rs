//! Controller update runs carried through, in pieces.

use crate::controller_runs::{NEW, OLD, Two};
use crate::on_both;
use liitos_domain::archive::{Cell, Month, Moving, Order, RunState, Scope};
use liitos_domain::{Oid, RefusalCode, Sha256Hash};
use liitos_service::App;
use liitos_service::controller_runs as runs;
use liitos_store::{archive, controller_runs};
use liitos_testkit::{Database, case_handler, copied, second_registrar};

/// Another controller, which no run names.
const THIRD: &str = "1.2.246.537.10.15675350.19.7";

fn oid(text: &str) -> Oid {
    Oid::parse(text).unwrap()
}

/// A cell like one, of another unit of HUS's; its key.
async fn cell_of_unit(app: &App, like: &Cell, unit: usize) -> i64 {
    let cell = Cell { unit: oid(&format!("1.2.246.537.10.15675350.10.{unit}")), ..like.clone() };
    let tx = app.store.begin().await.unwrap();
    let key = archive::cell(&tx, &cell, &cell.controller).await.unwrap();
    tx.commit().await.unwrap();
    key
}

async fn said(app: &App, sql: String) {
    sea_orm::ConnectionTrait::execute_unprepared(app.store.write(), &sql).await.unwrap();
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
        let controller = if at == foreign { oid(THIRD) } else { own.controller.clone() };
        let key = cell_of_unit(app, &Cell { controller, ..own.clone() }, 700 + at).await;
        for _ in 0..size {
            serial += 1;
            let (id, _) = two.first(serial).await;
            said(app, format!("UPDATE archive_document SET cell = {key} WHERE document_id = '{id}'")).await;
            if at == foreign { others.push(id) } else { moving.push(id) }
        }
    }
    for most in [1, 2, 3, 4, 7, 100] {
        let number = two.switched(&two.order()).await;
        // Two programs carry it: each piece is kept once.
        let both = async || {
            let (one, other) = tokio::join!(runs::carry_through(app, most), runs::carry_through(app, most));
            one.unwrap() | other.unwrap()
        };
        let mut inside = false;
        while both().await {
            let run = controller_runs::find(app.store.read(), &number).await.unwrap().unwrap();
            inside |= !run.walk.cursor.1.is_empty();
        }
        assert_eq!(inside, most < 100, "pieces of {most} end in the middle of a cell");
        let report = two.report(&number).await;
        assert!(report.complete && report.after.documents == moving.len() as u64, "{most}: {report:?}");
        rows_are(app, (&moving, NEW), most).await;
        rows_are(app, (&others, THIRD), most).await;
        assert!(!runs::reverse(app, &case_handler(), &number, "again").await.unwrap());
        assert!(runs::reverse(app, &second_registrar(), &number, "again").await.unwrap());
        while runs::carry_through(app, most).await.unwrap() {}
        assert!(two.report(&number).await.complete, "{most}: reversed");
        rows_are(app, (&moving, OLD), most).await;
        rows_are(app, (&others, THIRD), most).await;
    }
}

on_both!(small_cells_are_asked_for_together_and_large_ones_by_themselves, together);

async fn together(database: Database) {
    let two = Two::start(database).await;
    let app = &two.test.app;
    let (first, _) = two.first(1).await;
    let own = archive::find(app.store.read(), &oid(&first)).await.unwrap().unwrap().cell;
    // More than one question may bring in some of them, few in others, and nothing in one.
    let sizes = [2, 300, 0, 260, 700, 3, 3, 1];
    let mut documents = 1;
    for (at, size) in sizes.into_iter().enumerate() {
        let key = cell_of_unit(app, &own, 720 + at).await;
        if size > 0 {
            let (id, _) = two.first(2 + at as u64).await;
            said(app, format!("UPDATE archive_document SET cell = {key} WHERE document_id = '{id}'")).await;
            said(app, copied(database, &format!("'{id}'"), size)).await;
            documents += 1 + size;
        }
    }
    let mut sums = Vec::new();
    for most in [20_000, 600, 30] {
        let number = two.switched(&two.order()).await;
        let mut stops = 0;
        while runs::carry_through(app, most).await.unwrap() {
            stops += 1;
        }
        assert!(stops >= if most == 600 { 6 } else { 2 }, "{most}: {stops}");
        let report = two.report(&number).await;
        assert!(report.complete && report.after.documents == documents, "{most}: {report:?}");
        sums.push(report.before.sha256_sum);
        runs::reverse(app, &case_handler(), &number, "again").await.unwrap();
        assert!(runs::reverse(app, &second_registrar(), &number, "again").await.unwrap());
        while runs::carry_through(app, most).await.unwrap() {}
        assert!(two.report(&number).await.complete, "{most}: reversed");
    }
    assert!(sums.iter().all(|sum| *sum == sums[0]), "{sums:?}");
}

/// Documents' cells say that they are somebody's.
async fn rows_are(app: &App, (ids, whose): (&[String], &str), most: u64) {
    for id in ids {
        let cell = archive::find(app.store.read(), &oid(id)).await.unwrap().unwrap().cell;
        let named = [cell.controller.clone()].into();
        let all = controller_runs::cells_named(app.store.read(), &named, 0, 1_000).await.unwrap();
        let found = all.into_iter().find(|found| found.cell == cell).unwrap();
        assert_eq!(found.active.as_deref(), Some(whose), "pieces of {most}: {id}");
    }
}

on_both!(what_older_programs_left_is_carried_on, left);

async fn left(database: Database) {
    let two = Two::start(database).await;
    let app = &two.test.app;
    for serial in 1..=3 {
        two.first(serial).await;
    }
    let number = two.switched(&two.order()).await;
    let found = |arrived: bool, cell: i64, documents: u64, sum: &str| {
        let ids = format!("\"documents\":{documents},\"sha256_sum\":\"{sum}\"");
        format!("'{{\"arrived\":{arrived},\"elsewhere\":false,\"moves\":\"\",\"cursor\":[{cell},\"\"],{ids}}}'")
    };
    let run = async || controller_runs::find(app.store.read(), &number).await.unwrap().unwrap();
    let active = async || {
        let all = controller_runs::cells_named(app.store.read(), &[oid(OLD)].into(), 0, 9).await.unwrap();
        (all[0].key, all[0].active.clone())
    };
    // What is left over from before it began anew.
    let sum = "f".repeat(64);
    for arrived in [false, true] {
        let left = found(arrived, 1, 7, &sum);
        said(app, format!("UPDATE controller_run SET ids_before = NULL, ids_found = {left}")).await;
        assert!(runs::carry_through(app, 100).await.unwrap());
        let walk = run().await.walk;
        assert_eq!((walk.carried, walk.before.is_some(), walk.found), ((0, 3), true, None), "{arrived}");
    }
    // In the middle of the one cell, by each document's row; or it has gone on from where another walk stood.
    let (cell, whose) = active().await;
    assert_eq!(whose.as_deref(), Some(OLD));
    let all_of = (Moving::All, cell);
    let ids = controller_runs::first_of(app.store.read(), all_of, 9).await.unwrap();
    let one = Sha256Hash::of(ids[0].as_bytes()).to_string();
    let middle = format!("carried_cell = {}, carried_document = '{}', carried = 1", cell - 1, ids[0]);
    let others = [found(false, 1, 1, &sum), found(true, 0, 0, ""), found(true, 7, 1, &one)];
    for left in ["NULL".to_owned()].into_iter().chain(others) {
        said(app, format!("UPDATE controller_run SET report = NULL, state = 'switched', {middle}, ids_found = {left}"))
            .await;
        said(app, "UPDATE archive_cell SET active = NULL".to_owned()).await;
        while run().await.report.is_none() {
            runs::carry_through(app, 2).await.unwrap();
        }
        let report = two.report(&number).await;
        assert!(report.complete && report.after.documents == 3, "{left}: {report:?}");
        assert_eq!(active().await.1.as_deref(), Some(NEW));
    }
    // It had carried the run in its own way, and signed: the cells are written when a newer program starts.
    for whose in ["NULL".to_owned(), format!("'{OLD}'")] {
        said(app, format!("UPDATE archive_cell SET active = {whose}")).await;
        runs::complete(app).await.unwrap();
        assert_eq!(active().await.1.as_deref(), Some(NEW));
    }
}

on_both!(runs_that_are_reversed_one_after_the_other_are_counted_anew, chain);

async fn chain(database: Database) {
    let two = Two::start(database).await;
    let app = &two.test.app;
    for serial in 1..=2 {
        two.first(serial).await;
    }
    let first = two.switched(&two.order()).await;
    while runs::carry_through(app, 9).await.unwrap() {}
    let back = Order { from: oid(NEW), to: oid(OLD), ..two.order() };
    let second = two.switched(&back).await;
    while runs::carry_through(app, 9).await.unwrap() {}
    let reversed = async |number: &str| {
        assert!(!runs::reverse(app, &case_handler(), number, "again").await.unwrap());
        assert!(runs::reverse(app, &second_registrar(), number, "again").await.unwrap());
    };
    reversed(&second).await;
    // What it takes back is being found; then the first is reversed, and there is nothing any more that the second took.
    assert!(runs::carry_through(app, 1).await.unwrap());
    reversed(&first).await;
    for _ in 0..4 {
        while runs::carry_through(app, 9).await.unwrap() {}
    }
    for number in [&first, &second] {
        assert!(two.report(number).await.complete, "{number}");
    }
}

on_both!(one_that_cannot_be_read_holds_up_no_other, unreadable);

async fn unreadable(database: Database) {
    let two = Two::start(database).await;
    let app = &two.test.app;
    let (id, _) = two.first(1).await;
    let part = |until: Option<&str>, from: Option<&str>| {
        let month = |text: Option<&str>| text.and_then(Month::parse);
        Order { scope: Scope { from: month(from), until: month(until), ..Scope::default() }, ..two.order() }
    };
    let first = two.approved(&part(Some("1990-01"), None)).await;
    let second = two.switched_with(&part(None, Some("1990-01")), 2).await;
    let of_first = format!("WHERE number = '{first}'");
    said(app, format!("UPDATE controller_run SET ids_found = 'x' {of_first}")).await;
    let carry = async || {
        loop {
            match runs::carry_through(app, 9).await {
                Ok(true) => {}
                ended => return ended.is_ok(),
            }
        }
    };
    assert!(!carry().await, "what failed is told");
    assert_eq!(two.whose(&id).await, NEW);
    assert!(two.report(&second).await.complete);
    said(app, format!("UPDATE controller_run SET ids_found = NULL {of_first}")).await;
    assert!(carry().await);
    assert!(two.report(&first).await.complete);
}

on_both!(a_document_that_is_lost_meanwhile_is_told_of, lost);

async fn lost(database: Database) {
    let two = Two::start(database).await;
    let app = &two.test.app;
    let (kept, _) = two.first(1).await;
    let (lost, _) = two.first(2).await;
    let number = two.switched(&two.order()).await;
    let run = async || controller_runs::find(app.store.read(), &number).await.unwrap().unwrap();
    while run().await.walk.before.is_none() {
        assert!(runs::carry_through(app, 1).await.unwrap());
    }
    for table in ["archive_body", "archive_document"] {
        let sql = format!("DELETE FROM {table} WHERE document_id = '{lost}'");
        sea_orm::ConnectionTrait::execute_unprepared(app.store.write(), &sql).await.unwrap();
    }
    while runs::carry_through(app, 1).await.unwrap() {}
    let report = two.report(&number).await;
    assert_eq!((report.complete, report.before.documents, report.after.documents), (false, 2, 1));
    let history = runs::status(app, &case_handler(), &number).await.unwrap().history;
    let last = history.last().unwrap();
    let words = format!("1 ({}) / 2 ({})", report.after.sha256_sum, report.before.sha256_sum);
    assert_eq!((last.what.as_str(), last.words.as_deref()), ("incomplete", Some(words.as_str())));
    assert!(runs::incomplete(&run().await) && run().await.state == RunState::Paused, "it waits for a person");
    assert!(!runs::carry_through(app, 1).await.unwrap());
    // By her word what is there now is what was to be moved; the history says that something else was.
    runs::resume(app, &case_handler(), &number).await.unwrap();
    while runs::carry_through(app, 1).await.unwrap() {}
    let report = two.report(&number).await;
    assert!(report.complete && report.before.documents == 1 && run().await.state == RunState::Done, "{report:?}");
    assert_eq!(report.ended_incomplete, 1, "and so does the report, for ever");
    rows_are(app, (std::slice::from_ref(&kept), NEW), 1).await;
    // The same where it is carried back.
    assert!(!runs::reverse(app, &case_handler(), &number, "again").await.unwrap());
    assert!(runs::reverse(app, &second_registrar(), &number, "again").await.unwrap());
    while runs::carry_through(app, 100).await.unwrap() {}
    let forbidden = runs::resume(app, &case_handler(), &number).await.unwrap_err();
    assert_eq!(forbidden.code, RefusalCode::StateForbids, "it is complete");
}

on_both!(carrying_waits_where_it_is_held_up, held_up);

async fn held_up(database: Database) {
    let two = Two::start(database).await;
    let app = &two.test.app;
    let mut all = Vec::new();
    for serial in 1..=3 {
        all.push(two.first(serial).await.0);
    }
    let number = two.switched(&two.order()).await;
    let walk = async || controller_runs::find(app.store.read(), &number).await.unwrap().unwrap().walk;
    let events = ["controller_run", "controller_run_event", "audit_event"];
    // In the middle of each of the walks, and between them.
    let mut pieces = 0;
    while runs::carry_through(app, 1).await.unwrap() {
        pieces += 1;
        if controller_runs::find(app.store.read(), &number).await.unwrap().unwrap().state != RunState::Switched {
            continue;
        }
        let before = walk().await;
        crate::kills::survives(&two.test, &events, async || runs::pause(app, &case_handler(), &number).await).await;
        assert!(!runs::carry_through(app, 1).await.unwrap(), "it waits");
        assert_eq!(walk().await, before);
        // Whose they are does not wait.
        assert_eq!(two.whose(&all[0]).await, NEW);
        crate::kills::survives(&two.test, &events, async || runs::resume(app, &case_handler(), &number).await).await;
    }
    assert!(pieces > 6, "{pieces}");
    let report = two.report(&number).await;
    assert!(report.complete && report.before.documents == 3, "{report:?}");
}
