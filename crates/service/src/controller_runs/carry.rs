//! Carries runs through to each document's row, in pieces: each is one transaction, so that a kill loses nothing, and the archive is in full
//! use meanwhile. What somebody reads does not depend on how far it has come.

use super::report::{self, completeness, ids};
use super::tell::tell;
use super::{CLOCK, happened};
use crate::{App, ServiceError};
use liitos_domain::archive::{RunStage, Succession};
use liitos_domain::{Moment, Oid};
use liitos_store::controller_runs::{self, Moving, Run};
use liitos_store::{Lock, Transaction};
use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Most documents in one piece, as a rule.
pub const CHUNK: u64 = 2_000;
/// Most documents in one piece while somebody stores or reads, and how long is rested behind each: nobody waits long for the database, or for the disk
/// (docs/benchmarks.md).
const SMALL: u64 = 100;
const REST: Duration = Duration::from_millis(30);
/// So long after somebody has stored or read, others are taken to come still.
const IN_USE_SECONDS: i64 = 1;
/// Most cells of one piece.
const AT_ONCE: u64 = 100;

/// A cell that a run moves, and whose its documents are.
pub(super) struct MovedCell {
    pub(super) key: i64,
    pub(super) active: Oid,
}

/// The cells that a run, or its reversal, may have moved: in the order of their keys, some at a time.
pub(super) struct Cells {
    succession: Succession,
    run: i64,
    named: BTreeSet<Oid>,
    /// The last cell that was looked at.
    after: i64,
    /// How many are looked at, at most, at a time.
    at_a_time: u64,
}

impl Cells {
    /// Those after a key, so many at a time.
    pub(super) async fn of(app: &App, run: &Run, after: i64, at_a_time: u64) -> Result<Self, ServiceError> {
        let succession = controller_runs::succession(app.store.read()).await?;
        let mut named = succession.named(&run.order.from);
        named.extend(succession.named(&run.order.to));
        Ok(Self { run: run.key, succession, named, after, at_a_time })
    }

    /// The next ones whose documents are somebody else's by the run; `None` after the last cell there is.
    pub(super) async fn next(&mut self, app: &App) -> Result<Option<Vec<MovedCell>>, ServiceError> {
        let some = controller_runs::cells_named(app.store.read(), &self.named, self.after, self.at_a_time).await?;
        let Some((last, _)) = some.last() else { return Ok(None) };
        self.after = *last;
        let cells = some.into_iter().filter(|(_, cell)| self.succession.took(self.run, cell));
        Ok(Some(cells.map(|(key, cell)| MovedCell { key, active: self.succession.active(&cell).0.clone() }).collect()))
    }
}

/// Carries on at the pace that the archive's use leaves; how long to rest before the next piece, or nothing where there is nothing to do.
///
/// # Errors
/// [`ServiceError`].
pub async fn carry_on(app: &App) -> Result<Option<Duration>, ServiceError> {
    let used = Moment::from_micros(app.archive_used.load(Ordering::Relaxed));
    if used.plus_seconds(IN_USE_SECONDS) < app.now() {
        return Ok(carry_through(app, CHUNK).await?.then_some(Duration::ZERO));
    }
    let more = carry_through(app, SMALL).await?;
    if more {
        app.store.bring_over().await?;
    }
    Ok(more.then_some(REST))
}

/// Carries one piece of the first run that waits for it, of at most so many documents; whether there is more to do.
///
/// # Errors
/// [`ServiceError`].
pub async fn carry_through(app: &App, most: u64) -> Result<bool, ServiceError> {
    let Some(run) = controller_runs::to_carry_through(app.store.read()).await?.into_iter().next() else {
        return Ok(false);
    };
    if run.ids_before.is_none() {
        count(app, &run).await?;
        return Ok(true);
    }
    let tx = app.store.begin().await?;
    // Nothing is switched or reversed while a piece is carried: it would carry what is no longer so.
    tx.share(Lock::Controllers).await?;
    let mut cells = Cells::of(app, &run, run.cursor.0, AT_ONCE).await?;
    let Some(next) = cells.next(app).await? else {
        drop(tx);
        return finish(app, &run).await;
    };
    let (stopped, count) = piece(&tx, &run, &next, most.max(1)).await?;
    let cursor = stopped.unwrap_or((cells.after, String::new()));
    let carried = (run.carried.0.saturating_add(count), run.carried.1);
    if controller_runs::carried(&tx, &run, (cursor.0, &cursor.1), carried).await? {
        tx.commit().await?;
    }
    Ok(true)
}

