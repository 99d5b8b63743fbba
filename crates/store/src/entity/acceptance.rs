//! Table `acceptance`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "acceptance")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub acceptance_key: i64,
    pub application_key: i64,
    pub what: String,
    pub language: String,
    pub text_hash: String,
    pub person: String,
    pub reference: String,
    pub means: String,
    pub at: i64,
    pub withdrawn_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
