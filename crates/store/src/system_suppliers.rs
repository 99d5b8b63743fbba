//! Where systems' suppliers are written to: no register says.

use crate::entity::system_supplier as row;
use crate::{StoreError, Transaction};
use liitos_domain::Moment;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use std::collections::{BTreeMap, BTreeSet};

/// Where a supplier is written to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Supplier {
    /// Its mailbox.
    pub mail: String,
    /// The code of its language.
    pub language: String,
}

/// Keeps where a system's supplier is written to, in place of what was before; `None`: nowhere any more.
///
/// # Errors
/// [`StoreError`].
pub async fn keep(
    tx: &Transaction,
    system: &str,
    supplier: Option<&Supplier>,
    (by_whom, at): (&str, Moment),
) -> Result<(), StoreError> {
    let Some(supplier) = supplier else {
        row::Entity::delete_by_id(system).exec(tx.connection()).await?;
        return Ok(());
    };
    let new = row::ActiveModel {
        system: Set(system.to_owned()),
        mail: Set(supplier.mail.clone()),
        language: Set(supplier.language.clone()),
        at: Set(at.as_micros()),
        by_whom: Set(by_whom.to_owned()),
    };
    let columns = [row::Column::Mail, row::Column::Language, row::Column::At, row::Column::ByWhom];
    let again = OnConflict::column(row::Column::System).update_columns(columns).to_owned();
    row::Entity::insert(new).on_conflict(again).exec_without_returning(tx.connection()).await?;
    Ok(())
}

/// Where the suppliers of some systems are written to, as far as that is known: as many as Astori has systems at most.
///
/// # Errors
/// [`StoreError`].
pub async fn of(db: &impl ConnectionTrait, systems: &BTreeSet<&str>) -> Result<BTreeMap<String, Supplier>, StoreError> {
    let asked = row::Column::System.is_in(systems.iter().copied());
    let rows = row::Entity::find().filter(asked).all(db).await?;
    Ok(rows.into_iter().map(|row| (row.system, Supplier { mail: row.mail, language: row.language })).collect())
}
