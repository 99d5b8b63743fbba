//! Who a program is that shows its secret.

use super::hash;
use crate::{Actor, App, ServiceError, sign_in};
use liitos_domain::{Oid, RefusalCode};
use liitos_store::programs;

/// The actor that a program is: for its own organisation, or for one that has let its own act.
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
        means: "program".to_owned(),
        signed_in_at: Some(now),
        ..Actor::default()
    };
    actor.add(&program.organisation, program.position);
    sign_in::delegated(app, &mut actor).await?;
    let not_theirs = || ServiceError::refused(RefusalCode::NotAllowed, "organisation");
    let chosen = match acting_for {
        Some(text) => Oid::parse(text).map_err(|_| not_theirs())?,
        None => program.organisation,
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
