//! Faults and planned breaks, what was said of each, and to whom.

use crate::entity::{fault as row, fault_statement, fault_told};
use crate::error::{json, parsed, to_json};
use crate::{Lock, StoreError, Transaction};
use liitos_domain::fault::{Fault, Kind, Stage, Statement};
use liitos_domain::{Moment, Oid};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait as _,
};
use std::collections::BTreeSet;

/// A fault that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its key.
    pub key: i64,
    /// Its number: `H2026-1`.
    pub number: String,
    /// It.
    pub fault: Fault,
    /// Raised whenever something is said of it.
    pub revision: i32,
}

/// A statement that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Its key, which the messages that carry it know.
    pub key: i64,
    /// Of which fault.
    pub fault: i64,
    /// It.
    pub statement: Statement,
    /// How many of those whom it hits were told: by some address.
    pub joiners: u64,
}

const TABLE: &str = "fault";
/// Rows that are written in one statement.
const CHUNK: usize = 500;

/// The next number of a year.
///
/// # Errors
/// [`StoreError`].
pub async fn next_number(tx: &Transaction, at: Moment) -> Result<String, StoreError> {
    tx.lock(Lock::Changes).await?;
    let year = format!("H{}-", at.civil().year());
    let before = row::Entity::find().filter(row::Column::Number.starts_with(&year)).count(tx.connection()).await?;
    Ok(format!("{year}{}", before + 1))
}

/// Keeps a new fault under a number; gives it as it is kept.
///
/// # Errors
/// [`StoreError::Duplicate`] when the number is taken.
pub async fn add(tx: &Transaction, number: String, fault: Fault) -> Result<Kept, StoreError> {
    let new = row::ActiveModel {
        number: Set(number.clone()),
        kind: Set(fault.kind.code().to_owned()),
        headline: Set(to_json(&fault.headline)?),
        audience: Set(to_json(&fault.audience)?),
        public: Set(fault.public),
        begins: Set(fault.begins.as_micros()),
        expected: Set(fault.expected.map(Moment::as_micros)),
        ended_at: Set(fault.ended.map(Moment::as_micros)),
        revision: Set(1),
        ..Default::default()
    };
    let key = row::Entity::insert(new).exec(tx.connection()).await?.last_insert_id;
    Ok(Kept { key, number, fault, revision: 1 })
}

/// Keeps until when a fault is expected to last and whether it is over, if nothing was said of it since it was read; whether nothing was.
///
/// # Errors
/// [`StoreError`].
pub async fn keep(tx: &Transaction, kept: &Kept) -> Result<bool, StoreError> {
    let stands = row::ActiveModel {
        expected: Set(kept.fault.expected.map(Moment::as_micros)),
        ended_at: Set(kept.fault.ended.map(Moment::as_micros)),
        revision: Set(kept.revision + 1),
        ..Default::default()
    };
    let update = row::Entity::update_many().set(stands).filter(row::Column::FaultKey.eq(kept.key));
    let update = update.filter(row::Column::Revision.eq(kept.revision)).filter(row::Column::EndedAt.is_null());
    Ok(update.exec(tx.connection()).await?.rows_affected == 1)
}

/// A fault by its number.
///
/// # Errors
/// [`StoreError`].
pub async fn find(db: &impl ConnectionTrait, number: &str) -> Result<Option<Kept>, StoreError> {
    row::Entity::find().filter(row::Column::Number.eq(number)).one(db).await?.map(read).transpose()
}

/// Faults that everybody may read of and that are not over, and those that ended after a moment, the newest first.
///
/// # Errors
/// [`StoreError`].
pub async fn public_since(db: &impl ConnectionTrait, moment: Moment, most: u64) -> Result<Vec<Kept>, StoreError> {
    let there = Condition::any().add(row::Column::EndedAt.is_null());
    let there = there.add(row::Column::EndedAt.gt(moment.as_micros()));
    let query = row::Entity::find().filter(there).filter(row::Column::Public.eq(true));
    let query = query.order_by_desc(row::Column::FaultKey).limit(most);
    query.all(db).await?.into_iter().map(read).collect()
}

/// Faults that are not over.
///
/// # Errors
/// [`StoreError`].
pub async fn open(db: &impl ConnectionTrait) -> Result<Vec<Kept>, StoreError> {
    let query = row::Entity::find().filter(row::Column::EndedAt.is_null());
    query.all(db).await?.into_iter().map(read).collect()
}

