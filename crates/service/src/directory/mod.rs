//! The address directory: orders, decisions, publication.

pub mod calls;
pub(crate) mod change;
mod decide;
pub mod log;
pub mod order;
mod overview;
mod own;
mod picture;
pub(crate) mod proof;
pub mod proposal;
pub mod publication;
pub mod shut;
mod verify;
mod would;

pub use decide::{Explained, decide_at, decide_now};
pub use order::{close_right, open_access_point};
pub use overview::overview;
pub use own::{choices, own_rights};
pub use picture::{Pictured, change_picture, connection_at, names, own_connection};
pub use verify::{Broken, Verified, verify};
pub use would::{Wish, would};

use crate::{App, ServiceError};
use liitos_domain::directory::{RenewalMark, Rows, SnapshotContent, System, units};
use liitos_domain::register::{Entry, RegisterKind, SystemFacts};
use liitos_domain::{Moment, Oid, Service, transparency};
use liitos_store::{directory, registers};
use std::collections::BTreeSet;

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
    content_of(app, epoch, rows, (version, known_at), now).await
}

/// The same of rows that are at hand.
pub(crate) async fn content_of(
    app: &App,
    epoch: u64,
    rows: Rows,
    (version, known_at): (u64, Moment),
    now: Moment,
) -> Result<SnapshotContent, ServiceError> {
    let db = app.store.read();
    let entries = registers::children_at(db, RegisterKind::Sote, known_at).await?;
    let systems = systems(app, &rows, known_at).await?;
    let renewal_marks = renewal_marks(app, &rows, known_at).await?;
    Ok(SnapshotContent {
        epoch,
        sequence: version,
        issued_at: now,
        expires_at: now.plus_seconds(SNAPSHOT_HOURS * 3600),
        units: units(rows.joiners.iter().map(|joiner| &joiner.oid), &entries),
        joiners: rows.joiners,
        tenants: rows.tenants,
        access_points: rows.access_points,
        rights: rows.rights,
        collection_points: rows.collection_points,
        systems,
        renewal_marks,
        closings: rows.closings,
        head: Some(transparency::head(&directory::leaves(db, version).await?)),
    })
}

/// What Astori says of the systems that rights rest on; `None` in an installation that has no register of systems.
async fn systems(app: &App, rows: &Rows, known_at: Moment) -> Result<Option<Vec<System>>, ServiceError> {
    let db = app.store.read();
    if registers::count(db, RegisterKind::Systems).await? == 0 {
        return Ok(None);
    }
    let numbers: BTreeSet<&str> = rows.rights.iter().map(|right| right.system.as_str()).collect();
    let numbers: Vec<&str> = numbers.into_iter().collect();
    let entries = registers::known_at(db, RegisterKind::Systems, &numbers, known_at).await?;
    let system = |entry: &Entry| {
        let facts = SystemFacts::of(entry);
        System { number: entry.id.clone(), services: facts.services, valid: facts.valid }
    };
    Ok(Some(entries.iter().map(system).collect()))
}

/// Who of those with a right to receive renewal requests carries the mark.
async fn renewal_marks(app: &App, rows: &Rows, known_at: Moment) -> Result<Option<Vec<RenewalMark>>, ServiceError> {
    let receiving = rows.rights.iter().filter(|right| right.service == Service::RenewalReception);
    let units: BTreeSet<&str> = receiving.filter_map(|right| Some(right.unit.as_ref()?.as_str())).collect();
    let units: Vec<&str> = units.into_iter().collect();
    let mut marks = Vec::new();
    for kind in RegisterKind::OF_JOINERS {
        let entries = registers::known_at(app.store.read(), kind, &units, known_at).await?;
        let marked = entries.into_iter().filter(Entry::renewal_mark);
        marks.extend(
            marked.filter_map(|entry| Some(RenewalMark { unit: Oid::parse(&entry.id).ok()?, valid: entry.valid })),
        );
    }
    Ok(Some(marks))
}
