//! Sessions in our own store: an opaque id in a cookie, everything else behind it.

use crate::Web;
use liitos_domain::Moment;
use liitos_service::App;
use liitos_service::sessions;
use std::fmt;
use std::sync::Arc;
use tower_sessions::cookie::SameSite;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};
use tower_sessions::{Expiry, SessionManagerLayer, SessionStore};

/// The session's key of the signed-in person.
pub(crate) const ACTOR: &str = "actor";
/// The session's key of a sign-in under way.
pub(crate) const BEGUN: &str = "sign-in";
/// The session's key of where to go after signing in.
pub(crate) const RETURN_TO: &str = "return-to";

/// The session's key of a visit to the service of mandates under way.
pub(crate) const VISIT: &str = "mandates";
/// The session's key of the organisation acted for before a mandate was confirmed.
pub(crate) const WISHED: &str = "wished";
/// The session's key of whether the service of mandates could not be asked.
pub(crate) const MANDATES_FAILED: &str = "mandates-failed";
/// The session's key of where the identification service ends its own session.
pub(crate) const LOG_OUT: &str = "log-out";

/// A session ends after so many hours without a request.
const IDLE_HOURS: i64 = 8;

#[derive(Clone)]
pub(crate) struct Sessions(Arc<App>);

pub(crate) fn layer(web: &Web) -> SessionManagerLayer<Sessions> {
    SessionManagerLayer::new(Sessions(Arc::clone(&web.app)))
        .with_name("liitos_session")
        .with_same_site(SameSite::Lax)
        .with_http_only(true)
        .with_secure(web.secure_cookies)
        // Every request counts, not only those that change the session.
        .with_always_save(true)
        .with_expiry(Expiry::OnInactivity(time::Duration::hours(IDLE_HOURS)))
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sessions")
    }
}

#[async_trait::async_trait]
impl SessionStore for Sessions {
    async fn create(&self, record: &mut Record) -> Result<()> {
        let (data, expires) = written(record)?;
        sessions::create(&self.0, &record.id.to_string(), data, expires).await.map_err(|e| backend(&e))
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let (data, expires) = written(record)?;
        sessions::save(&self.0, &record.id.to_string(), data, expires).await.map_err(|e| backend(&e))
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let Some(data) = sessions::load(&self.0, &id.to_string()).await.map_err(|e| backend(&e))? else {
            return Ok(None);
        };
        let data = serde_json::from_str(&data).map_err(|error| Error::Decode(error.to_string()))?;
        let expires = time::OffsetDateTime::from_unix_timestamp(self.0.now().as_seconds() + IDLE_HOURS * 3600);
        let expiry_date = expires.map_err(|error| Error::Decode(error.to_string()))?;
        Ok(Some(Record { id: *id, data, expiry_date }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        sessions::delete(&self.0, &id.to_string()).await.map_err(|e| backend(&e))
    }
}

/// A record as it is kept: its data, and when it ends.
fn written(record: &Record) -> Result<(String, Moment)> {
    let data = serde_json::to_string(&record.data).map_err(|error| Error::Encode(error.to_string()))?;
    Ok((data, Moment::from_seconds(record.expiry_date.unix_timestamp())))
}

fn backend(error: &liitos_service::ServiceError) -> Error {
    Error::Backend(error.to_string())
}
