//! Whoever is shut out by a closing, or let in again, is told why and until when: behind the change itself, which waits for nobody.

use super::tell;
use crate::{App, ServiceError};
use liitos_domain::directory::{Closing, Effect};
use liitos_domain::notice::{ClosingNews, Notice};
use liitos_domain::{Moment, Oid};
use liitos_store::{Transaction, directory, jobs};
use serde::{Deserialize, Serialize};

/// The kind of job that tells of the closings of one version of the directory.
const KIND: &str = "closing";
/// Jobs that are taken at once.
const AT_ONCE: u64 = 8;

#[derive(Serialize, Deserialize)]
struct Facts {
    /// The directory's version.
    version: u64,
}

/// Whoever is hit by the closings of a version is told of them soon.
pub(crate) async fn tell_soon(tx: &Transaction, version: u64, at: Moment) -> Result<(), ServiceError> {
    let facts = serde_json::to_string(&Facts { version })?;
    Ok(jobs::enqueue(tx, [(KIND, facts)], None, at).await?)
}

/// Tells everybody who is hit by closings that were entered or lifted; how many were told. One that was told before, by a program that died in between, is not
/// told again.
///
/// # Errors
/// [`ServiceError`].
pub async fn tell_of_closings(app: &App) -> Result<usize, ServiceError> {
    let mut told = 0;
    for (job, _) in jobs::claim(&app.store, app.now(), (&[KIND], AT_ONCE), || app.secret()).await? {
        let Facts { version } = serde_json::from_str(&job.payload)?;
        for effect in directory::effects(app.store.read(), version.saturating_sub(1), version).await? {
            told += tell_of(app, version, &effect).await?;
        }
        jobs::finish(&app.store, &job, job.payload.clone(), app.now()).await?;
    }
    Ok(told)
}

async fn tell_of(app: &App, version: u64, effect: &Effect) -> Result<usize, ServiceError> {
    let rows = directory::rows(app.store.read(), version).await?;
    let shut = effect.closings_opened.iter().map(|closing| (closing, ClosingNews::Shut, closing.valid.from));
    let lifted = effect.closings_ended.iter().map(|(closing, at)| (closing, ClosingNews::Lifted, *at));
    let mut told = 0;
    for (nth, (closing, news, at)) in shut.chain(lifted).enumerate() {
        for (joiner, touches) in closing.hits(&rows.rights, at) {
            let Closing { stage, reason, valid, .. } = closing.clone();
            let notice = Notice::Closing { news, stage, reason, at, until: valid.until, touches };
            told += usize::from(one(app, &format!("closing {version} {nth} {joiner}"), &joiner, &notice).await?);
        }
    }
    Ok(told)
}

async fn one(app: &App, same: &str, joiner: &Oid, notice: &Notice) -> Result<bool, ServiceError> {
    let tx = app.store.begin().await?;
    let new = tell(app, &tx, same, joiner, notice, app.now()).await?;
    tx.commit().await?;
    Ok(new)
}
