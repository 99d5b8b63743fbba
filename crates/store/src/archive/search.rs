//! Documents as they are looked for.

use super::cells::read as read_cell;
use crate::StoreError;
use crate::entity::{archive_cell, archive_document as row};
use crate::error::parsed;
use liitos_domain::archive::{Cell, Criteria, Place, Standing};
use liitos_domain::{Moment, Oid};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait as _,
};
use std::collections::{BTreeMap, BTreeSet};

const TABLE: &str = "archive_document";

/// A document as it is listed: all that is known of it without its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its id.
    pub id: Oid,
    /// The id its versions share.
    pub set_id: Oid,
    /// Its version.
    pub version: u32,
    /// What its set is counted to: register, unit and, with the runs, whose it is.
    pub cell: Cell,
    /// The controller that it names.
    pub controller: Oid,
    /// How it stands.
    pub standing: Standing,
    /// Whose document it is: a keyed digest.
    pub person: String,
    /// Its type.
    pub kind: Option<String>,
    /// The task it was made in.
    pub task: Option<String>,
    /// The service event or matter.
    pub event: Option<String>,
    /// The older version whose place it took.
    pub replaces: Option<Oid>,
    /// The document that it is added to.
    pub added_to: Option<String>,
    /// Whether it is not finished by its own word.
    pub unfinished: bool,
    /// When it was made, by its own word.
    pub made_at: Moment,
    /// When it was stored.
    pub stored_at: Moment,
    /// Whose joining it came under.
    pub joiner: String,
    /// The tenant that it came from.
    pub tenant: Option<String>,
    /// What its body is.
    pub media_type: String,
    /// SHA-256 of its body.
    pub hash: String,
    /// Its body's length in bytes.
    pub size: u64,
}

/// Some documents that meet criteria, the one made last first, after a place; with how they were asked for by digest instead of by name.
///
/// Whose they are is not asked here: the succession says that of each one's cell.
///
/// # Errors
/// [`StoreError`].
pub async fn search(
    db: &impl ConnectionTrait,
    (criteria, person): (&Criteria, Option<&str>),
    (after, as_of): (Option<&Place>, Moment),
    most: u64,
) -> Result<Vec<Listed>, StoreError> {
    use row::Column as C;
    let texts = |all: &[Oid]| all.iter().map(ToString::to_string).collect::<Vec<_>>();
    let past = |place: &Place| {
        let (made_at, id) = (place.made_at.as_micros(), place.id.as_str());
        Condition::any()
            .add(C::MadeAt.lt(made_at))
            .add(Condition::all().add(C::MadeAt.eq(made_at)).add(C::DocumentId.lt(id)))
    };
    let standings: Vec<&str> = criteria.standings.iter().map(|standing| standing.code()).collect();
    let mut query = row::Entity::find()
        .filter(C::StoredAt.lte(as_of.as_micros()))
        .apply_if(person, |query, person| query.filter(C::Person.eq(person)))
        .apply_if(criteria.document.as_ref(), |query, id| query.filter(C::DocumentId.eq(id.as_str())))
        .apply_if(criteria.set.as_ref(), |query, id| query.filter(C::SetId.eq(id.as_str())))
        .apply_if(criteria.event.as_ref(), |query, id| query.filter(C::Event.eq(id.as_str())))
        .apply_if(criteria.task.as_deref(), |query, task| query.filter(C::Task.eq(task)))
        .apply_if(criteria.version, |query, version| query.filter(C::Version.eq(version)))
        .apply_if(criteria.made_from, |query, from| query.filter(C::MadeAt.gte(from.as_micros())))
        .apply_if(criteria.made_until, |query, until| query.filter(C::MadeAt.lt(until.as_micros())))
        .apply_if(after.map(past), |query, condition| query.filter(condition));
    if !standings.is_empty() {
        query = query.filter(C::Standing.is_in(standings));
    }
    if !criteria.kinds.is_empty() {
        query = query.filter(C::Kind.is_in(criteria.kinds.iter().map(String::as_str)));
    }
    if !criteria.registers.is_empty() || !criteria.units.is_empty() {
        let mut cells = archive_cell::Entity::find().select_only().column(archive_cell::Column::CellKey);
        if !criteria.registers.is_empty() {
            let registers = criteria.registers.iter().map(ToString::to_string);
            cells = cells.filter(archive_cell::Column::Register.is_in(registers));
        }
        if !criteria.units.is_empty() {
            cells = cells.filter(archive_cell::Column::Unit.is_in(texts(&criteria.units)));
        }
        query = query.filter(C::Cell.in_subquery(cells.into_query()));
    }
    let rows = query.order_by_desc(C::MadeAt).order_by_desc(C::DocumentId).limit(most).all(db).await?;
    let cells = cells_of(db, rows.iter().map(|row| row.cell).collect()).await?;
    let older = older(db, rows.iter().filter(|row| row.version > 1).map(|row| row.set_id.as_str()).collect()).await?;
    rows.into_iter().map(|row| read(row, &cells, &older)).collect()
}

