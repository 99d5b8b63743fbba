//! A careful walk through XML that lies in memory: no DTD, no entities but the five, bounded depth and attributes, UTF-8 only. Nothing is copied that need not be:
//! names and values are parts of the text.
//!
//! What it takes is well-formed, with namespaces (XML 1.0 fifth edition, Namespaces in XML 1.0); tests hold it against two other readers.

mod attributes;
mod canonical;
mod letters;

use attributes::read_value;
pub(crate) use canonical::{Canonical, Part};
pub(crate) use letters::predefined;
use letters::{Name, character_reference, name, spaces};
use liitos_domain::RefusalCode;
use liitos_domain::refusal::Finding;
use std::borrow::Cow;

/// Deepest nesting taken. Real messages reach 20.
pub const MAX_DEPTH: usize = 100;
/// Most attributes taken on one element. Real ones have 6.
pub const MAX_ATTRIBUTES: usize = 64;

/// Most namespace declarations in force at one place. Real messages have 4; they are searched at each element, and the tree that signatures are found
/// in copies them where one is declared, so their number times the elements must stay small.
pub const MAX_NAMESPACES: usize = 64;

/// The HL7 V3 namespace.
pub const HL7: &str = "urn:hl7-org:v3";
/// The Finnish extensions' namespace.
pub const HL7_FINLAND: &str = "urn:hl7finland";
/// The local headers of patients' and of social care's documents: a document has one.
pub(crate) const LOCAL_HEADERS: [&str; 2] = ["localHeader", SOCIAL_HEADER];
/// Social care's local header.
pub(crate) const SOCIAL_HEADER: &str = "localSocialHeader";
/// The SOAP 1.1 envelope's namespace.
pub const SOAP: &str = "http://schemas.xmlsoap.org/soap/envelope/";

/// Bound to `xml` everywhere, and to nothing else.
const XML: &str = "http://www.w3.org/XML/1998/namespace";
/// Bound to `xmlns`, which nobody declares.
const XMLNS: &str = "http://www.w3.org/2000/xmlns/";

/// An element that was opened.
#[derive(Debug, Default)]
pub struct Element<'i> {
    /// Its namespace.
    pub namespace: &'i str,
    /// Its local name.
    pub name: &'i str,
    attributes: Vec<(&'i str, Cow<'i, str>)>,
}

impl Element<'_> {
    /// All attributes: names as they are written, with their values.
    pub fn attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.attributes.iter().map(|(name, value)| (*name, &**value))
    }

    /// An attribute's value.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes().find(|(key, _)| *key == name).map(|(_, value)| value)
    }
}

/// What comes next.
#[derive(Debug)]
pub enum Step<'i> {
    /// An element opens: [`Walker::element`]; the walker's path ends with it.
    Open,
    /// Text inside the element the path ends with; not always all of it at once.
    Text(Cow<'i, str>),
    /// An instruction to programs: whom it is for, and what it says, with the white space before it.
    Instruction(&'i str, Cow<'i, str>),
    /// The element the path ended with closed.
    Close,
    /// The input ended in the middle.
    Unfinished,
    /// The document is complete.
    End,
}

/// Walks through one XML document.
pub struct Walker<'i> {
    text: &'i str,
    /// How far the walk has come.
    at: usize,
    path: Vec<&'i str>,
    /// The namespace of each element of the path.
    namespaces: Vec<&'i str>,
    /// Each element of the path as it is written, with how many bindings were in force before it.
    written: Vec<(&'i str, usize)>,
    /// Prefixes with the namespaces that they are bound to; the last counts.
    bindings: Vec<(&'i str, &'i str)>,
    /// The element that was opened last.
    element: Element<'i>,
    /// Whether an attribute of it has a prefix that is looked up.
    prefixed: bool,
    /// Whether it is empty: it closes next.
    empty: bool,
    complete: bool,
    /// Whether instructions to programs are refused instead of passed over.
    plain: bool,
}

