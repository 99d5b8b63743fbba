//! Table `archive_document`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "archive_document")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub document_id: String,
    pub set_id: String,
    pub version: i32,
    pub cell: i64,
    pub controller: String,
    pub active_controller: String,
    pub standing: String,
    pub person: String,
    pub kind: Option<String>,
    pub task: Option<String>,
    pub retention: Option<String>,
    pub born: Option<i32>,
    pub kept_until: Option<i32>,
    pub made_in: Option<String>,
    pub temporary: bool,
    pub banned: bool,
    pub event: Option<String>,
    pub added_to: Option<String>,
    pub unfinished: bool,
    pub event_open: bool,
    pub made_at: i64,
    pub stored_at: i64,
    pub joiner: String,
    pub tenant: Option<String>,
    pub access_point: String,
    pub message_id: String,
    pub policy: String,
    pub signer_fingerprint: String,
    pub signed_at: i64,
    pub signature_hash: Option<String>,
    pub media_type: String,
    pub hash: String,
    pub size: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
