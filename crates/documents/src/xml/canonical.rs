//! Canonical XML 1.0 and Exclusive XML Canonicalization 1.0, both without comments, of one element with all it holds: the bytes that a signature
//! is made over. They are written by the walk that reads documents, so that what was signed is what is read.

use super::letters::spaces;
use super::{Step, Walker, XML, refuse};
use aws_lc_rs::digest;
use liitos_domain::refusal::Finding;
use roxmltree::Node;

/// How an element is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Canonical<'t> {
    /// With every namespace that is in force (Canonical XML 1.0).
    Inclusive,
    /// With the namespaces that are used, and those of some prefixes whether they are used or not; the empty prefix is the default namespace's
    /// (Exclusive XML Canonicalization 1.0).
    Exclusive(Vec<&'t str>),
}

/// An attribute, by what it is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Attribute<'t> {
    namespace: &'t str,
    local: &'t str,
    /// Its name as it is written.
    written: &'t str,
    value: &'t str,
}

/// An element in a document, and what is in force around it.
pub(crate) struct Part<'t> {
    text: &'t str,
    bindings: Vec<(&'t str, &'t str)>,
    /// What lies around it says of XML's own attributes: the nearest of each.
    around: Vec<Attribute<'t>>,
}

impl<'t> Part<'t> {
    /// An element of a tree.
    pub(crate) fn of(node: Node<'t, 't>) -> Self {
        let document = node.document().input_text();
        let parent = node.parent_element();
        let namespaces = parent.iter().flat_map(|parent| parent.namespaces());
        let bindings = namespaces.map(|one| (one.name().unwrap_or_default(), one.uri()));
        let mut around: Vec<Attribute<'t>> = Vec::new();
        for element in parent.iter().flat_map(|parent| parent.ancestors()) {
            for one in element.attributes().filter(|one| one.namespace() == Some(XML)) {
                if !around.iter().any(|known| known.local == one.name()) {
                    let written = document.get(one.range_qname()).unwrap_or_default();
                    around.push(Attribute { namespace: XML, local: one.name(), written, value: one.value() });
                }
            }
        }
        Self {
            text: document.get(node.range()).unwrap_or_default(),
            bindings: bindings.filter(|(prefix, _)| *prefix != "xml").collect(),
            around,
        }
    }

    /// Writes it, piece by piece.
    ///
    /// # Errors
    /// What the walk refuses.
    pub(crate) fn write(&self, how: &Canonical<'_>, mut to: impl FnMut(&[u8])) -> Result<(), Finding> {
        let mut walker = Walker { bindings: self.bindings.clone(), ..Walker::new(self.text) };
        let mut writer =
            Writer { how, buffer: Vec::with_capacity(FULL + FULL / 4), rendered: Vec::new(), open: Vec::new() };
        loop {
            match walker.step()? {
                Step::Open => writer.open(&walker, self),
                Step::Text(text) => writer.escaped(&text, in_text),
                Step::Instruction(target, said) => writer.instruction(target, &said),
                Step::Close => writer.close(),
                Step::Unfinished => return Err(refuse("document: ends in the middle")),
                Step::End => {
                    to(&writer.buffer);
                    return Ok(());
                }
            }
            if writer.buffer.len() >= FULL {
                to(&writer.buffer);
                writer.buffer.clear();
            }
        }
    }

    /// The digest of what is written.
    ///
    /// # Errors
    /// As [`Part::write`].
    pub(crate) fn digest(
        &self,
        how: &Canonical<'_>,
        algorithm: &'static digest::Algorithm,
    ) -> Result<digest::Digest, Finding> {
        let mut context = digest::Context::new(algorithm);
        self.write(how, |bytes| context.update(bytes))?;
        Ok(context.finish())
    }
}

/// So many bytes are handed on at once.
const FULL: usize = 8 * 1024;

struct Writer<'h, 't> {
    how: &'h Canonical<'h>,
    buffer: Vec<u8>,
    /// Namespaces that were written, for what is open; the last of a prefix counts.
    rendered: Vec<(&'t str, &'t str)>,
    /// Elements that are open, as they are written, with how many namespaces were written before each.
    open: Vec<(&'t str, usize)>,
}

impl<'t> Writer<'_, 't> {
    fn open(&mut self, walker: &Walker<'t>, part: &Part<'t>) {
        let Some((name, before)) = walker.written.last().copied() else { return };
        let first = self.open.is_empty();
        let mark = self.rendered.len();
        match self.how {
            // Around the first, and then what each declares.
            Canonical::Inclusive => {
                let from = if first { 0 } else { before };
                for (prefix, _) in walker.bindings.get(from..).unwrap_or_default() {
                    self.render(walker, prefix);
                }
            }
            Canonical::Exclusive(prefixes) => {
                self.render(walker, prefix_of(name));
                if walker.prefixed {
                    for (written, _) in &walker.element.attributes {
                        let prefix = prefix_of(written);
                        if !prefix.is_empty() && prefix != "xmlns" {
                            self.render(walker, prefix);
                        }
                    }
                }
                // Of those that are listed something changes only where something is declared.
                let listed = if first || before < walker.bindings.len() { &prefixes[..] } else { &[] };
                for prefix in listed {
                    // As the document writes it, whose text lives on.
                    let bound = walker.bindings.iter().rev().find(|(known, _)| known == prefix);
                    let undone = prefix.is_empty().then_some(("", ""));
                    if let Some((prefix, _)) = bound.copied().or(undone) {
                        self.render(walker, prefix);
                    }
                }
            }
        }
        self.open.push((name, mark));
        self.put("<");
        self.put(name);
        self.namespaces(mark);
        let inherits = first && *self.how == Canonical::Inclusive && !part.around.is_empty();
        self.attributes(walker, if inherits { &part.around } else { &[] });
        self.put(">");
    }

