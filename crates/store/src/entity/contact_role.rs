//! Table `contact_role`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "contact_role")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub role_key: i64,
    pub contact_key: i64,
    pub role: String,
    pub service: Option<String>,
    pub since: i64,
    pub ended_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
