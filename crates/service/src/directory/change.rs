//! The one way into the address directory: an effect, checked against what holds under the directory's lock, entered as the
//! next version with its basis, told in the audit trail and to whom it makes break a rule, and announced to gateways once it
//! is committed.

use super::with_branches;
use crate::{App, ServiceError, notices, outbound, rules};
use liitos_domain::directory::{Basis, Effect, Rows};
use liitos_domain::notice::Notice;
use liitos_domain::outbound::LAPSES_AFTER_DAYS;
use liitos_domain::{Moment, Oid};
use liitos_store::directory::{self, Origin};
use liitos_store::{Lock, Transaction, audit};

/// The newest version with its rows; the lock is held until the transaction ends, so they stay the newest.
pub(crate) async fn hold(tx: &Transaction) -> Result<(u64, Rows), ServiceError> {
    tx.lock(Lock::Directory).await?;
    let version = directory::version(tx.connection()).await?;
    Ok((version, directory::rows(tx.connection(), version).await?))
}

/// What enters, and why.
pub(crate) struct Change<'a> {
    pub(crate) effect: &'a Effect,
    /// What it rests on, and whose wish it was.
    pub(crate) basis: Basis,
    pub(crate) author: String,
    /// Who approves; the actor of the audit event.
    pub(crate) approver: &'a str,
    /// The audit event.
    pub(crate) action: &'static str,
    pub(crate) subject: &'a str,
    /// Why, in somebody's own words, where the basis does not say it; empty otherwise.
    pub(crate) why: &'a str,
}

/// Enters a change on rows from [`hold`] and gives its version.
pub(crate) async fn enter(
    app: &App,
    tx: &Transaction,
    rows: &Rows,
    change: Change<'_>,
    now: Moment,
) -> Result<u64, ServiceError> {
    let Change { effect, basis, author, approver, action, subject, why } = change;
    let after = rows.after(effect)?;
    // A request lives so long: none is left in a unit that ends.
    outbound::may_end(tx, &effect.silences(rows, &after, now.plus_days(LAPSES_AFTER_DAYS))).await?;
    let hash = effect.hash()?;
    let origin = Origin { basis, author, approver: approver.to_owned() };
    let version = directory::record(tx, effect, &hash, &origin, now).await?;
    let reason = Some(why).filter(|why| !why.is_empty());
    let details = serde_json::json!({ "effect": hash, "version": version, "reason": reason });
    audit::record(tx, &audit::Event { actor: approver, action, subject, details }, now).await?;
    tell(app, tx, effect, (version, &origin, why), now).await?;
    rules::refire(app, tx, &after, effect, now).await?;
    Ok(version)
}

/// Commits, and wakes the gateways that wait.
pub(crate) async fn commit(app: &App, tx: Transaction) -> Result<(), ServiceError> {
    tx.commit().await?;
    app.publication.announce();
    Ok(())
}

/// Tells everybody whom the change concerns and who did not ask for it.
async fn tell(
    app: &App,
    tx: &Transaction,
    effect: &Effect,
    (version, origin, why): (u64, &Origin, &str),
    now: Moment,
) -> Result<(), ServiceError> {
    // A pharmacist's branches are who asked, too.
    let asked = match Oid::parse(&origin.author) {
        Ok(author) => with_branches(app, &author).await?,
        Err(_) => Vec::new(),
    };
    // Whom a move concerns its leader's move tells, each of its own second.
    if matches!(origin.basis, Basis::Move(_)) {
        return Ok(());
    }
    let mut concerned = effect.concerned();
    if !effect.closings_opened.is_empty() || !effect.closings_ended.is_empty() {
        // Whom those hit is told of them by a notice of their own: it may be everybody.
        notices::tell_soon(tx, (version, why), now).await?;
        let rest = Effect { closings_opened: Vec::new(), closings_ended: Vec::new(), ..effect.clone() };
        concerned = rest.concerned();
    }
    for joiner in concerned.into_iter().filter(|joiner| !asked.contains(joiner)) {
        let touches = effect.touches(&joiner);
        let notice = Notice::Directory { version, basis: origin.basis.to_string(), touches };
        notices::tell(app, tx, &format!("directory {version} {joiner}"), &joiner, &notice, now).await?;
    }
    Ok(())
}
