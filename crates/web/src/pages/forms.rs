//! Pages that are one form, or one question.

use crate::form_view::{Field, FieldKind};
use crate::page::Page;
use askama::Template;
use liitos_domain::application::FieldError;

/// A page that is one form.
#[derive(Template)]
#[template(path = "form_page.html")]
pub(crate) struct FormPage {
    pub(crate) page: Page,
    /// Where the page was come from: address and name.
    pub(crate) back: (String, String),
    pub(crate) title: String,
    pub(crate) lead: Vec<String>,
    pub(crate) action: String,
    pub(crate) revision: Option<i32>,
    pub(crate) fields: Vec<Field>,
    /// What is wrong, each with its field.
    pub(crate) summary: Vec<(String, String)>,
    pub(crate) button: String,
}

/// What is wrong with some fields, each told with its label.
pub(crate) fn summary(page: &Page, fields: &[Field], errors: &[FieldError]) -> Vec<(String, String)> {
    let label = |name: &str| fields.iter().find(|field| field.name == name).map_or("", |field| field.label.as_str());
    let line = |error: &FieldError| {
        let problem = page.t(&format!("field-{}", error.problem));
        (error.field.clone(), told(label(&error.field), &problem))
    };
    errors.iter().map(line).collect()
}

/// A field's label and what is wrong with it; a question has its mark already.
pub(crate) fn told(label: &str, problem: &str) -> String {
    let joint = if label.ends_with('?') { " " } else { ": " };
    format!("{label}{joint}{problem}")
}

/// A page that is one question.
#[derive(Template)]
#[template(path = "confirm_page.html")]
pub(crate) struct ConfirmPage {
    pub(crate) page: Page,
    /// Where the page was come from, if from anywhere: address and name.
    pub(crate) back: Option<(String, String)>,
    pub(crate) title: String,
    pub(crate) lead: Vec<String>,
    /// Why it cannot be done, if so.
    pub(crate) refused: Option<String>,
    /// Where the answer goes, and what it is called; none where there is nothing to answer any more.
    pub(crate) action: Option<(String, String)>,
    pub(crate) revision: Option<i32>,
    /// Whether something is lost by it.
    pub(crate) dangerous: bool,
}
