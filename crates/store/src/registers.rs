//! Register entries with two clocks: when they are valid, and when we knew it.

use crate::entity::{register_entry as entry, register_import as import};
use crate::error::{json, to_json};
use crate::{StoreError, Transaction};
use liitos_domain::directory::Known;
use liitos_domain::register::{Entry, Extent, RegisterKind};
use liitos_domain::{Interval, Moment, Sha256Hash};
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbBackend, EntityTrait, ExprTrait as _, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect, Statement,
};
use std::collections::HashMap;

/// Rows per INSERT: SQLite takes 32,766 values in a statement, a row has ten.
const CHUNK: usize = 1_000;

/// What an import did, as it is kept.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize, PartialEq, Eq)]
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
    /// Notices to joiners that rest on what changed.
    #[serde(default)]
    pub notices: usize,
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

/// The current entries that have one of some fields, whatever it says, by id.
///
/// # Errors
/// [`StoreError`].
pub async fn with_field(
    db: &impl ConnectionTrait,
    kind: RegisterKind,
    names: &[&str],
) -> Result<Vec<Entry>, StoreError> {
    let named = |any: Condition, name: &&str| any.add(entry::Column::Fields.contains(format!("\"{name}\"")));
    let rows = current(kind).filter(names.iter().fold(Condition::any(), named)).order_by_asc(entry::Column::Id);
    rows.all(db).await?.into_iter().map(to_entry).collect()
}

/// The current entries of which one field says exactly this, by id.
///
/// # Errors
/// [`StoreError`].
pub async fn saying(
    db: &impl ConnectionTrait,
    kind: RegisterKind,
    (name, text): (&str, &str),
) -> Result<Vec<Entry>, StoreError> {
    let said = format!("{}:{}", serde_json::json!(name), serde_json::json!(text));
    let rows = current(kind).filter(entry::Column::Fields.contains(said)).order_by_asc(entry::Column::Id);
    rows.all(db).await?.into_iter().map(to_entry).collect()
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
    rows.into_iter().map(|row| Ok((known_during(&row), to_entry(row)?))).collect()
}

/// Every version of the entries with these ids, with when it was known: those of the first register first.
///
/// # Errors
/// [`StoreError`].
pub async fn past(
    db: &impl ConnectionTrait,
    kinds: &[RegisterKind],
    ids: &[&str],
) -> Result<Vec<Known<Entry>>, StoreError> {
    let mut found = Vec::new();
    for kind in kinds {
        for chunk in ids.chunks(CHUNK) {
            let query = entry::Entity::find()
                .filter(entry::Column::Register.eq(kind.code()))
                .filter(entry::Column::Id.is_in(chunk.iter().copied()));
            for row in query.order_by_asc(entry::Column::KnownFrom).all(db).await? {
                let known = known_during(&row);
                found.push(Known { fact: to_entry(row)?, known });
            }
        }
    }
    Ok(found)
}

