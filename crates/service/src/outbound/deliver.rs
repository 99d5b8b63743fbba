//! Brings what is due.

use crate::ports::OutboundDoor;
use crate::{App, ServiceError};
use liitos_domain::Oid;
use liitos_domain::outbound::{Follows, LAPSES_AFTER_DAYS, OutboundState, pause};
use liitos_store::outbound::{self, CLAIM_SECONDS, Message};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// Brought at once, and to one unit: one that is slow does not keep others waiting.
const AT_ONCE: usize = 16;
const AT_ONCE_TO_ONE: usize = 2;
/// How often it is looked for more while some are on their way.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// How long a try may take: less than [`CLAIM_SECONDS`], so that no second worker brings the message meanwhile.
const PATIENCE: Duration = Duration::from_secs(CLAIM_SECONDS as u64 - 15);

/// Brings every message that is due, and those that become it meanwhile; how many were delivered.
///
/// # Errors
/// [`ServiceError`] when the database failed, once what was begun has ended; a unit that is not reached is no error here.
pub async fn deliver_due(app: &Arc<App>, door: &Arc<dyn OutboundDoor>) -> Result<usize, ServiceError> {
    let (mut running, mut delivered, mut failed) = (JoinSet::new(), 0, None);
    // The units of those that run, each as often as it has one.
    let mut units: Vec<Oid> = Vec::new();
    loop {
        while failed.is_none() && running.len() < AT_ONCE {
            let busy: Vec<&str> = units.iter().filter(|unit| crowded(&units, unit)).map(Oid::as_str).collect();
            match outbound::claim(&app.store, app.now(), &busy).await {
                Ok(Some(message)) => {
                    units.push(message.unit.clone());
                    let (app, door) = (Arc::clone(app), Arc::clone(door));
                    running.spawn(async move {
                        let done = deliver(&app, &*door, &message).await;
                        (message.unit, done)
                    });
                }
                Ok(None) => break,
                Err(error) => failed = Some(error.into()),
            }
        }
        if running.is_empty() {
            return failed.map_or(Ok(delivered), Err);
        }
        tokio::select! {
            Some(ended) = running.join_next() => match ended {
                Ok((unit, done)) => {
                    if let Some(at) = units.iter().position(|other| *other == unit) {
                        units.swap_remove(at);
                    }
                    match done {
                        Ok(done) => delivered += usize::from(done),
                        // The others that run are not cut for it: what they have brought is written down.
                        Err(error) => failed = Some(error),
                    }
                }
                // One that panicked waits until its claim ends.
                Err(_) => units.clear(),
            },
            () = tokio::time::sleep(LOOK_AGAIN) => {}
        }
    }
}

/// Whether a unit has as many messages on their way as one may.
fn crowded(units: &[Oid], unit: &Oid) -> bool {
    units.iter().filter(|other| *other == unit).count() >= AT_ONCE_TO_ONE
}

async fn deliver(app: &App, door: &dyn OutboundDoor, message: &Message) -> Result<bool, ServiceError> {
    let brought = tokio::time::timeout(PATIENCE, door.bring(message)).await;
    let (follows, door) = match brought.unwrap_or_else(|_| Err("no answer in time".to_owned())) {
        Ok(brought) => (brought.follows(message.tries), brought.is_of_the_unit()),
        Err(problem) => (Follows::Again(pause(message.tries), format!("outbound door: {problem}")), false),
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
    outbound::tried(&app.store, message, state, (problem.as_deref(), door), (now, next)).await?;
    Ok(state == OutboundState::Delivered)
}
