//! A FHIR resource as a tree whose fields stand in the order of the standard, which its XML demands; written as JSON and as XML.

use serde::ser::{Serialize, SerializeMap as _, Serializer};
use std::borrow::Cow;
use std::fmt::Write as _;

/// A resource, or a part of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// A primitive that is text: string, code, uri, instant and the like.
    Text(Cow<'static, str>),
    /// A boolean.
    Bool(bool),
    /// A count.
    Number(u64),
    /// An element that repeats.
    List(Vec<Node>),
    /// An element with parts, in their order.
    Object(Vec<(&'static str, Node)>),
}

impl From<&'static str> for Node {
    fn from(text: &'static str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Node {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<bool> for Node {
    fn from(is: bool) -> Self {
        Self::Bool(is)
    }
}

impl Node {
    /// A part, where it is there.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(parts) => parts.iter().find(|(own, _)| *own == name).map(|(_, part)| part),
            _ => None,
        }
    }

    /// All that stand at a path, however often its elements repeat.
    pub(super) fn all<'n>(&'n self, path: &[&str]) -> Vec<&'n Self> {
        match (self, path.split_first()) {
            (Self::List(several), _) => several.iter().flat_map(|one| one.all(path)).collect(),
            (_, Some((name, rest))) => self.get(name).map(|part| part.all(rest)).unwrap_or_default(),
            (_, None) => vec![self],
        }
    }

    /// Its text, where it is one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// As JSON.
    #[must_use]
    pub fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// As XML, where it is a resource.
    #[must_use]
    pub fn xml(&self) -> String {
        let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
        self.resource(&mut out, " xmlns=\"http://hl7.org/fhir\"");
        out
    }

    fn resource(&self, out: &mut String, namespace: &str) {
        let Self::Object(parts) = self else { return };
        let name = self.get("resourceType").and_then(Self::text).unwrap_or("Resource");
        let _ = write!(out, "<{name}{namespace}>");
        parts.iter().filter(|(part, _)| *part != "resourceType").for_each(|(part, node)| node.element(part, out));
        let _ = write!(out, "</{name}>");
    }

    fn element(&self, name: &str, out: &mut String) {
        match self {
            Self::Text(text) => {
                let _ = write!(out, "<{name} value=\"");
                escape(text, out);
                out.push_str("\"/>");
            }
            Self::Bool(is) => drop(write!(out, "<{name} value=\"{is}\"/>")),
            Self::Number(count) => drop(write!(out, "<{name} value=\"{count}\"/>")),
            Self::List(several) => several.iter().for_each(|one| one.element(name, out)),
            Self::Object(_) if self.get("resourceType").is_some() => {
                let _ = write!(out, "<{name}>");
                self.resource(out, "");
                let _ = write!(out, "</{name}>");
            }
            Self::Object(parts) => {
                let _ = write!(out, "<{name}>");
                parts.iter().for_each(|(part, node)| node.element(part, out));
                let _ = write!(out, "</{name}>");
            }
        }
    }
}

/// Text as an attribute's value; what XML cannot hold becomes U+FFFD.
fn escape(text: &str, out: &mut String) {
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => drop(write!(out, "&#{};", u32::from(letter))),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            _ => out.push(letter),
        }
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Bool(is) => serializer.serialize_bool(*is),
            Self::Number(count) => serializer.serialize_u64(*count),
            Self::List(several) => serializer.collect_seq(several),
            Self::Object(parts) => {
                let mut map = serializer.serialize_map(Some(parts.len()))?;
                for (name, part) in parts {
                    map.serialize_entry(name, part)?;
                }
                map.end()
            }
        }
    }
}

/// An element with these parts; those that hold nothing are left out, since FHIR knows no empty ones.
pub(super) fn object<const N: usize>(parts: [(&'static str, Node); N]) -> Node {
    let mut present: Vec<_> = parts.into_iter().filter(|(_, part)| !empty(part)).collect();
    // Many are held for long.
    present.shrink_to_fit();
    Node::Object(present)
}

fn empty(node: &Node) -> bool {
    match node {
        Node::Text(text) => text.trim().is_empty(),
        Node::List(several) => several.is_empty(),
        Node::Object(parts) => parts.is_empty(),
        Node::Bool(_) | Node::Number(_) => false,
    }
}

/// A code of a system.
pub(super) fn coding(system: &'static str, code: &'static str, display: &'static str) -> Node {
    object([("system", system.into()), ("code", code.into()), ("display", display.into())])
}

/// A concept of one code.
pub(super) fn concept(system: &'static str, code: &'static str, display: &'static str) -> Node {
    object([("coding", Node::List(vec![coding(system, code, display)]))])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_of_writing_say_the_same() {
        let part = object([("resourceType", "Organization".into()), ("id", "a".into()), ("active", true.into())]);
        let bundle = object([
            ("resourceType", "Bundle".into()),
            ("type", "searchset".into()),
            ("total", Node::Number(1)),
            ("link", Node::List(Vec::new())),
            ("entry", Node::List(vec![object([("fullUrl", "https://a?b=\"1\"&c=<2>\n".into()), ("resource", part)])])),
            ("language", " ".into()),
        ]);
        let json = r#"{"resourceType":"Bundle","type":"searchset","total":1,"entry":[{"fullUrl":"https://a?b=\"1\"&c=<2>\n","resource":{"resourceType":"Organization","id":"a","active":true}}]}"#;
        assert_eq!(bundle.json(), json);
        let xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Bundle xmlns=\"http://hl7.org/fhir\"><type value=\"searchset\"/><total value=\"1\"/>\
                   <entry><fullUrl value=\"https://a?b=&quot;1&quot;&amp;c=&lt;2&gt;&#10;\"/><resource><Organization><id value=\"a\"/>\
                   <active value=\"true\"/></Organization></resource></entry></Bundle>";
        assert_eq!(bundle.xml(), xml);
        assert!(object([("resourceType", "X".into()), ("name", "\u{1}ä".into())]).xml().contains("\u{fffd}ä"));
    }
}
