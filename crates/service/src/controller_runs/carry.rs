//! Carries switched runs through: finds what is to be moved, writes down with each cell whose its documents are, and finds each of them there. In pieces, each
//! of them kept in one transaction, so that a kill loses nothing; documents are only read, and the archive is in full use meanwhile. What somebody reads does
//! not depend on how far it has come.
//!
//! ```text
//! before ──── all found ────▶ cells ──── all written ────▶ after ──── all found ────▶ report: complete, or not
//!                               ▲                            │
//!                               └── a cell says otherwise ───┘
//! ```
//!
//! Where not all is found, and other runs were switched or reversed meanwhile, it begins anew.

use super::cells::Cells;
use super::report::{self, Before, SoFar};
use super::tell::tell;
use super::{CLOCK, happened, state_forbids};
use crate::{App, ServiceError};
use liitos_domain::archive::{Completeness, Counting, Ids, RunStage, Succession};
use liitos_domain::{Moment, Oid, Sha256Hash};
use liitos_store::Lock;
use liitos_store::controller_runs::{self, Found, Run, Walk};

/// Most documents that are looked at in one piece, as a rule.
pub const CHUNK: u64 = 20_000;
/// Documents that are asked for at once: whoever stores or reads waits behind them for a processor, where there are few.
const PAGE: u64 = 500;
/// Cells that are asked for at once, at first and at most, as long as they hold no more documents than that together.
const TOGETHER: (usize, usize) = (4, 64);

/// Before the first cell.
const BEGINNING: (i64, String) = (0, String::new());

/// A cell that a run moves.
struct MovedCell {
    key: i64,
    /// Whose its documents are.
    active: Oid,
    /// Whether its row says so.
    arrived: bool,
}

/// The cells that a run, or its reversal, may have moved: in the order of their keys, some at a time.
struct MovedCells {
    succession: Succession,
    run: i64,
    cells: Cells,
}

impl MovedCells {
    /// Those after a key.
    async fn of(app: &App, run: &Run, after: i64) -> Result<Self, ServiceError> {
        let succession = controller_runs::succession(app.store.read()).await?;
        let mut named = succession.named(&run.order.from);
        named.extend(succession.named(&run.order.to));
        Ok(Self { run: run.key, succession, cells: Cells::named(named, after) })
    }

    /// The next ones whose documents are somebody else's by the run; `None` after the last cell there is.
    async fn next(&mut self, app: &App) -> Result<Option<Vec<MovedCell>>, ServiceError> {
        let Some(some) = self.cells.next(app).await? else { return Ok(None) };
        let cells = some.into_iter().filter(|one| self.succession.took(self.run, &one.cell));
        let moved = |Found { key, cell, active: written }: Found| {
            let active = self.succession.active(&cell).0.clone();
            MovedCell { key, arrived: written.as_deref() == Some(active.as_str()), active }
        };
        Ok(Some(cells.map(moved).collect()))
    }
}

/// Carries the first run that waits for it, and can be, on by one piece, of at most so many documents; whether there is more to do.
///
/// # Errors
/// [`ServiceError`]: what fails of one, once there is nothing more to do of the others.
pub async fn carry_through(app: &App, most: u64) -> Result<bool, ServiceError> {
    let mut failed = None;
    for run in controller_runs::to_carry_through(app.store.read()).await? {
        let number = run.number.clone();
        match carry_on(app, run, most).await {
            Ok(true) => return Ok(true),
            Ok(false) => {}
            Err(error) => {
                tracing::error!(run = number, error = %error, cause = ?error.source, "a run is not carried through");
                failed = failed.or(Some(error));
            }
        }
    }
    failed.map_or(Ok(false), Err)
}

async fn carry_on(app: &App, run: Run, most: u64) -> Result<bool, ServiceError> {
    let found = run.walk.found.as_deref().map(SoFar::read).transpose()?;
    match (&run.walk.before, found) {
        (None, found) => find(app, &run, found.filter(|found| !found.arrived).unwrap_or_default(), most).await,
        (Some(_), Some(found)) if found.arrived => find(app, &run, found, most).await,
        (Some(_), _) => carry(app, &run).await,
    }
}

