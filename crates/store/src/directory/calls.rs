//! Calls that gateways saw.

use crate::entity::gateway_call as row;
use crate::error::{json, to_json};
use crate::{StoreError, Transaction};
use liitos_domain::directory::SeenCall;
use liitos_domain::{Moment, Sha256Hash};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

const TABLE: &str = "gateway_call";

/// Adds what a gateway saw; what it tells twice is there once.
///
/// # Errors
/// [`StoreError`].
pub async fn add_calls(tx: &Transaction, gateway: &Sha256Hash, calls: &[SeenCall]) -> Result<(), StoreError> {
    let model = |call: &SeenCall| {
        Ok(row::ActiveModel {
            at: Set(call.at.as_micros()),
            decision: Set(call.decision.clone()),
            certificate: Set(call.certificate.to_string()),
            body: Set(to_json(call)?),
            gateway: Set(gateway.to_string()),
            joiner: Set(call.joiner.as_ref().map(ToString::to_string)),
            access_point: Set(call.access_point.as_ref().map(ToString::to_string)),
            service: Set(call.service.map(|service| service.code().to_owned())),
            failed: Set(call.decision.is_some().then(|| call.failed())),
            system: Set(call.system.clone()),
            source: Set(call.source.map(|source| source.to_string())),
            stands_for: Set(i32::try_from(call.stands_for).ok()),
            ..Default::default()
        })
    };
    let models = calls.iter().map(model).collect::<Result<Vec<_>, StoreError>>()?;
    if models.is_empty() {
        return Ok(());
    }
    row::Entity::insert_many(models)
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(tx.connection())
        .await?;
    Ok(())
}

/// Forgets what is older.
///
/// # Errors
/// [`StoreError`].
pub async fn forget_calls(tx: &Transaction, before: Moment) -> Result<(), StoreError> {
    row::Entity::delete_many().filter(row::Column::At.lt(before.as_micros())).exec(tx.connection()).await?;
    Ok(())
}

/// The calls with a decision id, newest first.
///
/// # Errors
/// [`StoreError`].
pub async fn calls_decided(db: &impl ConnectionTrait, decision: &str) -> Result<Vec<SeenCall>, StoreError> {
    let query = row::Entity::find().filter(row::Column::Decision.eq(decision));
    let rows = query.order_by_desc(row::Column::At).limit(10).all(db).await?;
    rows.iter().map(of).collect()
}

/// The newest calls and handshakes with a certificate.
///
/// # Errors
/// [`StoreError`].
pub async fn calls_with(db: &impl ConnectionTrait, certificate: &Sha256Hash) -> Result<Vec<SeenCall>, StoreError> {
    let query = row::Entity::find().filter(row::Column::Certificate.eq(certificate.to_string()));
    let rows = query.order_by_desc(row::Column::At).limit(10).all(db).await?;
    rows.iter().map(of).collect()
}

/// The newest calls since a moment, so many at most.
///
/// # Errors
/// [`StoreError`].
pub async fn calls_since(db: &impl ConnectionTrait, since: Moment, most: u64) -> Result<Vec<SeenCall>, StoreError> {
    let query = row::Entity::find().filter(row::Column::At.gte(since.as_micros()));
    let rows = query.order_by_desc(row::Column::At).limit(most).all(db).await?;
    rows.iter().map(of).collect()
}

/// The newest handshakes within a time that were refused with certificates which name one of some access points, and came from one of some addresses; so many at
/// most.
///
/// # Errors
/// [`StoreError`].
pub async fn handshakes(
    db: &impl ConnectionTrait,
    (points, sources): (&[&str], &[String]),
    (since, until): (Moment, Moment),
    most: u64,
) -> Result<Vec<SeenCall>, StoreError> {
    let query = row::Entity::find().filter(row::Column::AccessPoint.is_in(points.iter().copied()));
    let query = query.filter(row::Column::Source.is_in(sources.iter().map(String::as_str)));
    let query = query.filter(row::Column::Decision.is_null());
    let query = query.filter(row::Column::At.between(since.as_micros(), until.as_micros()));
    let rows = query.order_by_desc(row::Column::At).limit(most).all(db).await?;
    rows.iter().map(of).collect()
}

fn of(row: &row::Model) -> Result<SeenCall, StoreError> {
    json(&row.body, TABLE, row.row_key, "body")
}
