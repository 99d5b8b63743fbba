//! The next snapshot from the one held: what changed is read, and nothing else.

use super::super::expiry;
use super::Published;
use crate::{App, ServiceError};
use liitos_domain::directory::{Delta, Named, changed, grouped};
use liitos_domain::{Moment, transparency};
use liitos_store::directory;

/// Groups of rows that a delta may bring; beyond, a whole snapshot is as good.
const MOST_GROUPS: usize = 5_000;

/// What leads from the snapshot held to the newest version, or to the same issued anew; nothing where that takes a whole snapshot.
pub(super) async fn next(
    app: &App,
    held: &Published,
    version: u64,
    now: Moment,
) -> Result<Option<(Published, Delta)>, ServiceError> {
    let (epoch, sequence) = held.snapshot.version();
    let db = app.store.read();
    // A database that lost its end and went on otherwise has other changes under the same numbers.
    let leaves = directory::leaves(db, version).await?;
    let before = leaves.get(..usize::try_from(sequence).unwrap_or(usize::MAX)).map(transparency::head);
    if before.is_none() || before != held.snapshot.head() {
        return Ok(None);
    }
    let now = now.max(held.snapshot.issued_at());
    let mut named = Named::default();
    directory::effects(db, sequence, version).await?.iter().for_each(|effect| named.add(effect));
    if named.len() > MOST_GROUPS {
        return Ok(None);
    }
    let rows = directory::rows_named(db, version, &named).await?;
    let beside = held.beside.with(app, &rows, now).await?;
    if beside.systems.is_some() != held.beside.systems.is_some() {
        return Ok(None);
    }
    let (before, after) = (&held.beside, &beside);
    let delta = Delta {
        epoch,
        base: (sequence, held.snapshot.issued_at()),
        sequence: version,
        issued_at: now,
        expires_at: expiry(now),
        head: Some(transparency::head(&leaves)),
        units: changed(&before.units, &after.units, |row| row.oid.clone()),
        systems: changed(some(&before.systems), some(&after.systems), |row| row.number.clone()),
        renewal_marks: changed(some(&before.renewal_marks), some(&after.renewal_marks), |row| row.unit.clone()),
        joiners: grouped(&named.joiners, rows.joiners, |row| &row.oid),
        tenants: grouped(&named.tenants, rows.tenants, |row| &row.tenant),
        access_points: grouped(&named.access_points, rows.access_points, |row| &row.oid),
        rights: grouped(&named.rights_of, rows.rights, |row| &row.joiner),
        collection_points: named.collection_points.then_some(rows.collection_points),
        closings: named.closings.then_some(rows.closings),
    };
    // What the rows name is in the directory before them: a delta that dangles is a fault of ours, and a whole snapshot tells it.
    match held.snapshot.with(&delta) {
        Ok(snapshot) => Ok(Some((Published::new(snapshot, beside, held.grown + 1), delta))),
        Err(error) => {
            tracing::error!(%error, "the next snapshot is built whole");
            Ok(None)
        }
    }
}

fn some<R>(rows: &Option<Vec<R>>) -> &[R] {
    rows.as_deref().unwrap_or_default()
}
