//! Suppliers that sign for a joiner by agreement, each with the system that its certificate is for (guide 3.3).

use crate::entity::signing_agreement as row;
use crate::error::parsed;
use crate::{StoreError, Transaction, registers};
use liitos_domain::register::RegisterKind;
use liitos_domain::{Moment, Oid};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait as _, QueryFilter, QueryOrder,
};

/// An agreement.
#[derive(Clone, Debug)]
pub struct SigningAgreement {
    /// Its key in the store.
    pub key: i64,
    /// Whose documents are signed.
    pub joiner: Oid,
    /// Who signs them: a Kanta intermediary.
    pub supplier: Oid,
    /// With which system (Astori number).
    pub system: String,
    /// Where the agreement is kept, and since when.
    pub reference: String,
    /// Since when it counts here.
    pub agreed_at: Moment,
    /// Until when it counted.
    pub ended_at: Option<Moment>,
}

/// Keeps an agreement; its key.
///
/// # Errors
/// [`StoreError::Duplicate`] when the same counts already.
pub async fn agree(tx: &Transaction, new: &SigningAgreement, by: &str) -> Result<i64, StoreError> {
    let row = row::ActiveModel {
        joiner: Set(new.joiner.to_string()),
        supplier: Set(new.supplier.to_string()),
        system: Set(new.system.clone()),
        reference: Set(new.reference.clone()),
        agreed_by: Set(by.to_owned()),
        agreed_at: Set(new.agreed_at.as_micros()),
        ended_at: Set(None),
        ..Default::default()
    };
    Ok(row::Entity::insert(row).exec(tx.connection()).await?.last_insert_id)
}

/// Ends an agreement; whose it was, nothing if it does not count any more.
///
/// # Errors
/// [`StoreError`].
pub async fn end(tx: &Transaction, key: i64, at: Moment) -> Result<Option<SigningAgreement>, StoreError> {
    let updated = row::Entity::update_many()
        .col_expr(row::Column::EndedAt, at.as_micros().into())
        .filter(row::Column::AgreementKey.eq(key))
        .filter(row::Column::EndedAt.is_null())
        .exec(tx.connection())
        .await?;
    if updated.rows_affected != 1 {
        return Ok(None);
    }
    row::Entity::find_by_id(key).one(tx.connection()).await?.map(read).transpose()
}

fn read(row: row::Model) -> Result<SigningAgreement, StoreError> {
    const TABLE: &str = "signing_agreement";
    let oid = |text: &str, column| parsed(Oid::parse(text).ok(), TABLE, row.agreement_key, column);
    Ok(SigningAgreement {
        key: row.agreement_key,
        joiner: oid(&row.joiner, "joiner")?,
        supplier: oid(&row.supplier, "supplier")?,
        system: row.system,
        reference: row.reference,
        agreed_at: Moment::from_micros(row.agreed_at),
        ended_at: row.ended_at.map(Moment::from_micros),
    })
}

/// All agreements there ever were, the newest first.
///
/// # Errors
/// [`StoreError`].
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<SigningAgreement>, StoreError> {
    let rows = row::Entity::find().order_by_desc(row::Column::AgreementKey).all(db).await?;
    rows.into_iter().map(read).collect()
}

/// Whether a supplier signs for a joiner with a system: by an agreement that counts, and as an intermediary that is one at that time.
///
/// # Errors
/// [`StoreError`].
pub async fn signs(
    db: &impl ConnectionTrait,
    (joiner, system): (&Oid, &str),
    supplier: &Oid,
    at: Moment,
) -> Result<bool, StoreError> {
    let query = row::Entity::find()
        .filter(row::Column::Joiner.eq(joiner.as_str()))
        .filter(row::Column::Supplier.eq(supplier.as_str()))
        .filter(row::Column::System.eq(system))
        .filter(row::Column::EndedAt.is_null());
    if query.count(db).await? == 0 {
        return Ok(false);
    }
    let known = registers::known(db, RegisterKind::Intermediaries, &[supplier.as_str()]).await?;
    Ok(known.into_values().any(|(_, entry)| entry.valid.contains(at)))
}
