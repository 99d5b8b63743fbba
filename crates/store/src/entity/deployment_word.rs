//! Table `deployment_word`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "deployment_word")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub word_key: i64,
    pub test_key: i64,
    pub case_id: String,
    pub fine: bool,
    pub role: String,
    pub person: String,
    pub reference: String,
    pub remark: Option<String>,
    pub at: i64,
    pub seen: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
