//! Table `change_task`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "change_task")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub task_key: i64,
    pub change_key: i64,
    pub what: String,
    pub owner_kind: String,
    pub owner: String,
    pub about: String,
    pub count: i64,
    pub due: i64,
    pub state: String,
    pub said: bool,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
