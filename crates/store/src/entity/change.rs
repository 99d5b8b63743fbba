//! Table `change`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "change")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub change_key: i64,
    pub number: String,
    pub story: String,
    pub day: i64,
    pub state: String,
    pub made_for: Option<String>,
    pub obstacles: String,
    pub rights_opened: i32,
    pub rights_closed: i32,
    pub created_at: i64,
    pub directory_version: i64,
    pub checked_at: i64,
    pub revision: i32,
    pub shared: Option<String>,
    pub shared_until: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
