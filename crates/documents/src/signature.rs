//! System signatures of CDA documents (XMLDSig in the local header), verified.
//!
//! The cryptographic core is bergshamra, given one key: that of the certificate we chose ourselves. Its positional
//! check is off, because a Kanta signature sits in the header and refers to the body, which is neither its ancestor
//! nor its sibling; so protection against wrapping is here: the references must hit the document's one body at its
//! schema place and this signature's own timestamp, ids are unique, algorithms and transforms are from a list.
//!
//! What the signature does not cover (the whole header) is checked by `domain::document::cross_check`.

use crate::xml::{HL7, HL7_FINLAND, Step, Walker};
use base64::Engine as _;
use bergshamra::{DsigContext, KeysManager};
use liitos_domain::refusal::Finding;
use liitos_domain::{Moment, RefusalCode};
use liitos_pki::Certificate;
use roxmltree::{Document, Node, ParsingOptions};
use std::collections::HashSet;

/// XML Signature's namespace.
pub(crate) const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";
/// Exclusive canonicalisation 1.0.
pub(crate) const EXCLUSIVE_C14N: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
const INCLUSIVE_C14N: &str = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";
/// Most XML nodes in a document whose signature is verified.
const MAX_NODES: u32 = 2_000_000;

const STRONG_SIGNATURES: [&str; 5] = [
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384",
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384",
];
const WEAK_SIGNATURES: [&str; 1] = ["http://www.w3.org/2000/09/xmldsig#rsa-sha1"];
const STRONG_DIGESTS: [&str; 3] = [
    "http://www.w3.org/2001/04/xmlenc#sha256",
    "http://www.w3.org/2001/04/xmldsig-more#sha384",
    "http://www.w3.org/2001/04/xmlenc#sha512",
];
const WEAK_DIGESTS: [&str; 1] = ["http://www.w3.org/2000/09/xmldsig#sha1"];

/// What verification found. Whether that is good enough is `domain::document::judge_signature`.
#[derive(Debug, Clone)]
pub struct Verified {
    /// Every digest and the signature value are right.
    pub intact: bool,
    /// No algorithm is weaker than SHA-256.
    pub strong_algorithms: bool,
    /// The signer's certificate from the signature, not yet trusted.
    pub certificate: Certificate,
    /// When it was signed, by the signer's clock.
    pub signed_at: Moment,
    /// The signature method.
    pub method: String,
}

/// Verifies the one system signature of a document.
///
/// # Errors
/// When there is none, or it is built in a way that is not accepted.
pub fn verify(document: &str) -> Result<Verified, Finding> {
    walk_whole(document)?;
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    let tree = Document::parse_with_options(document, options).map_err(|_| form("document cannot be read"))?;
    let plan = Plan::read(&tree)?;
    let certificate = plan.certificate.clone();
    Ok(Verified {
        intact: core_verifies(document, &certificate),
        strong_algorithms: plan.strong,
        certificate,
        signed_at: plan.signed_at,
        method: plan.method,
    })
}

/// Depth and entities of the body too, which the header's reader does not visit.
fn walk_whole(document: &str) -> Result<(), Finding> {
    let mut walker = Walker::new(document);
    loop {
        match walker.step()? {
            Step::End => return Ok(()),
            Step::Unfinished => return Err(crate::xml::refuse("document: ends in the middle")),
            _ => {}
        }
    }
}

fn core_verifies(document: &str, certificate: &Certificate) -> bool {
    let Ok(key) = bergshamra::keys::loader::load_x509_cert_der(&certificate.der) else {
        return false;
    };
    let mut keys = KeysManager::new();
    keys.add_key(key);
    let context = DsigContext::new(keys).with_strict_verification(false);
    bergshamra::verify(&context, document).is_ok_and(|result| result.all_reference_digests_verified())
}

/// The signature's structure, accepted.
struct Plan {
    certificate: Certificate,
    signed_at: Moment,
    method: String,
    strong: bool,
}