fn known_during(row: &entry::Model) -> Interval {
    Interval::new(Moment::from_micros(row.known_from), row.known_until.map(Moment::from_micros))
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
    let query = entry::Entity::find()
        .filter(entry::Column::Register.eq(kind.code()))
        .filter(entry::Column::Parent.is_not_null())
        .filter(held_at(known_at))
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

/// The current entries directly below these ids.
///
/// # Errors
/// [`StoreError`].
pub async fn below(db: &impl ConnectionTrait, kind: RegisterKind, parents: &[&str]) -> Result<Vec<Entry>, StoreError> {
    let mut found = Vec::new();
    for chunk in parents.chunks(CHUNK) {
        let rows = current(kind).filter(entry::Column::Parent.is_in(chunk.iter().copied())).all(db).await?;
        found.extend(rows.into_iter().map(to_entry).collect::<Result<Vec<_>, _>>()?);
    }
    Ok(found)
}

/// The current entries with a Business ID, register by register in the order asked.
///
/// # Errors
/// [`StoreError`].
pub async fn of_business_id(
    db: &impl ConnectionTrait,
    kinds: &[RegisterKind],
    business_id: &str,
) -> Result<Vec<(RegisterKind, Entry)>, StoreError> {
    let mut found = Vec::new();
    for kind in kinds {
        let rows = current(*kind).filter(entry::Column::BusinessId.eq(business_id)).order_by_asc(entry::Column::Id);
        for row in rows.all(db).await? {
            found.push((*kind, to_entry(row)?));
        }
    }
    Ok(found)
}

/// How many current entries a register has.
///
/// # Errors
/// [`StoreError`].
pub async fn count(db: &impl ConnectionTrait, kind: RegisterKind) -> Result<u64, StoreError> {
    use sea_orm::PaginatorTrait as _;
    Ok(current(kind).count(db).await?)
}

/// The current entries with these ids, each with its row key.
///
/// # Errors
/// [`StoreError`].
pub async fn known(
    db: &impl ConnectionTrait,
    kind: RegisterKind,
    ids: &[&str],
) -> Result<HashMap<String, (i64, Entry)>, StoreError> {
    let mut found = HashMap::new();
    for chunk in ids.chunks(CHUNK) {
        let rows = current(kind).filter(entry::Column::Id.is_in(chunk.iter().copied())).all(db).await?;
        for row in rows {
            found.insert(row.id.clone(), (row.entry_key, to_entry(row)?));
        }
    }
    Ok(found)
}

/// The entries with these ids, as known at a time.
///
/// # Errors
/// [`StoreError`].
pub async fn known_at(
    db: &impl ConnectionTrait,
    kind: RegisterKind,
    ids: &[&str],
    at: Moment,
) -> Result<Vec<Entry>, StoreError> {
    let mut found = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let query = entry::Entity::find()
            .filter(entry::Column::Register.eq(kind.code()))
            .filter(entry::Column::Id.is_in(chunk.iter().copied()))
            .filter(held_at(at));
        let rows = query.all(db).await?;
        found.extend(rows.into_iter().map(to_entry).collect::<Result<Vec<_>, _>>()?);
    }
    Ok(found)
}

/// What was known at a time.
fn held_at(at: Moment) -> Condition {
    let at = at.as_micros();
    let not_ended = Condition::any().add(entry::Column::KnownUntil.is_null()).add(entry::Column::KnownUntil.gt(at));
    Condition::all().add(entry::Column::KnownFrom.lte(at)).add(not_ended)
}

/// Current entries by their row keys.
///
/// # Errors
/// [`StoreError`].
pub async fn by_keys(db: &impl ConnectionTrait, keys: &[i64]) -> Result<Vec<(i64, Entry)>, StoreError> {
    let mut found = Vec::new();
    for chunk in keys.chunks(CHUNK) {
        let rows = entry::Entity::find().filter(entry::Column::EntryKey.is_in(chunk.iter().copied())).all(db).await?;
        for row in rows {
            found.push((row.entry_key, to_entry(row)?));
        }
    }
    Ok(found)
}

/// The next current entries after an id, in the ids' order: row key and id.
///
/// # Errors
/// [`StoreError`].
pub async fn ids_after(
    db: &impl ConnectionTrait,
    kind: RegisterKind,
    after: &str,
    limit: u64,
) -> Result<Vec<(i64, String)>, StoreError> {
    let query = current(kind).filter(entry::Column::Id.gt(after)).order_by_asc(entry::Column::Id).limit(limit);
    let query = query.select_only().columns([entry::Column::EntryKey, entry::Column::Id]);
    Ok(query.into_tuple().all(db).await?)
}

/// Current entries that name one above them that is in no register: their ids, at most `limit`; of all entries, or of those
/// with these ids.
///
/// # Errors
/// [`StoreError`].
pub async fn orphans(
    db: &impl ConnectionTrait,
    kind: RegisterKind,
    among: Option<&[&str]>,
    limit: u64,
) -> Result<Vec<String>, StoreError> {
    let Some(ids) = among else { return orphans_of(db, current(kind), kind, limit).await };
    let mut found = Vec::new();
    for ids in ids.chunks(CHUNK) {
        let query = current(kind).filter(entry::Column::Id.is_in(ids.iter().copied()));
        found.extend(orphans_of(db, query, kind, limit.saturating_sub(found.len() as u64)).await?);
    }
    Ok(found)
}

