//! Declares a document's set void at somebody's desk: the archivist's, or the operator's where a controller ordered it.

use crate::{App, ServiceError};
use liitos_domain::Oid;
use liitos_domain::archive::{Act, Standing, Use};
use liitos_store::{Lock, archive, controller_runs};

/// How often it is tried against corrections at the same time.
const TRIES: usize = 3;

/// What became of a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Voided {
    /// It is void from now on.
    Now,
    /// It was before.
    Before,
    /// There is no such document in a register of these controllers.
    Elsewhere,
    /// It is being corrected all the while.
    Corrected,
}

/// Declares void the set of a document that is in a register of one of some controllers; all its versions stay readable, and nothing follows it any more. `line` begins the use
/// log's line about what is done in whose register.
pub(crate) async fn declare_void(
    app: &App,
    id: &Oid,
    controllers: &[Oid],
    (reason, by): (&str, &str),
    line: impl Fn(Act, &Oid) -> Use,
) -> Result<Voided, ServiceError> {
    let Some(kept) = archive::find(app.store.read(), id).await? else { return Ok(Voided::Elsewhere) };
    let tx = app.store.begin().await?;
    // Whose it is stays so until it is void.
    tx.share(Lock::Controllers).await?;
    let active = controller_runs::succession(tx.connection()).await?.active(&kept.cell).0.clone();
    if !controllers.contains(&active) {
        return Ok(Voided::Elsewhere);
    }
    let mut changed = false;
    for _ in 0..TRIES {
        // A correction that was waited for has made another version the newest: that one is declared void then.
        changed = changed || archive::invalidate(&tx, &kept.set_id, (reason, by), app.now()).await?;
    }
    let Some(newest) = archive::newest(tx.connection(), &kept.set_id).await? else { return Ok(Voided::Elsewhere) };
    if !changed {
        return Ok(match newest.standing {
            Standing::Invalidated => Voided::Before,
            Standing::Newest | Standing::Replaced => Voided::Corrected,
        });
    }
    let mut line = line(Act::Invalidated, &active);
    (line.document, line.person) = (Some(newest.id), Some(kept.person));
    line.more.get_or_insert_with(|| Use::of_reason(reason));
    archive::add_uses(&tx, &[line]).await?;
    tx.commit().await?;
    Ok(Voided::Now)
}
