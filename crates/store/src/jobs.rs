//! The job queue: work that a change causes, written in the change's own transaction and carried out after it.
//!
//! At least once: a job that was begun when the process died is due again after [`CLAIM_SECONDS`]. A job that was handed on is
//! found again by its ticket, when those it was handed to tell what became of it. What another one says more of ([`replaced`]) is settled without having been
//! handed on.
//!
//! ```text
//! queued ──claim──▶ running ──finish──▶ done ──bounced──▶ failed ──again──▶ queued
//!    ▲                 │ fail later                          ▲  └──settle──▶ settled
//!    └─────────────────┴──────────────── give up ────────────┘
//! ```

use crate::entity::job;
use crate::{Store, StoreError, Transaction};
use liitos_domain::{Moment, Sha256Hash};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

/// After so long a claimed job that was not finished is due again.
pub const CLAIM_SECONDS: i64 = 60;

/// A job as stored.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its key.
    pub key: i64,
    /// What kind of work.
    pub kind: String,
    /// Its facts, JSON.
    pub payload: String,
    /// `queued`, `running`, `done`, `failed` or `settled`.
    pub state: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was written.
    pub created_at: Moment,
    /// The last failure.
    pub last_error: Option<String>,
    /// What became of it after it was handed on, as far as that was told.
    pub receipt: Option<String>,
}

/// Jobs that are written in one statement.
const CHUNK: usize = 500;

/// Writes jobs that are due at once, each with its kind and its facts as JSON; those that carry a statement on a fault know which.
///
/// # Errors
/// [`StoreError`].
pub async fn enqueue(
    tx: &Transaction,
    jobs: impl IntoIterator<Item = (&'static str, String)>,
    statement: Option<i64>,
    at: Moment,
) -> Result<(), StoreError> {
    let row = |(kind, payload): (&str, String)| job::ActiveModel {
        kind: Set(kind.to_owned()),
        payload: Set(payload),
        state: Set("queued".to_owned()),
        attempts: Set(0),
        run_at: Set(at.as_micros()),
        created_at: Set(at.as_micros()),
        statement_key: Set(statement),
        ..Default::default()
    };
    let mut rows = jobs.into_iter().map(row);
    loop {
        let chunk: Vec<_> = rows.by_ref().take(CHUNK).collect();
        if chunk.is_empty() {
            return Ok(());
        }
        job::Entity::insert_many(chunk).exec_without_returning(tx.connection()).await?;
    }
}

/// What became of the messages that carry a statement, of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fate {
    /// The statement.
    pub statement: i64,
    /// The kind of job.
    pub kind: String,
    /// Where they stand, as in [`Job::state`].
    pub state: String,
    /// What was told of them after they were handed on.
    pub receipt: Option<String>,
    /// How many.
    pub count: u64,
}

/// What became of the messages that carry some statements.
///
/// # Errors
/// [`StoreError`].
pub async fn fates(db: &impl ConnectionTrait, statements: &[i64]) -> Result<Vec<Fate>, StoreError> {
    use job::Column as C;
    let by = [C::StatementKey, C::Kind, C::State, C::Receipt];
    let query = job::Entity::find().filter(C::StatementKey.is_in(statements.iter().copied())).select_only();
    let query = by.into_iter().fold(query.columns(by), |query, column| query.group_by(column));
    let query = query.column_as(C::JobKey.count(), "count").order_by_asc(C::StatementKey);
    let rows: Vec<(i64, String, String, Option<String>, i64)> = query.into_tuple().all(db).await?;
    let fate = |(statement, kind, state, receipt, count)| Fate {
        statement,
        kind,
        state,
        receipt,
        count: u64::try_from(count).unwrap_or_default(),
    };
    Ok(rows.into_iter().map(fate).collect())
}

/// What was told of a message that is not sent any more, because another says more.
const REPLACED: &str = "replaced";

/// Messages that carry some statements and have not been handed over are not sent any more, because newer ones say more: nor is one that is on its way and has
/// to be tried again.
///
/// # Errors
/// [`StoreError`].
pub async fn replaced(tx: &Transaction, statements: &[i64]) -> Result<(), StoreError> {
    let of = |states: &[&str], becomes: job::ActiveModel| {
        let query = job::Entity::update_many().set(becomes);
        let query = query.filter(job::Column::StatementKey.is_in(statements.iter().copied()));
        query.filter(job::Column::State.is_in(states.iter().copied()))
    };
    let marked = || job::ActiveModel { receipt: Set(Some(REPLACED.into())), ..Default::default() };
    let settled = job::ActiveModel { state: Set("settled".into()), ..marked() };
    of(&["queued", "failed"], settled).exec(tx.connection()).await?;
    of(&["running"], marked()).exec(tx.connection()).await?;
    Ok(())
}

