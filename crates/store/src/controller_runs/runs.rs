//! Runs, and the succession that they make.

use crate::entity::controller_run as row;
use crate::error::{json, parsed, to_json};
use crate::{Lock, StoreError, Transaction};
use liitos_domain::archive::{Move, Order, RunState, Succession};
use liitos_domain::{Moment, Oid, Sha256Hash};
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

const TABLE: &str = "controller_run";

/// What was shown to those who approve, and who has approved it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Approvals {
    /// The hash of the dry run that they saw.
    pub looked: Option<Sha256Hash>,
    /// The first: their reference.
    pub first: Option<String>,
    /// The second.
    pub second: Option<String>,
}

/// A run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Its key.
    pub key: i64,
    /// Its number, as people know it.
    pub number: String,
    /// How it stands.
    pub state: RunState,
    /// What was ordered.
    pub order: Order,
    /// Counts up with every change.
    pub revision: i32,
    /// Who has approved what.
    pub approvals: Approvals,
    /// When it was switched.
    pub switched_at: Option<Moment>,
    /// When it was reversed.
    pub reversed_at: Option<Moment>,
    /// How far carrying through has come.
    pub walk: Walk,
    /// The signed report of its completeness.
    pub report: Option<String>,
}

fn read(row: row::Model) -> Result<Run, StoreError> {
    let key = row.run_key;
    Ok(Run {
        key,
        state: parsed(RunState::parse(&row.state), TABLE, key, "state")?,
        order: json(&row.order_body, TABLE, key, "order_body")?,
        approvals: Approvals {
            looked: row
                .looked
                .as_deref()
                .map(|hash| parsed(Sha256Hash::parse(hash), TABLE, key, "looked"))
                .transpose()?,
            first: row.approved_first,
            second: row.approved_second,
        },
        number: row.number,
        revision: row.revision,
        switched_at: row.switched_at.map(Moment::from_micros),
        reversed_at: row.reversed_at.map(Moment::from_micros),
        walk: Walk {
            cursor: (row.carried_cell, row.carried_document),
            carried: (u64::try_from(row.carried).unwrap_or(0), u64::try_from(row.to_carry).unwrap_or(0)),
            before: row.ids_before,
            found: row.ids_found,
        },
        report: row.report,
    })
}

/// The number of the next run of a year: `R2026-1`.
///
/// # Errors
/// [`StoreError`].
pub async fn next_number(tx: &Transaction, at: Moment) -> Result<String, StoreError> {
    tx.lock(Lock::Controllers).await?;
    let year = format!("R{}-", at.civil().year());
    let before = row::Entity::find().filter(row::Column::Number.starts_with(&year)).count(tx.connection()).await?;
    Ok(format!("{year}{}", before + 1))
}

/// Keeps an order; its key.
///
/// # Errors
/// [`StoreError::Duplicate`] when the number is taken.
pub async fn order(tx: &Transaction, number: &str, order: &Order) -> Result<i64, StoreError> {
    let new = row::ActiveModel {
        number: Set(number.to_owned()),
        state: Set(RunState::Ordered.code().to_owned()),
        order_body: Set(to_json(order)?),
        from_controller: Set(order.from.to_string()),
        to_controller: Set(order.to.to_string()),
        run_at: Set(order.run_at.as_micros()),
        window_from: Set(order.run_at.plus_seconds(-order.before).as_micros()),
        priority: Set(order.priority),
        revision: Set(1),
        carried_cell: Set(0),
        carried_document: Set(String::new()),
        carried: Set(0),
        to_carry: Set(0),
        ..Default::default()
    };
    Ok(row::Entity::insert(new).exec(tx.connection()).await?.last_insert_id)
}

/// A run by its number.
///
/// # Errors
/// [`StoreError`].
pub async fn find(db: &impl ConnectionTrait, number: &str) -> Result<Option<Run>, StoreError> {
    row::Entity::find().filter(row::Column::Number.eq(number)).one(db).await?.map(read).transpose()
}

/// All runs, the latest switch first.
///
/// # Errors
/// [`StoreError`].
pub async fn all(db: &impl ConnectionTrait, most: u64) -> Result<Vec<Run>, StoreError> {
    let query = row::Entity::find().order_by_desc(row::Column::RunAt).order_by_desc(row::Column::RunKey).limit(most);
    query.all(db).await?.into_iter().map(read).collect()
}

