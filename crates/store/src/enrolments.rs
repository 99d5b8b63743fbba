//! Enrolments for deployment.

use crate::entity::enrolment as row;
use crate::error::{json, parsed, to_json};
use crate::{StoreError, Transaction};
use liitos_domain::application::Form;
use liitos_domain::{Moment, Oid, Service};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

/// An enrolment as it was filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrolled {
    /// Who.
    pub joiner: Oid,
    /// For which service.
    pub service: Service,
    /// The day on which it wishes to begin.
    pub start: Moment,
    /// What was filled in.
    pub form: Form,
    /// When.
    pub at: Moment,
    /// By whom.
    pub person: String,
}

/// Keeps an enrolment; one that stood for the same service ends.
///
/// # Errors
/// [`StoreError::Duplicate`] when somebody else was faster.
pub async fn enrol(tx: &Transaction, enrolled: &Enrolled, by: &str) -> Result<(), StoreError> {
    end(tx, &enrolled.joiner, enrolled.service, enrolled.at).await?;
    let new = row::ActiveModel {
        joiner: Set(enrolled.joiner.to_string()),
        service: Set(enrolled.service.code().to_owned()),
        start_at: Set(enrolled.start.as_micros()),
        form: Set(to_json(&enrolled.form)?),
        enrolled_at: Set(enrolled.at.as_micros()),
        enrolled_by: Set(by.to_owned()),
        person: Set(enrolled.person.clone()),
        ..Default::default()
    };
    row::Entity::insert(new).exec_without_returning(tx.connection()).await?;
    Ok(())
}

/// Ends an enrolment; whether there was one.
///
/// # Errors
/// [`StoreError`].
pub async fn end(tx: &Transaction, joiner: &Oid, service: Service, at: Moment) -> Result<bool, StoreError> {
    let update = row::Entity::update_many()
        .col_expr(row::Column::EndedAt, at.as_micros().into())
        .filter(row::Column::Joiner.eq(joiner.as_str()))
        .filter(row::Column::Service.eq(service.code()))
        .filter(row::Column::EndedAt.is_null());
    Ok(update.exec(tx.connection()).await?.rows_affected > 0)
}

/// All enrolments that a joiner ever made.
///
/// # Errors
/// [`StoreError`].
pub async fn ever(db: &impl ConnectionTrait, joiner: &Oid) -> Result<Vec<Enrolled>, StoreError> {
    let query = row::Entity::find().filter(row::Column::Joiner.eq(joiner.as_str()));
    query.all(db).await?.into_iter().map(told).collect()
}

/// The enrolment that stands for a service.
///
/// # Errors
/// [`StoreError`].
pub async fn find(db: &impl ConnectionTrait, joiner: &Oid, service: Service) -> Result<Option<Enrolled>, StoreError> {
    let query = row::Entity::find()
        .filter(row::Column::Joiner.eq(joiner.as_str()))
        .filter(row::Column::Service.eq(service.code()))
        .filter(row::Column::EndedAt.is_null());
    query.one(db).await?.map(told).transpose()
}

/// The enrolments that stand, by the day on which they wish to begin; a part of them.
///
/// # Errors
/// [`StoreError`].
pub async fn standing(db: &impl ConnectionTrait, (skip, limit): (u64, u64)) -> Result<Vec<Enrolled>, StoreError> {
    let query = row::Entity::find().filter(row::Column::EndedAt.is_null());
    let query = query.order_by_asc(row::Column::StartAt).order_by_asc(row::Column::EnrolmentKey);
    query.offset(skip).limit(limit).all(db).await?.into_iter().map(told).collect()
}

fn told(row: row::Model) -> Result<Enrolled, StoreError> {
    const TABLE: &str = "enrolment";
    let key = row.enrolment_key;
    Ok(Enrolled {
        joiner: parsed(Oid::parse(&row.joiner).ok(), TABLE, key, "joiner")?,
        service: parsed(Service::parse(&row.service), TABLE, key, "service")?,
        start: Moment::from_micros(row.start_at),
        form: json(&row.form, TABLE, key, "form")?,
        at: Moment::from_micros(row.enrolled_at),
        person: row.person,
    })
}
