//! Table `archive_round`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "archive_round")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub round_key: i64,
    pub began_at: i64,
    pub finished_at: Option<i64>,
    pub after_document: String,
    pub looked: i64,
    pub wrapped_anew: i64,
    pub damaged: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
