//! Table `system_supplier`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "system_supplier")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub system: String,
    pub mail: String,
    pub language: String,
    pub at: i64,
    pub by_whom: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
