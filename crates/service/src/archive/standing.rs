//! The controller update runs that matter to documents, as they were read last: read again when any of them changed.

use crate::{App, ServiceError};
use liitos_store::archive::{self, Rests};
use liitos_store::controller_runs::{self, Standing};
use std::sync::{Arc, Mutex, PoisonError};

/// The runs, and after how many changes they were read.
type Known = ((u64, u64), Arc<Standing>);

/// The runs as they were read last.
#[derive(Default)]
pub(crate) struct Runs(Mutex<Option<Known>>);

/// The runs as they were read last, with after how many changes: whoever rests on them sees that it is still so, or forgets them.
pub(super) async fn standing_held(app: &App) -> Result<Known, ServiceError> {
    let held = app.runs.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    match held {
        Some(known) => Ok(known),
        None => {
            let rests = archive::rests(app.store.read()).await?;
            Ok((rests.runs, standing(app, &rests).await?))
        }
    }
}

/// Something has changed: they are read again when they are asked for.
pub(super) fn forget(app: &App) {
    *app.runs.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
}

/// The runs as they stand by what documents rest on now.
pub(super) async fn standing(app: &App, rests: &Rests) -> Result<Arc<Standing>, ServiceError> {
    let held = || app.runs.0.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, known)) = held().as_ref().filter(|(of, _)| *of == rests.runs) {
        return Ok(Arc::clone(known));
    }
    let read = Arc::new(controller_runs::standing(app.store.read()).await?);
    *held() = Some((rests.runs, Arc::clone(&read)));
    Ok(read)
}

/// The runs as they stand now.
pub(super) async fn standing_now(app: &App) -> Result<Arc<Standing>, ServiceError> {
    standing(app, &archive::rests(app.store.read()).await?).await
}
