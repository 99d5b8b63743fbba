//! What the archive has around a document that comes.

use super::{Kept, KeptMatter, find, lets_in, matters, newest, will_of};
use crate::StoreError;
use crate::controller_runs::{self, Run};
use liitos_domain::archive::{Standing, Succession};
use liitos_domain::document::{Header, Will};
use liitos_domain::{Moment, Oid};
use sea_orm::ConnectionTrait;

/// What a document that comes is judged by.
#[derive(Clone, Debug)]
pub struct Around {
    /// The newest of the set that it names.
    pub newest: Option<Kept>,
    /// Whether that one lets units into its client's documents.
    pub lets_in: bool,
    /// What its patient wants by it.
    pub will: Option<Will>,
    /// The document that it says it is added to.
    pub added_to: Option<Kept>,
    /// What is known of the matter that it names.
    pub matters: Vec<KeptMatter>,
    /// The runs that were switched.
    pub succession: Succession,
    /// The runs around whose switch systems may be apart from the archive now.
    pub apart: Vec<Run>,
}

/// What the archive has around a document.
///
/// # Errors
/// [`StoreError`].
pub async fn around(db: &impl ConnectionTrait, header: &Header, now: Moment) -> Result<Around, StoreError> {
    let first = header.set_id == header.id && header.version == 1;
    let added_to = header.follows.as_ref().filter(|follows| !follows.replaces);
    let standing = controller_runs::standing(db).await?;
    let newest = if first { None } else { newest(db, &header.set_id).await? };
    Ok(Around {
        lets_in: match &newest {
            Some(kept) => lets_in(db, &kept.id).await?,
            None => false,
        },
        will: match &newest {
            Some(kept) => will_of(db, &kept.id).await?,
            None => None,
        },
        newest,
        added_to: match added_to {
            Some(follows) => added_to_it(db, &follows.id).await?,
            None => None,
        },
        matters: matters(db, header.matter().as_slice(), &standing.succession().named(&header.custodian)).await?,
        succession: standing.succession().clone(),
        apart: standing.apart(now)?,
    })
}

/// A document that another is to be added to: void where its set is, whichever of its versions it is.
async fn added_to_it(db: &impl ConnectionTrait, id: &Oid) -> Result<Option<Kept>, StoreError> {
    let Some(kept) = find(db, id).await? else { return Ok(None) };
    let void = kept.standing == Standing::Replaced
        && newest(db, &kept.set_id).await?.is_some_and(|newest| newest.standing == Standing::Invalidated);
    let standing = if void { Standing::Invalidated } else { kept.standing };
    Ok(Some(Kept { standing, ..kept }))
}