/// Why the walk does not go on: the input is at its end, or not acceptable.
enum Stop {
    Unfinished,
    Refused(Finding),
}

impl From<Finding> for Stop {
    fn from(finding: Finding) -> Self {
        Self::Refused(finding)
    }
}

impl<'i> Walker<'i> {
    /// Starts at the beginning of `text`.
    #[must_use]
    pub fn new(text: &'i str) -> Self {
        Self {
            text: text.strip_prefix('\u{feff}').unwrap_or(text),
            at: 0,
            path: Vec::with_capacity(16),
            namespaces: Vec::with_capacity(16),
            written: Vec::with_capacity(16),
            bindings: Vec::with_capacity(8),
            element: Element::default(),
            prefixed: false,
            empty: false,
            complete: false,
            plain: false,
        }
    }

    /// Refuses processing instructions, a style sheet's among them, and what readers of HTML end elsewhere: comments and CDATA.
    #[must_use]
    pub fn without_instructions(self) -> Self {
        Self { plain: true, ..self }
    }

    /// The local names from the root to the current element.
    #[must_use]
    pub fn path(&self) -> &[&'i str] {
        &self.path
    }

    /// The element that was opened last.
    #[must_use]
    pub const fn element(&self) -> &Element<'i> {
        &self.element
    }

    /// Whether the current element is at exactly this path below the root's first `skip` levels, each level of it in
    /// `namespace`.
    #[must_use]
    pub fn at(&self, skip: usize, namespace: &str, names: &[&str]) -> bool {
        self.path.len() == skip + names.len() && self.inside(skip, namespace, names)
    }

    /// Whether the current element is at this path or below it.
    #[must_use]
    pub fn inside(&self, skip: usize, namespace: &str, names: &[&str]) -> bool {
        let until = skip + names.len();
        let (path, namespaces) = (self.path.get(skip..until), self.namespaces.get(skip..until));
        path.is_some_and(|path| path == names) && namespaces.is_some_and(|all| all.iter().all(|one| *one == namespace))
    }

    /// The path below the root's first `skip` levels, where each level of it is of `namespace`.
    #[must_use]
    pub fn below(&self, skip: usize, namespace: &str) -> Option<&[&'i str]> {
        let all = self.namespaces.get(skip..)?.iter().all(|one| *one == namespace);
        self.path.get(skip..).filter(|_| all)
    }

    /// The next step.
    ///
    /// # Errors
    /// A finding when the XML is not acceptable.
    #[inline]
    pub fn step(&mut self) -> Result<Step<'i>, Finding> {
        match self.next() {
            Ok(step) => Ok(step),
            Err(Stop::Unfinished) => Ok(Step::Unfinished),
            Err(Stop::Refused(finding)) => Err(finding),
        }
    }

    fn next(&mut self) -> Result<Step<'i>, Stop> {
        if self.empty {
            return Ok(self.close());
        }
        loop {
            let rest = self.rest();
            match (rest.as_bytes().first(), rest.as_bytes().get(1)) {
                (None, _) if self.complete => return Ok(Step::End),
                (None, _) => return Err(Stop::Unfinished),
                (Some(b'<'), None) => return Err(Stop::Unfinished),
                (Some(b'<'), Some(b'/')) => return self.end_tag(),
                (Some(b'<'), Some(b'!')) => {
                    if let Some(text) = self.declaration()? {
                        return Ok(text);
                    }
                }
                (Some(b'<'), Some(b'?')) => {
                    if let Some(instruction) = self.instruction()? {
                        return Ok(instruction);
                    }
                }
                (Some(b'<'), _) => return self.start_tag(),
                (Some(b'&'), _) => return self.reference(),
                _ => return self.text(),
            }
        }
    }

    fn rest(&self) -> &'i str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn text(&mut self) -> Result<Step<'i>, Stop> {
        let rest = self.rest();
        let length = memchr::memchr2(b'<', b'&', rest.as_bytes()).unwrap_or(rest.len());
        let text = rest.get(..length).unwrap_or_default();
        if self.path.is_empty() && text.bytes().any(|byte| !letters::is_space(byte)) {
            return Err(refuse("text outside the root element").into());
        }
        // The schema of the characters leaves these out, and `]]>` may not stand in a text.
        if letters::is_unsound(text) || letters::ends_cdata(text) {
            return Err(refuse("a character that may not stand there").into());
        }
        self.at += length;
        Ok(Step::Text(letters::lines(text)))
    }

    /// A comment, CDATA, or what is refused.
    fn declaration(&mut self) -> Result<Option<Step<'i>>, Stop> {
        const COMMENT: &str = "<!--";
        const CDATA: &str = "<![CDATA[";
        const DOCTYPE: &str = "<!DOCTYPE";
        let rest = self.rest();
        if let Some(inner) = rest.strip_prefix(COMMENT) {
            if self.plain {
                // Another reader may see their end elsewhere.
                return Err(refuse("a comment").into());
            }
            let length = memchr::memmem::find(inner.as_bytes(), b"--").ok_or(Stop::Unfinished)?;
            let (comment, behind) = inner.split_at_checked(length + 2).ok_or(Stop::Unfinished)?;
            return match behind.as_bytes().first() {
                None => Err(Stop::Unfinished),
                Some(b'>') if !letters::is_unsound(comment) => {
                    self.at += COMMENT.len() + length + 3;
                    Ok(None)
                }
                Some(_) => Err(refuse("a comment that is not well-formed").into()),
            };
        }
        if let Some(inner) = rest.strip_prefix(CDATA) {
            if self.plain {
                return Err(refuse("CDATA").into());
            }
            if self.path.is_empty() {
                return Err(refuse("text outside the root element").into());
            }
            let length = memchr::memmem::find(inner.as_bytes(), b"]]>").ok_or(Stop::Unfinished)?;
            let text = inner.get(..length).unwrap_or_default();
            if letters::is_unsound(text) {
                return Err(refuse("a character that may not stand there").into());
            }
            self.at += CDATA.len() + length + 3;
            return Ok(Some(Step::Text(letters::lines(text))));
        }
        if rest.starts_with(DOCTYPE) {
            return Err(refuse("DOCTYPE").into());
        }
        let begins = [COMMENT, CDATA, DOCTYPE].iter().any(|one| one.starts_with(rest));
        Err(if begins { Stop::Unfinished } else { refuse("not well-formed").into() })
    }

    /// A processing instruction, or the declaration at the beginning, which is none.
    fn instruction(&mut self) -> Result<Option<Step<'i>>, Stop> {
        let rest = self.rest();
        let inner = rest.get(2..).unwrap_or_default();
        let (Name { written, prefix, sound, .. }, _) = name(inner);
        let is_declaration = written == "xml" && self.at == 0;
        if self.plain && !is_declaration && written.len() < inner.len() {
            return Err(refuse("a processing instruction").into());
        }
        let length = memchr::memmem::find(inner.as_bytes(), b"?>").ok_or(Stop::Unfinished)?;
        let said = inner.get(written.len()..length).unwrap_or_default();
        if is_declaration {
            letters::check_declaration(said)?;
        } else if !(sound && prefix.is_empty())
            || written.eq_ignore_ascii_case("xml")
            || letters::is_unsound(said)
            || !said.is_empty() && spaces(said) == 0
        {
            return Err(refuse("not well-formed").into());
        }
        self.at += length + 4;
        Ok((!is_declaration).then(|| Step::Instruction(written, letters::lines(said))))
    }

    /// A reference to a character.
    fn reference(&mut self) -> Result<Step<'i>, Stop> {
        let inner = self.rest().get(1..).unwrap_or_default();
        let length = inner.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'#').count();
        let name = inner.get(..length).unwrap_or_default();
        match inner.as_bytes().get(length) {
            None => return Err(Stop::Unfinished),
            Some(b';') if !self.path.is_empty() => {}
            Some(_) => return Err(refuse("entity").into()),
        }
        self.at += length + 2;
        if let Some(text) = predefined(name) {
            return Ok(Step::Text(Cow::Borrowed(text)));
        }
        let written = name.strip_prefix('#').ok_or_else(|| refuse("entity"))?;
        let character = character_reference(written).ok_or_else(|| refuse("character reference"))?;
        Ok(Step::Text(Cow::Owned(character.to_string())))
    }

    fn end_tag(&mut self) -> Result<Step<'i>, Stop> {
        let rest = self.rest();
        let inner = rest.get(2..).unwrap_or_default();
        let Some((open, _)) = self.written.last() else { return Err(refuse("not well-formed").into()) };
        let Some(behind) = inner.strip_prefix(open) else {
            return Err(if open.starts_with(inner) { Stop::Unfinished } else { refuse("not well-formed").into() });
        };
        let space = spaces(behind);
        match behind.as_bytes().get(space) {
            None => Err(Stop::Unfinished),
            Some(b'>') => {
                self.at += 2 + open.len() + space + 1;
                Ok(self.close())
            }
            Some(_) => Err(refuse("not well-formed").into()),
        }
    }

    fn close(&mut self) -> Step<'i> {
        self.empty = false;
        self.path.pop();
        self.namespaces.pop();
        let before = self.written.pop().map_or(0, |(_, before)| before);
        self.bindings.truncate(before);
        self.complete = self.path.is_empty();
        Step::Close
    }

    fn start_tag(&mut self) -> Result<Step<'i>, Stop> {
        if self.complete {
            return Err(refuse("second root element").into());
        }
        if self.path.len() >= MAX_DEPTH {
            return Err(Finding::new(RefusalCode::XmlTooDeep, format!("depth over {MAX_DEPTH}")).into());
        }
        let before = self.bindings.len();
        let inner = self.rest().get(1..).unwrap_or_default();
        let (Name { written, prefix, local, sound }, mut behind) = name(inner);
        if behind.is_empty() {
            return Err(Stop::Unfinished);
        }
        if !sound {
            return Err(refuse("not well-formed").into());
        }
        self.element.attributes.clear();
        self.prefixed = false;
        self.empty = loop {
            let space = spaces(behind);
            behind = behind.get(space..).unwrap_or_default();
            match (behind.as_bytes().first(), behind.as_bytes().get(1)) {
                (None, _) | (Some(b'/'), None) => return Err(Stop::Unfinished),
                (Some(b'>'), _) => {
                    behind = behind.get(1..).unwrap_or_default();
                    break false;
                }
                (Some(b'/'), Some(b'>')) => {
                    behind = behind.get(2..).unwrap_or_default();
                    break true;
                }
                (Some(_), _) if space == 0 => return Err(refuse("not well-formed").into()),
                (Some(_), _) => behind = self.attribute(behind)?,
            }
        };
        self.at = self.text.len() - behind.len();
        if self.bindings.len() > MAX_NAMESPACES {
            return Err(refuse("namespace declarations over the limit").into());
        }
        let namespace = self.namespace(prefix)?;
        if self.prefixed {
            self.check_prefixes()?;
        }
        (self.element.namespace, self.element.name) = (namespace, local);
        self.path.push(local);
        self.namespaces.push(namespace);
        self.written.push((written, before));
        Ok(Step::Open)
    }

    /// Reads an attribute; what stands behind it.
    fn attribute(&mut self, inner: &'i str) -> Result<&'i str, Stop> {
        let (Name { written, prefix, local, sound }, behind) = name(inner);
        let (value, behind) = read_value(behind)?;
        if !sound {
            return Err(refuse("attribute").into());
        }
        let attributes = &mut self.element.attributes;
        if attributes.len() == MAX_ATTRIBUTES {
            return Err(refuse("attributes over the limit").into());
        }
        if attributes.iter().any(|(known, _)| *known == written) {
            return Err(refuse("attribute").into());
        }
        // A name that another reader takes for a declaration of what has no prefix.
        if local == "xmlns" && !prefix.is_empty() {
            return Err(refuse("a namespace that may not be declared so").into());
        }
        if prefix == "xmlns" || local == "xmlns" {
            // Namespaces are compared as they are written: what another reader would decode differently is refused.
            let Cow::Borrowed(namespace) = value else {
                return Err(refuse("a namespace that is not plain text").into());
            };
            let declared = if prefix.is_empty() { "" } else { local };
            let reserved = declared == "xmlns" || namespace == XMLNS || (declared == "xml") != (namespace == XML);
            if reserved || namespace.is_empty() && !declared.is_empty() {
                return Err(refuse("a namespace that may not be declared so").into());
            }
            self.bindings.push((declared, namespace));
        } else {
            self.prefixed |= !prefix.is_empty();
        }
        self.element.attributes.push((written, value));
        Ok(behind)
    }

    /// The namespace that a prefix is bound to.
    fn namespace(&self, prefix: &str) -> Result<&'i str, Finding> {
        // Empty ones are not compared byte by byte: that a machine does slowly.
        let is_it = |known: &str| known.len() == prefix.len() && (prefix.is_empty() || known == prefix);
        match self.bindings.iter().rev().find(|(known, _)| is_it(known)) {
            Some((_, namespace)) => Ok(namespace),
            None if prefix.is_empty() => Ok(""),
            None if prefix == "xml" => Ok(XML),
            None => Err(refuse("a prefix that nothing declares")),
        }
    }

    /// Attributes' prefixes are declared, and no two of them are one by their namespaces.
    fn check_prefixes(&self) -> Result<(), Finding> {
        let mut seen: Vec<(&str, &str)> = Vec::new();
        for (name, _) in &self.element.attributes {
            let Some((prefix, local)) = name.split_once(':').filter(|(prefix, _)| *prefix != "xmlns") else { continue };
            let named = (local, self.namespace(prefix)?);
            if seen.contains(&named) {
                return Err(refuse("attribute"));
            }
            seen.push(named);
        }
        Ok(())
    }
}

