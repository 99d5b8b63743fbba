//! The systems that are used: how they stand in Astori, and whom one hits that may not be used.

use crate::Web;
use crate::errors::Failure;
use crate::form_view::{Choice, Field, FieldKind, Fields};
use crate::page::{Page, render_page};
use crate::pages::obligation::{Phased, by_phase, verdict};
use crate::pages::step::gathered;
use askama::Template;
use axum::Form as Posted;
use axum::extract::{Query, State};
use axum::response::{Redirect, Response};
use liitos_domain::application::Form;
use liitos_domain::obligation::Function;
use liitos_domain::register::SystemStanding;
use liitos_domain::rules::visible;
use liitos_domain::{Duty, Oid};
use liitos_service::systems::{self, Later, Shown, Supplier, Use, Watched};
use liitos_texts::Language;
use serde::Deserialize;

/// Most of whom a system hits that are shown.
const MOST: usize = 500;

#[derive(Template)]
#[template(path = "office/systems.html")]
struct SystemsPage {
    page: Page,
    rows: Vec<Row>,
    one: Option<One>,
}

struct Row {
    id: String,
    name: String,
    standing: String,
    look: &'static str,
    ends: String,
    users: usize,
}

/// One system with whom it hits.
struct One {
    id: String,
    title: String,
    standing: String,
    look: &'static str,
    facts: Vec<(String, String)>,
    hit: Vec<(String, String)>,
    count: String,
    /// Whether the reader may write to them.
    writes: bool,
    /// Who would use it: who, what, and where that is.
    later: Vec<(String, String, String)>,
    /// Whether it fulfils social care's obligation, and how that looks; what it does of it; where that is from.
    verdict: (String, &'static str),
    phases: Vec<Phased>,
    declared: Option<String>,
    /// What may be declared of it.
    fields: Vec<Field>,
    /// Where its supplier is written to, and what may be said of it.
    supplier: Option<String>,
    supplier_fields: Vec<Field>,
}

#[derive(Default, Deserialize)]
pub(crate) struct Asked {
    system: Option<String>,
}

const fn look(standing: SystemStanding) -> &'static str {
    match standing {
        SystemStanding::Banned | SystemStanding::Ended | SystemStanding::Unknown => "attention",
        SystemStanding::Ends => "open",
        SystemStanding::Fine => "ready",
    }
}

pub(crate) async fn show(State(web): State<Web>, page: Page, Query(asked): Query<Asked>) -> Result<Response, Failure> {
    let actor = page.signed_in()?;
    let one = match &asked.system {
        Some(id) => Some(one(&web, &page, id).await?),
        None => None,
    };
    let rows = if one.is_some() { Vec::new() } else { systems::list(&web.app, actor).await? };
    let row = |watched: Watched| Row {
        name: if watched.name.is_empty() { watched.id.clone() } else { visible(&watched.name) },
        standing: page.t(&format!("system-standing-{}", watched.standing)),
        look: look(watched.standing),
        ends: watched.ends.map(|at| page.language.date(at)).unwrap_or_default(),
        users: watched.users,
        id: watched.id,
    };
    Ok(render_page(&SystemsPage { rows: rows.into_iter().map(row).collect(), one, page }))
}

