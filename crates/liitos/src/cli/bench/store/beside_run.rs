//! What storing and reading cost while a controller update run is carried through, beside what they cost before: at an even pace, far from all that the
//! archive can do, so that what is waited for is the run.

use super::{controller_run, door, micros, oid, percentiles, text};
use crate::made::Variation;
use crate::sandbox::Sandbox;
use liitos_domain::{Moment, Service};
use liitos_service::App;
use liitos_service::archive::{StoredHow, fetch_document, store_document};
use liitos_service::controller_runs as runs;
use liitos_store::archive;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How many store at once, and how long each rests between two.
const CLIENTS: u64 = 2;
const PACE: Duration = Duration::from_millis(20);
/// How many each stores before the run, and at most while it is carried.
const BEFORE: u64 = 500;
const MOST: u64 = 10_000;

/// Documents of one piece of a plain update.
const PIECE: u64 = 2_000;

/// How long each store and each read took, in microseconds.
#[derive(Default)]
struct Took {
    stored: Vec<i64>,
    read: Vec<i64>,
}

impl Took {
    fn told(self) -> serde_json::Value {
        let count = self.stored.len();
        let (stored, read) = (percentiles(self.stored), percentiles(self.read));
        json!({
            "stored": count, "store_p50_us": stored(50), "store_p99_us": stored(99), "fetch_p50_us": read(50), "fetch_p99_us": read(99),
        })
    }
}

/// Fills another controller's register, and moves it into the one that is stored into meanwhile.
pub(super) async fn measured(sandbox: &Sandbox, documents: u64, run: u64) -> Result<serde_json::Value, String> {
    let app = &sandbox.app;
    controller_run::fill(app, controller_run::TO, documents).await?;
    let go_on = Arc::new(AtomicBool::new(true));
    let before = paced(sandbox, (run, 1), BEFORE, &go_on).await?;
    let seconds = 10 + i64::try_from(documents / 50_000).unwrap_or(0);
    let run_at = Moment::from_seconds(app.now().as_seconds() + seconds);
    let number = controller_run::approved(app, (controller_run::TO, controller_run::FROM), run_at).await?;
    while app.now() < run_at {
        tokio::time::sleep(PACE).await;
    }
    let begun = micros();
    let ended = tokio::spawn(carried(Arc::clone(app), number, Arc::clone(&go_on)));
    // Who stores at the switch waits for it, and is not counted to what follows.
    let awaited = Arc::new(AtomicBool::new(true));
    let switch = tokio::spawn(switched(Arc::clone(app), Arc::clone(&awaited)));
    let at_switch = paced(sandbox, (run, 4), MOST, &awaited).await?;
    let switch_us = switch.await.map_err(text)??;
    let meanwhile = paced(sandbox, (run, 2), MOST, &go_on).await?;
    ended.await.map_err(text)??;
    let took_ms = (micros() - begun) / 1_000;
    // The plain thing on the same rows, beside the same callers.
    go_on.store(true, Ordering::Relaxed);
    let begun = micros();
    let ended = tokio::spawn(rewritten(Arc::clone(app), documents, Arc::clone(&go_on)));
    let meanwhile_plain = paced(sandbox, (run, 3), MOST, &go_on).await?;
    ended.await.map_err(text)??;
    let plain_ms = (micros() - begun) / 1_000;
    Ok(json!({
        "documents": documents, "switch_us": switch_us, "at_switch": at_switch.told(), "before": before.told(), "meanwhile": meanwhile.told(), "took_ms": took_ms,
        "plain_update": { "piece": PIECE, "meanwhile": meanwhile_plain.told(), "took_ms": plain_ms },
        "beside_plain_update": (plain_ms as f64 / took_ms.max(1) as f64 * 100.0).round() / 100.0,
    }))
}

/// How long the switch took beside those who store; nothing where the sandbox had switched it by itself before.
async fn switched(app: Arc<App>, awaited: Arc<AtomicBool>) -> Result<Option<i64>, String> {
    let begun = micros();
    let switched = runs::switch_due(&app).await.map_err(text);
    let took = micros() - begun;
    awaited.store(false, Ordering::Relaxed);
    Ok((switched? == 1).then_some(took))
}

/// One column of each document is written in pieces, each a transaction of its own.
async fn rewritten(app: Arc<App>, documents: u64, go_on: Arc<AtomicBool>) -> Result<(), String> {
    let other = oid("1.2.3")?;
    let (mut next, mut rows) = (0, 0);
    while next < documents {
        let end = documents.min(next + PIECE);
        let [from, before] = [next, end].map(|n| oid(&controller_run::id_of(controller_run::FIRST + n)));
        let tx = app.store.begin().await.map_err(text)?;
        rows += archive::rewrite(&tx, (&from?, &before?), &other).await.map_err(text)?;
        tx.commit().await.map_err(text)?;
        next = end;
    }
    go_on.store(false, Ordering::Relaxed);
    if rows == documents { Ok(()) } else { Err(format!("{rows} of {documents} rows were written")) }
}

/// Waits until a run is carried through and proved.
async fn carried(app: Arc<App>, number: String, go_on: Arc<AtomicBool>) -> Result<(), String> {
    loop {
        let status = runs::status(&app, &controller_run::registrar("first"), &number).await.map_err(text)?;
        if status.run.report.is_some() {
            go_on.store(false, Ordering::Relaxed);
            return if runs::incomplete(&status.run) { Err("not complete".to_owned()) } else { Ok(()) };
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Stores so many documents each, or until it is enough, and reads each again.
async fn paced(sandbox: &Sandbox, (run, part): (u64, u64), most: u64, go_on: &Arc<AtomicBool>) -> Result<Took, String> {
    let mut workers = Vec::new();
    for client in 0..CLIENTS {
        let (app, go_on) = (Arc::clone(&sandbox.app), Arc::clone(go_on));
        let (signer, door) = (sandbox.pki.signer.clone(), door()?);
        workers.push(tokio::spawn(async move {
            let mut took = Took::default();
            for serial in 0..most {
                if !go_on.load(Ordering::Relaxed) {
                    break;
                }
                let serial = 100_000_000 * part + 10_000_000 * client + serial;
                let one = Variation::with_new_ids(run, serial).map_err(text)?;
                let one = one.signed_by(&signer, app.now()).map_err(text)?;
                let (message, id) = (one.message().map_err(text)?, oid(&one.document_id)?);
                let begun = micros();
                let how = store_document(&app, &door, message.as_bytes()).await.map_err(text)?.how;
                took.stored.push(micros() - begun);
                if how != StoredHow::New {
                    return Err(format!("{how:?}"));
                }
                let begun = micros();
                fetch_document(&app, &door, Service::PatientData, &id).await.map_err(text)?;
                took.read.push(micros() - begun);
                tokio::time::sleep(PACE).await;
            }
            Ok(took)
        }));
    }
    let mut all = Took::default();
    for worker in workers {
        let took = worker.await.map_err(text)??;
        all.stored.extend(took.stored);
        all.read.extend(took.read);
    }
    Ok(all)
}
