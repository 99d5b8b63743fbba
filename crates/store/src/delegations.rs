//! Organisations that act for others: a vendor or an intermediary for its customers.

use crate::entity::delegation as row;
use crate::error::parsed;
use crate::{StoreError, Transaction};
use liitos_domain::{Moment, Oid, Position};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

/// What an organisation lets another do for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delegation {
    /// Its key; of a new one 0.
    pub key: i64,
    /// Who lets.
    pub organisation: Oid,
    /// Whom.
    pub delegate: Oid,
    /// What.
    pub position: Position,
    /// Since when.
    pub granted_at: Moment,
}

/// Keeps a delegation and gives its key.
///
/// # Errors
/// [`StoreError`].
pub async fn add(tx: &Transaction, delegation: &Delegation, by: &str) -> Result<i64, StoreError> {
    let new = row::ActiveModel {
        organisation: Set(delegation.organisation.to_string()),
        delegate: Set(delegation.delegate.to_string()),
        position: Set(delegation.position.code().to_owned()),
        granted_by: Set(by.to_owned()),
        granted_at: Set(delegation.granted_at.as_micros()),
        ..Default::default()
    };
    Ok(row::Entity::insert(new).exec(tx.connection()).await?.last_insert_id)
}

/// What an organisation lets others do.
///
/// # Errors
/// [`StoreError`].
pub async fn of_organisation(db: &impl ConnectionTrait, organisation: &Oid) -> Result<Vec<Delegation>, StoreError> {
    found(db, row::Column::Organisation.eq(organisation.as_str())).await
}

/// For whom an organisation may act.
///
/// # Errors
/// [`StoreError`].
pub async fn of_delegate(db: &impl ConnectionTrait, delegate: &Oid) -> Result<Vec<Delegation>, StoreError> {
    found(db, row::Column::Delegate.eq(delegate.as_str())).await
}

async fn found(
    db: &impl ConnectionTrait,
    which: sea_orm::sea_query::SimpleExpr,
) -> Result<Vec<Delegation>, StoreError> {
    const TABLE: &str = "delegation";
    let query = row::Entity::find().filter(which).filter(row::Column::EndedAt.is_null());
    let rows = query.order_by_asc(row::Column::DelegationKey).all(db).await?;
    rows.into_iter()
        .map(|row| {
            let key = row.delegation_key;
            Ok(Delegation {
                key,
                organisation: parsed(Oid::parse(&row.organisation).ok(), TABLE, key, "organisation")?,
                delegate: parsed(Oid::parse(&row.delegate).ok(), TABLE, key, "delegate")?,
                position: parsed(Position::parse(&row.position), TABLE, key, "position")?,
                granted_at: Moment::from_micros(row.granted_at),
            })
        })
        .collect()
}

/// Ends a delegation of an organisation; whether there was such a one.
///
/// # Errors
/// [`StoreError`].
pub async fn end(tx: &Transaction, key: i64, organisation: &Oid, by: (&str, Moment)) -> Result<bool, StoreError> {
    let update = row::Entity::update_many()
        .col_expr(row::Column::EndedAt, by.1.as_micros().into())
        .col_expr(row::Column::EndedBy, by.0.into())
        .filter(row::Column::DelegationKey.eq(key))
        .filter(row::Column::Organisation.eq(organisation.as_str()))
        .filter(row::Column::EndedAt.is_null());
    Ok(update.exec(tx.connection()).await?.rows_affected == 1)
}
