//! Which programs act.

use crate::{Actor, App, ServiceError};
use liitos_domain::{Duty, RefusalCode, Seat};
use liitos_store::programs::{self, Program};

/// The programs of the organisation acted for.
///
/// # Errors
/// L-602 without an organisation.
pub async fn list(app: &App, actor: &Actor) -> Result<Vec<Program>, ServiceError> {
    Ok(programs::of_organisation(app.store.read(), actor.joiner()?).await?)
}

/// The operator's programs in the positions that the actor holds; who may close anything sees all of them.
///
/// # Errors
/// L-602 for who is not of the operator's staff.
pub async fn operators(app: &App, actor: &Actor) -> Result<Vec<Program>, ServiceError> {
    if actor.staff.is_empty() {
        return Err(ServiceError::refused(RefusalCode::NotAllowed, "operator"));
    }
    let closes = actor.must_carry_out(Duty::Close).is_ok();
    let held = |program: &Program| matches!(&program.seat, Seat::AtOperator(role) if actor.staff.contains(role));
    let theirs = |program: &Program| closes || held(program);
    let mut all = programs::of_operator(app.store.read()).await?;
    all.retain(theirs);
    Ok(all)
}
