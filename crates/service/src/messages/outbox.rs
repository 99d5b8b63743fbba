//! The outbox, for the operator: every message with what became of it, and the dead letters among them.

use super::{JOB_KINDS, Message};
use crate::{Actor, App, ServiceError};
use liitos_domain::Duty;
use liitos_store::jobs::{self, Job};

/// Messages on a page.
const SHOWN: u64 = 50;

/// Which part of the outbox is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Only those that were given up.
    pub dead: bool,
    /// Those that are older than this one.
    pub before: Option<i64>,
}

/// A message with its job.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The message.
    pub message: Message,
    /// Its job.
    pub job: Job,
}

/// A part of the outbox.
#[derive(Clone, Debug)]
pub struct Outbox {
    /// Messages, the newest first.
    pub shown: Vec<Shown>,
    /// The last one's key, if there are older ones.
    pub older: Option<i64>,
    /// How many were given up and not seen to, in all.
    pub dead: u64,
    /// How many wait to be sent.
    pub waiting: u64,
}

/// A part of the outbox.
///
/// # Errors
/// L-602 without the position.
pub async fn outbox(app: &App, actor: &Actor, page: Page) -> Result<Outbox, ServiceError> {
    actor.must_see(Duty::Handle)?;
    let db = app.store.read();
    let state = page.dead.then_some("failed");
    let mut jobs = jobs::newest(db, &JOB_KINDS, state, page.before, SHOWN + 1).await?;
    let more = jobs.len() > SHOWN as usize;
    jobs.truncate(SHOWN as usize);
    let older = jobs.last().map(|job| job.key).filter(|_| more);
    let shown = jobs.into_iter().filter_map(|job| Some(Shown { message: Message::of(&job)?, job }));
    Ok(Outbox {
        shown: shown.collect(),
        older,
        dead: jobs::count(db, &JOB_KINDS, "failed").await?,
        waiting: jobs::count(db, &JOB_KINDS, "queued").await?,
    })
}
