//! Table `joiner_account`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "joiner_account")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub joiner: String,
    pub email: String,
    pub language: String,
    pub confirmed_at: i64,
    pub reminded_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
