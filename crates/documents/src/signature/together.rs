//! Signatures over several documents (`multipleDocumentSignature`): what is signed is a list of the documents, each with its id and the hash of
//! its body; every one of them carries the same signature. That the hash is of the body as exclusive canonicalisation writes it, base64, is assumed:
//! the public schema says that it is a text.

use super::plan::{body_of, document_id, form};
use crate::xml::HL7_FINLAND;
use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bergshamra::c14n::{C14nMode, canonicalize};
use liitos_domain::refusal::Finding;
use roxmltree::{Document, Node};
use std::collections::HashSet;

/// Most documents that are signed together.
pub(crate) const MOST: usize = 200;

/// What a list says of one document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    /// The hash of its body.
    hash: Vec<u8>,
    /// Its id.
    pub(super) id: String,
    /// How many documents are listed.
    pub(super) documents: usize,
}

/// The list of a signature's holder, where it has one.
pub(super) fn list<'t>(holder: Node<'t, 't>) -> Result<Option<Node<'t, 't>>, Finding> {
    let is_list = |node: &Node<'t, 't>| node.has_tag_name((HL7_FINLAND, "multipleDocumentSignature"));
    let mut lists = holder.children().filter(is_list);
    match (lists.next(), lists.next()) {
        (list, None) => Ok(list),
        _ => Err(form("multipleDocumentSignature stands twice")),
    }
}

impl Listed {
    /// What a list says of the document that it stands in.
    pub(super) fn read(tree: &Document<'_>, list: Node<'_, '_>) -> Result<Self, Finding> {
        let root = tree.root_element();
        let own = document_id(root)?;
        let (mut seen, mut hash) = (HashSet::new(), None);
        for reference in list.children().filter(Node::is_element) {
            let (id, text) = (reference.attribute("OID"), reference.attribute("hash"));
            let (Some(id), Some(text), true) = (id, text, reference.has_tag_name((HL7_FINLAND, "Ref"))) else {
                return Err(form("multipleDocumentSignature: Ref with OID and hash"));
            };
            // Of two hashes for one document either could be meant.
            if !seen.insert(id) || seen.len() > MOST {
                return Err(form("multipleDocumentSignature: each document once"));
            }
            if id == own {
                hash = Some(STANDARD.decode(text.trim()).map_err(|_| form("multipleDocumentSignature: hash"))?);
            }
        }
        let hash = hash.filter(|_| seen.len() >= 2).ok_or_else(|| form("multipleDocumentSignature: this document"))?;
        algorithm(hash.len()).ok_or_else(|| form("multipleDocumentSignature: hash"))?;
        Ok(Self { hash, id: own.to_owned(), documents: seen.len() })
    }

    /// Whether no weaker hash than SHA-256 is listed.
    pub(super) fn strong(&self) -> bool {
        self.hash.len() > digest::SHA1_OUTPUT_LEN
    }

    /// Whether it is this document's body that is listed.
    pub(super) fn is_of(&self, document: &str) -> bool {
        let Some(algorithm) = algorithm(self.hash.len()) else { return false };
        body_as_signed(document).is_some_and(|body| digest::digest(algorithm, &body).as_ref() == &self.hash[..])
    }
}

fn algorithm(length: usize) -> Option<&'static digest::Algorithm> {
    match length {
        20 => Some(&digest::SHA1_FOR_LEGACY_USE_ONLY),
        32 => Some(&digest::SHA256),
        48 => Some(&digest::SHA384),
        64 => Some(&digest::SHA512),
        _ => None,
    }
}

/// What a list says of a document: its id and the hash of its body.
pub(crate) fn reference(document: &str) -> Option<(String, String)> {
    let tree = Document::parse(document).ok()?;
    let id = document_id(tree.root_element()).ok()?.to_owned();
    let body = body_as_signed(document)?;
    Some((id, STANDARD.encode(digest::digest(&digest::SHA256, &body))))
}

/// A document's body as exclusive canonicalisation writes it, without comments.
fn body_as_signed(document: &str) -> Option<Vec<u8>> {
    let options = roxmltree::ParsingOptions { nodes_limit: super::MAX_NODES, ..roxmltree::ParsingOptions::default() };
    let tree = Document::parse_with_options(document, options).ok()?;
    let body = body_of(&tree).ok()?;
    let text = document.get(body.range())?;
    // As a document of its own, with the prefixes that it inherits.
    let (name, rest) = text.split_at(text.find(|c: char| c.is_whitespace() || c == '>' || c == '/')?);
    let own = start_tag(rest);
    let declared = |prefix: Option<&str>| {
        let name = prefix.map_or_else(|| "xmlns".to_owned(), |prefix| format!("xmlns:{prefix}"));
        own.iter().any(|written| *written == name)
    };
    let inherited =
        body.namespaces().filter(|namespace| namespace.name() != Some("xml") && !declared(namespace.name()));
    let inherited: String = inherited
        .map(|namespace| {
            let uri = quick_xml::escape::escape(namespace.uri());
            namespace.name().map_or_else(|| format!(" xmlns=\"{uri}\""), |prefix| format!(" xmlns:{prefix}=\"{uri}\""))
        })
        .collect();
    let alone = format!("{name}{inherited}{rest}");
    canonicalize::<&str>(&alone, C14nMode::Exclusive, None, &[]).ok()
}

/// The names of the attributes of a start tag, from behind its name.
fn start_tag(rest: &str) -> Vec<&str> {
    let (mut names, mut rest) = (Vec::new(), rest);
    loop {
        rest = rest.trim_start();
        let Some((name, after)) = rest.split_once('=').filter(|_| !rest.starts_with(['>', '/'])) else { return names };
        names.push(name.trim());
        let after = after.trim_start();
        let Some(quote) = after.chars().next().filter(|quote| ['"', '\''].contains(quote)) else { return names };
        let Some((_, behind)) = after.get(1..).and_then(|value| value.split_once(quote)) else { return names };
        rest = behind;
    }
}
