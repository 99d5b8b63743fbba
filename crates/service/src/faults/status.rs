//! What works, for everybody: what does not, what will not for a while, and what was.

use super::{Kept, Said};
use crate::{Actor, App, ServiceError};
use liitos_domain::fault::{Course, DAYS, Day, Fault, Kind, strip};
use liitos_domain::{Moment, Service};
use liitos_store::{directory, faults};

/// Most faults that are shown.
const SHOWN: u64 = 500;
/// Most that are shown to whom they hit.
const SHOWN_OWN: u64 = 20;

/// A fault with what was said of it, the newest first.
#[derive(Clone, Debug)]
pub struct Told {
    /// It.
    pub kept: Kept,
    /// What was said.
    pub said: Vec<Said>,
}

/// What everybody may read.
#[derive(Clone, Debug)]
pub struct Status {
    /// When it was asked.
    pub at: Moment,
    /// What is.
    pub going: Vec<Told>,
    /// What is planned, the soonest first.
    pub coming: Vec<Told>,
    /// What ended or was called off in the last [`DAYS`] days, the newest first.
    pub past: Vec<Told>,
    /// Each service.
    pub services: Vec<Works>,
}

/// Whether a service works.
#[derive(Clone, Debug)]
pub struct Works {
    /// Which.
    pub service: Service,
    /// What keeps all of it from working now.
    pub not: Option<Kind>,
    /// What did on each day, the oldest first.
    pub days: Vec<Day>,
}

/// What everybody may read of what works.
///
/// # Errors
/// [`ServiceError`].
pub async fn status(app: &App) -> Result<Status, ServiceError> {
    let now = app.now();
    let since = now.midnight().plus_days(1 - DAYS);
    let kept = faults::public_since(app.store.read(), since, SHOWN).await?;
    let all: Vec<_> = kept.iter().map(|kept| kept.fault.clone()).collect();
    let closings = directory::closings(app.store.read(), directory::version(app.store.read()).await?).await?.closings;
    let of = |service: Service| {
        let whole = |fault: &&Fault| fault.course(now) == Course::Going && fault.hits_all_of(service);
        let not = all.iter().filter(whole).map(|fault| fault.kind).min();
        // What the operator has closed for everybody works for nobody, whatever was told of it.
        let closed = closings.iter().any(|row| row.valid.contains(now) && row.closes_all_of(service));
        let not = not.or(closed.then_some(Kind::Fault));
        Works { service, not, days: strip(&all, service, now) }
    };
    let services = Service::APPLICABLE.iter().map(|service| of(*service)).collect();
    let mut status = Status { at: now, going: Vec::new(), coming: Vec::new(), past: Vec::new(), services };
    for told in with_words(app, kept).await? {
        match told.kept.fault.course(now) {
            Course::Going => status.going.push(told),
            Course::Coming => status.coming.push(told),
            Course::Over | Course::CalledOff => status.past.push(told),
        }
    }
    status.coming.sort_by_key(|told| told.kept.fault.begins);
    Ok(status)
}

async fn with_words(app: &App, kept: Vec<Kept>) -> Result<Vec<Told>, ServiceError> {
    let keys: Vec<i64> = kept.iter().map(|kept| kept.key).collect();
    let said = faults::said(app.store.read(), &keys).await?;
    let of = |kept: Kept| {
        let said = said.iter().filter(|said| said.fault == kept.key).cloned().collect();
        Told { kept, said }
    };
    Ok(kept.into_iter().map(of).collect())
}

/// What the organisation acted for was told of and is not over, the newest first.
///
/// # Errors
/// L-602 for whoever acts for none.
pub async fn own(app: &App, actor: &Actor) -> Result<Vec<Told>, ServiceError> {
    with_words(app, faults::open_told(app.store.read(), actor.joiner()?, SHOWN_OWN).await?).await
}
