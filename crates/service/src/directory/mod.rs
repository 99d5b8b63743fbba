//! The address directory: orders, decisions, publication.

pub(crate) mod change;
mod decide;
pub mod order;
mod overview;
mod own;
pub mod publication;

pub use decide::{Explained, decide_at, decide_now};
pub use order::{close_right, open_access_point};
pub use overview::overview;
pub use own::{choices, own_rights};

use crate::{App, ServiceError};
use liitos_domain::directory::{SnapshotContent, Unit};
use liitos_domain::register::RegisterKind;
use liitos_domain::{Moment, Oid};
use liitos_store::{directory, registers};

/// How long a gateway may decide on a snapshot that was not refreshed (design section 6).
pub const SNAPSHOT_HOURS: i64 = 72;

/// The directory at a version with the units of its joiners, as a snapshot's content.
pub(crate) async fn content(app: &App, epoch: u64, version: u64, now: Moment) -> Result<SnapshotContent, ServiceError> {
    let db = app.store.read();
    let rows = directory::rows(db, version).await?;
    let mut units = Vec::new();
    for joiner in &rows.joiners {
        let below = registers::descendants(db, RegisterKind::Sote, joiner.oid.as_str()).await?;
        let of_joiner = below.iter().filter_map(|id| Oid::parse(id).ok());
        units.extend(of_joiner.map(|oid| Unit { oid, joiner: joiner.oid.clone() }));
    }
    Ok(SnapshotContent {
        epoch,
        sequence: version,
        issued_at: now,
        expires_at: now.plus_seconds(SNAPSHOT_HOURS * 3600),
        joiners: rows.joiners,
        units,
        tenants: Vec::new(),
        access_points: rows.access_points,
        rights: rows.rights,
    })
}
