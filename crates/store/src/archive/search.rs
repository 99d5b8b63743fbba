//! Documents as they are looked for.

use super::cells::cells_of;
use crate::StoreError;
use crate::entity::{archive_cell, archive_document as row, archive_invalidation as void};
use crate::error::parsed;
use liitos_domain::archive::{Cell, Criteria, Keeping, Place, Retention, Standing, over_at};
use liitos_domain::{Moment, Oid};
use sea_orm::sea_query::{Alias, Expr, ExprTrait as _, Query, SimpleExpr};
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
    /// The unit that it was made in.
    pub unit: Oid,
    /// The controller that it names.
    pub controller: Oid,
    /// How it stood at the moment that was asked about.
    pub standing: Standing,
    /// Whose document it is: a keyed digest.
    pub person: String,
    /// Its type.
    pub kind: Option<String>,
    /// The task it was made in.
    pub task: Option<String>,
    /// How long it is to be kept.
    pub keeping: Keeping,
    /// The service event or matter.
    pub event: Option<String>,
    /// The older version whose place it took.
    pub replaces: Option<Oid>,
    /// The document that it is added to.
    pub added_to: Option<String>,
    /// Whether it is not finished by its own word.
    pub unfinished: bool,
    /// Whether it is the document of a service event that has not ended.
    pub event_open: bool,
    /// Whether it holds what is under a security ban.
    pub banned: bool,
    /// When it was made, by its own word.
    pub made_at: Moment,
    /// When it was stored.
    pub stored_at: Moment,
    /// Whose joining it came under.
    pub joiner: String,
    /// The tenant that it came from.
    pub tenant: Option<String>,
    /// The signature policy it passed under.
    pub policy: String,
    /// What its body is.
    pub media_type: String,
    /// SHA-256 of its body.
    pub hash: String,
    /// Its body's length in bytes.
    pub size: u64,
}

/// Whose documents are asked for.
#[derive(Clone, Copy, Debug)]
pub struct Whose<'a> {
    /// The person: a keyed digest.
    pub person: &'a str,
    /// Matters that are the person's too, whoever's their documents are.
    pub matters: &'a [&'a Oid],
}

impl Whose<'_> {
    fn condition(&self) -> Condition {
        let matters = self.matters.iter().map(|matter| matter.as_str());
        let jointly = (!self.matters.is_empty()).then(|| row::Column::Event.is_in(matters));
        Condition::any().add(row::Column::Person.eq(self.person)).add_option(jointly)
    }
}

