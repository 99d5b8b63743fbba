//! Table `controller_run`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "controller_run")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub run_key: i64,
    pub number: String,
    pub state: String,
    pub order_body: String,
    pub from_controller: String,
    pub to_controller: String,
    pub run_at: i64,
    pub window_from: i64,
    pub window_until: Option<i64>,
    pub priority: i32,
    pub revision: i32,
    pub looked: Option<String>,
    pub approved_first: Option<String>,
    pub approved_second: Option<String>,
    pub switched_at: Option<i64>,
    pub switch_order: Option<i64>,
    pub reversed_at: Option<i64>,
    pub carried_cell: i64,
    pub carried_document: String,
    pub carried: i64,
    pub to_carry: i64,
    pub ids_before: Option<String>,
    pub ids_found: Option<String>,
    pub report: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
