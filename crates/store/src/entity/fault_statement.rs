//! Table `fault_statement`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "fault_statement")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub statement_key: i64,
    pub fault_key: i64,
    pub at: i64,
    pub stage: String,
    pub words: String,
    pub expected: Option<i64>,
    pub reference: String,
    pub joiners: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
