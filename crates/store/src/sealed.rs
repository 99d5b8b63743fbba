//! Sealed copies of what was signed; never changed, never deleted.

use crate::entity::sealed_copy as row;
use crate::error::parsed;
use crate::{StoreError, Transaction};
use liitos_domain::{Moment, Oid, Sha256Hash};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

/// A sealed copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    /// Its key; of a new one 0.
    pub key: i64,
    /// Whose it is.
    pub joiner: Oid,
    /// What it is of: an application's number.
    pub subject: String,
    /// What the file is called.
    pub name: String,
    /// What the bytes are.
    pub media_type: String,
    /// SHA-256 of the bytes.
    pub hash: Sha256Hash,
    /// The operator's signature over the hash.
    pub seal: String,
    /// When it was sealed.
    pub at: Moment,
    /// The bytes; empty in lists.
    pub body: Vec<u8>,
}

/// Keeps a copy and gives its key.
///
/// # Errors
/// [`StoreError`].
pub async fn keep(tx: &Transaction, copy: &Copy) -> Result<i64, StoreError> {
    let new = row::ActiveModel {
        joiner: Set(copy.joiner.to_string()),
        subject: Set(copy.subject.clone()),
        name: Set(copy.name.clone()),
        media_type: Set(copy.media_type.clone()),
        hash: Set(copy.hash.to_string()),
        seal: Set(copy.seal.clone()),
        at: Set(copy.at.as_micros()),
        body: Set(copy.body.clone()),
        ..Default::default()
    };
    Ok(row::Entity::insert(new).exec(tx.connection()).await?.last_insert_id)
}

/// The copy with a key.
///
/// # Errors
/// [`StoreError`].
pub async fn find(db: &impl ConnectionTrait, key: i64) -> Result<Option<Copy>, StoreError> {
    row::Entity::find_by_id(key).one(db).await?.map(copy).transpose()
}

/// A joiner's copies, the newest first, without their bytes.
///
/// # Errors
/// [`StoreError`].
pub async fn of_joiner(db: &impl ConnectionTrait, joiner: &Oid) -> Result<Vec<Copy>, StoreError> {
    type Row = (i64, String, String, String, String, String, i64);
    use row::Column as C;
    let query = row::Entity::find().filter(C::Joiner.eq(joiner.as_str())).order_by_desc(C::CopyKey).select_only();
    let query = query.columns([C::CopyKey, C::Subject, C::Name, C::MediaType, C::Hash, C::Seal, C::At]);
    let rows: Vec<Row> = query.into_tuple().all(db).await?;
    let told = |(copy_key, subject, name, media_type, hash, seal, at): Row| {
        let joiner = joiner.to_string();
        copy(row::Model { copy_key, joiner, subject, name, media_type, hash, seal, at, body: Vec::new() })
    };
    rows.into_iter().map(told).collect()
}

fn copy(row: row::Model) -> Result<Copy, StoreError> {
    const TABLE: &str = "sealed_copy";
    let key = row.copy_key;
    Ok(Copy {
        key,
        joiner: parsed(Oid::parse(&row.joiner).ok(), TABLE, key, "joiner")?,
        subject: row.subject,
        name: row.name,
        media_type: row.media_type,
        hash: parsed(Sha256Hash::parse(&row.hash), TABLE, key, "hash")?,
        seal: row.seal,
        at: Moment::from_micros(row.at),
        body: row.body,
    })
}
