//! Table `application`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "application")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub application_key: i64,
    pub number: String,
    pub joiner: String,
    pub service: String,
    pub first_joining: bool,
    pub state: String,
    pub state_code: String,
    pub language: String,
    pub created_at: i64,
    pub sent_at: Option<i64>,
    pub kind: String,
    pub handler: Option<String>,
    pub handler_name: Option<String>,
    pub search: Option<String>,
    pub risk: Option<i32>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
