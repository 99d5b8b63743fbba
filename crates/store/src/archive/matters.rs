//! Matters of social care, as the newest finished documents of their own say it.

use super::cells::{cells_of, of_document};
use crate::entity::{archive_cell, archive_document, archive_matter as row, archive_matter_client as client};
use crate::error::parsed;
use crate::{StoreError, Transaction};
use liitos_domain::archive::{Cell, Standing};
use liitos_domain::document::Matter;
use liitos_domain::{Interval, Moment, Oid};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, JoinType, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait as _,
};
use std::collections::BTreeSet;

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
    /// From when until when it is open.
    pub open: Interval,
    /// Whose it is: a keyed digest each, the document's own client first.
    pub clients: Vec<String>,
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
        opened: Set(about.open.from.as_micros()),
        closed: Set(about.open.until.map(Moment::as_micros)),
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

/// The matters of these ids, by documents of cells that these controllers name: a number is anybody's to use.
///
/// # Errors
/// [`StoreError`].
pub async fn matters(
    db: &impl ConnectionTrait,
    ids: &[&Oid],
    named: &BTreeSet<Oid>,
) -> Result<Vec<KeptMatter>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let of = row::Column::Matter.is_in(ids.iter().map(|id| id.as_str()));
    let by = archive_cell::Column::Controller.is_in(named.iter().map(|oid| oid.as_str()));
    found(db, Condition::all().add(of).add(by)).await
}

/// What these documents say of their matters.
///
/// # Errors
/// [`StoreError`].
pub async fn matters_by(db: &impl ConnectionTrait, documents: &[&Oid]) -> Result<Vec<KeptMatter>, StoreError> {
    let mut all = Vec::new();
    for some in documents.chunks(500) {
        let these = row::Column::DocumentId.is_in(some.iter().map(|id| id.as_str()));
        all.extend(found(db, these.into()).await?);
    }
    Ok(all)
}

/// The joint matters that a person is a client of, whether as the document's own client or besides.
///
/// # Errors
/// [`StoreError`].
pub async fn joint_matters(db: &impl ConnectionTrait, person: &str) -> Result<Vec<KeptMatter>, StoreError> {
    let joint = || client::Entity::find().select_only().column(client::Column::DocumentId);
    let besides = joint().filter(client::Column::Person.eq(person)).into_query();
    let mut all = found(db, row::Column::DocumentId.in_subquery(besides).into()).await?;
    let own = Condition::all().add(archive_document::Column::Person.eq(person));
    all.extend(found(db, own.add(row::Column::DocumentId.in_subquery(joint().into_query()))).await?);
    Ok(all)
}

/// Most matters that are read at once: a client has a few.
const MOST: u64 = 1_000;

async fn found(db: &impl ConnectionTrait, which: Condition) -> Result<Vec<KeptMatter>, StoreError> {
    let document = row::Entity::belongs_to(archive_document::Entity)
        .from(row::Column::DocumentId)
        .to(archive_document::Column::DocumentId);
    let query = row::Entity::find()
        .join(JoinType::InnerJoin, document.into())
        .join(JoinType::InnerJoin, of_document())
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
    let rows = query.order_by_asc(row::Column::DocumentId).limit(MOST).into_model::<Found>().all(db).await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let cells = cells_of(db, rows.iter().map(|row| row.cell).collect()).await?;
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
            open: Interval::new(Moment::from_micros(found.opened), found.closed.map(Moment::from_micros)),
            clients: std::iter::once(found.person).chain(also).collect(),
        })
    };
    rows.into_iter().map(read).collect()
}
