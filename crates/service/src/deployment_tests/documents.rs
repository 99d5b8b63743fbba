//! The documents of a test: test data in the archive, marked as such.

use super::DeploymentTest;
use crate::{App, ServiceError};
use liitos_domain::archive::Standing;
use liitos_domain::deployment_test::{Stored, Told};
use liitos_domain::{Moment, Oid};
use liitos_store::deployment_tests as stored;
use liitos_store::{archive, controller_runs};
use std::collections::BTreeSet;

/// A document of a test, as it stands now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// It.
    pub stored: Stored,
    /// When it was stored.
    pub at: Moment,
    /// How it stands.
    pub standing: Standing,
    /// Whose register it is in now.
    pub active: Oid,
}

/// What a test has stored itself, as far as both logs have it, the oldest first.
pub(super) async fn own(app: &App, one: &DeploymentTest) -> Result<Vec<(Stored, Moment)>, ServiceError> {
    let seen = stored::seen(app.store.read(), one.key, false).await?;
    let through = |kept: &liitos_store::deployment_tests::Kept| {
        kept.seen.point.as_ref().is_some_and(|point| one.content.points.contains(point))
    };
    let seen = seen.into_iter().filter(|kept| kept.told == Told::Whole && kept.seen.is_test_data() && through(kept));
    let mut all: Vec<(Stored, Moment)> = Vec::new();
    for (stored, at) in seen.filter_map(|kept| Some((Stored::of(&kept.seen)?, kept.seen.at))) {
        if all.iter().all(|(known, _)| known.document != stored.document) {
            all.push((stored, at));
        }
    }
    Ok(all)
}

/// How documents stand, and whose they are now.
pub(super) async fn standing(app: &App, all: Vec<(Stored, Moment)>) -> Result<Vec<Kept>, ServiceError> {
    let db = app.store.read();
    let succession = controller_runs::succession(db).await?;
    let mut found = Vec::new();
    for (stored, at) in all {
        if let Some(kept) = archive::find(db, &stored.document).await? {
            let active = succession.active(&kept.cell).0.clone();
            found.push(Kept { stored, at, standing: kept.standing, active });
        }
    }
    Ok(found)
}

/// Which of some sets are test data.
///
/// # Errors
/// [`ServiceError`].
pub async fn is_test_data(app: &App, sets: &[&Oid]) -> Result<BTreeSet<String>, ServiceError> {
    Ok(stored::marked(app.store.read(), sets).await?)
}
