//! Table `enrolment`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "enrolment")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub enrolment_key: i64,
    pub joiner: String,
    pub service: String,
    pub start_at: i64,
    pub form: String,
    pub enrolled_at: i64,
    pub enrolled_by: String,
    pub person: String,
    pub ended_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
