//! Table `campaign_row`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "campaign_row")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub row_key: i64,
    pub campaign_key: i64,
    pub line: i32,
    pub customer: String,
    pub service: String,
    pub number: Option<String>,
    pub problem: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
