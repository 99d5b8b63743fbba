//! The directory's append-only log, for those whom it concerns: what was recorded of them, each with the proof that it stands
//! in the log, and the signed head that the proof leads to.

use super::with_branches;
use crate::{Actor, App, ServiceError};
use liitos_domain::directory::Basis;
use liitos_domain::transparency::{self, Entry, Head, Leaf, Tree, entries};
use liitos_domain::{Moment, RefusalCode, Sha256Hash};
use liitos_store::directory;
use serde::Serialize;
use tokio::sync::MutexGuard;

/// Changes shown to one organisation, the newest.
const SHOWN: u64 = 200;

/// A head with the moment and the seal that bind the operator to it.
#[derive(Clone, Debug, Serialize, serde::Deserialize)]
pub struct SignedHead {
    /// The head.
    #[serde(flatten)]
    pub head: Head,
    /// When it was signed.
    pub at: Moment,
    /// Ed25519 over the canonical JSON of size, root and moment, in hexadecimal digits.
    pub signature: String,
}

/// A change that concerns an organisation, with the proof that it stands in the log.
#[derive(Clone, Debug, Serialize)]
pub struct Proved {
    /// The change as the log commits to it.
    pub leaf: Leaf,
    /// The rows of it that name the organisation.
    pub entries: Vec<Entry>,
    /// The hashes from its leaf to the head.
    pub path: Vec<Sha256Hash>,
    /// What it rests on.
    #[serde(skip)]
    pub basis: Basis,
    /// Whether it was the organisation's own wish.
    pub asked_for: bool,
}

/// What is recorded of an organisation.
#[derive(Clone, Debug, Serialize)]
pub struct Recorded {
    /// The head that the proofs lead to.
    pub head: SignedHead,
    /// Newest first; at most 200.
    pub changes: Vec<Proved>,
}

/// The head of the whole log, signed now.
///
/// # Errors
/// [`ServiceError`].
pub async fn head(app: &App) -> Result<SignedHead, ServiceError> {
    let head = grown(app).await?.head();
    sign(app, head)
}

/// The log's tree with all leaves that there are: only those are read that are new.
async fn grown(app: &App) -> Result<MutexGuard<'_, Tree>, ServiceError> {
    let mut tree = app.publication.tree.lock().await;
    let new = directory::leaves_after(app.store.read(), tree.size()).await?;
    new.into_iter().for_each(|leaf| tree.push(leaf));
    Ok(tree)
}

/// The hashes that show that the log of `from` changes is the beginning of the one of `to` changes, or of all.
///
/// # Errors
/// L-609 where there are not so many.
pub async fn consistency(app: &App, from: u64, to: Option<u64>) -> Result<(Head, Vec<Sha256Hash>), ServiceError> {
    let none = || ServiceError::refused(RefusalCode::NotFound, "from, to");
    let db = app.store.read();
    let newest = directory::version(db).await?;
    let to = to.unwrap_or(newest);
    if to > newest {
        return Err(none());
    }
    let leaves = directory::leaves(db, to).await?;
    let size = usize::try_from(from).map_err(|_| none())?;
    let path = transparency::consistency(&leaves, size).ok_or_else(none)?;
    Ok((transparency::head(&leaves), path))
}

fn sign(app: &App, head: Head) -> Result<SignedHead, ServiceError> {
    let at = app.now();
    let signature = app.publication.sign_head(&head, at)?;
    Ok(SignedHead { head, at, signature })
}

/// The changes that concern the organisation acted for, a pharmacist's branches too, each proved.
///
/// # Errors
/// L-602 without an organisation.
pub async fn own(app: &App, actor: &Actor) -> Result<Recorded, ServiceError> {
    let oids = with_branches(app, actor.joiner()?).await?;
    let db = app.store.read();
    let mut found = Vec::new();
    for (change, written) in directory::changes_naming(db, &oids, SHOWN).await? {
        let entries: Vec<Entry> = entries(&written);
        let entries: Vec<Entry> =
            entries.into_iter().filter(|entry| oids.iter().any(|oid| entry.concerns(oid))).collect();
        if let Some(leaf) = directory::leaf(db, change.version).await? {
            found.push((change, entries, leaf));
        }
    }
    let tree = grown(app).await?;
    let proved = |(change, entries, leaf): (directory::Change, Vec<Entry>, Leaf)| {
        let path = tree.inclusion(change.version.saturating_sub(1))?;
        let asked_for = oids.iter().any(|oid| change.origin.author == oid.as_str());
        Some(Proved { leaf, entries, path, basis: change.origin.basis, asked_for })
    };
    let changes = found.into_iter().filter_map(proved).collect();
    Ok(Recorded { head: sign(app, tree.head())?, changes })
}
