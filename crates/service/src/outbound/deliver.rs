//! Brings what is due.

use crate::ports::OutboundDoor;
use crate::{App, ServiceError};
use liitos_domain::outbound::{Follows, LAPSES_AFTER_DAYS, OutboundState, pause};
use liitos_store::outbound::{self, CLAIM_SECONDS, Message};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// Brought at once: a unit that is slow does not keep others waiting.
const AT_ONCE: usize = 16;
/// How long a try may take: less than [`CLAIM_SECONDS`], so that no second worker brings the message meanwhile.
const PATIENCE: Duration = Duration::from_secs(CLAIM_SECONDS as u64 - 15);

/// Brings every message that is due; how many were delivered.
///
/// # Errors
/// [`ServiceError`] when the database fails; a unit that is not reached is no error here.
pub async fn deliver_due(app: &Arc<App>, door: &Arc<dyn OutboundDoor>) -> Result<usize, ServiceError> {
    let (mut running, mut delivered, mut none_left) = (JoinSet::new(), 0, false);
    loop {
        while !none_left && running.len() < AT_ONCE {
            match outbound::claim(&app.store, app.now()).await? {
                Some(message) => {
                    let (app, door) = (Arc::clone(app), Arc::clone(door));
                    running.spawn(async move { deliver(&app, &*door, &message).await });
                }
                None => none_left = true,
            }
        }
        match running.join_next().await {
            Some(Ok(done)) => delivered += usize::from(done?),
            // One that panicked waits until its claim ends.
            Some(Err(_)) => {}
            None => return Ok(delivered),
        }
    }
}

async fn deliver(app: &App, door: &dyn OutboundDoor, message: &Message) -> Result<bool, ServiceError> {
    let brought = tokio::time::timeout(PATIENCE, door.bring(message)).await;
    let follows = match brought.unwrap_or_else(|_| Err("no answer in time".to_owned())) {
        Ok(brought) => brought.follows(message.tries),
        Err(problem) => Follows::Again(pause(message.tries), format!("outbound door: {problem}")),
    };
    let now = app.now();
    let (state, problem, next) = match follows {
        Follows::Delivered => (OutboundState::Delivered, None, now),
        Follows::Rejected(problem) => (OutboundState::Rejected, Some(problem), now),
        Follows::Again(seconds, problem) => {
            let next = now.plus_seconds(seconds);
            let lapsed = message.taken_at.plus_days(LAPSES_AFTER_DAYS) <= next;
            (if lapsed { OutboundState::Lapsed } else { OutboundState::Waiting }, Some(problem), next)
        }
    };
    if let Some(problem) = &problem {
        tracing::warn!(message = message.id, unit = %message.unit, tries = message.tries, %state, problem, "not delivered");
    }
    outbound::tried(&app.store, message, state, problem.as_deref(), (now, next)).await?;
    Ok(state == OutboundState::Delivered)
}
