//! The structure of a system signature: everything in it is known and in its place, or the signature is refused before anything is computed.

use super::structured::{StructuredSignature, structured};
use super::together::{Listed, list};
use super::{DSIG, EXCLUSIVE_C14N};
use crate::xml::{Canonical, HL7, HL7_FINLAND, Part, local_header};
use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use liitos_domain::refusal::Finding;
use liitos_domain::{Moment, RefusalCode, Sha256Hash};
use liitos_pki::{Certificate, SignedWith};
use roxmltree::{Document, Node};
use std::collections::HashSet;

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

/// What is accepted as a signature's method, each with whether it is strong.
const SIGNATURES: [(&str, SignedWith, bool); 6] = [
    ("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", SignedWith::RsaSha256, true),
    ("http://www.w3.org/2001/04/xmldsig-more#rsa-sha384", SignedWith::RsaSha384, true),
    ("http://www.w3.org/2001/04/xmldsig-more#rsa-sha512", SignedWith::RsaSha512, true),
    ("http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256", SignedWith::EcdsaSha256, true),
    ("http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384", SignedWith::EcdsaSha384, true),
    ("http://www.w3.org/2000/09/xmldsig#rsa-sha1", SignedWith::RsaSha1, false),
];
/// What is accepted as a digest's method, each with whether it is strong.
const DIGESTS: [(&str, &digest::Algorithm, bool); 4] = [
    ("http://www.w3.org/2001/04/xmlenc#sha256", &digest::SHA256, true),
    ("http://www.w3.org/2001/04/xmldsig-more#sha384", &digest::SHA384, true),
    ("http://www.w3.org/2001/04/xmlenc#sha512", &digest::SHA512, true),
    ("http://www.w3.org/2000/09/xmldsig#sha1", &digest::SHA1_FOR_LEGACY_USE_ONLY, false),
];

/// The signature's structure, accepted: what was signed, and how it is written and hashed for that.
pub(super) struct Plan<'t> {
    pub(super) certificate: Certificate,
    pub(super) signed_at: Moment,
    pub(super) method: &'t str,
    pub(super) strong: bool,
    /// Which signature it is.
    pub(super) value: Sha256Hash,
    /// What it says of this document, where it is one over several.
    pub(super) listed: Option<Listed>,
    /// The document's one body.
    body: Node<'t, 't>,
    references: [Reference<'t>; 2],
    info: (Node<'t, 't>, Canonical<'t>),
    with: SignedWith,
    /// The signature's bytes; empty where they cannot be read.
    bytes: Vec<u8>,
}

/// An element that is signed, by its digest.
struct Reference<'t> {
    covered: Node<'t, 't>,
    how: Canonical<'t>,
    algorithm: &'static digest::Algorithm,
    digest: Vec<u8>,
}

/// The signatures of a document.
pub(super) struct Signatures<'t> {
    /// The system's.
    pub(super) system: Plan<'t>,
    /// Those beside it, professionals' for the most part, each as far as it is understood.
    pub(super) beside: Vec<Option<Plan<'t>>>,
    /// The structured part's own.
    pub(super) structured: Option<StructuredSignature>,
}

impl<'t> Signatures<'t> {
    pub(super) fn read(tree: &'t Document<'_>) -> Result<Self, Finding> {
        unique_ids(tree)?;
        let mut holders = holders(tree)?;
        let system = holders.remove(system(&holders)?);
        Ok(Self {
            system: Plan::read(tree, system)?,
            beside: holders.iter().map(|holder| Plan::read(tree, *holder).ok()).collect(),
            structured: structured(tree)?,
        })
    }
}

