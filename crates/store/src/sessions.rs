//! Sessions of the portal, kept under a hash of their id, so that a copy of the table opens no session.

use crate::entity::session;
use crate::{Store, StoreError};
use liitos_domain::{Moment, Sha256Hash};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

/// The data of a session that has not expired.
///
/// # Errors
/// [`StoreError`].
pub async fn load(store: &Store, id: &str, now: Moment) -> Result<Option<String>, StoreError> {
    let row = session::Entity::find_by_id(key(id))
        .filter(session::Column::ExpiresAt.gt(now.as_micros()))
        .one(store.read())
        .await?;
    Ok(row.map(|row| row.data))
}

/// Begins a session.
///
/// # Errors
/// [`StoreError::Duplicate`] when the id is taken.
pub async fn create(store: &Store, id: &str, data: String, expires_at: Moment) -> Result<(), StoreError> {
    let row = session::ActiveModel { id_hash: Set(key(id)), data: Set(data), expires_at: Set(expires_at.as_micros()) };
    session::Entity::insert(row).exec_without_returning(store.write()).await?;
    Ok(())
}

/// Saves a session that is there; one that was ended meanwhile does not come back.
///
/// # Errors
/// [`StoreError`].
pub async fn save(store: &Store, id: &str, data: String, expires_at: Moment) -> Result<(), StoreError> {
    session::Entity::update_many()
        .col_expr(session::Column::Data, data.into())
        .col_expr(session::Column::ExpiresAt, expires_at.as_micros().into())
        .filter(session::Column::IdHash.eq(key(id)))
        .exec(store.write())
        .await?;
    Ok(())
}

/// Ends a session.
///
/// # Errors
/// [`StoreError`].
pub async fn delete(store: &Store, id: &str) -> Result<(), StoreError> {
    session::Entity::delete_by_id(key(id)).exec(store.write()).await?;
    Ok(())
}

/// Forgets what has expired.
///
/// # Errors
/// [`StoreError`].
pub async fn delete_expired(store: &Store, now: Moment) -> Result<(), StoreError> {
    session::Entity::delete_many().filter(session::Column::ExpiresAt.lte(now.as_micros())).exec(store.write()).await?;
    Ok(())
}

fn key(id: &str) -> String {
    Sha256Hash::of(id.as_bytes()).to_string()
}
