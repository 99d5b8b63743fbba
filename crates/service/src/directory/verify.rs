//! Proves the directory's log, its rows, the audit trail and the archive's use log from the database, and that they go on from any head that somebody
//! remembers: so that not even the operator can rewrite the past unseen.

use crate::ServiceError;
use liitos_domain::Sha256Hash;
use liitos_domain::archive::{Seal, SealHead};
use liitos_domain::directory::{Row, Rows};
use liitos_domain::transparency::{self, Entry, Head, entries};
use liitos_store::{Store, archive, audit, directory};
use serde::Serialize;
use std::collections::BTreeMap;

/// Changes read together.
const PAGE: u64 = 1_000;

/// What was proved.
#[derive(Clone, Debug, Serialize)]
pub struct Verified {
    /// The log's head.
    pub head: Head,
    /// What does not hold; empty: everything does.
    pub broken: Vec<Broken>,
}

/// What does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum Broken {
    /// An audit event does not fit the chain.
    Audit {
        /// The first.
        sequence: i64,
    },
    /// Lines of the archive's use log are not what was sealed, or a seal is missing.
    Uses {
        /// The first seal that does not hold.
        seal: u64,
    },
    /// A seal of the archive's use log is not the one that somebody remembers.
    Seal {
        /// Which.
        seal: u64,
    },
    /// A version is missing.
    Version {
        /// The first.
        version: u64,
    },
    /// A change is not what was approved.
    Effect {
        /// Which.
        version: u64,
    },
    /// A change is not what its leaf commits to, or has no leaf.
    Leaf {
        /// Which.
        version: u64,
    },
    /// Rows are not what the changes make of them.
    Rows {
        /// Which table's.
        list: &'static str,
    },
    /// A head that somebody remembers is not the beginning of the log.
    Head {
        /// That head.
        head: Head,
    },
}

/// Proves everything, and that the log goes on from each of the heads remembered.
///
/// # Errors
/// When the database cannot be read.
pub async fn verify(store: &Store, remembered: &[Head], seals: &[SealHead]) -> Result<Verified, ServiceError> {
    let db = store.read();
    let mut broken = Vec::new();
    broken.extend(audit::first_break(db).await?.map(|sequence| Broken::Audit { sequence }));
    broken.extend(archive::first_broken_seal(db).await?.map(|seal| Broken::Uses { seal }));
    for SealHead { seal, hash, .. } in seals {
        let held = archive::seal(db, *seal).await?.as_ref().map(Seal::hash).transpose()?;
        if held != *hash {
            broken.push(Broken::Seal { seal: *seal });
        }
    }
    let size = directory::version(db).await?;
    let leaves = directory::leaves(db, size).await?;
    let mut replayed = Replay::default();
    let mut expected = 1;
    loop {
        let page = directory::changes_after(db, expected - 1, PAGE).await?;
        let Some((last, _)) = page.last().filter(|_| expected <= size) else { break };
        let last = last.version;
        // What enters meanwhile is looked at the next time.
        for (change, written) in page.into_iter().filter(|(change, _)| change.version <= size) {
            let version = change.version;
            if version != expected {
                broken.push(Broken::Version { version: expected });
                expected = version;
            }
            expected += 1;
            if Sha256Hash::of_canonical(&written)? != change.hash {
                broken.push(Broken::Effect { version });
            }
            let leaf = directory::leaf(db, version).await?.map(|leaf| leaf.hash()).transpose()?;
            let held = usize::try_from(version).ok().and_then(|number| leaves.get(number.checked_sub(1)?));
            if leaf.as_ref() != held {
                broken.push(Broken::Leaf { version });
            }
            for entry in entries(&written) {
                replayed.take(&entry)?;
            }
        }
        expected = last + 1;
    }
    let rows = directory::rows(db, size).await?;
    broken.extend(replayed.differs(&rows)?.into_iter().map(|list| Broken::Rows { list }));
    let begins = |head: &Head| {
        let beginning = usize::try_from(head.size).ok().and_then(|size| leaves.get(..size));
        beginning.is_some_and(|leaves| transparency::head(leaves) == *head)
    };
    let forgotten = remembered.iter().filter(|head| !begins(head));
    broken.extend(forgotten.map(|head| Broken::Head { head: *head }));
    Ok(Verified { head: transparency::head(&leaves), broken })
}

/// Rows as the changes make them: how often each stands, by its hash.
#[derive(Default)]
struct Replay(BTreeMap<(&'static str, Sha256Hash), i64>);

/// The lists of an effect: what opens, what ends, and what the rows are called.
const LISTS: [(&str, &str, &str); 6] = [
    ("joiners_opened", "joiners_ended", "joiner"),
    ("access_points_opened", "access_points_ended", "access point"),
    ("rights_opened", "rights_closed", "right"),
    ("tenants_opened", "tenants_ended", "tenant"),
    ("collection_points_opened", "collection_points_ended", "collection point"),
    ("closings_opened", "closings_ended", "closing"),
];

impl Replay {
    fn take(&mut self, entry: &Entry) -> Result<(), ServiceError> {
        for (opened, ended, list) in LISTS {
            if entry.list == opened {
                self.count(list, &entry.row, 1)?;
            } else if entry.list == ended
                && let Some([row, at]) = entry.row.as_array().map(Vec::as_slice)
            {
                self.count(list, row, -1)?;
                let mut shortened = row.clone();
                if let Some(fields) = shortened.as_object_mut() {
                    fields.insert("until".to_owned(), at.clone());
                }
                self.count(list, &shortened, 1)?;
            }
        }
        Ok(())
    }

    fn count(&mut self, list: &'static str, row: &serde_json::Value, by: i64) -> Result<(), ServiceError> {
        *self.0.entry((list, Sha256Hash::of_canonical(row)?)).or_default() += by;
        Ok(())
    }

    /// The lists of which the rows say something else.
    fn differs(mut self, rows: &Rows) -> Result<Vec<&'static str>, ServiceError> {
        fn take<R: Row + Serialize>(replay: &mut Replay, list: &'static str, rows: &[R]) -> Result<(), ServiceError> {
            for row in rows {
                replay.count(list, &serde_json::to_value(row)?, -1)?;
            }
            Ok(())
        }
        take(&mut self, "joiner", &rows.joiners)?;
        take(&mut self, "access point", &rows.access_points)?;
        take(&mut self, "right", &rows.rights)?;
        take(&mut self, "tenant", &rows.tenants)?;
        take(&mut self, "collection point", &rows.collection_points)?;
        take(&mut self, "closing", &rows.closings)?;
        let differs = |list: &&str| self.0.iter().any(|((of, _), count)| of == list && *count != 0);
        Ok(LISTS.iter().map(|(_, _, list)| *list).filter(differs).collect())
    }
}
