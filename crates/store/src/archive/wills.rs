//! What patients want: permissions to disclose and denials, as the newest documents say it.

use super::cells::of_document;
use crate::entity::{archive_cell, archive_document, archive_will as row};
use crate::error::{json, parsed, to_json};
use crate::{StoreError, Transaction};
use liitos_domain::archive::{Declared, Register, Standing};
use liitos_domain::document::Will;
use liitos_domain::{Moment, Oid};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, JoinType, QueryFilter, QuerySelect,
};

/// Keeps what a document says that its patient wants.
///
/// # Errors
/// [`StoreError`].
pub async fn add_will(tx: &Transaction, document: &Oid, person: &str, will: &Will) -> Result<(), StoreError> {
    let new = row::ActiveModel {
        document_id: Set(document.to_string()),
        person: Set(person.to_owned()),
        will: Set(to_json(will)?),
    };
    row::Entity::insert(new).exec_without_returning(tx.connection()).await?;
    Ok(())
}

/// What a document says that its patient wants, where it does.
///
/// # Errors
/// [`StoreError`].
pub async fn will_of(db: &impl ConnectionTrait, document: &Oid) -> Result<Option<Will>, StoreError> {
    let row = row::Entity::find_by_id(document.to_string()).one(db).await?;
    row.map(|row| json(&row.will, "archive_will", &row.document_id, "will")).transpose()
}

#[derive(FromQueryResult)]
struct Found {
    document_id: String,
    will: String,
    stored_at: i64,
    register: String,
}

/// What a person wants, by finished, newest documents that say it; so many at most.
///
/// # Errors
/// [`StoreError`].
pub async fn wills(db: &impl ConnectionTrait, person: &str, most: u64) -> Result<Vec<Declared>, StoreError> {
    let document = row::Entity::belongs_to(archive_document::Entity)
        .from(row::Column::DocumentId)
        .to(archive_document::Column::DocumentId);
    let query = row::Entity::find()
        .join(JoinType::InnerJoin, document.into())
        .join(JoinType::InnerJoin, of_document())
        .filter(row::Column::Person.eq(person))
        .filter(archive_document::Column::Standing.eq(Standing::Newest.code()))
        .filter(archive_document::Column::Unfinished.eq(false));
    let query = query.select_only().columns([row::Column::DocumentId, row::Column::Will]);
    let query = query.column(archive_document::Column::StoredAt).column(archive_cell::Column::Register);
    let found = query.limit(most).into_model::<Found>().all(db).await?;
    let declared = |Found { document_id, will, stored_at, register }| {
        let family = Register::parse(&register).map(|register| register.family);
        let family = parsed(family, "archive_cell", &register, "register")?;
        let will = json(&will, "archive_will", &document_id, "will")?;
        let document = parsed(Oid::parse(&document_id).ok(), "archive_will", &document_id, "document_id")?;
        Ok(Declared { document, family, stored_at: Moment::from_micros(stored_at), will })
    };
    found.into_iter().map(declared).collect()
}
