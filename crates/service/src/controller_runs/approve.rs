//! Two persons approve a run, by what its dry run has shown.

use super::tell::tell;
use super::{dry_run, found, happened, refused, state_forbids};
use crate::{Actor, App, ServiceError};
use liitos_domain::archive::{RunStage, RunState};
use liitos_domain::{Duty, RefusalCode, Sha256Hash};
use liitos_store::controller_runs::{self, Approvals};

/// Approves a run as its dry run showed it; with the second person's approval it is switched at its moment. Whether it is.
///
/// # Errors
/// L-602 without the position, for a program, or for whoever approved it first; L-605 when it is approved already; L-604 when it would do
/// something else than what was shown; L-615 with the first thing that stands in its way.
pub async fn approve(app: &App, actor: &Actor, number: &str, shown: &Sha256Hash) -> Result<bool, ServiceError> {
    actor.must_carry_out(Duty::Keep)?;
    actor.must_be_person()?;
    let run = found(app, number).await?;
    if run.state != RunState::Ordered {
        return Err(state_forbids(run.state));
    }
    let looked = dry_run(app, actor, number).await?;
    if looked.hash != *shown {
        return Err(ServiceError::refused(RefusalCode::EffectChanged, number));
    }
    if let Some(problem) = looked.problems.first() {
        return Err(refused(*problem));
    }
    // What the first approved counts only while it is the same.
    let first = run.approvals.first.clone().filter(|_| run.approvals.looked == Some(looked.hash));
    let second = match &first {
        Some(first) if *first == actor.reference => {
            return Err(ServiceError::refused(RefusalCode::NotAllowed, "second person"));
        }
        Some(_) => Some(actor.reference.clone()),
        None => None,
    };
    let whole = second.is_some();
    let approvals =
        Approvals { looked: Some(looked.hash), first: first.or_else(|| Some(actor.reference.clone())), second };
    let now = app.now();
    let tx = app.store.begin().await?;
    if !controller_runs::approve(&tx, &run, &approvals).await? {
        return Err(state_forbids(run.state));
    }
    let what = if whole { "approved" } else { "approved-first" };
    happened(&tx, (run.key, number), (what, &actor.reference, &actor.name), None, now).await?;
    if whole {
        tell(app, &tx, &run, RunStage::Approved, now).await?;
    }
    tx.commit().await?;
    Ok(whole)
}