impl<'t> Plan<'t> {
    fn read(tree: &'t Document<'_>, holder: Node<'t, 't>) -> Result<Self, Finding> {
        let signature = only_child(holder, DSIG, "Signature")?;
        plain_attributes(signature)?;
        only(signature, &["SignedInfo", "SignatureValue", "KeyInfo"])?;
        let timestamp = only_child(holder, HL7_FINLAND, "signatureTimestamp")?;
        let info = only_child(signature, DSIG, "SignedInfo")?;
        only(info, &["CanonicalizationMethod", "SignatureMethod", "Reference"])?;
        let list = list(holder)?;
        let body = body_of(tree)?;
        let (references, mut strong) = references(info, [timestamp, list.unwrap_or(body)])?;
        let among = list.map(|list| Listed::read(tree, list)).transpose()?;
        strong &= among.as_ref().is_none_or(Listed::strong);
        let how = canonicalisation(only_child(info, DSIG, "CanonicalizationMethod")?)?;
        let method = bare(only_child(info, DSIG, "SignatureMethod")?)?;
        let known = SIGNATURES.iter().find(|(known, ..)| *known == method);
        let (_, with, strong_method) = *known.ok_or_else(|| form("SignatureMethod"))?;
        strong &= strong_method;
        let certificate = certificate(signature)?;
        let value = only_text(only_child(signature, DSIG, "SignatureValue")?)?;
        let mut value: String = value.split_ascii_whitespace().collect();
        let bytes = STANDARD.decode(&value).unwrap_or_default();
        // Of an ECDSA signature anybody makes another one that is as right: it is known by what was signed, and by whom.
        if matches!(with, SignedWith::EcdsaSha256 | SignedWith::EcdsaSha384) {
            let signed = Part::of(info).digest(&how, &digest::SHA256)?;
            value = format!("{} {}", STANDARD.encode(signed), certificate.fingerprint);
        }
        // The same over several documents is each one's own.
        if let Some(among) = &among {
            value.push(' ');
            value.push_str(&among.id);
        }
        let time = only_text(timestamp)?.trim();
        let signed_at = Moment::parse(time).ok().or_else(|| Moment::parse_civil(time));
        Ok(Self {
            certificate,
            signed_at: signed_at.ok_or_else(|| form("signatureTimestamp"))?,
            method,
            strong,
            value: Sha256Hash::of(value.as_bytes()),
            listed: among,
            body,
            references,
            info: (info, how),
            with,
            bytes,
        })
    }

    /// Whether it holds, and covers this document's body: by itself, or by a list that it covers.
    pub(super) fn holds(&self) -> bool {
        let is_as_signed = |one: &Reference<'_>| {
            let digest = Part::of(one.covered).digest(&one.how, one.algorithm);
            digest.is_ok_and(|digest| digest.as_ref() == &one.digest[..])
        };
        let (mut info, (node, how)) = (Vec::new(), &self.info);
        self.references.iter().all(is_as_signed)
            && Part::of(*node).write(how, |bytes| info.extend_from_slice(bytes)).is_ok()
            && self.certificate.has_signed_with(self.with, &info, &self.bytes)
            && self.listed.as_ref().is_none_or(|listed| listed.is_of(self.body))
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
    // What any class of HL7's may have before its own.
    let before =
        |node: &Node<'t, 't>| ["realmCode", "typeId", "templateId"].iter().any(|name| node.has_tag_name((HL7, *name)));
    let mut bodies = component.children().filter(Node::is_element).filter(|node| !before(node));
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

/// Both references and nothing else: each element once, transforms and digests from the list; and whether those are strong.
fn references<'t>(info: Node<'t, 't>, covered: [Node<'t, 't>; 2]) -> Result<([Reference<'t>; 2], bool), Finding> {
    let wanted = [id_of(covered[0])?, id_of(covered[1])?];
    let all = info.children().filter(|node| node.has_tag_name((DSIG, "Reference")));
    let named = |node: &Node<'t, 't>| node.attribute("URI").and_then(|uri| uri.strip_prefix('#'));
    let all: Vec<_> = all.map(|node| (node, named(&node))).collect();
    let [first, second] = wanted.map(|id| {
        let mut of = all.iter().filter(|(_, uri)| *uri == Some(id));
        of.next().filter(|_| of.next().is_none())
    });
    let (Some((first, _)), Some((second, _)), 2) = (first, second, all.len()) else {
        return Err(form("references: exactly the timestamp and the body, or the list of bodies"));
    };
    let (first, strong) = Reference::read(*first, covered[0])?;
    let (second, other_strong) = Reference::read(*second, covered[1])?;
    Ok(([first, second], strong && other_strong))
}

