//! Register entries with two clocks: when they are valid, and when we knew it.

use crate::entity::{register_entry as entry, register_import as import};
use crate::error::{json, to_json};
use crate::{StoreError, Transaction};
use liitos_domain::register::{Change, Entry, Plan, RegisterKind};
use liitos_domain::{Interval, Moment};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use std::collections::HashSet;

/// Rows per INSERT: SQLite takes 32,766 values in a statement, a row has ten.
const CHUNK: usize = 500;

/// What an import did, as it is kept.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize, PartialEq, Eq)]
pub struct ImportCounts {
    /// Rows in the file.
    pub rows: usize,
    /// New entries.
    pub added: usize,
    /// Entries with changed facts.
    pub changed: usize,
    /// Entries that were in the register and are not in the file.
    pub gone: usize,
    /// Entries as they were.
    pub unchanged: usize,
    /// Entries that stay because their row was refused.
    #[serde(default)]
    pub kept: usize,
    /// Rows refused.
    pub refused: usize,
}

/// The current entry with an id.
///
/// # Errors
/// [`StoreError`].
pub async fn find(db: &impl ConnectionTrait, kind: RegisterKind, id: &str) -> Result<Option<Entry>, StoreError> {
    let row = current(kind).filter(entry::Column::Id.eq(id)).one(db).await?;
    row.map(to_entry).transpose()
}

/// Every current entry of a register, with its row key, by id.
///
/// # Errors
/// [`StoreError`].
pub async fn all_current(db: &impl ConnectionTrait, kind: RegisterKind) -> Result<Vec<(i64, Entry)>, StoreError> {
    let rows = current(kind).order_by_asc(entry::Column::Id).all(db).await?;
    rows.into_iter().map(|row| Ok((row.entry_key, to_entry(row)?))).collect()
}

/// Every version of an entry, oldest first, with when it was known.
///
/// # Errors
/// [`StoreError`].
pub async fn history(
    db: &impl ConnectionTrait,
    kind: RegisterKind,
    id: &str,
) -> Result<Vec<(Interval, Entry)>, StoreError> {
    let query = entry::Entity::find().filter(entry::Column::Register.eq(kind.code())).filter(entry::Column::Id.eq(id));
    let rows = query.order_by_asc(entry::Column::KnownFrom).all(db).await?;
    let known = |row: &entry::Model| {
        Interval::new(Moment::from_micros(row.known_from), row.known_until.map(Moment::from_micros))
    };
    rows.into_iter().map(|row| Ok((known(&row), to_entry(row)?))).collect()
}

/// Every entry that stands below another, as known at a time: its id, its parent, when it is valid.
///
/// # Errors
/// [`StoreError`].
pub async fn children_at(
    db: &impl ConnectionTrait,
    kind: RegisterKind,
    known_at: Moment,
) -> Result<Vec<(String, String, Interval)>, StoreError> {
    let at = known_at.as_micros();
    let known = Condition::any().add(entry::Column::KnownUntil.is_null()).add(entry::Column::KnownUntil.gt(at));
    let query = entry::Entity::find()
        .filter(entry::Column::Register.eq(kind.code()))
        .filter(entry::Column::Parent.is_not_null())
        .filter(entry::Column::KnownFrom.lte(at))
        .filter(known)
        .select_only()
        .columns([entry::Column::Id, entry::Column::Parent, entry::Column::ValidFrom, entry::Column::ValidUntil]);
    let rows: Vec<(String, String, i64, Option<i64>)> = query.into_tuple().all(db).await?;
    let valid = |from, until: Option<i64>| Interval::new(Moment::from_micros(from), until.map(Moment::from_micros));
    Ok(rows.into_iter().map(|(id, parent, from, until)| (id, parent, valid(from, until))).collect())
}

/// The current entries directly below an id.
///
/// # Errors
/// [`StoreError`].
pub async fn children(db: &impl ConnectionTrait, kind: RegisterKind, parent: &str) -> Result<Vec<Entry>, StoreError> {
    let rows = current(kind).filter(entry::Column::Parent.eq(parent)).order_by_asc(entry::Column::Id).all(db).await?;
    rows.into_iter().map(to_entry).collect()
}

/// How many current entries a register has.
///
/// # Errors
/// [`StoreError`].
pub async fn count(db: &impl ConnectionTrait, kind: RegisterKind) -> Result<u64, StoreError> {
    use sea_orm::PaginatorTrait as _;
    Ok(current(kind).count(db).await?)
}

