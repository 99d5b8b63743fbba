//! Whether a document may name the unit that it was made in: held against the registers' units, as the directory has them.
//!
//! No source says which units may stand there: a producer's in an organiser's register, a department's that no register knows. So a unit is refused only
//! where the directory knows whose it is, and that one has nothing to do with the register.

use super::accept::Received;
use super::caller::Caller;
use super::controllers::controllers_at;
use super::standing::standing;
use crate::directory::joiner_held;
use crate::{App, ServiceError};
use liitos_domain::Oid;
use liitos_domain::archive::{RunState, connected};
use liitos_store::{archive, controller_runs};

/// Whose unit a document names, where that is another organisation than the caller and its tenant: by the directory as it was read last.
pub(super) fn another(app: &App, received: &Received, caller: &Caller) -> Option<Oid> {
    let unit = received.message.header.unit.as_ref()?;
    joiner_held(app, unit).filter(|whose| *whose != caller.joiner && Some(whose) != caller.tenant())
}

/// Whether a document names a unit of an organisation that has nothing to do with it: the register is none of that one's, no run brought its documents
/// there, or will take them there, and the document that this one follows was not made in that unit.
///
/// # Errors
/// [`ServiceError`].
pub(super) async fn elsewhere(app: &App, received: &Received, caller: &Caller) -> Result<bool, ServiceError> {
    let Some(whose) = another(app, received, caller) else { return Ok(false) };
    let (db, header) = (app.store.read(), &received.message.header);
    let theirs = controllers_at(app, &whose, caller.rests.imports).await?;
    let to_come = controller_runs::state_with(db, &[RunState::Ordered, RunState::Approved]).await?;
    let to_come = to_come.iter().map(|run| (&run.order.from, &run.order.to));
    let standing = standing(app, &caller.rests).await?;
    let switched = standing.succession().moves().iter().map(|one| (&one.from, &one.to));
    if connected(&header.custodian, &theirs, &switched.chain(to_come).collect::<Vec<_>>()) {
        return Ok(false);
    }
    if header.follows.is_none() {
        return Ok(true);
    }
    let around = archive::around(db, header, app.now()).await?;
    let before = around.newest.iter().chain(&around.added_to);
    Ok(!before.map(|kept| &kept.cell.unit).any(|unit| Some(unit) == header.unit.as_ref()))
}
