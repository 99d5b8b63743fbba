//! Table `change_party`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "change_party")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub change_key: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub joiner: String,
    pub asked: bool,
    pub agreed_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
