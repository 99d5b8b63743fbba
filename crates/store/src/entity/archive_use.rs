//! Table `archive_use`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "archive_use")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub use_key: i64,
    pub at: i64,
    pub by_whom: String,
    pub act: String,
    pub ground: String,
    pub controller: String,
    pub joiner: String,
    pub tenant: Option<String>,
    pub document_id: Option<String>,
    pub person: Option<String>,
    pub decision: String,
    pub more: Option<String>,
    pub hash: String,
    pub seal: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
