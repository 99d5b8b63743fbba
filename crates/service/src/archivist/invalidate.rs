//! Declares a document's set void, with the archivist's reason.

use super::Desk;
use super::read::own;
use crate::archive::{Voided, declare_void};
use crate::{Actor, App, ServiceError};
use liitos_domain::{Oid, RefusalCode};

/// Longest reason, in letters.
const LONGEST: usize = 500;

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
    // Of which service it is does not change; whose it is is asked again where it is declared.
    if own(app, &desk, id).await?.is_none() {
        return Err(ServiceError::refused(RefusalCode::DocumentNotFound, id.as_str()));
    }
    let line = |act, controller: &Oid| desk.line(app, act, controller);
    match declare_void(app, id, &desk.controllers, (reason, &desk.by), line).await? {
        Voided::Now => Ok(()),
        Voided::Before => Err(ServiceError::refused(RefusalCode::Invalidated, "setId")),
        Voided::Elsewhere => Err(ServiceError::refused(RefusalCode::DocumentNotFound, id.as_str())),
        Voided::Corrected => Err(ServiceError::refused(RefusalCode::NotTheNewest, "setId")),
    }
}
