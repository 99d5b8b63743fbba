//! Whether a document may name the unit that it was made in: held against the registers' units, as the directory has them.
//!
//! No source says which units may stand there: a producer's in an organiser's register, a department's that no register knows. So a unit is refused only
//! where the directory knows whose it is, and that one has nothing to do with the register.

use super::accept::Received;
use super::caller::Caller;
use super::controllers::controllers_at;
use super::standing::standing;
use super::versions::{Coming, place};
use crate::directory::joiner_held;
use crate::{App, ServiceError};
use liitos_domain::Oid;
use liitos_domain::archive::{LetIn, RunState, connected};
use liitos_store::archive::{self, Comer};
use liitos_store::controller_runs;

/// Whose unit a document names, where that is another organisation than the caller and its tenant: by the directory as it was read last.
pub(super) fn another(app: &App, received: &Received, caller: &Caller) -> Option<Oid> {
    let unit = received.message.header.unit.as_ref()?;
    joiner_held(app, unit).filter(|whose| *whose != caller.joiner && Some(whose) != caller.tenant())
}

/// Whether a document names a unit of an organisation that has nothing to do with its register: that is none of that one's, no run brought documents from
/// the one to the other, it was not let into this person's documents, none of the register's were made in that unit before, and it did not make the service
/// for the caller. Asked where nothing else is wrong: whoever may not store it learns nothing of others' runs and documents.
///
/// # Errors
/// [`ServiceError`].
pub(super) async fn elsewhere(
    app: &App,
    received: &Received,
    caller: &Caller,
    (person, let_in): (&str, &[LetIn]),
) -> Result<bool, ServiceError> {
    let header = &received.message.header;
    let Some((whose, unit)) = another(app, received, caller).zip(header.unit.as_ref()) else { return Ok(false) };
    // Made for the caller by somebody else, by its own word.
    let customer = header.outsourcing_customer.as_deref();
    if [Some(&caller.joiner), caller.tenant()].into_iter().flatten().any(|own| customer == Some(own.as_str())) {
        return Ok(false);
    }
    let (db, now) = (app.store.read(), app.now());
    let around = archive::around(db, header, now).await?;
    if place(&Coming::of(received, caller, (person, let_in)), &around, now).is_err() {
        return Ok(false);
    }
    let standing = standing(app, &caller.rests).await?;
    let succession = standing.succession();
    let switched = succession.moves().iter().filter(|one| !one.reversed).map(|one| (&one.from, &one.to));
    // What is ordered is nobody's to know but theirs whose register it is.
    let ordered = match caller.controllers.contains(&header.custodian) {
        true => controller_runs::state_with(db, &[RunState::Ordered, RunState::Approved]).await?,
        false => Vec::new(),
    };
    let runs: Vec<_> = switched.chain(ordered.iter().map(|run| (&run.order.from, &run.order.to))).collect();
    let theirs = controllers_at(app, &whose, caller.rests.imports).await?;
    if connected(&header.custodian, &theirs, &runs) {
        return Ok(false);
    }
    if archive::has_cell_in(db, &succession.named(&header.custodian), unit).await? {
        return Ok(false);
    }
    let (what, comer) = ((person, received.interaction.family), Comer { unit, organisation: &whose });
    let others = archive::let_in(db, what, comer, succession, now).await?;
    Ok(!others.iter().any(|one| one.by == header.custodian))
}
