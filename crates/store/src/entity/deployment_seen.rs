//! Table `deployment_seen`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "deployment_seen")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub test_key: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub use_key: i64,
    pub decision: String,
    pub told: String,
    pub set_id: Option<String>,
    pub body: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
