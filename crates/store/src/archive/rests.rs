//! What documents that come rest on, in one question: whether any of it has changed.

use crate::entity::{archive_given_out as given_out, archive_matter as matter, document as before};
use crate::error::parsed;
use crate::{Lock, StoreError, Transaction};
use liitos_domain::{Moment, Oid};
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryResult, QuerySelect,
};
use sqlx::postgres::{PgArguments, Postgres};

/// Numbers that change when what they count changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rests {
    /// The directory's version.
    pub version: u64,
    /// Imports of registers.
    pub imports: u64,
    /// Controller update runs, and how often they changed, all of them together.
    pub runs: (u64, u64),
}

/// How each is counted, and under which name it is read.
pub(super) const COUNTED: [(&str, &str); 4] = [
    ("versions", "(SELECT coalesce(max(version), 0) FROM directory_change)"),
    ("imports", "(SELECT count(*) FROM register_import)"),
    ("runs", "(SELECT count(*) FROM controller_run)"),
    ("changes", "(SELECT CAST(coalesce(sum(revision), 0) AS BIGINT) FROM controller_run)"),
];

/// What documents rest on now.
///
/// # Errors
/// [`StoreError`].
pub async fn rests(db: &impl ConnectionTrait) -> Result<Rests, StoreError> {
    let mut question = Query::select();
    for (name, how) in COUNTED {
        question.expr_as(Expr::cust(how), name);
    }
    let row = db.query_one(&question).await?;
    read(&parsed(row, "directory_change", "(all)", "version")?)
}

/// What documents that are kept together are supposed to rest on.
#[derive(Clone, Debug)]
pub struct Supposed<'a> {
    /// Numbers.
    pub rests: Rests,
    /// When they are stored: no register was given out as of that moment or a later one.
    pub at: Moment,
    /// The matters that they name, and how many documents told of these.
    pub matters: (&'a [&'a Oid], u64),
}

/// How many documents tell of some matters: another one does when one is opened, closed or corrected.
///
/// # Errors
/// [`StoreError`].
pub async fn told_of(db: &impl ConnectionTrait, matters: &[&Oid]) -> Result<u64, StoreError> {
    if matters.is_empty() {
        return Ok(0);
    }
    let these = matter::Column::Matter.is_in(matters.iter().map(|matter| matter.as_str()));
    Ok(matter::Entity::find().filter(these).count(db).await?)
}

/// A register is given out as of a moment: whatever is stored behind it is stored after it.
///
/// # Errors
/// [`StoreError`].
pub async fn give_out(tx: &Transaction, at: Moment) -> Result<(), StoreError> {
    let row = given_out::ActiveModel { at: Set(at.as_micros()), ..Default::default() };
    given_out::Entity::insert(row).exec_without_returning(tx.connection()).await?;
    Ok(())
}

/// A moment, or the next one behind all packages where it is not behind them: programs' clocks differ, and what is stored after a package stands in none.
///
/// # Errors
/// [`StoreError`].
pub async fn behind_packages(db: &impl ConnectionTrait, now: Moment) -> Result<Moment, StoreError> {
    let last = given_out::Entity::find().select_only().column_as(given_out::Column::At.max(), "last");
    let last = last.into_tuple::<Option<i64>>().one(db).await?.flatten();
    Ok(last.map_or(now, |last| now.max(Moment::from_micros(last.saturating_add(1)))))
}

/// Whether documents with these ids, at least one, may be kept by what they are supposed to rest on: nothing of it has changed, and none of them is kept
/// by an older program, which writes to a table of its own.
pub(super) async fn hold(tx: &Transaction, supposed: &Supposed<'_>, ids: &[&Oid]) -> Result<bool, StoreError> {
    let db = tx.connection();
    let these = before::Column::DocumentId.is_in(ids.iter().map(|id| id.as_str()));
    let before = before::Entity::find().filter(these).count(db).await?;
    let later = given_out::Column::At.gte(supposed.at.as_micros());
    let given_out = given_out::Entity::find().filter(later).count(db).await?;
    let told_of = told_of(db, supposed.matters.0).await?;
    Ok(before == 0 && given_out == 0 && told_of == supposed.matters.1 && rests(db).await? == supposed.rests)
}

/// The same on PostgreSQL, said by the database itself: a question that fails with [`StoreError::Changed`] where they may not, and shares the lock on whose
/// documents are whose until the transaction ends. Its values are parameters from a number on, in the order of [`bound`].
pub(super) fn question(first: usize) -> String {
    let places: Vec<String> = (first..first + 10).map(|place| format!("${place}")).collect();
    format!("SELECT archive_rests({})", places.join(", "))
}

/// The question's values.
pub(super) fn bound<'q>(
    query: sqlx::query::Query<'q, Postgres, PgArguments>,
    supposed: &Supposed<'_>,
    ids: &[&Oid],
) -> sqlx::query::Query<'q, Postgres, PgArguments> {
    let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let text = |ids: &[&Oid]| ids.iter().map(|id| id.as_str()).collect::<Vec<_>>().join(" ");
    let ((class, lock), Rests { version, imports, runs }) = (Lock::Controllers.key(), supposed.rests);
    let query = query.bind(class).bind(lock);
    let query = [version, imports, runs.0, runs.1].into_iter().fold(query, |query, one| query.bind(number(one)));
    let query = query.bind(supposed.at.as_micros()).bind(text(ids)).bind(text(supposed.matters.0));
    query.bind(number(supposed.matters.1))
}

pub(super) fn read(row: &QueryResult) -> Result<Rests, StoreError> {
    let number = |name| -> Result<u64, StoreError> {
        let number: i64 = row.try_get("", name)?;
        parsed(u64::try_from(number).ok(), "directory_change", "(all)", "version")
    };
    Ok(Rests { version: number("versions")?, imports: number("imports")?, runs: (number("runs")?, number("changes")?) })
}
