//! Programs that act for an organisation or at the operator, each known by a secret.

use crate::entity::program as row;
use crate::error::parsed;
use crate::{StoreError, Transaction};
use liitos_domain::{Moment, Oid, Position, Seat, Sha256Hash, StaffRole};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

/// A program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// Its key; of a new one 0.
    pub key: i64,
    /// For whom it acts, and what it may do.
    pub seat: Seat,
    /// What it is called.
    pub name: String,
    /// Since when.
    pub granted_at: Moment,
    /// Until when.
    pub expires_at: Moment,
}

/// Stands where an organisation does, for the operator's own.
const OPERATOR: &str = "operator";

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
        organisation: Set(match &program.seat {
            Seat::For(organisation, _) => organisation.to_string(),
            Seat::AtOperator(_) => OPERATOR.to_owned(),
        }),
        name: Set(program.name.clone()),
        position: Set(match &program.seat {
            Seat::For(_, position) => position.code().to_owned(),
            Seat::AtOperator(role) => role.code().to_owned(),
        }),
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
    of(db, organisation.as_str()).await
}

/// The operator's own programs that were not ended.
///
/// # Errors
/// [`StoreError`].
pub async fn of_operator(db: &impl ConnectionTrait) -> Result<Vec<Program>, StoreError> {
    of(db, OPERATOR).await
}

async fn of(db: &impl ConnectionTrait, owner: &str) -> Result<Vec<Program>, StoreError> {
    let query = row::Entity::find().filter(row::Column::Organisation.eq(owner));
    let rows = query.filter(row::Column::EndedAt.is_null()).order_by_asc(row::Column::ProgramKey).all(db).await?;
    rows.into_iter().map(program).collect()
}

/// Ends a program of an organisation, or of the operator (`None`); whether there was such a one.
///
/// # Errors
/// [`StoreError`].
pub async fn end(tx: &Transaction, key: i64, organisation: Option<&Oid>, at: Moment) -> Result<bool, StoreError> {
    let update = row::Entity::update_many()
        .col_expr(row::Column::EndedAt, at.as_micros().into())
        .filter(row::Column::ProgramKey.eq(key))
        .filter(row::Column::Organisation.eq(organisation.map_or(OPERATOR, Oid::as_str)))
        .filter(row::Column::EndedAt.is_null());
    Ok(update.exec(tx.connection()).await?.rows_affected == 1)
}

fn program(row: row::Model) -> Result<Program, StoreError> {
    const TABLE: &str = "program";
    let key = row.program_key;
    let seat = match row.organisation.as_str() {
        OPERATOR => Seat::AtOperator(parsed(StaffRole::parse(&row.position), TABLE, key, "position")?),
        organisation => Seat::For(
            parsed(Oid::parse(organisation).ok(), TABLE, key, "organisation")?,
            parsed(Position::parse(&row.position), TABLE, key, "position")?,
        ),
    };
    Ok(Program {
        key,
        seat,
        name: row.name,
        granted_at: Moment::from_micros(row.granted_at),
        expires_at: Moment::from_micros(row.expires_at),
    })
}
