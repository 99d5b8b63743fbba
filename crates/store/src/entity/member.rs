//! Table `member`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "member")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub member_key: i64,
    pub organisation: String,
    pub position: String,
    pub name: String,
    pub email: String,
    pub invitation_hash: String,
    pub open_until: i64,
    pub granted_by: String,
    pub granted_at: i64,
    pub person: Option<String>,
    pub accepted_at: Option<i64>,
    pub ended_at: Option<i64>,
    pub ended_by: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
