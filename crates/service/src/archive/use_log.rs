//! The use log: nothing is read or given out that is not written down first, and soon after, what was written is sealed.

use super::caller::Caller;
use crate::{App, ServiceError};
use liitos_domain::archive::{Act, Ground, Seal, SealHead, Use};
use liitos_domain::{Moment, Oid};
use liitos_store::{Store, archive};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Mutex as Turn, OwnedMutexGuard, oneshot};

/// A line about what a caller did in a controller's register.
pub(super) fn line(caller: &Caller, (act, ground): (Act, Ground), controller: &Oid, at: Moment) -> Use {
    Use {
        at,
        by: caller.door.access_point.to_string(),
        act,
        ground,
        controller: controller.clone(),
        joiner: caller.joiner.clone(),
        tenant: caller.tenant().cloned(),
        document: None,
        person: None,
        decision: caller.door.decision_id.clone(),
        more: None,
    }
}

type Waiting = Vec<(Vec<Use>, oneshot::Sender<bool>)>;

/// Gathers what many readers have to write into one transaction: whoever comes while another writes is taken along by the next.
#[derive(Default)]
pub(crate) struct Gathered {
    waiting: Arc<Mutex<Waiting>>,
    turn: Arc<Turn<()>>,
}

/// Most readers whose lines are written at once.
const MOST_GATHERED: usize = 200;

impl Gathered {
    /// Writes lines; when it returns, they last.
    async fn write(&self, store: &Store, lines: Vec<Use>) -> Result<(), ServiceError> {
        let (done, written) = oneshot::channel();
        lock(&self.waiting).push((lines, done));
        tokio::pin!(written);
        // Whoever has the turn may write these, too.
        let done = tokio::select! {
            biased;
            done = &mut written => done,
            turn = Arc::clone(&self.turn).lock_owned() => {
                // Apart from this call: it may be given up, and others wait for what it began.
                tokio::spawn(write_waiting(store.clone(), Arc::clone(&self.waiting), turn));
                written.await
            }
        };
        match done {
            Ok(true) => Ok(()),
            _ => Err(ServiceError::refused(liitos_domain::RefusalCode::Internal, "use log")),
        }
    }
}

fn lock(waiting: &Mutex<Waiting>) -> std::sync::MutexGuard<'_, Waiting> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Some of those who wait, the first first.
fn some(waiting: &Mutex<Waiting>) -> Waiting {
    let mut waiting = lock(waiting);
    let most = waiting.len().min(MOST_GATHERED);
    waiting.drain(..most).collect()
}

/// Writes until nobody waits.
async fn write_waiting(store: Store, waiting: Arc<Mutex<Waiting>>, _turn: OwnedMutexGuard<()>) {
    loop {
        let some = some(&waiting);
        if some.is_empty() {
            return;
        }
        let lines: Vec<Use> = some.iter().flat_map(|(lines, _)| lines.iter().cloned()).collect();
        let written = archive::write_uses(&store, &lines).await;
        if let Err(error) = &written {
            tracing::error!(error = %error, "the use log could not be written");
        }
        for (_, done) in some {
            // Whoever gave up is not told.
            let _ = done.send(written.is_ok());
        }
    }
}

/// Writes lines down; when it returns, they last.
pub(crate) async fn write(app: &App, lines: Vec<Use>) -> Result<(), ServiceError> {
    app.followed.note(&lines);
    app.uses.write(&app.store, lines).await
}

/// The newest seal, signed now; it tells nothing of anybody.
///
/// # Errors
/// [`ServiceError`].
pub async fn use_log_head(app: &App) -> Result<SealHead, ServiceError> {
    let newest = archive::newest_seal(app.store.read()).await?;
    let seal = newest.as_ref().map_or(0, |seal| seal.number);
    let (hash, at) = (newest.as_ref().map(Seal::hash).transpose()?, app.now());
    let signature = app.publication.sign_seal(seal, hash, at)?;
    Ok(SealHead { seal, hash, at, signature })
}

/// Seals what was written since the last seal; whether there was anything.
///
/// # Errors
/// [`ServiceError`].
pub async fn seal_uses(app: &App) -> Result<bool, ServiceError> {
    let tx = app.store.begin().await?;
    let sealed = archive::seal_uses(&tx, app.now()).await?;
    tx.commit().await?;
    Ok(sealed.is_some())
}
