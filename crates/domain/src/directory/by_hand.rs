//! A change of the directory that somebody wrote by hand: an [`Effect`] as JSON, times as people write them, and nothing in it
//! that is not understood.

use super::{CollectionPoint, Effect};
use crate::time::Moment;
use serde_json::Value;

/// Longest text taken, in bytes.
pub const MAX_BYTES: usize = 1024 * 1024;
/// Longest name of a collection point, in characters.
const MAX_NAME: usize = 200;

/// What is wrong with a text, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct NotAnEffect {
    /// Line and column, or the way to the value (`rights_opened[0].service`).
    pub place: String,
    /// What was expected there.
    pub problem: String,
}

impl Effect {
    /// Reads an effect that was written by hand: its JSON, with times as numbers of microseconds, as dates or by RFC 3339.
    ///
    /// # Errors
    /// [`NotAnEffect`]: too long, no JSON, a value of another kind, a key that is not known, or a row that says nothing sound.
    pub fn by_hand(text: &str) -> Result<Self, NotAnEffect> {
        let wrong = |place: &str, problem: String| NotAnEffect { place: place.to_owned(), problem };
        if text.len() > MAX_BYTES {
            return Err(wrong("text", format!("longer than {MAX_BYTES} bytes")));
        }
        let json = |error: &serde_json::Error| {
            wrong(&format!("line {}, column {}", error.line(), error.column()), error.to_string())
        };
        let mut given: Value = serde_json::from_str(text).map_err(|error| json(&error))?;
        times(&mut given, "")?;
        let effect: Self = serde_json::from_value(given.clone()).map_err(|error| wrong("text", error.to_string()))?;
        let read = serde_json::to_value(&effect).map_err(|error| json(&error))?;
        if let Some(place) = lost(&given, &read, "") {
            return Err(wrong(&place, "no such key is known".to_owned()));
        }
        for (number, point) in effect.collection_points_opened.iter().enumerate() {
            if let Some((field, problem)) = unsound(point) {
                return Err(wrong(&format!("collection_points_opened[{number}].{field}"), problem.to_owned()));
            }
        }
        Ok(effect)
    }
}

fn unsound(point: &CollectionPoint) -> Option<(&'static str, &'static str)> {
    let name = point.name.trim();
    if name.is_empty() || name != point.name || name.chars().count() > MAX_NAME {
        return Some(("name", "expected a name of at most 200 characters"));
    }
    if point.country.len() != 2 || !point.country.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Some(("country", "expected two capital letters (ISO 3166-1)"));
    }
    if point.addresses.is_empty() {
        return Some(("addresses", "expected at least one"));
    }
    None
}

/// From when until when a time is one, in years.
const YEARS: std::ops::Range<i16> = 1900..2200;

/// Turns times written as text into numbers: validity, and the moment at which a row ends.
fn times(value: &mut Value, place: &str) -> Result<(), NotAnEffect> {
    match value {
        Value::Object(fields) => fields.iter_mut().try_for_each(|(key, value)| {
            let place = if place.is_empty() { key.clone() } else { format!("{place}.{key}") };
            if matches!(key.as_str(), "from" | "until") { time(value, &place) } else { times(value, &place) }
        }),
        Value::Array(values) => {
            let ends = matches!(values.as_slice(), [Value::Object(_), Value::String(_) | Value::Number(_)]);
            values.iter_mut().enumerate().try_for_each(|(number, value)| {
                let place = format!("{place}[{number}]");
                if ends && number == 1 { time(value, &place) } else { times(value, &place) }
            })
        }
        _ => Ok(()),
    }
}

fn time(value: &mut Value, place: &str) -> Result<(), NotAnEffect> {
    let read = match &*value {
        Value::Null => return Ok(()),
        Value::String(text) => Moment::parse(text).ok(),
        other => other.as_i64().map(Moment::from_micros),
    };
    // What people are shown of a time out of all range would be another.
    let shown = |at: &Moment| at.as_micros() == 0 || at.civil() != Moment::from_micros(0).civil();
    let read = read.filter(|at| YEARS.contains(&at.civil().year()) && shown(at));
    let Some(at) = read else {
        let problem = format!("{value} is no date (2026-12-31) and no time (2026-12-31T22:00:00Z) of these centuries");
        return Err(NotAnEffect { place: place.to_owned(), problem });
    };
    *value = Value::from(at.as_micros());
    Ok(())
}

