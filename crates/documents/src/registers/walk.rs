//! A careful walk through XML that is longer than memory: a register's file, read as it comes. No DTD, no entities but the five, bounded depth and attributes.

use crate::xml::{MAX_ATTRIBUTES, MAX_DEPTH, MAX_NAMESPACES, predefined, refuse};
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

/// A name. The same few stand everywhere in a document: they are kept once.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Name(Arc<str>);

impl Name {
    /// Its text.
    pub(crate) fn as_str(&self) -> &str {
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
pub(crate) struct Element {
    /// Its local name.
    pub(crate) name: Name,
    /// The names of its attributes, each with where its value ends.
    attributes: Vec<(Name, usize)>,
    /// The values, one after the other.
    values: String,
}

impl Element {
    /// All attributes: names as they are written, with their values.
    pub(crate) fn attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut from = 0;
        self.attributes.iter().map(move |(name, until)| {
            let value = self.values.get(from..*until).unwrap_or_default();
            from = *until;
            (name.as_str(), value)
        })
    }

    /// An attribute's value.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes().find(|(key, _)| *key == name).map(|(_, value)| value)
    }
}

/// What comes next.
#[derive(Debug)]
pub(crate) enum Step {
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

/// Walks through one XML document, a stream of UTF-8.
pub(crate) struct Walker<R> {
    reader: NsReader<R>,
    /// What stands behind the event that was read last.
    buffer: Vec<u8>,
    path: Vec<Name>,
    names: Names,
    /// Namespace declarations on each element of the path.
    declared: Vec<usize>,
    complete: bool,
}

impl<R: BufRead> Walker<R> {
    /// Starts at the beginning of a stream of UTF-8 without byte order mark; it may fail where one event grows too long.
    pub(crate) fn over(source: R) -> Self {
        let mut reader = NsReader::from_reader(source);
        reader.config_mut().expand_empty_elements = true;
        reader.config_mut().check_end_names = true;
        let (path, declared) = (Vec::new(), Vec::new());
        let names = Names(vec![None; NAMES]);
        Self { reader, buffer: Vec::new(), names, path, declared, complete: false }
    }

    /// What is walked through.
    pub(crate) fn source(&mut self) -> &mut R {
        self.reader.get_mut()
    }

    /// The local names from the root to the current element.
    pub(crate) fn path(&self) -> &[Name] {
        &self.path
    }

    /// The next step.
    ///
    /// # Errors
    /// A finding when the XML is not acceptable.
    pub(crate) fn step(&mut self) -> Result<Step, Finding> {
        let mut buffer = std::mem::take(&mut self.buffer);
        let step = self.next(&mut buffer);
        self.buffer = buffer;
        step
    }

    fn next(&mut self, buffer: &mut Vec<u8>) -> Result<Step, Finding> {
        loop {
            buffer.clear();
            let event = match self.reader.read_resolved_event_into(buffer) {
                Ok((ResolveResult::Unknown(_), _)) => return Err(refuse("a prefix that nothing declares")),
                Ok((ResolveResult::Bound(_) | ResolveResult::Unbound, event)) => event,
                Err(error) => {
                    return unfinished(&error).then_some(Step::Unfinished).ok_or_else(|| refuse("not well-formed"));
                }
            };
            match event {
                Event::Start(start) => {
                    let (names, complete) = (&mut self.names, self.complete);
                    let depth = (self.path.len(), self.declared.iter().sum());
                    let (element, own) = open(names, &start, (depth, complete))?;
                    self.declared.push(own);
                    self.path.push(element.name.clone());
                    return Ok(Step::Open(element));
                }
                Event::End(_) => {
                    self.path.pop();
                    self.declared.pop();
                    self.complete = self.path.is_empty();
                    return Ok(Step::Close);
                }
                Event::Text(text) => {
                    return self.text(text.xml_content(XmlVersion::Explicit1_0).into_owned());
                }
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
    let mut element = Element { name, attributes: Vec::new(), values: String::new() };
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn walk(text: &str) -> Result<(String, bool), Finding> {
        let mut walker = Walker::over(text.as_bytes());
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
    fn what_could_be_turned_against_us_is_refused_in_a_file_too() {
        assert_eq!(walk("<a x='1'><b/>t&lt;&#65;</a>").unwrap(), ("<a><b>/t<A/".into(), true));
        assert_eq!(walk("<a><b att").unwrap(), ("<a>".into(), false));
        let code = |text: &str| walk(text).unwrap_err();
        assert_eq!(code("<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>").place, "DOCTYPE");
        assert_eq!(code("<a>&x;</a>").place, "entity");
        assert_eq!(code("<a></b>").place, "not well-formed");
        assert_eq!(code("<a/><b/>").place, "second root element");
        assert_eq!(code("<a b='<c>'/>").place, "< in an attribute");
        assert_eq!(code("<?xml version='1.0' encoding='UTF-16'?><a/>").place, "encoding other than UTF-8");
        assert_eq!(code(&"<a>".repeat(10_000)).code, RefusalCode::XmlTooDeep);
        let crowd: String = (0..65).map(|n| format!(" a{n}='1'")).collect();
        assert_eq!(code(&format!("<a{crowd}/>")).place, "attributes over the limit");
    }

    proptest! {
        #[test]
        fn no_input_makes_it_panic(text in "[<>&;'\"a-c/!\\[\\]?= \\-]{0,60}|\\PC{0,80}") {
            let _ = walk(&text);
        }
    }
}
