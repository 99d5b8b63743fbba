//! Messages that were taken, and what they were answered.

use crate::entity::message;
use crate::{StoreError, Transaction};
use liitos_domain::{Moment, Oid, Sha256Hash};
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait};

/// A message that is taken.
#[derive(Clone, Copy, Debug)]
pub struct NewMessage<'a> {
    /// Its id.
    pub id: &'a Oid,
    /// SHA-256 of it.
    pub hash: Sha256Hash,
    /// What it is answered.
    pub acknowledgement: &'a str,
    /// The document that it brought.
    pub document: &'a Oid,
    /// Whose joining it came under.
    pub joiner: &'a Oid,
    /// When.
    pub at: Moment,
}

/// A message that was answered before.
#[derive(Clone, Debug)]
pub struct Answered {
    /// SHA-256 of the message.
    pub hash: String,
    /// What it was answered.
    pub acknowledgement: String,
    /// Whose joining it came under.
    pub joiner: String,
}

/// Messages' rows.
pub(super) fn rows(new: &[NewMessage<'_>]) -> Vec<message::ActiveModel> {
    let row = |new: &NewMessage<'_>| message::ActiveModel {
        message_id: Set(new.id.to_string()),
        hash: Set(new.hash.to_string()),
        acknowledgement: Set(new.acknowledgement.to_owned()),
        document_id: Set(Some(new.document.to_string())),
        joiner: Set(new.joiner.to_string()),
        received_at: Set(new.at.as_micros()),
    };
    new.iter().map(row).collect()
}

/// Keeps what messages were answered; some hundred at most.
///
/// # Errors
/// [`StoreError::Duplicate`] when an id was taken before.
pub async fn take(tx: &Transaction, new: &[NewMessage<'_>]) -> Result<(), StoreError> {
    message::Entity::insert_many(rows(new)).exec_without_returning(tx.connection()).await?;
    Ok(())
}

/// What a message was answered, if it came before.
///
/// # Errors
/// [`StoreError`].
pub async fn answered(db: &impl ConnectionTrait, message_id: &Oid) -> Result<Option<Answered>, StoreError> {
    let row = message::Entity::find_by_id(message_id.to_string()).one(db).await?;
    Ok(row.map(|row| Answered { hash: row.hash, acknowledgement: row.acknowledgement, joiner: row.joiner }))
}
