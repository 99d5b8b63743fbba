//! Table `address_check`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "address_check")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub check_key: i64,
    pub joiner: String,
    pub channel: String,
    pub address: String,
    pub code_hash: Option<String>,
    pub asked_at: Option<i64>,
    pub open_until: Option<i64>,
    pub confirmed_at: Option<i64>,
    pub failed_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
