//! Objects on their way: written down before they are put into the object store, and struck out by the transaction that keeps their document. What
//! is left of them after a while belongs to nothing.
//!
//! ```text
//! begun ── object put ── document kept, struck out
//!   └──────── a while later ── claimed ── object deleted ── forgotten
//! ```

use crate::entity::archive_object as row;
use crate::error::parsed;
use crate::{StoreError, Transaction};
use liitos_domain::{Moment, Sha256Hash};
use sea_orm::sea_query::{Expr, Func, Order};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

/// Writes down that an object will be put.
///
/// # Errors
/// [`StoreError`].
pub async fn begin_object(tx: &Transaction, address: Sha256Hash, at: Moment) -> Result<(), StoreError> {
    let new =
        row::ActiveModel { address: Set(address.to_string()), begun_at: Set(at.as_micros()), swept_at: Set(None) };
    row::Entity::insert(new).exec_without_returning(tx.connection()).await?;
    Ok(())
}

/// Strikes out an object whose document is kept with it; whether nobody has begun to sweep it.
///
/// # Errors
/// [`StoreError`].
pub async fn settle_object(tx: &Transaction, address: Sha256Hash) -> Result<bool, StoreError> {
    let delete = row::Entity::delete_many()
        .filter(row::Column::Address.eq(address.to_string()))
        .filter(row::Column::SweptAt.is_null());
    Ok(delete.exec(tx.connection()).await?.rows_affected == 1)
}

/// Some objects that were begun before a moment and belong to nothing, or whose sweeping was begun; those last that were tried last.
///
/// # Errors
/// [`StoreError`].
pub async fn left_objects(db: &impl ConnectionTrait, before: Moment, most: u64) -> Result<Vec<Sha256Hash>, StoreError> {
    let left =
        Condition::any().add(row::Column::BegunAt.lt(before.as_micros())).add(row::Column::SweptAt.is_not_null());
    let tried = Func::coalesce([Expr::col(row::Column::SweptAt), Expr::col(row::Column::BegunAt)]);
    let query = row::Entity::find().filter(left).order_by(tried, Order::Asc).limit(most);
    let address = |row: row::Model| parsed(Sha256Hash::parse(&row.address), "archive_object", &row.address, "address");
    query.all(db).await?.into_iter().map(address).collect()
}

/// Claims an object for sweeping; whether it still belongs to nothing. Nobody can keep a document with it then.
///
/// # Errors
/// [`StoreError`].
pub async fn claim_object(tx: &Transaction, address: Sha256Hash, at: Moment) -> Result<bool, StoreError> {
    let update = row::Entity::update_many()
        .col_expr(row::Column::SweptAt, at.as_micros().into())
        .filter(row::Column::Address.eq(address.to_string()));
    Ok(update.exec(tx.connection()).await?.rows_affected == 1)
}

/// Forgets an object that was swept.
///
/// # Errors
/// [`StoreError`].
pub async fn forget_object(tx: &Transaction, address: Sha256Hash) -> Result<(), StoreError> {
    row::Entity::delete_by_id(address.to_string()).exec(tx.connection()).await?;
    Ok(())
}