async fn orphans_of(
    db: &impl ConnectionTrait,
    entries: sea_orm::Select<entry::Entity>,
    kind: RegisterKind,
    limit: u64,
) -> Result<Vec<String>, StoreError> {
    let of = |column| Expr::col(("above", column));
    let above = Query::select()
        .expr(Expr::val(1))
        .from_as(entry::Entity, "above")
        .and_where(of(entry::Column::Register).eq(kind.of_parents().code()))
        .and_where(of(entry::Column::KnownUntil).is_null())
        .and_where(of(entry::Column::Id).eq(Expr::col((entry::Entity, entry::Column::Parent))))
        .to_owned();
    let query = entries
        .filter(entry::Column::Parent.is_not_null())
        .filter(Expr::col(entry::Column::Parent).ne(Expr::col(entry::Column::Id)))
        .filter(Expr::exists(above).not())
        .order_by_asc(entry::Column::Id)
        .limit(limit);
    Ok(query.select_only().column(entry::Column::Id).into_tuple().all(db).await?)
}

/// From `at` on these rows are not what is known any more.
///
/// # Errors
/// [`StoreError`].
pub async fn close(tx: &Transaction, keys: &[i64], at: Moment) -> Result<(), StoreError> {
    for keys in keys.chunks(CHUNK) {
        entry::Entity::update_many()
            .col_expr(entry::Column::KnownUntil, at.as_micros().into())
            .filter(entry::Column::EntryKey.is_in(keys.iter().copied()))
            .exec(tx.connection())
            .await?;
    }
    Ok(())
}

/// From `at` on these entries are known.
///
/// # Errors
/// [`StoreError`].
pub async fn open(tx: &Transaction, kind: RegisterKind, entries: &[&Entry], at: Moment) -> Result<(), StoreError> {
    let on_postgres = tx.connection().get_database_backend() == DbBackend::Postgres;
    for entries in entries.chunks(CHUNK) {
        let rows = entries.iter().map(|entry| Opened::of(entry)).collect::<Result<Vec<_>, _>>()?;
        if on_postgres {
            let values = [kind.code().into(), at.as_micros().into(), to_json(&rows)?.into()];
            let statement = Statement::from_sql_and_values(DbBackend::Postgres, OPEN_ON_POSTGRES, values);
            tx.connection().execute_raw(statement).await?;
        } else {
            let rows = rows.into_iter().map(|row| row.into_insert(kind, at));
            entry::Entity::insert_many(rows).exec_without_returning(tx.connection()).await?;
        }
    }
    Ok(())
}

/// A chunk of rows as three values: with ten thousand of them PostgreSQL reads the statement for longer than it stores.
const OPEN_ON_POSTGRES: &str = "INSERT INTO register_entry \
    (register, id, name, business_id, parent, valid_from, valid_until, known_from, fields) \
    SELECT $1, id, name, business_id, parent, valid_from, valid_until, $2, fields FROM json_to_recordset($3::json) AS \
    r(id text, name text, business_id text, parent text, valid_from bigint, valid_until bigint, fields text)";

/// What a row says of its entry, in the columns' words.
#[derive(serde::Serialize)]
struct Opened<'e> {
    id: &'e str,
    name: &'e str,
    business_id: Option<&'e str>,
    parent: Option<&'e str>,
    valid_from: i64,
    valid_until: Option<i64>,
    fields: String,
}

