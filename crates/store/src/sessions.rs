//! Sessions of the portal, kept under a hash of their id, so that a copy of the table opens no session.

use crate::entity::session;
use crate::{Store, StoreError};
use liitos_domain::{Moment, Sha256Hash};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, sea_query::OnConflict};

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

/// Saves a session, new or not.
///
/// # Errors
/// [`StoreError`].
pub async fn save(store: &Store, id: &str, data: String, expires_at: Moment) -> Result<(), StoreError> {
    let row = session::ActiveModel { id_hash: Set(key(id)), data: Set(data), expires_at: Set(expires_at.as_micros()) };
    let newer = OnConflict::column(session::Column::IdHash)
        .update_columns([session::Column::Data, session::Column::ExpiresAt])
        .to_owned();
    session::Entity::insert(row).on_conflict(newer).exec_without_returning(store.write()).await?;
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
