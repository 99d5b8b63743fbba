//! In which service tasks of social care somebody works, by its own word.

use crate::entity::service_tasks as row;
use crate::error::{json, parsed, to_json};
use crate::{StoreError, Transaction};
use liitos_domain::obligation::Item;
use liitos_domain::{Moment, Oid};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait};
use std::collections::{BTreeMap, BTreeSet};

const TABLE: &str = "service_tasks";

/// What somebody has said last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The service tasks that it works in.
    pub tasks: BTreeSet<Item>,
    /// When it said so.
    pub at: Moment,
}

/// Keeps what somebody says, in place of what it has said before.
///
/// # Errors
/// [`StoreError`].
pub async fn say(tx: &Transaction, joiner: &Oid, said: &Said, by_whom: &str) -> Result<(), StoreError> {
    let new = row::ActiveModel {
        joiner: Set(joiner.to_string()),
        tasks: Set(to_json(&said.tasks)?),
        at: Set(said.at.as_micros()),
        by_whom: Set(by_whom.to_owned()),
    };
    let columns = [row::Column::Tasks, row::Column::At, row::Column::ByWhom];
    let again = OnConflict::column(row::Column::Joiner).update_columns(columns).to_owned();
    row::Entity::insert(new).on_conflict(again).exec_without_returning(tx.connection()).await?;
    Ok(())
}

/// What somebody has said, if it has.
///
/// # Errors
/// [`StoreError`].
pub async fn said(db: &impl ConnectionTrait, joiner: &Oid) -> Result<Option<Said>, StoreError> {
    row::Entity::find_by_id(joiner.to_string()).one(db).await?.map(|row| Ok(read(row)?.1)).transpose()
}

/// What everybody has said.
///
/// # Errors
/// [`StoreError`].
pub async fn all(db: &impl ConnectionTrait) -> Result<BTreeMap<Oid, Said>, StoreError> {
    row::Entity::find().all(db).await?.into_iter().map(read).collect()
}

fn read(row: row::Model) -> Result<(Oid, Said), StoreError> {
    let joiner = parsed(Oid::parse(&row.joiner).ok(), TABLE, &row.joiner, "joiner")?;
    let tasks = json(&row.tasks, TABLE, &row.joiner, "tasks")?;
    Ok((joiner, Said { tasks, at: Moment::from_micros(row.at) }))
}
