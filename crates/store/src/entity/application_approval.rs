//! Table `application_approval`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "application_approval")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub approval_key: i64,
    pub application_key: i64,
    pub hash: String,
    pub person: String,
    pub reference: String,
    pub at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
