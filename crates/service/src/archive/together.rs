//! Stores many plain documents in one transaction: whoever comes while others write is taken along by the next. PostgreSQL takes two at once.
//!
//! What they rest on is taken as it was read last, and looked at by the transaction that keeps them. Where anything is not as it was thought to be, each
//! is stored by itself, and told why.

use super::keep::Ready;
use super::standing::{forget, standing_held};
use super::versions::{Placed, place};
use crate::{App, ServiceError};
use liitos_domain::Oid;
use liitos_domain::archive::Cell;
use liitos_store::archive::{self, Around, Own, Rests, Supposed};
use liitos_store::{Lock, StoreError, controller_runs};
use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, Semaphore, oneshot};

/// Most documents of one transaction, and most bytes of them.
const MOST: usize = 64;
const MOST_BYTES: usize = 8 * 1024 * 1024;
/// Most cells whose numbers are remembered; a cell keeps its number.
const MOST_CELLS: usize = 100_000;

/// The answer to a document that was to be stored with others; nothing where it is to be stored by itself, because it is not as it was thought to be.
pub(super) type Told = Option<String>;

type Waiting = Vec<(Arc<Ready>, oneshot::Sender<Told>)>;

/// Documents that wait to be stored.
pub(crate) struct Together {
    waiting: Mutex<Waiting>,
    /// Whose turn it is to write.
    turns: Semaphore,
    /// Documents that are on their way here, as far as is known yet, those that are being written among them.
    coming: AtomicUsize,
    /// Somebody has come.
    came: Notify,
    cells: Mutex<HashMap<Cell, i64>>,
}

/// How long is waited for others that are on their way, at most: they cost less together.
const PATIENCE: Duration = Duration::from_millis(2);

/// A document on its way.
pub(super) struct OnItsWay<'a>(&'a Together);

impl Drop for OnItsWay<'_> {
    fn drop(&mut self) {
        self.0.coming.fetch_sub(1, Ordering::Relaxed);
        self.0.came.notify_one();
    }
}

impl Together {
    /// For a database that takes so many writers at once: two write, where it takes two. One's documents are verified while the other's are written; more
    /// would have fewer documents each, and cost more.
    pub(crate) fn new(writers: usize) -> Self {
        Self {
            waiting: Mutex::default(),
            turns: Semaphore::new(writers.clamp(1, 2)),
            coming: AtomicUsize::new(0),
            came: Notify::new(),
            cells: Mutex::default(),
        }
    }

    /// A document is on its way, as long as what is returned is held.
    pub(super) fn coming(&self) -> OnItsWay<'_> {
        self.coming.fetch_add(1, Ordering::Relaxed);
        OnItsWay(self)
    }

    /// Whether a document waits still.
    fn waits(&self, ready: &Arc<Ready>) -> bool {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.iter().any(|(one, _)| Arc::ptr_eq(one, ready))
    }

    /// Waits a little until half of those that are on their way are here. The other half may be being written: whoever is neither waits up
    /// to two milliseconds for nothing.
    async fn gathered(&self) {
        let enough = || {
            let here = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).len();
            here >= MOST || here * 2 >= self.coming.load(Ordering::Relaxed)
        };
        let waited = async {
            while !enough() {
                self.came.notified().await;
            }
        };
        let _ = tokio::time::timeout(PATIENCE, waited).await;
    }
}

/// Stores a document with others. When it returns that it is stored, it lasts.
pub(super) async fn together(app: &App, ready: &Arc<Ready>) -> Told {
    let group = &app.together;
    let (done, told) = oneshot::channel();
    group.waiting.lock().unwrap_or_else(PoisonError::into_inner).push((Arc::clone(ready), done));
    group.came.notify_one();
    tokio::pin!(told);
    loop {
        tokio::select! {
            biased;
            // Whoever wrote it may have been given up: then it may be stored or not, and is asked for by itself.
            told = &mut told => return told.unwrap_or_default(),
            // They are never closed.
            turn = group.turns.acquire() => {
                // Somebody else may be writing it already: then there is nothing to do but wait.
                if group.waits(ready) {
                    group.gathered().await;
                    let some = some(&group.waiting);
                    // Another may have taken all of them meanwhile.
                    if !some.is_empty() {
                        write(app, some).await;
                    }
                } else {
                    // Others may begin meanwhile.
                    drop(turn);
                    return told.await.unwrap_or_default();
                }
            }
        }
    }
}

