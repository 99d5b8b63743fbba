//! Tells joiners what changed in the registers under them: a notice on their desk and on the operator's, and a mail to the
//! contact who sees to it.

use super::import::Touching;
use crate::notices::tell as tell_once;
use crate::{App, ServiceError};
use liitos_domain::Moment;
use liitos_domain::directory::{AccessPoint, Right, Rows};
use liitos_domain::notice::{Notice, Touches};
use liitos_domain::register::{RegisterKind, Resting, Rests};
use liitos_store::Transaction;
use liitos_store::directory;

/// Tells of changed entries; how many notices came of them.
pub(super) async fn tell(
    app: &App,
    tx: &Transaction,
    register: RegisterKind,
    touching: &[Touching],
    at: Moment,
) -> Result<usize, ServiceError> {
    if touching.is_empty() {
        return Ok(0);
    }
    let version = directory::version(tx.connection()).await?;
    let rows = directory::rows(tx.connection(), version).await?.open_at(at);
    let rests = Rests::of(&rows.joiners, &rows.access_points, &rows.rights);
    let mut told = 0;
    for Touching { was, differences } in touching {
        for (joiner, resting) in rests.on(register, was) {
            let notice = Notice::Register {
                register,
                id: was.id.clone(),
                name: was.name.clone(),
                differences: differences.clone(),
                touches: touches(&rows, &resting),
            };
            let same = format!("register {register} {} {joiner} {}", was.id, at.as_micros());
            told += usize::from(tell_once(app, tx, &same, joiner, &notice, at).await?);
        }
    }
    Ok(told)
}

fn touches(rows: &Rows, resting: &Resting) -> Touches {
    let rights = resting.rights.iter().filter_map(|at| rows.rights.get(*at));
    let points = resting.access_points.iter().filter_map(|at| rows.access_points.get(*at));
    Touches {
        rights: rights.map(|right: &Right| (right.service, right.access_point.clone())).collect(),
        access_points: points.map(|point: &AccessPoint| point.oid.clone()).collect(),
    }
}
