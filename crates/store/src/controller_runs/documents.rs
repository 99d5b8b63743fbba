//! Cells, and documents, as runs find them.

use crate::archive::read_cell;
use crate::entity::{archive_cell, archive_document as row};
use crate::{StoreError, Transaction};
use liitos_domain::archive::{Cell, Moving, Standing};
use liitos_domain::{Moment, Oid};
use sea_orm::sea_query::{Expr, ExprTrait as _, Func, SimpleExpr};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::{BTreeMap, BTreeSet};

/// What a cell holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Documents, all versions.
    pub documents: u64,
    /// Newest versions that are not finished by their own word.
    pub unfinished: u64,
    /// Documents of service events that have not ended.
    pub open_events: u64,
}

/// A cell as a run finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its key.
    pub key: i64,
    /// What is counted to it.
    pub cell: Cell,
    /// Whose its row says that it is; nothing where an older program made it, until a newer one starts.
    pub active: Option<String>,
}

/// Some cells whose documents name some controllers, after a key, in the order of their keys.
///
/// # Errors
/// [`StoreError`].
pub async fn cells_named(
    db: &impl ConnectionTrait,
    controllers: &BTreeSet<Oid>,
    after: i64,
    most: u64,
) -> Result<Vec<Found>, StoreError> {
    let named = archive_cell::Column::Controller.is_in(controllers.iter().map(Oid::as_str));
    in_order(db, archive_cell::Entity::find().filter(named), after, most).await
}

/// Some of the cells that may say otherwise than is so, after a key, in the order of their keys: those that nothing was written with, or another than they
/// name, and those that name who has given something away.
///
/// # Errors
/// [`StoreError`].
pub async fn cells_to_look_at(
    db: &impl ConnectionTrait,
    givers: &BTreeSet<Oid>,
    after: i64,
    most: u64,
) -> Result<Vec<Found>, StoreError> {
    use archive_cell::Column as C;
    let other = Condition::any()
        .add(C::Active.is_null())
        .add(Expr::col(C::Active).ne(Expr::col(C::Controller)))
        .add(C::Controller.is_in(givers.iter().map(Oid::as_str)));
    in_order(db, archive_cell::Entity::find().filter(other), after, most).await
}

async fn in_order(
    db: &impl ConnectionTrait,
    query: sea_orm::Select<archive_cell::Entity>,
    after: i64,
    most: u64,
) -> Result<Vec<Found>, StoreError> {
    let query = query.filter(archive_cell::Column::CellKey.gt(after)).order_by_asc(archive_cell::Column::CellKey);
    let found = |mut row: archive_cell::Model| {
        Ok(Found { key: row.cell_key, active: row.active.take(), cell: read_cell(row)? })
    };
    query.limit(most).all(db).await?.into_iter().map(found).collect()
}

fn listed(which: Moving, cells: &[i64]) -> sea_orm::Select<row::Entity> {
    let query = row::Entity::find().filter(row::Column::Cell.is_in(cells.iter().copied()));
    // In the words of their indexes, which are found by nothing that is bound.
    match which {
        Moving::All => query,
        Moving::Unfinished => query.filter(Expr::cust("unfinished AND standing = 'newest'")),
        Moving::OpenEvents => query.filter(Expr::cust("event_open AND standing = 'newest'")),
    }
}

/// What a cell holds.
///
/// # Errors
/// [`StoreError`].
pub async fn counts(db: &impl ConnectionTrait, cell: i64) -> Result<Counted, StoreError> {
    let when = |column: row::Column| -> SimpleExpr {
        let counts = row::Column::Standing.eq(Standing::Newest.code()).and(column.eq(true));
        Func::coalesce([Expr::expr(Expr::case(counts, 1).finally(0)).sum(), Expr::val(0)]).into()
    };
    let query = row::Entity::find().select_only().filter(row::Column::Cell.eq(cell));
    let query = query
        .column_as(row::Column::DocumentId.count(), "documents")
        .column_as(when(row::Column::Unfinished), "unfinished")
        .column_as(when(row::Column::EventOpen), "open_events");
    let (documents, unfinished, open): (i64, i64, i64) = query.into_tuple().one(db).await?.unwrap_or_default();
    let count = |n: i64| u64::try_from(n).unwrap_or(0);
    Ok(Counted { documents: count(documents), unfinished: count(unfinished), open_events: count(open) })
}

