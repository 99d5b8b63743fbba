//! A change of the directory that somebody wrote by hand: an [`Effect`] as JSON, times as people write them, and nothing in it
//! that is not understood.

use super::{CollectionPoint, Effect};
use crate::service_code::codes;
use crate::time::Moment;
use serde_json::Value;

/// Longest text taken, in bytes.
const MAX_BYTES: usize = 1024 * 1024;
/// Longest name of a collection point, in characters.
pub const MAX_NAME: usize = 200;

codes! {
    /// What is wrong with a change that was written by hand.
    ByHandProblem {
        /// The text is too long.
        TooLong = "too-long",
        /// It is no JSON.
        NotJson = "not-json",
        /// A row lacks a field, or holds a value of another kind.
        NotARow = "not-a-row",
        /// No such key is known.
        UnknownKey = "unknown-key",
        /// No date and no time, or one of other centuries.
        NotATime = "not-a-time",
        /// No name, or one that is too long.
        Name = "name",
        /// No code of a country.
        Country = "country",
        /// No address.
        Addresses = "addresses",
    }
}

/// What is wrong with a text, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {problem} {detail}")]
pub struct NotAnEffect {
    /// Line and column, or the way to the value (`rights_opened[0].service`).
    pub place: String,
    /// What.
    pub problem: ByHandProblem,
    /// In the reader's own words, where it has some.
    pub detail: String,
}

fn wrong(place: &str, problem: ByHandProblem, detail: impl ToString) -> NotAnEffect {
    NotAnEffect { place: place.to_owned(), problem, detail: detail.to_string() }
}

impl Effect {
    /// Reads an effect that was written by hand: its JSON, with times as numbers of microseconds, as dates or by RFC 3339.
    ///
    /// # Errors
    /// [`NotAnEffect`]: too long, no JSON, a value of another kind, a key that is not known, or a row that says nothing sound.
    pub fn by_hand(text: &str) -> Result<Self, NotAnEffect> {
        if text.len() > MAX_BYTES {
            return Err(wrong("", ByHandProblem::TooLong, MAX_BYTES));
        }
        let json = |error: &serde_json::Error| {
            wrong(&format!("{}:{}", error.line(), error.column()), ByHandProblem::NotJson, error)
        };
        let mut given: Value = serde_json::from_str(text).map_err(|error| json(&error))?;
        times(&mut given, "")?;
        let effect: Self = serde_json::from_value(given.clone()).map_err(|error| which_row(&given, &error))?;
        let read = serde_json::to_value(&effect).map_err(|error| json(&error))?;
        if let Some(place) = lost(&given, &read, "") {
            return Err(wrong(&place, ByHandProblem::UnknownKey, ""));
        }
        for (number, point) in effect.collection_points_opened.iter().enumerate() {
            if let Some(problem) = unsound(point) {
                return Err(wrong(&format!("collection_points_opened[{number}].{problem}"), problem, ""));
            }
        }
        Ok(effect)
    }
}

/// The row that cannot be read by itself.
fn which_row(given: &Value, error: &serde_json::Error) -> NotAnEffect {
    for (list, rows) in given.as_object().into_iter().flatten() {
        for (number, row) in rows.as_array().into_iter().flatten().enumerate() {
            let alone = serde_json::json!({ list.as_str(): [row] });
            if let Err(error) = serde_json::from_value::<Effect>(alone) {
                return wrong(&format!("{list}[{number}]"), ByHandProblem::NotARow, error);
            }
        }
    }
    wrong("", ByHandProblem::NotARow, error)
}

/// What of a collection point says nothing sound; the problem is called as the field is.
fn unsound(point: &CollectionPoint) -> Option<ByHandProblem> {
    let name = point.name.trim();
    if name.is_empty() || name != point.name || name.chars().count() > MAX_NAME {
        return Some(ByHandProblem::Name);
    }
    if point.country.len() != 2 || !point.country.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Some(ByHandProblem::Country);
    }
    point.addresses.is_empty().then_some(ByHandProblem::Addresses)
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
    let Some(at) = read else { return Err(wrong(place, ByHandProblem::NotATime, value)) };
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
        assert_eq!(place("{\n\"rights_opened\": oops}"), "2:18");
        assert_eq!(
            place(r#"{"rights_opened":[],"joiners_opened":[{"oid":"1.2.246.10.7.10.0","from":0},{"oid":7,"from":0}]}"#),
            "joiners_opened[1]"
        );
        assert_eq!(place(&" ".repeat(MAX_BYTES + 1)), "");
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
