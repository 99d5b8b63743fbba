//! Signatures over several documents (`multipleDocumentSignature`): what is signed is a list of the documents, each with its id and the hash of
//! its body; every one of them carries the same signature. That the hash is of the body as exclusive canonicalisation writes it, base64, is assumed:
//! the public schema says that it is a text.

use super::plan::{body_of, document_id, form};
use crate::xml::{Canonical, HL7_FINLAND, Part};
use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
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
    pub(super) fn is_of(&self, body: Node<'_, '_>) -> bool {
        let hash = algorithm(self.hash.len()).and_then(|algorithm| hash(body, algorithm));
        hash.is_some_and(|hash| hash.as_ref() == &self.hash[..])
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
    Some((id, STANDARD.encode(hash(body_of(&tree).ok()?, &digest::SHA256)?)))
}

/// The hash of a body as exclusive canonicalisation writes it.
fn hash(body: Node<'_, '_>, algorithm: &'static digest::Algorithm) -> Option<digest::Digest> {
    Part::of(body).digest(&Canonical::Exclusive(Vec::new()), algorithm).ok()
}
