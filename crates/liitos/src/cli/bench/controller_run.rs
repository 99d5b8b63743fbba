//! A controller update run over many documents: how long the switch holds up who stores, how fast it is carried through, and what storing
//! and reading cost meanwhile.

use super::{micros, percentiles, prepared, resident_mb};
use crate::serve::build;
use clap::Args;
use liitos_domain::archive::{Apart, Cell, Family, Keeping, Month, Order, Register, RunKind, Scope, Standing};
use liitos_domain::{Moment, Oid, Sha256Hash, StaffRole};
use liitos_service::archive::seal;
use liitos_service::controller_runs::{self as runs, CHUNK};
use liitos_service::{Actor, App};
use liitos_store::archive::{self, NewDocument, Sealed};
use liitos_store::controller_runs;
use serde_json::json;
use std::path::PathBuf;
use std::time::Duration;

pub(super) const FROM: &str = "1.2.246.537.10.15675350.19.0";
pub(super) const TO: &str = "1.2.246.10.99999984.19.0";
const UNITS: u64 = 20;
const MONTHS: u64 = 12;
/// Documents in one transaction while the archive is filled, and in one statement.
const FILLED_AT_ONCE: u64 = 20_000;
const IN_ONE_STATEMENT: usize = 100;
/// The first document's number: all have as many digits, so that they sort as they count.
pub(super) const FIRST: u64 = 1_000_000_000;

#[derive(Args)]
pub(crate) struct ControllerRun {
    /// Documents that move.
    #[arg(long, default_value_t = 100_000)]
    documents: u64,
    /// A PostgreSQL database to use; a new SQLite file when absent.
    #[arg(long)]
    database: Option<String>,
    /// Keep the files in this folder, for a peer to be measured on the same rows.
    #[arg(long)]
    keep: Option<PathBuf>,
}

pub(super) fn registrar(name: &str) -> Actor {
    Actor {
        reference: format!("bench:{name}"),
        name: name.to_owned(),
        staff: vec![StaffRole::Registrar],
        ..Actor::default()
    }
}

pub(super) async fn run(folder: PathBuf, asked: &ControllerRun) -> Result<serde_json::Value, String> {
    let folder = asked.keep.clone().unwrap_or(folder);
    let app = build(&prepared(folder, asked.database.clone())?).await.map_err(|error| error.to_string())?;
    let begun = micros();
    fill(&app, FROM, asked.documents).await?;
    let filled_ms = (micros() - begun) / 1_000;
    // Long enough ahead for what comes before the approvals.
    let run_at = Moment::from_seconds(app.now().as_seconds() + 5)
        .plus_seconds(i64::try_from(asked.documents / 50_000).unwrap_or(0));
    let begun = micros();
    let number = approved(&app, (FROM, TO), run_at).await?;
    let approved_ms = (micros() - begun) / 1_000;
    // The archive is in use meanwhile: nothing is asked for the first time at the switch.
    while app.now() < run_at {
        tokio::time::sleep(Duration::from_millis(50)).await;
        runs::status(&app, &registrar("first"), &number).await.map_err(|error| error.to_string())?;
        archive::find(app.store.read(), &oid(&id_of(FIRST))?).await.map_err(|error| error.to_string())?;
    }
    let begun = micros();
    let switched = runs::switch_due(&app).await.map_err(|error| error.to_string())?;
    let switch_us = micros() - begun;
    if switched != 1 {
        return Err("the run was not switched".to_owned());
    }
    let Carried { counted_us, written_us, proved_us, pieces, reads } = carried(&app, &number, asked.documents).await?;
    let whole_us = counted_us + written_us + proved_us;
    let status = runs::status(&app, &registrar("first"), &number).await.map_err(|error| error.to_string())?;
    if status.run.report.is_none() {
        return Err("the run has no report".to_owned());
    }
    let begun = micros();
    let whole = runs::completeness(&app, &status.run).await.map_err(|error| error.to_string())?;
    if !whole.complete || whole.before.documents != asked.documents {
        return Err(format!("not complete: {whole:?}"));
    }
    let proof_ms = (micros() - begun) / 1_000;
    let reads = percentiles(reads);
    let rate = asked.documents.saturating_mul(1_000_000).checked_div(u64::try_from(whole_us).unwrap_or(1).max(1));
    Ok(json!({
        "documents": asked.documents, "cells": UNITS * MONTHS, "filled_ms": filled_ms, "dry_run_twice_ms": approved_ms, "switch_us": switch_us,
        "counted_ms": counted_us / 1_000, "cells_written_us": written_us, "proved_and_reported_ms": proved_us / 1_000, "pieces": pieces, "piece": CHUNK,
        "whole_ms": whole_us / 1_000, "carried_per_s": rate, "proof_asked_again_ms": proof_ms,
        "read_p50_us": reads(50), "read_p99_us": reads(99), "rss_mb": resident_mb(),
    }))
}

