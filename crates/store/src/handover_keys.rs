//! Keys by which a joiner hands itself over to whoever it gives one: of each only a digest is kept.

use crate::entity::handover_key as row;
use crate::error::parsed;
use crate::{StoreError, Transaction};
use liitos_domain::{Moment, Oid, Sha256Hash};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait as _, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect,
};

const TABLE: &str = "handover_key";

/// A key that was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandoverKey {
    /// Its key in the table.
    pub key: i64,
    /// Who gave it.
    pub joiner: Oid,
    /// When.
    pub made_at: Moment,
    /// Until when it can be used.
    pub expires_at: Moment,
    /// The number of the move that it was used in.
    pub used_by: Option<String>,
    /// When it was taken back before it was used.
    pub ended_at: Option<Moment>,
    /// For whom it is meant; `None`: for whoever has it.
    pub meant_for: Option<Oid>,
}

/// Keeps a key, for whom it is meant, if for somebody; gives its key in the table.
///
/// # Errors
/// [`StoreError`].
pub async fn add(
    tx: &Transaction,
    (digest, joiner, meant_for): (&Sha256Hash, &Oid, Option<&Oid>),
    (made_at, expires_at): (Moment, Moment),
    reference: &str,
) -> Result<i64, StoreError> {
    let new = row::ActiveModel {
        digest: Set(digest.to_string()),
        joiner: Set(joiner.to_string()),
        made_at: Set(made_at.as_micros()),
        expires_at: Set(expires_at.as_micros()),
        reference: Set(reference.to_owned()),
        meant_for: Set(meant_for.map(Oid::to_string)),
        ..Default::default()
    };
    Ok(row::Entity::insert(new).exec(tx.connection()).await?.last_insert_id)
}

/// Uses a key up in a move of somebody's: whose it is. Nothing where there is none, or none any more, or one that is meant for somebody else.
///
/// # Errors
/// [`StoreError`].
pub async fn spend(
    tx: &Transaction,
    digest: &Sha256Hash,
    (leader, number): (&Oid, &str),
    at: Moment,
) -> Result<Option<Oid>, StoreError> {
    use row::Column as C;
    let found = row::Entity::find().filter(C::Digest.eq(digest.to_string())).one(tx.connection()).await?;
    let Some(found) = found else { return Ok(None) };
    let spent = row::ActiveModel {
        used_by: Set(Some(number.to_owned())),
        used_at: Set(Some(at.as_micros())),
        ..Default::default()
    };
    let update = row::Entity::update_many().set(spent).filter(C::KeyKey.eq(found.key_key));
    let update = update.filter(C::UsedBy.is_null()).filter(C::EndedAt.is_null());
    let update = update.filter(C::ExpiresAt.gt(at.as_micros()));
    let update = update.filter(C::MeantFor.is_null().or(C::MeantFor.eq(leader.as_str())));
    if update.exec(tx.connection()).await?.rows_affected == 0 {
        return Ok(None);
    }
    parsed(Oid::parse(&found.joiner).ok(), TABLE, found.key_key, "joiner").map(Some)
}

/// Takes a joiner's key back; whether it had not been used.
///
/// # Errors
/// [`StoreError`].
pub async fn end(tx: &Transaction, key: i64, joiner: &Oid, at: Moment) -> Result<bool, StoreError> {
    use row::Column as C;
    let ended = row::ActiveModel { ended_at: Set(Some(at.as_micros())), ..Default::default() };
    let update = row::Entity::update_many().set(ended).filter(C::KeyKey.eq(key));
    let update = update.filter(C::Joiner.eq(joiner.as_str())).filter(C::UsedBy.is_null()).filter(C::EndedAt.is_null());
    Ok(update.exec(tx.connection()).await?.rows_affected == 1)
}

/// How many of a joiner's keys can be used.
///
/// # Errors
/// [`StoreError`].
pub async fn usable(db: &impl ConnectionTrait, joiner: &Oid, at: Moment) -> Result<u64, StoreError> {
    use row::Column as C;
    let query = row::Entity::find().filter(C::Joiner.eq(joiner.as_str())).filter(C::UsedBy.is_null());
    Ok(query.filter(C::EndedAt.is_null()).filter(C::ExpiresAt.gt(at.as_micros())).count(db).await?)
}

/// A joiner's keys, the newest first.
///
/// # Errors
/// [`StoreError`].
pub async fn of_joiner(db: &impl ConnectionTrait, joiner: &Oid, most: u64) -> Result<Vec<HandoverKey>, StoreError> {
    let query = row::Entity::find().filter(row::Column::Joiner.eq(joiner.as_str()));
    let rows = query.order_by_desc(row::Column::KeyKey).limit(most).all(db).await?;
    let read = |row: row::Model| {
        Ok(HandoverKey {
            key: row.key_key,
            joiner: parsed(Oid::parse(&row.joiner).ok(), TABLE, row.key_key, "joiner")?,
            made_at: Moment::from_micros(row.made_at),
            expires_at: Moment::from_micros(row.expires_at),
            used_by: row.used_by,
            ended_at: row.ended_at.map(Moment::from_micros),
            meant_for: row
                .meant_for
                .map(|oid| parsed(Oid::parse(&oid).ok(), TABLE, row.key_key, "meant_for"))
                .transpose()?,
        })
    };
    rows.into_iter().map(read).collect()
}