/// The first key that was given and not read. Lists and objects that are empty say nothing and may be left out.
fn lost(given: &Value, read: &Value, place: &str) -> Option<String> {
    match (given, read) {
        (Value::Object(given), Value::Object(read)) => given.iter().find_map(|(key, value)| {
            let place = if place.is_empty() { key.clone() } else { format!("{place}.{key}") };
            match read.get(key) {
                Some(read) => lost(value, read, &place),
                None if says_nothing(value) => None,
                None => Some(place),
            }
        }),
        (Value::Array(given), Value::Array(read)) => {
            let pairs = given.iter().zip(read).enumerate();
            pairs.into_iter().find_map(|(number, (given, read))| lost(given, read, &format!("{place}[{number}]")))
        }
        _ => None,
    }
}

fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(values) => values.is_empty(),
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::effect::tests::{HUS, joiner, right};
    use super::*;
    use proptest::prelude::*;

    fn collecting(more: &str) -> String {
        format!(
            r#"{{"collection_points_opened":[{{"administrator":"{HUS}","name":"North","country":"FI",
                "addresses":["192.0.2.9"],"access_points":["{HUS}.13.2"],"from":"2026-12-01"{more}}}]}}"#
        )
    }

    #[test]
    fn what_is_written_is_read_or_told() {
        let effect = Effect::by_hand(&collecting(r#","until":"2027-01-01T00:00:00Z","proxy_header":false"#)).unwrap();
        let [point] = effect.collection_points_opened.as_slice() else { panic!("{effect:?}") };
        assert_eq!(point.valid.from, Moment::parse("2026-12-01").unwrap());
        assert_eq!(point.valid.until, Some(Moment::parse("2027-01-01T00:00:00Z").unwrap()));
        let place = |text: &str| Effect::by_hand(text).unwrap_err().place;
        assert_eq!(place(&collecting(r#","adresses":["192.0.2.1"]"#)), "collection_points_opened[0].adresses");
        assert_eq!(place(&collecting(r#","until":"soon""#)), "collection_points_opened[0].until");
        assert_eq!(place(&collecting("").replace("FI", "Fi")), "collection_points_opened[0].country");
        assert_eq!(place(&collecting("").replace("North", " ")), "collection_points_opened[0].name");
        assert_eq!(place(&collecting("").replace("\"192.0.2.9\"", "")), "collection_points_opened[0].addresses");
        assert_eq!(place(&collecting(r#","until":9000000000000000000"#)), "collection_points_opened[0].until");
        assert_eq!(place(r#"{"joiners_ended":[[{"from":0,"oid":"1.2"},9000000000000000000]]}"#), "joiners_ended[0][1]");
        assert_eq!(place(r#"{"right_opened":[{}]}"#), "right_opened");
        assert_eq!(place("{\n\"rights_opened\": oops}"), "line 2, column 18");
        assert_eq!(place(&" ".repeat(MAX_BYTES + 1)), "text");
        assert_eq!(Effect::by_hand("{}").unwrap(), Effect::default());
    }

    #[test]
    fn a_row_ends_at_a_time_in_words() {
        let ended = serde_json::to_value(joiner(HUS)).unwrap();
        let text = serde_json::json!({ "joiners_ended": [[ended, "2026-12-31"]] }).to_string();
        let effect = Effect::by_hand(&text).unwrap();
        assert_eq!(effect.joiners_ended, vec![(joiner(HUS), Moment::parse("2026-12-31").unwrap())]);
    }

    proptest! {
        #[test]
        fn what_an_approver_sees_can_be_written_again(from in 0i64..1000, length in 1i64..100, ended in any::<bool>()) {
            let right = right(HUS, &format!("{HUS}.13.2"), from, ended.then_some(from + length));
            let effect = Effect { rights_opened: vec![right.clone()], rights_closed: vec![(right, Moment::from_seconds(from))], ..Effect::default() };
            prop_assert_eq!(Effect::by_hand(&serde_json::to_string(&effect).unwrap()).unwrap(), effect);
        }

        #[test]
        fn nothing_that_is_written_breaks_it(text in "[\\[\\]{}\":,a-z0-9_]{0,80}") {
            let _ = Effect::by_hand(&text);
        }
    }
}