/// Finds some of the documents that are to be moved, or that have arrived. Whether to go on at once.
async fn find(app: &App, run: &Run, so_far: SoFar, most: u64) -> Result<bool, ServiceError> {
    let (Walk { cursor, carried, before, .. }, arrived) = (run.walk.clone(), so_far.arrived);
    // What was found is found again where an older program has come between.
    let goes_on = cursor != BEGINNING && so_far.cursor == cursor;
    let (cursor, mut found) =
        if goes_on { (cursor, so_far.going_on()?) } else { (BEGINNING, report::Tally::default()) };
    let moves = if goes_on { so_far.moves } else { moves(app).await? };
    let stopped = walk(app, run, arrived, cursor, (&mut found, most)).await?;
    let elsewhere = found.elsewhere;
    let found = found.counting.ids();
    let next = match (stopped, before) {
        (None, Some(_)) if elsewhere => return once_more(app, run).await,
        (None, Some(before)) if arrived => return finish(app, run, serde_json::from_str(&before)?, found).await,
        (None, _) => {
            let before = Before { moves, ids: found.clone() };
            let before = Some(serde_json::to_string(&before)?);
            Walk { cursor: BEGINNING, carried: (0, found.documents), before, found: None }
        }
        (Some(cursor), before) => {
            let carried = if arrived { (found.documents, carried.1) } else { (0, found.documents) };
            let found = SoFar { arrived, elsewhere, moves, cursor: cursor.clone(), ids: found };
            Walk { cursor, carried, before, found: Some(serde_json::to_string(&found)?) }
        }
    };
    let tx = app.store.begin().await?;
    let kept = controller_runs::walked(&tx, run, next).await?;
    if kept {
        tx.commit().await?;
    }
    // Another program has come as far, or somebody holds the run up.
    Ok(kept)
}

/// Adds the documents that a run moves and that were stored until its switch, or those of them that have arrived, from a place on; where it stopped, if before
/// the last of them.
pub(super) async fn walk(
    app: &App,
    run: &Run,
    arrived: bool,
    (mut done, inside): (i64, String),
    (found, most): (&mut report::Tally, u64),
) -> Result<Option<(i64, String)>, ServiceError> {
    let unfinished = (!inside.is_empty()).then_some(done);
    done -= i64::from(unfinished.is_some());
    let Some(at) = run.reversed_at.or(run.switched_at) else { return Err(state_forbids(run.state)) };
    let (mut cells, mut room) = (MovedCells::of(app, run, done).await?, most.max(1));
    let mut together = TOGETHER.0;
    while let Some(some) = cells.next(app).await? {
        let mut rest = some.as_slice();
        while let Some((cell, behind)) = rest.split_first() {
            let (few, others) = rest.split_at(together.min(rest.len()));
            // In the cell where it stopped it goes on by itself, and where there is little room.
            if few.len() > 1 && room >= PAGE && unfinished.is_none_or(|key| few.iter().all(|cell| cell.key != key)) {
                let counted = few.iter().filter(|cell| cell.arrived || !arrived);
                let keys: Vec<i64> = counted.map(|cell| cell.key).collect();
                let Some(all) = controller_runs::all_stored_until(app.store.read(), (&keys, at), PAGE).await? else {
                    together = (together / 4).max(1);
                    continue;
                };
                found.elsewhere |= arrived && keys.len() < few.len();
                all.ids().for_each(|id| found.counting.add(id));
                room = room.saturating_sub(1 + all.documents);
                done = few.last().map_or(done, |cell| cell.key);
                (together, rest) = ((together * 2).min(TOGETHER.1), others);
                continue;
            }
            found.elsewhere |= arrived && !cell.arrived;
            let mut after = if unfinished == Some(cell.key) { inside.clone() } else { String::new() };
            let (counts, before) = (cell.arrived || !arrived, room);
            if counts && !of_cell(app, (cell.key, at), &mut after, (&mut found.counting, &mut room)).await? {
                return Ok(Some((if after.is_empty() { done } else { cell.key }, after)));
            }
            if before - room < PAGE / 8 {
                together = together.max(TOGETHER.0);
            }
            // Each is a question, whatever it holds.
            room = room.saturating_sub(1);
            (done, rest) = (cell.key, behind);
        }
    }
    Ok(None)
}

