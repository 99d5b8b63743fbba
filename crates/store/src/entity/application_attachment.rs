//! Table `application_attachment`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "application_attachment")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub attachment_key: i64,
    pub application_key: i64,
    pub at: i64,
    pub person: String,
    pub name: String,
    pub media_type: String,
    pub hash: String,
    pub body: Vec<u8>,
    pub removed_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
