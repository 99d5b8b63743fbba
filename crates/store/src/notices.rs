//! Notices: what somebody should know of, told once, until somebody has seen to it.

use crate::entity::notice as row;
use crate::error::{json, parsed, to_json};
use crate::{StoreError, Transaction};
use liitos_domain::notice::Notice;
use liitos_domain::{Moment, Oid};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

/// A notice as stored.
#[derive(Clone, Debug)]
pub struct Stored {
    /// Its key.
    pub key: i64,
    /// When it was told.
    pub at: Moment,
    /// Whom it concerns.
    pub joiner: Oid,
    /// What it is about.
    pub notice: Notice,
}

/// Keeps a notice unless the `same` one was told before; whether it is new.
///
/// # Errors
/// [`StoreError`].
pub async fn tell(tx: &Transaction, same: &str, joiner: &Oid, notice: &Notice, at: Moment) -> Result<bool, StoreError> {
    let new = row::ActiveModel {
        same: Set(same.to_owned()),
        at: Set(at.as_micros()),
        joiner: Set(joiner.to_string()),
        body: Set(to_json(notice)?),
        ..Default::default()
    };
    let once = OnConflict::column(row::Column::Same).do_nothing().to_owned();
    let rows = row::Entity::insert(new).on_conflict(once).exec_without_returning(tx.connection()).await?;
    Ok(rows == 1)
}

/// Notices that nobody has seen to, newest first: all, or a joiner's.
///
/// # Errors
/// [`StoreError`].
pub async fn open(db: &impl ConnectionTrait, joiner: Option<&Oid>, limit: u64) -> Result<Vec<Stored>, StoreError> {
    let mut query = row::Entity::find().filter(row::Column::SettledAt.is_null());
    if let Some(joiner) = joiner {
        query = query.filter(row::Column::Joiner.eq(joiner.as_str()));
    }
    let rows = query.order_by_desc(row::Column::NoticeKey).limit(limit).all(db).await?;
    rows.into_iter()
        .map(|row| {
            Ok(Stored {
                key: row.notice_key,
                at: Moment::from_micros(row.at),
                joiner: parsed(Oid::parse(&row.joiner).ok(), "notice", row.notice_key, "joiner")?,
                notice: json(&row.body, "notice", row.notice_key, "body")?,
            })
        })
        .collect()
}

/// Somebody has seen to a notice; with a joiner given, only to one of its own. Whether there was such an open one.
///
/// # Errors
/// [`StoreError`].
pub async fn settle(
    tx: &Transaction,
    key: i64,
    joiner: Option<&Oid>,
    by: &str,
    at: Moment,
) -> Result<bool, StoreError> {
    let mut update = row::Entity::update_many()
        .col_expr(row::Column::SettledAt, at.as_micros().into())
        .col_expr(row::Column::SettledBy, by.into())
        .filter(row::Column::NoticeKey.eq(key))
        .filter(row::Column::SettledAt.is_null());
    if let Some(joiner) = joiner {
        update = update.filter(row::Column::Joiner.eq(joiner.as_str()));
    }
    Ok(update.exec(tx.connection()).await?.rows_affected == 1)
}
