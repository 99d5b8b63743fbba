//! Applications as pages show them.

use super::facts::{Checked, checked};
use super::{load, own};
use crate::{Actor, App, ServiceError, StaffRole};
use liitos_domain::Sha256Hash;
use liitos_domain::application::{State, effect};
use liitos_domain::directory::{Effect, EffectError};
use liitos_store::applications::{self, Stored};
use liitos_store::directory;

/// What approval would change, with what the approver binds to.
#[derive(Clone, Debug)]
pub struct Effected {
    /// The change.
    pub effect: Effect,
    /// Its hash.
    pub hash: Sha256Hash,
    /// The directory version it was computed on.
    pub base_version: u64,
    /// How many rights there are now, none of which changes but those shown.
    pub standing_rights: usize,
    /// Why it could not be applied, if so.
    pub contradiction: Option<EffectError>,
}

/// An application of the organisation acted for, with its verdict.
///
/// # Errors
/// L-609 for a foreign application.
pub async fn view(app: &App, actor: &Actor, number: &str) -> Result<(Stored, Checked), ServiceError> {
    let stored = own(app, actor, number).await?;
    let verdict = checked(app, &stored.application).await?;
    Ok((stored, verdict))
}

/// All applications of the organisation acted for.
///
/// # Errors
/// L-602 without an organisation.
pub async fn of_own(app: &App, actor: &Actor) -> Result<Vec<Stored>, ServiceError> {
    Ok(applications::of_joiner(app.store.read(), actor.joiner()?).await?)
}

/// The operator's queue: what waits, longest first.
///
/// # Errors
/// L-602 without the position.
pub async fn queue(app: &App, actor: &Actor) -> Result<Vec<Stored>, ServiceError> {
    actor.must_be(StaffRole::CaseHandler)?;
    Ok(applications::in_state(app.store.read(), "sent").await?)
}

/// An application as the operator decides on it, with its exact effect while it waits.
///
/// # Errors
/// L-602 without the position; L-609 when there is none.
pub async fn decision_view(
    app: &App,
    actor: &Actor,
    number: &str,
) -> Result<(Stored, Checked, Option<Effected>), ServiceError> {
    actor.must_be(StaffRole::CaseHandler)?;
    let stored = load(&app.store, number).await?;
    let verdict = checked(app, &stored.application).await?;
    let effected = match stored.application.state {
        State::Sent { at } => {
            let version = directory::version(app.store.read()).await?;
            let rows = directory::rows(app.store.read(), version).await?;
            effected(&stored, &rows, version, at)?
        }
        _ => None,
    };
    Ok((stored, verdict, effected))
}

/// Computes the effect on given rows; the same for showing and for applying.
pub(super) fn effected(
    stored: &Stored,
    rows: &directory::Rows,
    base_version: u64,
    sent_at: liitos_domain::Moment,
) -> Result<Option<Effected>, ServiceError> {
    let member = rows.joiners.iter().any(|joiner| joiner.oid == stored.application.joiner);
    let Some(effect) = effect(&stored.application, member, sent_at) else {
        return Ok(None);
    };
    Ok(Some(Effected {
        hash: effect.hash()?,
        base_version,
        standing_rights: rows.rights.len(),
        contradiction: effect.check(&rows.joiners, &rows.access_points, &rows.rights).err(),
        effect,
    }))
}
