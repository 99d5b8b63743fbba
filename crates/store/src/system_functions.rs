//! What is declared of systems' functions.

use crate::entity::system_functions as row;
use crate::error::{json, to_json};
use crate::{StoreError, Transaction};
use liitos_domain::Moment;
use liitos_domain::obligation::Declared;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait};
use std::collections::BTreeMap;

const TABLE: &str = "system_functions";

/// Keeps what is declared of a system, in place of what was before.
///
/// # Errors
/// [`StoreError`].
pub async fn declare(tx: &Transaction, system: &str, declared: &Declared, by_whom: &str) -> Result<(), StoreError> {
    let new = row::ActiveModel {
        system: Set(system.to_owned()),
        functions: Set(to_json(&declared.functions)?),
        source: Set(declared.source.clone()),
        at: Set(declared.at.as_micros()),
        by_whom: Set(by_whom.to_owned()),
    };
    let columns = [row::Column::Functions, row::Column::Source, row::Column::At, row::Column::ByWhom];
    let again = OnConflict::column(row::Column::System).update_columns(columns).to_owned();
    row::Entity::insert(new).on_conflict(again).exec_without_returning(tx.connection()).await?;
    Ok(())
}

/// What is declared of a system, if anything.
///
/// # Errors
/// [`StoreError`].
pub async fn declared(db: &impl ConnectionTrait, system: &str) -> Result<Option<Declared>, StoreError> {
    row::Entity::find_by_id(system).one(db).await?.map(|row| Ok(read(row)?.1)).transpose()
}

/// What is declared of every system, by its number: as many as Astori has client data systems at most.
///
/// # Errors
/// [`StoreError`].
pub async fn all(db: &impl ConnectionTrait) -> Result<BTreeMap<String, Declared>, StoreError> {
    row::Entity::find().all(db).await?.into_iter().map(read).collect()
}

fn read(row: row::Model) -> Result<(String, Declared), StoreError> {
    let functions = json(&row.functions, TABLE, &row.system, "functions")?;
    Ok((row.system, Declared { functions, source: row.source, at: Moment::from_micros(row.at) }))
}
