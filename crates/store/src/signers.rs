//! Signers whose certificates the operator registered for reading old signatures (policy `legacy`).

use crate::entity::legacy_signer as signer;
use crate::error::parsed;
use crate::{StoreError, Transaction};
use liitos_domain::{Moment, Oid, Sha256Hash};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

/// A registered signer.
#[derive(Clone, Debug)]
pub struct LegacySigner {
    /// Its key in the store.
    pub key: i64,
    /// Whose documents it may vouch for.
    pub joiner: Oid,
    /// SHA-256 of the certificate.
    pub fingerprint: Sha256Hash,
    /// The certificate, DER.
    pub certificate: Vec<u8>,
    /// Why it was registered.
    pub reason: String,
    /// When.
    pub registered_at: Moment,
    /// When it was withdrawn.
    pub withdrawn_at: Option<Moment>,
}

/// Registers a signer.
///
/// # Errors
/// [`StoreError`].
pub async fn register(tx: &Transaction, new: &LegacySigner, by: &str) -> Result<(), StoreError> {
    let row = signer::ActiveModel {
        joiner: Set(new.joiner.to_string()),
        fingerprint: Set(new.fingerprint.to_string()),
        certificate: Set(new.certificate.clone()),
        reason: Set(new.reason.clone()),
        registered_by: Set(by.to_owned()),
        registered_at: Set(new.registered_at.as_micros()),
        withdrawn_at: Set(None),
        ..Default::default()
    };
    signer::Entity::insert(row).exec_without_returning(tx.connection()).await?;
    Ok(())
}

/// Withdraws a signer; `false` if it was not in force.
///
/// # Errors
/// [`StoreError`].
pub async fn withdraw(tx: &Transaction, key: i64, at: Moment) -> Result<bool, StoreError> {
    let updated = signer::Entity::update_many()
        .col_expr(signer::Column::WithdrawnAt, at.as_micros().into())
        .filter(signer::Column::SignerKey.eq(key))
        .filter(signer::Column::WithdrawnAt.is_null())
        .exec(tx.connection())
        .await?;
    Ok(updated.rows_affected == 1)
}

/// All signers ever registered, newest first.
///
/// # Errors
/// [`StoreError`].
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<LegacySigner>, StoreError> {
    let rows = signer::Entity::find().order_by_desc(signer::Column::SignerKey).all(db).await?;
    rows.into_iter().map(to_signer).collect()
}

/// Since when a certificate is registered for a joiner, if it is and was not withdrawn.
///
/// # Errors
/// [`StoreError`].
pub async fn in_force(
    db: &impl ConnectionTrait,
    joiner: &Oid,
    fingerprint: &Sha256Hash,
) -> Result<Option<Moment>, StoreError> {
    let query = signer::Entity::find()
        .filter(signer::Column::Fingerprint.eq(fingerprint.to_string()))
        .filter(signer::Column::Joiner.eq(joiner.as_str()))
        .filter(signer::Column::WithdrawnAt.is_null());
    let row = query.order_by_desc(signer::Column::RegisteredAt).one(db).await?;
    Ok(row.map(|row| Moment::from_micros(row.registered_at)))
}

fn to_signer(row: signer::Model) -> Result<LegacySigner, StoreError> {
    const TABLE: &str = "legacy_signer";
    Ok(LegacySigner {
        key: row.signer_key,
        joiner: parsed(Oid::parse(&row.joiner).ok(), TABLE, row.signer_key, "joiner")?,
        fingerprint: parsed(Sha256Hash::parse(&row.fingerprint), TABLE, row.signer_key, "fingerprint")?,
        certificate: row.certificate,
        reason: row.reason,
        registered_at: Moment::from_micros(row.registered_at),
        withdrawn_at: row.withdrawn_at.map(Moment::from_micros),
    })
}