/// Some documents that meet criteria, the one made last first, after a place; with how they were asked for by digest instead of by name.
///
/// Whose they are is not asked here: the succession says that of each one's cell. `named`: by whom the cells of all that is wanted are named, where
/// that is known, so that nobody's search reads through everybody's documents. `as_of`: what was stored until then, and how it stood then,
/// so that pages stay the same while others write.
///
/// # Errors
/// [`StoreError`].
pub async fn search(
    db: &impl ConnectionTrait,
    (criteria, whose, named): (&Criteria, Option<Whose<'_>>, Option<&BTreeSet<Oid>>),
    (after, as_of): (Option<&Place>, Moment),
    most: u64,
) -> Result<Vec<Listed>, StoreError> {
    use row::Column as C;
    let past = |place: &Place| {
        let (made_at, id) = (place.made_at.as_micros(), place.id.as_str());
        Condition::any()
            .add(C::MadeAt.lt(made_at))
            .add(Condition::all().add(C::MadeAt.eq(made_at)).add(C::DocumentId.lt(id)))
    };
    let mut query = row::Entity::find()
        .filter(C::StoredAt.lte(as_of.as_micros()))
        .apply_if(whose, |query, whose| query.filter(whose.condition()))
        .apply_if(criteria.document.as_ref(), |query, id| query.filter(C::DocumentId.eq(id.as_str())))
        .apply_if(criteria.either.as_ref(), |query, id| {
            query.filter(Condition::any().add(C::DocumentId.eq(id.as_str())).add(C::SetId.eq(id.as_str())))
        })
        .apply_if(criteria.set.as_ref(), |query, id| query.filter(C::SetId.eq(id.as_str())))
        .apply_if(criteria.event.as_ref(), |query, id| query.filter(C::Event.eq(id.as_str())))
        .apply_if(criteria.task.as_deref(), |query, task| query.filter(C::Task.eq(task)))
        .apply_if(criteria.version, |query, version| query.filter(C::Version.eq(version)))
        .apply_if(criteria.made_from, |query, from| query.filter(C::MadeAt.gte(from.as_micros())))
        .apply_if(criteria.made_until, |query, until| query.filter(C::MadeAt.lt(until.as_micros())))
        .apply_if(criteria.over_at.map(over), |query, condition| query.filter(condition))
        .apply_if(after.map(past), |query, condition| query.filter(condition));
    if let Some(named) = named {
        let of_cell = Expr::col((archive_cell::Entity, archive_cell::Column::CellKey)).equals((row::Entity, C::Cell));
        let cells = archive_cell::Entity::find().select_only().expr(Expr::val(1)).filter(of_cell);
        let cells = cells.filter(archive_cell::Column::Controller.is_in(named.iter().map(|oid| oid.as_str())));
        query = query.filter(Expr::exists(cells.into_query()));
    }
    if !criteria.standings.is_empty() {
        query = query.filter(stood(&criteria.standings, as_of));
    }
    if !criteria.kinds.is_empty() {
        query = query.filter(C::Kind.is_in(criteria.kinds.iter().map(String::as_str)));
    }
    let cells = |of: SimpleExpr| {
        let cells = archive_cell::Entity::find().select_only().column(archive_cell::Column::CellKey);
        C::Cell.in_subquery(cells.filter(of).into_query())
    };
    if !criteria.registers.is_empty() {
        let registers = criteria.registers.iter().map(ToString::to_string);
        query = query.filter(cells(archive_cell::Column::Register.is_in(registers)));
    }
    if !criteria.units.is_empty() {
        let units = criteria.units.iter().map(ToString::to_string).collect::<Vec<_>>();
        let of_cell = Condition::all().add(C::MadeIn.is_null());
        let of_cell = of_cell.add(cells(archive_cell::Column::Unit.is_in(units.iter().map(String::as_str))));
        query = query.filter(Condition::any().add(C::MadeIn.is_in(units)).add(of_cell));
    }
    let rows = query.order_by_desc(C::MadeAt).order_by_desc(C::DocumentId).limit(most).all(db).await?;
    let cells = cells_of(db, rows.iter().map(|row| row.cell).collect()).await?;
    listed(db, rows, &cells, as_of).await
}

/// What was to be kept until a moment, by its class and its person's birth.
fn over(at: Moment) -> Condition {
    use row::Column as C;
    let of_class = |(class, born): (&Retention, i16)| {
        let of_age = Condition::all().add(C::Born.gt(0)).add(C::Born.lte(born));
        of_age.add(C::Retention.eq(class.code.as_str()))
    };
    let classes = over_at(at).map(of_class).fold(Condition::any(), Condition::add);
    let own = Condition::any().add(C::KeptUntil.is_null()).add(C::KeptUntil.lt(at.civil().year()));
    Condition::all().add(classes).add(own)
}

/// A year as it is kept.
fn year(kept: Option<i32>) -> Option<i16> {
    kept.and_then(|year| i16::try_from(year).ok()).filter(|year| *year > 0)
}

/// [`stood_then`] for the database.
fn stood(standings: &[Standing], as_of: Moment) -> Condition {
    let at = as_of.as_micros();
    let column = |column: row::Column| Expr::col((row::Entity, column));
    let next = Alias::new("next");
    let later = |column: row::Column| Expr::col((next.clone(), column));
    // The version that took its place later, or the declaration that came later.
    let replaced = Query::select()
        .expr(Expr::val(1))
        .from_as(row::Entity, next.clone())
        .and_where(later(row::Column::SetId).equals((row::Entity, row::Column::SetId)))
        .and_where(later(row::Column::Version).eq(column(row::Column::Version).add(1)))
        .and_where(later(row::Column::StoredAt).gt(at))
        .to_owned();
    let voided = Query::select()
        .expr(Expr::val(1))
        .from(void::Entity)
        .and_where(Expr::col((void::Entity, void::Column::SetId)).equals((row::Entity, row::Column::SetId)))
        .and_where(Expr::col((void::Entity, void::Column::At)).gt(at))
        .to_owned();
    let is = |standing: Standing| column(row::Column::Standing).eq(standing.code());
    let (replaced, voided): (SimpleExpr, SimpleExpr) = (Expr::exists(replaced), Expr::exists(voided));
    let one = |standing: &Standing| match standing {
        Standing::Newest => Condition::any()
            .add(is(Standing::Newest))
            .add(Condition::all().add(is(Standing::Replaced)).add(replaced.clone()))
            .add(Condition::all().add(is(Standing::Invalidated)).add(voided.clone())),
        Standing::Replaced => Condition::all().add(is(Standing::Replaced)).add(replaced.clone().not()),
        Standing::Invalidated => Condition::all().add(is(Standing::Invalidated)).add(voided.clone().not()),
    };
    standings.iter().map(one).fold(Condition::any(), Condition::add)
}

/// Documents that were added to one, the one made last first; a bounded number.
///
/// # Errors
/// [`StoreError`].
pub async fn added_to(
    db: &impl ConnectionTrait,
    id: &Oid,
    as_of: Moment,
    most: u64,
) -> Result<Vec<Listed>, StoreError> {
    use row::Column as C;
    let query = row::Entity::find().filter(C::AddedTo.eq(id.as_str())).filter(C::StoredAt.lte(as_of.as_micros()));
    let rows = query.order_by_desc(row::Column::MadeAt).limit(most).all(db).await?;
    let cells = cells_of(db, rows.iter().map(|row| row.cell).collect()).await?;
    listed(db, rows, &cells, as_of).await
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
    listed(db, rows, &BTreeMap::from([(key, cell.clone())]), as_of).await
}

/// What else is known of the sets of some rows.
#[derive(Default)]
struct Sets {
    /// Their versions by set and number: the id, and when it was stored.
    versions: BTreeMap<(String, i32), (String, i64)>,
    /// When they were declared void.
    voided: BTreeMap<String, i64>,
}

async fn sets_of(db: &impl ConnectionTrait, rows: &[row::Model]) -> Result<Sets, StoreError> {
    let mut sets = Sets::default();
    let some = |row: &&row::Model| row.version > 1 || row.standing != Standing::Newest.code();
    let of: BTreeSet<&str> = rows.iter().filter(some).map(|row| row.set_id.as_str()).collect();
    if !of.is_empty() {
        let query = row::Entity::find().filter(row::Column::SetId.is_in(of)).select_only();
        let columns = [row::Column::SetId, row::Column::Version, row::Column::DocumentId, row::Column::StoredAt];
        let versions: Vec<(String, i32, String, i64)> = query.columns(columns).into_tuple().all(db).await?;
        sets.versions = versions.into_iter().map(|(set, version, id, stored)| ((set, version), (id, stored))).collect();
    }
    let void_ones = |row: &&row::Model| row.standing == Standing::Invalidated.code();
    let of: BTreeSet<&str> = rows.iter().filter(void_ones).map(|row| row.set_id.as_str()).collect();
    if !of.is_empty() {
        let voided = void::Entity::find().filter(void::Column::SetId.is_in(of)).all(db).await?;
        sets.voided = voided.into_iter().map(|row| (row.set_id, row.at)).collect();
    }
    Ok(sets)
}

async fn listed(
    db: &impl ConnectionTrait,
    rows: Vec<row::Model>,
    cells: &BTreeMap<i64, Cell>,
    as_of: Moment,
) -> Result<Vec<Listed>, StoreError> {
    let sets = sets_of(db, &rows).await?;
    rows.into_iter().map(|row| read(row, cells, &sets, as_of)).collect()
}

/// How a document stood at a moment: otherwise than now where what changed that came later.
fn stood_then(row: &row::Model, now: Standing, sets: &Sets, as_of: Moment) -> Standing {
    let changed = match now {
        Standing::Newest => None,
        Standing::Replaced => sets.versions.get(&(row.set_id.clone(), row.version + 1)).map(|(_, stored)| *stored),
        Standing::Invalidated => sets.voided.get(&row.set_id).copied(),
    };
    if changed.is_some_and(|at| at > as_of.as_micros()) { Standing::Newest } else { now }
}

fn read(row: row::Model, cells: &BTreeMap<i64, Cell>, sets: &Sets, as_of: Moment) -> Result<Listed, StoreError> {
    let standing = parsed(Standing::parse(&row.standing), TABLE, &row.document_id, "standing")?;
    let standing = stood_then(&row, standing, sets, as_of);
    let id = row.document_id;
    let oid = |text: &str, column| parsed(Oid::parse(text).ok(), TABLE, &id, column);
    let replaced = sets.versions.get(&(row.set_id.clone(), row.version - 1)).map(|(id, _)| id);
    let cell = parsed(cells.get(&row.cell).cloned(), TABLE, &id, "cell")?;
    Ok(Listed {
        replaces: replaced.map(|id| oid(id, "document_id")).transpose()?,
        set_id: oid(&row.set_id, "set_id")?,
        version: parsed(u32::try_from(row.version).ok(), TABLE, &id, "version")?,
        unit: row.made_in.map_or_else(|| Ok(cell.unit.clone()), |unit| oid(&unit, "made_in"))?,
        cell,
        controller: oid(&row.controller, "controller")?,
        standing,
        size: parsed(u64::try_from(row.size).ok(), TABLE, &id, "size")?,
        id: oid(&id, "document_id")?,
        person: row.person,
        kind: row.kind,
        task: row.task,
        event_open: row.event_open,
        banned: row.banned,
        keeping: Keeping { class: row.retention, born: year(row.born), until: year(row.kept_until) },
        event: row.event,
        added_to: row.added_to,
        unfinished: row.unfinished,
        made_at: Moment::from_micros(row.made_at),
        stored_at: Moment::from_micros(row.stored_at),
        joiner: row.joiner,
        tenant: row.tenant,
        policy: row.policy,
        media_type: row.media_type,
        hash: row.hash,
    })
}