/// Messages that carry some statements and were given up, the newest first.
///
/// # Errors
/// [`StoreError`].
pub async fn failed_of(db: &impl ConnectionTrait, statements: &[i64], most: u64) -> Result<Vec<Job>, StoreError> {
    let query = job::Entity::find().filter(job::Column::StatementKey.is_in(statements.iter().copied()));
    let query = query.filter(job::Column::State.eq("failed")).order_by_desc(job::Column::JobKey).limit(most);
    Ok(query.all(db).await?.into_iter().map(to_job).collect())
}

/// Claims the jobs of some kinds that have been due longest, at most so many, each with the ticket that `ticket` gives it.
///
/// # Errors
/// [`StoreError`].
pub async fn claim(
    store: &Store,
    now: Moment,
    (kinds, most): (&[&str], u64),
    mut ticket: impl FnMut() -> String + Send,
) -> Result<Vec<(Job, String)>, StoreError> {
    let due = Condition::any().add(job::Column::State.eq("queued")).add(job::Column::State.eq("running"));
    let query = job::Entity::find().filter(due).filter(job::Column::RunAt.lte(now.as_micros()));
    let query = query.filter(job::Column::Kind.is_in(kinds.iter().copied()));
    // One that a worker left behind as it died, and that another says more of.
    let another = Condition::any().add(job::Column::Receipt.is_null()).add(job::Column::Receipt.ne(REPLACED));
    let query = query.filter(another).order_by_asc(job::Column::RunAt).order_by_asc(job::Column::JobKey);
    let found = query.limit(most).all(store.read()).await?;
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let mut claimed = Vec::new();
    let tx = store.begin().await?;
    for row in found {
        let (attempts, ticket) = (row.attempts + 1, ticket());
        let taken = job::Entity::update_many()
            .col_expr(job::Column::State, "running".into())
            .col_expr(job::Column::Attempts, attempts.into())
            .col_expr(job::Column::RunAt, now.plus_seconds(CLAIM_SECONDS).as_micros().into())
            .col_expr(job::Column::TicketHash, Sha256Hash::of(ticket.as_bytes()).to_string().into())
            .filter(job::Column::JobKey.eq(row.job_key))
            .filter(job::Column::RunAt.eq(row.run_at))
            .filter(job::Column::State.eq(row.state.clone()))
            .exec(tx.connection())
            .await?;
        // Another worker may have been faster.
        if taken.rows_affected == 1 {
            claimed.push((to_job(job::Model { attempts, ..row }), ticket));
        }
    }
    tx.commit().await?;
    Ok(claimed)
}

/// Marks a claimed job as done; `left` is what is kept of its facts.
///
/// # Errors
/// [`StoreError`].
pub async fn finish(store: &Store, job: &Job, left: String, now: Moment) -> Result<(), StoreError> {
    let row = job::ActiveModel {
        state: Set("done".into()),
        payload: Set(left),
        finished_at: Set(Some(now.as_micros())),
        ..Default::default()
    };
    claimed(row, job).exec(store.write()).await?;
    Ok(())
}

/// Marks a claimed job as tried in vain and due again at `next`.
///
/// # Errors
/// [`StoreError`].
pub async fn fail(store: &Store, job: &Job, error: &str, next: Moment) -> Result<(), StoreError> {
    let row = job::ActiveModel {
        state: Set("queued".into()),
        last_error: Set(Some(error.to_owned())),
        run_at: Set(next.as_micros()),
        ..Default::default()
    };
    claimed(row, job).exec(store.write()).await?;
    // What another says more of meanwhile is not tried again.
    let gone = job::ActiveModel { state: Set("settled".into()), ..Default::default() };
    let gone = job::Entity::update_many().set(gone).filter(job::Column::JobKey.eq(job.key));
    let gone = gone.filter(job::Column::State.eq("queued")).filter(job::Column::Receipt.eq(REPLACED));
    gone.exec(store.write()).await?;
    Ok(())
}

/// Gives a claimed job up; whether this claim is the last one.
///
/// # Errors
/// [`StoreError`].
pub async fn give_up(tx: &Transaction, job: &Job, error: &str) -> Result<bool, StoreError> {
    let row =
        job::ActiveModel { state: Set("failed".into()), last_error: Set(Some(error.to_owned())), ..Default::default() };
    Ok(claimed(row, job).exec(tx.connection()).await?.rows_affected == 1)
}

/// An update of a job that takes only while this claim is the last one: a worker that was too slow changes nothing.
fn claimed(row: job::ActiveModel, job: &Job) -> sea_orm::UpdateMany<job::Entity> {
    job::Entity::update_many()
        .set(row)
        .filter(job::Column::JobKey.eq(job.key))
        .filter(job::Column::State.eq("running"))
        .filter(job::Column::Attempts.eq(i32::try_from(job.attempts).unwrap_or(i32::MAX)))
}

