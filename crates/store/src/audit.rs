//! The audit trail: who did what to what, each event chained to the one before by its hash.
//!
//! Details hold identifiers and hashes, never names, identity codes or contents.

use crate::entity::audit_event as event;
use crate::error::to_json;
use crate::{Lock, StoreError, Transaction};
use liitos_domain::{Moment, Sha256Hash};
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait, QueryOrder, QuerySelect};

/// Something that was done.
#[derive(Clone, Debug)]
pub struct Event<'a> {
    /// Who: an actor's stable reference.
    pub actor: &'a str,
    /// What, as in `docs/audit-events.md`.
    pub action: &'a str,
    /// To what.
    pub subject: &'a str,
    /// More facts.
    pub details: serde_json::Value,
}

/// A recorded event.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Recorded {
    /// Its place in the chain, from 1.
    pub sequence: i64,
    /// When.
    pub at: Moment,
    /// Who.
    pub actor: String,
    /// What.
    pub action: String,
    /// To what.
    pub subject: String,
}

/// Records an event at the end of the chain.
///
/// # Errors
/// [`StoreError`].
pub async fn record(tx: &Transaction, what: &Event<'_>, at: Moment) -> Result<(), StoreError> {
    tx.lock(Lock::Audit).await?;
    let db = tx.connection();
    let last = event::Entity::find().order_by_desc(event::Column::Sequence).one(db).await?;
    let (sequence, previous) = last.map_or((1, String::new()), |row| (row.sequence + 1, row.hash));
    let details = to_json(&what.details)?;
    let hash = chain(&previous, sequence, at, &[what.actor, what.action, what.subject, &details])?;
    let row = event::ActiveModel {
        sequence: Set(sequence),
        at: Set(at.as_micros()),
        actor: Set(what.actor.to_owned()),
        action: Set(what.action.to_owned()),
        subject: Set(what.subject.to_owned()),
        details: Set(details),
        previous_hash: Set(previous),
        hash: Set(hash.to_string()),
    };
    event::Entity::insert(row).exec_without_returning(db).await?;
    Ok(())
}

/// The newest events, newest first.
///
/// # Errors
/// [`StoreError`].
pub async fn newest(db: &impl ConnectionTrait, limit: u64) -> Result<Vec<Recorded>, StoreError> {
    let rows = event::Entity::find().order_by_desc(event::Column::Sequence).limit(limit).all(db).await?;
    let read = |row: event::Model| Recorded {
        sequence: row.sequence,
        at: Moment::from_micros(row.at),
        actor: row.actor,
        action: row.action,
        subject: row.subject,
    };
    Ok(rows.into_iter().map(read).collect())
}

/// Walks the whole chain; the first sequence number that does not fit, if any.
///
/// # Errors
/// [`StoreError`].
pub async fn first_break(db: &impl ConnectionTrait) -> Result<Option<i64>, StoreError> {
    let (mut previous, mut expected) = (String::new(), 1);
    loop {
        let page = event::Entity::find()
            .order_by_asc(event::Column::Sequence)
            .offset(u64::try_from(expected - 1).unwrap_or(0))
            .limit(1000);
        let rows = page.all(db).await?;
        if rows.is_empty() {
            return Ok(None);
        }
        for row in rows {
            let parts = [row.actor.as_str(), &row.action, &row.subject, &row.details];
            let hash = chain(&previous, expected, Moment::from_micros(row.at), &parts)?;
            if row.sequence != expected || row.previous_hash != previous || row.hash != hash.to_string() {
                return Ok(Some(expected));
            }
            previous = row.hash;
            expected += 1;
        }
    }
}

fn chain(previous: &str, sequence: i64, at: Moment, parts: &[&str]) -> Result<Sha256Hash, StoreError> {
    let content = (previous, sequence, at, parts);
    Sha256Hash::of_canonical(&content).map_err(|_| StoreError::BadRow {
        table: "audit_event",
        row: sequence.to_string(),
        column: "hash",
    })
}
