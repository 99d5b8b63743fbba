//! Table `directory_collection_point`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "directory_collection_point")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub row_key: i64,
    pub body: String,
    pub since_version: i64,
    pub until_version: Option<i64>,
    pub same: Option<String>,
    pub valid_from: Option<i64>,
    pub valid_until: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