/// How many documents each of some cells holds, all versions; cells without any are not among them.
///
/// # Errors
/// [`StoreError`].
pub async fn documents_in(db: &impl ConnectionTrait, cells: Vec<i64>) -> Result<BTreeMap<i64, u64>, StoreError> {
    let query = row::Entity::find()
        .select_only()
        .column(row::Column::Cell)
        .column_as(row::Column::Cell.count(), "documents")
        .filter(row::Column::Cell.is_in(cells))
        .group_by(row::Column::Cell);
    let counts: Vec<(i64, i64)> = query.into_tuple().all(db).await?;
    Ok(counts.into_iter().map(|(cell, count)| (cell, u64::try_from(count).unwrap_or(0))).collect())
}

/// The ids of some of a cell's documents that were stored up to a moment, after one, in their order.
///
/// # Errors
/// [`StoreError`].
pub async fn moving(
    db: &impl ConnectionTrait,
    (which, cell): (Moving, i64),
    after: &str,
    until: Option<Moment>,
    most: u64,
) -> Result<Vec<String>, StoreError> {
    let mut query = listed(which, &[cell]).filter(row::Column::DocumentId.gt(after));
    if let Some(until) = until {
        query = query.filter(row::Column::StoredAt.lte(until.as_micros()));
    }
    let query = query.select_only().column(row::Column::DocumentId).order_by_asc(row::Column::DocumentId);
    Ok(query.limit(most).into_tuple().all(db).await?)
}

/// The ids of all of several cells' documents that were stored up to a moment, in no order; nothing where they are more than so many.
///
/// # Errors
/// [`StoreError`].
pub async fn all_moving_in(
    db: &impl ConnectionTrait,
    cells: &[i64],
    until: Moment,
    most: u64,
) -> Result<Option<Vec<String>>, StoreError> {
    let query = listed(Moving::All, cells).filter(row::Column::StoredAt.lte(until.as_micros()));
    let query = query.select_only().column(row::Column::DocumentId).limit(most + 1);
    let ids: Vec<String> = query.into_tuple().all(db).await?;
    Ok(Some(ids).filter(|ids| ids.len() as u64 <= most))
}

/// Some of several cells' documents, each with the key of its cell, after one, in the order of those keys and of their ids.
///
/// # Errors
/// [`StoreError`].
pub async fn moving_in(
    db: &impl ConnectionTrait,
    (which, cells): (Moving, &[i64]),
    (cell, id): (i64, &str),
    most: u64,
) -> Result<Vec<(i64, String)>, StoreError> {
    use row::Column as C;
    let behind = Condition::all().add(C::Cell.eq(cell)).add(C::DocumentId.gt(id));
    let query = listed(which, cells).filter(Condition::any().add(C::Cell.gt(cell)).add(behind));
    let query = query.select_only().columns([C::Cell, C::DocumentId]).order_by_asc(C::Cell).order_by_asc(C::DocumentId);
    Ok(query.limit(most).into_tuple().all(db).await?)
}

/// Writes down whose some cells are, by their keys; a thousand or so at once.
///
/// # Errors
/// [`StoreError`].
pub async fn carry(tx: &Transaction, cells: Vec<(i64, Oid)>) -> Result<(), StoreError> {
    let mut by: BTreeMap<Oid, Vec<i64>> = BTreeMap::new();
    for (key, active) in cells {
        by.entry(active).or_default().push(key);
    }
    for (active, keys) in by {
        let update = archive_cell::Entity::update_many()
            .col_expr(archive_cell::Column::Active, active.as_str().into())
            .filter(archive_cell::Column::CellKey.is_in(keys));
        update.exec(tx.connection()).await?;
    }
    Ok(())
}