/// Runs to or from some controllers that somebody has approved, the latest switch first.
///
/// # Errors
/// [`StoreError`].
pub async fn of_controllers(db: &impl ConnectionTrait, controllers: &[Oid], most: u64) -> Result<Vec<Run>, StoreError> {
    let own = || controllers.iter().map(|oid| oid.as_str());
    let theirs =
        Condition::any().add(row::Column::FromController.is_in(own())).add(row::Column::ToController.is_in(own()));
    let states = [RunState::Ordered, RunState::Cancelled].map(RunState::code);
    let query = row::Entity::find().filter(theirs).filter(row::Column::State.is_not_in(states));
    let query = query.order_by_desc(row::Column::RunAt).order_by_desc(row::Column::RunKey).limit(most);
    query.all(db).await?.into_iter().map(read).collect()
}

/// Runs in some states, in the order in which they are switched.
///
/// # Errors
/// [`StoreError`].
pub async fn state_with(db: &impl ConnectionTrait, states: &[RunState]) -> Result<Vec<Run>, StoreError> {
    let query = row::Entity::find().filter(row::Column::State.is_in(states.iter().map(|state| state.code())));
    let query =
        query.order_by_asc(row::Column::RunAt).order_by_asc(row::Column::Priority).order_by_asc(row::Column::RunKey);
    query.all(db).await?.into_iter().map(read).collect()
}

/// Runs that are approved, or were switched at a moment or since and not reversed, in the order in which they are.
///
/// # Errors
/// [`StoreError`].
pub async fn switched_since(db: &impl ConnectionTrait, since: Moment) -> Result<Vec<Run>, StoreError> {
    let states = [RunState::Approved, RunState::Switched, RunState::Paused, RunState::Done].map(RunState::code);
    let query = row::Entity::find().filter(row::Column::State.is_in(states));
    let since = since.as_micros();
    let query = query.filter(row::Column::RunAt.gte(since).or(row::Column::SwitchedAt.gte(since)));
    query
        .order_by_asc(row::Column::RunAt)
        .order_by_asc(row::Column::RunKey)
        .all(db)
        .await?
        .into_iter()
        .map(read)
        .collect()
}

/// Approved runs whose moment has come, in the order in which they are switched.
///
/// # Errors
/// [`StoreError`].
pub async fn due(db: &impl ConnectionTrait, now: Moment) -> Result<Vec<Run>, StoreError> {
    let approved = state_with(db, &[RunState::Approved]).await?;
    Ok(approved.into_iter().filter(|run| run.order.run_at <= now).collect())
}

/// Who follows whom by the runs that were switched.
///
/// # Errors
/// [`StoreError`].
pub async fn succession(db: &impl ConnectionTrait) -> Result<Succession, StoreError> {
    Ok(followed(&switched(db).await?))
}

/// Who follows whom by runs that were switched, in the order of their switches.
#[must_use]
pub fn followed(switched: &[Run]) -> Succession {
    Succession::new(switched.iter().map(moved).collect())
}

/// The runs that were switched, in the order of their switches; those that were reversed since are among them.
///
/// # Errors
/// [`StoreError`].
pub async fn switched(db: &impl ConnectionTrait) -> Result<Vec<Run>, StoreError> {
    let query = row::Entity::find().filter(row::Column::SwitchOrder.is_not_null());
    query.order_by_asc(row::Column::SwitchOrder).all(db).await?.into_iter().map(read).collect()
}

fn moved(run: &Run) -> Move {
    let Order { from, to, scope, .. } = run.order.clone();
    Move { run: run.key, from, to, scope, reversed: run.reversed_at.is_some() }
}

/// The runs that matter to documents that come: those that were approved and those that were switched.
#[derive(Clone, Debug)]
pub struct Standing {
    rows: Vec<row::Model>,
    succession: Succession,
}

/// The runs that matter to documents that come.
///
/// # Errors
/// [`StoreError`].
pub async fn standing(db: &impl ConnectionTrait) -> Result<Standing, StoreError> {
    let states = [RunState::Approved, RunState::Switched, RunState::Paused, RunState::Done, RunState::Reversed];
    let query = row::Entity::find().filter(row::Column::State.is_in(states.map(RunState::code)));
    let rows = query.order_by_asc(row::Column::RunKey).all(db).await?;
    let mut switched: Vec<&row::Model> = rows.iter().filter(|row| row.switch_order.is_some()).collect();
    switched.sort_by_key(|row| row.switch_order);
    let switched = switched.into_iter().cloned().map(read).collect::<Result<Vec<_>, _>>()?;
    Ok(Standing { rows, succession: followed(&switched) })
}

