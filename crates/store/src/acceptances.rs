//! Texts that were accepted or signed with an application: nothing is overwritten; what no longer counts is withdrawn.

use crate::entity::acceptance as row;
use crate::error::parsed;
use crate::{StoreError, Transaction};
use liitos_domain::application::Text;
use liitos_domain::{Moment, Sha256Hash};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

/// A text that somebody accepted or signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acceptance {
    /// Which text.
    pub what: Text,
    /// In which language it was read.
    pub language: String,
    /// SHA-256 of the text as it was read.
    pub text_hash: Sha256Hash,
    /// By whom: the name, for people.
    pub person: String,
    /// The identification service's reference of them.
    pub reference: String,
    /// By what means they were identified.
    pub means: String,
    /// When.
    pub at: Moment,
}

/// Keeps an acceptance; an earlier one of the same text is withdrawn.
///
/// # Errors
/// [`StoreError`].
pub async fn accept(tx: &Transaction, key: i64, accepted: &Acceptance) -> Result<(), StoreError> {
    withdraw(tx, key, accepted.what, accepted.at).await?;
    let new = row::ActiveModel {
        application_key: Set(key),
        what: Set(accepted.what.code().to_owned()),
        language: Set(accepted.language.clone()),
        text_hash: Set(accepted.text_hash.to_string()),
        person: Set(accepted.person.clone()),
        reference: Set(accepted.reference.clone()),
        means: Set(accepted.means.clone()),
        at: Set(accepted.at.as_micros()),
        withdrawn_at: Set(None),
        ..Default::default()
    };
    row::Entity::insert(new).exec_without_returning(tx.connection()).await?;
    Ok(())
}

/// A text is accepted no more.
///
/// # Errors
/// [`StoreError`].
pub async fn withdraw(tx: &Transaction, key: i64, what: Text, at: Moment) -> Result<(), StoreError> {
    row::Entity::update_many()
        .col_expr(row::Column::WithdrawnAt, at.as_micros().into())
        .filter(row::Column::ApplicationKey.eq(key))
        .filter(row::Column::What.eq(what.code()))
        .filter(row::Column::WithdrawnAt.is_null())
        .exec(tx.connection())
        .await?;
    Ok(())
}

/// What is accepted with an application.
///
/// # Errors
/// [`StoreError`].
pub async fn of_application(db: &impl ConnectionTrait, key: i64) -> Result<Vec<Acceptance>, StoreError> {
    const TABLE: &str = "acceptance";
    let query = row::Entity::find().filter(row::Column::ApplicationKey.eq(key));
    let rows =
        query.filter(row::Column::WithdrawnAt.is_null()).order_by_asc(row::Column::AcceptanceKey).all(db).await?;
    rows.into_iter()
        .map(|row| {
            let key = row.acceptance_key;
            Ok(Acceptance {
                what: parsed(Text::parse(&row.what), TABLE, key, "what")?,
                language: row.language,
                text_hash: parsed(Sha256Hash::parse(&row.text_hash), TABLE, key, "text_hash")?,
                person: row.person,
                reference: row.reference,
                means: row.means,
                at: Moment::from_micros(row.at),
            })
        })
        .collect()
}
