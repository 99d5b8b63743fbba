//! Goes round the archive: each body is opened and held against what its document was when it came, and what a retired key wraps is wrapped anew. Of what
//! older programs stored it is read for how long it is to be kept.
//!
//! ```text
//! keys older than a year retired ──▶ round through all bodies ──▶ finished: keys that wrap nothing any more are destroyed
//!                                        │ one cannot be opened, or is another than it was
//!                                        └──▶ written down as damaged, until a later round finds it whole
//! ```

use super::arrive::busy;
use super::bodies::{marked, opened};
use super::vault;
use crate::{App, ServiceError};
use liitos_documents::read_document_header;
use liitos_domain::archive::Keeping;
use liitos_domain::{Moment, Oid, RefusalCode, Sha256Hash};
use liitos_store::StoreError;
use liitos_store::archive::{self, Looked, Round};
use std::collections::BTreeMap;

/// Seconds from one round's beginning to the next one's, at least: 30 days.
const ROUND_SECONDS: i64 = 30 * 86_400;
/// How long a register's key seals, in seconds: a year.
const KEY_SECONDS: i64 = 365 * 86_400;
/// A key that was retired so long before a round began sealed nothing while it went on.
const STRAGGLERS_SECONDS: i64 = 86_400;
/// Most bytes of bodies that are looked at together.
const MOST_BYTES: i64 = 16 * 1024 * 1024;
/// Bodies that are looked at together when a round is to be over soon.
const AT_ONCE: u64 = 200;
/// Most keys that are replaced at once.
const KEYS_AT_ONCE: u64 = 100;

/// What a round finds of a body.
struct Seen {
    looked: Looked,
    /// What is wrong with it.
    damage: Option<String>,
    /// Its key as another key of its register wraps it.
    wrapped: Option<Wrapped>,
    /// How long it is to be kept, where nobody has read that before.
    keeping: Option<Keeping>,
}

/// A body's key, wrapped anew.
struct Wrapped {
    id: Oid,
    /// The key that wrapped it.
    was: i64,
    /// The key that wraps it.
    key: i64,
    wrapped: Vec<u8>,
}

/// Looks at some bodies of the round that goes on, or begins the next one when it is time; whether there was anything to do.
///
/// # Errors
/// L-518 when the object store does not answer: the same bodies come next time; [`ServiceError`].
pub async fn go_round(app: &App, most: u64) -> Result<bool, ServiceError> {
    let now = app.now();
    let round = match archive::newest_round(app.store.read()).await? {
        Some(round) if round.finished_at.is_none() => round,
        Some(round) if now < round.began_at.plus_seconds(ROUND_SECONDS) => return Ok(false),
        _ => {
            let tx = app.store.begin().await?;
            archive::begin_round(&tx, now).await?;
            tx.commit().await?;
            return Ok(true);
        }
    };
    if let Some(objects) = &app.objects {
        // An empty store in its place would be damage without end.
        marked(app, objects).await?;
    }
    let some = archive::documents_after(app.store.read(), &round.after, (most, MOST_BYTES)).await?;
    if some.is_empty() {
        return finish(app, &round).await;
    }
    let mut seen = Vec::with_capacity(some.len());
    for looked in some {
        seen.push(look(app, looked).await?);
    }
    keep(app, &round, &seen).await
}

/// Goes round all bodies at once, whether it is time or not. `told`: how many have been looked at.
///
/// # Errors
/// As [`go_round`].
pub async fn go_round_now(app: &App, mut told: impl FnMut(u64)) -> Result<Round, ServiceError> {
    let tx = app.store.begin().await?;
    archive::begin_round(&tx, app.now()).await?;
    tx.commit().await?;
    loop {
        go_round(app, AT_ONCE).await?;
        let newest = archive::newest_round(app.store.read()).await?;
        let round = newest.ok_or_else(|| ServiceError::refused(RefusalCode::Internal, "archive_round"))?;
        told(round.looked);
        if round.finished_at.is_some() {
            return Ok(round);
        }
    }
}

/// Documents whose bodies cannot be given out, since when and why; a bounded number.
///
/// # Errors
/// [`ServiceError`].
pub async fn damaged_bodies(app: &App, most: u64) -> Result<Vec<(String, Moment, String)>, ServiceError> {
    Ok(archive::damaged(app.store.read(), most).await?)
}

