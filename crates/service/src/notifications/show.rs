//! Notifications as they stand.

use super::final_report::kept;
use super::look::{Looked, looked, needless};
use super::{Happened, Notification, own, sent};
use crate::archive::controllers_of;
use crate::changes::documents_of;
use crate::directory::{Pick, own_rights, rights_with_branches, with_branches};
use crate::notices::Desk;
use crate::sign_in::register_entry;
use crate::{Actor, App, ServiceError};
use liitos_domain::application::Form;
use liitos_domain::archive::RunState;
use liitos_domain::change;
use liitos_domain::directory::{CollectionPoint, Effect, Right, Tenant};
use liitos_domain::notification::{Course, Kind};
use liitos_domain::register::RegisterKind;
use liitos_domain::{Act, Duty, Oid};
use liitos_store::certificates::KnownCertificate;
use liitos_store::directory::About;
use liitos_store::sealed::Copy;
use liitos_store::{changes, controller_runs, directory, notifications, outbound};
use std::collections::BTreeSet;

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
    /// How the controller update run stands that was ordered by it.
    pub run: Option<RunState>,
    /// Where the change stands that it became.
    pub planned: Option<change::Course>,
    /// What is left of a joining whose end has come.
    pub report: Option<Report>,
    /// What is kept of its final report, without the bytes.
    pub kept: Vec<Copy>,
    /// What has happened, the newest first.
    pub history: Vec<Happened>,
}

/// What is left of a joining that has ended, by what is so now.
#[derive(Clone, Debug)]
pub struct Report {
    /// Rights that are in force.
    pub rights: usize,
    /// Documents in its controllers' registers.
    pub documents: u64,
    /// Renewal requests that wait for its units.
    pub requests: u64,
    /// Certificates that nobody needs any more.
    pub certificates: Vec<KnownCertificate>,
}

/// What is left of a joining that has ended.
pub(super) async fn left(app: &App, notification: &Notification, entered: &Effect) -> Result<Report, ServiceError> {
    let (db, now) = (app.store.read(), app.now());
    let rights = rights_with_branches(app, &notification.joiner).await?;
    let controllers = controllers_of(app, &notification.joiner).await?.into_iter().collect();
    let units: BTreeSet<&Oid> = entered.rights_closed.iter().filter_map(|(right, _)| right.unit.as_ref()).collect();
    Ok(Report {
        rights: rights.iter().filter(|right| right.valid.contains(now)).count(),
        documents: documents_of(app, &controllers).await?.iter().map(|(_, _, count)| count).sum(),
        requests: outbound::waiting_for(db, units.into_iter()).await?,
        certificates: needless(app, entered).await?,
    })
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
            let notification = sent(app, number).await?;
            // What is written on is the organisation's until it is sent again.
            let written_on = notification.course == Course::Draft;
            let form = if written_on { Form::default() } else { notification.form.clone() };
            Notification { form, ..notification }
        }
    };
    let db = app.store.read();
    let looked = match notification.course {
        Course::Draft if desk == Desk::Office => None,
        Course::Draft | Course::Sent => Some(looked(app, &notification).await?),
        Course::Approved | Course::Withdrawn => None,
    };
    let entered = match notification.version {
        Some(version) => directory::effects(db, version.saturating_sub(1), version).await?.into_iter().next(),
        None => None,
    };
    let history = notifications::history(db, notification.key, EVENTS).await?;
    let over = notification.course == Course::Approved && notification.day.is_some_and(|day| day <= app.now());
    let report = match &entered {
        Some(effect) if over && notification.kind == Kind::Termination => Some(left(app, &notification, effect).await?),
        _ => None,
    };
    let kept = if report.is_some() { kept(app, &notification).await? } else { Vec::new() };
    let run = match &notification.run {
        Some(number) => controller_runs::find(db, number).await?.map(|run| run.state),
        None => None,
    };
    let planned = match &notification.change {
        Some(number) => changes::find(db, number).await?.map(|change| change.course),
        None => None,
    };
    Ok(Shown { notification, looked, entered, run, planned, report, kept, history })
}

/// What the organisation acted for may notify: an intermediary that is no joiner has access points, and uses nothing.
///
/// # Errors
/// L-602 without the position.
pub async fn kinds(app: &App, actor: &Actor) -> Result<Vec<Kind>, ServiceError> {
    let joiner = actor.must(Act::Technical, app.now())?;
    let register = register_entry(app, joiner).await?.map(|(kind, _)| kind);
    let intermediary = register == Some(RegisterKind::Intermediaries);
    let theirs = |kind: &Kind| match kind {
        Kind::Intermediary => intermediary,
        Kind::Termination => true,
        kind => !intermediary || kind.of_administrator(),
    };
    Ok(Kind::ALL.iter().copied().filter(theirs).collect())
}

/// The tenants that work by the joining of the organisation acted for, and the collection points that it administers: those that have not ended.
///
/// # Errors
/// L-602 without an organisation.
pub async fn held(app: &App, actor: &Actor) -> Result<(Vec<Tenant>, Vec<CollectionPoint>), ServiceError> {
    let (own, now) = (with_branches(app, actor.joiner()?).await?, app.now());
    let about = About { joiners: own.iter().cloned().collect(), ..About::default() };
    let mut rows = directory::about(app.store.read(), &about).await?;
    rows.tenants.retain(|row| own.contains(&row.host) && !row.valid.ended(now));
    rows.collection_points.retain(|row| own.contains(&row.administrator) && !row.valid.ended(now));
    Ok((rows.tenants, rows.collection_points))
}

/// What there is to choose from: the rights of the organisation acted for that have not ended, and the access points that it may use.
///
/// # Errors
/// L-602 without an organisation.
pub async fn choices(app: &App, actor: &Actor) -> Result<(Vec<Right>, Vec<Pick>), ServiceError> {
    let (own, now) = (with_branches(app, actor.joiner()?).await?, app.now());
    let rights = own_rights(app, actor).await?;
    let (picks, _) = crate::directory::choices(app, actor, &own, false).await?;
    Ok((rights.into_iter().filter(|right| !right.valid.ended(now)).collect(), picks))
}
