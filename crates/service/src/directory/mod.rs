//! The address directory: orders, decisions, publication.

mod beside;
pub mod calls;
mod care;
pub(crate) mod change;
mod decide;
pub mod log;
pub mod order;
mod overview;
mod own;
mod picture;
pub mod proof;
pub mod proposal;
pub mod publication;
pub(crate) mod reach;
pub mod shut;
mod verify;
mod would;

pub(crate) use care::Care;
pub use care::care;
pub use decide::{Explained, decide_at, decide_now};
pub(crate) use decide::{decide_held, decide_on, joiner_held};
pub use order::open_access_point;
pub use overview::{Overview, overview};
pub use own::{Pick, choices, own_rights};
pub(crate) use own::{rights_with_branches, with_branches};
pub use picture::{Pictured, change_picture, connection_at, names, own_connections};
pub use verify::{Broken, Verified, verify};
pub use would::{Wish, would};

use crate::{App, ServiceError};
use beside::Beside;
use liitos_domain::Moment;
use liitos_domain::directory::{Rows, SnapshotContent};
use liitos_domain::transparency::{self, Head};
use liitos_store::directory;

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
    let rows = directory::rows(app.store.read(), version).await?;
    let beside = Beside::of(app, &rows, known_at).await?;
    let head = transparency::head(&directory::leaves(app.store.read(), version).await?);
    Ok(content_with(rows, beside, (epoch, version), Some(head), (now, expiry(now))))
}

/// Until when a gateway may decide on a snapshot issued now.
pub(crate) const fn expiry(issued: Moment) -> Moment {
    issued.plus_seconds(SNAPSHOT_HOURS * 3600)
}

/// The directory's rows with what stands beside them, as a snapshot's content.
pub(crate) fn content_with(
    rows: Rows,
    beside: Beside,
    (epoch, sequence): (u64, u64),
    head: Option<Head>,
    (issued_at, expires_at): (Moment, Moment),
) -> SnapshotContent {
    SnapshotContent {
        epoch,
        sequence,
        issued_at,
        expires_at,
        units: beside.units,
        joiners: rows.joiners,
        tenants: rows.tenants,
        access_points: rows.access_points,
        rights: rows.rights,
        collection_points: rows.collection_points,
        systems: beside.systems,
        renewal_marks: beside.renewal_marks,
        closings: rows.closings,
        head,
    }
}
