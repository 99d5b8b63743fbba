//! What documents that come rest on, in one question: whether any of it has changed.

use crate::StoreError;
use crate::error::parsed;
use sea_orm::{ConnectionTrait, Statement};

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
    let row = parsed(row, "directory_change", "(all)", "version")?;
    let number = |name| -> Result<u64, StoreError> {
        let number: i64 = row.try_get("", name)?;
        parsed(u64::try_from(number).ok(), "directory_change", "(all)", "version")
    };
    Ok(Rests { version: number("version")?, imports: number("imports")?, runs: (number("runs")?, number("changes")?) })
}
