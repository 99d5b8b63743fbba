//! Days on which runs are switched.

use crate::entity::controller_run_day as row;
use crate::{StoreError, Transaction};
use liitos_domain::Moment;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait, QueryOrder};

fn day_of(moment: Moment) -> String {
    moment.civil().date().to_string()
}

/// Adds a day: that which a moment lies in, in Helsinki.
///
/// # Errors
/// [`StoreError`].
pub async fn add_day(tx: &Transaction, day: Moment, at: Moment) -> Result<(), StoreError> {
    let new = row::ActiveModel { day: Set(day_of(day)), added_at: Set(at.as_micros()) };
    let once = OnConflict::column(row::Column::Day).do_nothing().to_owned();
    row::Entity::insert(new).on_conflict(once).exec_without_returning(tx.connection()).await?;
    Ok(())
}

/// Takes a day away; whether it was there.
///
/// # Errors
/// [`StoreError`].
pub async fn remove_day(tx: &Transaction, day: Moment) -> Result<bool, StoreError> {
    Ok(row::Entity::delete_by_id(day_of(day)).exec(tx.connection()).await?.rows_affected == 1)
}

/// Whether runs are switched on the day that a moment lies in.
///
/// # Errors
/// [`StoreError`].
pub async fn is_day(db: &impl ConnectionTrait, moment: Moment) -> Result<bool, StoreError> {
    Ok(row::Entity::find_by_id(day_of(moment)).one(db).await?.is_some())
}

/// All days, `2027-01-01`, the earliest first.
///
/// # Errors
/// [`StoreError`].
pub async fn days(db: &impl ConnectionTrait) -> Result<Vec<String>, StoreError> {
    Ok(row::Entity::find().order_by_asc(row::Column::Day).all(db).await?.into_iter().map(|row| row.day).collect())
}
