//! Table `document`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "document")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub document_id: String,
    pub set_id: String,
    pub version: i32,
    pub joiner: String,
    pub controller: String,
    pub register_code: String,
    pub access_point: String,
    pub message_id: String,
    pub policy: String,
    pub signer_fingerprint: String,
    pub signed_at: i64,
    pub stored_at: i64,
    pub hash: String,
    pub body: Vec<u8>,
    pub signature_hash: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
