//! The keys of registers, wrapped by the archive's.

use crate::entity::archive_key as row;
use crate::{StoreError, Transaction};
use liitos_domain::{Moment, Oid};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

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
