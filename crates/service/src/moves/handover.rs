//! A joiner hands itself over: a key that whoever it gives it to can use once, in a move of it.

use super::HandoverKey;
use crate::sign_in::register_entry;
use crate::{Actor, App, ServiceError};
use liitos_domain::{Act, Moment, Oid, RefusalCode, Sha256Hash};
use liitos_store::{Lock, Transaction, audit, handover_keys};

/// So many days a key can be used. Assumed.
pub const KEY_DAYS: i64 = 30;
/// Most that can be used at a time, and most that are shown.
const MOST: u64 = 10;
const MOST_SHOWN: u64 = 50;

/// Gives a new key of the organisation acted for: shown now, kept nowhere. `meant_for`: the OID of whoever alone can use it; empty: whoever has it.
///
/// # Errors
/// L-602 without the position; L-605 when too many can be used already; L-606 for a number that no register knows.
pub async fn give_key(app: &App, actor: &Actor, meant_for: &str) -> Result<String, ServiceError> {
    let now = app.now();
    let joiner = actor.must(Act::Technical, now)?;
    let meant_for = meant(app, meant_for.trim()).await?;
    let secret = app.secret();
    let tx = app.store.begin().await?;
    tx.lock(Lock::Grants).await?;
    if handover_keys::usable(tx.connection(), joiner, now).await? >= MOST {
        return Err(ServiceError::refused(RefusalCode::StateForbids, "keys"));
    }
    let digest = Sha256Hash::of(secret.as_bytes());
    let key = handover_keys::add(
        &tx,
        (&digest, joiner, meant_for.as_ref()),
        (now, now.plus_days(KEY_DAYS)),
        &actor.reference,
    )
    .await?;
    recorded(&tx, actor, ("handover.given", joiner, key), now).await?;
    tx.commit().await?;
    Ok(secret)
}

/// For whom a key is meant: somebody whom a register knows.
async fn meant(app: &App, text: &str) -> Result<Option<Oid>, ServiceError> {
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = || ServiceError::refused(RefusalCode::FormInvalid, "meant_for");
    let oid = Oid::parse(text).map_err(|_| wrong())?;
    if register_entry(app, &oid).await?.is_none() {
        return Err(wrong());
    }
    Ok(Some(oid))
}

/// Takes a key of the organisation acted for back, before it is used.
///
/// # Errors
/// L-602 without the position; L-609 when there is none that could be used.
pub async fn end_key(app: &App, actor: &Actor, key: i64) -> Result<(), ServiceError> {
    let now = app.now();
    let joiner = actor.must(Act::Technical, now)?;
    let tx = app.store.begin().await?;
    if !handover_keys::end(&tx, key, joiner, now).await? {
        return Err(ServiceError::refused(RefusalCode::NotFound, "key"));
    }
    recorded(&tx, actor, ("handover.ended", joiner, key), now).await?;
    tx.commit().await?;
    Ok(())
}

async fn recorded(
    tx: &Transaction,
    actor: &Actor,
    (action, joiner, key): (&str, &Oid, i64),
    at: Moment,
) -> Result<(), ServiceError> {
    let details = serde_json::json!({ "key": key });
    let event = audit::Event { actor: &actor.reference, action, subject: joiner.as_str(), details };
    audit::record(tx, &event, at).await?;
    Ok(())
}

/// The keys that the organisation acted for has given, the newest first.
///
/// # Errors
/// L-602 without an organisation.
pub async fn keys(app: &App, actor: &Actor) -> Result<Vec<HandoverKey>, ServiceError> {
    Ok(handover_keys::of_joiner(app.store.read(), actor.joiner()?, MOST_SHOWN).await?)
}