impl Standing {
    /// Who follows whom.
    #[must_use]
    pub const fn succession(&self) -> &Succession {
        &self.succession
    }

    /// The runs around whose switch systems may be apart from the archive at a moment.
    ///
    /// # Errors
    /// [`StoreError`] when a row cannot be read.
    pub fn apart(&self, now: Moment) -> Result<Vec<Run>, StoreError> {
        let now = now.as_micros();
        let open = |row: &&row::Model| {
            let stands = row.state != RunState::Reversed.code();
            stands && row.window_from <= now && row.window_until.is_none_or(|until| until > now)
        };
        self.rows.iter().filter(open).cloned().map(read).collect()
    }

    /// A moment, or the next one behind all switches and reversals where it is not behind them: programs' clocks differ, and what is stored behind a switch is
    /// none of what was there before.
    #[must_use]
    pub fn behind(&self, now: Moment) -> Moment {
        let last = self.rows.iter().flat_map(|row| [row.switched_at, row.reversed_at]).flatten().max();
        last.map_or(now, |last| now.max(Moment::from_micros(last.saturating_add(1))))
    }
}

/// Changes a run from a state and revision; whether it was still so.
async fn changed(tx: &Transaction, run: &Run, change: row::ActiveModel) -> Result<bool, StoreError> {
    let change = row::ActiveModel { revision: Set(run.revision + 1), ..change };
    let update = row::Entity::update_many()
        .set(change)
        .filter(row::Column::RunKey.eq(run.key))
        .filter(row::Column::State.eq(run.state.code()))
        .filter(row::Column::Revision.eq(run.revision));
    Ok(update.exec(tx.connection()).await?.rows_affected == 1)
}

fn state(state: RunState) -> row::ActiveModel {
    row::ActiveModel { state: Set(state.code().to_owned()), ..Default::default() }
}

/// Keeps who has approved what; with the second the run is approved. Whether it still stood as it was read.
///
/// # Errors
/// [`StoreError`].
pub async fn approve(tx: &Transaction, run: &Run, approvals: &Approvals) -> Result<bool, StoreError> {
    let next = if approvals.second.is_some() { RunState::Approved } else { run.state };
    changed(tx, run, approved(approvals, next)).await
}

fn approved(approvals: &Approvals, next: RunState) -> row::ActiveModel {
    row::ActiveModel {
        looked: Set(approvals.looked.map(|hash| hash.to_string())),
        approved_first: Set(approvals.first.clone()),
        approved_second: Set(approvals.second.clone()),
        ..state(next)
    }
}

/// Keeps who has settled what was asked for of a run that stands as it does; whether it still stood as it was read.
///
/// # Errors
/// [`StoreError`].
pub async fn settle(tx: &Transaction, run: &Run, approvals: &Approvals) -> Result<bool, StoreError> {
    changed(tx, run, approved(approvals, run.state)).await
}

/// Gives a run another priority; it is approved anew. Whether it still stood as it was read.
///
/// # Errors
/// [`StoreError`].
pub async fn prioritise(tx: &Transaction, run: &Run, priority: i32) -> Result<bool, StoreError> {
    let order = Order { priority, ..run.order.clone() };
    let change = row::ActiveModel {
        order_body: Set(to_json(&order)?),
        priority: Set(priority),
        ..approved(&Approvals::default(), run.state)
    };
    changed(tx, run, change).await
}

/// Calls a run off.
///
/// # Errors
/// [`StoreError`].
pub async fn cancel(tx: &Transaction, run: &Run) -> Result<bool, StoreError> {
    changed(tx, run, state(RunState::Cancelled)).await
}

/// Switches a run: from here on its documents are whom it names. One row, whatever their number.
///
/// # Errors
/// [`StoreError`].
pub async fn switch(tx: &Transaction, run: &Run, at: Moment) -> Result<bool, StoreError> {
    let db = tx.connection();
    let last: Option<Option<i64>> = row::Entity::find()
        .select_only()
        .column_as(Expr::col(row::Column::SwitchOrder).max(), "last")
        .into_tuple()
        .one(db)
        .await?;
    let change = row::ActiveModel {
        switched_at: Set(Some(at.as_micros())),
        switch_order: Set(Some(last.flatten().unwrap_or(0) + 1)),
        window_until: Set(run.order.apart_until(Some(at)).map(Moment::as_micros)),
        ..state(RunState::Switched)
    };
    changed(tx, run, change).await
}

