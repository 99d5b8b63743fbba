//! The structure of a system signature: everything in it is known and in its place, or the signature is refused before the
//! core sees it.

use super::structured::{StructuredSignature, structured};
use super::together::{Listed, list};
use super::{DSIG, EXCLUSIVE_C14N};
use crate::xml::{HL7, HL7_FINLAND, local_header};
use base64::Engine as _;
use liitos_domain::refusal::Finding;
use liitos_domain::{Moment, RefusalCode, Sha256Hash};
use liitos_pki::Certificate;
use roxmltree::{Document, Node};
use std::collections::HashSet;
use std::ops::Range;

const INCLUSIVE_C14N: &str = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";
/// The code system of kinds of signatures, and the system's own in it.
const KINDS: &str = "1.2.246.537.5.40127.2006";
const SYSTEM: &str = "3";
/// Most signatures of one document.
const MAX_SIGNATURES: usize = 10;
/// Most prefixes that a canonicalisation may name: their number times the document's elements is its work.
const MAX_PREFIXES: usize = 32;
/// Longest list of prefixes, in bytes.
const MAX_PREFIX_BYTES: usize = 512;

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

/// The signature's structure, accepted.
pub(super) struct Plan {
    pub(super) certificate: Certificate,
    pub(super) signed_at: Moment,
    pub(super) method: String,
    pub(super) strong: bool,
    pub(super) value: Sha256Hash,
    /// What it says of this document, where it is one over several.
    pub(super) listed: Option<Listed>,
}

/// The signatures of a document.
pub(super) struct Signatures {
    /// The system's.
    pub(super) system: Plan,
    /// Those beside it, professionals' for the most part, each as far as it is understood.
    pub(super) beside: Vec<Option<Plan>>,
    /// Where each stands in the text: the system's first, then those beside it.
    pub(super) places: Vec<Range<usize>>,
    /// The structured part's own.
    pub(super) structured: Option<StructuredSignature>,
}

impl Signatures {
    pub(super) fn read(tree: &Document<'_>) -> Result<Self, Finding> {
        unique_ids(tree)?;
        let mut holders = holders(tree)?;
        let system = holders.remove(system(&holders)?);
        Ok(Self {
            system: Plan::read(tree, system)?,
            beside: holders.iter().map(|holder| Plan::read(tree, *holder).ok()).collect(),
            structured: structured(tree)?,
            places: std::iter::once(&system).chain(&holders).map(Node::range).collect(),
        })
    }
}

impl Plan {
    fn read(tree: &Document<'_>, holder: Node<'_, '_>) -> Result<Self, Finding> {
        let signature = only_child(holder, DSIG, "Signature")?;
        plain_attributes(signature)?;
        only(signature, &["SignedInfo", "SignatureValue", "KeyInfo"])?;
        let timestamp = only_child(holder, HL7_FINLAND, "signatureTimestamp")?;
        let info = only_child(signature, DSIG, "SignedInfo")?;
        only(info, &["CanonicalizationMethod", "SignatureMethod", "Reference"])?;
        let list = list(holder)?;
        let covered = list.map_or_else(|| body_of(tree), Ok)?;
        let wanted = [id_of(timestamp)?, id_of(covered)?];
        let mut strong = check_references(info, &wanted)?;
        let among = list.map(|list| Listed::read(tree, list)).transpose()?;
        strong &= among.as_ref().is_none_or(Listed::strong);
        canonicalisation(only_child(info, DSIG, "CanonicalizationMethod")?)?;
        let method = bare(only_child(info, DSIG, "SignatureMethod")?)?;
        let value = only_text(only_child(signature, DSIG, "SignatureValue")?)?;
        let mut value: String = value.split_ascii_whitespace().collect();
        // The same over several documents is each one's own.
        if let Some(among) = &among {
            value.push(' ');
            value.push_str(&among.id);
        }
        strong &= listed(method, &STRONG_SIGNATURES, &WEAK_SIGNATURES, "SignatureMethod")?;
        let time = only_text(timestamp)?.trim();
        let signed_at = Moment::parse(time).ok().or_else(|| Moment::parse_civil(time));
        Ok(Self {
            certificate: certificate(signature)?,
            signed_at: signed_at.ok_or_else(|| form("signatureTimestamp"))?,
            method: method.to_owned(),
            strong,
            value: Sha256Hash::of(value.as_bytes()),
            listed: among,
        })
    }
}

/// The `signature` elements of the local header's collection, each of which holds one XML Signature; there is none elsewhere.
fn holders<'t>(tree: &'t Document<'_>) -> Result<Vec<Node<'t, 't>>, Finding> {
    let mut holders = Vec::new();
    for signature in tree.descendants().filter(|node| node.has_tag_name((DSIG, "Signature"))) {
        let holder = signature.parent().ok_or_else(missing)?;
        let places = ["signature", "signatureCollection"];
        let in_place = holder.ancestors().zip(places).all(|(node, name)| node.has_tag_name((HL7_FINLAND, name)));
        let header = holder.ancestors().nth(places.len()).filter(|header| Some(*header) == local_header(tree));
        if !in_place || header.is_none() {
            return Err(form("Signature outside signatureCollection"));
        }
        if holders.contains(&holder) || holders.len() == MAX_SIGNATURES {
            return Err(form("more than one Signature"));
        }
        holders.push(holder);
    }
    Ok(holders)
}

/// Which of them is the system's: of several, the one that says so.
fn system(holders: &[Node<'_, '_>]) -> Result<usize, Finding> {
    let of_system = |holder: &Node<'_, '_>| {
        child(*holder, HL7_FINLAND, "signatureDescription")
            .is_some_and(|kind| kind.attribute("codeSystem") == Some(KINDS) && kind.attribute("code") == Some(SYSTEM))
    };
    match holders {
        [] => Err(missing()),
        [_] => Ok(0),
        _ => {
            let mut all = holders.iter().enumerate().filter(|(_, holder)| of_system(holder));
            match (all.next(), all.next()) {
                (Some((place, _)), None) => Ok(place),
                _ => Err(form("exactly one system signature")),
            }
        }
    }
}

