//! What happens, as somebody fills it in: one thing in one form. Several at once are written as a file.

use super::story::Story;
use crate::application::Form;
use crate::plan::{Mistake, Written};
use crate::service_code::codes;
use serde_json::{Map, Value, json};

codes! {
    /// What happens.
    Kind {
        /// Joiners become one.
        Merger = "merger",
        /// A unit moves.
        Unit = "unit",
        /// A joiner goes on under another number.
        Renumbered = "renumbered",
        /// Activity ends.
        Ending = "ending",
    }
}

/// A field of a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Its name: the key in the file, but for units that get another number.
    pub name: &'static str,
    /// Whether it is several lines.
    pub lines: bool,
}

const fn one(name: &'static str) -> Asked {
    Asked { name, lines: false }
}

const fn lines(name: &'static str) -> Asked {
    Asked { name, lines: true }
}

// In `units` stand those that get another number, each with it on a line.
const MERGER: [Asked; 4] = [lines("joiners"), one("into"), lines("units"), one("controller")];
const UNIT: [Asked; 5] = [one("oid"), one("from"), one("to"), one("becomes"), one("controller")];
const RENUMBERED: [Asked; 4] = [one("from"), one("to"), lines("units"), one("controller")];
const ENDING: [Asked; 2] = [one("joiner"), one("custodian")];

impl Kind {
    /// What is asked about it, beside the day and what people call it.
    #[must_use]
    pub const fn asked(self) -> &'static [Asked] {
        match self {
            Self::Merger => &MERGER,
            Self::Unit => &UNIT,
            Self::Renumbered => &RENUMBERED,
            Self::Ending => &ENDING,
        }
    }

    /// Reads what was filled in.
    ///
    /// # Errors
    /// Every mistake, with the field that it is in.
    pub fn read(self, form: &Form) -> Result<Story, Vec<(String, Mistake)>> {
        let text = |name: &str| form.text(name).trim().to_owned();
        let each = |name: &str| -> Vec<String> {
            form.text(name).lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
        };
        let mut happens = Map::new();
        for field in self.asked() {
            let (key, value) = match (field.name, field.lines) {
                ("units", _) => ("unit", each("units").iter().map(|line| becoming(line)).collect()),
                (name, true) => (name, each(name).into()),
                (name, false) => (name, text(name).into()),
            };
            // What is empty was not given.
            if value != Value::String(String::new()) && value != Value::Array(Vec::new()) {
                happens.insert(key.to_owned(), value);
            }
        }
        let mut story = Map::from_iter([(self.code().to_owned(), json!([happens]))]);
        let given = ["day", "title"].into_iter().filter(|name| !form.text(name).is_empty());
        story.extend(given.map(|name| (name.to_owned(), text(name).into())));
        let written = Written::json(Value::Object(story).to_string().as_bytes()).map_err(|mistake| vec![mistake]);
        written.and_then(|written| written.read()).map_err(|mistakes| mistakes.into_iter().map(placed).collect())
    }
}

/// A unit and its number then, of a line.
fn becoming(line: &str) -> Value {
    let (oid, becomes) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    json!({ "oid": oid, "becomes": becomes.trim() })
}

/// The field in which a mistake is: the key, but of what stands in a list of units, `units`.
fn placed(mistake: Mistake) -> (String, Mistake) {
    let mut keys = mistake.place.split('.').map(|key| key.split('[').next().unwrap_or_default());
    let (outer, inner, more) = (keys.next().unwrap_or_default(), keys.next(), keys.next());
    let field = match (outer, inner, more) {
        (_, Some("unit"), _) => "units",
        (_, Some(inner), _) => inner,
        (outer, None, _) => outer,
    };
    (field.to_owned(), mistake)
}
