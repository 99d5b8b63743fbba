//! A careful walk through XML: no DTD, no entities but the five, bounded depth and attributes, UTF-8 only.

use liitos_domain::RefusalCode;
use liitos_domain::refusal::Finding;
use quick_xml::errors::SyntaxError;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;
use quick_xml::{NsReader, XmlVersion};
use std::fmt;
use std::io::BufRead;
use std::ops::Deref;
use std::sync::Arc;

/// Deepest nesting taken. Real messages reach 20.
pub const MAX_DEPTH: usize = 100;
/// Most attributes taken on one element. Real ones have 6.
pub const MAX_ATTRIBUTES: usize = 64;

/// Most namespace declarations in force at one place. Real messages have 4; signature canonicalisation copies them for
/// each element, so their number times the elements must stay small.
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

/// A name, or a namespace. The same few stand everywhere in a document: they are kept once.
#[derive(Clone, PartialEq, Eq)]
pub struct Name(Arc<str>);

impl Name {
    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Deref for Name {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl PartialEq<str> for Name {
    fn eq(&self, other: &str) -> bool {
        *self.0 == *other
    }
}

impl PartialEq<&str> for Name {
    fn eq(&self, other: &&str) -> bool {
        *self.0 == **other
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Names that were met lately, each at a place by its letters.
struct Names(Vec<Option<Name>>);

/// How many.
const NAMES: usize = 256;

impl Names {
    fn get(&mut self, text: &str) -> Name {
        let bytes = text.as_bytes();
        let (first, last) = (bytes.first().copied().unwrap_or(0), bytes.last().copied().unwrap_or(0));
        let middle = bytes.get(bytes.len() / 2).copied().unwrap_or(0);
        let mixed = usize::from(first) ^ (usize::from(last) << 2) ^ (usize::from(middle) << 4) ^ (bytes.len() * 37);
        let fresh = || Name(Arc::from(text));
        let Some(place) = self.0.get_mut(mixed % NAMES) else { return fresh() };
        match place {
            Some(known) if *known == *text => known.clone(),
            _ => place.insert(fresh()).clone(),
        }
    }
}

/// An element that was opened.
#[derive(Debug, Clone)]
pub struct Element {
    /// Its namespace.
    pub namespace: Name,
    /// Its local name.
    pub name: Name,
    /// The names of its attributes, each with where its value ends.
    attributes: Vec<(Name, usize)>,
    /// The values, one after the other.
    values: String,
}

impl Element {
    /// All attributes: names as they are written, with their values.
    pub fn attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut from = 0;
        self.attributes.iter().map(move |(name, until)| {
            let value = self.values.get(from..*until).unwrap_or_default();
            from = *until;
            (name.as_str(), value)
        })
    }

    /// An attribute's value.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes().find(|(key, _)| *key == name).map(|(_, value)| value)
    }
}

/// What comes next.
#[derive(Debug)]
pub enum Step {
    /// An element opens; the walker's path ends with it.
    Open(Element),
    /// Text inside the element the path ends with.
    Text(String),
    /// The element the path ended with closed.
    Close,
    /// The input ended in the middle.
    Unfinished,
    /// The document is complete.
    End,
}

/// Walks through one XML document, a text in memory or a stream of UTF-8.
pub struct Walker<R> {
    reader: NsReader<R>,
    /// What stands behind the event that was read last.
    buffer: Vec<u8>,
    path: Vec<Name>,
    /// The namespace of each element of the path.
    namespaces: Vec<Name>,
    names: Names,
    /// Namespace declarations on each element of the path.
    declared: Vec<usize>,
    complete: bool,
    /// Whether instructions to programs are refused instead of passed over.
    plain: bool,
}

impl<'i> Walker<&'i [u8]> {
    /// Starts at the beginning of `text`.
    #[must_use]
    pub fn new(text: &'i str) -> Self {
        Self::over(text.trim_start_matches('\u{feff}').as_bytes())
    }
}

impl<R: BufRead> Walker<R> {
    /// Starts at the beginning of a stream of UTF-8 without byte order mark; it may fail where one event grows too long.
    #[must_use]
    pub fn over(source: R) -> Self {
        let mut reader = NsReader::from_reader(source);
        reader.config_mut().expand_empty_elements = true;
        reader.config_mut().check_end_names = true;
        let (path, namespaces, declared) = (Vec::new(), Vec::new(), Vec::new());
        let names = Names(vec![None; NAMES]);
        Self { reader, buffer: Vec::new(), names, path, namespaces, declared, complete: false, plain: false }
    }

    /// Refuses processing instructions, a style sheet's among them, and what readers of HTML end elsewhere: comments and CDATA.
    #[must_use]
    pub fn without_instructions(self) -> Self {
        Self { plain: true, ..self }
    }

    /// What is walked through.
    pub fn source(&mut self) -> &mut R {
        self.reader.get_mut()
    }

    /// The local names from the root to the current element.
    #[must_use]
    pub fn path(&self) -> &[Name] {
        &self.path
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
        let levels = self.path.iter().zip(&self.namespaces).skip(skip);
        self.path.len() >= skip + names.len()
            && levels.zip(names).all(|((have, of), want)| *have == *want && *of == namespace)
    }

    /// How far the walk has come, in bytes.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.reader.buffer_position()
    }

    /// The next step.
    ///
    /// # Errors
    /// A finding when the XML is not acceptable.
    pub fn step(&mut self) -> Result<Step, Finding> {
        let mut buffer = std::mem::take(&mut self.buffer);
        let step = self.next(&mut buffer);
        self.buffer = buffer;
        step
    }

    fn next(&mut self, buffer: &mut Vec<u8>) -> Result<Step, Finding> {
        loop {
            buffer.clear();
            let (namespace, event) = match self.reader.read_resolved_event_into(buffer) {
                Ok((ResolveResult::Unknown(_), _)) => return Err(refuse("a prefix that nothing declares")),
                Ok((ResolveResult::Bound(bound), event)) => (self.names.get(bound.as_ref()), event),
                Ok((ResolveResult::Unbound, event)) => (self.names.get(""), event),
                Err(error) => {
                    return unfinished(&error).then_some(Step::Unfinished).ok_or_else(|| refuse("not well-formed"));
                }
            };
            match event {
                Event::Start(start) => {
                    let (names, complete) = (&mut self.names, self.complete);
                    let depth = (self.path.len(), self.declared.iter().sum());
                    let (element, own) = open(names, namespace, &start, (depth, complete))?;
                    self.declared.push(own);
                    self.path.push(element.name.clone());
                    self.namespaces.push(element.namespace.clone());
                    return Ok(Step::Open(element));
                }
                Event::End(_) => {
                    self.path.pop();
                    self.namespaces.pop();
                    self.declared.pop();
                    self.complete = self.path.is_empty();
                    return Ok(Step::Close);
                }
                Event::Text(text) => {
                    return self.text(text.xml_content(XmlVersion::Explicit1_0).into_owned());
                }
                Event::CData(_) if self.plain => return Err(refuse("CDATA")),
                Event::CData(text) => {
                    return self.text(text.xml_content(XmlVersion::Explicit1_0).into_owned());
                }
                Event::GeneralRef(reference) => {
                    let character = reference.resolve_char_ref().map_err(|_| refuse("character reference"))?;
                    let text =
                        character.map(String::from).or_else(|| predefined(reference.as_ref()).map(str::to_owned));
                    return text.map(Step::Text).ok_or_else(|| refuse("entity"));
                }
                Event::DocType(_) => return Err(refuse("DOCTYPE")),
                Event::Decl(declaration) => {
                    let encoding = declaration.encoding().and_then(Result::ok);
                    if encoding.is_some_and(|e| !e.eq_ignore_ascii_case("utf-8")) {
                        return Err(refuse("encoding other than UTF-8"));
                    }
                }
                Event::PI(_) if self.plain => return Err(refuse("a processing instruction")),
                // Another reader may see their end elsewhere.
                Event::Comment(_) if self.plain => return Err(refuse("a comment")),
                Event::Comment(_) | Event::PI(_) | Event::Empty(_) => {}
                Event::Eof => {
                    return Ok(if self.complete { Step::End } else { Step::Unfinished });
                }
            }
        }
    }

    fn text(&self, text: String) -> Result<Step, Finding> {
        if self.path.is_empty() && !text.trim().is_empty() {
            return Err(refuse("text outside the root element"));
        }
        Ok(Step::Text(text))
    }
}

/// Reads what an element says of itself; with how many namespaces it declares. `depth`: how deep it lies, and how many are declared there.
fn open(
    names: &mut Names,
    namespace: Name,
    start: &BytesStart<'_>,
    ((depth, declared), complete): ((usize, usize), bool),
) -> Result<(Element, usize), Finding> {
    if complete {
        return Err(refuse("second root element"));
    }
    if depth >= MAX_DEPTH {
        return Err(Finding::new(RefusalCode::XmlTooDeep, format!("depth over {MAX_DEPTH}")));
    }
    let name = names.get(start.local_name().as_ref());
    let mut element = Element { namespace, name, attributes: Vec::new(), values: String::new() };
    let mut own = 0;
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|_| refuse("attribute"))?;
        if element.attributes.len() == MAX_ATTRIBUTES {
            return Err(refuse("attributes over the limit"));
        }
        let key = attribute.key.as_ref();
        // The reader binds namespaces by the raw text: what another reader would decode differently is refused.
        let declares = key == "xmlns" || key.starts_with("xmlns:");
        if declares && attribute.value.contains(['&', '\t', '\r', '\n']) {
            return Err(refuse("a namespace that is not plain text"));
        }
        own += usize::from(declares);
        // XML allows none there, and a reader of HTML may see a tag begin.
        if attribute.value.contains('<') {
            return Err(refuse("< in an attribute"));
        }
        let value = attribute.normalized_value(XmlVersion::Explicit1_0).map_err(|_| refuse("attribute value"))?;
        element.values.push_str(&value);
        element.attributes.push((names.get(key), element.values.len()));
    }
    if declared + own > MAX_NAMESPACES {
        return Err(refuse("namespace declarations over the limit"));
    }
    Ok((element, own))
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

