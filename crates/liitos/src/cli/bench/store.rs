//! Storing by many at once, reading and searching among many: through the use cases, without network, into a database that writes through to the
//! disk; and plain single-row commits into the same database, at the same concurrency, in the same run.

mod beside_run;

use super::{controller_run, forget_peak, micros, peak_mb, percentiles, resident_mb};

use crate::made::Variation;
use crate::sandbox::{Options, Sandbox, tour};
use clap::Args;
use liitos_documents::read_document_header;
use liitos_domain::archive::{Criteria, Search};
use liitos_domain::document::PersonRef;
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::{Oid, Service, Sha256Hash};
use liitos_service::App;
use liitos_service::archive::{Door, StoredHow, fetch_document, search_documents, store_document};
use liitos_store::archive::{self, NewMessage};
use serde_json::json;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const HUS: &str = "1.2.246.537.10.15675350.10.0";

#[derive(Args)]
pub(crate) struct Store {
    /// Documents that are stored.
    #[arg(long, default_value_t = 2_000)]
    documents: u64,
    /// How many store at once.
    #[arg(long, default_value_t = 8)]
    at_once: usize,
    /// Documents that are there already, of other people.
    #[arg(long, default_value_t = 0)]
    filled: u64,
    /// What the body of each is made longer by, in kilobytes.
    #[arg(long, default_value_t = 0)]
    longer_kb: usize,
    /// Documents of another controller that a controller update run moves into this register, while it is stored and read at an even pace.
    #[arg(long, default_value_t = 0)]
    run: u64,
    /// A PostgreSQL database to use; a new SQLite file when absent.
    #[arg(long)]
    database: Option<String>,
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn oid(text: &str) -> Result<Oid, String> {
    Oid::parse(text).map_err(|error| error.to_string())
}

fn door() -> Result<Door, String> {
    Ok(Door {
        access_point: AccessPointOid::parse(tour::ACCESS_POINT).map_err(text)?,
        represented: oid(HUS)?,
        tenant: None,
        decision_id: "BENCH-1".to_owned(),
        client_cert: None,
        purpose: None,
    })
}

pub(super) async fn run(folder: PathBuf, asked: &Store) -> Result<serde_json::Value, String> {
    let options = Options { folder, listen: ([127, 0, 0, 1], 0).into(), database: asked.database.clone() };
    let sandbox = Sandbox::start(options).await.map_err(text)?;
    tour::open_right(&sandbox, Duration::from_secs(60)).await.map_err(text)?;
    let app = &sandbox.app;
    if asked.filled > 0 {
        // Another controller's: they are not opened.
        controller_run::fill(app, "1.2.246.537.10.15675350.19.9", asked.filled).await?;
    }
    let run = u64::try_from(app.now().as_micros()).unwrap_or(0);
    let made = |serial| {
        let variation = Variation::with_new_ids(run, serial).map_err(text)?.longer_by(asked.longer_kb * 1024);
        variation.signed_by(&sandbox.pki.signer, app.now()).map_err(text)
    };
    let all = (0..asked.documents).map(made).collect::<Result<Vec<_>, String>>()?;
    let messages = all.iter().map(|one| one.message().map_err(text)).collect::<Result<Vec<_>, String>>()?;
    let rate = |(took, all): (Vec<i64>, i64)| per_second(took.len(), all);
    let flushed = disk_flushes();
    let plain = rate(plain_commits(app, asked, (run, 1), 0).await?);
    let plain_flushes = flushes_each(flushed, messages.len());
    let bytes = all.first().map_or(0, |one| one.document().len());
    let plain_document = rate(plain_commits(app, asked, (run, 2), bytes).await?);
    let stored = stored(app, asked, messages).await?;
    let person = all.first().and_then(|one| read_document_header(one.document()).ok()).map(|header| header.person);
    let read = read(app, &all, person).await?;
    let commits = commits(app, &all).await?;
    let beside = match asked.run {
        0 => serde_json::Value::Null,
        documents => beside_run::measured(&sandbox, documents, run).await?,
    };
    let waited = percentiles(
        plain_commits(
            app,
            &Store { documents: 1_000, at_once: 1, database: None, filled: 0, longer_kb: 0, run: 0 },
            (run, 3),
            0,
        )
        .await?
        .0,
    );
    Ok(json!({
        "documents": asked.documents, "at_once": asked.at_once, "among": asked.filled, "longer_kb": asked.longer_kb,
        "plain_row_per_s": plain, "plain_row_disk_flushes_each": plain_flushes, "plain_row_of_its_size_per_s": plain_document, "store": stored,
        "commits_each": (commits as f64 / all.len().max(1) as f64 * 1e3).round() / 1e3, "read": read, "beside_run": beside,
        "plain_row_alone": { "p50_us": waited(50), "p99_us": waited(99) }, "rss_mb": resident_mb(),
    }))
}

/// Seconds of processor time that this process has used.
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after = stat.rsplit(')').next().unwrap_or_default();
    let ticks = |at: usize| after.split_whitespace().nth(at).and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0);
    // Fields 14 and 15 of proc(5), in hundredths of a second.
    (ticks(11) + ticks(12)) / 100.0
}

/// How often disks were told to write through (field 19 of Linux's `/proc/diskstats`), by whomever on this machine; `None` where nothing tells.
fn disk_flushes() -> Option<u64> {
    let disks = std::fs::read_to_string("/proc/diskstats").ok()?;
    disks.lines().map(|line| line.split_whitespace().nth(18)?.parse::<u64>().ok()).sum()
}

/// How often that was since then, for each of so many.
fn flushes_each(since: Option<u64>, count: usize) -> Option<f64> {
    let flushed = disk_flushes()?.checked_sub(since?)?;
    Some((flushed as f64 / count.max(1) as f64 * 1e3).round() / 1e3)
}

