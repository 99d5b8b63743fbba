//! Makes a system signature as Kanta documents carry it: for tests, for trying things out, and for joiners' systems.

use crate::signature::{DSIG, EXCLUSIVE_C14N};
use crate::xml::{HL7, HL7_FINLAND, local_header};
use bergshamra::{DsigContext, KeyUsage, KeysManager};
use liitos_domain::Moment;

/// A system signature certificate with its private key.
pub struct SigningKey {
    /// The certificate, DER.
    pub certificate_der: Vec<u8>,
    /// The private key (RSA), PKCS#8 PEM.
    pub key_pem: String,
}

/// Why a document could not be signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// Not a CDA document with a local header and a body with an ID.
    #[error("the document has no {0} to sign or to sign into")]
    Document(&'static str),
    /// The key cannot be used.
    #[error("the signing key cannot be used: {0}")]
    Key(String),
    /// The signature could not be made.
    #[error("the signature could not be made: {0}")]
    Core(String),
}

/// Signs a CDA document at a time, in place of the signatures it had.
///
/// # Errors
/// [`SignError`].
pub fn sign(document: &str, key: &SigningKey, at: Moment) -> Result<String, SignError> {
    let (before, after, body_id) = split(document)?;
    let template = template(&body_id, at, &key.certificate_der);
    let mut signing = bergshamra::keys::loader::load_pem_auto(key.key_pem.as_bytes(), None)
        .map_err(|e| SignError::Key(e.to_string()))?;
    signing.usage = KeyUsage::Sign;
    let mut keys = KeysManager::new();
    keys.add_key(signing);
    let context = DsigContext::new(keys).with_strict_verification(false);
    bergshamra::sign(&context, &format!("{before}{template}{after}")).map_err(|e| SignError::Core(e.to_string()))
}

/// The text before and after the signatures' place in the local header, and the body's id.
fn split(document: &str) -> Result<(&str, &str, String), SignError> {
    let tree = roxmltree::Document::parse(document).map_err(|_| SignError::Document("well-formed root"))?;
    let root = tree.root_element();
    let header = local_header(&tree).ok_or(SignError::Document("localHeader"))?;
    let component = root.children().find(|node| node.has_tag_name((HL7, "component")));
    let body = component.and_then(|node| node.first_element_child());
    let id = body.and_then(|node| node.attribute("ID")).ok_or(SignError::Document("body with an ID"))?;
    let old = header.children().find(|node| node.has_tag_name((HL7_FINLAND, "signatureCollection")));
    let range = match old {
        Some(node) => node.range(),
        None => {
            let status = header.children().find(|node| node.has_tag_name((HL7_FINLAND, "recordStatus")));
            let end = status.ok_or(SignError::Document("recordStatus"))?.range().end;
            end..end
        }
    };
    let part = |range| document.get::<std::ops::Range<usize>>(range).unwrap_or_default();
    Ok((part(0..range.start), part(range.end..document.len()), id.to_owned()))
}

fn template(body_id: &str, at: Moment, certificate_der: &[u8]) -> String {
    use base64::Engine as _;
    let certificate = base64::engine::general_purpose::STANDARD.encode(certificate_der);
    // Ids within the document: derived from the body's, so that signing twice gives the same document.
    let (signature, timestamp) = (format!("sig.{body_id}"), format!("sigt.{body_id}"));
    let time = Moment::from_seconds(at.as_seconds());
    let reference = |id: &str| {
        format!(
            "<Reference URI=\"#{id}\"><Transforms><Transform Algorithm=\"{EXCLUSIVE_C14N}\"/></Transforms>\
             <DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/><DigestValue/></Reference>"
        )
    };
    format!(
        "<signatureCollection xmlns=\"{HL7_FINLAND}\"><signature ID=\"{signature}\">\
         <signatureDescription code=\"3\" codeSystem=\"1.2.246.537.5.40127.2006\"/>\
         <signatureTimestamp ID=\"{timestamp}\">{time}</signatureTimestamp>\
         <Signature xmlns=\"{DSIG}\"><SignedInfo><CanonicalizationMethod Algorithm=\"{EXCLUSIVE_C14N}\"/>\
         <SignatureMethod Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256\"/>{}{}</SignedInfo>\
         <SignatureValue/><KeyInfo><X509Data><X509Certificate>{certificate}</X509Certificate></X509Data></KeyInfo>\
         </Signature></signature></signatureCollection>",
        reference(&timestamp),
        reference(body_id)
    )
}
