//! The append-only log's leaves: one for each change, its hash beside it.

use super::signed;
use crate::StoreError;
use crate::entity::{directory_change as change, directory_leaf as leaf_row};
use crate::error::{json, parsed};
use liitos_domain::transparency::{Leaf, entries, person};
use liitos_domain::{Moment, Sha256Hash};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

const TABLE: &str = "directory_change";
/// Changes whose leaves are made together.
const PAGE: u64 = 1_000;

/// A change as the log commits to it, made anew from what is stored; nothing where there is no such version.
///
/// # Errors
/// [`StoreError`].
pub async fn leaf(db: &impl ConnectionTrait, version: u64) -> Result<Option<Leaf>, StoreError> {
    change::Entity::find_by_id(signed(version)).one(db).await?.map(|row| of(&row)).transpose()
}

/// The hashes of the first leaves, `size` of them or as many as there are, in order.
///
/// # Errors
/// [`StoreError`].
pub async fn leaves(db: &impl ConnectionTrait, size: u64) -> Result<Vec<Sha256Hash>, StoreError> {
    let query = leaf_row::Entity::find().filter(leaf_row::Column::Version.lte(signed(size)));
    hashes(query.order_by_asc(leaf_row::Column::Version).all(db).await?)
}

/// The hashes of the leaves after the first ones, in order.
///
/// # Errors
/// [`StoreError`].
pub async fn leaves_after(db: &impl ConnectionTrait, size: u64) -> Result<Vec<Sha256Hash>, StoreError> {
    let query = leaf_row::Entity::find().filter(leaf_row::Column::Version.gt(signed(size)));
    hashes(query.order_by_asc(leaf_row::Column::Version).all(db).await?)
}

fn hashes(rows: Vec<leaf_row::Model>) -> Result<Vec<Sha256Hash>, StoreError> {
    rows.iter().map(|row| parsed(Sha256Hash::parse(&row.hash), "directory_leaf", row.version, "hash")).collect()
}

async fn add(db: &impl ConnectionTrait, row: &change::Model) -> Result<(), StoreError> {
    let unwritten = |_| StoreError::BadRow { table: TABLE, row: row.version.to_string(), column: "effect" };
    let hash = of(row)?.hash().map_err(unwritten)?;
    let leaf = leaf_row::ActiveModel { version: Set(row.version), hash: Set(hash.to_string()) };
    leaf_row::Entity::insert(leaf).exec_without_returning(db).await?;
    Ok(())
}

/// Adds the leaves of changes that have none: of the newest one, and of those that an older program wrote.
pub(super) async fn complete(db: &impl ConnectionTrait) -> Result<(), StoreError> {
    loop {
        let last = leaf_row::Entity::find().order_by_desc(leaf_row::Column::Version).one(db).await?;
        let last = last.map_or(0, |row| row.version);
        let query = change::Entity::find().filter(change::Column::Version.gt(last));
        let rows = query.order_by_asc(change::Column::Version).limit(PAGE).all(db).await?;
        for row in &rows {
            add(db, row).await?;
        }
        if (rows.len() as u64) < PAGE {
            return Ok(());
        }
    }
}

fn of(row: &change::Model) -> Result<Leaf, StoreError> {
    let written: serde_json::Value = json(&row.effect, TABLE, row.version, "effect")?;
    let unwritten = |_| StoreError::BadRow { table: TABLE, row: row.version.to_string(), column: "effect" };
    let version = u64::try_from(row.version).unwrap_or(0);
    Ok(Leaf {
        version,
        at: Moment::from_micros(row.at),
        basis: row.basis.clone(),
        author: person(version, &row.author).map_err(unwritten)?,
        approver: person(version, &row.approver).map_err(unwritten)?,
        effect: parsed(Sha256Hash::parse(&row.effect_hash), TABLE, row.version, "effect_hash")?,
        rows: entries(&written).iter().map(|entry| entry.hash()).collect::<Result<_, _>>().map_err(unwritten)?,
    })
}
