//! The signature over social care's structured part: a detached JWS beside it in the local header (assumed: `jws`), over the JSON's bytes. The system signature
//! covers the page alone.

use super::plan::{child, form, only_child, only_text};
use crate::social::unpack;
use crate::xml::{HL7_FINLAND, SOCIAL_HEADER};
use liitos_domain::refusal::Finding;
use liitos_domain::{Moment, Sha256Hash};
use liitos_pki::{Certificate, DetachedJws};
use roxmltree::Document;

/// What the structured part's own signature says.
#[derive(Debug, Clone)]
pub struct StructuredSignature {
    /// It is by the certificate's key over exactly the JSON that stands there.
    pub intact: bool,
    /// The signer's certificate, not yet trusted.
    pub certificate: Certificate,
    /// When it was signed, by the signer's clock.
    pub signed_at: Moment,
    /// The signature method.
    pub method: String,
    /// SHA-256 of the JSON that it was tried on.
    pub(super) json: Sha256Hash,
}

/// The structured part's signature, where it has one.
pub(super) fn structured(tree: &Document<'_>) -> Result<Option<StructuredSignature>, Finding> {
    let Some(header) = child(tree.root_element(), HL7_FINLAND, SOCIAL_HEADER) else { return Ok(None) };
    if child(header, HL7_FINLAND, "jws").is_none() {
        return Ok(None);
    }
    let text = |name: &str| only_text(only_child(header, HL7_FINLAND, name)?);
    let json = unpack(text("json")?)?;
    let read = DetachedJws::read(text("jws")?.trim(), &json);
    let read = read.map_err(|error| form(&format!("localSocialHeader/jws: {error}")))?;
    let DetachedJws { intact, certificate, signed_at, method } = read;
    Ok(Some(StructuredSignature { intact, certificate, signed_at, method, json: Sha256Hash::of(&json) }))
}
