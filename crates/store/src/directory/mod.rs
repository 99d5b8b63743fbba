//! The address directory's rows on the known-time axis: every row says since which version and until which it holds.
//! Nothing is overwritten.

mod about;
mod calls;
mod concerned;
mod leaves;
mod past;
pub mod proposals;
mod record;
mod search;

pub use about::{About, about, joiners_through};
pub use calls::{add_calls, calls_decided, calls_since, calls_with, forget_calls, handshakes};
pub use concerned::{Entered, changes_naming, entered_for};
pub use leaves::{leaf, leaves, leaves_after};
pub use past::past;
pub use record::{complete, record};
pub use search::{Counts, Looked, counts, found, points_below, rights_through};

use crate::StoreError;
use crate::entity::{
    directory_access_point as point_row, directory_change as change, directory_closing as closing_row,
    directory_collection_point as collection_row, directory_joiner as joiner_row, directory_right as right_row,
    directory_tenant as tenant_row,
};
use crate::error::{json, parsed};
use liitos_domain::directory::{AccessPoint, Basis, Closing, Effect, Named, Right, Rows};
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::{Moment, Oid, Service, Sha256Hash};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::{BTreeMap, BTreeSet};

/// Where a change of the directory comes from.
#[derive(Clone, Debug)]
pub struct Origin {
    /// What it rests on.
    pub basis: Basis,
    /// Who prepared it.
    pub author: String,
    /// Who approved it.
    pub approver: String,
}

/// A recorded change.
#[derive(Clone, Debug)]
pub struct Change {
    /// Its version.
    pub version: u64,
    /// When it was recorded.
    pub at: Moment,
    /// Where it comes from.
    pub origin: Origin,
    /// The hash that was approved.
    pub hash: Sha256Hash,
    /// What it changed.
    pub effect: Effect,
}

/// The newest version; 0 before the first change.
///
/// # Errors
/// [`StoreError`].
pub async fn version(db: &impl ConnectionTrait) -> Result<u64, StoreError> {
    let newest: Option<Option<i64>> = change::Entity::find()
        .select_only()
        .column_as(change::Column::Version.max(), "newest")
        .into_tuple()
        .one(db)
        .await?;
    Ok(u64::try_from(newest.flatten().unwrap_or(0)).unwrap_or(0))
}

/// The newest version recorded at or before a moment: what was known then.
///
/// # Errors
/// [`StoreError`].
pub async fn version_at(db: &impl ConnectionTrait, at: Moment) -> Result<u64, StoreError> {
    let query = change::Entity::find().filter(change::Column::At.lte(at.as_micros()));
    let newest = query.order_by_desc(change::Column::Version).one(db).await?;
    Ok(newest.map_or(0, |row| u64::try_from(row.version).unwrap_or(0)))
}

/// The rows of a table that are known at a version.
macro_rules! known {
    ($db:expr, $version:expr, $module:ident, $table:literal) => {{
        let open = Condition::any()
            .add($module::Column::UntilVersion.is_null())
            .add($module::Column::UntilVersion.gt($version));
        let query = $module::Entity::find().filter($module::Column::SinceVersion.lte($version)).filter(open);
        let found = query.order_by_asc($module::Column::RowKey).all($db).await?;
        found.iter().map(|row| json(&row.body, $table, row.row_key, "body")).collect::<Result<Vec<_>, _>>()?
    }};
}

/// All rows known at a version.
///
/// # Errors
/// [`StoreError`].
pub async fn rows(db: &impl ConnectionTrait, version: u64) -> Result<Rows, StoreError> {
    let version = signed(version);
    let few = few(db, version).await?;
    Ok(Rows {
        joiners: known!(db, version, joiner_row, "directory_joiner"),
        access_points: known!(db, version, point_row, "directory_access_point"),
        rights: known!(db, version, right_row, "directory_right"),
        tenants: known!(db, version, tenant_row, "directory_tenant"),
        ..few
    })
}

/// Keys asked for at once.
const KEYS: usize = 500;

/// Closings alone, known at a version.
///
/// # Errors
/// [`StoreError`].
pub async fn closings(db: &impl ConnectionTrait, version: u64) -> Result<Rows, StoreError> {
    let version = signed(version);
    Ok(Rows { closings: known!(db, version, closing_row, "directory_closing"), ..Rows::default() })
}

/// The closings known now, each with whether two persons entered it as it stands.
///
/// # Errors
/// [`StoreError`].
pub async fn closings_entered(db: &impl ConnectionTrait) -> Result<Vec<(Closing, bool)>, StoreError> {
    let query = closing_row::Entity::find().filter(closing_row::Column::UntilVersion.is_null());
    let rows = query.order_by_asc(closing_row::Column::RowKey).all(db).await?;
    let mut by_two: BTreeMap<i64, bool> = BTreeMap::new();
    for some in rows.chunks(KEYS) {
        let versions = some.iter().map(|row| row.since_version);
        let query = change::Entity::find().filter(change::Column::Version.is_in(versions)).select_only();
        let query = query.columns([change::Column::Version, change::Column::Author, change::Column::Approver]);
        let found: Vec<(i64, String, String)> = query.into_tuple().all(db).await?;
        by_two.extend(found.into_iter().map(|(version, author, approver)| (version, author != approver)));
    }
    let read = |row: closing_row::Model| {
        let closing = json(&row.body, "directory_closing", row.row_key, "body")?;
        Ok((closing, by_two.get(&row.since_version).copied().unwrap_or_default()))
    };
    rows.into_iter().map(read).collect()
}