impl Plan {
    fn read(tree: &Document<'_>) -> Result<Self, Finding> {
        unique_ids(tree)?;
        let holder = signature_holder(tree)?;
        let signature = child(holder, DSIG, "Signature").ok_or_else(missing)?;
        plain_attributes(signature)?;
        let timestamp = only_child(holder, HL7_FINLAND, "signatureTimestamp")?;
        let info = only_child(signature, DSIG, "SignedInfo")?;
        let body = body(tree)?;
        let wanted = [id_of(timestamp)?, id_of(body)?];
        let mut strong = check_references(info, &wanted)?;
        let c14n = algorithm(only_child(info, DSIG, "CanonicalizationMethod")?);
        if ![EXCLUSIVE_C14N, INCLUSIVE_C14N].contains(&c14n) {
            return Err(form("CanonicalizationMethod"));
        }
        let method = algorithm(only_child(info, DSIG, "SignatureMethod")?);
        strong &= listed(method, &STRONG_SIGNATURES, &WEAK_SIGNATURES, "SignatureMethod")?;
        let time = only_text(timestamp)?.trim();
        let signed_at = Moment::parse(time).ok().or_else(|| Moment::parse_civil(time));
        Ok(Self {
            certificate: certificate(signature)?,
            signed_at: signed_at.ok_or_else(|| form("signatureTimestamp"))?,
            method: method.to_owned(),
            strong,
        })
    }
}

/// The `signature` element of the local header that holds the document's one XML Signature.
fn signature_holder<'t>(tree: &'t Document<'_>) -> Result<Node<'t, 't>, Finding> {
    let mut all = tree.descendants().filter(|node| node.has_tag_name((DSIG, "Signature")));
    let signature = all.next().ok_or_else(missing)?;
    if all.next().is_some() {
        return Err(form("more than one Signature"));
    }
    let holder = signature.parent().ok_or_else(missing)?;
    let places = ["signature", "signatureCollection", "localHeader"];
    let in_place = holder.ancestors().zip(places).all(|(node, name)| node.has_tag_name((HL7_FINLAND, name)));
    let root = holder.ancestors().nth(places.len());
    if in_place && root == Some(tree.root_element()) {
        Ok(holder)
    } else {
        Err(form("Signature outside signatureCollection"))
    }
}

/// The one body at its schema place: `ClinicalDocument/component/(structuredBody|nonXMLBody)`.
fn body<'t>(tree: &'t Document<'_>) -> Result<Node<'t, 't>, Finding> {
    let root = tree.root_element();
    if !root.has_tag_name((HL7, "ClinicalDocument")) {
        return Err(form("root element"));
    }
    let component = only_child(root, HL7, "component")?;
    let mut bodies = component.children().filter(Node::is_element);
    match (bodies.next(), bodies.next()) {
        (Some(body), None) if ["structuredBody", "nonXMLBody"].iter().any(|name| body.has_tag_name((HL7, *name))) => {
            Ok(body)
        }
        _ => Err(form("component")),
    }
}

/// Both references and nothing else: each wanted id once, transforms and digests from the list.
fn check_references(info: Node<'_, '_>, wanted: &[&str; 2]) -> Result<bool, Finding> {
    let references: Vec<_> = info.children().filter(|node| node.has_tag_name((DSIG, "Reference"))).collect();
    let uris: Vec<_> = references.iter().filter_map(|node| node.attribute("URI")?.strip_prefix('#')).collect();
    let covers = references.len() == 2 && wanted.iter().all(|id| uris.iter().filter(|uri| *uri == id).count() == 1);
    if !covers {
        return Err(form("references: exactly the timestamp and the body"));
    }
    let mut strong = true;
    for reference in references {
        let transforms = child(reference, DSIG, "Transforms");
        let list: Vec<_> = transforms.iter().flat_map(|t| t.children()).filter(Node::is_element).collect();
        let accepted = |node: &Node<'_, '_>| {
            node.has_tag_name((DSIG, "Transform")) && [EXCLUSIVE_C14N, INCLUSIVE_C14N].contains(&algorithm(*node))
        };
        if list.len() > 1 || !list.iter().all(accepted) {
            return Err(form("transforms"));
        }
        let digest = algorithm(only_child(reference, DSIG, "DigestMethod")?);
        strong &= listed(digest, &STRONG_DIGESTS, &WEAK_DIGESTS, "DigestMethod")?;
    }
    Ok(strong)
}

