//! A change enters: its own row, its leaf in the log, and the rows that it opens and ends.

use super::{Origin, concerned, leaves, signed, version};
use crate::entity::{
    directory_access_point as point_row, directory_change as change, directory_closing as closing_row,
    directory_collection_point as collection_row, directory_joiner as joiner_row, directory_right as right_row,
    directory_tenant as tenant_row,
};
use crate::error::{json, to_json};
use crate::{Lock, StoreError, Transaction};
use liitos_domain::directory::{AccessPoint, Closing, CollectionPoint, Effect, Joiner, Right, Row, Tenant};
use liitos_domain::{Interval, Moment, Sha256Hash};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait as _, QueryFilter, QuerySelect};

/// Rows filled in together.
const PAGE: u64 = 1_000;
/// Rows that are written in one statement.
const CHUNK: usize = 200;

/// The key of which no two rows may hold at one moment, as text.
trait Keyed: Row + serde::Serialize {
    fn same(&self) -> String;
}

impl Keyed for Joiner {
    fn same(&self) -> String {
        self.oid.to_string()
    }
}

impl Keyed for AccessPoint {
    fn same(&self) -> String {
        self.oid.to_string()
    }
}

impl Keyed for Right {
    fn same(&self) -> String {
        let (unit, organiser) = (named(self.unit.as_ref()), named(self.organiser.as_ref()));
        [self.joiner.as_str(), self.service.code(), self.access_point.as_str(), &self.system, &unit, &organiser]
            .join("|")
    }
}

impl Keyed for Tenant {
    fn same(&self) -> String {
        [self.host.as_str(), self.tenant.as_str()].join("|")
    }
}

impl Keyed for CollectionPoint {
    fn same(&self) -> String {
        [self.administrator.as_str(), &self.name].join("|")
    }
}

impl Keyed for Closing {
    fn same(&self) -> String {
        let (joiner, service) = (named(self.joiner.as_ref()), named(self.service.as_ref()));
        let (system, point) = (named(self.system.as_ref()), named(self.access_point.as_ref()));
        [joiner.as_str(), &service, &system, &point, self.stage.code()].join("|")
    }
}

fn named(value: Option<&impl ToString>) -> String {
    value.map(ToString::to_string).unwrap_or_default()
}

/// Adds rows, many in one statement; further columns are given by name.
macro_rules! insert {
    ($db:expr, $module:ident, $rows:expr, $since:expr, $row:ident $(, $column:ident: $value:expr)*) => {{
        let rows = $rows;
        for chunk in rows.chunks(CHUNK) {
            let mut models = Vec::with_capacity(chunk.len());
            for $row in chunk {
                models.push($module::ActiveModel {
                    $($column: Set($value),)*
                    body: Set(to_json($row)?),
                    same: Set(Some($row.same())),
                    valid_from: Set(Some($row.valid().from.as_micros())),
                    valid_until: Set($row.valid().until.map(Moment::as_micros)),
                    since_version: Set($since),
                    ..Default::default()
                });
            }
            $module::Entity::insert_many(models).exec_without_returning($db).await?;
        }
    }};
}

