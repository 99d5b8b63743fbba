//! Who a program is that shows its secret.

use super::hash;
use crate::actor::PROGRAM;
use crate::{Actor, App, ServiceError, sign_in};
use liitos_domain::{Oid, RefusalCode, Seat};
use liitos_store::programs;

/// The actor that a program is: for its own organisation, for one that has let its own act, or at the operator.
///
/// # Errors
/// L-601 when no program has the secret (any more); L-602 when its organisation may not act for the other; L-611 when the one it
/// would act for is not valid in a register.
pub async fn known(app: &App, secret: &str, acting_for: Option<&str>) -> Result<Actor, ServiceError> {
    let unknown = || ServiceError::refused(RefusalCode::SignInNeeded, "Authorization");
    let now = app.now();
    let program = programs::of_secret(app.store.read(), &hash(secret), now).await?.ok_or_else(unknown)?;
    let mut actor = Actor {
        reference: programs::reference(program.key),
        name: program.name,
        means: PROGRAM.to_owned(),
        signed_in_at: Some(now),
        ..Actor::default()
    };
    let (organisation, position) = match program.seat {
        Seat::For(organisation, position) => (organisation, position),
        Seat::AtOperator(role) if acting_for.is_none() => {
            actor.staff.push(role);
            return Ok(actor);
        }
        // The operator's acts for nobody.
        Seat::AtOperator(_) => return Err(ServiceError::refused(RefusalCode::NotAllowed, "organisation")),
    };
    actor.add(&organisation, position);
    sign_in::delegated(app, &mut actor).await?;
    let not_theirs = || ServiceError::refused(RefusalCode::NotAllowed, "organisation");
    let chosen = match acting_for {
        Some(text) => Oid::parse(text).map_err(|_| not_theirs())?,
        None => organisation,
    };
    if actor.held(&chosen).is_none() {
        return Err(not_theirs());
    }
    let entry = sign_in::register_entry(app, &chosen).await?;
    if !entry.is_some_and(|(_, entry)| entry.valid.contains(now)) {
        return Err(ServiceError::refused(RefusalCode::OrganisationNotValid, chosen.as_str()));
    }
    actor.acting_for = Some(chosen);
    Ok(actor)
}
