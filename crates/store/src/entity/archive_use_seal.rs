//! Table `archive_use_seal`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "archive_use_seal")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub seal: i64,
    pub at: i64,
    pub lines: i64,
    pub root: String,
    pub previous: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
