//! Table `register_import`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "register_import")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub import_key: i64,
    pub register: String,
    pub file_name: String,
    pub file_hash: String,
    pub at: i64,
    pub report: String,
    pub extent: String,
    pub asked_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
