//! What plain documents become, kept together: in one statement where the database takes that.

use super::documents::{self, NewDocument};
use super::messages::{self, NewMessage};
use super::rests::{self, Supposed};
use super::uses;
use crate::entity::{archive_body, archive_document, archive_use, message};
use crate::{Store, StoreError};
use liitos_domain::Oid;
use liitos_domain::archive::Use;
use sea_orm::sea_query::{CommonTableExpression, InsertStatement, WithClause, WithQuery};
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, QueryTrait as _};

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
    let all = [
        ("messages", message::Entity::insert_many(messages::rows(messages)).into_query()),
        ("documents", archive_document::Entity::insert_many(documents::rows(documents)).into_query()),
        ("bodies", archive_body::Entity::insert_many(documents::rows_of_bodies(documents)).into_query()),
        ("lines", archive_use::Entity::insert_many(uses::rows(lines)?).into_query()),
    ];
    if store.read().get_database_backend() == DbBackend::Postgres {
        // A way there and back takes it longer than a row.
        let mut question = WithQuery::new();
        question.with_clause(beside(all)).query(rests::holding(supposed, &ids));
        store.together().execute(&question).await?;
        return Ok(());
    }
    let tx = store.begin().await?;
    if !rests::hold(&tx, supposed, &ids).await? {
        return Err(StoreError::Changed);
    }
    for (_, insertion) in all {
        tx.connection().execute(&insertion).await?;
    }
    tx.commit().await
}

/// Statements that are carried out with another, in their order, behind it: PostgreSQL begins with the last. That a body's document is there is looked at
/// behind all of them.
fn beside<const N: usize>(all: [(&'static str, InsertStatement); N]) -> WithClause {
    let mut beside = WithClause::new();
    // Taken over, not copied: the values are the documents.
    for (name, insertion) in all.into_iter().rev() {
        let mut expression = CommonTableExpression::new();
        expression.table_name(name).query(insertion);
        beside.cte(expression);
    }
    beside
}
