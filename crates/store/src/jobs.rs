//! The job queue: work that a change causes, written in the change's own transaction and carried out after it.
//!
//! At least once: a job that was begun when the process died is due again after [`CLAIM_SECONDS`].

use crate::entity::job;
use crate::error::to_json;
use crate::{Store, StoreError, Transaction};
use liitos_domain::Moment;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
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
    /// `queued`, `running`, `done` or `failed`.
    pub state: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was written.
    pub created_at: Moment,
    /// The last failure.
    pub last_error: Option<String>,
}

/// Writes a job that is due at once.
///
/// # Errors
/// [`StoreError`].
pub async fn enqueue(
    tx: &Transaction,
    kind: &str,
    payload: &impl serde::Serialize,
    at: Moment,
) -> Result<(), StoreError> {
    let row = job::ActiveModel {
        kind: Set(kind.to_owned()),
        payload: Set(to_json(payload)?),
        state: Set("queued".to_owned()),
        attempts: Set(0),
        run_at: Set(at.as_micros()),
        created_at: Set(at.as_micros()),
        ..Default::default()
    };
    job::Entity::insert(row).exec_without_returning(tx.connection()).await?;
    Ok(())
}

/// Claims the job that has been due longest, if any.
///
/// # Errors
/// [`StoreError`].
pub async fn claim(store: &Store, now: Moment) -> Result<Option<Job>, StoreError> {
    let due = Condition::any().add(job::Column::State.eq("queued")).add(job::Column::State.eq("running"));
    let db = store.write();
    let query = job::Entity::find().filter(due).filter(job::Column::RunAt.lte(now.as_micros()));
    let Some(found) = query.order_by_asc(job::Column::RunAt).one(db).await? else {
        return Ok(None);
    };
    let claimed = job::Entity::update_many()
        .col_expr(job::Column::State, "running".into())
        .col_expr(job::Column::Attempts, (found.attempts + 1).into())
        .col_expr(job::Column::RunAt, now.plus_seconds(CLAIM_SECONDS).as_micros().into())
        .filter(job::Column::JobKey.eq(found.job_key))
        .filter(job::Column::RunAt.eq(found.run_at))
        .filter(job::Column::State.eq(found.state.clone()))
        .exec(db)
        .await?;
    // Another worker was faster: the caller asks again.
    let attempts = found.attempts + 1;
    Ok((claimed.rows_affected == 1).then(|| to_job(job::Model { attempts, ..found })))
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

/// Marks a claimed job as tried in vain: due again at `next`, or given up when that is absent.
///
/// # Errors
/// [`StoreError`].
pub async fn fail(store: &Store, job: &Job, error: &str, next: Option<Moment>) -> Result<(), StoreError> {
    let state = if next.is_some() { "queued" } else { "failed" };
    let mut row =
        job::ActiveModel { state: Set(state.into()), last_error: Set(Some(error.to_owned())), ..Default::default() };
    if let Some(next) = next {
        row.run_at = Set(next.as_micros());
    }
    claimed(row, job).exec(store.write()).await?;
    Ok(())
}

/// An update of a job that takes only while this claim is the last one: a worker that was too slow changes nothing.
fn claimed(row: job::ActiveModel, job: &Job) -> sea_orm::UpdateMany<job::Entity> {
    job::Entity::update_many()
        .set(row)
        .filter(job::Column::JobKey.eq(job.key))
        .filter(job::Column::State.eq("running"))
        .filter(job::Column::Attempts.eq(i32::try_from(job.attempts).unwrap_or(i32::MAX)))
}

/// The newest jobs of a kind.
///
/// # Errors
/// [`StoreError`].
pub async fn newest(db: &impl ConnectionTrait, kind: &str, limit: u64) -> Result<Vec<Job>, StoreError> {
    let query = job::Entity::find().filter(job::Column::Kind.eq(kind)).order_by_desc(job::Column::JobKey);
    Ok(query.limit(limit).all(db).await?.into_iter().map(to_job).collect())
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
    }
}
