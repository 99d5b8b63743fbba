//! A plan as it is written: a tree of keys and values, each with its line.

use super::mistake::{Mistake, Problem, SyntaxFault};
use std::borrow::Cow;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A plan's text, taken apart but not yet understood.
#[derive(Clone, Debug, Default)]
pub struct Written(pub(super) Node);

/// So many letters of a line are told back.
const MAX_SHOWN: usize = 80;

/// A value and where it stands.
#[derive(Clone, Debug, Default)]
pub(crate) struct Node {
    /// Counted from 1; 0 where nobody counted.
    pub(super) line: usize,
    pub(super) value: Value,
}

#[derive(Clone, Debug, Default)]
pub(crate) enum Value {
    /// Read over: what stood here was wrong, and has been told.
    #[default]
    Gone,
    Flag(bool),
    Number(i64),
    Fraction(f64),
    /// A text, or a date as TOML writes it.
    Text(String),
    List(Vec<Node>),
    Table(Vec<Member>),
}

/// A key with its value.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(super) key: String,
    pub(super) line: usize,
    pub(super) node: Node,
}

impl Written {
    /// Takes TOML apart.
    ///
    /// # Errors
    /// Where it is not TOML.
    pub fn toml(text: &str) -> Result<Self, Mistake> {
        let ends: Vec<usize> = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at).collect();
        let line = |at: usize| 1 + ends.partition_point(|end| *end < at);
        let tree = DeTable::parse(text).map_err(|error| {
            let at = error.span().map_or(0, |span| line(span.start));
            let written = at.checked_sub(1).and_then(|n| text.lines().nth(n)).unwrap_or_default();
            let fault = SyntaxFault::of(error.message(), written);
            Mistake {
                place: key_of(written).unwrap_or_default().to_owned(),
                line: at,
                problem: Problem::Syntax { fault, written: written.trim().chars().take(MAX_SHOWN).collect() },
            }
        })?;
        Ok(Self(Node { line: 1, value: of_table(tree.get_ref(), &line) }))
    }

    /// Takes JSON apart; it has no lines.
    ///
    /// # Errors
    /// Where it is not JSON.
    pub fn json(bytes: &[u8]) -> Result<Self, Mistake> {
        let wrong = |error: serde_json::Error| Mistake {
            place: String::new(),
            line: error.line(),
            problem: Problem::Syntax { fault: SyntaxFault::Other, written: String::new() },
        };
        Ok(Self(of_json(serde_json::from_slice(bytes).map_err(wrong)?)))
    }

    /// The line of a place, counted from 1; of what stands nearest above it where the key itself is missing; none where nothing
    /// of it is written, or nobody counts lines (JSON).
    #[must_use]
    pub fn line(&self, place: &str) -> Option<usize> {
        let (mut line, mut node) = (0, &self.0);
        for (key, number) in segments(place) {
            let Some(member) = node.member(&key) else { break };
            (line, node) = (member.line, &member.node);
            if let Some(element) = number.and_then(|number| node.element(number)) {
                (line, node) = (element.line, element);
            }
        }
        (line > 0).then_some(line)
    }
}

impl Node {
    fn member(&self, key: &str) -> Option<&Member> {
        match &self.value {
            Value::Table(members) => members.iter().find(|member| member.key == key),
            _ => None,
        }
    }

    fn element(&self, number: usize) -> Option<&Self> {
        match &self.value {
            Value::List(list) => list.get(number.checked_sub(1)?),
            _ => None,
        }
    }

    /// The value at a place, to be changed.
    pub(super) fn at(&mut self, place: &str) -> Option<&mut Self> {
        let mut node = self;
        for (key, number) in segments(place) {
            let Value::Table(members) = &mut node.value else { return None };
            node = &mut members.iter_mut().find(|member| member.key == key)?.node;
            if let Some(number) = number {
                let Value::List(list) = &mut node.value else { return None };
                node = list.get_mut(number.checked_sub(1)?)?;
            }
        }
        Some(node)
    }
}