/// The rows as they were known end with the version; rows with the new ends take their place. A row is found by all that it says: each ends once, or nothing is done.
macro_rules! replace {
    ($db:expr, $module:ident, $table:literal, $ended:expr, $since:expr, $row:ident $(, $column:ident: $value:expr)*) => {{
        for chunk in $ended.chunks(CHUNK) {
            let bodies = chunk.iter().map(|($row, _)| to_json($row)).collect::<Result<Vec<String>, StoreError>>()?;
            let ended = $module::Entity::update_many()
                .col_expr($module::Column::UntilVersion, $since.into())
                // A row that an older program wrote beside this one has no key yet.
                .filter(
                    $module::Column::Same
                        .is_in(chunk.iter().map(|($row, _)| $row.same()))
                        .or($module::Column::Same.is_null()),
                )
                .filter($module::Column::Body.is_in(bodies))
                .filter($module::Column::UntilVersion.is_null())
                .exec($db)
                .await?;
            if ended.rows_affected != chunk.len() as u64 {
                let first = chunk.first().map(|($row, _)| $row.same()).unwrap_or_default();
                return Err(StoreError::BadRow { table: $table, row: first, column: "body" });
            }
        }
        let shortened = $ended.iter().map(|(row, ends)| row.during(Interval::new(row.valid().from, Some(*ends))));
        insert!($db, $module, shortened.collect::<Vec<_>>(), $since, $row $(, $column: $value)*);
    }};
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
    leaves::complete(db).await?;
    concerned::complete(db).await?;
    end(db, effect, next).await?;
    open(db, effect, next).await?;
    u64::try_from(next).map_err(|_| StoreError::BadRow {
        table: "directory_change",
        row: next.to_string(),
        column: "version",
    })
}

async fn end(db: &impl ConnectionTrait, effect: &Effect, next: i64) -> Result<(), StoreError> {
    replace!(db, joiner_row, "directory_joiner", effect.joiners_ended, next, row, oid: row.oid.to_string());
    replace!(db, point_row, "directory_access_point", effect.access_points_ended, next, row, oid: row.oid.to_string());
    replace!(
        db, right_row, "directory_right", effect.rights_closed, next, row,
        joiner: row.joiner.to_string(), access_point: row.access_point.to_string(), service: row.service.to_string()
    );
    replace!(
        db, tenant_row, "directory_tenant", effect.tenants_ended, next, row,
        host: row.host.to_string(), tenant: row.tenant.to_string()
    );
    replace!(db, collection_row, "directory_collection_point", effect.collection_points_ended, next, row);
    replace!(db, closing_row, "directory_closing", effect.closings_ended, next, row);
    Ok(())
}

async fn open(db: &impl ConnectionTrait, effect: &Effect, next: i64) -> Result<(), StoreError> {
    insert!(db, joiner_row, &effect.joiners_opened, next, row, oid: row.oid.to_string());
    insert!(db, point_row, &effect.access_points_opened, next, row, oid: row.oid.to_string());
    insert!(
        db, right_row, &effect.rights_opened, next, row,
        joiner: row.joiner.to_string(), access_point: row.access_point.to_string(), service: row.service.to_string()
    );
    insert!(db, tenant_row, &effect.tenants_opened, next, row, host: row.host.to_string(), tenant: row.tenant.to_string());
    insert!(db, collection_row, &effect.collection_points_opened, next, row);
    insert!(db, closing_row, &effect.closings_opened, next, row);
    Ok(())
}

/// Fills in what an older program did not write: the keys of its rows, and the leaves of its changes.
///
/// # Errors
/// [`StoreError`].
pub async fn complete(tx: &Transaction) -> Result<(), StoreError> {
    tx.lock(Lock::Directory).await?;
    let db = tx.connection();
    macro_rules! fill {
        ($module:ident, $table:literal, $row:ty) => {
            loop {
                let without = $module::Entity::find().filter($module::Column::Same.is_null()).limit(PAGE);
                let found = without.all(db).await?;
                if found.is_empty() {
                    break;
                }
                for stored in found {
                    let row: $row = json(&stored.body, $table, stored.row_key, "body")?;
                    $module::Entity::update_many()
                        .col_expr($module::Column::Same, row.same().into())
                        .col_expr($module::Column::ValidFrom, row.valid.from.as_micros().into())
                        .col_expr($module::Column::ValidUntil, row.valid.until.map(Moment::as_micros).into())
                        .filter($module::Column::RowKey.eq(stored.row_key))
                        .exec(db)
                        .await?;
                }
            }
        };
    }
    fill!(joiner_row, "directory_joiner", Joiner);
    fill!(point_row, "directory_access_point", AccessPoint);
    fill!(right_row, "directory_right", Right);
    leaves::complete(db).await?;
    concerned::complete(db).await
}
