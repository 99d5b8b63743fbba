//! Table `service_tasks`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "service_tasks")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub joiner: String,
    pub tasks: String,
    pub at: i64,
    pub by_whom: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