fn listed(found: &str, strong: &[&str], weak: &[&str], place: &str) -> Result<bool, Finding> {
    if strong.contains(&found) {
        Ok(true)
    } else if weak.contains(&found) {
        Ok(false)
    } else {
        Err(form(place))
    }
}

fn certificate<'t>(signature: Node<'t, 't>) -> Result<Certificate, Finding> {
    let info = only_child(signature, DSIG, "KeyInfo")?;
    let mut all = info.descendants().filter(|node| node.has_tag_name((DSIG, "X509Certificate")));
    let (Some(node), None) = (all.next(), all.next()) else {
        return Err(form("exactly one X509Certificate"));
    };
    let packed: String = only_text(node)?.split_ascii_whitespace().collect();
    let der = base64::engine::general_purpose::STANDARD.decode(packed).map_err(|_| form("X509Certificate"))?;
    Certificate::parse(&der).map_err(|error| form(&format!("X509Certificate: {error}")))
}

/// No attribute in a foreign namespace inside the signature: two readers could take two different ones for `URI` or
/// `Algorithm`.
fn plain_attributes(signature: Node<'_, '_>) -> Result<(), Finding> {
    let mut all = signature.descendants().flat_map(|node| node.attributes());
    if all.any(|attribute| attribute.namespace().is_some()) { Err(form("attribute in a namespace")) } else { Ok(()) }
}

/// The text of an element that holds nothing but one text: a comment inside would be signed away and still split it.
fn only_text<'t>(node: Node<'t, 't>) -> Result<&'t str, Finding> {
    let mut children = node.children();
    match (children.next(), children.next()) {
        (Some(only), None) if only.is_text() => Ok(only.text().unwrap_or_default()),
        _ => Err(form(&format!("{} holds more than text", node.tag_name().name()))),
    }
}

/// Attributes that name an element; two elements of one name would let the signed one differ from the read one.
fn unique_ids(tree: &Document<'_>) -> Result<(), Finding> {
    let mut seen = HashSet::new();
    for node in tree.descendants().filter(Node::is_element) {
        for attribute in node.attributes().filter(|a| ["ID", "Id", "id"].contains(&a.name())) {
            if !seen.insert(attribute.value()) {
                return Err(form("an id stands twice"));
            }
        }
    }
    Ok(())
}

fn id_of<'t>(node: Node<'t, 't>) -> Result<&'t str, Finding> {
    node.attribute("ID")
        .filter(|id| !id.is_empty())
        .ok_or_else(|| form(&format!("{} without ID", node.tag_name().name())))
}

fn algorithm<'t>(node: Node<'t, '_>) -> &'t str {
    node.attribute("Algorithm").unwrap_or_default()
}

fn child<'t>(node: Node<'t, 't>, namespace: &str, name: &str) -> Option<Node<'t, 't>> {
    node.children().find(|child| child.has_tag_name((namespace, name)))
}

fn only_child<'t>(node: Node<'t, 't>, namespace: &str, name: &str) -> Result<Node<'t, 't>, Finding> {
    let mut found = node.children().filter(|child| child.has_tag_name((namespace, name)));
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        _ => Err(form(&format!("exactly one {name}"))),
    }
}

fn missing() -> Finding {
    Finding::new(RefusalCode::SignatureMissing, "localHeader/signatureCollection")
}

