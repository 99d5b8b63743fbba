//! Table `notification`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "notification")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub notification_key: i64,
    pub number: String,
    pub joiner: String,
    pub kind: String,
    pub form: String,
    pub state: String,
    pub day: Option<i64>,
    pub created_at: i64,
    pub sent_at: Option<i64>,
    pub directory_version: Option<i64>,
    pub controller_run: Option<String>,
    pub organisational_change: Option<String>,
    pub revision: i32,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
