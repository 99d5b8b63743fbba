//! Rows of all versions, each with when it was known.

use crate::StoreError;
use crate::entity::{
    directory_access_point as point_row, directory_change as change, directory_closing as closing_row,
    directory_joiner as joiner_row, directory_right as right_row, directory_tenant as tenant_row,
};
use crate::error::json;
use liitos_domain::directory::{Known, Past};
use liitos_domain::{Interval, Moment};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::HashMap;

/// All that was known up to a version.
///
/// # Errors
/// [`StoreError`].
pub async fn past(db: &impl ConnectionTrait, version: u64) -> Result<Past, StoreError> {
    let version = super::signed(version);
    let times = change::Entity::find().filter(change::Column::Version.lte(version));
    let times = times.select_only().columns([change::Column::Version, change::Column::At]);
    let times: HashMap<i64, i64> = times.into_tuple::<(i64, i64)>().all(db).await?.into_iter().collect();
    let at = |version: i64| times.get(&version).map(|at| Moment::from_micros(*at));
    macro_rules! all {
        ($module:ident, $table:literal) => {{
            let query = $module::Entity::find().filter($module::Column::SinceVersion.lte(version));
            let found = query.order_by_asc($module::Column::RowKey).all(db).await?;
            let known = |row: &$module::Model| {
                let fact = json(&row.body, $table, row.row_key, "body")?;
                let since = at(row.since_version).unwrap_or(Moment::from_micros(0));
                // What ended it later than that version is not known yet.
                Ok(Known { fact, known: Interval::new(since, row.until_version.and_then(at)) })
            };
            found.iter().map(known).collect::<Result<Vec<_>, StoreError>>()?
        }};
    }
    Ok(Past {
        joiners: all!(joiner_row, "directory_joiner"),
        access_points: all!(point_row, "directory_access_point"),
        rights: all!(right_row, "directory_right"),
        tenants: all!(tenant_row, "directory_tenant"),
        closings: all!(closing_row, "directory_closing"),
    })
}
