//! Documents as runs find them: counted by cells, moved in pieces.

use crate::archive::read_cell;
use crate::entity::{archive_cell, archive_document as row};
use crate::{StoreError, Transaction};
use liitos_domain::archive::{Cell, Standing};
use liitos_domain::{Moment, Oid};
use sea_orm::sea_query::{Expr, ExprTrait as _, Func, SimpleExpr};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
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

/// A document, as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its id.
    pub id: String,
    /// Whose its row says that it is.
    pub active: String,
}

/// Which documents are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moving {
    /// All.
    All,
    /// Newest versions that are not finished.
    Unfinished,
    /// Those of service events that have not ended.
    OpenEvents,
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
) -> Result<Vec<(i64, Cell)>, StoreError> {
    let query = archive_cell::Entity::find()
        .filter(archive_cell::Column::Controller.is_in(controllers.iter().map(Oid::as_str)))
        .filter(archive_cell::Column::CellKey.gt(after))
        .order_by_asc(archive_cell::Column::CellKey)
        .limit(most);
    query.all(db).await?.into_iter().map(|cell| Ok((cell.cell_key, read_cell(cell)?))).collect()
}

fn listed(which: Moving, cell: i64) -> sea_orm::Select<row::Entity> {
    let query = row::Entity::find().filter(row::Column::Cell.eq(cell));
    let newest = row::Column::Standing.eq(Standing::Newest.code());
    match which {
        Moving::All => query,
        Moving::Unfinished => query.filter(newest).filter(row::Column::Unfinished.eq(true)),
        Moving::OpenEvents => query.filter(newest).filter(row::Column::EventOpen.eq(true)),
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

/// Some of a cell's documents that were stored up to a moment, after an id, in the order of ids.
///
/// # Errors
/// [`StoreError`].
pub async fn moving(
    db: &impl ConnectionTrait,
    (which, cell): (Moving, i64),
    after: &str,
    until: Option<Moment>,
    most: u64,
) -> Result<Vec<Found>, StoreError> {
    let mut query = listed(which, cell).filter(row::Column::DocumentId.gt(after));
    if let Some(until) = until {
        query = query.filter(row::Column::StoredAt.lte(until.as_micros()));
    }
    let query = query.select_only().columns([row::Column::DocumentId, row::Column::ActiveController]);
    let rows: Vec<(String, String)> =
        query.order_by_asc(row::Column::DocumentId).limit(most).into_tuple().all(db).await?;
    Ok(rows.into_iter().map(|(id, active)| Found { id, active }).collect())
}

/// Carries an active controller through to some of a cell's documents, those after an id; the last id and how many there were, fewer than
/// `most` at the cell's end.
///
/// # Errors
/// [`StoreError`].
pub async fn carry(
    tx: &Transaction,
    (cell, active): (i64, &Oid),
    after: &str,
    most: u64,
) -> Result<Option<(String, u64)>, StoreError> {
    let db = tx.connection();
    let ids = || row::Entity::find().select_only().column(row::Column::DocumentId).filter(row::Column::Cell.eq(cell));
    let ordered = || ids().filter(row::Column::DocumentId.gt(after)).order_by_asc(row::Column::DocumentId);
    // The last of as many as are taken, or the last there is.
    let last: Option<String> = match ordered().offset(most.saturating_sub(1)).limit(1).into_tuple().one(db).await? {
        Some(last) => Some(last),
        None => {
            let end = ids().filter(row::Column::DocumentId.gt(after)).order_by_desc(row::Column::DocumentId);
            end.limit(1).into_tuple().one(db).await?
        }
    };
    let Some(last) = last else { return Ok(None) };
    let update = row::Entity::update_many()
        .col_expr(row::Column::ActiveController, active.as_str().into())
        .filter(row::Column::Cell.eq(cell))
        .filter(row::Column::DocumentId.gt(after))
        .filter(row::Column::DocumentId.lte(last.as_str()));
    let rows = update.exec(db).await?.rows_affected;
    Ok(Some((last, rows)))
}

/// Carries an active controller through to all documents of some cells; how many there were.
///
/// # Errors
/// [`StoreError`].
pub async fn carry_whole(tx: &Transaction, cells: &[i64], active: &Oid) -> Result<u64, StoreError> {
    let update = row::Entity::update_many()
        .col_expr(row::Column::ActiveController, active.as_str().into())
        .filter(row::Column::Cell.is_in(cells.iter().copied()));
    Ok(update.exec(tx.connection()).await?.rows_affected)
}

/// The cell in which the document behind so many lies, counted in the order of cells from one on; nothing where there are no more than those.
///
/// # Errors
/// [`StoreError`].
pub async fn first_beyond(tx: &Transaction, cell: i64, most: u64) -> Result<Option<i64>, StoreError> {
    let query = row::Entity::find().select_only().column(row::Column::Cell).filter(row::Column::Cell.gte(cell));
    let query = query.order_by_asc(row::Column::Cell).order_by_asc(row::Column::DocumentId);
    Ok(query.offset(most).limit(1).into_tuple().one(tx.connection()).await?)
}
