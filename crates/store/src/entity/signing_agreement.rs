//! Table `signing_agreement`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "signing_agreement")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub agreement_key: i64,
    pub joiner: String,
    pub supplier: String,
    pub system: String,
    pub reference: String,
    pub agreed_by: String,
    pub agreed_at: i64,
    pub ended_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