/// Some of those who wait, the first first.
fn some(waiting: &Mutex<Waiting>) -> Waiting {
    let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
    // Whoever gave up may have sent another since: it is not stored behind their back.
    waiting.retain(|(_, done)| !done.is_closed());
    let (mut count, mut bytes) = (0, 0);
    for (ready, _) in waiting.iter().take(MOST) {
        bytes += ready.sealed.body.len();
        if count > 0 && bytes > MOST_BYTES {
            break;
        }
        count += 1;
    }
    waiting.drain(..count).collect()
}

/// Writes some documents, and tells each how it ended.
async fn write(app: &App, some: Waiting) {
    let all: Vec<&Ready> = some.iter().map(|(ready, _)| &**ready).collect();
    let told = match kept(app, &all).await {
        Ok(told) => told,
        Err(error) => {
            // The database failed: each is told by itself how.
            tracing::warn!(error = %error, cause = ?error.source, documents = all.len(), "not stored together");
            Vec::new()
        }
    };
    let mut told = told.into_iter();
    for (_, done) in some {
        // Whoever gave up is not told.
        let _ = done.send(told.next().flatten());
    }
}

/// Keeps documents; how each ended, in their order. What is there already keeps no other from being stored.
async fn kept(app: &App, all: &[&Ready]) -> Result<Vec<Told>, ServiceError> {
    let mut own = Once::default();
    let alone: Vec<bool> = all.iter().map(|ready| !own.takes(&ready.own())).collect();
    if let Some(told) = kept_but(app, all, &alone).await? {
        return Ok(told);
    }
    let there: Vec<Own<'_>> = all.iter().map(|ready| ready.own()).collect();
    own.0 = archive::taken(app.store.read(), &there).await?;
    let alone: Vec<bool> = there.iter().map(|ready| !own.takes(ready)).collect();
    Ok(kept_but(app, all, &alone).await?.unwrap_or_default())
}

/// What documents bring of their own, each once.
#[derive(Default)]
struct Once(BTreeSet<String>);

impl Once {
    /// Whether nothing of this document's own was there before; it is then.
    fn takes(&mut self, own: &Own<'_>) -> bool {
        let texts = [own.message.to_string(), own.document.to_string(), own.signature.to_string()];
        let new = texts.iter().all(|text| !self.0.contains(text));
        self.0.extend(texts);
        new
    }
}