/// Adds the documents of a cell that were stored up to a moment, after one of them, as long as there is room; whether that was all of them.
async fn of_cell(
    app: &App,
    (cell, at): (i64, Moment),
    after: &mut String,
    (counting, room): (&mut Counting, &mut u64),
) -> Result<bool, ServiceError> {
    while *room > 0 {
        let page = PAGE.min(*room);
        let some = controller_runs::stored_until(app.store.read(), (cell, at), after, page).await?;
        some.ids().for_each(|id| counting.add(id));
        *room -= some.documents;
        match some.last {
            Some(last) if some.documents == page => *after = last,
            _ => return Ok(true),
        }
    }
    Ok(false)
}

/// Which runs were switched, and which of them reversed, by now.
async fn moves(app: &App) -> Result<String, ServiceError> {
    let succession = controller_runs::succession(app.store.read()).await?;
    let all: Vec<(i64, bool)> = succession.moves().iter().map(|one| (one.run, one.reversed)).collect();
    Ok(Sha256Hash::of_canonical(&all)?.to_string())
}

/// Writes down whose some cells are; behind the last of them it is looked whether all has arrived.
async fn carry(app: &App, run: &Run) -> Result<bool, ServiceError> {
    let tx = app.store.begin().await?;
    // Nothing is switched or reversed while they are written: it would carry what is no longer so.
    tx.share(Lock::Controllers).await?;
    let mut cells = MovedCells::of(app, run, run.walk.cursor.0).await?;
    let next = match cells.next(app).await? {
        Some(some) => {
            let waiting = some.into_iter().filter(|cell| !cell.arrived).map(|cell| (cell.key, cell.active));
            controller_runs::carry(&tx, waiting.collect()).await?;
            Walk { cursor: (cells.cells.after, String::new()), ..run.walk.clone() }
        }
        None => {
            let found = SoFar { arrived: true, ..SoFar::default() };
            let (found, carried) = (Some(serde_json::to_string(&found)?), (0, run.walk.carried.1));
            Walk { cursor: BEGINNING, carried, found, ..run.walk.clone() }
        }
    };
    let kept = controller_runs::walked(&tx, run, next).await?;
    if kept {
        tx.commit().await?;
    }
    Ok(kept)
}

/// The report of a run that has come to its end: signed, and true, whether all has arrived or not. What was found before is found once: where something else
/// is there now, a person decides what becomes of it. Whether to go on at once.
async fn finish(app: &App, run: &Run, before: Before, after: Ids) -> Result<bool, ServiceError> {
    let history = controller_runs::history(app.store.read(), run.key).await?;
    let incomplete = history.iter().filter(|event| event.what == "incomplete").count();
    let whole = Completeness { ended_incomplete: incomplete as u64, ..report::of(run, before.ids, after) };
    let now = app.now();
    let tx = app.store.begin().await?;
    let event = (run.key, run.number.as_str());
    // By another run which documents it moves has become another thing: the two counts are of different ones.
    if !whole.complete && before.moves != moves(app).await? {
        if controller_runs::again(&tx, run).await? {
            happened(&tx, event, ("carried-again", CLOCK, CLOCK), None, now).await?;
            tx.commit().await?;
        }
        return Ok(false);
    }
    let text = report::sealed(app, &whole)?;
    if !controller_runs::report(&tx, run, (&text, whole.complete), whole.after.documents).await? {
        return Ok(false);
    }
    if whole.complete {
        happened(&tx, event, ("carried", CLOCK, CLOCK), None, now).await?;
        tell(app, &tx, run, RunStage::Done, now).await?;
    } else {
        tracing::error!(run = run.number, "not every document of a controller update run is where it should be");
        let count = |ids: &Ids| format!("{} ({})", ids.documents, ids.sha256_sum);
        let counts = format!("{} / {}", count(&whole.after), count(&whole.before));
        happened(&tx, event, ("incomplete", CLOCK, CLOCK), Some(&counts), now).await?;
    }
    tx.commit().await?;
    Ok(true)
}

/// The cells are to be written once more: an older program wrote one, or another run was switched meanwhile. What was found before stands.
async fn once_more(app: &App, run: &Run) -> Result<bool, ServiceError> {
    tracing::warn!(run = run.number, "cells of a controller update run are written again");
    let tx = app.store.begin().await?;
    let next = Walk { cursor: BEGINNING, carried: (0, run.walk.carried.1), found: None, ..run.walk.clone() };
    if controller_runs::walked(&tx, run, next).await? {
        happened(&tx, (run.key, &run.number), ("carried-again", CLOCK, CLOCK), None, app.now()).await?;
        tx.commit().await?;
    }
    // After a while.
    Ok(false)
}
