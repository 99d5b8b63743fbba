//! Table `application_change`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "application_change")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub change_key: i64,
    pub application_key: i64,
    pub step: String,
    pub at: i64,
    pub person: String,
    pub reference: String,
    pub changed: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