/// Does something for each number below a count, so many at a time; how long each took, and all of it, in microseconds.
async fn many<F>(
    at_once: usize,
    count: usize,
    one: impl Fn(usize) -> F + Send + Sync + 'static,
) -> Result<(Vec<i64>, i64), String>
where
    F: Future<Output = Result<(), String>> + Send,
{
    let (next, one) = (Arc::new(AtomicUsize::new(0)), Arc::new(one));
    let begun = micros();
    let workers: Vec<_> = (0..at_once)
        .map(|_| {
            let (next, one) = (Arc::clone(&next), Arc::clone(&one));
            tokio::spawn(async move {
                let mut took = Vec::new();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= count {
                        return Ok::<_, String>(took);
                    }
                    let begun = micros();
                    one(number).await?;
                    took.push(micros() - begun);
                }
            })
        })
        .collect();
    let mut took = Vec::new();
    for worker in workers {
        took.extend(worker.await.map_err(text)??);
    }
    Ok((took, micros() - begun))
}

fn per_second(count: usize, all_us: i64) -> u64 {
    (count as u64).saturating_mul(1_000_000) / u64::try_from(all_us).unwrap_or(1).max(1)
}

/// Plain commits of one row each, with a text of so many bytes that cannot be compressed; how long each took, and all of it, in microseconds.
async fn plain_commits(
    app: &Arc<App>,
    asked: &Store,
    (run, kind): (u64, u8),
    bytes: usize,
) -> Result<(Vec<i64>, i64), String> {
    let (count, app) = (usize::try_from(asked.documents).unwrap_or(0), Arc::clone(app));
    let row = |_| {
        let mut random = vec![0; bytes];
        app.randomness.fill(&mut random);
        random.iter().map(|byte| char::from(b'0' + byte % 64)).collect::<String>()
    };
    let rows = Arc::new((0..count).map(row).collect::<Vec<_>>());
    many(asked.at_once, count, move |number| {
        let (app, rows) = (Arc::clone(&app), Arc::clone(&rows));
        async move {
            let row = rows.get(number).map(String::as_str).unwrap_or_default();
            let id = oid(&format!("1.2.246.10.1.13.{run}.{kind}.{number}"))?;
            let tx = app.store.begin().await.map_err(text)?;
            let (hash, at) = (Sha256Hash::of(b"plain"), app.now());
            let row = NewMessage { id: &id, hash, acknowledgement: row, document: &id, joiner: &id, at };
            archive::take(&tx, &[row]).await.map_err(text)?;
            tx.commit().await.map_err(text)
        }
    })
    .await
}

async fn stored(app: &Arc<App>, asked: &Store, messages: Vec<String>) -> Result<serde_json::Value, String> {
    let (count, app, messages) = (messages.len(), Arc::clone(app), Arc::new(messages));
    forget_peak();
    let (processor, flushed, memory) = (processor_seconds(), disk_flushes(), resident_mb());
    let door = door()?;
    // The messages stay: what the storing itself takes beside them is told.
    let held = Arc::clone(&messages);
    let (took, all) = many(asked.at_once, count, move |number| {
        let (app, messages, door) = (Arc::clone(&app), Arc::clone(&held), door.clone());
        async move {
            let message = messages.get(number).map(String::as_bytes).unwrap_or_default();
            let how = store_document(&app, &door, message).await.map_err(text)?.how;
            if how == StoredHow::New { Ok(()) } else { Err(format!("{how:?}")) }
        }
    })
    .await?;
    let (at, peak) = (percentiles(took), peak_mb());
    drop(messages);
    Ok(json!({
        "per_s": per_second(count, all), "p50_us": at(50), "p99_us": at(99),
        "processor_us_each": ((processor_seconds() - processor) * 1e6 / count.max(1) as f64).round(),
        "disk_flushes_each": flushes_each(flushed, count), "grew_mb": peak.saturating_sub(memory),
    }))
}

/// How many commits kept these documents, each of which was written through to the disk once: what is kept together has one moment.
async fn commits(app: &Arc<App>, all: &[Variation]) -> Result<usize, String> {
    let mut moments = BTreeSet::new();
    for one in all {
        let kept = archive::find(app.store.read(), &oid(&one.document_id)?).await.map_err(text)?;
        moments.insert(kept.ok_or("a document is not there")?.stored_at);
    }
    Ok(moments.len())
}

/// How often each is asked before it is measured: each of the database's connections, which take turns, has then prepared what is asked of it.
const WARM: usize = 300;

/// Reads each document by its id, one after the other, and looks for its client's; both write into the use log first.
async fn read(app: &App, all: &[Variation], person: Option<PersonRef>) -> Result<serde_json::Value, String> {
    let (door, mut fetched, mut searched) = (door()?, Vec::new(), Vec::new());
    for one in all.iter().cycle().take(WARM + 1_000) {
        let id = oid(&one.document_id)?;
        let begun = micros();
        fetch_document(app, &door, Service::PatientData, &id).await.map_err(text)?;
        fetched.push(micros() - begun);
    }
    let search = Search { criteria: Criteria { person, ..Criteria::default() }, after: None, count: 50 };
    for _ in 0..WARM + 1_000 {
        let begun = micros();
        search_documents(app, &door, Service::PatientData, &search).await.map_err(text)?;
        searched.push(micros() - begun);
    }
    let [fetched, searched] = [fetched, searched].map(|all| percentiles(all.into_iter().skip(WARM).collect()));
    Ok(json!({
        "fetch_p50_us": fetched(50), "fetch_p99_us": fetched(99), "search_p50_us": searched(50), "search_p99_us": searched(99),
    }))
}