/// Collection points and closings alone.
async fn few(db: &impl ConnectionTrait, version: i64) -> Result<Rows, StoreError> {
    Ok(Rows {
        collection_points: known!(db, version, collection_row, "directory_collection_point"),
        closings: known!(db, version, closing_row, "directory_closing"),
        ..Rows::default()
    })
}

/// The rows that changes named, known at a version.
///
/// # Errors
/// [`StoreError`].
pub async fn rows_named(db: &impl ConnectionTrait, version: u64, named: &Named) -> Result<Rows, StoreError> {
    let version = signed(version);
    macro_rules! named {
        ($module:ident, $table:literal, $column:ident, $keys:expr) => {{
            let keys: Vec<&str> = $keys.iter().map(|oid| oid.as_str()).collect();
            let mut rows = Vec::new();
            for keys in keys.chunks(KEYS) {
                let open = Condition::any()
                    .add($module::Column::UntilVersion.is_null())
                    .add($module::Column::UntilVersion.gt(version));
                let query = $module::Entity::find().filter($module::Column::$column.is_in(keys.iter().copied()));
                let query = query.filter($module::Column::SinceVersion.lte(version)).filter(open);
                let found = query.order_by_asc($module::Column::RowKey).all(db).await?;
                for row in &found {
                    rows.push(json(&row.body, $table, row.row_key, "body")?);
                }
            }
            rows
        }};
    }
    let mut rows = Rows {
        joiners: named!(joiner_row, "directory_joiner", Oid, named.joiners),
        access_points: named!(point_row, "directory_access_point", Oid, named.access_points),
        rights: named!(right_row, "directory_right", Joiner, named.rights_of),
        tenants: named!(tenant_row, "directory_tenant", Tenant, named.tenants),
        ..Rows::default()
    };
    if named.collection_points || named.closings {
        let few = few(db, version).await?;
        (rows.collection_points, rows.closings) = (few.collection_points, few.closings);
    }
    Ok(rows)
}

/// What each change after one version up to another changed, oldest first.
///
/// # Errors
/// [`StoreError`].
pub async fn effects(db: &impl ConnectionTrait, after: u64, until: u64) -> Result<Vec<Effect>, StoreError> {
    let query = change::Entity::find()
        .filter(change::Column::Version.gt(signed(after)))
        .filter(change::Column::Version.lte(signed(until)));
    let rows = query.order_by_asc(change::Column::Version).all(db).await?;
    rows.iter().map(|row| json(&row.effect, CHANGE, row.version, "effect")).collect()
}

/// Whether a joiner is a member at a moment or will be later, as known now.
///
/// # Errors
/// [`StoreError`].
pub async fn is_member(db: &impl ConnectionTrait, joiner: &Oid, at: Moment) -> Result<bool, StoreError> {
    let query = joiner_row::Entity::find().filter(joiner_row::Column::Oid.eq(joiner.as_str()));
    let rows = query.filter(joiner_row::Column::UntilVersion.is_null()).all(db).await?;
    let read = |row: &joiner_row::Model| json(&row.body, "directory_joiner", row.row_key, "body");
    let joiners: Vec<liitos_domain::directory::Joiner> = rows.iter().map(read).collect::<Result<_, _>>()?;
    Ok(joiners.iter().any(|joiner| !joiner.valid.ended(at)))
}

/// Whether a joiner has been a member at any time, as known now or before.
///
/// # Errors
/// [`StoreError`].
pub async fn was_member(db: &impl ConnectionTrait, joiner: &Oid) -> Result<bool, StoreError> {
    let query = joiner_row::Entity::find().filter(joiner_row::Column::Oid.eq(joiner.as_str()));
    Ok(query.one(db).await?.is_some())
}

/// The access point with this OID at each time that it has been open or will be, as known now.
///
/// # Errors
/// [`StoreError`].
pub async fn access_point(db: &impl ConnectionTrait, oid: &AccessPointOid) -> Result<Vec<AccessPoint>, StoreError> {
    let query = point_row::Entity::find().filter(point_row::Column::Oid.eq(oid.as_str()));
    let query = query.filter(point_row::Column::UntilVersion.is_null()).order_by_asc(point_row::Column::RowKey);
    let rows = query.all(db).await?;
    rows.iter().map(|row| json(&row.body, "directory_access_point", row.row_key, "body")).collect()
}