impl<'e> Opened<'e> {
    fn of(entry: &'e Entry) -> Result<Self, StoreError> {
        Ok(Self {
            id: &entry.id,
            name: &entry.name,
            business_id: entry.business_id.as_deref(),
            parent: entry.parent.as_deref(),
            valid_from: entry.valid.from.as_micros(),
            valid_until: entry.valid.until.map(Moment::as_micros),
            fields: to_json(&entry.fields)?,
        })
    }

    fn into_insert(self, kind: RegisterKind, at: Moment) -> entry::ActiveModel {
        entry::ActiveModel {
            register: Set(kind.code().to_owned()),
            id: Set(self.id.to_owned()),
            name: Set(self.name.to_owned()),
            business_id: Set(self.business_id.map(str::to_owned)),
            parent: Set(self.parent.map(str::to_owned)),
            valid_from: Set(self.valid_from),
            valid_until: Set(self.valid_until),
            known_from: Set(at.as_micros()),
            known_until: Set(None),
            fields: Set(self.fields),
            ..Default::default()
        }
    }
}

/// Where an import came from, and what it covered.
#[derive(Clone, Debug)]
pub struct ImportOrigin<'o> {
    /// The file's name, or the source's address.
    pub name: &'o str,
    /// The hash of its bytes.
    pub hash: Sha256Hash,
    /// The whole register, or what changed of it.
    pub extent: Extent,
    /// When the source was asked for it; `None` for a file that somebody brought.
    pub asked_at: Option<Moment>,
}

/// Keeps the report of an import.
///
/// # Errors
/// [`StoreError`].
pub async fn record_import(
    tx: &Transaction,
    kind: RegisterKind,
    origin: &ImportOrigin<'_>,
    at: Moment,
    counts: &ImportCounts,
) -> Result<(), StoreError> {
    let row = import::ActiveModel {
        register: Set(kind.code().to_owned()),
        file_name: Set(origin.name.to_owned()),
        file_hash: Set(origin.hash.to_string()),
        at: Set(at.as_micros()),
        report: Set(to_json(counts)?),
        extent: Set(origin.extent.code().to_owned()),
        asked_at: Set(origin.asked_at.map(Moment::as_micros)),
        ..Default::default()
    };
    import::Entity::insert(row).exec_without_returning(tx.connection()).await?;
    Ok(())
}

/// A number that grows whenever a register is read again, as known at a time: what rested on them is known to be old by it.
///
/// # Errors
/// [`StoreError`].
pub async fn newest_import(db: &impl ConnectionTrait, known_at: Moment) -> Result<i64, StoreError> {
    let newest: Option<Option<i64>> = import::Entity::find()
        .filter(import::Column::At.lte(known_at.as_micros()))
        .select_only()
        .column_as(import::Column::ImportKey.max(), "newest")
        .into_tuple()
        .one(db)
        .await?;
    Ok(newest.flatten().unwrap_or(0))
}

/// How many imports there have been: what was read of the registers holds as long as there is none more.
///
/// # Errors
/// [`StoreError`].
pub async fn imports(db: &impl ConnectionTrait) -> Result<u64, StoreError> {
    Ok(import::Entity::find().count(db).await?)
}

/// When a register's source was asked last, and when last for the whole register.
///
/// # Errors
/// [`StoreError`].
pub async fn last_asked(
    db: &impl ConnectionTrait,
    kind: RegisterKind,
) -> Result<(Option<Moment>, Option<Moment>), StoreError> {
    let asked = import::Entity::find()
        .filter(import::Column::Register.eq(kind.code()))
        .filter(import::Column::AskedAt.is_not_null())
        .order_by_desc(import::Column::AskedAt);
    let last = asked.clone().one(db).await?;
    let whole = asked.filter(import::Column::Extent.eq(Extent::Whole.code())).one(db).await?;
    let at = |row: Option<import::Model>| row.and_then(|row| row.asked_at).map(Moment::from_micros);
    Ok((at(last), at(whole)))
}

fn current(kind: RegisterKind) -> sea_orm::Select<entry::Entity> {
    entry::Entity::find().filter(entry::Column::Register.eq(kind.code())).filter(entry::Column::KnownUntil.is_null())
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
