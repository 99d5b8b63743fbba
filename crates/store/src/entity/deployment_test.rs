//! Table `deployment_test`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "deployment_test")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub test_key: i64,
    pub number: String,
    pub joiner: String,
    pub service: String,
    pub stage: String,
    pub system: String,
    pub change_number: Option<String>,
    pub content: String,
    pub state: String,
    pub begun_at: i64,
    pub sent_at: Option<i64>,
    pub sender: Option<String>,
    pub removal_asked_at: Option<i64>,
    pub removed_at: Option<i64>,
    pub looked: i64,
    pub revision: i32,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
