//! What happened to a run.

use crate::entity::controller_run_event as row;
use crate::{StoreError, Transaction};
use liitos_domain::Moment;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

/// Something that happened to a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happened {
    /// When.
    pub at: Moment,
    /// What: a code.
    pub what: String,
    /// By whom.
    pub person: String,
    /// What was said with it.
    pub words: Option<String>,
}

/// Keeps that something happened.
///
/// # Errors
/// [`StoreError`].
pub async fn happened(
    tx: &Transaction,
    run: i64,
    (what, person): (&str, &str),
    words: Option<&str>,
    at: Moment,
) -> Result<(), StoreError> {
    let new = row::ActiveModel {
        run_key: Set(run),
        at: Set(at.as_micros()),
        what: Set(what.to_owned()),
        person: Set(person.to_owned()),
        words: Set(words.map(str::to_owned)),
        ..Default::default()
    };
    row::Entity::insert(new).exec_without_returning(tx.connection()).await?;
    Ok(())
}

/// What happened to a run, the oldest first.
///
/// # Errors
/// [`StoreError`].
pub async fn history(db: &impl ConnectionTrait, run: i64) -> Result<Vec<Happened>, StoreError> {
    let query = row::Entity::find().filter(row::Column::RunKey.eq(run)).order_by_asc(row::Column::EventKey);
    let told = |row: row::Model| Happened {
        at: Moment::from_micros(row.at),
        what: row.what,
        person: row.person,
        words: row.words,
    };
    Ok(query.all(db).await?.into_iter().map(told).collect())
}
