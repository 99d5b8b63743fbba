//! Warns of what ends soon: certificates, and systems in Astori. Each warning is told once, at its day.

use super::list::keeper;
use crate::{App, ServiceError, notices};
use liitos_domain::directory::{AccessPoint, Right, Rows};
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::identifier::nodes::same_owner;
use liitos_domain::notice::{Ending, Notice, Touches, follows, order_by, warning};
use liitos_domain::register::RegisterKind;
use liitos_domain::{Moment, Oid};
use liitos_store::certificates::{self, KnownCertificate};
use liitos_store::directory;
use liitos_store::registers;
use std::collections::{BTreeMap, BTreeSet};

/// Most rights and points named in one warning.
const NAMED: usize = 50;

/// Tells the keepers of what ends soon; how many were told something new.
///
/// # Errors
/// [`ServiceError`].
pub async fn warn_of_ends(app: &App) -> Result<usize, ServiceError> {
    let now = app.now();
    let db = app.store.read();
    let certificates = certificates::ending_after(db, now).await?;
    let rows = directory::rows(db, directory::version(db).await?).await?.open_at(now);
    let mut due: Vec<(Oid, Notice)> = Vec::new();
    for known in &certificates {
        due.extend(of_certificate(known, &certificates, &rows, now).into_iter().flatten());
    }
    let used: BTreeSet<&str> = rows
        .rights
        .iter()
        .map(|right| right.system.as_str())
        .chain(rows.access_points.iter().map(|point| point.system.as_str()))
        .collect();
    let used: Vec<&str> = used.into_iter().collect();
    for (id, (_, entry)) in registers::known(db, RegisterKind::Systems, &used).await? {
        let Some((ends, days)) = entry.valid.until.and_then(|ends| Some((ends, warning(ends, now)?))) else { continue };
        for (joiner, touches) in resting_on(&rows, |right| right.system == id, |point| point.system == id) {
            let notice = Notice::Ends { what: Ending::System, id: id.clone(), at: ends, days, order_by: None, touches };
            due.push((joiner, notice));
        }
    }
    let mut told = 0;
    for (joiner, notice) in due {
        let Notice::Ends { what, id, at, days, .. } = &notice else { continue };
        let same = format!("ends {} {id} {joiner} {} {days}", what.code(), at.as_micros());
        let tx = app.store.begin().await?;
        told += usize::from(notices::tell(app, &tx, &same, &joiner, &notice, now).await?);
        tx.commit().await?;
    }
    Ok(told)
}

/// The warnings of a certificate that are due, to its keeper and to whoever uses its access point, unless another one of the
/// same holder already follows it.
fn of_certificate(
    known: &KnownCertificate,
    all: &[KnownCertificate],
    rows: &Rows,
    now: Moment,
) -> Option<Vec<(Oid, Notice)>> {
    let ends = known.valid.until?;
    let days = warning(ends, now)?;
    let mut same = all.iter().filter(|other| (&other.holder, other.purpose) == (&known.holder, known.purpose));
    if same.any(|other| follows(&known.valid, &other.valid)) {
        return None;
    }
    let keeper = keeper(known)?;
    let stops = |right: &&Right| match known.purpose {
        Ending::ServerCertificate => right.access_point.as_str() == known.holder,
        _ => same_owner(&right.joiner, &keeper) && right.service.needs_signature(),
    };
    let stopping: Vec<&Right> = rows.rights.iter().filter(stops).collect();
    let points = rows.access_points.iter().filter(|point| point.oid.as_str() == known.holder);
    let points: Vec<AccessPointOid> = points.map(|point| point.oid.clone()).collect();
    // Whoever keeps a certificate of a joiner is told under the joiner's own OID.
    let joined = rows.joiners.iter().map(|row| &row.oid).find(|oid| same_owner(oid, &keeper));
    let keeper = joined.cloned().unwrap_or(keeper);
    let id = format!("{} · {}", known.name, known.fingerprint);
    let notice = |rights: &[&Right], order_by, access_points| Notice::Ends {
        what: known.purpose,
        id: id.clone(),
        at: ends,
        days,
        order_by,
        touches: Touches { rights: rights.iter().take(NAMED).copied().map(named).collect(), access_points },
    };
    let mut due = vec![(keeper.clone(), notice(&stopping, Some(order_by(ends)), points))];
    // Who uses another's access point orders nothing, but stands still with it.
    let users: BTreeSet<&Oid> = stopping.iter().map(|right| &right.joiner).collect();
    for user in users.into_iter().filter(|user| !same_owner(user, &keeper)) {
        let own: Vec<&Right> = stopping.iter().copied().filter(|right| right.joiner == *user).collect();
        due.push((user.clone(), notice(&own, None, Vec::new())));
    }
    Some(due)
}

/// The joiners and administrators with rights and access points that rest on something.
fn resting_on(
    rows: &Rows,
    right: impl Fn(&Right) -> bool,
    point: impl Fn(&AccessPoint) -> bool,
) -> BTreeMap<Oid, Touches> {
    let mut all: BTreeMap<Oid, Touches> = BTreeMap::new();
    for row in rows.rights.iter().filter(|row| right(row)) {
        let touches = all.entry(row.joiner.clone()).or_default();
        if touches.rights.len() < NAMED {
            touches.rights.push(named(row));
        }
    }
    for row in rows.access_points.iter().filter(|row| point(row)) {
        let touches = all.entry(row.administrator.clone()).or_default();
        if touches.access_points.len() < NAMED {
            touches.access_points.push(row.oid.clone());
        }
    }
    all
}

fn named(right: &Right) -> (liitos_domain::Service, AccessPointOid) {
    (right.service, right.access_point.clone())
}
