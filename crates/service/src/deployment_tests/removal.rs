//! Test data is removed when the joiner asks, and not before: declared void, as any document that should not be there; nothing is ever taken out of the archive or its logs.

use super::documents::{self, standing};
use super::gather::listen;
use super::{DeploymentTest, keep, missing, runs, state_forbids};
use crate::archive::{Voided, controllers_of, declare_void};
use crate::notices::Desk;
use crate::{Actor, App, ServiceError};
use liitos_domain::archive::{Ground, Use};
use liitos_domain::deployment_test::Stored;
use liitos_domain::{Act, Duty, Oid, RefusalCode};
use liitos_store::deployment_tests as stored;
use std::collections::BTreeSet;

/// Asks the operator to remove what a test left. It is for whoever looks after the register.
///
/// # Errors
/// L-602 without the position; L-603 when somebody else changed the test at the same time; L-605 while it is being made, or when it was asked before; L-609 for a foreign test.
pub async fn ask_removal(app: &App, actor: &Actor, number: &str) -> Result<(), ServiceError> {
    let joiner = actor.must(Act::Keep, app.now())?.clone();
    let found = stored::find(app.store.read(), number).await?;
    let one = found.filter(|one| one.joiner == joiner).ok_or_else(missing)?;
    if runs(one.course) || one.removal_asked_at.is_some() {
        return Err(state_forbids(&one));
    }
    let now = app.now();
    let next = DeploymentTest { removal_asked_at: Some(now), ..one };
    let tx = app.store.begin().await?;
    keep(&tx, &next, ("removal-asked", actor, Desk::Own), None, now).await?;
    tx.commit().await?;
    Ok(())
}

/// Removes what a test left, as the joiner asked: of what is in its registers now every set is void from now on; how many are. What lies in another's register, a tenant's or an
/// organiser's, is that one's to ask for, and is counted apart in the history. What was removed before a kill stays so, and the rest follows when it is tried again.
///
/// # Errors
/// L-602 without the position; L-603 when somebody else changed the test at the same time; L-605 when nobody asked, or it is done; L-609 when there is no such test; L-510 when a document is being corrected all the while.
pub async fn remove(app: &App, actor: &Actor, number: &str) -> Result<usize, ServiceError> {
    actor.must_carry_out(Duty::Handle)?;
    let found = stored::find(app.store.read(), number).await?;
    let one = found.filter(|one| one.removal_asked_at.is_some()).ok_or_else(missing)?;
    if one.removed_at.is_some() {
        return Err(state_forbids(&one));
    }
    listen(app, &one).await?;
    let controllers = controllers_of(app, &one.joiner).await?;
    let mut sets = BTreeSet::new();
    let (mut count, mut elsewhere) = (0, 0);
    for kept in standing(app, left(app, &one).await?).await? {
        if !sets.insert(kept.stored.set) {
            continue;
        }
        if controllers.contains(&kept.active) {
            void(app, actor, (&one, &kept.stored.document), &controllers).await?;
            count += 1;
        } else {
            elsewhere += 1;
        }
    }
    let now = app.now();
    let next = DeploymentTest { removed_at: Some(now), ..one };
    let tx = app.store.begin().await?;
    keep(&tx, &next, ("removed", actor, Desk::Office), Some(format!("{count} {elsewhere}")), now).await?;
    tx.commit().await?;
    Ok(count)
}

/// What a test left: what it stored, and what came to it from the test before a change.
pub(super) async fn left(
    app: &App,
    one: &DeploymentTest,
) -> Result<Vec<(Stored, liitos_domain::Moment)>, ServiceError> {
    let mut left = documents::own(app, one).await?;
    left.extend(one.content.moved.iter().map(|moved| (moved.clone(), one.begun_at)));
    Ok(left)
}

/// Declares one set void, where it is not.
async fn void(
    app: &App,
    actor: &Actor,
    (one, document): (&DeploymentTest, &Oid),
    controllers: &[Oid],
) -> Result<(), ServiceError> {
    let why = format!("deployment test {}", one.number);
    let line = |act, controller: &Oid| Use {
        at: app.now(),
        by: actor.reference.clone(),
        act,
        ground: Ground::Ordered,
        controller: controller.clone(),
        joiner: one.joiner.clone(),
        tenant: None,
        document: None,
        person: None,
        decision: String::new(),
        more: Some(why.clone()),
    };
    match declare_void(app, document, controllers, (&why, &actor.reference), line).await? {
        Voided::Now | Voided::Before => Ok(()),
        Voided::Elsewhere => Err(ServiceError::refused(RefusalCode::DocumentNotFound, document.as_str())),
        Voided::Corrected => Err(ServiceError::refused(RefusalCode::NotTheNewest, "setId")),
    }
}
