//! What happened to what is followed by a number, the operator's people without a name.

use crate::entity::happening as row;
use crate::{StoreError, Transaction};
use liitos_domain::Moment;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

pub use crate::notifications::Happened;

/// Keeps that something happened.
///
/// # Errors
/// [`StoreError`].
pub async fn add(tx: &Transaction, number: &str, event: &Happened) -> Result<(), StoreError> {
    let new = row::ActiveModel {
        subject: Set(number.to_owned()),
        at: Set(event.at.as_micros()),
        what: Set(event.what.clone()),
        person: Set(event.person.clone()),
        words: Set(event.words.clone()),
        ..Default::default()
    };
    row::Entity::insert(new).exec_without_returning(tx.connection()).await?;
    Ok(())
}

/// What happened, the newest first.
///
/// # Errors
/// [`StoreError`].
pub async fn of(db: &impl ConnectionTrait, number: &str, most: u64) -> Result<Vec<Happened>, StoreError> {
    let query = row::Entity::find().filter(row::Column::Subject.eq(number));
    let rows = query.order_by_desc(row::Column::HappeningKey).limit(most).all(db).await?;
    let told = |row: row::Model| Happened {
        at: Moment::from_micros(row.at),
        what: row.what,
        person: row.person,
        words: row.words,
    };
    Ok(rows.into_iter().map(told).collect())
}