    /// Takes note of a prefix's namespace, where it was not written before.
    fn render(&mut self, walker: &Walker<'t>, prefix: &'t str) {
        // Every prefix that is asked for is bound: the walk refuses others.
        let Ok(namespace) = walker.namespace(prefix) else { return };
        let written = self.rendered.iter().rev().find(|(known, _)| *known == prefix).map_or("", |(_, written)| written);
        if written != namespace && prefix != "xml" {
            self.rendered.push((prefix, namespace));
        }
    }

    /// Writes the namespaces that were taken note of from a place on, in the order of their prefixes.
    fn namespaces(&mut self, mark: usize) {
        if self.rendered.len() == mark {
            return;
        }
        let mut new = self.rendered.split_off(mark);
        new.sort_unstable();
        for (prefix, namespace) in &new {
            self.put(if prefix.is_empty() { " xmlns" } else { " xmlns:" });
            self.put(prefix);
            self.put("=\"");
            self.escaped(namespace, in_value);
            self.put("\"");
        }
        self.rendered.append(&mut new);
    }

    /// Writes an element's attributes, and of those around it the ones that it does not have itself.
    fn attributes(&mut self, walker: &Walker<'t>, around: &[Attribute<'_>]) {
        let own = walker.element.attributes.iter();
        let own = own.filter(|(name, _)| *name != "xmlns" && !name.starts_with("xmlns:")).map(|(written, value)| {
            let (prefix, local) = written.split_once(':').unwrap_or(("", written));
            // An attribute without a prefix is in no namespace.
            let namespace = if prefix.is_empty() { "" } else { walker.namespace(prefix).unwrap_or_default() };
            Attribute { namespace, local, written, value }
        });
        let mut all: Vec<Attribute<'_>> = own.collect();
        for one in around {
            if !all.iter().any(|known| (known.namespace, known.local) == (one.namespace, one.local)) {
                all.push(*one);
            }
        }
        all.sort_unstable();
        for Attribute { written, value, .. } in all {
            self.put(" ");
            self.put(written);
            self.put("=\"");
            self.escaped(value, in_value);
            self.put("\"");
        }
    }

    fn close(&mut self) {
        let Some((name, mark)) = self.open.pop() else { return };
        self.rendered.truncate(mark);
        self.put("</");
        self.put(name);
        self.put(">");
    }

    fn instruction(&mut self, target: &str, said: &str) {
        self.put("<?");
        self.put(target);
        let said = said.get(spaces(said)..).unwrap_or_default();
        if !said.is_empty() {
            self.put(" ");
            self.put(said);
        }
        self.put("?>");
    }

    fn put(&mut self, text: &str) {
        self.buffer.extend_from_slice(text.as_bytes());
    }

    /// Writes a text with what may not stand there as references.
    fn escaped(&mut self, text: &str, reference: impl Fn(u8) -> Option<&'static str>) {
        // Most texts are plain; all of one is looked at at once, so that it is done many bytes at a time.
        if !text.bytes().fold(false, |any, byte| any | reference(byte).is_some()) {
            return self.put(text);
        }
        let mut plain = 0;
        for (place, byte) in text.bytes().enumerate() {
            if let Some(reference) = reference(byte) {
                self.buffer.extend_from_slice(text.as_bytes().get(plain..place).unwrap_or_default());
                self.put(reference);
                plain = place + 1;
            }
        }
        self.buffer.extend_from_slice(text.as_bytes().get(plain..).unwrap_or_default());
    }
}

fn prefix_of(written: &str) -> &str {
    written.split_once(':').map_or("", |(prefix, _)| prefix)
}

const fn in_text(byte: u8) -> Option<&'static str> {
    Some(match byte {
        b'&' => "&amp;",
        b'<' => "&lt;",
        b'>' => "&gt;",
        b'\r' => "&#xD;",
        _ => return None,
    })
}

const fn in_value(byte: u8) -> Option<&'static str> {
    Some(match byte {
        b'&' => "&amp;",
        b'<' => "&lt;",
        b'"' => "&quot;",
        b'\t' => "&#x9;",
        b'\n' => "&#xA;",
        b'\r' => "&#xD;",
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