/// Documents that were added to one, the one made last first; a bounded number.
///
/// # Errors
/// [`StoreError`].
pub async fn added_to(db: &impl ConnectionTrait, id: &Oid, most: u64) -> Result<Vec<Listed>, StoreError> {
    let query = row::Entity::find().filter(row::Column::AddedTo.eq(id.as_str()));
    let rows = query.order_by_desc(row::Column::MadeAt).limit(most).all(db).await?;
    let cells = cells_of(db, rows.iter().map(|row| row.cell).collect()).await?;
    rows.into_iter().map(|row| read(row, &cells, &Versions::new())).collect()
}

/// Some documents of a cell that were stored up to a moment, the versions of a set together, after a version of a set.
///
/// # Errors
/// [`StoreError`].
pub async fn of_cell(
    db: &impl ConnectionTrait,
    (key, cell): (i64, &Cell),
    after: Option<(&Oid, u32)>,
    as_of: Moment,
    most: u64,
) -> Result<Vec<Listed>, StoreError> {
    use row::Column as C;
    let past = |(set, version): (&Oid, u32)| {
        let later = Condition::all().add(C::SetId.eq(set.as_str())).add(C::Version.gt(version));
        Condition::any().add(C::SetId.gt(set.as_str())).add(later)
    };
    let query = row::Entity::find()
        .filter(C::Cell.eq(key))
        .filter(C::StoredAt.lte(as_of.as_micros()))
        .apply_if(after.map(past), |query, condition| query.filter(condition));
    let rows = query.order_by_asc(C::SetId).order_by_asc(C::Version).limit(most).all(db).await?;
    let cells = BTreeMap::from([(key, cell.clone())]);
    rows.into_iter().map(|row| read(row, &cells, &Versions::new())).collect()
}

async fn cells_of(db: &impl ConnectionTrait, keys: BTreeSet<i64>) -> Result<BTreeMap<i64, Cell>, StoreError> {
    let query = archive_cell::Entity::find().filter(archive_cell::Column::CellKey.is_in(keys));
    query.all(db).await?.into_iter().map(|row| Ok((row.cell_key, read_cell(row)?))).collect()
}

/// The versions of sets by set and number.
type Versions = BTreeMap<(String, i32), String>;

async fn older(db: &impl ConnectionTrait, sets: BTreeSet<&str>) -> Result<Versions, StoreError> {
    if sets.is_empty() {
        return Ok(Versions::new());
    }
    let query = row::Entity::find().filter(row::Column::SetId.is_in(sets)).select_only();
    let query = query.columns([row::Column::SetId, row::Column::Version, row::Column::DocumentId]);
    let rows: Vec<(String, i32, String)> = query.into_tuple().all(db).await?;
    Ok(rows.into_iter().map(|(set, version, id)| ((set, version), id)).collect())
}

fn read(row: row::Model, cells: &BTreeMap<i64, Cell>, older: &Versions) -> Result<Listed, StoreError> {
    let id = row.document_id;
    let oid = |text: &str, column| parsed(Oid::parse(text).ok(), TABLE, &id, column);
    let replaced = older.get(&(row.set_id.clone(), row.version - 1));
    Ok(Listed {
        replaces: replaced.map(|id| oid(id, "document_id")).transpose()?,
        set_id: oid(&row.set_id, "set_id")?,
        version: parsed(u32::try_from(row.version).ok(), TABLE, &id, "version")?,
        cell: parsed(cells.get(&row.cell).cloned(), TABLE, &id, "cell")?,
        controller: oid(&row.controller, "controller")?,
        standing: parsed(Standing::parse(&row.standing), TABLE, &id, "standing")?,
        size: parsed(u64::try_from(row.size).ok(), TABLE, &id, "size")?,
        id: oid(&id, "document_id")?,
        person: row.person,
        kind: row.kind,
        task: row.task,
        event: row.event,
        added_to: row.added_to,
        unfinished: row.unfinished,
        made_at: Moment::from_micros(row.made_at),
        stored_at: Moment::from_micros(row.stored_at),
        joiner: row.joiner,
        tenant: row.tenant,
        media_type: row.media_type,
        hash: row.hash,
    })
}
