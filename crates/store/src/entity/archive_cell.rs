//! Table `archive_cell`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "archive_cell")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub cell_key: i64,
    pub controller: String,
    pub register: String,
    pub unit: String,
    pub customer: String,
    pub month: i32,
    pub active: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
