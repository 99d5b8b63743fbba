//! Applications as pages show them.

use super::facts::{Checked, checked, pharmacies_ever};
use super::{own, sent};
use crate::directory::proof::proved;
use crate::{Actor, App, ServiceError};
use liitos_domain::application::steps::connections;
use liitos_domain::application::{Application, Held, JoinerKind, State, Step, effect};
use liitos_domain::directory::{Effect, EffectError, Proof};
use liitos_domain::{Duty, Moment, Oid, Sha256Hash};
use liitos_store::applications::{self, FirstApproval, Stored};
use liitos_store::directory;
use std::collections::BTreeSet;

/// What approval would change, with what the approver binds to.
#[derive(Clone, Debug)]
pub struct Effected {
    /// The change.
    pub effect: Effect,
    /// Its hash.
    pub effect_hash: Sha256Hash,
    /// What an approval is bound to: the effect, what it does, and all that was filled in.
    pub hash: Sha256Hash,
    /// The directory version it was computed on.
    pub base_version: u64,
    /// What it does to decisions, or why it could not be applied.
    pub outcome: Result<Proof, EffectError>,
}

impl Effected {
    /// Those whose decisions it changes though it does not name them: whoever a unit that joins belonged to, for instance.
    #[must_use]
    pub fn others(&self) -> Vec<&Oid> {
        self.outcome.as_ref().map(|proof| proof.others(&self.effect.named())).unwrap_or_default()
    }
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

/// An application as the operator decides on it, without the connections that are left out, with its exact effect while it waits; one
/// that was approved in part, as it was approved.
///
/// # Errors
/// L-602 without the position; L-609 when there is none.
pub async fn decision_view(
    app: &App,
    actor: &Actor,
    number: &str,
    left_out: &BTreeSet<usize>,
) -> Result<(Stored, Checked, Option<Effected>), ServiceError> {
    actor.must_see(Duty::Handle)?;
    let mut stored = sent(app, number).await?;
    let left_out = match &stored.application.state {
        State::Approved { in_part: Some(part), .. } => &part.left_out.clone(),
        _ => left_out,
    };
    stored.application = stored.application.without(left_out);
    let verdict = checked(app, &stored.application).await?;
    let effected = match stored.application.state {
        State::Sent { at } => {
            let version = directory::version(app.store.read()).await?;
            effected(app, &stored, version, at).await?
        }
        _ => None,
    };
    Ok((stored, verdict, effected))
}

/// The change that an approved application made, as it stands in the directory's log.
///
/// # Errors
/// L-602 without the position.
pub async fn approved_effect(
    app: &App,
    actor: &Actor,
    application: &Application,
) -> Result<Option<Effect>, ServiceError> {
    actor.must_see(Duty::Handle)?;
    let State::Approved { version, .. } = application.state else { return Ok(None) };
    let made = directory::changes_after(app.store.read(), version.saturating_sub(1), 1).await?;
    Ok(made.into_iter().next().filter(|(change, _)| change.version == version).map(|(change, _)| change.effect))
}

/// The first of two approvals of an application that waits, if somebody gave one.
///
/// # Errors
/// L-602 without the position.
pub async fn first_of_two(app: &App, actor: &Actor, stored: &Stored) -> Result<Option<FirstApproval>, ServiceError> {
    actor.must_see(Duty::Handle)?;
    Ok(applications::first_approval(app.store.read(), stored.key).await?)
}

/// The connections of an application, each with its number and access point, for leaving some out.
///
/// # Errors
/// L-602 without the position; L-609 when there is none.
pub async fn decision_connections(
    app: &App,
    actor: &Actor,
    number: &str,
) -> Result<Vec<(usize, String)>, ServiceError> {
    actor.must_see(Duty::Handle)?;
    let stored = sent(app, number).await?;
    let read = connections(&stored.application.form(Step::AccessPoints));
    Ok(read.into_iter().map(|(nth, connection)| (nth, connection.oid().to_string())).collect())
}

/// What an application changes if it is sent at `sent_at`, as the directory is now; nothing while it cannot be read.
pub(super) async fn effect_of(
    app: &App,
    application: &Application,
    sent_at: Moment,
) -> Result<Option<Effect>, ServiceError> {
    let (db, joiner) = (app.store.read(), &application.joiner);
    let mut held = Held { tenants: directory::tenants_of(db, joiner).await?, ..Held::default() };
    if application.kind == JoinerKind::Pharmacy {
        // Whenever they are valid: that is for the rules to say, and the effect is the same on every day.
        held.pharmacies = pharmacies_ever(app, joiner).await?.into_iter().map(|(oid, _, _)| oid).collect();
    }
    for oid in held.pharmacies.iter().chain([joiner]) {
        if directory::is_member(db, oid, sent_at).await? {
            held.members.insert(oid.clone());
        }
    }
    Ok(effect(application, &held, sent_at))
}

/// Computes the effect and what it does; the same for showing and for applying.
pub(super) async fn effected(
    app: &App,
    stored: &Stored,
    base_version: u64,
    sent_at: Moment,
) -> Result<Option<Effected>, ServiceError> {
    let Some(effect) = effect_of(app, &stored.application, sent_at).await? else {
        return Ok(None);
    };
    let outcome = proved(app, &effect, sent_at).await?;
    let effect_hash = effect.hash()?;
    let digest = outcome.as_ref().ok().map(Proof::digest).transpose()?;
    // With all that was filled in and when it was sent: an approval is of what was looked at, also where the directory sees no
    // difference.
    let hash = Sha256Hash::of_canonical(&(effect_hash, digest, sent_at, &stored.application.forms))?;
    Ok(Some(Effected { effect, effect_hash, hash, base_version, outcome }))
}
