//! Table `fault_told`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "fault_told")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub fault_key: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub joiner: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
