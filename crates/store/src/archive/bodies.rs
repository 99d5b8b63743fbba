//! Bodies as they are kept: the small ones here, of the large ones where they lie.

use super::documents::{Sealed, born_as_kept};
use crate::entity::{archive_body as row, archive_damage, archive_document, archive_key, archive_round};
use crate::error::parsed;
use crate::{StoreError, Transaction};
use liitos_domain::archive::Keeping;
use liitos_domain::{Moment, Oid, Sha256Hash};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};

const TABLE: &str = "archive_body";

fn read(row: row::Model) -> Result<Sealed, StoreError> {
    let address = row.address.map(|text| parsed(Sha256Hash::parse(&text), TABLE, &row.document_id, "address"));
    Ok(Sealed { body: row.body, address: address.transpose()?, key: row.key_key, wrapped: row.wrapped })
}

/// A document's sealed body.
///
/// # Errors
/// [`StoreError`].
pub async fn body(db: &impl ConnectionTrait, id: &Oid) -> Result<Option<Sealed>, StoreError> {
    row::Entity::find_by_id(id.to_string()).one(db).await?.map(read).transpose()
}

/// Whether any body lies outside the database.
///
/// # Errors
/// [`StoreError`].
pub async fn lies_outside(db: &impl ConnectionTrait) -> Result<bool, StoreError> {
    let query = row::Entity::find().filter(row::Column::Address.is_not_null()).select_only();
    Ok(query.column(row::Column::DocumentId).into_tuple::<String>().one(db).await?.is_some())
}

/// A document whose body a round looks at.
#[derive(Clone, Debug)]
pub struct Looked {
    /// Its id, as it is kept.
    pub id: String,
    /// SHA-256 of what its body should be, as it is kept.
    pub hash: String,
    /// Whether an older program stored it, which did not read for how long it is kept.
    pub unread: bool,
}

/// Some documents after another, of so many bytes of bodies at most, but at least one.
///
/// # Errors
/// [`StoreError`].
pub async fn documents_after(
    db: &impl ConnectionTrait,
    after: &str,
    (most, most_bytes): (u64, i64),
) -> Result<Vec<Looked>, StoreError> {
    use archive_document::Column as C;
    let query = archive_document::Entity::find().filter(C::DocumentId.gt(after)).order_by_asc(C::DocumentId);
    let query = query.limit(most).select_only().columns([C::DocumentId, C::Hash, C::Size]);
    let query = query.column_as(C::Born.is_null(), "unread");
    let rows: Vec<(String, String, i64, bool)> = query.into_tuple().all(db).await?;
    let mut bytes = 0;
    let mut fits = |size: i64| {
        let first = bytes == 0;
        bytes += size;
        first || bytes <= most_bytes
    };
    let fitting = rows.into_iter().take_while(|(_, _, size, _)| fits(*size));
    Ok(fitting.map(|(id, hash, _, unread)| Looked { id, hash, unread }).collect())
}

/// Keeps for how long documents are to be kept that all say the same; where they say no class, what is known of it stays.
///
/// # Errors
/// [`StoreError`].
pub async fn note_keeping(tx: &Transaction, ids: &[&str], keeping: &Keeping) -> Result<(), StoreError> {
    use archive_document::Column as C;
    let mut update = archive_document::Entity::update_many()
        .col_expr(C::Born, born_as_kept(keeping).into())
        .col_expr(C::KeptUntil, keeping.until.map(i32::from).into())
        .filter(C::DocumentId.is_in(ids.iter().copied()));
    if let Some(class) = &keeping.class {
        update = update.col_expr(C::Retention, class.clone().into());
    }
    update.exec(tx.connection()).await?;
    Ok(())
}

/// The controller of a register's key that is retired; nothing where it still seals, or is not there.
///
/// # Errors
/// [`StoreError`].
pub async fn retired_key_of(db: &impl ConnectionTrait, key: i64) -> Result<Option<Oid>, StoreError> {
    let query = archive_key::Entity::find_by_id(key).filter(archive_key::Column::RetiredAt.is_not_null());
    let row = query.one(db).await?;
    row.map(|row| parsed(Oid::parse(&row.controller).ok(), "archive_key", key, "controller")).transpose()
}

/// Keeps a body's key wrapped by another of its register; whether it was still wrapped by that which it was read with.
///
/// # Errors
/// [`StoreError`].
pub async fn wrap_anew(tx: &Transaction, id: &Oid, was: i64, (key, wrapped): (i64, &[u8])) -> Result<bool, StoreError> {
    let update = row::Entity::update_many()
        .col_expr(row::Column::KeyKey, key.into())
        .col_expr(row::Column::Wrapped, wrapped.to_vec().into())
        .filter(row::Column::DocumentId.eq(id.as_str()))
        .filter(row::Column::KeyKey.eq(was));
    Ok(update.exec(tx.connection()).await?.rows_affected == 1)
}

