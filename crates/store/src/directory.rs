//! The address directory's rows on the known-time axis: every row says since which version and until which it holds.
//! Nothing is overwritten.

use crate::entity::{
    directory_access_point as point_row, directory_change as change, directory_joiner as joiner_row,
    directory_right as right_row,
};
use crate::error::{json, parsed, to_json};
use crate::{Lock, StoreError, Transaction};
use liitos_domain::directory::{AccessPoint, Basis, Effect, Joiner, Right};
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::{Moment, Oid, Sha256Hash};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

/// The directory as it was known at a version.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    /// Joiners.
    pub joiners: Vec<Joiner>,
    /// Access points.
    pub access_points: Vec<AccessPoint>,
    /// Rights.
    pub rights: Vec<Right>,
}

impl Rows {
    /// What of it is in force at a moment, or will be.
    #[must_use]
    pub fn open_at(mut self, at: Moment) -> Self {
        let open = |valid: &liitos_domain::Interval| valid.until.is_none_or(|until| until > at);
        self.joiners.retain(|row| open(&row.valid));
        self.access_points.retain(|row| open(&row.valid));
        self.rights.retain(|row| open(&row.valid));
        self
    }
}

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

/// All rows known at a version.
///
/// # Errors
/// [`StoreError`].
pub async fn rows(db: &impl ConnectionTrait, version: u64) -> Result<Rows, StoreError> {
    let version = signed(version);
    macro_rules! known {
        ($module:ident, $table:literal) => {{
            let open = Condition::any()
                .add($module::Column::UntilVersion.is_null())
                .add($module::Column::UntilVersion.gt(version));
            let query = $module::Entity::find().filter($module::Column::SinceVersion.lte(version)).filter(open);
            let found = query.order_by_asc($module::Column::RowKey).all(db).await?;
            found.iter().map(|row| json(&row.body, $table, row.row_key, "body")).collect::<Result<Vec<_>, _>>()?
        }};
    }
    Ok(Rows {
        joiners: known!(joiner_row, "directory_joiner"),
        access_points: known!(point_row, "directory_access_point"),
        rights: known!(right_row, "directory_right"),
    })
}

/// Whether a joiner is a member now.
///
/// # Errors
/// [`StoreError`].
pub async fn is_member(db: &impl ConnectionTrait, joiner: &Oid) -> Result<bool, StoreError> {
    let query = joiner_row::Entity::find().filter(joiner_row::Column::Oid.eq(joiner.as_str()));
    Ok(query.filter(joiner_row::Column::UntilVersion.is_null()).one(db).await?.is_some())
}