/// Faults that are not over and that a joiner was told of, the newest first.
///
/// # Errors
/// [`StoreError`].
pub async fn open_told(db: &impl ConnectionTrait, joiner: &Oid, most: u64) -> Result<Vec<Kept>, StoreError> {
    let told = fault_told::Entity::find().filter(fault_told::Column::Joiner.eq(joiner.as_str()));
    let told = told.select_only().column(fault_told::Column::FaultKey).into_query();
    let query = row::Entity::find().filter(row::Column::FaultKey.in_subquery(told));
    let query = query.filter(row::Column::EndedAt.is_null()).order_by_desc(row::Column::FaultKey).limit(most);
    query.all(db).await?.into_iter().map(read).collect()
}

/// Faults from before a key, the newest first.
///
/// # Errors
/// [`StoreError`].
pub async fn newest(db: &impl ConnectionTrait, before: Option<i64>, most: u64) -> Result<Vec<Kept>, StoreError> {
    let older = before.map(|key| row::Column::FaultKey.lt(key));
    let query = row::Entity::find().filter(older.map_or_else(Condition::all, |older| Condition::all().add(older)));
    query.order_by_desc(row::Column::FaultKey).limit(most).all(db).await?.into_iter().map(read).collect()
}

fn read(row: row::Model) -> Result<Kept, StoreError> {
    let key = row.fault_key;
    let fault = Fault {
        kind: parsed(Kind::parse(&row.kind), TABLE, key, "kind")?,
        headline: json(&row.headline, TABLE, key, "headline")?,
        audience: json(&row.audience, TABLE, key, "audience")?,
        public: row.public,
        begins: Moment::from_micros(row.begins),
        expected: row.expected.map(Moment::from_micros),
        ended: row.ended_at.map(Moment::from_micros),
    };
    Ok(Kept { key, number: row.number, fault, revision: row.revision })
}

/// Keeps a statement, whom it hits, and how many of them are reached; gives its key.
///
/// # Errors
/// [`StoreError`].
pub async fn say(
    tx: &Transaction,
    fault: i64,
    statement: &Statement,
    (told, reached): (&BTreeSet<Oid>, usize),
    reference: &str,
) -> Result<i64, StoreError> {
    let db = tx.connection();
    let new = fault_statement::ActiveModel {
        fault_key: Set(fault),
        at: Set(statement.at.as_micros()),
        stage: Set(statement.stage.code().to_owned()),
        words: Set(to_json(&statement.words)?),
        expected: Set(statement.expected.map(Moment::as_micros)),
        reference: Set(reference.to_owned()),
        joiners: Set(i64::try_from(reached).unwrap_or(i64::MAX)),
        ..Default::default()
    };
    let key = fault_statement::Entity::insert(new).exec(db).await?.last_insert_id;
    let row = |joiner: &Oid| fault_told::ActiveModel { fault_key: Set(fault), joiner: Set(joiner.to_string()) };
    let rows: Vec<_> = told.iter().map(row).collect();
    for chunk in rows.chunks(CHUNK) {
        let again =
            OnConflict::columns([fault_told::Column::FaultKey, fault_told::Column::Joiner]).do_nothing().to_owned();
        let insertion = fault_told::Entity::insert_many(chunk.iter().cloned()).on_conflict(again);
        insertion.exec_without_returning(db).await?;
    }
    Ok(key)
}

/// Whom a fault was told.
///
/// # Errors
/// [`StoreError`].
pub async fn told(db: &impl ConnectionTrait, fault: i64) -> Result<BTreeSet<Oid>, StoreError> {
    let rows = fault_told::Entity::find().filter(fault_told::Column::FaultKey.eq(fault)).all(db).await?;
    rows.into_iter().map(|row| parsed(Oid::parse(&row.joiner).ok(), "fault_told", fault, "joiner")).collect()
}

/// What was said of some faults, the newest first.
///
/// # Errors
/// [`StoreError`].
pub async fn said(db: &impl ConnectionTrait, faults: &[i64]) -> Result<Vec<Said>, StoreError> {
    let query = fault_statement::Entity::find().filter(fault_statement::Column::FaultKey.is_in(faults.iter().copied()));
    let rows = query.order_by_desc(fault_statement::Column::StatementKey).all(db).await?;
    let said = |row: fault_statement::Model| {
        let (table, key) = ("fault_statement", row.statement_key);
        Ok(Said {
            key,
            fault: row.fault_key,
            statement: Statement {
                at: Moment::from_micros(row.at),
                stage: parsed(Stage::parse(&row.stage), table, key, "stage")?,
                words: json(&row.words, table, key, "words")?,
                expected: row.expected.map(Moment::from_micros),
            },
            joiners: u64::try_from(row.joiners).unwrap_or_default(),
        })
    };
    rows.into_iter().map(said).collect()
}
