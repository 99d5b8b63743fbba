//! Notifications as they stand.

use super::look::{Looked, looked};
use super::{Happened, Notification, own, sent};
use crate::directory::{Pick, own_rights};
use crate::notices::Desk;
use crate::{Actor, App, ServiceError};
use liitos_domain::directory::{Effect, Right};
use liitos_domain::notification::Course;
use liitos_domain::{Act, Duty};
use liitos_store::{directory, notifications};

/// Notifications shown.
const SHOWN: u64 = 200;
/// Events shown.
const EVENTS: u64 = 200;

/// A notification with all that is known of it.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The notification.
    pub notification: Notification,
    /// What it will be on its day, while it is written or waits.
    pub looked: Option<Looked>,
    /// What it changed, once it is entered.
    pub entered: Option<Effect>,
    /// What has happened, the newest first.
    pub history: Vec<Happened>,
}

/// The notifications on a desk: the organisation's own, the newest first; or those that the operator was sent, those that wait first.
///
/// # Errors
/// L-602 when the desk is not the actor's.
pub async fn list(app: &App, actor: &Actor, desk: Desk) -> Result<Vec<Notification>, ServiceError> {
    Ok(match desk {
        Desk::Own => {
            let joiner = actor.must(Act::Look, app.now())?;
            notifications::of_joiner(app.store.read(), joiner, SHOWN).await?
        }
        Desk::Office => {
            actor.must_see(Duty::Keep)?;
            notifications::sent(app.store.read(), SHOWN).await?
        }
    })
}

/// A notification on a desk.
///
/// # Errors
/// L-602 when the desk is not the actor's; L-609 when there is no such one on it.
pub async fn show(app: &App, actor: &Actor, desk: Desk, number: &str) -> Result<Shown, ServiceError> {
    let notification = match desk {
        Desk::Own => {
            actor.must(Act::Look, app.now())?;
            own(app, actor, number).await?
        }
        Desk::Office => {
            actor.must_see(Duty::Keep)?;
            sent(app, number).await?
        }
    };
    let db = app.store.read();
    let looked = match notification.course {
        Course::Draft | Course::Sent => Some(looked(app, &notification).await?),
        Course::Approved | Course::Withdrawn => None,
    };
    let entered = match notification.version {
        Some(version) => directory::effects(db, version.saturating_sub(1), version).await?.into_iter().next(),
        None => None,
    };
    let history = notifications::history(db, notification.key, EVENTS).await?;
    Ok(Shown { notification, looked, entered, history })
}

/// What there is to choose from: the rights of the organisation acted for that have not ended, and the access points that it may use.
///
/// # Errors
/// L-602 without an organisation.
pub async fn choices(app: &App, actor: &Actor) -> Result<(Vec<Right>, Vec<Pick>), ServiceError> {
    let joiner = actor.joiner()?.clone();
    let now = app.now();
    let rights = own_rights(app, actor).await?;
    let (picks, _) = crate::directory::choices(app, actor, &[joiner], false).await?;
    Ok((rights.into_iter().filter(|right| !right.valid.ended(now)).collect(), picks))
}
