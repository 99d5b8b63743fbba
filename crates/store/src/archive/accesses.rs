//! Register access rights, as the newest client relationship documents give them.

use super::cells::cell_of;
use crate::entity::{archive_access as row, archive_document};
use crate::{StoreError, Transaction};
use liitos_domain::archive::{Cell, Standing};
use liitos_domain::document::RegisterAccess;
use liitos_domain::{Moment, Oid};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use std::collections::BTreeSet;

/// Keeps the rights that a document gives.
///
/// # Errors
/// [`StoreError`].
pub async fn add_accesses(
    tx: &Transaction,
    document: &Oid,
    person: &str,
    all: &[RegisterAccess],
) -> Result<(), StoreError> {
    let new = |(place, access): (i32, &RegisterAccess)| row::ActiveModel {
        document_id: Set(document.to_string()),
        place: Set(place),
        person: Set(person.to_owned()),
        unit: Set(access.unit.to_string()),
        from_at: Set(access.valid.from.as_micros()),
        until_at: Set(access.valid.until.map(Moment::as_micros)),
    };
    let rows: Vec<row::ActiveModel> = (0..).zip(all).map(new).collect();
    if !rows.is_empty() {
        row::Entity::insert_many(rows).exec_without_returning(tx.connection()).await?;
    }
    Ok(())
}

/// The cells of the documents that let a unit into a person's documents at a moment: in whose registers follows from whose they are.
///
/// # Errors
/// [`StoreError`].
pub async fn accesses(
    db: &impl ConnectionTrait,
    (person, unit): (&str, &Oid),
    at: Moment,
) -> Result<Vec<Cell>, StoreError> {
    use row::Column as C;
    let documents = row::Entity::find()
        .filter(C::Person.eq(person))
        .filter(C::Unit.eq(unit.as_str()))
        .filter(C::FromAt.lte(at.as_micros()))
        .filter(Condition::any().add(C::UntilAt.is_null()).add(C::UntilAt.gt(at.as_micros())));
    let documents: Vec<String> = documents.select_only().column(C::DocumentId).into_tuple().all(db).await?;
    if documents.is_empty() {
        return Ok(Vec::new());
    }
    let query = archive_document::Entity::find()
        .filter(archive_document::Column::DocumentId.is_in(documents))
        .filter(archive_document::Column::Standing.eq(Standing::Newest.code()));
    let cells: Vec<i64> = query.select_only().column(archive_document::Column::Cell).into_tuple().all(db).await?;
    let mut found = Vec::new();
    for cell in cells.into_iter().collect::<BTreeSet<i64>>() {
        found.push(cell_of(db, cell).await?);
    }
    Ok(found)
}