/// A document's local header.
pub(crate) fn local_header<'t>(tree: &'t roxmltree::Document<'_>) -> Option<roxmltree::Node<'t, 't>> {
    let is_one =
        |node: &roxmltree::Node<'_, '_>| LOCAL_HEADERS.iter().any(|name| node.has_tag_name((HL7_FINLAND, *name)));
    tree.root_element().children().find(is_one)
}

/// The part of `bytes` that is text so far; the tail may end inside a character.
///
/// # Errors
/// A finding when the bytes are not UTF-8.
pub fn utf8_so_far(bytes: &[u8]) -> Result<&str, Finding> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text),
        Err(error) if error.error_len().is_none() => {
            let sound = bytes.get(..error.valid_up_to()).unwrap_or_default();
            std::str::from_utf8(sound).map_err(|_| refuse("not UTF-8"))
        }
        Err(_) => Err(refuse("not UTF-8")),
    }
}

/// Fills a field that stands once: a second one would be read by another reader in the first one's stead.
pub(crate) fn fill<T>(slot: &mut Option<T>, value: T, twice: RefusalCode, place: &str) -> Result<(), Finding> {
    if slot.is_some() {
        return Err(Finding::new(twice, format!("{place} stands twice")));
    }
    *slot = Some(value);
    Ok(())
}

pub(crate) fn refuse(place: &str) -> Finding {
    Finding::new(RefusalCode::XmlNotAccepted, place)
}

#[cfg(test)]
mod tests;