/// Keeps documents in one transaction, but those that are to be stored alone; nothing is kept where one is there already.
///
/// All is made ready by what is known without asking; that it is still so is seen by the transaction that keeps it.
async fn kept_but(app: &App, all: &[&Ready], alone: &[bool]) -> Result<Option<Vec<Told>>, ServiceError> {
    let being = app.storing.begin();
    let (runs, standing) = standing_held(app).await?;
    let named: Vec<&Oid> = all.iter().filter_map(|ready| ready.received.message.header.matter()).collect();
    // Before the matters themselves: what is told of them meanwhile makes it another number.
    let told_of = archive::told_of(app.store.read(), &named).await?;
    // Behind what is known of the runs: whoever is placed by a switch is stored after it.
    let now = standing.behind(app.now());
    being.stamped(now);
    let newest = all.iter().map(|ready| (ready.caller.rests.version, ready.caller.rests.imports)).max();
    let (version, imports) = newest.unwrap_or_default();
    let rests = Rests { version, imports, runs };
    let (succession, apart) = (standing.succession().clone(), standing.apart(now)?);
    let custodians = all.iter().map(|ready| &ready.received.message.header.custodian);
    let by = custodians.flat_map(|custodian| succession.named(custodian)).collect();
    let matters = archive::matters(app.store.read(), &named, &by).await?;
    let around = Around { newest: None, lets_in: false, will: None, added_to: None, matters, succession, apart };
    // Whoever would be refused by this is told so only by what was asked anew.
    let placed = |(ready, alone): (&&Ready, &bool)| {
        let caller = &ready.caller;
        let of_now = (caller.rests.version, caller.rests.imports) == (version, imports);
        if *alone || !of_now { None } else { place(&ready.coming(), &around, now).ok() }
    };
    let placed: Vec<Option<Placed>> = all.iter().zip(alone).map(placed).collect();
    let storing: Vec<(&Ready, &Placed)> =
        all.iter().zip(&placed).filter_map(|(ready, placed)| Some((*ready, placed.as_ref()?))).collect();
    let acknowledgements: Vec<String> = storing.iter().map(|(ready, _)| ready.acknowledged(now)).collect();
    let supposed = Supposed { rests, at: now, matters: (&named, told_of) };
    match rows(app, &supposed, &storing, &acknowledgements).await {
        Err(StoreError::Duplicate) => return Ok(None),
        Err(StoreError::Changed) => {
            forget(app);
            return Ok(Some(Vec::new()));
        }
        kept => kept?,
    }
    let mut acknowledgements = acknowledgements.into_iter();
    Ok(Some(placed.into_iter().map(|placed| placed.and_then(|_| acknowledgements.next())).collect()))
}

async fn rows(
    app: &App,
    supposed: &Supposed<'_>,
    storing: &[(&Ready, &Placed)],
    acknowledgements: &[String],
) -> Result<(), StoreError> {
    let now = supposed.at;
    if storing.is_empty() {
        return Ok(());
    }
    let numbers = numbers(app, storing.iter().map(|(_, placed)| &placed.cell).collect()).await?;
    let cell = |placed: &Placed| numbers.get(&placed.cell).copied().unwrap_or_default();
    let messages = storing.iter().zip(acknowledgements).map(|((ready, _), text)| ready.taken(text, now));
    let documents = storing.iter().map(|(ready, placed)| ready.document(placed, cell(placed), now));
    let lines: Vec<_> = storing.iter().map(|(ready, placed)| ready.told(placed, now)).collect();
    let (messages, documents) = (messages.collect::<Vec<_>>(), documents.collect::<Vec<_>>());
    archive::keep_together(&app.store, supposed, &messages, &documents, &lines).await
}

/// The numbers of cells; those that are not there yet are made, for good.
async fn numbers<'a>(app: &App, cells: BTreeSet<&'a Cell>) -> Result<HashMap<&'a Cell, i64>, StoreError> {
    let held = || app.together.cells.lock().unwrap_or_else(PoisonError::into_inner);
    let known = {
        let held = held();
        cells.iter().filter_map(|cell| Some((*cell, *held.get(*cell)?))).collect::<HashMap<_, _>>()
    };
    if known.len() == cells.len() {
        return Ok(known);
    }
    let (tx, mut numbers) = (app.store.begin().await?, known);
    // Nothing is switched meanwhile: whose a new one is, is kept with it.
    tx.share(Lock::Controllers).await?;
    let succession = controller_runs::succession(tx.connection()).await?;
    // In their order: two who make the same ones wait for each other, and not both for both.
    for cell in cells {
        if !numbers.contains_key(cell) {
            numbers.insert(cell, archive::cell(&tx, cell, succession.active(cell).0).await?);
        }
    }
    tx.commit().await?;
    let mut held = held();
    if held.len() >= MOST_CELLS {
        held.clear();
    }
    held.extend(numbers.iter().map(|(cell, number)| ((*cell).clone(), *number)));
    Ok(numbers)
}