/// Carries out an import's plan: closes what changed or is gone, adds what is new, all known since `at`.
///
/// # Errors
/// [`StoreError`].
pub async fn apply(
    tx: &Transaction,
    kind: RegisterKind,
    plan: &Plan<'_>,
    at: Moment,
    mut progress: impl FnMut(usize),
) -> Result<(), StoreError> {
    let closed: Vec<i64> = plan.changes.iter().filter_map(closes).collect();
    for keys in closed.chunks(CHUNK) {
        entry::Entity::update_many()
            .col_expr(entry::Column::KnownUntil, at.as_micros().into())
            .filter(entry::Column::EntryKey.is_in(keys.iter().copied()))
            .exec(tx.connection())
            .await?;
    }
    let opened: Vec<&Entry> = plan.changes.iter().filter_map(opens).collect();
    let mut done = 0;
    for entries in opened.chunks(CHUNK) {
        let rows = entries.iter().map(|entry| to_row(kind, entry, at)).collect::<Result<Vec<_>, _>>()?;
        entry::Entity::insert_many(rows).exec_without_returning(tx.connection()).await?;
        done += entries.len();
        progress(done);
    }
    Ok(())
}

/// Keeps the report of an import.
///
/// # Errors
/// [`StoreError`].
pub async fn record_import(
    tx: &Transaction,
    kind: RegisterKind,
    file: (&str, &liitos_domain::Sha256Hash),
    at: Moment,
    counts: &ImportCounts,
) -> Result<(), StoreError> {
    let row = import::ActiveModel {
        register: Set(kind.code().to_owned()),
        file_name: Set(file.0.to_owned()),
        file_hash: Set(file.1.to_string()),
        at: Set(at.as_micros()),
        report: Set(to_json(counts)?),
        ..Default::default()
    };
    import::Entity::insert(row).exec_without_returning(tx.connection()).await?;
    Ok(())
}

/// The ids among `ids` that are current entries.
///
/// # Errors
/// [`StoreError`].
pub async fn existing(
    db: &impl ConnectionTrait,
    kind: RegisterKind,
    ids: &[String],
) -> Result<HashSet<String>, StoreError> {
    let mut found = HashSet::new();
    for chunk in ids.chunks(CHUNK) {
        let query = current(kind).filter(entry::Column::Id.is_in(chunk)).select_only().column(entry::Column::Id);
        found.extend(query.into_tuple::<String>().all(db).await?);
    }
    Ok(found)
}

fn current(kind: RegisterKind) -> sea_orm::Select<entry::Entity> {
    entry::Entity::find().filter(entry::Column::Register.eq(kind.code())).filter(entry::Column::KnownUntil.is_null())
}

fn closes(change: &Change<'_>) -> Option<i64> {
    match change {
        Change::Changed(key, _) | Change::Gone(key) => Some(*key),
        Change::Added(_) => None,
    }
}

fn opens<'a>(change: &Change<'a>) -> Option<&'a Entry> {
    match change {
        Change::Added(entry) | Change::Changed(_, entry) => Some(entry),
        Change::Gone(_) => None,
    }
}

fn to_entry(row: entry::Model) -> Result<Entry, StoreError> {
    Ok(Entry {
        fields: json(&row.fields, "register_entry", row.entry_key, "fields")?,
        id: row.id,
        name: row.name,
        valid: Interval::new(Moment::from_micros(row.valid_from), row.valid_until.map(Moment::from_micros)),
        parent: row.parent,
        business_id: row.business_id,
    })
}

fn to_row(kind: RegisterKind, entry: &Entry, at: Moment) -> Result<entry::ActiveModel, StoreError> {
    Ok(entry::ActiveModel {
        register: Set(kind.code().to_owned()),
        id: Set(entry.id.clone()),
        name: Set(entry.name.clone()),
        business_id: Set(entry.business_id.clone()),
        parent: Set(entry.parent.clone()),
        valid_from: Set(entry.valid.from.as_micros()),
        valid_until: Set(entry.valid.until.map(Moment::as_micros)),
        known_from: Set(at.as_micros()),
        known_until: Set(None),
        fields: Set(to_json(&entry.fields)?),
        ..Default::default()
    })
}
