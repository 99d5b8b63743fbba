//! Table `directory_proposal`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "directory_proposal")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub proposal_key: i64,
    pub body: String,
    pub effect_hash: String,
    pub base_version: i64,
    pub author: String,
    pub created_at: i64,
    pub run_at: Option<i64>,
    pub state: String,
    pub decided_by: Option<String>,
    pub decided_at: Option<i64>,
    pub approved_hash: Option<String>,
    pub version: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
