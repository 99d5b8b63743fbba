//! Cells, and documents, as runs find them.

use crate::archive::read_cell;
use crate::entity::{archive_cell, archive_document as row};
use crate::{StoreError, Transaction};
use liitos_domain::archive::{Cell, Moving, Standing};
use liitos_domain::{Moment, Oid};
use sea_orm::sea_query::{Expr, ExprTrait as _, Func, Query, SimpleExpr};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait as _,
};
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

/// The ids of the first documents of a cell, in their order.
///
/// # Errors
/// [`StoreError`].
pub async fn first_of(
    db: &impl ConnectionTrait,
    (which, cell): (Moving, i64),
    most: u64,
) -> Result<Vec<String>, StoreError> {
    let query = listed(which, &[cell]).order_by_asc(row::Column::DocumentId);
    Ok(query.select_only().column(row::Column::DocumentId).limit(most).into_tuple().all(db).await?)
}

/// Ids of documents, joined by the database: that many rows would cost more than finding them does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Joined {
    /// How many they are.
    pub documents: u64,
    /// The last in the database's order.
    pub last: Option<String>,
    ids: String,
}

impl Joined {
    /// Each of them, in no order.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.ids.split_ascii_whitespace()
    }
}

/// The ids of some of a cell's documents that were stored up to a moment: the first ones after one.
///
/// # Errors
/// [`StoreError`].
pub async fn stored_until(
    db: &impl ConnectionTrait,
    (cell, until): (i64, Moment),
    after: &str,
    most: u64,
) -> Result<Joined, StoreError> {
    let query = stored(&[cell], until).filter(row::Column::DocumentId.gt(after));
    joined(db, query.order_by_asc(row::Column::DocumentId).limit(most)).await
}

/// The ids of all of several cells' documents that were stored up to a moment; nothing where they are more than so many.
///
/// # Errors
/// [`StoreError`].
pub async fn all_stored_until(
    db: &impl ConnectionTrait,
    (cells, until): (&[i64], Moment),
    most: u64,
) -> Result<Option<Joined>, StoreError> {
    let all = joined(db, stored(cells, until).limit(most + 1)).await?;
    Ok(Some(all).filter(|all| all.documents <= most))
}

fn stored(cells: &[i64], until: Moment) -> sea_orm::Select<row::Entity> {
    let query = listed(Moving::All, cells).filter(row::Column::StoredAt.lte(until.as_micros()));
    query.select_only().column(row::Column::DocumentId)
}

async fn joined(db: &impl ConnectionTrait, some: sea_orm::Select<row::Entity>) -> Result<Joined, StoreError> {
    let backend = db.get_database_backend();
    let join = if backend == DbBackend::Postgres { "string_agg" } else { "group_concat" };
    let id = || Expr::col(row::Column::DocumentId);
    let mut query = Query::select();
    query.expr_as(id().count(), "documents").expr_as(id().max(), "last");
    query.expr_as(Func::cust(join).arg(id()).arg(" "), "ids").from_subquery(some.into_query(), "some");
    let Some(row) = db.query_one_raw(backend.build(&query)).await? else { return Ok(Joined::default()) };
    Ok(Joined {
        documents: u64::try_from(row.try_get::<i64>("", "documents")?).unwrap_or(0),
        last: row.try_get("", "last")?,
        ids: row.try_get::<Option<String>>("", "ids")?.unwrap_or_default(),
    })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Store;

    /// What a query looks through, in SQLite's words.
    async fn plan(store: &Store, query: sea_orm::Select<row::Entity>) -> String {
        let mut statement = DbBackend::Sqlite.build(&query.into_query());
        statement.sql = format!("EXPLAIN QUERY PLAN {}", statement.sql);
        let rows = store.read().query_all_raw(statement).await.unwrap();
        let details: Vec<String> = rows.iter().map(|row| row.try_get("", "detail").unwrap()).collect();
        details.join("; ")
    }

    #[tokio::test]
    async fn each_question_of_a_run_has_its_index() {
        let file = std::env::temp_dir().join(format!("liitos-run-questions-{}.db", std::process::id()));
        let _ = std::fs::remove_file(&file);
        let store = Store::connect(&format!("sqlite:{}", file.display())).await.unwrap();
        store.migrate().await.unwrap();
        // No row is read to be counted.
        for cells in [&[7][..], &[7, 8, 9]] {
            let counted = plan(&store, stored(cells, Moment::from_seconds(1))).await;
            assert!(counted.contains("COVERING INDEX archive_document_cell_stored"), "{counted}");
        }
        for (which, index) in
            [(Moving::Unfinished, "archive_document_unfinished"), (Moving::OpenEvents, "archive_document_event_open")]
        {
            let ids = listed(which, &[7, 8]).select_only().column(row::Column::DocumentId);
            let rare = plan(&store, ids).await;
            assert!(rare.contains(&format!("INDEX {index}")), "{rare}");
        }
        std::fs::remove_file(file).unwrap();
    }
}
