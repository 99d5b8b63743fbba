//! Certificates that were shown to us: whose, what for, and when they end.

use crate::entity::certificate as row;
use crate::error::{json, parsed, to_json};
use crate::{Store, StoreError};
use liitos_domain::notice::Ending;
use liitos_domain::plan::CertificateFound;
use liitos_domain::{Interval, Moment, Sha256Hash};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use std::collections::BTreeMap;

/// What is kept of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownCertificate {
    /// SHA-256 of it.
    pub fingerprint: Sha256Hash,
    /// The Subject's serialNumber: an access point's OID, or its owner's.
    pub holder: String,
    /// A server certificate or a signature certificate.
    pub purpose: Ending,
    /// The Subject's common name.
    pub name: String,
    /// When it is valid.
    pub valid: Interval,
}

/// Fingerprints that are asked for in one statement.
const CHUNK: usize = 500;

/// Keeps a certificate's facts; what is kept already stays, but for what rules ask of it where an older program kept it.
///
/// # Errors
/// [`StoreError`].
pub async fn keep(
    store: &Store,
    known: &KnownCertificate,
    found: &CertificateFound,
    at: Moment,
) -> Result<(), StoreError> {
    let new = row::ActiveModel {
        fingerprint: Set(known.fingerprint.to_string()),
        holder: Set(known.holder.clone()),
        purpose: Set(known.purpose.code().to_owned()),
        name: Set(known.name.clone()),
        valid_from: Set(known.valid.from.as_micros()),
        valid_until: Set(known.valid.until.map_or(i64::MAX, Moment::as_micros)),
        first_seen: Set(at.as_micros()),
        found: Set(Some(to_json(found)?)),
    };
    let once = OnConflict::column(row::Column::Fingerprint).update_column(row::Column::Found).to_owned();
    row::Entity::insert(new).on_conflict(once).exec_without_returning(store.write()).await?;
    Ok(())
}

/// What rules ask of some, as far as they were shown to us, by fingerprint.
///
/// # Errors
/// [`StoreError`].
pub async fn found(
    db: &impl ConnectionTrait,
    fingerprints: &[String],
) -> Result<BTreeMap<String, CertificateFound>, StoreError> {
    let mut all = BTreeMap::new();
    for chunk in fingerprints.chunks(CHUNK) {
        let asked = row::Column::Fingerprint.is_in(chunk.iter().map(String::as_str));
        for row in row::Entity::find().filter(asked).all(db).await? {
            let Some(found) = &row.found else { continue };
            all.insert(row.fingerprint.clone(), json(found, "certificate", &row.fingerprint, "found")?);
        }
    }
    Ok(all)
}

/// Those that end after a moment, the first to end first.
///
/// # Errors
/// [`StoreError`].
pub async fn ending_after(db: &impl ConnectionTrait, after: Moment) -> Result<Vec<KnownCertificate>, StoreError> {
    let query = row::Entity::find().filter(row::Column::ValidUntil.gt(after.as_micros()));
    let rows = query.order_by_asc(row::Column::ValidUntil).order_by_asc(row::Column::Fingerprint).all(db).await?;
    let read = |row: row::Model| {
        Ok(KnownCertificate {
            fingerprint: parsed(Sha256Hash::parse(&row.fingerprint), "certificate", &row.fingerprint, "fingerprint")?,
            purpose: parsed(Ending::parse(&row.purpose), "certificate", &row.fingerprint, "purpose")?,
            holder: row.holder,
            name: row.name,
            valid: Interval::new(Moment::from_micros(row.valid_from), Some(Moment::from_micros(row.valid_until))),
        })
    };
    rows.into_iter().map(read).collect()
}
