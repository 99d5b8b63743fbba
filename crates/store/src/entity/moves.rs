//! Table `moves`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "moves")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub move_key: i64,
    pub number: String,
    pub leader: String,
    pub kind: String,
    pub title: String,
    pub form: String,
    pub state: String,
    pub created_at: i64,
    pub sent_at: Option<i64>,
    pub approver: Option<String>,
    pub entered: i32,
    pub halt: Option<String>,
    pub report: Option<String>,
    pub revision: i32,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
