//! The directory as IHE mCSD sees it (ITI-90, ITI-91): built from all that was ever known, when it is asked for.

use crate::{Actor, App, ServiceError};
use liitos_documents::fhir::{CareDirectory, CareFacts};
use liitos_domain::register::RegisterKind;
use liitos_domain::{Moment, RefusalCode};
use liitos_store::{directory, registers};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, Semaphore};

/// Registers whose entries say who somebody is, the one that counts first.
const NAMING: [RegisterKind; 4] =
    [RegisterKind::Sote, RegisterKind::Professionals, RegisterKind::Pharmacies, RegisterKind::Intermediaries];
/// Questions that are answered at once; each looks at everything.
const AT_ONCE: usize = 2;

/// How long a question waits for others.
const PATIENCE: Duration = Duration::from_secs(10);

/// What was built last, and places for those who ask it.
pub(crate) struct Care {
    built: Mutex<Option<Built>>,
    asking: Arc<Semaphore>,
}

impl Default for Care {
    fn default() -> Self {
        Self { built: Mutex::default(), asking: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

struct Built {
    /// From which version of the directory, and as of which register import.
    of: (u64, i64),
    directory: Arc<CareDirectory>,
}

/// What is asked of the directory's resources with their versions, answered beside everything else. Anybody who is signed in may
/// ask: who has joined, for what, and by which name its access points are reached.
///
/// # Errors
/// L-225 when others ask for long; [`ServiceError`] when the database does not answer.
pub async fn care<T: Send + 'static>(
    app: &Arc<App>,
    _: &Actor,
    ask: impl FnOnce(&CareDirectory) -> T + Send + 'static,
) -> Result<T, ServiceError> {
    let failed = |error| ServiceError::internal("care directory", error);
    // The place is the work's, not the caller's: who hangs up does not make room for more.
    let place = tokio::time::timeout(PATIENCE, Arc::clone(&app.care.asking).acquire_owned()).await;
    let Ok(Ok(place)) = place else {
        return Err(ServiceError::refused(RefusalCode::TooManyCalls, "directory"));
    };
    // A task of its own: what is built is kept, though whoever asked has hung up meanwhile.
    let directory = tokio::spawn(newest(Arc::clone(app))).await.map_err(failed)??;
    let asked = tokio::task::spawn_blocking(move || {
        let _place = place;
        ask(&directory)
    });
    asked.await.map_err(failed)
}

/// The directory as it is known now. One builds, the others wait for the same.
async fn newest(app: Arc<App>) -> Result<Arc<CareDirectory>, ServiceError> {
    let mut held = app.care.built.lock().await;
    let (db, now) = (app.store.read(), app.now());
    let of = (directory::version(db).await?, registers::newest_import(db, now).await?);
    if let Some(built) = held.as_ref().filter(|built| built.of == of && stands(&built.directory, now)) {
        return Ok(Arc::clone(&built.directory));
    }
    // The old one goes first: two at once are twice as much.
    *held = None;
    let past = directory::past(db, of.0).await?;
    let ids: Vec<String> = past.named().into_iter().map(ToString::to_string).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let facts = CareFacts { entries: registers::past(db, &NAMING, &ids).await?, past };
    let built = tokio::task::spawn_blocking(move || CareDirectory::build(&facts, now));
    let built = Arc::new(built.await.map_err(|error| ServiceError::internal("care directory", error))?);
    *held = Some(Built { of, directory: Arc::clone(&built) });
    Ok(built)
}

/// Whether nothing has begun or ceased to hold since it was built.
fn stands(built: &CareDirectory, now: Moment) -> bool {
    now >= built.at() && built.until().is_none_or(|until| now < until)
}
