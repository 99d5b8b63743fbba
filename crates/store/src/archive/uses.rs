//! The use log: lines as they are written, and the seals over them.

use crate::entity::{archive_document as document, archive_use as row, archive_use_seal as seal_row};
use crate::error::parsed;
use crate::{Lock, Store, StoreError, Transaction};
use liitos_domain::archive::{Act, Ground, Seal, Use};
use liitos_domain::transparency::Head;
use liitos_domain::{Moment, Oid, Sha256Hash};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait as _,
};
use std::collections::BTreeMap;

const TABLE: &str = "archive_use";
/// Most lines under one seal.
const MOST_SEALED: u64 = 5_000;

/// A line with its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its number: later ones have greater numbers.
    pub number: i64,
    /// What it says.
    pub told: Use,
    /// The seal that holds it; none for a moment after it was written.
    pub seal: Option<u64>,
}

/// Which lines are asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct LinesAsked<'a> {
    /// In whose register.
    pub controller: Option<&'a Oid>,
    /// With which document.
    pub document: Option<&'a Oid>,
    /// Whose documents: the digest.
    pub person: Option<&'a str>,
    /// At or after.
    pub from: Option<Moment>,
    /// Before.
    pub until: Option<Moment>,
    /// Before this number.
    pub before: Option<i64>,
    /// Under this seal.
    pub seal: Option<u64>,
    /// About what other providers asked for and were given, or not, alone.
    pub disclosed: bool,
}

/// A line cannot be hashed; never seen.
fn unhashed(_: serde_json::Error) -> StoreError {
    StoreError::BadRow { table: TABLE, row: "(new)".to_owned(), column: "hash" }
}

/// Lines' rows.
pub(super) fn rows(lines: &[Use]) -> Result<Vec<row::ActiveModel>, StoreError> {
    let new = |told: &Use| -> Result<row::ActiveModel, StoreError> {
        Ok(row::ActiveModel {
            at: Set(told.at.as_micros()),
            by_whom: Set(told.by.clone()),
            act: Set(told.act.code().to_owned()),
            ground: Set(told.ground.code().to_owned()),
            controller: Set(told.controller.to_string()),
            joiner: Set(told.joiner.to_string()),
            tenant: Set(told.tenant.as_ref().map(ToString::to_string)),
            document_id: Set(told.document.as_ref().map(ToString::to_string)),
            person: Set(told.person.clone()),
            decision: Set(told.decision.clone()),
            more: Set(told.more.clone()),
            hash: Set(told.hash().map_err(unhashed)?.to_string()),
            seal: Set(None),
            ..Default::default()
        })
    };
    lines.iter().map(new).collect()
}

/// Lines in one statement: as many as parameters fit into one of either database.
const AT_ONCE: usize = 500;

/// Writes lines by themselves; when it returns, they last. In one statement where they fit into one, which is three ways there and back fewer.
///
/// # Errors
/// [`StoreError`].
pub async fn write_uses(store: &Store, lines: &[Use]) -> Result<(), StoreError> {
    if lines.len() <= AT_ONCE {
        row::Entity::insert_many(rows(lines)?).exec_without_returning(store.write()).await?;
        return Ok(());
    }
    let tx = store.begin().await?;
    add_uses(&tx, lines).await?;
    tx.commit().await
}

/// Writes lines with what else a transaction writes.
///
/// # Errors
/// [`StoreError`].
pub async fn add_uses(tx: &Transaction, lines: &[Use]) -> Result<(), StoreError> {
    for some in lines.chunks(AT_ONCE) {
        row::Entity::insert_many(rows(some)?).exec_without_returning(tx.connection()).await?;
    }
    Ok(())
}

