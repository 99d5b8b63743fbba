//! What plain documents become, kept together: in one statement where the database takes that.

use super::documents::{self, NewDocument};
use super::messages::{self, NewMessage};
use super::uses;
use crate::{StoreError, Transaction};
use liitos_domain::archive::Use;
use sea_orm::sea_query::{CommonTableExpression, InsertStatement, WithClause, WithQuery};
use sea_orm::{ConnectionTrait, DbBackend, QueryTrait as _};

/// Keeps documents, each with the message that brought it and its line in the use log; some hundred at most, and at least one.
///
/// # Errors
/// [`StoreError::Duplicate`] when a message's or document's id, a version in its set, or a signature is there already.
pub async fn keep_together(
    tx: &Transaction,
    messages: &[NewMessage<'_>],
    documents: &[NewDocument<'_>],
    lines: &[Use],
) -> Result<(), StoreError> {
    // In the order in which one by itself is kept, too: who brings the same at once waits, and not both for each other.
    let all = [
        ("messages", messages::insertion(messages).into_query()),
        ("documents", documents::insertion(documents).into_query()),
        ("bodies", documents::insertion_of_bodies(documents).into_query()),
    ];
    let last = uses::insertion(lines)?.into_query();
    let db = tx.connection();
    if db.get_database_backend() == DbBackend::Postgres {
        // A way there and back takes it longer than a row.
        let mut whole = WithQuery::new();
        whole.with_clause(beside(all)).query(last);
        db.execute(&whole).await?;
        return Ok(());
    }
    for (_, insertion) in all {
        db.execute(&insertion).await?;
    }
    db.execute(&last).await?;
    Ok(())
}

/// Statements that are carried out with another, in their order: PostgreSQL begins with the last. That a body's document is there is looked at behind
/// all of them.
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
