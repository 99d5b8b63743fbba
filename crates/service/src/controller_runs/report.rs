//! The completeness report of a run: every document that was to be moved has been; signed.

use super::carry::walk;
use crate::{App, ServiceError};
use liitos_domain::archive::{Completeness, Counting, Ids};
use liitos_pki::seal::SealedReport;
use liitos_store::StoreError;
use liitos_store::controller_runs::Run;
use serde::{Deserialize, Serialize};

/// What a run has done so far, looked at anew. What was found before is what it keeps, or what is found now while it keeps nothing.
///
/// # Errors
/// L-605 when it is not switched.
pub async fn completeness(app: &App, run: &Run) -> Result<Completeness, ServiceError> {
    let before = match &run.walk.before {
        Some(kept) => serde_json::from_str(kept)?,
        None => all(app, run, false).await?,
    };
    Ok(of(run, before, all(app, run, true).await?))
}

async fn all(app: &App, run: &Run, arrived: bool) -> Result<Ids, ServiceError> {
    let mut found = Tally::default();
    walk(app, run, arrived, Default::default(), (&mut found, u64::MAX)).await?;
    Ok(found.counting.ids())
}

/// What a run has done, by what was found.
pub(super) fn of(run: &Run, before: Ids, after: Ids) -> Completeness {
    Completeness {
        number: run.number.clone(),
        order: run.order.clone(),
        switched_at: run.switched_at,
        reversed_at: run.reversed_at,
        complete: before == after,
        before,
        after,
        ended_incomplete: 0,
    }
}

/// What one walk has found so far, as it is kept with the run.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct SoFar {
    /// Whether those are looked for that have arrived.
    pub(super) arrived: bool,
    /// Whether a cell among those said that its documents are somebody else's.
    pub(super) elsewhere: bool,
    /// By which runs, when it began.
    pub(super) moves: String,
    /// Where it had come.
    pub(super) cursor: (i64, String),
    #[serde(flatten)]
    pub(super) ids: Ids,
}

/// What was found before, as it is kept with the run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Before {
    /// By which runs, when it began to be found; older programs did not say.
    #[serde(default)]
    pub(super) moves: String,
    #[serde(flatten)]
    pub(super) ids: Ids,
}

impl SoFar {
    pub(super) fn read(text: &str) -> Result<Self, ServiceError> {
        Ok(serde_json::from_str(text)?)
    }

    /// The count that goes on from it.
    pub(super) fn going_on(&self) -> Result<Tally, ServiceError> {
        let (table, column) = ("controller_run", "ids_found");
        let unread = || StoreError::BadRow { table, row: self.ids.sha256_sum.clone(), column };
        let counting = Counting::going_on(&self.ids).ok_or_else(unread)?;
        Ok(Tally { counting, elsewhere: self.elsewhere })
    }
}

/// Documents that are being counted.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) counting: Counting,
    /// Whether a cell said that its documents are somebody else's.
    pub(super) elsewhere: bool,
}

/// Whether a run has a report by which not every document is where it should be.
#[must_use]
pub fn incomplete(run: &Run) -> bool {
    let sealed = run.report.as_deref().and_then(|sealed| serde_json::from_str::<SealedReport>(sealed).ok());
    sealed.and_then(|sealed| sealed.says::<Completeness>().ok()).is_some_and(|whole| !whole.complete)
}

/// The report as it is kept and handed out: its text, and the operator's signature over that text.
pub(super) fn sealed(app: &App, whole: &Completeness) -> Result<String, ServiceError> {
    Ok(serde_json::to_string(&app.publication.sign_report(serde_json::to_string(whole)?))?)
}
