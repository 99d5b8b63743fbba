//! Controller update runs (`domain.md` section 10): ordered, rehearsed, approved by two, switched by one entry, carried through afterwards,
//! reversed, and proved complete.
//!
//! Whose a document is follows from `domain::archive::Succession` at every moment; what is carried through is only the copy of it in each
//! cell's row, for whoever reads the database without these rules.

mod approve;
mod cancel;
mod carry;
mod cells;
mod complete;
mod days;
mod dry_run;
mod keep;
mod moving;
mod order;
mod own;
mod pause;
mod prioritise;
mod report;
mod reverse;
mod status;
mod switch;
mod tell;

pub use approve::approve;
pub use cancel::cancel;
pub use carry::{CHUNK, carry_through};
pub(crate) use cells::Cells;
pub use complete::complete;
pub use days::{add_day, days, remove_day};
pub use dry_run::{DryRun, Moved, Sample, Unsigned, dry_run};
pub use keep::keep;
pub use moving::{Behind, MovingDocument, MovingPage, PAGE, moving, own_moving};
pub(crate) use order::{controller_valid, order_in};
pub use order::{hindrances, order, problems};
pub use own::{OwnRun, any_own, own, own_report};
pub use pause::{pause, resume};
pub use prioritise::prioritise;
pub use report::{completeness, incomplete};
pub use reverse::reverse;
pub use status::{Status, list, status};
pub use switch::switch_due;
pub(crate) use tell::holder;

use crate::{App, ServiceError};
use liitos_domain::archive::{RunProblem, RunState};
use liitos_domain::{Moment, RefusalCode};
use liitos_store::controller_runs;
pub use liitos_store::controller_runs::{Happened, Run};
use liitos_store::{Transaction, audit};

/// By whom runs are switched and carried through, where nobody did it by hand: what a history says instead of a person.
pub const CLOCK: &str = "clock";

/// A run by its number.
async fn found(app: &App, number: &str) -> Result<Run, ServiceError> {
    let run = controller_runs::find(app.store.read(), number).await?;
    run.ok_or_else(|| ServiceError::refused(RefusalCode::NotFound, "run"))
}

fn state_forbids(state: RunState) -> ServiceError {
    ServiceError::refused(RefusalCode::StateForbids, state.code())
}

/// What stands in a run's way.
fn refused(problem: RunProblem) -> ServiceError {
    ServiceError::refused(RefusalCode::RunRefused, problem.code())
}

/// Keeps that something happened to a run, in its history and in the audit trail.
async fn happened(
    tx: &Transaction,
    (key, number): (i64, &str),
    (what, reference, person): (&'static str, &str, &str),
    words: Option<&str>,
    at: Moment,
) -> Result<(), ServiceError> {
    controller_runs::happened(tx, key, (what, person), words, at).await?;
    let action = format!("controller-run.{what}");
    let details = serde_json::json!({});
    audit::record(tx, &audit::Event { actor: reference, action: &action, subject: number, details }, at).await?;
    Ok(())
}