async fn one(web: &Web, page: &Page, id: &str) -> Result<One, Failure> {
    let actor = page.signed_in()?;
    let shown = systems::show(&web.app, actor, id).await?;
    let what = |touched: &Use| {
        let services = touched.services.iter().map(|service| page.service(*service));
        let administers = touched.administers.then(|| page.t("system-administers"));
        services.chain(administers).collect::<Vec<_>>().join(", ")
    };
    let line = |(oid, touched): (&Oid, &Use)| (shown.names.beside(oid.as_str()), what(touched));
    let name = shown.entry.as_ref().map(|entry| visible(&entry.name)).unwrap_or_default();
    let until = shown.entry.as_ref().and_then(|entry| entry.valid.until).map(|at| page.language.date(at));
    let facts = [("system-number", Some(shown.id.clone())), ("system-ends", until)];
    let facts = facts.into_iter().filter_map(|(key, said)| Some((page.t(key), said?))).collect();
    let later = |later: &Later| {
        let (what, at) = match later {
            Later::Application(number, _, service) => {
                (format!("{number}: {}", page.service(*service)), format!("/office/applications/{number}"))
            }
            Later::Notification(number, _) => (number.clone(), format!("/office/notifications/{number}")),
        };
        (shown.names.beside(later.joiner().as_str()), what, at)
    };
    let declared = shown.declared.as_ref().map(|declared| {
        let day = page.language.date(declared.at);
        page.language.text_with("system-declared", &[("source", &declared.source), ("day", &day)])
    });
    let known = shown.entry.is_some();
    let may_declare = !shown.functions.is_empty() && actor.must_carry_out(Duty::Handle).is_ok();
    Ok(One {
        later: shown.later.iter().map(later).collect(),
        verdict: verdict(page, &shown.functions),
        phases: if shown.functions.is_empty() { Vec::new() } else { by_phase(page, &shown.functions) },
        declared,
        fields: if may_declare { fields(page, &shown) } else { Vec::new() },
        supplier: shown.supplier.as_ref().map(|supplier| supplier.mail.clone()),
        supplier_fields: if known && actor.must_carry_out(Duty::Handle).is_ok() {
            supplier_fields(page, shown.supplier.as_ref())
        } else {
            Vec::new()
        },
        title: if name.is_empty() { shown.id.clone() } else { name },
        standing: page.t(&format!("system-standing-{}", shown.standing)),
        look: look(shown.standing),
        facts,
        hit: shown.hit.iter().take(MOST).map(line).collect(),
        count: page.language.text_with("system-hits", &[("count", &shown.hit.len().to_string())]),
        writes: actor.must_carry_out(Duty::Inform).is_ok() && !shown.hit.is_empty(),
        id: shown.id,
    })
}

/// What may be declared: the functions, and where that is from.
fn fields(page: &Page, shown: &Shown) -> Vec<Field> {
    let declared = shown.declared.as_ref();
    let source = declared.map(|declared| ("source".to_owned(), declared.source.clone()));
    let form = Form(source.into_iter().collect());
    let fields = Fields { language: page.language, form: &form, errors: &[] };
    let choice = |function: &Function| {
        let (value, label) = (function.code.to_owned(), page.t(&format!("function-{}", function.code)));
        (Choice { value, label }, declared.is_some_and(|declared| declared.functions.contains(function.code)))
    };
    let functions = FieldKind::Checkboxes(shown.functions.iter().map(choice).collect());
    vec![
        fields.field("functions", "system-functions", functions),
        fields.field("source", "system-source", FieldKind::Text("text", "")),
    ]
}

/// Where its supplier is written to, in which language.
fn supplier_fields(page: &Page, supplier: Option<&Supplier>) -> Vec<Field> {
    let said = supplier.map_or(("", page.language.code()), |one| (one.mail.as_str(), one.language.as_str()));
    let form = [("mail", said.0), ("language", said.1)].map(|(name, text)| (name.to_owned(), text.to_owned()));
    let form = Form(form.into());
    let fields = Fields { language: page.language, form: &form, errors: &[] };
    let choice = |language: &Language| Choice {
        value: language.code().to_owned(),
        label: page.t(&format!("in-language-{}", language.code())),
    };
    vec![
        fields.field("mail", "system-supplier-mail", FieldKind::Text("email", "off")),
        fields.field(
            "language",
            "system-supplier-language",
            FieldKind::Radio(Language::ALL.iter().map(choice).collect()),
        ),
    ]
}

#[derive(Deserialize)]
pub(crate) struct WrittenTo {
    system: String,
    #[serde(default)]
    mail: String,
    #[serde(default)]
    language: String,
}

pub(crate) async fn supplier(
    State(web): State<Web>,
    page: Page,
    Posted(said): Posted<WrittenTo>,
) -> Result<Redirect, Failure> {
    systems::supplier(&web.app, page.signed_in()?, &said.system, (&said.mail, &said.language)).await?;
    Ok(back(&said.system))
}

/// A system's page.
fn back(system: &str) -> Redirect {
    let system: String = form_urlencoded::byte_serialize(system.as_bytes()).collect();
    Redirect::to(&format!("/office/systems?system={system}"))
}

pub(crate) async fn declare(
    State(web): State<Web>,
    page: Page,
    Posted(posted): Posted<Vec<(String, String)>>,
) -> Result<Redirect, Failure> {
    let posted = gathered(posted);
    let said = |name: &str| posted.get(name).map(String::as_str).unwrap_or_default();
    let functions = said("functions").split_whitespace().map(str::to_owned).collect();
    systems::declare(&web.app, page.signed_in()?, said("system"), (functions, said("source"))).await?;
    Ok(back(said("system")))
}
