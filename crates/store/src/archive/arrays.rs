//! Rows as arrays, one for each column. PostgreSQL takes any number of rows so in a statement whose text is always the same: it is written, sent and
//! planned once, where a statement with a place for each value is another one for each number of rows.

use crate::StoreError;
use sea_orm::sea_query::{ColumnType, Value};
use sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait, DbErr, EntityTrait, IdenStatic as _, Iterable, PrimaryKeyToColumn,
    PrimaryKeyTrait, RuntimeErr,
};
use sqlx::postgres::{PgArguments, Postgres};
use sqlx::query::Query;
use std::fmt::Write as _;
use std::sync::Arc;

/// The values of one column, of all rows.
pub(super) enum Array {
    Texts(Vec<Option<String>>),
    Longs(Vec<Option<i64>>),
    Integers(Vec<Option<i32>>),
    Truths(Vec<Option<bool>>),
    Bytes(Vec<Option<Vec<u8>>>),
}

impl Array {
    /// An empty one for a column of a type; none for types that no table here has.
    fn of(column: &ColumnType) -> Option<Self> {
        Some(match column {
            ColumnType::String(_) | ColumnType::Text => Self::Texts(Vec::new()),
            ColumnType::BigInteger => Self::Longs(Vec::new()),
            ColumnType::Integer => Self::Integers(Vec::new()),
            ColumnType::Boolean => Self::Truths(Vec::new()),
            ColumnType::Blob | ColumnType::Binary(_) | ColumnType::VarBinary(_) => Self::Bytes(Vec::new()),
            _ => return None,
        })
    }

    /// What PostgreSQL calls it.
    const fn name(&self) -> &'static str {
        match self {
            Self::Texts(_) => "text[]",
            Self::Longs(_) => "int8[]",
            Self::Integers(_) => "int4[]",
            Self::Truths(_) => "bool[]",
            Self::Bytes(_) => "bytea[]",
        }
    }

    /// Puts a row's value to it; whether it is of its type.
    fn put(&mut self, value: Value) -> bool {
        match (self, value) {
            (Self::Texts(all), Value::String(one)) => all.push(one),
            (Self::Longs(all), Value::BigInt(one)) => all.push(one),
            (Self::Integers(all), Value::Int(one)) => all.push(one),
            (Self::Truths(all), Value::Bool(one)) => all.push(one),
            (Self::Bytes(all), Value::Bytes(one)) => all.push(one),
            _ => return false,
        }
        true
    }

    pub(super) fn bind<'q>(self, query: Query<'q, Postgres, PgArguments>) -> Query<'q, Postgres, PgArguments> {
        match self {
            Self::Texts(all) => query.bind(all),
            Self::Longs(all) => query.bind(all),
            Self::Integers(all) => query.bind(all),
            Self::Truths(all) => query.bind(all),
            Self::Bytes(all) => query.bind(all),
        }
    }
}

/// The columns that a row brings: all but a number that the database gives.
fn columns<E: EntityTrait>() -> impl Iterator<Item = E::Column> {
    let given = |column: &E::Column| {
        let of_key = |key: E::PrimaryKey| std::mem::discriminant(&key.into_column()) == std::mem::discriminant(column);
        E::PrimaryKey::auto_increment() && E::PrimaryKey::iter().any(of_key)
    };
    E::Column::iter().filter(move |column| !given(column))
}

fn unreadable<E: EntityTrait>() -> StoreError {
    StoreError::Database(DbErr::Type(format!("{}: a column that no array is for", E::default().table_name())))
}

/// Rows' values by column.
pub(super) fn arrays<A: ActiveModelTrait>(rows: Vec<A>) -> Result<Vec<Array>, StoreError> {
    let empty = |column: <A::Entity as EntityTrait>::Column| Array::of(column.def().get_column_type());
    let mut all: Vec<Array> =
        columns::<A::Entity>().map(empty).collect::<Option<_>>().ok_or_else(unreadable::<A::Entity>)?;
    for mut row in rows {
        for (array, column) in all.iter_mut().zip(columns::<A::Entity>()) {
            let put = match row.take(column) {
                ActiveValue::Set(value) | ActiveValue::Unchanged(value) => array.put(value),
                ActiveValue::NotSet => false,
            };
            if !put {
                return Err(unreadable::<A::Entity>());
            }
        }
    }
    Ok(all)
}

/// The statement that inserts rows that are given as arrays, from a parameter's number on; the number behind its own.
pub(super) fn insertion<E: EntityTrait>(first: usize) -> Result<(String, usize), StoreError> {
    let (mut names, mut places, mut next) = (String::new(), String::new(), first);
    for column in columns::<E>() {
        let array = Array::of(column.def().get_column_type()).ok_or_else(unreadable::<E>)?;
        let comma = if next == first { "" } else { ", " };
        let _ = write!(names, "{comma}\"{}\"", column.as_str());
        let _ = write!(places, "{comma}${next}::{}", array.name());
        next += 1;
    }
    let table = E::default().table_name().to_owned();
    Ok((format!("INSERT INTO \"{table}\" ({names}) SELECT * FROM unnest({places})"), next))
}

/// What the database says to a statement that is not sea-orm's.
pub(super) fn refused(error: sqlx::Error) -> StoreError {
    DbErr::Exec(RuntimeErr::SqlxError(Arc::new(error))).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entity::{archive_body, archive_document, archive_use, message};
    use sea_orm::ActiveValue::{NotSet, Set};

    #[test]
    fn a_statement_is_the_same_whatever_the_number_of_rows() {
        let (text, next) = insertion::<message::Entity>(3).unwrap();
        let names = r#""message_id", "hash", "acknowledgement", "document_id", "joiner", "received_at""#;
        let places = "$3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::int8[]";
        assert_eq!(text, format!("INSERT INTO \"message\" ({names}) SELECT * FROM unnest({places})"));
        assert_eq!(next, 9);
        // A number that the database gives is not brought; and every column of these tables has its array.
        let (uses, _) = insertion::<archive_use::Entity>(1).unwrap();
        assert!(!uses.contains("use_key") && uses.contains("$13::int8[]"), "{uses}");
        assert!(insertion::<archive_document::Entity>(1).unwrap().0.contains("::bool[]"));
        assert!(insertion::<archive_body::Entity>(1).unwrap().0.contains("\"body\""));
    }

    #[test]
    fn a_row_brings_all_of_its_columns() {
        let row = |joiner| message::ActiveModel {
            message_id: Set("1.2".into()),
            hash: Set("h".into()),
            acknowledgement: Set("a".into()),
            document_id: Set(None),
            joiner,
            received_at: Set(7),
        };
        let all = arrays(vec![row(Set("1".into())), row(Set("2".into()))]).unwrap();
        assert_eq!(all.len(), 6);
        assert!(matches!(&all[3], Array::Texts(none) if *none == [None, None]));
        assert!(matches!(&all[4], Array::Texts(joiners) if joiners.iter().flatten().eq(&["1", "2"])));
        assert!(matches!(&all[5], Array::Longs(at) if *at == [Some(7), Some(7)]));
        assert!(arrays(vec![row(NotSet)]).is_err(), "nothing takes a column's place unseen");
    }
}