/// Looks at a document's body. What is wrong with its row is damage like any other: it keeps nothing behind it from being looked at.
async fn look(app: &App, looked: Looked) -> Result<Seen, ServiceError> {
    let damaged = |what: String| Seen { looked: looked.clone(), damage: Some(what), wrapped: None, keeping: None };
    let (Ok(id), Some(hash)) = (Oid::parse(&looked.id), Sha256Hash::parse(&looked.hash)) else {
        return Ok(damaged("its row cannot be read".to_owned()));
    };
    let sealed = match archive::body(app.store.read(), &id).await {
        Ok(Some(sealed)) => sealed,
        Ok(None) => return Ok(damaged("there is no body".to_owned())),
        Err(StoreError::BadRow { column, .. }) => return Ok(damaged(format!("its row cannot be read: {column}"))),
        Err(error) => return Err(error.into()),
    };
    let (damage, keeping) = match opened(app, &id, &sealed, hash).await {
        Ok(body) if looked.unread => (None, Some(busy(body.len(), || keeping(&body)))),
        Ok(_) => (None, None),
        Err(error) if error.code == RefusalCode::BodyDamaged => (Some(error.place), None),
        Err(error) => return Err(error),
    };
    // Damaged or not: what can be restored is to be opened then.
    let wrapped = match archive::retired_key_of(app.store.read(), sealed.key).await? {
        Some(controller) => match vault::wrapped_anew(app, &controller, &id, &sealed).await {
            Ok((key, wrapped)) => Some(Wrapped { id, was: sealed.key, key, wrapped }),
            // What cannot be unwrapped is damaged, and told.
            Err(_) if damage.is_some() => None,
            Err(error) => return Err(error),
        },
        None => None,
    };
    Ok(Seen { looked, damage, wrapped, keeping })
}

/// How long a document is to be kept, as far as it says.
fn keeping(body: &[u8]) -> Keeping {
    let header = std::str::from_utf8(body).ok().and_then(|text| read_document_header(text).ok());
    header.map(|header| header.keeping).unwrap_or_default()
}

/// Keeps that a body was found damaged when somebody asked for it, so that the operator sees it before the next round. What fails here fails nothing.
pub(super) async fn seen_damaged(app: &App, id: &Oid, error: &ServiceError) {
    tracing::error!(document = %id, what = error.place, cause = ?error.source, "a document's body is damaged");
    let kept = async {
        let tx = app.store.begin().await?;
        archive::add_damage(&tx, id.as_str(), &error.place, app.now()).await?;
        tx.commit().await
    };
    if let Err(error) = kept.await {
        tracing::error!(document = %id, error = %error, "the damage was not kept");
    }
}

/// Keeps what was seen, and how far the round has come.
async fn keep(app: &App, round: &Round, seen: &[Seen]) -> Result<bool, ServiceError> {
    let now = app.now();
    let tx = app.store.begin().await?;
    let whole: Vec<&str> = seen.iter().filter(|one| one.damage.is_none()).map(|one| &*one.looked.id).collect();
    archive::clear_damage(&tx, &whole).await?;
    let mut further = Round { looked: round.looked + seen.len() as u64, ..round.clone() };
    let mut same: BTreeMap<&Keeping, Vec<&str>> = BTreeMap::new();
    for Seen { looked, keeping, .. } in seen {
        if let Some(keeping) = keeping {
            same.entry(keeping).or_default().push(&looked.id);
        }
    }
    for (keeping, ids) in same {
        archive::note_keeping(&tx, &ids, keeping).await?;
    }
    for Seen { looked, damage, wrapped, .. } in seen {
        if let Some(what) = damage {
            tracing::error!(document = %looked.id, what, "a document's body is damaged");
            archive::add_damage(&tx, &looked.id, what, now).await?;
            further.damaged += 1;
        }
        if let Some(Wrapped { id, was, key, wrapped }) = wrapped {
            further.wrapped_anew += u64::from(archive::wrap_anew(&tx, id, *was, (*key, wrapped)).await?);
        }
        further.after.clone_from(&looked.id);
    }
    // Another process may go round, too; then what it kept counts.
    if archive::go_on_with_round(&tx, round, &further).await? {
        tx.commit().await?;
    }
    Ok(true)
}

async fn finish(app: &App, round: &Round) -> Result<bool, ServiceError> {
    let finished = Round { finished_at: Some(app.now()), ..round.clone() };
    let tx = app.store.begin().await?;
    if archive::go_on_with_round(&tx, round, &finished).await? {
        let destroyed = archive::destroy_keys(&tx, round.began_at.plus_seconds(-STRAGGLERS_SECONDS)).await?;
        tx.commit().await?;
        let Round { number, looked, wrapped_anew, damaged, .. } = finished;
        tracing::info!(
            round = number,
            looked,
            wrapped_anew,
            damaged,
            destroyed,
            "all bodies of the archive were looked at"
        );
    }
    Ok(true)
}

/// Replaces the keys of registers that have sealed for a year; how many. What they wrap is wrapped anew by the next round.
///
/// # Errors
/// [`ServiceError`].
pub async fn rotate_keys(app: &App) -> Result<u64, ServiceError> {
    let before = app.now().plus_seconds(-KEY_SECONDS);
    let mut replaced = 0;
    for old in archive::old_keys(app.store.read(), before, KEYS_AT_ONCE).await? {
        replaced += u64::from(vault::replaced(app, &old).await?);
    }
    Ok(replaced)
}
