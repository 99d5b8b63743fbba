//! The keys of registers, wrapped by the archive's.

use crate::entity::{archive_body, archive_key as row, archive_secret};
use crate::{StoreError, Transaction};
use liitos_domain::{Moment, Oid};
use sea_orm::sea_query::{Expr, ExprTrait as _, Query};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

/// A register's key.
#[derive(Clone, Debug)]
pub struct RegisterKey {
    /// Its number.
    pub key: i64,
    /// The controller whose documents it seals: that which they name.
    pub controller: String,
    /// The key, wrapped.
    pub wrapped: Vec<u8>,
}

fn read(row: row::Model) -> RegisterKey {
    RegisterKey { key: row.key_key, controller: row.controller, wrapped: row.wrapped }
}

/// The key that seals a controller's documents now, if it has one.
///
/// # Errors
/// [`StoreError`].
pub async fn current_key(db: &impl ConnectionTrait, controller: &Oid) -> Result<Option<RegisterKey>, StoreError> {
    let query = row::Entity::find().filter(row::Column::Controller.eq(controller.as_str()));
    Ok(query.filter(row::Column::RetiredAt.is_null()).one(db).await?.map(read))
}

/// A key by its number.
///
/// # Errors
/// [`StoreError`].
pub async fn key(db: &impl ConnectionTrait, number: i64) -> Result<Option<RegisterKey>, StoreError> {
    Ok(row::Entity::find_by_id(number).one(db).await?.map(read))
}

/// Any one key, if there is one.
///
/// # Errors
/// [`StoreError`].
pub async fn some_key(db: &impl ConnectionTrait) -> Result<Option<RegisterKey>, StoreError> {
    Ok(row::Entity::find().one(db).await?.map(read))
}

/// Keeps a controller's key; its number.
///
/// # Errors
/// [`StoreError::Duplicate`] when it has one already.
pub async fn add_key(tx: &Transaction, controller: &Oid, wrapped: &[u8], at: Moment) -> Result<i64, StoreError> {
    let new = row::ActiveModel {
        controller: Set(controller.to_string()),
        wrapped: Set(wrapped.to_vec()),
        created_at: Set(at.as_micros()),
        retired_at: Set(None),
        ..Default::default()
    };
    Ok(row::Entity::insert(new).exec(tx.connection()).await?.last_insert_id)
}

/// Some registers' keys that were made before a moment and still seal, the oldest first.
///
/// # Errors
/// [`StoreError`].
pub async fn old_keys(db: &impl ConnectionTrait, before: Moment, most: u64) -> Result<Vec<RegisterKey>, StoreError> {
    let query = row::Entity::find()
        .filter(row::Column::RetiredAt.is_null())
        .filter(row::Column::CreatedAt.lt(before.as_micros()))
        .order_by_asc(row::Column::CreatedAt)
        .limit(most);
    Ok(query.all(db).await?.into_iter().map(read).collect())
}

/// Retires a register's key and keeps the one that seals from now on; nothing where it was retired already.
///
/// # Errors
/// [`StoreError`].
pub async fn replace_key(
    tx: &Transaction,
    old: &RegisterKey,
    wrapped: &[u8],
    at: Moment,
) -> Result<Option<i64>, StoreError> {
    let update = row::Entity::update_many()
        .col_expr(row::Column::RetiredAt, at.as_micros().into())
        .filter(row::Column::KeyKey.eq(old.key))
        .filter(row::Column::RetiredAt.is_null());
    if update.exec(tx.connection()).await?.rows_affected != 1 {
        return Ok(None);
    }
    let new = row::ActiveModel {
        controller: Set(old.controller.clone()),
        wrapped: Set(wrapped.to_vec()),
        created_at: Set(at.as_micros()),
        retired_at: Set(None),
        ..Default::default()
    };
    Ok(Some(row::Entity::insert(new).exec(tx.connection()).await?.last_insert_id))
}

/// Destroys the keys that were retired before a moment and wrap nothing any more; how many. Whoever still seals with one of them, an older program for
/// one, cannot keep what it sealed: the database refuses it.
///
/// # Errors
/// [`StoreError`].
pub async fn destroy_keys(tx: &Transaction, retired_before: Moment) -> Result<u64, StoreError> {
    let wraps = Query::select()
        .expr(Expr::val(1))
        .from(archive_body::Entity)
        .and_where(
            Expr::col((archive_body::Entity, archive_body::Column::KeyKey)).equals((row::Entity, row::Column::KeyKey)),
        )
        .to_owned();
    let delete = row::Entity::delete_many()
        .filter(row::Column::RetiredAt.lt(retired_before.as_micros()))
        .filter(Expr::exists(wraps).not());
    Ok(delete.exec(tx.connection()).await?.rows_affected)
}

/// All keys of registers that there are.
///
/// # Errors
/// [`StoreError`].
pub async fn all_keys(db: &impl ConnectionTrait) -> Result<Vec<RegisterKey>, StoreError> {
    Ok(row::Entity::find().order_by_asc(row::Column::KeyKey).all(db).await?.into_iter().map(read).collect())
}

/// Keeps a register's key as another key of the archive wraps it; whether it was still as it was read.
///
/// # Errors
/// [`StoreError`].
pub async fn wrap_key_anew(tx: &Transaction, old: &RegisterKey, wrapped: &[u8]) -> Result<bool, StoreError> {
    let update = row::Entity::update_many()
        .col_expr(row::Column::Wrapped, wrapped.to_vec().into())
        .filter(row::Column::KeyKey.eq(old.key))
        .filter(row::Column::Wrapped.eq(old.wrapped.clone()));
    Ok(update.exec(tx.connection()).await?.rows_affected == 1)
}

/// A key of the archive that outlasts its own, wrapped.
///
/// # Errors
/// [`StoreError`].
pub async fn secret(db: &impl ConnectionTrait, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(archive_secret::Entity::find_by_id(name).one(db).await?.map(|row| row.wrapped))
}

/// Keeps such a key where there is none.
///
/// # Errors
/// [`StoreError::Duplicate`] when there is one.
pub async fn add_secret(tx: &Transaction, name: &str, wrapped: &[u8]) -> Result<(), StoreError> {
    let new = archive_secret::ActiveModel { name: Set(name.to_owned()), wrapped: Set(wrapped.to_vec()) };
    archive_secret::Entity::insert(new).exec_without_returning(tx.connection()).await?;
    Ok(())
}

/// Keeps such a key, in the place of what was kept before.
///
/// # Errors
/// [`StoreError`].
pub async fn keep_secret(tx: &Transaction, name: &str, wrapped: &[u8]) -> Result<(), StoreError> {
    archive_secret::Entity::delete_by_id(name).exec(tx.connection()).await?;
    add_secret(tx, name, wrapped).await
}
