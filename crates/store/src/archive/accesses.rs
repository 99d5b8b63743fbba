//! Register access rights, as the newest client relationship documents give them.

use super::cells::cell_of;
use crate::entity::{archive_access as row, archive_document};
use crate::{StoreError, Transaction};
use liitos_domain::archive::{Family, Standing, Succession};
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

/// Whether a document lets anybody in.
///
/// # Errors
/// [`StoreError`].
pub async fn lets_in(db: &impl ConnectionTrait, document: &Oid) -> Result<bool, StoreError> {
    let query = row::Entity::find().filter(row::Column::DocumentId.eq(document.as_str()));
    Ok(query.select_only().column(row::Column::Place).into_tuple::<i32>().one(db).await?.is_some())
}

/// The controllers that let a unit into a person's documents at a moment: whose the finished documents of social care are that say so.
///
/// # Errors
/// [`StoreError`].
pub async fn let_in_by(
    db: &impl ConnectionTrait,
    (person, unit): (&str, &Oid),
    succession: &Succession,
    at: Moment,
) -> Result<BTreeSet<Oid>, StoreError> {
    use row::Column as C;
    let documents = row::Entity::find()
        .filter(C::Person.eq(person))
        .filter(C::Unit.eq(unit.as_str()))
        .filter(C::FromAt.lte(at.as_micros()))
        .filter(Condition::any().add(C::UntilAt.is_null()).add(C::UntilAt.gt(at.as_micros())));
    let documents: Vec<String> = documents.select_only().column(C::DocumentId).into_tuple().all(db).await?;
    if documents.is_empty() {
        return Ok(BTreeSet::new());
    }
    let query = archive_document::Entity::find()
        .filter(archive_document::Column::DocumentId.is_in(documents))
        .filter(archive_document::Column::Standing.eq(Standing::Newest.code()))
        .filter(archive_document::Column::Unfinished.eq(false));
    let cells: Vec<i64> = query.select_only().column(archive_document::Column::Cell).into_tuple().all(db).await?;
    let mut controllers = BTreeSet::new();
    for cell in cells.into_iter().collect::<BTreeSet<i64>>() {
        let cell = cell_of(db, cell).await?;
        if cell.register.family == Family::Social {
            controllers.insert(succession.active(&cell).0.clone());
        }
    }
    Ok(controllers)
}
