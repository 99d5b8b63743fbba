//! Sends a move.

use super::look::looked;
use super::tell::{MoveTold, tell_soon};
use super::{Move, changed_meanwhile, editable, followed, keep, state_forbids};
use crate::notices::Desk;
use crate::{Actor, App, ServiceError};
use liitos_domain::moves::Course;
use liitos_domain::notice::MoveNews;
use liitos_domain::{Oid, RefusalCode, Sha256Hash};
use liitos_store::{Lock, moves};

/// Sends a move as it was shown: it waits for the operator, and whoever has to agree is asked.
///
/// # Errors
/// L-602 without the position; L-603 when it says something else than was shown; L-605 when it is not being written; L-606 with the first thing that stands in its way; L-609 for a
/// foreign one.
pub async fn send(app: &App, actor: &Actor, number: &str, shown: &Sha256Hash) -> Result<(), ServiceError> {
    let one = followed(app, actor, Desk::Own, number).await?;
    if !editable(one.course) {
        return Err(state_forbids(&one));
    }
    let tx = app.store.begin().await?;
    tx.lock(Lock::Directory).await?;
    let looked = looked(app, &one).await?;
    if let Some(hindrance) = looked.hindrance() {
        return Err(ServiceError::refused(RefusalCode::FormInvalid, &hindrance));
    }
    if *shown != looked.hash {
        return Err(changed_meanwhile());
    }
    let now = app.now();
    moves::put_moved(&tx, one.key, &looked.moved()?).await?;
    let consents: Vec<(Oid, _)> = looked.consents.into_iter().collect();
    moves::agree(&tx, one.key, &consents, (&actor.reference, now)).await?;
    let next = Move { course: Course::Sent, sent_at: Some(now), ..one };
    keep(&tx, &next, ("sent", Some(actor), Desk::Own), None, now).await?;
    tell_soon(&tx, (&next, MoveNews::Asked), MoveTold::All, now).await?;
    tx.commit().await?;
    Ok(())
}
