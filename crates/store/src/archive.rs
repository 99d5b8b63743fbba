//! Archived documents and the messages that brought them.

use crate::entity::{document, message};
use crate::{StoreError, Transaction};
use liitos_domain::{Moment, Oid, Sha256Hash};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect};

/// A document to store with the message that brought it.
#[derive(Clone, Debug)]
pub struct NewDocument<'a> {
    /// The document's id.
    pub id: &'a Oid,
    /// The id its versions share.
    pub set_id: &'a Oid,
    /// Its version.
    pub version: u32,
    /// Whose joining it came under.
    pub joiner: &'a Oid,
    /// Its controller.
    pub controller: &'a Oid,
    /// The register it belongs to.
    pub register_code: &'a str,
    /// The access point it came through.
    pub access_point: &'a str,
    /// The message that brought it.
    pub message_id: &'a Oid,
    /// SHA-256 of the message.
    pub message_hash: Sha256Hash,
    /// What the message was answered.
    pub acknowledgement: &'a str,
    /// The signature policy it passed under.
    pub policy: &'a str,
    /// The signer's certificate.
    pub signer: Sha256Hash,
    /// SHA-256 of the signature value.
    pub signature: Sha256Hash,
    /// When it was signed.
    pub signed_at: Moment,
    /// When it is stored.
    pub stored_at: Moment,
    /// The document, byte for byte.
    pub body: &'a [u8],
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

/// Stores message and document.
///
/// # Errors
/// [`StoreError::Duplicate`] when either id, or the signature, is stored already.
pub async fn insert(tx: &Transaction, new: &NewDocument<'_>) -> Result<(), StoreError> {
    let row = message::ActiveModel {
        message_id: Set(new.message_id.to_string()),
        hash: Set(new.message_hash.to_string()),
        acknowledgement: Set(new.acknowledgement.to_owned()),
        document_id: Set(Some(new.id.to_string())),
        joiner: Set(new.joiner.to_string()),
        received_at: Set(new.stored_at.as_micros()),
    };
    message::Entity::insert(row).exec_without_returning(tx.connection()).await?;
    let row = document::ActiveModel {
        document_id: Set(new.id.to_string()),
        set_id: Set(new.set_id.to_string()),
        version: Set(i32::try_from(new.version).unwrap_or(i32::MAX)),
        joiner: Set(new.joiner.to_string()),
        controller: Set(new.controller.to_string()),
        register_code: Set(new.register_code.to_owned()),
        access_point: Set(new.access_point.to_owned()),
        message_id: Set(new.message_id.to_string()),
        policy: Set(new.policy.to_owned()),
        signer_fingerprint: Set(new.signer.to_string()),
        signed_at: Set(new.signed_at.as_micros()),
        stored_at: Set(new.stored_at.as_micros()),
        hash: Set(Sha256Hash::of(new.body).to_string()),
        body: Set(new.body.to_vec()),
        signature_hash: Set(Some(new.signature.to_string())),
    };
    document::Entity::insert(row).exec_without_returning(tx.connection()).await?;
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

/// Whether a document id is taken.
///
/// # Errors
/// [`StoreError`].
pub async fn is_stored(db: &impl ConnectionTrait, id: &Oid) -> Result<bool, StoreError> {
    let query = document::Entity::find_by_id(id.to_string()).select_only().column(document::Column::DocumentId);
    Ok(query.into_tuple::<String>().one(db).await?.is_some())
}

/// A document of one of the given controllers, byte for byte.
///
/// # Errors
/// [`StoreError`].
pub async fn find(db: &impl ConnectionTrait, id: &Oid, controllers: &[Oid]) -> Result<Option<Vec<u8>>, StoreError> {
    let controllers = controllers.iter().map(Oid::as_str);
    let row = document::Entity::find_by_id(id.to_string())
        .filter(document::Column::Controller.is_in(controllers))
        .one(db)
        .await?;
    Ok(row.map(|row| row.body))
}

/// How many documents are stored.
///
/// # Errors
/// [`StoreError`].
pub async fn count(db: &impl ConnectionTrait) -> Result<u64, StoreError> {
    Ok(document::Entity::find().count(db).await?)
}