fn form(place: &str) -> Finding {
    Finding::new(RefusalCode::SignatureForm, place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sign::{SigningKey, sign};
    use liitos_pki::authority::{Authority, Profile};

    const REAL: &str = include_str!("../../../samples/hus-rcmr/RCMR_IN100002FI01.decoded-cda.xml");

    #[test]
    fn the_real_signature_holds_and_covers_the_body_only() {
        let verified = verify(REAL).unwrap();
        assert!(verified.intact && verified.strong_algorithms);
        assert_eq!(verified.signed_at, Moment::parse("2017-09-22T12:15:52Z").unwrap());
        assert_eq!(verified.certificate.subject_serial_number(), Ok("1.2.246.537.10.15675350.10.0"));
        assert_eq!(verified.certificate.der, include_bytes!("../../../samples/hus-rcmr/RCMR_IN100002FI01.signer.der"));
        let other_controller = REAL.replace("15675350.19.0", "15675350.19.9");
        assert!(verify(&other_controller).unwrap().intact, "the header is not covered");
        let other_body = REAL.replace("TESTI</family></name></subject>", "TESTJ</family></name></subject>");
        assert_ne!(other_body, REAL);
        assert!(!verify(&other_body).unwrap().intact);
        let other_time = REAL.replace("2017-09-22T12:15:52Z", "2017-09-22T12:15:53Z");
        assert!(!verify(&other_time).unwrap().intact);
    }

    #[test]
    fn a_signature_of_our_own_holds() {
        let now = Moment::parse("2026-11-22T12:00:00Z").unwrap();
        let ca = Authority::create("test", now).unwrap();
        let issued = ca.issue(&Profile::signature("1.2.246.537.10.15675350.10.0", "Testijärjestelmä"), now).unwrap();
        let key = SigningKey { certificate_der: issued.certificate_der.clone(), key_pem: issued.key_pem.clone() };
        let signed = sign(REAL, &key, now).unwrap();
        let verified = verify(&signed).unwrap();
        assert!(verified.intact && verified.strong_algorithms);
        assert_eq!(verified.signed_at, now);
        assert_eq!(verified.certificate.der, issued.certificate_der);
    }

    #[test]
    fn wrapping_and_reference_tricks_are_refused() {
        let fault = |text: &str| verify(text).unwrap_err();
        let body_id = "OID1.2.246.537.10.15675350.10.1.11220.19098.0";
        let copy = REAL
            .split_at(REAL.find("<structuredBody").unwrap())
            .1
            .strip_suffix("</component></ClinicalDocument>")
            .unwrap();
        // The signed body moved aside under its id, another body in its place.
        let moved =
            REAL.replace("<recordStatus", &format!("<hidden xmlns=\"{HL7}\">{copy}</hidden><recordStatus")).replacen(
                &format!("</localHeader><component><structuredBody ID=\"{body_id}\">"),
                "</localHeader><component><structuredBody ID=\"other\">",
                1,
            );
        assert_eq!(fault(&moved).place, "references: exactly the timestamp and the body");
        let doubled = REAL.replace("<recordStatus", &format!("<hidden xmlns=\"{HL7}\">{copy}</hidden><recordStatus"));
        assert_eq!(fault(&doubled).place, "an id stands twice");
        let two_bodies = REAL.replace(
            "</component></ClinicalDocument>",
            "</component><component><structuredBody/></component></ClinicalDocument>",
        );
        assert_eq!(fault(&two_bodies).place, "exactly one component");
        let xslt = REAL.replacen(
            "<Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"",
            "<Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xslt-19991116\"",
            1,
        );
        assert_eq!(fault(&xslt).place, "transforms");
        let hmac = REAL.replace("xmldsig-more#rsa-sha256", "xmldsig-more#hmac-sha256");
        assert_eq!(fault(&hmac).place, "SignatureMethod");
        let outside = REAL.replace(&format!("URI=\"#{body_id}\""), "URI=\"http://x.test/\"");
        assert_eq!(fault(&outside).code, RefusalCode::SignatureForm);
        let foreign = REAL.replacen("<Reference URI=", "<Reference xmlns:x=\"u\" x:URI=\"#other\" URI=", 1);
        assert_eq!(fault(&foreign).place, "attribute in a namespace");
        let split = REAL.replace("2017-09-22T12:15:52Z", "2017-09-22<!-- -->T12:15:52Z");
        assert_eq!(fault(&split).place, "signatureTimestamp holds more than text");
        let none = REAL.replace("<Signature ", "<Unsigned ").replace("</Signature>", "</Unsigned>");
        assert_eq!(fault(&none).code, RefusalCode::SignatureMissing);
        let deep = REAL.replace("<structuredBody", &format!("{}<structuredBody", "<x>".repeat(5000)));
        assert_eq!(fault(&deep).code, RefusalCode::XmlTooDeep);
    }

    #[test]
    fn the_published_negative_sample_does_not_hold() {
        let text = include_str!("../../../samples/hus-rcmr/KIE_Kielto_20170127.xml");
        assert!(!verify(text).is_ok_and(|verified| verified.intact));
    }
}
