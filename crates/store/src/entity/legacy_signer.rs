//! Table `legacy_signer`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "legacy_signer")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub signer_key: i64,
    pub joiner: String,
    pub fingerprint: String,
    pub certificate: Vec<u8>,
    pub reason: String,
    pub registered_by: String,
    pub registered_at: i64,
    pub withdrawn_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
