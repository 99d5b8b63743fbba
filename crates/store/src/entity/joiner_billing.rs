//! Table `joiner_billing`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "joiner_billing")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub joiner: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub service: String,
    pub form: String,
    pub since: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