/// What is to be moved, found and kept before any of it is carried.
async fn count(app: &App, run: &Run) -> Result<(), ServiceError> {
    let found = ids(app, run, false).await?;
    let tx = app.store.begin().await?;
    if controller_runs::counted(&tx, run, &serde_json::to_string(&found)?, found.documents).await? {
        tx.commit().await?;
    }
    Ok(())
}

/// At most so many documents of some cells, after where the run has come; where it stopped, if before the last of them, and how many.
async fn piece(
    tx: &Transaction,
    run: &Run,
    cells: &[MovedCell],
    most: u64,
) -> Result<(Option<(i64, String)>, u64), ServiceError> {
    let (mut rest, (mut done, mut after), mut count) = (cells, run.cursor.clone(), 0);
    while let Some((first, others)) = rest.split_first() {
        let room = most.saturating_sub(count);
        let whole = if after.is_empty() { whole(tx, rest, room).await? } else { 0 };
        if let Some((carried, left)) = rest.split_at_checked(whole)
            && let Some(last) = carried.last()
        {
            let keys: Vec<i64> = carried.iter().map(|cell| cell.key).collect();
            count += controller_runs::carry_whole(tx, &keys, &first.active).await?;
            (rest, done) = (left, last.key);
            continue;
        }
        // It does not go in whole: a part of it does, unless the piece is half full, and done sooner without.
        if count > most / 2 {
            return Ok((Some((done, after)), count));
        }
        match controller_runs::carry(tx, (first.key, &first.active), &after, room).await? {
            // More than there is room for where one was stored meanwhile; there may be more of it in either case.
            Some((last, some)) if some >= room => return Ok((Some((done, last)), count + some)),
            carried => count += carried.map_or(0, |(_, some)| some),
        }
        (rest, done, after) = (others, first.key, String::new());
    }
    Ok((None, count))
}

/// How many of the first of these cells, all of one controller now, have no more documents together than there is room for.
async fn whole(tx: &Transaction, cells: &[MovedCell], room: u64) -> Result<usize, ServiceError> {
    let alike = |cell: &&MovedCell| cells.first().is_some_and(|first| first.active == cell.active);
    let alike: Vec<i64> = cells.iter().take_while(alike).map(|cell| cell.key).collect();
    let Some((first, last)) = alike.first().zip(alike.last()) else { return Ok(0) };
    // What lies between them may be others', and takes room, too.
    let beyond = controller_runs::first_beyond(tx, *first, room).await?.unwrap_or(last.saturating_add(1));
    Ok(alike.iter().take_while(|key| **key < beyond).count())
}

/// The report of a run that has come to its end. Where what was found before is not what has arrived – a document of before came in between, from a
/// slower clock or an older program –, it is found and carried once more, after a while. Whether to go on at once.
async fn finish(app: &App, run: &Run) -> Result<bool, ServiceError> {
    let whole = completeness(app, run).await?;
    let now = app.now();
    let tx = app.store.begin().await?;
    let event = (run.key, run.number.as_str());
    if !whole.complete {
        tracing::warn!(run = run.number, "a controller update run is carried through again");
        if controller_runs::again(&tx, run).await? {
            happened(&tx, event, ("carried-again", CLOCK, CLOCK), None, now).await?;
            tx.commit().await?;
        }
        return Ok(false);
    }
    if controller_runs::report(&tx, run, &report::sealed(app, &whole)?).await? {
        happened(&tx, event, ("carried", CLOCK, CLOCK), None, now).await?;
        tell(app, &tx, run, RunStage::Done, now).await?;
        tx.commit().await?;
    }
    Ok(true)
}

/// The ids of a cell's documents that were stored up to a moment, piece by piece, each with whose its row says that it is.
pub(super) async fn each_document(
    app: &App,
    cell: i64,
    until: liitos_domain::Moment,
    mut of: impl FnMut(&str, &str),
) -> Result<(), ServiceError> {
    let mut after = String::new();
    loop {
        let some = controller_runs::moving(app.store.read(), (Moving::All, cell), &after, Some(until), CHUNK).await?;
        for found in &some {
            of(&found.id, &found.active);
        }
        match some.last() {
            Some(last) if some.len() as u64 == CHUNK => after.clone_from(&last.id),
            _ => return Ok(()),
        }
    }
}