/// A line as its row says it.
pub(crate) fn read_line(row: row::Model) -> Result<Line, StoreError> {
    let key = row.use_key;
    let oid = |text: &str, column| parsed(Oid::parse(text).ok(), TABLE, key, column);
    let told = Use {
        at: Moment::from_micros(row.at),
        act: parsed(Act::parse(&row.act), TABLE, key, "act")?,
        ground: parsed(Ground::parse(&row.ground), TABLE, key, "ground")?,
        controller: oid(&row.controller, "controller")?,
        joiner: oid(&row.joiner, "joiner")?,
        tenant: row.tenant.map(|tenant| oid(&tenant, "tenant")).transpose()?,
        document: row.document_id.map(|id| oid(&id, "document_id")).transpose()?,
        by: row.by_whom,
        person: row.person,
        decision: row.decision,
        more: row.more,
    };
    let seal = row.seal.map(|number| parsed(u64::try_from(number).ok(), TABLE, key, "seal")).transpose()?;
    Ok(Line { number: key, told, seal })
}

/// Some lines of stored documents, and what of it is lost.
#[derive(Debug)]
pub struct LostPiece {
    /// Those that are not there: id, when it was stored, in whose register.
    pub lost: Vec<(String, Moment, String)>,
    /// Lines that were looked at.
    pub looked: u64,
    /// The number of the last of them.
    pub last: i64,
}

/// Looks at the next lines of stored documents after a number, so many at most; nothing after the last of them.
///
/// # Errors
/// [`StoreError`].
pub async fn lost_after(db: &impl ConnectionTrait, after: i64, most: u64) -> Result<Option<LostPiece>, StoreError> {
    use row::Column as C;
    let stored = Act::ALL.iter().filter(|act| act.stores()).map(|act| act.code());
    let query = row::Entity::find().filter(C::UseKey.gt(after)).filter(C::Act.is_in(stored));
    let query = query.select_only().columns([C::UseKey, C::At, C::Controller, C::DocumentId]);
    let query = query.order_by_asc(C::UseKey).limit(most);
    let lines: Vec<(i64, i64, String, Option<String>)> = query.into_tuple().all(db).await?;
    let Some((last, ..)) = lines.last() else { return Ok(None) };
    let (last, looked) = (*last, lines.len() as u64);
    let mut lost = BTreeMap::new();
    for (_, at, controller, id) in lines {
        lost.extend(id.map(|id| (id, (at, controller))));
    }
    let ids: Vec<String> = lost.keys().cloned().collect();
    for some in ids.chunks(AT_ONCE) {
        let there = document::Entity::find().filter(document::Column::DocumentId.is_in(some));
        let there: Vec<String> = there.select_only().column(document::Column::DocumentId).into_tuple().all(db).await?;
        there.iter().for_each(|id| drop(lost.remove(id)));
    }
    let lost = lost.into_iter().map(|(id, (at, controller))| (id, Moment::from_micros(at), controller)).collect();
    Ok(Some(LostPiece { lost, looked, last }))
}

/// Why other providers' documents are asked for.
fn by_purpose() -> impl Iterator<Item = &'static str> {
    Ground::ALL.iter().filter(|ground| ground.by_purpose()).map(|ground| ground.code())
}

/// Lines, the newest first.
///
/// # Errors
/// [`StoreError`].
pub async fn uses(db: &impl ConnectionTrait, asked: LinesAsked<'_>, most: u64) -> Result<Vec<Line>, StoreError> {
    use row::Column as C;
    let query = row::Entity::find()
        .apply_if(asked.controller, |query, controller| query.filter(C::Controller.eq(controller.as_str())))
        .apply_if(asked.document, |query, id| query.filter(C::DocumentId.eq(id.as_str())))
        .apply_if(asked.person, |query, person| query.filter(C::Person.eq(person)))
        .apply_if(asked.from, |query, from| query.filter(C::At.gte(from.as_micros())))
        .apply_if(asked.until, |query, until| query.filter(C::At.lt(until.as_micros())))
        .apply_if(asked.disclosed.then(by_purpose), |query, grounds| {
            let asked = [Act::Searched, Act::Fetched, Act::Withheld].map(Act::code);
            query.filter(C::Ground.is_in(grounds)).filter(C::Act.is_in(asked))
        })
        .apply_if(asked.before, |query, before| query.filter(C::UseKey.lt(before)))
        .apply_if(asked.seal.and_then(|seal| i64::try_from(seal).ok()), |query, seal| query.filter(C::Seal.eq(seal)));
    query.order_by_desc(C::UseKey).limit(most).all(db).await?.into_iter().map(read_line).collect()
}

