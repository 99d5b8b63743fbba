//! What plain documents become, kept together: in one statement where the database takes that.

use super::arrays::{Array, arrays, insertion, refused};
use super::documents::{self, NewDocument};
use super::messages::{self, NewMessage};
use super::rests::{self, Supposed};
use super::uses;
use crate::entity::{archive_body, archive_document, archive_use, message};
use crate::{Store, StoreError};
use liitos_domain::Oid;
use liitos_domain::archive::Use;
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, QueryTrait as _};
use sqlx::AssertSqlSafe;
use std::sync::{Arc, OnceLock};

/// Keeps documents, each with the message that brought it and its line in the use log, if what they rest on is still so; some hundred at most, and at
/// least one. When it returns without an error, they last; otherwise nothing of it is there.
///
/// # Errors
/// [`StoreError::Changed`] when what they rest on has changed, or an older program keeps one of them; [`StoreError::Duplicate`] when a message's or
/// document's id, a version in its set, or a signature is there already.
pub async fn keep_together(
    store: &Store,
    supposed: &Supposed<'_>,
    messages: &[NewMessage<'_>],
    documents: &[NewDocument<'_>],
    lines: &[Use],
) -> Result<(), StoreError> {
    let ids: Vec<&Oid> = documents.iter().map(|document| document.id).collect();
    // In the order in which one by itself is kept, too: who brings the same at once waits, and not both for each other.
    let (messages, lines) = (messages::rows(messages), uses::rows(lines)?);
    let (rows, bodies) = (documents::rows(documents), documents::rows_of_bodies(documents));
    if store.read().get_database_backend() == DbBackend::Postgres {
        // A way there and back takes it longer than a row.
        let all = [arrays(lines)?, arrays(bodies)?, arrays(rows)?, arrays(messages)?];
        return in_one(store, all, supposed, &ids).await;
    }
    let tx = store.begin().await?;
    if !rests::hold(&tx, supposed, &ids).await? {
        return Err(StoreError::Changed);
    }
    let all = [
        message::Entity::insert_many(messages).into_query(),
        archive_document::Entity::insert_many(rows).into_query(),
        archive_body::Entity::insert_many(bodies).into_query(),
        archive_use::Entity::insert_many(lines).into_query(),
    ];
    for insertion in all {
        tx.connection().execute(&insertion).await?;
    }
    tx.commit().await
}

/// Rows that come with a question, which fails where they may not be kept: PostgreSQL begins with the last of them. That a body's document is there is
/// looked at behind all of them.
async fn in_one(store: &Store, rows: [Vec<Array>; 4], supposed: &Supposed<'_>, ids: &[&Oid]) -> Result<(), StoreError> {
    static STATEMENT: OnceLock<Arc<str>> = OnceLock::new();
    let statement = match STATEMENT.get() {
        Some(statement) => Arc::clone(statement),
        None => Arc::clone(STATEMENT.get_or_init({
            let made = statement()?;
            move || made.into()
        })),
    };
    let query = sqlx::query(AssertSqlSafe(statement));
    let query = rows.into_iter().flatten().fold(query, |query, array| array.bind(query));
    let query = rests::bound(query, supposed, ids);
    query.execute(store.together().get_postgres_connection_pool()).await.map_err(refused)?;
    Ok(())
}

/// The statement, which is the same whatever the number of rows.
fn statement() -> Result<String, StoreError> {
    let (lines, next) = insertion::<archive_use::Entity>(1)?;
    let (bodies, next) = insertion::<archive_body::Entity>(next)?;
    let (documents, next) = insertion::<archive_document::Entity>(next)?;
    let (messages, next) = insertion::<message::Entity>(next)?;
    let question = rests::question(next);
    Ok(format!(
        "WITH lines AS ({lines}), bodies AS ({bodies}), documents AS ({documents}), messages AS ({messages}) {question}"
    ))
}
