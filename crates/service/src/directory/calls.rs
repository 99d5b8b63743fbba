//! Calls that gateways saw: taken from them, and looked up by whoever they concern.

use super::{Explained, decide_at};
use crate::{Actor, App, ServiceError};
use liitos_domain::directory::{Organiser, Request, SeenCall};
use liitos_domain::{RefusalCode, Sha256Hash};
use liitos_store::directory;

/// How long they are kept.
const KEPT_DAYS: i64 = 30;
/// Most taken at once.
pub const MOST_AT_ONCE: usize = 1_000;

/// A call with what was looked at.
#[derive(Debug, serde::Serialize)]
pub struct Looked {
    /// The call.
    #[serde(flatten)]
    pub call: SeenCall,
    /// The decision on it, made again on the directory as it was known then; `None` where it did not come that far.
    pub explained: Option<Explained>,
}

/// Takes what a gateway saw. What is older than a month is forgotten.
///
/// # Errors
/// L-606 when it is too much at once.
pub async fn take(app: &App, gateway: &Sha256Hash, calls: &[SeenCall]) -> Result<(), ServiceError> {
    if calls.len() > MOST_AT_ONCE {
        return Err(ServiceError::refused(RefusalCode::FormInvalid, "calls"));
    }
    let tx = app.store.begin().await?;
    directory::add_calls(&tx, gateway, calls).await?;
    directory::forget_calls(&tx, app.now().plus_days(-KEPT_DAYS)).await?;
    tx.commit().await?;
    Ok(())
}

/// The call with a decision id, or the newest ones with a certificate's fingerprint: those that concern whoever asks, as the joiner,
/// the organisation that was named, the access point's administrator, or the operator's staff. Others are not told apart from none.
///
/// # Errors
/// [`ServiceError`].
pub async fn look_up(app: &App, actor: &Actor, key: &str) -> Result<Vec<Looked>, ServiceError> {
    let db = app.store.read();
    let key = key.trim();
    let seen = match Sha256Hash::parse(&key.replace(':', "").to_ascii_lowercase()) {
        Some(certificate) => directory::calls_with(db, &certificate).await?,
        None => directory::calls_decided(db, &key.to_ascii_uppercase()).await?,
    };
    let mut looked = Vec::new();
    for call in seen.into_iter().filter(|call| concerns(actor, call)) {
        looked.push(Looked { explained: explained(app, &call).await?, call });
    }
    Ok(looked)
}

fn concerns(actor: &Actor, call: &SeenCall) -> bool {
    let Ok(own) = actor.joiner() else { return actor.is_staff() };
    let administrator = call.access_point.as_ref().map(liitos_domain::identifier::AccessPointOid::administrator);
    actor.is_staff() || [&call.joiner, &call.represented, &administrator].into_iter().flatten().any(|oid| oid == own)
}

async fn explained(app: &App, call: &SeenCall) -> Result<Option<Explained>, ServiceError> {
    let (Some(access_point), Some(represented)) = (&call.access_point, &call.represented) else { return Ok(None) };
    let (Some(service), Some(operation)) = (call.service, call.operation) else { return Ok(None) };
    let request = Request {
        access_point,
        certificate: None,
        source: None,
        service,
        operation,
        joiner: represented,
        unit: None,
        tenant: None,
        system: None,
        organiser: Organiser::Later,
    };
    decide_at(app, &request, call.at, call.at).await.map(Some)
}
