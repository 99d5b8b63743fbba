//! Opens a document of the archivist's own registers, with its versions and what was added to it.

use super::Desk;
use crate::archive::{as_given, write_uses};
use crate::{Actor, App, ServiceError};
use liitos_domain::archive::{Act, Criteria, Standing};
use liitos_domain::{Moment, Oid, RefusalCode};
use liitos_store::archive::{self, Kept, Listed, Void};
use liitos_store::controller_runs;

/// Most versions, and most additions, that are listed.
const MOST: u64 = 200;

/// A document that is open.
#[derive(Clone, Debug)]
pub struct Opened {
    /// What is known of it.
    pub listed: Listed,
    /// Whose it is now.
    pub active: Oid,
    /// All versions of its set, the newest first.
    pub versions: Vec<Version>,
    /// What was added to it.
    pub additions: Vec<Oid>,
    /// Why its set is void, if it is.
    pub void: Option<Void>,
    /// Its bytes, as they are given out.
    pub body: Vec<u8>,
}

/// A version of a document.
#[derive(Clone, Debug)]
pub struct Version {
    /// Its id.
    pub id: Oid,
    /// Its number.
    pub version: u32,
    /// How it stands.
    pub standing: Standing,
    /// When it was stored.
    pub stored_at: Moment,
}

/// Opens a document.
///
/// # Errors
/// As [`enter`](super::enter); L-507 when it is in no register of theirs.
pub async fn read(app: &App, actor: &Actor, id: &Oid) -> Result<Opened, ServiceError> {
    let desk = Desk::open(app, actor).await?;
    let missing = || ServiceError::refused(RefusalCode::DocumentNotFound, id.as_str());
    let (kept, active) = own(app, &desk, id).await?.ok_or_else(missing)?;
    let db = app.store.read();
    let now = app.storing.seen(app.now());
    let one = Criteria { document: Some(id.clone()), ..Criteria::default() };
    let listed = archive::search(db, (&one, None, None), (None, now), 1).await?.pop().ok_or_else(missing)?;
    let all = Criteria { set: Some(kept.set_id.clone()), ..Criteria::default() };
    let mut versions = archive::search(db, (&all, None, None), (None, now), MOST).await?;
    versions.sort_by_key(|listed| std::cmp::Reverse(listed.version));
    let additions = archive::added_to(db, id, now, MOST).await?.into_iter().map(|added| added.id).collect();
    let void = archive::void(db, &kept.set_id).await?;
    let sealed = archive::body(db, id).await?.ok_or_else(missing)?;
    let body = as_given(app, &kept, &sealed, &active).await?;
    let mut line = desk.line(app, Act::Fetched, &active);
    (line.document, line.person) = (Some(id.clone()), Some(kept.person.clone()));
    write_uses(app, vec![line]).await?;
    let version = |listed: Listed| Version {
        id: listed.id,
        version: listed.version,
        standing: listed.standing,
        stored_at: listed.stored_at,
    };
    let versions = versions.into_iter().map(version).collect();
    Ok(Opened { listed, active, versions, additions, void, body })
}

/// A document of the desk's own registers, of a service that it looks after, and whose it is.
pub(super) async fn own(app: &App, desk: &Desk, id: &Oid) -> Result<Option<(Kept, Oid)>, ServiceError> {
    let db = app.store.read();
    let its = |kept: &Kept| desk.services.contains(&kept.cell.register.family.service());
    let Some(kept) = archive::find(db, id).await?.filter(its) else { return Ok(None) };
    let active = controller_runs::succession(db).await?.active(&kept.cell).0.clone();
    Ok(desk.controllers.contains(&active).then_some((kept, active)))
}
