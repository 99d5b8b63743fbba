//! Matters of social care, as the newest finished documents of their own say it.

use super::cells::read as read_cell;
use crate::entity::{archive_cell, archive_document, archive_matter as row, archive_matter_client as client};
use crate::error::parsed;
use crate::{StoreError, Transaction};
use liitos_domain::archive::{Cell, Standing};
use liitos_domain::document::Matter;
use liitos_domain::{Moment, Oid};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, JoinType, QueryFilter,
    QuerySelect, QueryTrait as _,
};
use std::collections::BTreeMap;

const TABLE: &str = "archive_matter";

/// A matter, by a document of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptMatter {
    /// The document.
    pub document: Oid,
    /// Its id.
    pub matter: Oid,
    /// What the document is counted to: whose the matter is.
    pub cell: Cell,
    /// When it was opened.
    pub opened: Moment,
    /// When it was closed, where it was.
    pub closed: Option<Moment>,
    /// Whose it is: a keyed digest each, the document's own client first.
    pub clients: Vec<String>,
}

impl KeptMatter {
    /// Whether it is open at a moment.
    #[must_use]
    pub fn open_at(&self, at: Moment) -> bool {
        self.opened <= at && self.closed.is_none_or(|closed| at < closed)
    }
}

/// Keeps what a document says of its matter. `clients`: the others' digests, in a joint matter.
///
/// # Errors
/// [`StoreError`].
pub async fn add_matter(
    tx: &Transaction,
    document: &Oid,
    (matter, about): (&Oid, &Matter),
    clients: &[String],
) -> Result<(), StoreError> {
    let new = row::ActiveModel {
        document_id: Set(document.to_string()),
        matter: Set(matter.to_string()),
        opened: Set(about.opened.as_micros()),
        closed: Set(about.closed.map(Moment::as_micros)),
    };
    row::Entity::insert(new).exec_without_returning(tx.connection()).await?;
    let new = clients
        .iter()
        .map(|person| client::ActiveModel { document_id: Set(document.to_string()), person: Set(person.clone()) });
    if !clients.is_empty() {
        client::Entity::insert_many(new).exec_without_returning(tx.connection()).await?;
    }
    Ok(())
}

#[derive(FromQueryResult)]
struct Found {
    document_id: String,
    matter: String,
    opened: i64,
    closed: Option<i64>,
    person: String,
    cell: i64,
}

/// The matters of these ids.
///
/// # Errors
/// [`StoreError`].
pub async fn matters(db: &impl ConnectionTrait, ids: &[&Oid]) -> Result<Vec<KeptMatter>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    found(db, row::Column::Matter.is_in(ids.iter().map(|id| id.as_str())).into()).await
}

/// The matters that a person is a client of besides the document's own client.
///
/// # Errors
/// [`StoreError`].
pub async fn joint_matters(db: &impl ConnectionTrait, person: &str) -> Result<Vec<KeptMatter>, StoreError> {
    let of = client::Entity::find().select_only().column(client::Column::DocumentId);
    let of = of.filter(client::Column::Person.eq(person));
    found(db, Condition::all().add(row::Column::DocumentId.in_subquery(of.into_query()))).await
}

/// Most matters that are read at once: a client has a few.
const MOST: u64 = 1_000;

async fn found(db: &impl ConnectionTrait, which: Condition) -> Result<Vec<KeptMatter>, StoreError> {
    let document = row::Entity::belongs_to(archive_document::Entity)
        .from(row::Column::DocumentId)
        .to(archive_document::Column::DocumentId);
    let query = row::Entity::find()
        .join(JoinType::InnerJoin, document.into())
        .filter(archive_document::Column::Standing.eq(Standing::Newest.code()))
        .filter(archive_document::Column::Unfinished.eq(false))
        .filter(which);
    let query = query.select_only().columns([
        row::Column::DocumentId,
        row::Column::Matter,
        row::Column::Opened,
        row::Column::Closed,
    ]);
    let query = query.columns([archive_document::Column::Person, archive_document::Column::Cell]);
    let rows = query.limit(MOST).into_model::<Found>().all(db).await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let cells = archive_cell::Entity::find()
        .filter(archive_cell::Column::CellKey.is_in(rows.iter().map(|row| row.cell)))
        .all(db)
        .await?;
    let cells: BTreeMap<i64, Cell> =
        cells.into_iter().map(|row| Ok((row.cell_key, read_cell(row)?))).collect::<Result<_, StoreError>>()?;
    let others = client::Entity::find()
        .filter(client::Column::DocumentId.is_in(rows.iter().map(|row| row.document_id.as_str())))
        .all(db)
        .await?;
    let read = |found: Found| {
        let also = others.iter().filter(|one| one.document_id == found.document_id).map(|one| one.person.clone());
        Ok(KeptMatter {
            document: parsed(Oid::parse(&found.document_id).ok(), TABLE, &found.document_id, "document_id")?,
            matter: parsed(Oid::parse(&found.matter).ok(), TABLE, &found.document_id, "matter")?,
            cell: parsed(cells.get(&found.cell).cloned(), TABLE, &found.document_id, "cell")?,
            opened: Moment::from_micros(found.opened),
            closed: found.closed.map(Moment::from_micros),
            clients: std::iter::once(found.person).chain(also).collect(),
        })
    };
    rows.into_iter().map(read).collect()
}
