//! Sessions of the portal.

use crate::{App, ServiceError};
use liitos_domain::Moment;
use liitos_store::sessions;

/// The data of a session that has not expired.
///
/// # Errors
/// [`ServiceError`].
pub async fn load(app: &App, id: &str) -> Result<Option<String>, ServiceError> {
    Ok(sessions::load(&app.store, id, app.now()).await?)
}

/// Begins a session.
///
/// # Errors
/// [`ServiceError`].
pub async fn create(app: &App, id: &str, data: String, expires_at: Moment) -> Result<(), ServiceError> {
    Ok(sessions::create(&app.store, id, data, expires_at).await?)
}

/// Saves a session that is there.
///
/// # Errors
/// [`ServiceError`].
pub async fn save(app: &App, id: &str, data: String, expires_at: Moment) -> Result<(), ServiceError> {
    Ok(sessions::save(&app.store, id, data, expires_at).await?)
}

/// Ends a session.
///
/// # Errors
/// [`ServiceError`].
pub async fn delete(app: &App, id: &str) -> Result<(), ServiceError> {
    Ok(sessions::delete(&app.store, id).await?)
}

/// Forgets sessions that have expired.
///
/// # Errors
/// [`ServiceError`].
pub async fn delete_expired(app: &App) -> Result<(), ServiceError> {
    Ok(sessions::delete_expired(&app.store, app.now()).await?)
}