/// How long a run took to be carried through, and what was read between its pieces, in microseconds.
#[derive(Default)]
struct Carried {
    /// Found what is to be moved.
    counted_us: i64,
    /// Written down with each cell.
    written_us: i64,
    /// Found that all of it has arrived, and reported.
    proved_us: i64,
    pieces: u64,
    reads: Vec<i64>,
}

/// Carries a run through. What somebody reads is the new controller's at once.
async fn carried(app: &App, number: &str, documents: u64) -> Result<Carried, String> {
    let mut all = Carried::default();
    loop {
        let run = controller_runs::find(app.store.read(), number).await.map_err(|error| error.to_string())?;
        let walk = run.ok_or("no run")?.walk;
        let begun = micros();
        let more = runs::carry_through(app, CHUNK).await.map_err(|error| error.to_string())?;
        // Then there was nothing left to do.
        if !more {
            return Ok(all);
        }
        *match (walk.before, walk.found) {
            (None, _) => &mut all.counted_us,
            (Some(_), None) => &mut all.written_us,
            (Some(_), Some(_)) => &mut all.proved_us,
        } += micros() - begun;
        all.pieces += 1;
        let id = oid(&id_of(FIRST + (all.pieces * 7_919) % documents.max(1)))?;
        let asking = micros();
        let kept = archive::find(app.store.read(), &id).await.map_err(|error| error.to_string())?;
        let _ = archive::body(app.store.read(), &id).await.map_err(|error| error.to_string())?;
        all.reads.push(micros() - asking);
        if kept.is_none_or(|kept| kept.standing != Standing::Newest) {
            return Err(format!("{id} is not there"));
        }
    }
}

fn oid(text: &str) -> Result<Oid, String> {
    Oid::parse(text).map_err(|error| error.to_string())
}

pub(super) fn id_of(number: u64) -> String {
    format!("1.2.246.537.10.15675350.11.{number}")
}

/// Cells of units and months.
async fn prepare(app: &App, from: &Oid) -> Result<Vec<i64>, String> {
    let text = |error: liitos_store::StoreError| error.to_string();
    let tx = app.store.begin().await.map_err(text)?;
    let mut cells = Vec::new();
    for n in 0..UNITS * MONTHS {
        let month = i32::try_from(n % MONTHS).unwrap_or(0);
        let cell = Cell {
            controller: from.clone(),
            register: Register { family: Family::Patient, code: "2".to_owned() },
            unit: oid(&format!("1.2.246.537.10.15675350.10.{}", 100 + n / MONTHS))?,
            customer: None,
            month: Month(24_312 + month),
        };
        cells.push(archive::cell(&tx, &cell, from).await.map_err(text)?);
    }
    tx.commit().await.map_err(text)?;
    Ok(cells)
}

/// What each body is of those with which the archive is filled.
const BODY: [u8; 200] = [7; 200];

