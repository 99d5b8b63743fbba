//! JSON, read one way: each object names each member once, and no more values are kept than the reader allows.

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;

/// Reads JSON of at most `most` values. What is wrong may be somebody's data: the place alone is told.
///
/// # Errors
/// Where it is not what it should be.
pub(crate) fn read_json(bytes: &[u8], most: usize) -> Result<Json, String> {
    let left = Left(Cell::new(most));
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    match Strict(&left).deserialize(&mut reader).and_then(|json| reader.end().map(|()| json)) {
        _ if left.0.get() == 0 => Err("too many values".to_owned()),
        Ok(json) => Ok(json),
        Err(error) => Err(format!("line {} column {}", error.line(), error.column())),
    }
}

/// JSON whose objects name each member once. Depth is bounded by the reader itself.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Json {
    Null,
    /// A whole number that is not negative.
    Whole(u64),
    /// A truth value.
    Truth(bool),
    /// Another number, which nothing here asks.
    Other,
    Text(String),
    List(Vec<Json>),
    Object(BTreeMap<String, Json>),
}

impl Json {
    /// A member of an object; of anything else nothing.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        if let Self::Object(members) = self { members.get(name) } else { None }
    }

    /// Its text, where it is one.
    pub(crate) fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }
}

/// How many more values may come.
struct Left(Cell<usize>);

#[derive(Clone, Copy)]
struct Strict<'a>(&'a Left);

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        // Before it is kept: what is refused in the end takes no memory meanwhile.
        let left = self.0.0.get().checked_sub(1).ok_or_else(|| D::Error::custom("too many values"))?;
        self.0.0.set(left);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E: Error>(self, truth: bool) -> Result<Json, E> {
        Ok(Json::Truth(truth))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Json, E> {
        Ok(Json::Other)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Json, E> {
        Ok(Json::Whole(number))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Json, E> {
        Ok(Json::Other)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(one) = all.next_element_seed(self)? {
            list.push(one);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut all: A) -> Result<Json, A::Error> {
        let mut object = BTreeMap::new();
        while let Some(name) = all.next_key::<String>()? {
            let one = all.next_value_seed(self)?;
            if object.insert(name, one).is_some() {
                return Err(A::Error::custom("a member stands twice"));
            }
        }
        Ok(Json::Object(object))
    }
}