/// The access point with this OID, as known now.
///
/// # Errors
/// [`StoreError`].
pub async fn access_point(db: &impl ConnectionTrait, oid: &AccessPointOid) -> Result<Option<AccessPoint>, StoreError> {
    let query = point_row::Entity::find().filter(point_row::Column::Oid.eq(oid.as_str()));
    let row = query.filter(point_row::Column::UntilVersion.is_null()).one(db).await?;
    row.map(|row| json(&row.body, "directory_access_point", row.row_key, "body")).transpose()
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

/// How many joiners have a right through an access point at a time, as known now.
///
/// # Errors
/// [`StoreError`].
pub async fn users(db: &impl ConnectionTrait, point: &AccessPointOid, at: Moment) -> Result<u32, StoreError> {
    let query = right_row::Entity::find().filter(right_row::Column::AccessPoint.eq(point.as_str()));
    let rows = query.filter(right_row::Column::UntilVersion.is_null()).all(db).await?;
    let rights: Vec<Right> =
        rows.iter().map(|row| json(&row.body, "directory_right", row.row_key, "body")).collect::<Result<_, _>>()?;
    let joiners: std::collections::BTreeSet<&Oid> =
        rights.iter().filter(|right| right.valid.contains(at)).map(|right| &right.joiner).collect();
    Ok(u32::try_from(joiners.len()).unwrap_or(u32::MAX))
}

/// The newest changes.
///
/// # Errors
/// [`StoreError`].
pub async fn changes(db: &impl ConnectionTrait, limit: u64) -> Result<Vec<Change>, StoreError> {
    const TABLE: &str = "directory_change";
    let rows = change::Entity::find().order_by_desc(change::Column::Version).limit(limit).all(db).await?;
    let read = |row: change::Model| {
        Ok(Change {
            version: u64::try_from(row.version).unwrap_or(0),
            at: Moment::from_micros(row.at),
            hash: parsed(Sha256Hash::parse(&row.effect_hash), TABLE, row.version, "effect_hash")?,
            effect: json(&row.effect, TABLE, row.version, "effect")?,
            origin: Origin { basis: Basis::parse(&row.basis), author: row.author, approver: row.approver },
        })
    };
    rows.into_iter().map(read).collect()
}

/// Records a checked effect as the next version and gives that. Call with [`Lock::Directory`] held since before the
/// effect was checked.
///
/// # Errors
/// [`StoreError`].
pub async fn record(
    tx: &Transaction,
    effect: &Effect,
    hash: &Sha256Hash,
    origin: &Origin,
    at: Moment,
) -> Result<u64, StoreError> {
    tx.lock(Lock::Directory).await?;
    let db = tx.connection();
    let next = signed(version(db).await?) + 1;
    let row = change::ActiveModel {
        version: Set(next),
        at: Set(at.as_micros()),
        basis: Set(origin.basis.to_string()),
        author: Set(origin.author.clone()),
        approver: Set(origin.approver.clone()),
        effect_hash: Set(hash.to_string()),
        effect: Set(to_json(effect)?),
    };
    change::Entity::insert(row).exec_without_returning(db).await?;
    for joiner in &effect.joiners_opened {
        let row = joiner_row::ActiveModel {
            oid: Set(joiner.oid.to_string()),
            body: Set(to_json(joiner)?),
            since_version: Set(next),
            ..Default::default()
        };
        joiner_row::Entity::insert(row).exec_without_returning(db).await?;
    }
    for point in &effect.access_points_opened {
        let row = point_row::ActiveModel {
            oid: Set(point.oid.to_string()),
            body: Set(to_json(point)?),
            since_version: Set(next),
            ..Default::default()
        };
        point_row::Entity::insert(row).exec_without_returning(db).await?;
    }
    for (right, ends) in &effect.rights_closed {
        replace_right(db, right, *ends, next).await?;
    }
    for right in &effect.rights_opened {
        insert_right(db, right, next).await?;
    }
    u64::try_from(next).map_err(|_| StoreError::BadRow {
        table: "directory_change",
        row: next.to_string(),
        column: "version",
    })
}

/// The row as it was known ends with the version; a row with the new end takes its place.
async fn replace_right(db: &impl ConnectionTrait, right: &Right, ends: Moment, next: i64) -> Result<(), StoreError> {
    let closed = right_row::Entity::update_many()
        .col_expr(right_row::Column::UntilVersion, next.into())
        .filter(right_row::Column::Joiner.eq(right.joiner.as_str()))
        .filter(right_row::Column::Body.eq(to_json(right)?))
        .filter(right_row::Column::UntilVersion.is_null())
        .exec(db)
        .await?;
    if closed.rows_affected != 1 {
        return Err(StoreError::BadRow { table: "directory_right", row: right.joiner.to_string(), column: "body" });
    }
    let mut shortened = right.clone();
    shortened.valid.until = Some(ends);
    insert_right(db, &shortened, next).await
}

async fn insert_right(db: &impl ConnectionTrait, right: &Right, since: i64) -> Result<(), StoreError> {
    let row = right_row::ActiveModel {
        joiner: Set(right.joiner.to_string()),
        access_point: Set(right.access_point.to_string()),
        service: Set(right.service.code().to_owned()),
        body: Set(to_json(right)?),
        since_version: Set(since),
        ..Default::default()
    };
    right_row::Entity::insert(row).exec_without_returning(db).await?;
    Ok(())
}

fn signed(version: u64) -> i64 {
    i64::try_from(version).unwrap_or(i64::MAX)
}
