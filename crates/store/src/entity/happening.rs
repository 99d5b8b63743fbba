//! Table `happening`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "happening")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub happening_key: i64,
    pub subject: String,
    pub at: i64,
    pub what: String,
    pub person: String,
    pub words: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
