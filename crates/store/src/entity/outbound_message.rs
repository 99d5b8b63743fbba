//! Table `outbound_message`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outbound_message")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub message_id: String,
    pub unit: String,
    pub service: String,
    pub media_type: String,
    pub hash: String,
    pub body: Option<Vec<u8>>,
    pub taken_at: i64,
    pub state: String,
    pub tries: i32,
    pub run_at: i64,
    pub problem: Option<String>,
    pub ended_at: Option<i64>,
    pub claimed_until: Option<i64>,
    pub tried_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
