//! What documents that come rest on, in one question: whether any of it has changed.

use crate::StoreError;
use crate::error::parsed;
use liitos_domain::Oid;
use sea_orm::{ConnectionTrait, QueryResult, Statement};
use std::collections::BTreeSet;

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

/// What documents rest on now; and which of some ids, at least one, are of documents that an older program keeps, which writes to a table of its own.
///
/// # Errors
/// [`StoreError`].
pub async fn rests_of(db: &impl ConnectionTrait, ids: &[&Oid]) -> Result<(Rests, BTreeSet<String>), StoreError> {
    let names: Vec<String> = (1..=ids.len()).map(|number| format!("${number}")).collect();
    let sql = format!(
        "SELECT rests.*, document.document_id AS before FROM ({QUESTION}) rests LEFT JOIN document ON document.document_id IN ({})",
        names.join(", ")
    );
    let values = ids.iter().map(|id| id.as_str().into());
    let rows = db.query_all_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await?;
    let before = |row: &QueryResult| row.try_get::<Option<String>>("", "before").transpose();
    let before = rows.iter().filter_map(before).collect::<Result<_, _>>()?;
    Ok((read(rows.first())?, before))
}

fn read(row: Option<&QueryResult>) -> Result<Rests, StoreError> {
    let row = parsed(row, "directory_change", "(all)", "version")?;
    let number = |name| -> Result<u64, StoreError> {
        let number: i64 = row.try_get("", name)?;
        parsed(u64::try_from(number).ok(), "directory_change", "(all)", "version")
    };
    Ok(Rests { version: number("version")?, imports: number("imports")?, runs: (number("runs")?, number("changes")?) })
}
