//! Documents that older programs kept, plain, in a table of their own: brought over by newer ones.

use crate::StoreError;
use crate::entity::{archive_document, document as row};
use crate::error::parsed;
use liitos_domain::{Moment, Oid, Sha256Hash};
use sea_orm::sea_query::{Expr, ExprTrait as _, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

/// A document of before.
#[derive(Clone, Debug)]
pub struct Before {
    /// Its id.
    pub id: Oid,
    /// Its set.
    pub set_id: Oid,
    /// Its version.
    pub version: u32,
    /// The controller that it names.
    pub controller: Oid,
    /// The register's code.
    pub register_code: String,
    /// Whose joining it came under.
    pub joiner: Oid,
    /// The access point it came through.
    pub access_point: String,
    /// The message that brought it.
    pub message_id: Oid,
    /// The signature policy it passed under.
    pub policy: String,
    /// The signer's certificate.
    pub signer: Sha256Hash,
    /// SHA-256 of the signature value, where it was kept.
    pub signature: Option<Sha256Hash>,
    /// When it was signed.
    pub signed_at: Moment,
    /// When it was stored.
    pub stored_at: Moment,
    /// The document.
    pub body: Vec<u8>,
}

/// Some documents of before that are not brought over yet, after an id.
///
/// # Errors
/// [`StoreError`].
pub async fn not_brought_over(db: &impl ConnectionTrait, after: &str, most: u64) -> Result<Vec<Before>, StoreError> {
    const TABLE: &str = "document";
    let brought = Query::select()
        .expr(Expr::val(1))
        .from(archive_document::Entity)
        .and_where(
            Expr::col((archive_document::Entity, archive_document::Column::DocumentId))
                .equals((row::Entity, row::Column::DocumentId)),
        )
        .to_owned();
    let query = row::Entity::find()
        .filter(row::Column::DocumentId.gt(after))
        .filter(Expr::exists(brought).not())
        .order_by_asc(row::Column::DocumentId)
        .limit(most);
    let read = |row: row::Model| {
        let oid = |text: &str, column| parsed(Oid::parse(text).ok(), TABLE, &row.document_id, column);
        let hash = |text: &str, column| parsed(Sha256Hash::parse(text), TABLE, &row.document_id, column);
        Ok(Before {
            id: oid(&row.document_id, "document_id")?,
            set_id: oid(&row.set_id, "set_id")?,
            version: parsed(u32::try_from(row.version).ok(), TABLE, &row.document_id, "version")?,
            controller: oid(&row.controller, "controller")?,
            register_code: row.register_code.clone(),
            joiner: oid(&row.joiner, "joiner")?,
            message_id: oid(&row.message_id, "message_id")?,
            signer: hash(&row.signer_fingerprint, "signer_fingerprint")?,
            signature: row.signature_hash.as_deref().map(|text| hash(text, "signature_hash")).transpose()?,
            access_point: row.access_point.clone(),
            policy: row.policy.clone(),
            signed_at: Moment::from_micros(row.signed_at),
            stored_at: Moment::from_micros(row.stored_at),
            body: row.body.clone(),
        })
    };
    query.all(db).await?.into_iter().map(read).collect()
}
