//! Table `sealed_copy`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sealed_copy")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub copy_key: i64,
    pub joiner: String,
    pub subject: String,
    pub name: String,
    pub media_type: String,
    pub hash: String,
    pub seal: String,
    pub at: i64,
    pub body: Vec<u8>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