impl<'t> Reference<'t> {
    /// What a reference says of the element that it names, and whether its digest is strong.
    fn read(reference: Node<'t, 't>, covered: Node<'t, 't>) -> Result<(Self, bool), Finding> {
        only(reference, &["Transforms", "DigestMethod", "DigestValue"])?;
        let how = match child(reference, DSIG, "Transforms") {
            Some(transforms) => {
                only(transforms, &["Transform"])?;
                canonicalisation(only_child(transforms, DSIG, "Transform")?)?
            }
            // What nothing is said of is written so (XML Signature 4.4.3.2).
            None => Canonical::Inclusive,
        };
        let method = bare(only_child(reference, DSIG, "DigestMethod")?)?;
        let known = DIGESTS.iter().find(|(known, ..)| *known == method);
        let (_, algorithm, strong) = *known.ok_or_else(|| form("DigestMethod"))?;
        let value = only_text(only_child(reference, DSIG, "DigestValue")?)?;
        let value: String = value.split_ascii_whitespace().collect();
        Ok((Self { covered, how, algorithm, digest: STANDARD.decode(value).unwrap_or_default() }, strong))
    }
}

/// A canonicalisation from the list: bare, or exclusive with one short list of prefixes.
fn canonicalisation<'t>(node: Node<'t, 't>) -> Result<Canonical<'t>, Finding> {
    let method = algorithm(node);
    let mut children = node.children().filter(|child| !blank(child));
    match (method, children.next(), children.next()) {
        (EXCLUSIVE_C14N, None, None) => Ok(Canonical::Exclusive(Vec::new())),
        (INCLUSIVE_C14N, None, None) => Ok(Canonical::Inclusive),
        (EXCLUSIVE_C14N, Some(list), None) if list.has_tag_name((EXCLUSIVE_C14N, "InclusiveNamespaces")) => {
            let text = list.attribute("PrefixList").unwrap_or_default();
            let prefix = |name| if name == "#default" { "" } else { name };
            let prefixes: Vec<_> = text.split_whitespace().map(prefix).collect();
            let short = text.len() <= MAX_PREFIX_BYTES && prefixes.len() <= MAX_PREFIXES;
            if short && list.children().next().is_none() {
                Ok(Canonical::Exclusive(prefixes))
            } else {
                Err(form("InclusiveNamespaces"))
            }
        }
        _ => Err(form(node.tag_name().name())),
    }
}

/// The algorithm of an element that holds no parameters.
fn bare<'t>(node: Node<'t, 't>) -> Result<&'t str, Finding> {
    if node.children().all(|child| blank(&child)) { Ok(algorithm(node)) } else { Err(form(node.tag_name().name())) }
}

/// Holds nothing but elements of XML Signature with these names: what we do not read, no other reader may act on either.
fn only(node: Node<'_, '_>, names: &[&str]) -> Result<(), Finding> {
    let known = |child: Node<'_, '_>| {
        blank(&child) || (child.tag_name().namespace() == Some(DSIG) && names.contains(&child.tag_name().name()))
    };
    if node.children().all(known) { Ok(()) } else { Err(form(node.tag_name().name())) }
}

fn blank(node: &Node<'_, '_>) -> bool {
    node.is_comment() || (node.is_text() && node.text().unwrap_or_default().trim().is_empty())
}

fn certificate<'t>(signature: Node<'t, 't>) -> Result<Certificate, Finding> {
    let info = only_child(signature, DSIG, "KeyInfo")?;
    let mut all = info.descendants().filter(|node| node.has_tag_name((DSIG, "X509Certificate")));
    let (Some(node), None) = (all.next(), all.next()) else {
        return Err(form("exactly one X509Certificate"));
    };
    let packed: String = only_text(node)?.split_ascii_whitespace().collect();
    let der = STANDARD.decode(packed).map_err(|_| form("X509Certificate"))?;
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
            // SAML's, by which other readers find elements, too.
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
