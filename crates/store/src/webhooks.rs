//! Where organisations want to be told of what happens, program to program.

use crate::entity::webhook as row;
use crate::{StoreError, Transaction, programs};
use liitos_domain::{Moment, Oid};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use std::collections::BTreeSet;

/// A webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Its key; of a new one 0.
    pub key: i64,
    /// Where events are posted.
    pub address: String,
    /// What they are signed with; both sides know it.
    pub secret: String,
    /// By whom: a person or a program.
    pub created_by: String,
    /// Since when.
    pub created_at: Moment,
}

/// Keeps a webhook of an organisation and gives its key.
///
/// # Errors
/// [`StoreError`].
pub async fn add(tx: &Transaction, organisation: &Oid, webhook: &Webhook) -> Result<i64, StoreError> {
    let new = row::ActiveModel {
        organisation: Set(organisation.to_string()),
        address: Set(webhook.address.clone()),
        secret: Set(webhook.secret.clone()),
        created_by: Set(webhook.created_by.clone()),
        created_at: Set(webhook.created_at.as_micros()),
        ..Default::default()
    };
    Ok(row::Entity::insert(new).exec(tx.connection()).await?.last_insert_id)
}

/// The webhooks of an organisation that are told: those that a program made last as long as it may act.
///
/// # Errors
/// [`StoreError`].
pub async fn of_organisation(
    db: &impl ConnectionTrait,
    organisation: &Oid,
    now: Moment,
) -> Result<Vec<Webhook>, StoreError> {
    let programs = programs::of_organisation(db, organisation).await?;
    let acting: BTreeSet<String> = programs
        .into_iter()
        .filter(|program| program.expires_at > now)
        .map(|program| programs::reference(program.key))
        .collect();
    let query = row::Entity::find().filter(row::Column::Organisation.eq(organisation.as_str()));
    let rows = query.filter(row::Column::EndedAt.is_null()).order_by_asc(row::Column::WebhookKey).all(db).await?;
    let told = |row: row::Model| Webhook {
        key: row.webhook_key,
        address: row.address,
        secret: row.secret,
        created_by: row.created_by,
        created_at: Moment::from_micros(row.created_at),
    };
    let lasts = |row: &row::Model| !programs::is_program(&row.created_by) || acting.contains(&row.created_by);
    Ok(rows.into_iter().filter(lasts).map(told).collect())
}

/// The secret of a webhook that has not ended.
///
/// # Errors
/// [`StoreError`].
pub async fn secret(db: &impl ConnectionTrait, key: i64) -> Result<Option<String>, StoreError> {
    let row = row::Entity::find_by_id(key).filter(row::Column::EndedAt.is_null()).one(db).await?;
    Ok(row.map(|row| row.secret))
}

/// Ends a webhook of an organisation; whether there was such a one.
///
/// # Errors
/// [`StoreError`].
pub async fn end(tx: &Transaction, key: i64, organisation: &Oid, at: Moment) -> Result<bool, StoreError> {
    let update = row::Entity::update_many()
        .col_expr(row::Column::EndedAt, at.as_micros().into())
        .filter(row::Column::WebhookKey.eq(key))
        .filter(row::Column::Organisation.eq(organisation.as_str()))
        .filter(row::Column::EndedAt.is_null());
    Ok(update.exec(tx.connection()).await?.rows_affected == 1)
}
