//! Whom the changes of the directory name, so that an organisation's own are found without reading all of them.

use super::{Change, to_change};
use crate::StoreError;
use crate::entity::{directory_change as change, directory_concerned as row};
use crate::error::json;
use liitos_domain::directory::Basis;
use liitos_domain::transparency::entries;
use liitos_domain::{Moment, Oid};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::BTreeSet;

/// Stands for "this change has been looked through".
const LOOKED_THROUGH: &str = "";
/// Changes looked through together, and rows added together.
const PAGE: u64 = 1_000;

/// Looks through the changes that have not been: the newest one, and those that an older program wrote.
pub(super) async fn complete(db: &impl ConnectionTrait) -> Result<(), StoreError> {
    loop {
        let last = row::Entity::find().filter(row::Column::Oid.eq(LOOKED_THROUGH));
        let last = last.order_by_desc(row::Column::Version).one(db).await?.map_or(0, |row| row.version);
        let query = change::Entity::find().filter(change::Column::Version.gt(last));
        let changes = query.order_by_asc(change::Column::Version).limit(PAGE).all(db).await?;
        for change in &changes {
            add(db, change).await?;
        }
        if (changes.len() as u64) < PAGE {
            return Ok(());
        }
    }
}

async fn add(db: &impl ConnectionTrait, change: &change::Model) -> Result<(), StoreError> {
    let written: serde_json::Value = json(&change.effect, "directory_change", change.version, "effect")?;
    let entries = entries(&written);
    let named: BTreeSet<&str> = entries.iter().flat_map(|entry| entry.names()).chain([LOOKED_THROUGH]).collect();
    let rows = named.into_iter().map(|oid| row::ActiveModel { oid: Set(oid.to_owned()), version: Set(change.version) });
    let rows: Vec<row::ActiveModel> = rows.collect();
    for some in rows.chunks(usize::try_from(PAGE).unwrap_or(usize::MAX)) {
        row::Entity::insert_many(some.iter().cloned()).exec_without_returning(db).await?;
    }
    Ok(())
}

/// The newest versions that name some organisations, the newest first.
async fn versions(db: &impl ConnectionTrait, oids: &[Oid], limit: u64) -> Result<Vec<i64>, StoreError> {
    let query = row::Entity::find().filter(row::Column::Oid.is_in(oids.iter().map(Oid::as_str)));
    let query = query.select_only().column(row::Column::Version).distinct();
    Ok(query.order_by_desc(row::Column::Version).limit(limit).into_tuple().all(db).await?)
}

/// The newest changes that name some organisations, the newest first, with their effects as they are written.
///
/// # Errors
/// [`StoreError`].
pub async fn changes_naming(
    db: &impl ConnectionTrait,
    oids: &[Oid],
    limit: u64,
) -> Result<Vec<(Change, serde_json::Value)>, StoreError> {
    let query = change::Entity::find().filter(change::Column::Version.is_in(versions(db, oids, limit).await?));
    let read = |row: change::Model| {
        let written = json(&row.effect, "directory_change", row.version, "effect")?;
        Ok((to_change(row)?, written))
    };
    query.order_by_desc(change::Column::Version).all(db).await?.into_iter().map(read).collect()
}

/// A change of the directory without what it changed.
#[derive(Clone, Debug)]
pub struct Entered {
    /// The version that it became.
    pub version: u64,
    /// When.
    pub at: Moment,
    /// What it rests on.
    pub basis: Basis,
}

/// When and on what grounds the directory changed lately for some organisations, the newest first.
///
/// # Errors
/// [`StoreError`].
pub async fn entered_for(db: &impl ConnectionTrait, oids: &[Oid], limit: u64) -> Result<Vec<Entered>, StoreError> {
    let query = change::Entity::find().filter(change::Column::Version.is_in(versions(db, oids, limit).await?));
    let query = query.select_only().columns([change::Column::Version, change::Column::At, change::Column::Basis]);
    let rows: Vec<(i64, i64, String)> = query.order_by_desc(change::Column::Version).into_tuple().all(db).await?;
    let entered = |(version, at, basis): (i64, i64, String)| Entered {
        version: u64::try_from(version).unwrap_or(0),
        at: Moment::from_micros(at),
        basis: Basis::parse(&basis),
    };
    Ok(rows.into_iter().map(entered).collect())
}
