//! Table `move_target`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "move_target")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub move_key: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub place: i32,
    pub subject: String,
    pub party: String,
    pub new: String,
    pub wave: i32,
    pub switch_at: i64,
    pub shape: String,
    pub standing: String,
    pub reason: Option<String>,
    pub version: Option<i64>,
    pub back_version: Option<i64>,
    pub passed: i64,
    pub failed: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
