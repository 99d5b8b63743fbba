//! Table `archive_invalidation`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "archive_invalidation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub set_id: String,
    pub reason: String,
    pub at: i64,
    pub by_whom: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