fn read_seal(row: seal_row::Model) -> Result<Seal, StoreError> {
    const TABLE: &str = "archive_use_seal";
    let number = |n: i64, column| parsed(u64::try_from(n).ok(), TABLE, row.seal, column);
    let hash = |text: &str, column| parsed(Sha256Hash::parse(text), TABLE, row.seal, column);
    Ok(Seal {
        number: number(row.seal, "seal")?,
        at: Moment::from_micros(row.at),
        lines: Head { size: number(row.lines, "lines")?, root: hash(&row.root, "root")? },
        previous: row.previous.as_deref().map(|text| hash(text, "previous")).transpose()?,
    })
}

/// The newest seal, if there is one.
///
/// # Errors
/// [`StoreError`].
pub async fn newest_seal(db: &impl ConnectionTrait) -> Result<Option<Seal>, StoreError> {
    let row = seal_row::Entity::find().order_by_desc(seal_row::Column::Seal).one(db).await?;
    row.map(read_seal).transpose()
}

/// A seal by its number.
///
/// # Errors
/// [`StoreError`].
pub async fn seal(db: &impl ConnectionTrait, number: u64) -> Result<Option<Seal>, StoreError> {
    let Ok(number) = i64::try_from(number) else { return Ok(None) };
    seal_row::Entity::find_by_id(number).one(db).await?.map(read_seal).transpose()
}

/// Some seals after a number, in their order.
///
/// # Errors
/// [`StoreError`].
pub async fn seals_after(db: &impl ConnectionTrait, after: u64, most: u64) -> Result<Vec<Seal>, StoreError> {
    let after = i64::try_from(after).unwrap_or(i64::MAX);
    let query = seal_row::Entity::find().filter(seal_row::Column::Seal.gt(after)).order_by_asc(seal_row::Column::Seal);
    query.limit(most).all(db).await?.into_iter().map(read_seal).collect()
}

/// Seals what waits, as many lines as one seal holds; the seal, or nothing where nothing waits.
///
/// # Errors
/// [`StoreError`].
pub async fn seal_uses(tx: &Transaction, at: Moment) -> Result<Option<Seal>, StoreError> {
    tx.lock(Lock::Seals).await?;
    let db = tx.connection();
    let waiting = row::Entity::find().filter(row::Column::Seal.is_null());
    let waiting = waiting.select_only().column(row::Column::UseKey).order_by_asc(row::Column::UseKey);
    let keys: Vec<i64> = waiting.limit(MOST_SEALED).into_tuple().all(db).await?;
    let (Some(first), Some(last)) = (keys.first(), keys.last()) else {
        return Ok(None);
    };
    let previous = newest_seal(db).await?;
    let number = previous.as_ref().map_or(1, |seal| seal.number + 1);
    let stored = parsed(i64::try_from(number).ok(), "archive_use_seal", number, "seal")?;
    let update = row::Entity::update_many()
        .col_expr(row::Column::Seal, stored.into())
        .filter(row::Column::Seal.is_null())
        .filter(row::Column::UseKey.between(*first, *last));
    update.exec(db).await?;
    // Those that this seal holds now: one that was committed in between may be among them.
    let hashes: Vec<_> = sealed_hashes(db, number).await?.into_iter().map(|(_, hash)| hash).collect();
    let seal = Seal::over(previous.as_ref(), &hashes, at).map_err(unhashed)?;
    let row = seal_row::ActiveModel {
        seal: Set(stored),
        at: Set(seal.at.as_micros()),
        lines: Set(i64::try_from(seal.lines.size).unwrap_or(i64::MAX)),
        root: Set(seal.lines.root.to_string()),
        previous: Set(seal.previous.map(|hash| hash.to_string())),
    };
    seal_row::Entity::insert(row).exec_without_returning(db).await?;
    Ok(Some(seal))
}

