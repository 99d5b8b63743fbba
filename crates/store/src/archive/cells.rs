//! Cells, kept once each.

use crate::entity::{archive_cell as row, archive_document};
use crate::error::parsed;
use crate::{StoreError, Transaction};
use liitos_domain::Oid;
use liitos_domain::archive::{Cell, Month, Register};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, RelationDef};
use std::collections::{BTreeMap, BTreeSet};

const TABLE: &str = "archive_cell";

/// The number of a cell; it is kept if it was not yet, with whose it is then.
///
/// # Errors
/// [`StoreError`].
pub async fn cell(tx: &Transaction, cell: &Cell, active: &Oid) -> Result<i64, StoreError> {
    if let Some(known) = number(tx.connection(), cell).await? {
        return Ok(known);
    }
    use row::Column as C;
    let new = row::ActiveModel {
        controller: Set(cell.controller.to_string()),
        register: Set(cell.register.to_string()),
        unit: Set(cell.unit.to_string()),
        customer: Set(cell.customer.clone().unwrap_or_default()),
        month: Set(cell.month.0),
        active: Set(Some(active.to_string())),
        ..Default::default()
    };
    // Another call may keep it at the same time; it is found then.
    let once =
        OnConflict::columns([C::Controller, C::Register, C::Unit, C::Customer, C::Month]).do_nothing().to_owned();
    row::Entity::insert(new).on_conflict(once).exec_without_returning(tx.connection()).await?;
    let kept = number(tx.connection(), cell).await?;
    parsed(kept, TABLE, cell.controller.as_str(), "cell_key")
}

async fn number(db: &impl ConnectionTrait, cell: &Cell) -> Result<Option<i64>, StoreError> {
    use row::Column as C;
    let query = row::Entity::find()
        .filter(C::Controller.eq(cell.controller.as_str()))
        .filter(C::Register.eq(cell.register.to_string()))
        .filter(C::Unit.eq(cell.unit.as_str()))
        .filter(C::Customer.eq(cell.customer.as_deref().unwrap_or_default()))
        .filter(C::Month.eq(cell.month.0));
    Ok(query.one(db).await?.map(|row| row.cell_key))
}

/// A cell by its number.
///
/// # Errors
/// [`StoreError`].
pub async fn cell_of(db: &impl ConnectionTrait, number: i64) -> Result<Cell, StoreError> {
    let row = row::Entity::find_by_id(number).one(db).await?;
    read(parsed(row, TABLE, number, "cell_key")?)
}

/// Whether documents that name one of some controllers were made in a unit.
///
/// # Errors
/// [`StoreError`].
pub async fn has_cell_in(
    db: &impl ConnectionTrait,
    controllers: &BTreeSet<Oid>,
    unit: &Oid,
) -> Result<bool, StoreError> {
    let named = row::Column::Controller.is_in(controllers.iter().map(Oid::as_str));
    let query = row::Entity::find().filter(named).filter(row::Column::Unit.eq(unit.as_str()));
    Ok(query.select_only().column(row::Column::CellKey).into_tuple::<i64>().one(db).await?.is_some())
}

pub(crate) fn read(row: row::Model) -> Result<Cell, StoreError> {
    let key = row.cell_key;
    Ok(Cell {
        controller: parsed(Oid::parse(&row.controller).ok(), TABLE, key, "controller")?,
        register: parsed(Register::parse(&row.register), TABLE, key, "register")?,
        unit: parsed(Oid::parse(&row.unit).ok(), TABLE, key, "unit")?,
        customer: Some(row.customer).filter(|customer| !customer.is_empty()),
        month: Month(row.month),
    })
}

/// The cells of these numbers.
pub(super) async fn cells_of(
    db: &impl ConnectionTrait,
    keys: BTreeSet<i64>,
) -> Result<BTreeMap<i64, Cell>, StoreError> {
    let query = row::Entity::find().filter(row::Column::CellKey.is_in(keys));
    query.all(db).await?.into_iter().map(|row| Ok((row.cell_key, read(row)?))).collect()
}

/// A document with its cell.
pub(super) fn of_document() -> RelationDef {
    archive_document::Entity::belongs_to(row::Entity)
        .from(archive_document::Column::Cell)
        .to(row::Column::CellKey)
        .into()
}