/// A round through all bodies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round {
    /// Its number.
    pub number: i64,
    /// When it began.
    pub began_at: Moment,
    /// When it had looked at all.
    pub finished_at: Option<Moment>,
    /// The document that it looked at last.
    pub after: String,
    /// How many it looked at.
    pub looked: u64,
    /// How many keys it wrapped anew.
    pub wrapped_anew: u64,
    /// How many bodies it found damaged.
    pub damaged: u64,
}

/// The newest round, if there was any.
///
/// # Errors
/// [`StoreError`].
pub async fn newest_round(db: &impl ConnectionTrait) -> Result<Option<Round>, StoreError> {
    let row = archive_round::Entity::find().order_by_desc(archive_round::Column::RoundKey).one(db).await?;
    let count = |number: i64, row: i64| parsed(u64::try_from(number).ok(), "archive_round", row, "looked");
    let read = |row: archive_round::Model| {
        Ok(Round {
            number: row.round_key,
            began_at: Moment::from_micros(row.began_at),
            finished_at: row.finished_at.map(Moment::from_micros),
            after: row.after_document,
            looked: count(row.looked, row.round_key)?,
            wrapped_anew: count(row.wrapped_anew, row.round_key)?,
            damaged: count(row.damaged, row.round_key)?,
        })
    };
    row.map(read).transpose()
}

/// Begins a round.
///
/// # Errors
/// [`StoreError`].
pub async fn begin_round(tx: &Transaction, at: Moment) -> Result<(), StoreError> {
    let new = archive_round::ActiveModel {
        began_at: Set(at.as_micros()),
        finished_at: Set(None),
        after_document: Set(String::new()),
        looked: Set(0),
        wrapped_anew: Set(0),
        damaged: Set(0),
        ..Default::default()
    };
    archive_round::Entity::insert(new).exec_without_returning(tx.connection()).await?;
    Ok(())
}

/// Keeps how far a round has come; whether it was still where it was read.
///
/// # Errors
/// [`StoreError`].
pub async fn go_on_with_round(tx: &Transaction, was: &Round, now: &Round) -> Result<bool, StoreError> {
    use archive_round::Column as C;
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let update = archive_round::Entity::update_many()
        .col_expr(C::AfterDocument, now.after.clone().into())
        .col_expr(C::FinishedAt, now.finished_at.map(Moment::as_micros).into())
        .col_expr(C::Looked, number(now.looked).into())
        .col_expr(C::WrappedAnew, number(now.wrapped_anew).into())
        .col_expr(C::Damaged, number(now.damaged).into())
        .filter(C::RoundKey.eq(was.number))
        .filter(C::AfterDocument.eq(was.after.as_str()))
        .filter(C::FinishedAt.is_null());
    Ok(update.exec(tx.connection()).await?.rows_affected == 1)
}

/// Keeps that a body cannot be given out, since when it was seen first.
///
/// # Errors
/// [`StoreError`].
pub async fn add_damage(tx: &Transaction, id: &str, what: &str, at: Moment) -> Result<(), StoreError> {
    let new = archive_damage::ActiveModel {
        document_id: Set(id.to_string()),
        found_at: Set(at.as_micros()),
        what: Set(what.to_owned()),
    };
    let what =
        OnConflict::column(archive_damage::Column::DocumentId).update_column(archive_damage::Column::What).to_owned();
    archive_damage::Entity::insert(new).on_conflict(what).exec_without_returning(tx.connection()).await?;
    Ok(())
}

/// Bodies that were found whole are damaged no more.
///
/// # Errors
/// [`StoreError`].
pub async fn clear_damage(tx: &Transaction, ids: &[&str]) -> Result<(), StoreError> {
    let ids = ids.iter().copied();
    let delete = archive_damage::Entity::delete_many().filter(archive_damage::Column::DocumentId.is_in(ids));
    delete.exec(tx.connection()).await?;
    Ok(())
}

/// Some documents whose bodies cannot be given out: since when, and why.
///
/// # Errors
/// [`StoreError`].
pub async fn damaged(db: &impl ConnectionTrait, most: u64) -> Result<Vec<(String, Moment, String)>, StoreError> {
    let query = archive_damage::Entity::find().order_by_asc(archive_damage::Column::FoundAt).limit(most);
    let read = |row: archive_damage::Model| (row.document_id, Moment::from_micros(row.found_at), row.what);
    Ok(query.all(db).await?.into_iter().map(read).collect())
}

/// How many bodies cannot be given out.
///
/// # Errors
/// [`StoreError`].
pub async fn count_damaged(db: &impl ConnectionTrait) -> Result<u64, StoreError> {
    Ok(archive_damage::Entity::find().count(db).await?)
}