/// The numbers and hashes of a seal's lines, in their order.
///
/// # Errors
/// [`StoreError`].
pub async fn sealed_hashes(db: &impl ConnectionTrait, seal: u64) -> Result<Vec<(i64, Sha256Hash)>, StoreError> {
    let number = parsed(i64::try_from(seal).ok(), TABLE, seal, "seal")?;
    let query = row::Entity::find().filter(row::Column::Seal.eq(number)).order_by_asc(row::Column::UseKey);
    let query = query.select_only().columns([row::Column::UseKey, row::Column::Hash]);
    let hashes: Vec<(i64, String)> = query.into_tuple().all(db).await?;
    let read = |(key, hash): (i64, String)| Ok((key, parsed(Sha256Hash::parse(&hash), TABLE, key, "hash")?));
    hashes.into_iter().map(read).collect()
}

/// Some seals that hold lines about a controller's register, after one, in their order.
///
/// # Errors
/// [`StoreError`].
pub async fn seals_about(
    db: &impl ConnectionTrait,
    controller: &Oid,
    after: u64,
    most: u64,
) -> Result<Vec<u64>, StoreError> {
    use row::Column as C;
    let after = i64::try_from(after).unwrap_or(i64::MAX);
    let query = row::Entity::find().filter(C::Controller.eq(controller.as_str())).filter(C::Seal.gt(after));
    let query = query.select_only().column(C::Seal).distinct().order_by_asc(C::Seal).limit(most);
    let seals: Vec<i64> = query.into_tuple().all(db).await?;
    seals.into_iter().map(|seal| parsed(u64::try_from(seal).ok(), TABLE, seal, "seal")).collect()
}

/// A seal's lines, in the order of their numbers.
///
/// # Errors
/// [`StoreError`].
pub async fn sealed_uses(db: &impl ConnectionTrait, seal: u64) -> Result<Vec<Line>, StoreError> {
    let number = parsed(i64::try_from(seal).ok(), TABLE, seal, "seal")?;
    let query = row::Entity::find().filter(row::Column::Seal.eq(number)).order_by_asc(row::Column::UseKey);
    query.all(db).await?.into_iter().map(read_line).collect()
}

/// Walks all seals and their lines; the number of the first seal that does not hold, if any.
///
/// # Errors
/// [`StoreError`].
pub async fn first_broken_seal(db: &impl ConnectionTrait) -> Result<Option<u64>, StoreError> {
    let mut previous: Option<Seal> = None;
    loop {
        let number = previous.as_ref().map_or(1, |seal| seal.number + 1);
        let stored = i64::try_from(number).unwrap_or(i64::MAX);
        let Some(row) = seal_row::Entity::find_by_id(stored).one(db).await? else {
            // Lines of a seal that is gone, or seals after a gap.
            let beyond = row::Entity::find().filter(row::Column::Seal.gte(stored)).count(db).await?;
            let later = seal_row::Entity::find().filter(seal_row::Column::Seal.gt(stored)).count(db).await?;
            return Ok((beyond + later > 0).then_some(number));
        };
        let seal = read_seal(row)?;
        let lines = sealed_uses(db, number).await?;
        let hashes = lines.iter().map(|line| line.told.hash()).collect::<Result<Vec<_>, _>>().map_err(unhashed)?;
        if !seal.fits(previous.as_ref(), &hashes).map_err(unhashed)? {
            return Ok(Some(number));
        }
        previous = Some(seal);
    }
}
