//! Shows a change at an address that only those know who are given it: suppliers, intermediaries, whoever has no account here.

use super::show::{Shown, whole};
use super::{Change, changed_meanwhile, found, happened, open, works_for};
use crate::notices::Desk;
use crate::{Actor, App, ServiceError};
use liitos_domain::change::agreed;
use liitos_domain::{RefusalCode, Sha256Hash};
use liitos_store::changes;

/// Shows it from now on, at a new address: its secret, which is kept nowhere. An address of before shows nothing any more.
///
/// # Errors
/// L-602 without the position, or for a joiner that is no party; L-605 as long as somebody who is asked has not agreed, or when it is not followed any more;
/// L-603 when somebody else changed it at the same time; L-609 when there is none.
pub async fn share(app: &App, actor: &Actor, desk: Desk, number: &str) -> Result<String, ServiceError> {
    let joiner = works_for(app, actor, desk)?;
    let (change, parties) = open(app, number, joiner.as_ref()).await?;
    if joiner.is_some() && !agreed(&parties) {
        return Err(ServiceError::refused(RefusalCode::StateForbids, "agreed"));
    }
    let (now, secret) = (app.now(), app.secret());
    let until = change.story.day.max(now).plus_days(changes::SHOWN_AFTER_DAYS);
    let tx = app.store.begin().await?;
    if !changes::keep(&tx, &change).await? {
        return Err(changed_meanwhile());
    }
    changes::share(&tx, change.key, Some((Sha256Hash::of(secret.as_bytes()), until))).await?;
    happened(&tx, &change, ("shared", Some(actor), None), now).await?;
    tx.commit().await?;
    Ok(secret)
}

/// Shows it no more, however it stands.
///
/// # Errors
/// L-602 without the position, or for a joiner that is no party; L-609 when there is none.
pub async fn unshare(app: &App, actor: &Actor, desk: Desk, number: &str) -> Result<(), ServiceError> {
    let joiner = works_for(app, actor, desk)?;
    let (change, parties) = found(app, number, joiner.as_ref()).await?;
    if joiner.is_some_and(|joiner| !parties.iter().any(|party| party.joiner == joiner)) {
        return Err(ServiceError::refused(RefusalCode::NotAllowed, "organisation"));
    }
    let tx = app.store.begin().await?;
    changes::share(&tx, change.key, None).await?;
    happened(&tx, &change, ("unshared", Some(actor), None), app.now()).await?;
    tx.commit().await?;
    Ok(())
}

/// A change for whoever knows its address: tasks, days and picture; not who did what, who has agreed, what stands in the way.
///
/// # Errors
/// L-609 when nothing is shown there.
pub async fn shared(app: &App, secret: &str) -> Result<Shown, ServiceError> {
    let change = changes::shared(app.store.read(), Sha256Hash::of(secret.as_bytes()), app.now()).await?;
    let change = change.ok_or_else(|| ServiceError::refused(RefusalCode::NotFound, "change"))?;
    let change = Change { obstacles: Vec::new(), rights: (0, 0), ..change };
    Ok(Shown { history: Vec::new(), all: false, ..whole(app, change, Vec::new()).await? })
}
