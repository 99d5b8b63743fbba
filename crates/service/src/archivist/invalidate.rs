//! Declares a document's set void, with the archivist's reason.

use super::Desk;
use super::read::own;
use crate::{Actor, App, ServiceError};
use liitos_domain::archive::{Act, Standing};
use liitos_domain::{Oid, RefusalCode};
use liitos_store::{Lock, archive, controller_runs};

/// Longest reason, in letters.
const LONGEST: usize = 500;

/// How often it is tried against corrections at the same time.
const TRIES: usize = 3;

/// Declares void the set of a document; all its versions stay readable, and nothing follows it any more.
///
/// # Errors
/// As [`enter`](super::enter); L-507 when it is in no register of theirs; L-606 without a reason; L-511 when it is void already; L-510 when others correct it all the while.
pub async fn invalidate(app: &App, actor: &Actor, id: &Oid, reason: &str) -> Result<(), ServiceError> {
    let desk = Desk::open(app, actor).await?;
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > LONGEST {
        return Err(ServiceError::refused(RefusalCode::FormInvalid, "reason"));
    }
    let missing = || ServiceError::refused(RefusalCode::DocumentNotFound, id.as_str());
    let (kept, _) = own(app, &desk, id).await?.ok_or_else(missing)?;
    let tx = app.store.begin().await?;
    // Whose it is stays so until it is void.
    tx.share(Lock::Controllers).await?;
    let active = controller_runs::succession(tx.connection()).await?.active(&kept.cell).0.clone();
    if !desk.controllers.contains(&active) {
        return Err(missing());
    }
    let mut changed = false;
    for _ in 0..TRIES {
        // A correction that was waited for has made another version the newest: that one is declared void then.
        changed = changed || archive::invalidate(&tx, &kept.set_id, (reason, &desk.by), app.now()).await?;
    }
    let newest = archive::newest(tx.connection(), &kept.set_id).await?.ok_or_else(missing)?;
    if !changed {
        let code = match newest.standing {
            Standing::Invalidated => RefusalCode::Invalidated,
            Standing::Newest | Standing::Replaced => RefusalCode::NotTheNewest,
        };
        return Err(ServiceError::refused(code, "setId"));
    }
    let mut line = desk.line(app, Act::Invalidated, &active);
    (line.document, line.person) = (Some(newest.id), Some(kept.person));
    archive::add_uses(&tx, &[line]).await?;
    tx.commit().await?;
    Ok(())
}
