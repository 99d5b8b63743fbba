//! Table `move_consent`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "move_consent")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub move_key: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub party: String,
    pub how: String,
    pub at: i64,
    pub reference: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