fn unfinished(error: &quick_xml::Error) -> bool {
    matches!(
        error,
        quick_xml::Error::Syntax(
            SyntaxError::UnclosedTag
                | SyntaxError::UnclosedComment
                | SyntaxError::UnclosedCData
                | SyntaxError::UnclosedPI
                | SyntaxError::UnclosedXmlDecl
                | SyntaxError::UnclosedSingleQuotedAttributeValue
                | SyntaxError::UnclosedDoubleQuotedAttributeValue
                | SyntaxError::InvalidBangMarkup
        ) | quick_xml::Error::IllFormed(quick_xml::errors::IllFormedError::UnclosedReference)
    )
}

fn predefined(name: &str) -> Option<&'static str> {
    Some(match name {
        "lt" => "<",
        "gt" => ">",
        "amp" => "&",
        "quot" => "\"",
        "apos" => "'",
        _ => return None,
    })
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
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn walk(text: &str) -> Result<(String, bool), Finding> {
        let mut walker = Walker::new(text);
        let mut seen = String::new();
        loop {
            match walker.step()? {
                Step::Open(element) => seen += &format!("<{}>", element.name),
                Step::Text(text) => seen += &text,
                Step::Close => seen += "/",
                Step::Unfinished => return Ok((seen, false)),
                Step::End => return Ok((seen, true)),
            }
        }
    }

    #[test]
    fn accepts_plain_and_stops_at_the_end() {
        assert_eq!(walk("<a x='1'><b/>t&lt;&#65;</a>").unwrap(), ("<a><b>/t<A/".into(), true));
        assert_eq!(walk("<a><b/>").unwrap(), ("<a><b>/".into(), false));
        assert_eq!(walk("<a><b att").unwrap(), ("<a>".into(), false));
    }

    #[test]
    fn refuses_what_could_be_turned_against_us() {
        let code = |text: &str| walk(text).unwrap_err();
        assert_eq!(code("<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>").place, "DOCTYPE");
        assert_eq!(code("<a>&x;</a>").place, "entity");
        assert_eq!(code("<a b='&x;'/>").code, RefusalCode::XmlNotAccepted);
        assert_eq!(code("<a b='<c>'/>").place, "< in an attribute");
        assert_eq!(code("<a></b>").place, "not well-formed");
        assert_eq!(code("<a/><b/>").place, "second root element");
        assert_eq!(code("<?xml version='1.0' encoding='UTF-16'?><a/>").place, "encoding other than UTF-8");
        assert_eq!(code(&"<a>".repeat(10_000)).code, RefusalCode::XmlTooDeep);
        let declarations: String = (0..40).map(|n| format!(" xmlns:n{n}='u'")).collect();
        let bomb = format!("<a{declarations}><b{declarations}/></a>");
        assert_eq!(code(&bomb).place, "namespace declarations over the limit");
        assert!(
            walk(&format!("<a><b{declarations}/><c{declarations}/></a>")).is_ok(),
            "what is closed is not in force"
        );
        let crowd: String = (0..65).map(|n| format!(" a{n}='1'")).collect();
        assert_eq!(code(&format!("<a{crowd}/>")).place, "attributes over the limit");
        assert!(utf8_so_far(&[0xff, 0xfe, 0x41]).is_err());
        assert_eq!(utf8_so_far("aä".as_bytes().split_last().unwrap().1).unwrap(), "a");
    }

    proptest! {
        #[test]
        fn no_input_makes_it_panic(text in "[<>&;'\"a-c/!\\[\\]?= \\-]{0,60}|\\PC{0,80}") {
            let _ = walk(&text);
        }
    }
}
