//! What can go wrong with the database, and whose fault it is.

use sea_orm::{DbErr, RuntimeErr, SqlErr};

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused or is not there.
    #[error("the database failed")]
    Database(#[source] DbErr),
    /// Something with the same key is there already.
    #[error("a row with the same key exists")]
    Duplicate,
    /// What it rests on has changed meanwhile: it is to be asked anew, and nothing of it stays.
    #[error("what it rests on has changed")]
    Changed,
    /// A row holds what this version cannot read.
    #[error("table {table}, row {row}, column {column} holds what cannot be read")]
    BadRow {
        /// The table.
        table: &'static str,
        /// Its key.
        row: String,
        /// The column.
        column: &'static str,
    },
    /// The connection address names neither database.
    #[error("the database address begins with neither sqlite: nor postgres:")]
    Address,
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        match error.sql_err() {
            Some(SqlErr::UniqueConstraintViolation(_)) => Self::Duplicate,
            _ if is_changed(&error) => Self::Changed,
            _ => Self::Database(error),
        }
    }
}

/// Whether PostgreSQL could not let it stand beside what others did (SQLSTATE 40001).
fn is_changed(error: &DbErr) -> bool {
    match error {
        DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error)) => {
            error.as_database_error().and_then(|error| error.code()).as_deref() == Some("40001")
        }
        _ => false,
    }
}

/// Reads a JSON column into a domain type.
pub(crate) fn json<T: serde::de::DeserializeOwned>(
    text: &str,
    table: &'static str,
    row: impl std::fmt::Display,
    column: &'static str,
) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::BadRow { table, row: row.to_string(), column })
}

/// Writes a domain type into a JSON column.
pub(crate) fn to_json(value: &impl serde::Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|_| StoreError::BadRow { table: "(new)", row: String::new(), column: "json" })
}

/// Reads a text column by a domain parser.
pub(crate) fn parsed<T>(
    value: Option<T>,
    table: &'static str,
    row: impl std::fmt::Display,
    column: &'static str,
) -> Result<T, StoreError> {
    value.ok_or_else(|| StoreError::BadRow { table, row: row.to_string(), column })
}