/// The keys of a place, each with its number in a list; keys in quotation marks are taken as they stand.
fn segments(place: &str) -> Vec<(Cow<'_, str>, Option<usize>)> {
    let mut all = Vec::new();
    let mut rest = place;
    while !rest.is_empty() {
        let (key, behind) = if rest.starts_with('"') {
            let Some(end) = closing(rest) else { break };
            let (quoted, behind) = rest.split_at(end + 1);
            (Cow::Owned(serde_json::from_str(quoted).unwrap_or_default()), behind)
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            let (key, behind) = rest.split_at(end);
            (Cow::Borrowed(key), behind)
        };
        let number = behind.strip_prefix('[').and_then(|behind| behind.split_once(']'));
        let (number, behind) = match number {
            Some((number, behind)) => (number.parse().ok(), behind),
            None => (None, behind),
        };
        all.push((key, number));
        rest = behind.strip_prefix('.').unwrap_or_default();
    }
    all
}

/// The key at the beginning of a line of TOML, as far as it is plain.
fn key_of(line: &str) -> Option<&str> {
    let key = line.split_once('=')?.0.trim();
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    (!key.is_empty() && key.len() <= 64 && key.chars().all(plain)).then_some(key)
}

/// Where a text in quotation marks ends.
fn closing(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().skip(1).find_map(|(at, letter)| {
        let ends = letter == '"' && !escaped;
        escaped = letter == '\\' && !escaped;
        ends.then_some(at)
    })
}

fn of_table(table: &DeTable<'_>, line: &impl Fn(usize) -> usize) -> Value {
    let member = |(key, value): (&Spanned<_>, &Spanned<DeValue<'_>>)| Member {
        key: AsRef::<str>::as_ref(key.get_ref()).to_owned(),
        line: line(key.span().start),
        node: of_toml(value, line),
    };
    Value::Table(table.iter().map(member).collect())
}

fn of_toml(value: &Spanned<DeValue<'_>>, line: &impl Fn(usize) -> usize) -> Node {
    let read = match value.get_ref() {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Value::Number(number),
            // Too large for anything that a plan counts; as a text it is told as what it is.
            Err(_) => Value::Text(number.as_str().to_owned()),
        },
        DeValue::Float(number) => Value::Fraction(number.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(flag) => Value::Flag(*flag),
        DeValue::Datetime(day) => Value::Text(day.to_string()),
        DeValue::Array(list) => Value::List(list.iter().map(|value| of_toml(value, line)).collect()),
        DeValue::Table(table) => of_table(table, line),
    };
    Node { line: line(value.span().start), value: read }
}

fn of_json(value: serde_json::Value) -> Node {
    use serde_json::Value as Json;
    let value = match value {
        Json::Null => Value::Gone,
        Json::Bool(flag) => Value::Flag(flag),
        Json::Number(number) => match number.as_i64() {
            Some(number) => Value::Number(number),
            None => Value::Fraction(number.as_f64().unwrap_or(f64::NAN)),
        },
        Json::String(text) => Value::Text(text),
        Json::Array(list) => Value::List(list.into_iter().map(of_json).collect()),
        Json::Object(table) => {
            let members = table.into_iter().map(|(key, value)| Member { key, line: 0, node: of_json(value) });
            Value::Table(members.collect())
        }
    };
    Node { line: 0, value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_have_lines() {
        let text = "start = \"x\"\n\n[[access_point]]\noid = \"1\"\n[[access_point.link]]\nup = 1\n[[access_point.link]]\naddresses = [\n \"a\",\n \"b\"]\n";
        let written = Written::toml(text).unwrap();
        let told = |place: &str| written.line(place).unwrap_or_default();
        assert_eq!((told("start"), told("joiner")), (1, 0));
        assert_eq!((told("access_point[1].oid"), told("access_point[1].country")), (4, 3));
        assert_eq!((told("access_point[1].link[1].up"), told("access_point[1].link[2].addresses[2]")), (6, 10));
        assert_eq!((told("access_point[9]"), told("access_point[1].link")), (3, 5));
    }
}