/// Documents of one controller, each with a small body.
pub(super) async fn fill(app: &App, controller: &str, documents: u64) -> Result<(), String> {
    let text = |error: liitos_store::StoreError| error.to_string();
    let (from, joiner) = (oid(controller)?, oid("1.2.246.537.10.15675350.10.0")?);
    let (now, cells) = (app.now(), prepare(app, &from).await?);
    // Its register's key is made before, not while a transaction is open.
    seal(app, &from, &joiner, &BODY).await.map_err(|error| error.to_string())?;
    let in_each = documents.div_ceil(UNITS * MONTHS).max(1);
    let (mut next, mut counted) = (0, FILLED_AT_ONCE);
    while next < documents {
        let tx = app.store.begin().await.map_err(text)?;
        let numbers: Vec<u64> = (next..documents.min(next + FILLED_AT_ONCE)).collect();
        for numbers in numbers.chunks(IN_ONE_STATEMENT) {
            let mut own = Vec::with_capacity(numbers.len());
            for n in numbers {
                let id = oid(&id_of(FIRST + n))?;
                let sealed = seal(app, &from, &id, &BODY).await.map_err(|error| error.to_string())?;
                let cell = usize::try_from(n / in_each).ok().and_then(|at| cells.get(at)).ok_or("no cell")?;
                let born = i16::try_from(1920 + n / 7 % 100).ok();
                let keeping = Keeping { class: Some("2".to_owned()), born, until: None };
                own.push((*cell, id, format!("{:064x}", n / 7), keeping, sealed));
            }
            let mut all = Vec::with_capacity(own.len());
            for (cell, id, person, keeping, sealed) in &own {
                all.push(filling((id, person, keeping), (*cell, &from), (&joiner, now), sealed));
            }
            archive::insert(&tx, &all).await.map_err(text)?;
        }
        next += FILLED_AT_ONCE;
        // As the database itself would: when there is twice as much.
        if next >= counted.saturating_mul(2) || next >= documents {
            tx.count_anew("archive_document").await.map_err(text)?;
            counted = next;
        }
        tx.commit().await.map_err(text)?;
    }
    app.store.tidy(&["archive_document", "archive_body"]).await.map_err(text)
}

/// A document of those with which the archive is filled.
fn filling<'a>(
    (id, person, keeping): (&'a Oid, &'a str, &'a Keeping),
    (cell, from): (i64, &'a Oid),
    (joiner, now): (&'a Oid, Moment),
    sealed: &'a Sealed,
) -> NewDocument<'a> {
    NewDocument {
        id,
        set_id: id,
        version: 1,
        made_in: None,
        cell,
        controller: from,
        active: from,
        person,
        kind: Some("1"),
        task: None,
        keeping,
        temporary: false,
        banned: false,
        event: None,
        added_to: None,
        unfinished: false,
        event_open: false,
        made_at: Moment::from_seconds(1_700_000_000),
        stored_at: now,
        joiner,
        tenant: None,
        access_point: "1.2.246.537.10.15675350.10.0.13.2",
        message_id: id,
        policy: "strict",
        signer: Sha256Hash::of(b"signer"),
        signature: None,
        signed_at: now,
        media_type: "application/xml",
        hash: Sha256Hash::of(&BODY),
        size: BODY.len() as u64,
        sealed,
    }
}

/// A run of everything at a moment, approved by two who have seen what it moves.
pub(super) async fn approved(app: &App, (from, to): (&str, &str), run_at: Moment) -> Result<String, String> {
    let text = |error: liitos_service::ServiceError| error.to_string();
    let (first, second) = (registrar("first"), registrar("second"));
    runs::add_day(app, &first, run_at).await.map_err(text)?;
    let order = Order {
        from: oid(from)?,
        to: oid(to)?,
        scope: Scope::default(),
        kind: RunKind::Successor,
        run_at,
        priority: 0,
        before: 0,
        after: 0,
        apart: Apart::Accept,
        basis: "bench".to_owned(),
    };
    let number = runs::order(app, &first, order).await.map_err(text)?;
    let shown = runs::dry_run(app, &first, &number).await.map_err(text)?.hash;
    for person in [&first, &second] {
        runs::approve(app, person, &number, &shown).await.map_err(text)?;
    }
    Ok(number)
}
