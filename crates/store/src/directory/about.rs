//! All that is known now of some joiners, found without reading the whole directory.

use super::{KEYS, few};
use crate::StoreError;
use crate::entity::{
    directory_access_point as point_row, directory_joiner as joiner_row, directory_right as right_row,
    directory_tenant as tenant_row,
};
use crate::error::json;
use liitos_domain::directory::{AccessPoint, Joiner, Right, Rows, Tenant};
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::{Oid, Service};
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QuerySelect};
use std::collections::{BTreeMap, BTreeSet};

/// Of whom and of what everything is asked.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// Joiners: their rows, their rights with the access points of these, their tenants and their hosts.
    pub joiners: BTreeSet<Oid>,
    /// Access points besides.
    pub points: BTreeSet<AccessPointOid>,
    /// Units: who receives renewal requests for them.
    pub receiving: BTreeSet<Oid>,
}

/// The rows known now in which a column is one of some texts, added to those found by their keys.
macro_rules! add {
    ($db:expr, $found:expr, $module:ident, $table:literal, $column:expr, $texts:expr) => {
        for texts in $texts.chunks(KEYS) {
            let query = $module::Entity::find().filter($module::Column::UntilVersion.is_null());
            for row in query.filter($column.is_in(texts.iter().copied())).all($db).await? {
                $found.insert(row.row_key, json(&row.body, $table, row.row_key, "body")?);
            }
        }
    };
}

/// Everything known now of whom and what is asked for, in the order in which it came to be known; with all collection points and
/// closings, which are few.
///
/// # Errors
/// [`StoreError`].
pub async fn about(db: &impl ConnectionTrait, asked: &About) -> Result<Rows, StoreError> {
    let texts: Vec<&str> = asked.joiners.iter().map(Oid::as_str).collect();
    let mut rights: BTreeMap<i64, Right> = BTreeMap::new();
    add!(db, rights, right_row, "directory_right", right_row::Column::Joiner, texts);
    rights.extend(receiving(db, &asked.receiving).await?);
    let mut tenants: BTreeMap<i64, Tenant> = BTreeMap::new();
    add!(db, tenants, tenant_row, "directory_tenant", tenant_row::Column::Host, texts);
    add!(db, tenants, tenant_row, "directory_tenant", tenant_row::Column::Tenant, texts);
    // Whoever stands in a row that was found is told, too.
    let others = rights.values().map(|right| &right.joiner).chain(tenants.values().map(|row| &row.host));
    let named: BTreeSet<&str> = others.map(Oid::as_str).chain(texts).collect();
    let named: Vec<&str> = named.into_iter().collect();
    let mut joiners: BTreeMap<i64, Joiner> = BTreeMap::new();
    add!(db, joiners, joiner_row, "directory_joiner", joiner_row::Column::Oid, named);
    let named: BTreeSet<&AccessPointOid> =
        rights.values().map(|right| &right.access_point).chain(&asked.points).collect();
    let named: Vec<&str> = named.into_iter().map(AccessPointOid::as_str).collect();
    let mut points: BTreeMap<i64, AccessPoint> = BTreeMap::new();
    add!(db, points, point_row, "directory_access_point", point_row::Column::Oid, named);
    Ok(Rows {
        joiners: joiners.into_values().collect(),
        access_points: points.into_values().collect(),
        rights: rights.into_values().collect(),
        tenants: tenants.into_values().collect(),
        ..few(db, i64::MAX).await?
    })
}

/// The rights by which some units receive renewal requests, with their keys.
async fn receiving(db: &impl ConnectionTrait, units: &BTreeSet<Oid>) -> Result<BTreeMap<i64, Right>, StoreError> {
    let units: Vec<&str> = units.iter().map(Oid::as_str).collect();
    let mut found = BTreeMap::new();
    for units in units.chunks(KEYS) {
        let query = right_row::Entity::find()
            .filter(right_row::Column::UntilVersion.is_null())
            .filter(right_row::Column::Service.eq(Service::RenewalReception.code()))
            .filter(unit(db.get_database_backend()).is_in(units.iter().copied()));
        for row in query.all(db).await? {
            found.insert(row.row_key, json(&row.body, "directory_right", row.row_key, "body")?);
        }
    }
    Ok(found)
}

/// A right's unit, as the index `directory_right_unit` has it.
fn unit(backend: DbBackend) -> Expr {
    match backend {
        DbBackend::Postgres => Expr::cust("(body::jsonb ->> 'unit')"),
        _ => Expr::cust("json_extract(body, '$.unit')"),
    }
}

/// Who has a right through one of some access points.
///
/// # Errors
/// [`StoreError`].
pub async fn joiners_through(
    db: &impl ConnectionTrait,
    points: &BTreeSet<AccessPointOid>,
) -> Result<BTreeSet<Oid>, StoreError> {
    use right_row::Column as R;
    let points: Vec<&str> = points.iter().map(AccessPointOid::as_str).collect();
    let mut found = BTreeSet::new();
    for points in points.chunks(KEYS) {
        let query = right_row::Entity::find().select_only().column(R::Joiner).distinct();
        let query = query.filter(R::UntilVersion.is_null()).filter(R::AccessPoint.is_in(points.iter().copied()));
        let joiners: Vec<String> = query.into_tuple().all(db).await?;
        found.extend(joiners.iter().filter_map(|joiner| Oid::parse(joiner).ok()));
    }
    Ok(found)
}
