//! What is written to everybody whom a system hits: ready, to be looked at, changed and sent as a notification.

use super::show;
use crate::{Actor, App, ServiceError};
use liitos_domain::Duty;
use liitos_domain::application::Form;
use liitos_domain::fault::Kind;
use liitos_domain::register::SystemStanding;
use liitos_domain::rules::visible;
use liitos_texts::Language;

/// The form of a notification about a system, filled in by how it stands.
///
/// # Errors
/// L-602 without the position; L-609 for a system that nobody uses and Astori does not know.
pub async fn letter(app: &App, actor: &Actor, id: &str) -> Result<Form, ServiceError> {
    actor.must_carry_out(Duty::Inform)?;
    let shown = show(app, actor, id).await?;
    let ends = shown.entry.as_ref().and_then(|entry| entry.valid.until);
    let mut form = Form([("fault_kind", Kind::System.code()), ("systems", id)].map(owned).into());
    for language in Language::ALL {
        let name = shown.entry.as_ref().map_or(String::new(), |entry| visible(&entry.name));
        let day = ends.map(|at| language.date(at)).unwrap_or_default();
        let told = [("name", name.as_str()), ("number", id), ("day", &day)];
        for part in ["headline", "words"] {
            let text = language.text_with(&format!("system-letter-{}-{part}", shown.standing), &told);
            form.0.insert(format!("{part}_{}", language.code()), text);
        }
    }
    // What ends soon begins not to be usable then.
    if let Some(at) = ends.filter(|_| shown.standing == SystemStanding::Ends) {
        form.0.insert("begins_day".to_owned(), at.civil().date().to_string());
        form.0.insert("begins_time".to_owned(), at.civil().strftime("%H:%M").to_string());
    }
    Ok(form)
}

fn owned((name, text): (&str, &str)) -> (String, String) {
    (name.to_owned(), text.to_owned())
}
