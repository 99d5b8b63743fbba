//! Table `register_entry`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "register_entry")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub entry_key: i64,
    pub register: String,
    pub id: String,
    pub name: String,
    pub business_id: Option<String>,
    pub parent: Option<String>,
    pub valid_from: i64,
    pub valid_until: Option<i64>,
    pub known_from: i64,
    pub known_until: Option<i64>,
    pub fields: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
