//! A fault or a planned break is told for the first time.

use super::reached::{Reached, reached};
use super::take_down;
use crate::{Actor, App, ServiceError};
use liitos_domain::application::{FieldError, Form};
use liitos_domain::fault::{self, Fault};
use liitos_domain::{Duty, RefusalCode};
use liitos_store::faults;

/// Whom a fault would hit that is filled in, and by which addresses they would be told; nothing is sent.
///
/// # Errors
/// L-602 without the position.
pub async fn look(app: &App, actor: &Actor, fault: &Fault) -> Result<Reached, ServiceError> {
    actor.must_carry_out(Duty::Inform)?;
    reached(app, fault, (None, true), app.now()).await
}

/// Tells of a fault or a planned break whom it hits; gives its number.
///
/// # Errors
/// L-602 without the position; L-606 with the fields that are wrong; L-605 when the same is told of already and is not over.
pub async fn announce(app: &App, actor: &Actor, form: &Form) -> Result<String, ServiceError> {
    actor.must_carry_out(Duty::Inform)?;
    let now = app.now();
    let wrong = |errors: Vec<FieldError>| {
        let fields: Vec<String> = errors.into_iter().map(|error| error.field).collect();
        ServiceError::refused(RefusalCode::FormInvalid, fields.join(", "))
    };
    let (fault, statement) = fault::read(form, now).map_err(wrong)?;
    let reached = reached(app, &fault, (None, true), now).await?;
    let tx = app.store.begin().await?;
    let number = faults::next_number(&tx, now).await?;
    // Sent twice by a second press of the button.
    if let Some(kept) = faults::open(tx.connection()).await?.iter().find(|kept| same(&kept.fault, &fault)) {
        return Err(ServiceError::refused(RefusalCode::StateForbids, &kept.number));
    }
    let kept = faults::add(&tx, number, fault).await?;
    take_down(app, &tx, &kept, (&statement, &actor.reference), &reached).await?;
    tx.commit().await?;
    Ok(kept.number)
}

/// So close to each other two faults begin that are one.
const ONE_SECONDS: u64 = 15 * 60;

/// Whether two are the same.
fn same(one: &Fault, other: &Fault) -> bool {
    let apart = one.begins.as_seconds().abs_diff(other.begins.as_seconds());
    (one.kind, &one.headline, &one.audience) == (other.kind, &other.headline, &other.audience) && apart < ONE_SECONDS
}
