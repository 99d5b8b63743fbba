//! Positions that organisations have granted, from the invitation to their end.

use crate::entity::member as row;
use crate::error::parsed;
use crate::{StoreError, Transaction};
use liitos_domain::{Moment, Oid, Position, Sha256Hash};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

/// A position as it is to be granted.
#[derive(Clone, Debug)]
pub struct Granted {
    /// By whom, and for whom one then acts.
    pub organisation: Oid,
    /// Which.
    pub position: Position,
    /// To whom, as the one who grants it wrote.
    pub name: String,
    /// Where the invitation goes.
    pub email: String,
}

/// A position as stored.
#[derive(Clone, Debug)]
pub struct Stored {
    /// Its key.
    pub key: i64,
    /// What was granted.
    pub granted: Granted,
    /// Until when the invitation may be accepted.
    pub open_until: Moment,
    /// When it was granted.
    pub granted_at: Moment,
    /// Who has accepted it.
    pub person: Option<String>,
}

/// Keeps an invitation, found again by the hash of its secret.
///
/// # Errors
/// [`StoreError`].
pub async fn invite(
    tx: &Transaction,
    granted: &Granted,
    invitation: &Sha256Hash,
    open_until: Moment,
    by: (&str, Moment),
) -> Result<i64, StoreError> {
    let new = row::ActiveModel {
        organisation: Set(granted.organisation.to_string()),
        position: Set(granted.position.code().to_owned()),
        name: Set(granted.name.clone()),
        email: Set(granted.email.clone()),
        invitation_hash: Set(invitation.to_string()),
        open_until: Set(open_until.as_micros()),
        granted_by: Set(by.0.to_owned()),
        granted_at: Set(by.1.as_micros()),
        ..Default::default()
    };
    Ok(row::Entity::insert(new).exec(tx.connection()).await?.last_insert_id)
}

/// The invitation with this secret's hash, while nobody has accepted it and it has not ended.
///
/// # Errors
/// [`StoreError`].
pub async fn invited(
    db: &impl ConnectionTrait,
    invitation: &Sha256Hash,
    now: Moment,
) -> Result<Option<Stored>, StoreError> {
    let query = row::Entity::find()
        .filter(row::Column::InvitationHash.eq(invitation.to_string()))
        .filter(row::Column::OpenUntil.gt(now.as_micros()))
        .filter(row::Column::Person.is_null())
        .filter(row::Column::EndedAt.is_null());
    query.one(db).await?.map(stored).transpose()
}

/// Somebody accepts an invitation; `false` when it is no longer open.
///
/// # Errors
/// [`StoreError`].
pub async fn accept(tx: &Transaction, key: i64, person: &str, at: Moment) -> Result<bool, StoreError> {
    let update = row::Entity::update_many()
        .col_expr(row::Column::Person, person.into())
        .col_expr(row::Column::AcceptedAt, at.as_micros().into())
        .filter(row::Column::MemberKey.eq(key))
        .filter(row::Column::Person.is_null())
        .filter(row::Column::EndedAt.is_null());
    Ok(update.exec(tx.connection()).await?.rows_affected == 1)
}

/// Ends one of an organisation's positions or invitations; `false` when there is no such one.
///
/// # Errors
/// [`StoreError`].
pub async fn end(tx: &Transaction, key: i64, organisation: &Oid, by: (&str, Moment)) -> Result<bool, StoreError> {
    let update = row::Entity::update_many()
        .col_expr(row::Column::EndedAt, by.1.as_micros().into())
        .col_expr(row::Column::EndedBy, by.0.into())
        .filter(row::Column::MemberKey.eq(key))
        .filter(row::Column::Organisation.eq(organisation.as_str()))
        .filter(row::Column::EndedAt.is_null());
    Ok(update.exec(tx.connection()).await?.rows_affected == 1)
}

/// What an organisation has granted and not ended, the oldest first; of invitations those that are still open.
///
/// # Errors
/// [`StoreError`].
pub async fn of_organisation(
    db: &impl ConnectionTrait,
    organisation: &Oid,
    now: Moment,
) -> Result<Vec<Stored>, StoreError> {
    let query = row::Entity::find()
        .filter(row::Column::Organisation.eq(organisation.as_str()))
        .filter(row::Column::EndedAt.is_null())
        .filter(
            Condition::any().add(row::Column::Person.is_not_null()).add(row::Column::OpenUntil.gt(now.as_micros())),
        );
    query.order_by_asc(row::Column::MemberKey).all(db).await?.into_iter().map(stored).collect()
}

/// The positions that a person holds.
///
/// # Errors
/// [`StoreError`].
pub async fn of_person(db: &impl ConnectionTrait, person: &str) -> Result<Vec<Stored>, StoreError> {
    let query = row::Entity::find().filter(row::Column::Person.eq(person)).filter(row::Column::EndedAt.is_null());
    query.order_by_asc(row::Column::MemberKey).all(db).await?.into_iter().map(stored).collect()
}

fn stored(row: row::Model) -> Result<Stored, StoreError> {
    let key = row.member_key;
    Ok(Stored {
        key,
        granted: Granted {
            organisation: parsed(Oid::parse(&row.organisation).ok(), "member", key, "organisation")?,
            position: parsed(Position::parse(&row.position), "member", key, "position")?,
            name: row.name,
            email: row.email,
        },
        open_until: Moment::from_micros(row.open_until),
        granted_at: Moment::from_micros(row.granted_at),
        person: row.person,
    })
}
