//! Table `handover_key`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "handover_key")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub key_key: i64,
    pub digest: String,
    pub joiner: String,
    pub made_at: i64,
    pub expires_at: i64,
    pub reference: String,
    pub used_by: Option<String>,
    pub used_at: Option<i64>,
    pub ended_at: Option<i64>,
    pub meant_for: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
