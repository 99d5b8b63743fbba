//! Makes a system signature as Kanta documents carry it: for tests, for trying things out, and for joiners' systems.

use crate::signature::{DSIG, EXCLUSIVE_C14N, MOST, reference};
use crate::social::unpack;
use crate::xml::{Canonical, HL7, HL7_FINLAND, Part, SOCIAL_HEADER, local_header};
use aws_lc_rs::digest::SHA256;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use liitos_domain::Moment;
use liitos_pki::{DetachedJws, sign_rsa_sha256};
use roxmltree::{Document, Node};
use std::borrow::Cow;
use std::ops::Range;

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
    /// Not as many documents as one signature may be made over.
    #[error("2 to {MOST} documents are signed together")]
    Number,
}

/// Signs a CDA document at a time, in place of the signatures it had: its body, and social care's structured part.
///
/// # Errors
/// [`SignError`].
pub fn sign(document: &str, key: &SigningKey, at: Moment) -> Result<String, SignError> {
    let document = &*with_signed_part(document, key, at)?;
    let (before, after, body_id) = split(document)?;
    signed(&format!("{before}{}{after}", template(&body_id, None, at, &key.certificate_der)), key)
}

/// Signs several documents at once: each carries the same signature, over a list of them all.
///
/// # Errors
/// [`SignError`].
pub fn sign_together(documents: &[&str], key: &SigningKey, at: Moment) -> Result<Vec<String>, SignError> {
    if !(2..=MOST).contains(&documents.len()) {
        return Err(SignError::Number);
    }
    let documents: Vec<_> =
        documents.iter().map(|document| with_signed_part(document, key, at)).collect::<Result<_, _>>()?;
    let parts: Vec<_> = documents.iter().map(|document| split(document)).collect::<Result<_, _>>()?;
    let mut list = String::new();
    for document in &documents {
        let (id, hash) = reference(document).ok_or(SignError::Document("id and body"))?;
        list.push_str(&format!("<Ref OID=\"{id}\" hash=\"{hash}\"/>"));
    }
    let Some((before, after, body_id)) = parts.first() else { return Ok(Vec::new()) };
    let template = template(&format!("all.{body_id}"), Some(&list), at, &key.certificate_der);
    let first = signed(&format!("{before}{template}{after}"), key)?;
    // None of what is signed lies outside the collection: it is the same in every document.
    let collection = first.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
    let collection = collection.ok_or(SignError::Document("place"))?;
    Ok(parts.iter().map(|(before, after, _)| format!("{before}{collection}{after}")).collect())
}

/// A document with its one signature's digests and value filled in.
fn signed(template: &str, key: &SigningKey) -> Result<String, SignError> {
    let exclusive = Canonical::Exclusive(Vec::new());
    let tree = parsed(template)?;
    let mut digests = Vec::new();
    for reference in all(&tree, "Reference") {
        let id = reference.attribute("URI").and_then(|uri| uri.strip_prefix('#'));
        let covered = tree.descendants().find(|node| id.is_some() && node.attribute("ID") == id);
        let digest = covered.and_then(|covered| Part::of(covered).digest(&exclusive, &SHA256).ok());
        let place = reference.children().find(|node| node.has_tag_name((DSIG, "DigestValue")));
        let (Some(digest), Some(place)) = (digest, place) else { return Err(SignError::Document("part")) };
        digests.push((place.range(), format!("<DigestValue>{}</DigestValue>", BASE64_STANDARD.encode(digest))));
    }
    let with_digests = filled(template, &digests);
    let tree = parsed(&with_digests)?;
    let (info, value) = (all(&tree, "SignedInfo").next(), all(&tree, "SignatureValue").next());
    let (Some(info), Some(value)) = (info, value) else { return Err(SignError::Document("signature")) };
    let mut bytes = Vec::new();
    let written = Part::of(info).write(&exclusive, |piece| bytes.extend_from_slice(piece));
    written.map_err(|_| SignError::Document("signature"))?;
    let signature = sign_rsa_sha256(&key.key_pem, &bytes).map_err(|error| SignError::Key(error.to_string()))?;
    let signature = format!("<SignatureValue>{}</SignatureValue>", BASE64_STANDARD.encode(signature));
    Ok(filled(&with_digests, &[(value.range(), signature)]))
}

fn parsed(text: &str) -> Result<Document<'_>, SignError> {
    Document::parse(text).map_err(|_| SignError::Document("well-formed root"))
}

/// XML Signature's elements of a name.
fn all<'t>(tree: &'t Document<'_>, name: &'static str) -> impl Iterator<Item = Node<'t, 't>> {
    tree.descendants().filter(move |node| node.has_tag_name((DSIG, name)))
}

