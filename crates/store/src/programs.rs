//! Programs that act for an organisation, each known by a secret.

use crate::entity::program as row;
use crate::error::parsed;
use crate::{StoreError, Transaction};
use liitos_domain::{Moment, Oid, Position, Sha256Hash};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

/// A program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// Its key; of a new one 0.
    pub key: i64,
    /// For whom it acts.
    pub organisation: Oid,
    /// What it is called.
    pub name: String,
    /// What it may do.
    pub position: Position,
    /// Since when.
    pub granted_at: Moment,
    /// Until when.
    pub expires_at: Moment,
}

/// What a program is called in the audit trail begins with this.
const CALLED: &str = "program:";

/// What a program is called in the audit trail.
#[must_use]
pub fn reference(key: i64) -> String {
    format!("{CALLED}{key}")
}

/// Whether somebody who is called so in the audit trail is a program.
pub(crate) fn is_program(reference: &str) -> bool {
    reference.starts_with(CALLED)
}

/// Keeps a program, found again by the hash of its secret; gives its key.
///
/// # Errors
/// [`StoreError`].
pub async fn add(tx: &Transaction, program: &Program, secret: &Sha256Hash, by: &str) -> Result<i64, StoreError> {
    let new = row::ActiveModel {
        organisation: Set(program.organisation.to_string()),
        name: Set(program.name.clone()),
        position: Set(program.position.code().to_owned()),
        secret_hash: Set(secret.to_string()),
        granted_by: Set(by.to_owned()),
        granted_at: Set(program.granted_at.as_micros()),
        expires_at: Set(program.expires_at.as_micros()),
        ..Default::default()
    };
    Ok(row::Entity::insert(new).exec(tx.connection()).await?.last_insert_id)
}

/// The program with a secret, while it may act.
///
/// # Errors
/// [`StoreError`].
pub async fn of_secret(
    db: &impl ConnectionTrait,
    secret: &Sha256Hash,
    now: Moment,
) -> Result<Option<Program>, StoreError> {
    let query = row::Entity::find().filter(row::Column::SecretHash.eq(secret.to_string()));
    let query = query.filter(row::Column::EndedAt.is_null()).filter(row::Column::ExpiresAt.gt(now.as_micros()));
    query.one(db).await?.map(program).transpose()
}

/// The programs of an organisation that were not ended.
///
/// # Errors
/// [`StoreError`].
pub async fn of_organisation(db: &impl ConnectionTrait, organisation: &Oid) -> Result<Vec<Program>, StoreError> {
    let query = row::Entity::find().filter(row::Column::Organisation.eq(organisation.as_str()));
    let rows = query.filter(row::Column::EndedAt.is_null()).order_by_asc(row::Column::ProgramKey).all(db).await?;
    rows.into_iter().map(program).collect()
}

/// Ends a program of an organisation; whether there was such a one.
///
/// # Errors
/// [`StoreError`].
pub async fn end(tx: &Transaction, key: i64, organisation: &Oid, at: Moment) -> Result<bool, StoreError> {
    let update = row::Entity::update_many()
        .col_expr(row::Column::EndedAt, at.as_micros().into())
        .filter(row::Column::ProgramKey.eq(key))
        .filter(row::Column::Organisation.eq(organisation.as_str()))
        .filter(row::Column::EndedAt.is_null());
    Ok(update.exec(tx.connection()).await?.rows_affected == 1)
}

fn program(row: row::Model) -> Result<Program, StoreError> {
    const TABLE: &str = "program";
    Ok(Program {
        key: row.program_key,
        organisation: parsed(Oid::parse(&row.organisation).ok(), TABLE, row.program_key, "organisation")?,
        name: row.name,
        position: parsed(Position::parse(&row.position), TABLE, row.program_key, "position")?,
        granted_at: Moment::from_micros(row.granted_at),
        expires_at: Moment::from_micros(row.expires_at),
    })
}
