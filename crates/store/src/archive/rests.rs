//! What documents that come rest on, in one question: whether any of it has changed.

use crate::entity::document as before;
use crate::error::parsed;
use crate::{Lock, StoreError};
use liitos_domain::Oid;
use sea_orm::sea_query::{Expr, Func, Query, SelectStatement};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryResult, QuerySelect, QueryTrait,
    Statement,
};

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

const QUESTION: &str = "SELECT (SELECT coalesce(max(version), 0) FROM directory_change) AS version, \
                        (SELECT count(*) FROM register_import) AS imports, \
                        (SELECT count(*) FROM controller_run) AS runs, \
                        (SELECT CAST(coalesce(sum(revision), 0) AS BIGINT) FROM controller_run) AS changes";

/// What documents rest on now.
///
/// # Errors
/// [`StoreError`].
pub async fn rests(db: &impl ConnectionTrait) -> Result<Rests, StoreError> {
    let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), QUESTION)).await?;
    read(row.as_ref())
}

/// Whether documents with these ids, at least one, may be kept by what they rest on: nothing of it has changed, and none of them is kept by an older
/// program, which writes to a table of its own.
pub(super) async fn hold(db: &impl ConnectionTrait, rests: &Rests, ids: &[&Oid]) -> Result<bool, StoreError> {
    let before = before::Entity::find().filter(is_before(ids)).count(db).await?;
    Ok(before == 0 && self::rests(db).await? == *rests)
}

/// The same on PostgreSQL, said by the database itself: a question that fails with [`StoreError::Changed`] where they may not, and shares the lock on whose
/// documents are whose until the transaction ends.
pub(super) fn holding(rests: &Rests, ids: &[&Oid]) -> SelectStatement {
    let number = |number: u64| Expr::value(i64::try_from(number).unwrap_or(i64::MAX));
    let (class, lock) = Lock::Controllers.key();
    let before = before::Entity::find().select_only().expr(Expr::value(1)).filter(is_before(ids)).into_query();
    let [versions, imports, runs, changes] = [rests.version, rests.imports, rests.runs.0, rests.runs.1].map(number);
    let all = [Expr::value(class), Expr::value(lock), versions, imports, runs, changes, Expr::exists(before)];
    Query::select().expr(Func::cust("archive_rests").args(all)).to_owned()
}

fn is_before(ids: &[&Oid]) -> Expr {
    before::Column::DocumentId.is_in(ids.iter().map(|id| id.as_str()))
}

fn read(row: Option<&QueryResult>) -> Result<Rests, StoreError> {
    let row = parsed(row, "directory_change", "(all)", "version")?;
    let number = |name| -> Result<u64, StoreError> {
        let number: i64 = row.try_get("", name)?;
        parsed(u64::try_from(number).ok(), "directory_change", "(all)", "version")
    };
    Ok(Rests { version: number("version")?, imports: number("imports")?, runs: (number("runs")?, number("changes")?) })
}
