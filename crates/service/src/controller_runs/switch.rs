//! Switches the runs whose moment has come: one committed entry each, whatever the number of documents.

use super::order::problems;
use super::tell::tell;
use super::{CLOCK, happened};
use crate::{App, ServiceError};
use liitos_domain::archive::{RunProblem, RunStage, RunState};
use liitos_store::Lock;
use liitos_store::controller_runs::{self, Run};

/// Switches approved runs that are due, in the order of their moments and priorities; how many. One that something stands in the way of
/// waits, and its history says why.
///
/// # Errors
/// [`ServiceError`].
pub async fn switch_due(app: &App) -> Result<usize, ServiceError> {
    let mut switched = 0;
    let mut failed = None;
    for run in controller_runs::due(app.store.read(), app.now()).await? {
        // What fails of one is no reason for the others to wait.
        match switch_one(app, &run).await {
            Ok(done) => switched += usize::from(done),
            Err(error) => failed = Some(error),
        }
    }
    failed.map_or(Ok(switched), Err)
}

async fn switch_one(app: &App, run: &Run) -> Result<bool, ServiceError> {
    // That the moment has come, on whatever day it is now, is why it is switched.
    let in_the_way = problems(app, &run.order).await?;
    let problem = in_the_way.into_iter().find(|one| !matches!(one, RunProblem::Past | RunProblem::NotARunDay));
    match problem {
        Some(problem) => held_up(app, run, problem).await.map(|()| false),
        None => switch(app, run).await,
    }
}

async fn switch(app: &App, run: &Run) -> Result<bool, ServiceError> {
    let tx = app.store.begin().await?;
    // Alone: what is being stored is stored before or after, never half.
    tx.lock(Lock::Controllers).await?;
    let now = controller_runs::standing(tx.connection()).await?.behind(app.now());
    if !controller_runs::switch(&tx, run, now).await? {
        return Ok(false);
    }
    happened(&tx, (run.key, &run.number), ("switched", CLOCK, CLOCK), None, now).await?;
    tell(app, &tx, run, RunStage::Switched, now).await?;
    tx.commit().await?;
    Ok(true)
}

/// Says once why a run waits, and tells both parties that it does.
async fn held_up(app: &App, run: &Run, problem: RunProblem) -> Result<(), ServiceError> {
    const HELD_UP: &str = "held-up";
    let code = Some(problem.code());
    let known = controller_runs::history(app.store.read(), run.key).await?;
    if known.last().is_some_and(|last| last.what == HELD_UP && last.words.as_deref() == code) {
        return Ok(());
    }
    let tx = app.store.begin().await?;
    // Another program may have said so, somebody called it off, or what was in its way be gone.
    tx.lock(Lock::Controllers).await?;
    let stands = controller_runs::find(tx.connection(), &run.number).await?;
    let before = controller_runs::history(tx.connection(), run.key).await?;
    if stands.is_none_or(|run| run.state != RunState::Approved) || before.len() != known.len() {
        return Ok(());
    }
    tracing::warn!(run = run.number, problem = problem.code(), "a controller update run waits");
    let now = app.now();
    happened(&tx, (run.key, &run.number), (HELD_UP, CLOCK, CLOCK), code, now).await?;
    // Whoever switched its own system at the moment would be apart from the archive, and not know it: once is enough, whatever else comes in its way.
    if before.iter().all(|one| one.what != HELD_UP) {
        tell(app, &tx, run, RunStage::HeldUp, now).await?;
    }
    Ok(tx.commit().await?)
}
