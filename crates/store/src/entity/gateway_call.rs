//! Table `gateway_call`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "gateway_call")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub row_key: i64,
    pub at: i64,
    pub decision: Option<String>,
    pub certificate: String,
    pub body: String,
    pub gateway: String,
    pub joiner: Option<String>,
    pub access_point: Option<String>,
    pub service: Option<String>,
    pub failed: Option<bool>,
    pub stands_for: Option<i32>,
    pub system: Option<String>,
    pub source: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
