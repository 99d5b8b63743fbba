//! The address directory: orders, decisions, publication.

pub(crate) mod change;
mod decide;
pub mod order;
mod overview;
mod own;
mod picture;
pub mod publication;

pub use decide::{Explained, decide_at, decide_now};
pub use order::{close_right, open_access_point};
pub use overview::overview;
pub use own::{choices, own_rights};
pub use picture::{Pictured, change_picture, connection_at, names, own_connection};

use crate::{App, ServiceError};
use liitos_domain::Moment;
use liitos_domain::directory::{SnapshotContent, units};
use liitos_domain::register::RegisterKind;
use liitos_store::{directory, registers};

/// How long a gateway may decide on a snapshot that was not refreshed (design section 6).
pub const SNAPSHOT_HOURS: i64 = 72;

/// The directory at a version, with the units of its joiners as the register was known at a time, as a snapshot's content
/// issued at `now`.
pub(crate) async fn content(
    app: &App,
    epoch: u64,
    (version, known_at): (u64, Moment),
    now: Moment,
) -> Result<SnapshotContent, ServiceError> {
    let db = app.store.read();
    let rows = directory::rows(db, version).await?;
    let entries = registers::children_at(db, RegisterKind::Sote, known_at).await?;
    Ok(SnapshotContent {
        epoch,
        sequence: version,
        issued_at: now,
        expires_at: now.plus_seconds(SNAPSHOT_HOURS * 3600),
        units: units(rows.joiners.iter().map(|joiner| &joiner.oid), &entries),
        joiners: rows.joiners,
        tenants: Vec::new(),
        access_points: rows.access_points,
        rights: rows.rights,
    })
}
