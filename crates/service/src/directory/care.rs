//! The directory as IHE mCSD sees it (ITI-90, ITI-91): built from all that was ever known, when it is asked for.

use crate::{Actor, App, ServiceError};
use liitos_documents::fhir::{CareDirectory, CareFacts};
use liitos_domain::Moment;
use liitos_domain::register::RegisterKind;
use liitos_store::{directory, registers};
use std::sync::Arc;
use tokio::sync::Mutex;

/// Registers whose entries say who somebody is, the one that counts first.
const NAMING: [RegisterKind; 4] =
    [RegisterKind::Sote, RegisterKind::Professionals, RegisterKind::Pharmacies, RegisterKind::Intermediaries];

/// What was built last.
#[derive(Default)]
pub(crate) struct Care(Mutex<Option<Built>>);

struct Built {
    /// From which version of the directory, and as of which register import.
    of: (u64, i64),
    directory: Arc<CareDirectory>,
}

/// The directory's resources with their versions. Anybody who is signed in may see them: who has joined, for what, and by which
/// name its access points are reached.
///
/// # Errors
/// [`ServiceError`] when the database does not answer.
pub async fn care(app: &App, _: &Actor) -> Result<Arc<CareDirectory>, ServiceError> {
    let (db, now) = (app.store.read(), app.now());
    let stamp = (directory::version(db).await?, registers::newest_import(db, now).await?);
    // One builds, the others wait for the same.
    let mut held = app.care.0.lock().await;
    if let Some(built) = held.as_ref().filter(|built| built.of == stamp && stands(&built.directory, now)) {
        return Ok(Arc::clone(&built.directory));
    }
    let past = directory::past(db, stamp.0).await?;
    let ids: Vec<String> = past.named().into_iter().map(ToString::to_string).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let facts = CareFacts { entries: registers::past(db, &NAMING, &ids).await?, past };
    let built = tokio::task::spawn_blocking(move || CareDirectory::build(&facts, now));
    let built = Arc::new(built.await.map_err(|error| ServiceError::internal("care directory", error))?);
    *held = Some(Built { of: stamp, directory: Arc::clone(&built) });
    Ok(built)
}

/// Whether nothing has begun or ceased to hold since it was built.
fn stands(built: &CareDirectory, now: Moment) -> bool {
    now >= built.at() && built.until().is_none_or(|until| now < until)
}