/// Reverses a run: its documents, and what corrects them since, are again whose they were. To be carried through from the beginning.
///
/// # Errors
/// [`StoreError`].
pub async fn reverse(tx: &Transaction, run: &Run, at: Moment) -> Result<bool, StoreError> {
    let change =
        row::ActiveModel { reversed_at: Set(Some(at.as_micros())), report: Set(None), ..anew(RunState::Reversed) };
    changed(tx, run, change).await
}

/// Carrying through waits, or goes on.
///
/// # Errors
/// [`StoreError`].
pub async fn pause(tx: &Transaction, run: &Run, waits: bool) -> Result<bool, StoreError> {
    changed(tx, run, state(if waits { RunState::Paused } else { RunState::Switched })).await
}

/// The runs that are to be carried through, or back, in their order.
///
/// # Errors
/// [`StoreError`].
pub async fn to_carry_through(db: &impl ConnectionTrait) -> Result<Vec<Run>, StoreError> {
    let all = state_with(db, &[RunState::Switched, RunState::Reversed]).await?;
    Ok(all.into_iter().filter(|run| run.report.is_none()).collect())
}

/// Carrying through begins anew, with finding what is to be moved; its report is gone. Whether the run still stood so.
///
/// # Errors
/// [`StoreError`].
pub async fn again(tx: &Transaction, run: &Run) -> Result<bool, StoreError> {
    let next = if run.state == RunState::Reversed { RunState::Reversed } else { RunState::Switched };
    changed(tx, run, row::ActiveModel { report: Set(None), ..anew(next) }).await
}

/// Carrying through is to begin, in a state.
fn anew(next: RunState) -> row::ActiveModel {
    row::ActiveModel {
        carried_cell: Set(0),
        carried_document: Set(String::new()),
        carried: Set(0),
        to_carry: Set(0),
        ids_before: Set(None),
        ids_found: Set(None),
        ..state(next)
    }
}

/// How far carrying through has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Walk {
    /// Where it goes on: after this cell; or in it, after this document. Older programs meant the cell before by it.
    pub cursor: (i64, String),
    /// How many documents are known to have arrived, of how many: as many as were found so far, while they are being found.
    pub carried: (u64, u64),
    /// What was to be moved, as it was found before any of it was carried: JSON. Nothing while it is being found.
    pub before: Option<String>,
    /// What has been found so far, before or after: JSON.
    pub found: Option<String>,
}

/// Keeps how far carrying through has come; whether the run still stood so.
///
/// # Errors
/// [`StoreError`].
pub async fn walked(tx: &Transaction, run: &Run, to: Walk) -> Result<bool, StoreError> {
    let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let update = row::Entity::update_many()
        .col_expr(row::Column::CarriedCell, to.cursor.0.into())
        .col_expr(row::Column::CarriedDocument, to.cursor.1.into())
        .col_expr(row::Column::Carried, count(to.carried.0).into())
        .col_expr(row::Column::ToCarry, count(to.carried.1).into())
        .col_expr(row::Column::IdsBefore, to.before.into())
        .col_expr(row::Column::IdsFound, to.found.into())
        .filter(row::Column::RunKey.eq(run.key))
        // Another program may have come as far.
        .filter(row::Column::CarriedCell.eq(run.walk.cursor.0))
        .filter(row::Column::CarriedDocument.eq(run.walk.cursor.1.as_str()))
        .filter(row::Column::IdsBefore.is_null().eq(run.walk.before.is_none()))
        .filter(row::Column::IdsFound.is_null().eq(run.walk.found.is_none()))
        .filter(row::Column::State.eq(run.state.code()))
        .filter(row::Column::Revision.eq(run.revision));
    Ok(update.exec(tx.connection()).await?.rows_affected == 1)
}

/// Keeps the report of a run that so many documents have arrived by. A switched one is done with it; where it says that not all have, it waits for a person.
///
/// # Errors
/// [`StoreError`].
pub async fn report(
    tx: &Transaction,
    run: &Run,
    (text, complete): (&str, bool),
    carried: u64,
) -> Result<bool, StoreError> {
    let next = match run.state {
        RunState::Switched if complete => RunState::Done,
        RunState::Switched => RunState::Paused,
        other => other,
    };
    let carried = Set(i64::try_from(carried).unwrap_or(i64::MAX));
    let report = Set(Some(text.to_owned()));
    changed(tx, run, row::ActiveModel { report, carried, ids_found: Set(None), ..state(next) }).await
}