/// The rights of a joiner, as known now.
///
/// # Errors
/// [`StoreError`].
pub async fn rights_of(db: &impl ConnectionTrait, joiner: &Oid) -> Result<Vec<Right>, StoreError> {
    let query = right_row::Entity::find().filter(right_row::Column::Joiner.eq(joiner.as_str()));
    let rows =
        query.filter(right_row::Column::UntilVersion.is_null()).order_by_asc(right_row::Column::RowKey).all(db).await?;
    rows.iter().map(|row| json(&row.body, "directory_right", row.row_key, "body")).collect()
}

/// The rights to a service, whoever's they are, as known now.
///
/// # Errors
/// [`StoreError`].
pub async fn rights_to(db: &impl ConnectionTrait, service: Service) -> Result<Vec<Right>, StoreError> {
    let query = right_row::Entity::find().filter(right_row::Column::Service.eq(service.code()));
    let rows = query.filter(right_row::Column::UntilVersion.is_null()).all(db).await?;
    rows.iter().map(|row| json(&row.body, "directory_right", row.row_key, "body")).collect()
}

/// The tenants of a host, as known now.
///
/// # Errors
/// [`StoreError`].
pub async fn tenants_of(
    db: &impl ConnectionTrait,
    host: &Oid,
) -> Result<Vec<liitos_domain::directory::Tenant>, StoreError> {
    let query = tenant_row::Entity::find().filter(tenant_row::Column::Host.eq(host.as_str()));
    let rows = query.filter(tenant_row::Column::UntilVersion.is_null()).all(db).await?;
    rows.iter().map(|row| json(&row.body, "directory_tenant", row.row_key, "body")).collect()
}

/// Who hosts a tenant at a time, as known now.
///
/// # Errors
/// [`StoreError`].
pub async fn hosts_of(db: &impl ConnectionTrait, tenant: &Oid, at: Moment) -> Result<Vec<Oid>, StoreError> {
    let query = tenant_row::Entity::find().filter(tenant_row::Column::Tenant.eq(tenant.as_str()));
    let rows = query.filter(tenant_row::Column::UntilVersion.is_null()).all(db).await?;
    let read = |row: tenant_row::Model| json(&row.body, "directory_tenant", row.row_key, "body");
    let all: Vec<liitos_domain::directory::Tenant> = rows.into_iter().map(read).collect::<Result<_, _>>()?;
    Ok(all.into_iter().filter(|one| one.valid.contains(at)).map(|one| one.host).collect())
}

/// How many joiners have a right through an access point at a time, as known now.
///
/// # Errors
/// [`StoreError`].
pub async fn users(db: &impl ConnectionTrait, point: &AccessPointOid, at: Moment) -> Result<u32, StoreError> {
    let query = right_row::Entity::find().filter(right_row::Column::AccessPoint.eq(point.as_str()));
    let rows = query.filter(right_row::Column::UntilVersion.is_null()).all(db).await?;
    let rights: Vec<Right> =
        rows.iter().map(|row| json(&row.body, "directory_right", row.row_key, "body")).collect::<Result<_, _>>()?;
    let joiners: BTreeSet<&Oid> =
        rights.iter().filter(|right| right.valid.contains(at)).map(|right| &right.joiner).collect();
    Ok(u32::try_from(joiners.len()).unwrap_or(u32::MAX))
}

/// The newest changes.
///
/// # Errors
/// [`StoreError`].
pub async fn changes(db: &impl ConnectionTrait, limit: u64) -> Result<Vec<Change>, StoreError> {
    let rows = change::Entity::find().order_by_desc(change::Column::Version).limit(limit).all(db).await?;
    rows.into_iter().map(to_change).collect()
}

/// The changes after a version, oldest first, with their effects as they are written.
///
/// # Errors
/// [`StoreError`].
pub async fn changes_after(
    db: &impl ConnectionTrait,
    version: u64,
    limit: u64,
) -> Result<Vec<(Change, serde_json::Value)>, StoreError> {
    let query = change::Entity::find().filter(change::Column::Version.gt(signed(version)));
    let rows = query.order_by_asc(change::Column::Version).limit(limit).all(db).await?;
    let read = |row: change::Model| {
        let written = json(&row.effect, CHANGE, row.version, "effect")?;
        Ok((to_change(row)?, written))
    };
    rows.into_iter().map(read).collect()
}

const CHANGE: &str = "directory_change";

fn to_change(row: change::Model) -> Result<Change, StoreError> {
    Ok(Change {
        version: u64::try_from(row.version).unwrap_or(0),
        at: Moment::from_micros(row.at),
        hash: parsed(Sha256Hash::parse(&row.effect_hash), CHANGE, row.version, "effect_hash")?,
        effect: json(&row.effect, CHANGE, row.version, "effect")?,
        origin: Origin { basis: Basis::parse(&row.basis), author: row.author, approver: row.approver },
    })
}

fn signed(version: u64) -> i64 {
    i64::try_from(version).unwrap_or(i64::MAX)
}