/// It is told that what was handed on under a ticket did not arrive; the job, if it was not known to have failed before.
///
/// # Errors
/// [`StoreError`].
pub async fn bounced(tx: &Transaction, ticket: &str, error: &str) -> Result<Option<Job>, StoreError> {
    let row = job::ActiveModel {
        state: Set("failed".into()),
        last_error: Set(Some(error.to_owned())),
        receipt: Set(Some("undelivered".into())),
        ..Default::default()
    };
    let ticket = Sha256Hash::of(ticket.as_bytes()).to_string();
    let Some(found) = of_ticket(tx.connection(), &ticket).await? else { return Ok(None) };
    let update = job::Entity::update_many().set(row).filter(job::Column::JobKey.eq(found.job_key));
    // Told while it is still on its way, it has not arrived either.
    let update = update.filter(job::Column::State.is_in(["done", "running"]));
    Ok((update.exec(tx.connection()).await?.rows_affected == 1).then(|| to_job(found)))
}

/// It is told that what was handed on under a ticket has arrived; the job.
///
/// # Errors
/// [`StoreError`].
pub async fn arrived(tx: &Transaction, ticket: &str) -> Result<Option<Job>, StoreError> {
    let ticket = Sha256Hash::of(ticket.as_bytes()).to_string();
    let Some(found) = of_ticket(tx.connection(), &ticket).await? else { return Ok(None) };
    let row = job::ActiveModel { receipt: Set(Some("delivered".into())), ..Default::default() };
    let update = job::Entity::update_many().set(row).filter(job::Column::JobKey.eq(found.job_key));
    update.exec(tx.connection()).await?;
    Ok(Some(to_job(found)))
}

async fn of_ticket(db: &impl ConnectionTrait, ticket_hash: &str) -> Result<Option<job::Model>, StoreError> {
    Ok(job::Entity::find().filter(job::Column::TicketHash.eq(ticket_hash)).one(db).await?)
}

/// A job that was given up is due again; whether it was.
///
/// # Errors
/// [`StoreError`].
pub async fn again(tx: &Transaction, key: i64, at: Moment) -> Result<bool, StoreError> {
    let row = job::ActiveModel {
        state: Set("queued".into()),
        attempts: Set(0),
        run_at: Set(at.as_micros()),
        receipt: Set(None),
        ..Default::default()
    };
    moved(tx, key, row).await
}

/// Somebody has seen to a job that was given up; whether it was.
///
/// # Errors
/// [`StoreError`].
pub async fn settle(tx: &Transaction, key: i64) -> Result<bool, StoreError> {
    moved(tx, key, job::ActiveModel { state: Set("settled".into()), ..Default::default() }).await
}

async fn moved(tx: &Transaction, key: i64, row: job::ActiveModel) -> Result<bool, StoreError> {
    let update = job::Entity::update_many().set(row).filter(job::Column::JobKey.eq(key));
    let update = update.filter(job::Column::State.eq("failed"));
    Ok(update.exec(tx.connection()).await?.rows_affected == 1)
}

/// The job with a key.
///
/// # Errors
/// [`StoreError`].
pub async fn find(db: &impl ConnectionTrait, key: i64) -> Result<Option<Job>, StoreError> {
    Ok(job::Entity::find_by_id(key).one(db).await?.map(to_job))
}

/// Jobs of some kinds, the newest first: all or those in a state, from before a key where one is given.
///
/// # Errors
/// [`StoreError`].
pub async fn newest(
    db: &impl ConnectionTrait,
    kinds: &[&str],
    state: Option<&str>,
    before: Option<i64>,
    limit: u64,
) -> Result<Vec<Job>, StoreError> {
    let mut query = job::Entity::find().filter(job::Column::Kind.is_in(kinds.iter().copied()));
    if let Some(state) = state {
        query = query.filter(job::Column::State.eq(state));
    }
    if let Some(before) = before {
        query = query.filter(job::Column::JobKey.lt(before));
    }
    let rows = query.order_by_desc(job::Column::JobKey).limit(limit).all(db).await?;
    Ok(rows.into_iter().map(to_job).collect())
}

/// How many jobs of some kinds are in a state.
///
/// # Errors
/// [`StoreError`].
pub async fn count(db: &impl ConnectionTrait, kinds: &[&str], state: &str) -> Result<u64, StoreError> {
    let query = job::Entity::find().filter(job::Column::State.eq(state));
    Ok(query.filter(job::Column::Kind.is_in(kinds.iter().copied())).count(db).await?)
}

fn to_job(row: job::Model) -> Job {
    Job {
        key: row.job_key,
        kind: row.kind,
        payload: row.payload,
        state: row.state,
        attempts: u32::try_from(row.attempts).unwrap_or(0),
        created_at: Moment::from_micros(row.created_at),
        last_error: row.last_error,
        receipt: row.receipt,
    }
}
