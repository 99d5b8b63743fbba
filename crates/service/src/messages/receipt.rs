//! Those whom messages are handed to tell what became of them: by the ticket, which nobody else knows.

use super::{Message, came_back};
use crate::{App, ServiceError};
use liitos_domain::RefusalCode;
use liitos_store::jobs;

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It has arrived.
    Delivered,
    /// It will never arrive; why, in their words.
    Undelivered(String),
}

/// Longest reason kept, in characters.
const MAX_REASON: usize = 300;

/// Takes down what became of a message.
///
/// # Errors
/// L-609 when no message has the ticket.
pub async fn receipt(app: &App, ticket: &str, fate: Fate) -> Result<(), ServiceError> {
    let tx = app.store.begin().await?;
    let known = match fate {
        Fate::Delivered => jobs::arrived(&tx, ticket).await?.is_some(),
        Fate::Undelivered(why) => {
            let why: String = why.chars().filter(|c| !c.is_control()).take(MAX_REASON).collect();
            match jobs::bounced(&tx, ticket, &why).await? {
                Some(job) => {
                    if let Some(message) = Message::of(&job) {
                        came_back::came_back(app, &tx, &message).await?;
                    }
                    true
                }
                None => false,
            }
        }
    };
    tx.commit().await?;
    if known { Ok(()) } else { Err(ServiceError::refused(RefusalCode::NotFound, "message")) }
}