/// A text with something else in some places, in their order.
fn filled(text: &str, places: &[(Range<usize>, String)]) -> String {
    let (mut filled, mut from) = (String::with_capacity(text.len() + 1024), 0);
    for (place, new) in places {
        filled.push_str(text.get(from..place.start).unwrap_or_default());
        filled.push_str(new);
        from = place.end;
    }
    filled.push_str(text.get(from..).unwrap_or_default());
    filled
}

/// The document with a signature over its structured part, where it has one, in place of the one it had.
fn with_signed_part<'d>(document: &'d str, key: &SigningKey, at: Moment) -> Result<Cow<'d, str>, SignError> {
    let tree = parsed(document)?;
    let header = tree.root_element().children().find(|node| node.has_tag_name((HL7_FINLAND, SOCIAL_HEADER)));
    let child = |name| header.and_then(|header| header.children().find(|node| node.has_tag_name((HL7_FINLAND, name))));
    let Some(json) = child("json") else { return Ok(Cow::Borrowed(document)) };
    let bytes =
        unpack(json.text().unwrap_or_default()).map_err(|_| SignError::Document("structured part in base64"))?;
    let jws = DetachedJws::sign(&bytes, &key.certificate_der, &key.key_pem, at);
    let jws = jws.map_err(|error| SignError::Key(error.to_string()))?;
    let end = json.range().end;
    let place = child("jws").map_or(end..end, |old| old.range());
    Ok(Cow::Owned(filled(document, &[(place, format!("<jws xmlns=\"{HL7_FINLAND}\">{jws}</jws>"))])))
}

/// The text before and after the signatures' place in the local header, and the body's id.
fn split(document: &str) -> Result<(&str, &str, String), SignError> {
    let tree = parsed(document)?;
    let root = tree.root_element();
    let header = local_header(&tree).ok_or(SignError::Document("localHeader"))?;
    let component = root.children().find(|node| node.has_tag_name((HL7, "component")));
    let body = component.and_then(|node| node.first_element_child());
    let id = body.and_then(|node| node.attribute("ID")).ok_or(SignError::Document("body with an ID"))?;
    let old = header.children().find(|node| node.has_tag_name((HL7_FINLAND, "signatureCollection")));
    let range = match old {
        Some(node) => node.range(),
        None => {
            // Prescriptions have no status.
            let child = |name| header.children().find(|node| node.has_tag_name((HL7_FINLAND, name)));
            let before = child("recordStatus").or_else(|| child("softwareSupport"));
            let end = before.ok_or(SignError::Document("recordStatus or softwareSupport"))?.range().end;
            end..end
        }
    };
    let part = |range| document.get::<Range<usize>>(range).unwrap_or_default();
    Ok((part(0..range.start), part(range.end..document.len()), id.to_owned()))
}

/// A signature to be made over a body, or over a list of documents with that id.
fn template(body_id: &str, list: Option<&str>, at: Moment, certificate_der: &[u8]) -> String {
    let certificate = BASE64_STANDARD.encode(certificate_der);
    // Ids within the document: derived from the body's, so that signing twice gives the same document.
    let (signature, timestamp) = (format!("sig.{body_id}"), format!("sigt.{body_id}"));
    let time = Moment::from_seconds(at.as_seconds());
    let list =
        list.map(|list| format!("<multipleDocumentSignature ID=\"{body_id}\">{list}</multipleDocumentSignature>"));
    let list = list.unwrap_or_default();
    let reference = |id: &str| {
        format!(
            "<Reference URI=\"#{id}\"><Transforms><Transform Algorithm=\"{EXCLUSIVE_C14N}\"/></Transforms>\
             <DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/><DigestValue/></Reference>"
        )
    };
    format!(
        "<signatureCollection xmlns=\"{HL7_FINLAND}\"><signature ID=\"{signature}\">\
         <signatureDescription code=\"3\" codeSystem=\"1.2.246.537.5.40127.2006\"/>\
         <signatureTimestamp ID=\"{timestamp}\">{time}</signatureTimestamp>{list}\
         <Signature xmlns=\"{DSIG}\"><SignedInfo><CanonicalizationMethod Algorithm=\"{EXCLUSIVE_C14N}\"/>\
         <SignatureMethod Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256\"/>{}{}</SignedInfo>\
         <SignatureValue/><KeyInfo><X509Data><X509Certificate>{certificate}</X509Certificate></X509Data></KeyInfo>\
         </Signature></signature></signatureCollection>",
        reference(&timestamp),
        reference(body_id)
    )
}
