//! Form fields as pages show them, the same for every step.

use liitos_domain::application::{FieldError, Form};
use liitos_texts::Language;

/// One choice of a field.
#[derive(Clone)]
pub(crate) struct Choice {
    pub(crate) value: String,
    pub(crate) label: String,
}

/// How a field is filled in.
pub(crate) enum FieldKind {
    /// One line: HTML input type and what the browser may fill in.
    Text(&'static str, &'static str),
    /// Several lines.
    Lines,
    /// A box to tick.
    Checkbox,
    /// Any of some, each with whether it is ticked; the value is a list with spaces between.
    Checkboxes(Vec<(Choice, bool)>),
    /// One of a few.
    Radio(Vec<Choice>),
    /// One of many.
    Select(Vec<Choice>),
}

/// A field with what was typed and what is wrong with it.
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) label: String,
    pub(crate) hint: String,
    pub(crate) kind: FieldKind,
    pub(crate) value: String,
    pub(crate) error: Option<String>,
}

impl Field {
    /// The ids that describe the field to a screen reader.
    pub(crate) fn described_by(&self) -> Option<String> {
        let hint = (!self.hint.is_empty()).then(|| format!("{}-hint", self.name));
        let error = self.error.is_some().then(|| format!("{}-error", self.name));
        let ids: Vec<String> = hint.into_iter().chain(error).collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }
}

/// Fields that belong together.
#[derive(Default)]
pub(crate) struct Group {
    /// The id of the choice that they belong to; empty when they are always asked.
    pub(crate) when: &'static str,
    pub(crate) legend: String,
    pub(crate) hint: String,
    pub(crate) fields: Vec<Field>,
}

/// Groups that belong together: a connection's, or what all share.
#[derive(Default)]
pub(crate) struct Section {
    /// Which connection it is, from 1; 0: none.
    pub(crate) connection: usize,
    pub(crate) legend: String,
    pub(crate) groups: Vec<Group>,
    /// Whether it can be taken away.
    pub(crate) removable: bool,
}

/// Builds fields from a form and its errors.
pub(crate) struct Fields<'f> {
    pub(crate) language: Language,
    pub(crate) form: &'f Form,
    pub(crate) errors: &'f [FieldError],
}

impl Fields<'_> {
    /// A field whose label is `field-label-…` and whose hint is its attribute `hint`.
    pub(crate) fn field(&self, name: &str, label_key: &str, kind: FieldKind) -> Field {
        let key = format!("field-label-{label_key}");
        let hint = self.language.attribute(&key, "hint");
        Field {
            name: name.to_owned(),
            label: self.language.text(&key),
            // A label without a hint has an empty one, which Fluent cannot say: "-".
            hint: if hint == "-" { String::new() } else { hint },
            kind,
            value: self.form.text(name).to_owned(),
            error: self.error(name),
        }
    }

    pub(crate) fn text(&self, name: &str, autocomplete: &'static str) -> Field {
        self.field(name, &name.replace('_', "-"), FieldKind::Text("text", autocomplete))
    }

    fn error(&self, name: &str) -> Option<String> {
        let found = self.errors.iter().find(|error| error.field == name)?;
        Some(self.language.text(&format!("field-{}", found.problem)))
    }
}
