//! Table `contact_change`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "contact_change")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub change_key: i64,
    pub joiner: String,
    pub at: i64,
    pub person: String,
    pub reference: String,
    pub what: String,
    pub whom: String,
    pub changed: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
