//! Table `fault`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "fault")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub fault_key: i64,
    pub number: String,
    pub kind: String,
    pub headline: String,
    pub audience: String,
    pub public: bool,
    pub begins: i64,
    pub expected: Option<i64>,
    pub ended_at: Option<i64>,
    pub revision: i32,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
