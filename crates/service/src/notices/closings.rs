//! Whoever is shut out by a closing, or let in again, is told why and until when: behind the change itself, which waits for nobody.

use super::{behind, one};
use crate::{App, ServiceError};
use liitos_domain::directory::{Closing, Effect, Row as _, Rows};
use liitos_domain::notice::{ClosingNews, Notice};
use liitos_domain::{Moment, Oid};
use liitos_store::jobs::{self, Job};
use liitos_store::{Transaction, directory};
use serde::{Deserialize, Serialize};

/// The kind of job that tells of the closings of one version of the directory.
const KIND: &str = "closing";

#[derive(Serialize, Deserialize)]
struct Facts {
    /// The directory's version.
    version: u64,
    /// Why what is lifted is lifted.
    #[serde(default)]
    why: String,
}

/// Whoever is hit by the closings of a version is told of them soon.
pub(crate) async fn tell_soon(tx: &Transaction, (version, why): (u64, &str), at: Moment) -> Result<(), ServiceError> {
    let facts = serde_json::to_string(&Facts { version, why: why.to_owned() })?;
    Ok(jobs::enqueue(tx, [(KIND, facts)], None, at).await?)
}

/// Tells everybody who is hit by closings that were entered or lifted, one version after the other; how many were told. One that was told before, by a program
/// that died in between, is not told again; where one cannot be told, the others are, and it is tried again.
///
/// # Errors
/// [`ServiceError`] when the database fails.
pub async fn tell_of_closings(app: &App) -> Result<usize, ServiceError> {
    behind(app, KIND, tell_of).await
}

/// Tells of one version's closings as things stand now: who was shut out meanwhile let in again is not told of the former.
async fn tell_of(app: &App, job: &Job) -> Result<usize, ServiceError> {
    let Facts { version, why } = serde_json::from_str(&job.payload)?;
    let (db, now) = (app.store.read(), app.now());
    let rows = directory::rows(db, directory::version(db).await?).await?;
    let (mut told, mut failed) = (0, None);
    for effect in directory::effects(db, version.saturating_sub(1), version).await? {
        for (nth, (closing, news, at)) in closings(&effect).enumerate() {
            for (joiner, notice) in notices_of(&rows, closing, (news, at, &why), now) {
                match one(app, &format!("closing {version} {nth} {joiner}"), &joiner, &notice).await {
                    Ok(new) => told += usize::from(new),
                    Err(error) => failed = Some(error),
                }
            }
        }
    }
    failed.map_or(Ok(told), Err)
}

/// The closings that an effect enters and lifts, each from when on.
fn closings(effect: &Effect) -> impl Iterator<Item = (&Closing, ClosingNews, Moment)> {
    let shut = effect.closings_opened.iter().map(|closing| (closing, ClosingNews::Shut, closing.valid.from));
    shut.chain(effect.closings_ended.iter().map(|(closing, at)| {
        // What ends where it begins has never held.
        let news = if *at <= closing.valid.from { ClosingNews::CalledOff } else { ClosingNews::Lifted };
        (closing, news, *at)
    }))
}

/// Whom a closing hits, each with what they are told. What is shut out by another one, too, is not told to be open again.
fn notices_of(
    rows: &Rows,
    closing: &Closing,
    (news, at, why): (ClosingNews, Moment, &str),
    now: Moment,
) -> Vec<(Oid, Notice)> {
    let stands = |held: &&Closing| !held.valid.ended(now);
    let beside: Vec<&Closing> = match news {
        ClosingNews::Shut if !rows.closings.iter().filter(stands).any(|held| held.same_key(closing)) => {
            return Vec::new();
        }
        ClosingNews::Shut => Vec::new(),
        ClosingNews::Lifted | ClosingNews::CalledOff => {
            rows.closings.iter().filter(|held| held.valid.contains(now)).collect()
        }
    };
    let told = |(joiner, touches)| {
        let Closing { stage, reason, valid, .. } = closing.clone();
        let reason = if news == ClosingNews::Shut { reason } else { why.to_owned() };
        (joiner, Notice::Closing { news, stage, reason, at, until: valid.until, touches })
    };
    closing.hits(rows, &beside, now.max(closing.valid.from)).into_iter().map(told).collect()
}
