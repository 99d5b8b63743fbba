//! Understands a tree as a plan: serde over [`Node`], with mistakes that know their place.

use super::mistake::{Expected, Mistake, Problem};
use super::written::{Member, Node, Value};
use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

impl Node {
    /// What stands here, for people.
    fn shown(&self) -> String {
        match &self.value {
            Value::Gone => String::new(),
            Value::Flag(flag) => flag.to_string(),
            Value::Number(number) => number.to_string(),
            Value::Fraction(number) => number.to_string(),
            Value::Text(text) => text.chars().take(80).collect(),
            Value::List(_) => "[…]".to_owned(),
            Value::Table(_) => "{…}".to_owned(),
        }
    }

    /// A mistake about the value that stands here.
    fn told(&self, mut mistake: Mistake) -> Mistake {
        if let (true, Problem::Value { found, .. }) = (mistake.place.is_empty(), &mut mistake.problem) {
            *found = self.shown();
        }
        mistake
    }
}

impl<'de> Deserializer<'de> for &'de Node {
    type Error = Mistake;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        let read = match &self.value {
            Value::Gone => visitor.visit_unit(),
            Value::Flag(flag) => visitor.visit_bool(*flag),
            Value::Number(number) => visitor.visit_i64(*number),
            Value::Fraction(number) => visitor.visit_f64(*number),
            Value::Text(text) => visitor.visit_borrowed_str(text),
            Value::List(list) => visitor.visit_seq(Elements { list: list.iter().enumerate() }),
            Value::Table(members) => visitor.visit_map(Members { members: members.iter(), value: None }),
        };
        read.map_err(|mistake| self.told(mistake))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        match &self.value {
            Value::Gone => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        match &self.value {
            Value::Text(text) => visitor.visit_enum(text.as_str().into_deserializer()),
            _ => Err(self.told(serde::de::Error::custom(""))),
        }
    }

    /// What is read by its name says what belongs there: identifiers, addresses, days.
    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Mistake> {
        let named = Expected::parse(name);
        visitor.visit_newtype_struct(self).map_err(|mut mistake| {
            if let (Some(named), true, Problem::Value { expected, .. }) =
                (named, mistake.place.is_empty(), &mut mistake.problem)
            {
                *expected = named;
            }
            self.told(mistake)
        })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

struct Elements<'de> {
    list: std::iter::Enumerate<std::slice::Iter<'de, Node>>,
}

impl<'de> SeqAccess<'de> for Elements<'de> {
    type Error = Mistake;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Mistake> {
        let Some((n, node)) = self.list.find(|(_, node)| !matches!(node.value, Value::Gone)) else { return Ok(None) };
        seed.deserialize(node).map(Some).map_err(|mistake| mistake.element(n + 1))
    }
}

struct Members<'de> {
    members: std::slice::Iter<'de, Member>,
    value: Option<&'de Member>,
}

impl<'de> MapAccess<'de> for Members<'de> {
    type Error = Mistake;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Mistake> {
        self.value = self.members.find(|member| !matches!(member.node.value, Value::Gone));
        let Some(member) = self.value else { return Ok(None) };
        let key: StrDeserializer<'_, Mistake> = member.key.as_str().into_deserializer();
        seed.deserialize(key).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Mistake> {
        let Some(member) = self.value.take() else { return Err(serde::de::Error::custom("a value before its key")) };
        seed.deserialize(&member.node).map_err(|mistake| mistake.under(&member.key))
    }
}
