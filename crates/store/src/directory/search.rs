//! Parts of the directory, found without reading all of it.

use super::few;
use crate::StoreError;
use crate::entity::{directory_access_point as point_row, directory_right as right_row};
use crate::error::json;
use liitos_domain::Moment;
use liitos_domain::directory::{AccessPoint, Rows};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};
use std::collections::BTreeMap;

/// How much there is in all, as known now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rights, ended ones too.
    pub rights: u64,
    /// Access points, ended ones too.
    pub access_points: u64,
}

/// What of the directory is looked for.
#[derive(Clone, Debug)]
pub enum Looked<'a> {
    /// What has to do with OIDs that begin with a text; with the empty one, the newest of everything.
    Begins(&'a str),
    /// The rights of some joiners.
    Of(&'a [String]),
}

/// The newest rights and access points that are looked for, at most so many of each. With them all collection points.
///
/// # Errors
/// [`StoreError`].
pub async fn found(db: &impl ConnectionTrait, looked: Looked<'_>, limit: u64) -> Result<Rows, StoreError> {
    use {point_row::Column as P, right_row::Column as R};
    let mut rights = right_row::Entity::find().filter(R::UntilVersion.is_null());
    let mut points = Some(point_row::Entity::find().filter(P::UntilVersion.is_null()));
    match looked {
        Looked::Begins("") => {}
        Looked::Begins(begins) => {
            let asked = Condition::any().add(between(R::Joiner, begins)).add(between(R::AccessPoint, begins));
            rights = rights.filter(asked);
            points = points.map(|points| points.filter(between(P::Oid, begins)));
        }
        // Nobody has no rights: that need not be asked.
        Looked::Of([]) => return few(db, i64::MAX).await,
        Looked::Of(joiners) => {
            rights = rights.filter(R::Joiner.is_in(joiners.iter().map(String::as_str)));
            points = None;
        }
    }
    let rights = rights.order_by_desc(R::RowKey).limit(limit).all(db).await?;
    let points = match points {
        Some(points) => points.order_by_desc(P::RowKey).limit(limit).all(db).await?,
        None => Vec::new(),
    };
    Ok(Rows {
        rights: rights
            .iter()
            .map(|row| json(&row.body, "directory_right", row.row_key, "body"))
            .collect::<Result<_, _>>()?,
        access_points: points.iter().map(point).collect::<Result<_, _>>()?,
        ..few(db, i64::MAX).await?
    })
}

/// How much there is in all.
///
/// # Errors
/// [`StoreError`].
pub async fn counts(db: &impl ConnectionTrait) -> Result<Counts, StoreError> {
    // Only what an index holds is read.
    let rights = right_row::Entity::find().filter(right_row::Column::UntilVersion.is_null());
    let rights = rights.select_only().column(right_row::Column::RowKey);
    let points = point_row::Entity::find().filter(point_row::Column::UntilVersion.is_null());
    let points = points.select_only().column(point_row::Column::RowKey);
    Ok(Counts { rights: rights.count(db).await?, access_points: points.count(db).await? })
}

/// The access points below an OID, as known now, in the order of their OIDs; at most so many.
///
/// # Errors
/// [`StoreError`].
pub async fn points_below(db: &impl ConnectionTrait, oid: &str, limit: u64) -> Result<Vec<AccessPoint>, StoreError> {
    let query = point_row::Entity::find().filter(point_row::Column::UntilVersion.is_null());
    let query = query.filter(between(point_row::Column::Oid, &format!("{oid}."))).order_by_asc(point_row::Column::Oid);
    query.limit(limit).all(db).await?.iter().map(point).collect()
}

/// How many rights use each of some access points at a moment.
///
/// # Errors
/// [`StoreError`].
pub async fn rights_through(
    db: &impl ConnectionTrait,
    points: &[&str],
    at: Moment,
) -> Result<BTreeMap<String, u64>, StoreError> {
    use right_row::Column as R;
    let lasting = Condition::any().add(R::ValidUntil.is_null()).add(R::ValidUntil.gt(at.as_micros()));
    let query = right_row::Entity::find()
        .select_only()
        .column(R::AccessPoint)
        .column_as(R::RowKey.count(), "count")
        .filter(R::UntilVersion.is_null())
        .filter(R::AccessPoint.is_in(points.iter().copied()))
        .filter(R::ValidFrom.lte(at.as_micros()))
        .filter(lasting)
        .group_by(R::AccessPoint);
    let rows: Vec<(String, i64)> = query.into_tuple().all(db).await?;
    Ok(rows.into_iter().map(|(point, count)| (point, u64::try_from(count).unwrap_or(0))).collect())
}

/// Texts that begin with another: as a range, so that an index serves it.
fn between(column: impl ColumnTrait, begins: &str) -> Condition {
    Condition::all().add(column.gte(begins)).add(column.lt(format!("{begins}\u{7f}")))
}

fn point(row: &point_row::Model) -> Result<AccessPoint, StoreError> {
    json(&row.body, "directory_access_point", row.row_key, "body")
}
