//! The directory as the operator sees it: the newest of it, or what was searched for.

use crate::{Actor, App, ServiceError};
use liitos_domain::Duty;
use liitos_domain::directory::Rows;
use liitos_store::applications;
use liitos_store::directory::{self, Change, Counts, Looked};

/// Changes shown.
const CHANGES: u64 = 20;
/// Rights and access points shown, of each.
const SHOWN: u64 = 30;
/// Joiners that a name may mean.
const NAMED: u64 = 50;

/// A part of the directory.
#[derive(Clone, Debug)]
pub struct Overview {
    /// The newest version.
    pub version: u64,
    /// How much there is in all; not counted where something is searched for.
    pub counts: Option<Counts>,
    /// Rights and access points that were searched for, or the newest.
    pub rows: Rows,
    /// The last changes.
    pub changes: Vec<Change>,
}

/// The newest of the directory, or what has to do with an OID or the name of a joiner.
///
/// # Errors
/// L-602 without the position.
pub async fn overview(app: &App, actor: &Actor, asked: &str) -> Result<Overview, ServiceError> {
    actor.must_see(Duty::Keep)?;
    let db = app.store.read();
    let asked = asked.trim();
    let is_oid = asked.chars().all(|c| c.is_ascii_digit() || c == '.');
    let named = if is_oid { Vec::new() } else { applications::joiners_named(db, asked, NAMED).await? };
    let looked = if is_oid { Looked::Begins(asked) } else { Looked::Of(&named) };
    Ok(Overview {
        version: directory::version(db).await?,
        counts: if asked.is_empty() { Some(directory::counts(db).await?) } else { None },
        rows: directory::found(db, looked, SHOWN).await?,
        changes: directory::changes(db, CHANGES).await?,
    })
}
