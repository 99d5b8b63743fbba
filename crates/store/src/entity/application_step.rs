//! Table `application_step`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "application_step")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub application_key: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub step: String,
    pub revision: i32,
    pub form: String,
    pub saved_at: i64,
    pub saved_by: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