/// The one body at its schema place: `ClinicalDocument/component/(structuredBody|nonXMLBody)`.
pub(super) fn body_of<'t>(tree: &'t Document<'_>) -> Result<Node<'t, 't>, Finding> {
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

/// A document's id.
pub(super) fn document_id<'t>(root: Node<'t, 't>) -> Result<&'t str, Finding> {
    only_child(root, HL7, "id")?.attribute("root").ok_or_else(|| form("id"))
}

/// Both references and nothing else: each wanted id once, transforms and digests from the list.
fn check_references(info: Node<'_, '_>, wanted: &[&str; 2]) -> Result<bool, Finding> {
    let references: Vec<_> = info.children().filter(|node| node.has_tag_name((DSIG, "Reference"))).collect();
    let uris: Vec<_> = references.iter().filter_map(|node| node.attribute("URI")?.strip_prefix('#')).collect();
    let covers = references.len() == 2 && wanted.iter().all(|id| uris.iter().filter(|uri| *uri == id).count() == 1);
    if !covers {
        return Err(form("references: exactly the timestamp and the body, or the list of bodies"));
    }
    let mut strong = true;
    for reference in references {
        only(reference, &["Transforms", "DigestMethod", "DigestValue"])?;
        if let Some(transforms) = child(reference, DSIG, "Transforms") {
            only(transforms, &["Transform"])?;
            canonicalisation(only_child(transforms, DSIG, "Transform")?)?;
        }
        let digest = bare(only_child(reference, DSIG, "DigestMethod")?)?;
        strong &= listed(digest, &STRONG_DIGESTS, &WEAK_DIGESTS, "DigestMethod")?;
    }
    Ok(strong)
}

/// A canonicalisation from the list: bare, or exclusive with one short list of prefixes.
fn canonicalisation(node: Node<'_, '_>) -> Result<(), Finding> {
    let method = algorithm(node);
    let mut children = node.children().filter(|child| !blank(child));
    match (method, children.next(), children.next()) {
        (EXCLUSIVE_C14N | INCLUSIVE_C14N, None, None) => Ok(()),
        (EXCLUSIVE_C14N, Some(list), None) if list.has_tag_name((EXCLUSIVE_C14N, "InclusiveNamespaces")) => {
            let prefixes = list.attribute("PrefixList").unwrap_or_default();
            let short = prefixes.len() <= MAX_PREFIX_BYTES && prefixes.split_whitespace().count() <= MAX_PREFIXES;
            if short && list.children().next().is_none() { Ok(()) } else { Err(form("InclusiveNamespaces")) }
        }
        _ => Err(form(node.tag_name().name())),
    }
}

/// The algorithm of an element that holds no parameters.
fn bare<'t>(node: Node<'t, 't>) -> Result<&'t str, Finding> {
    if node.children().all(|child| blank(&child)) { Ok(algorithm(node)) } else { Err(form(node.tag_name().name())) }
}

/// Holds nothing but elements of XML Signature with these names: what we do not read, the core must not act on.
fn only(node: Node<'_, '_>, names: &[&str]) -> Result<(), Finding> {
    let known = |child: Node<'_, '_>| {
        blank(&child) || (child.tag_name().namespace() == Some(DSIG) && names.contains(&child.tag_name().name()))
    };
    if node.children().all(known) { Ok(()) } else { Err(form(node.tag_name().name())) }
}

fn blank(node: &Node<'_, '_>) -> bool {
    node.is_comment() || (node.is_text() && node.text().unwrap_or_default().trim().is_empty())
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
pub(super) fn only_text<'t>(node: Node<'t, 't>) -> Result<&'t str, Finding> {
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
        for attribute in node.attributes() {
            let name = attribute.name();
            // SAML's, by which the core finds elements too.
            if name.eq_ignore_ascii_case("AssertionID") {
                return Err(form("AssertionID"));
            }
            if name.eq_ignore_ascii_case("id") && !seen.insert(attribute.value()) {
                return Err(form("an id stands twice"));
            }
        }
    }
    Ok(())
}

/// The id of an element: plain letters, digits, `.`, `-` and `_`, so that no reader takes a reference to it for an
/// expression (`xpointer(…)`) or sees other white space in it.
fn id_of<'t>(node: Node<'t, 't>) -> Result<&'t str, Finding> {
    let plain = |id: &&str| {
        id.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_".contains(&b))
    };
    let id = node.attribute("ID").filter(plain);
    id.ok_or_else(|| form(&format!("{} without a plain ID", node.tag_name().name())))
}

fn algorithm<'t>(node: Node<'t, '_>) -> &'t str {
    node.attribute("Algorithm").unwrap_or_default()
}

pub(super) fn child<'t>(node: Node<'t, 't>, namespace: &str, name: &str) -> Option<Node<'t, 't>> {
    node.children().find(|child| child.has_tag_name((namespace, name)))
}

pub(super) fn only_child<'t>(node: Node<'t, 't>, namespace: &str, name: &str) -> Result<Node<'t, 't>, Finding> {
    let mut found = node.children().filter(|child| child.has_tag_name((namespace, name)));
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        _ => Err(form(&format!("exactly one {name}"))),
    }
}

fn missing() -> Finding {
    Finding::new(RefusalCode::SignatureMissing, "localHeader/signatureCollection")
}

pub(super) fn form(place: &str) -> Finding {
    Finding::new(RefusalCode::SignatureForm, place)
}
