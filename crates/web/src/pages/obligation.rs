//! What does the organisation lack of social care's obligation.

use crate::Web;
use crate::errors::Failure;
use crate::form_view::{Choice, Field, FieldKind, Fields};
use crate::page::{Page, render_page};
use crate::pages::office::obligation::look;
use crate::pages::step::gathered;
use askama::Template;
use axum::Form as Posted;
use axum::extract::State;
use axum::response::{Redirect, Response};
use liitos_domain::application::Form;
use liitos_domain::obligation::{Function, Item, Obligation, Phase, Said, Verdict};
use liitos_domain::{Moment, RefusalCode};
use liitos_service::ServiceError;
use liitos_service::obligation::{self, Own, OwnSystem};
use std::collections::BTreeSet;

#[derive(Template)]
#[template(path = "obligation.html")]
struct OwnPage {
    page: Page,
    /// By when one joins.
    by: String,
    /// How far the organisation has come; nothing where the obligation does not concern it.
    standing: Option<(String, &'static str)>,
    systems: Vec<SystemRow>,
    items: Vec<(String, String)>,
    /// Whether these are only those that concern it.
    own_items: bool,
    /// In which service tasks it works: what it has said, and when; what may be said.
    said: Vec<String>,
    said_at: Option<String>,
    field: Option<Field>,
}

struct SystemRow {
    name: String,
    number: String,
    /// Until when its certificate is valid.
    valid: String,
    /// What is wrong with it.
    wrong: Vec<String>,
    /// Whether it fulfils the obligation, and how that looks.
    verdict: (String, &'static str),
    /// What it lacks.
    lacks: Vec<String>,
    /// Where what is declared of it is from.
    source: Option<String>,
    /// What it has to do.
    phases: Vec<Phased>,
}

/// A phase with its functions, each with whether a system has it.
pub(crate) type Phased = (String, Vec<(String, String)>);

/// What is recorded in structured form, and from when; of somebody's service tasks those that concern it.
pub(crate) fn items(page: &Page, tasks: Option<&BTreeSet<Item>>) -> Vec<(String, String)> {
    let one = |(item, from, assumed): &(_, Moment, bool)| {
        let from = page.language.date(*from);
        let from = if *assumed { page.language.text_with("obligation-assumed", &[("day", &from)]) } else { from };
        (page.t(&format!("obligation-item-{item}")), from)
    };
    let concerns = |item: Item| tasks.is_none_or(|tasks| !item.is_task() || tasks.contains(&item));
    Obligation::standard().items.iter().filter(|(item, ..)| concerns(*item)).map(one).collect()
}

pub(crate) async fn show(State(web): State<Web>, page: Page) -> Result<Response, Failure> {
    let own = obligation::own(&web.app, page.signed_in()?).await?;
    let (obligation, now) = (Obligation::standard(), web.app.now());
    let standing = own
        .as_ref()
        .map(|own| (page.t(&format!("standing-{}", own.standing)), look(own.standing, obligation.is_due(now))));
    let field = own.as_ref().filter(|own| own.may_say).map(|own| tasks(&page, own));
    let said = own.as_ref().and_then(|own| own.said.clone());
    let systems = own.map(|own| own.systems).unwrap_or_default();
    Ok(render_page(&OwnPage {
        by: obligation.joined_by.map(|by| page.language.date(by)).unwrap_or_default(),
        standing,
        systems: systems.iter().map(|system| row(&page, system, now)).collect(),
        items: items(&page, said.as_ref().map(|said| &said.tasks)),
        own_items: said.is_some(),
        said_at: said.as_ref().map(|said| page.language.date(said.at)),
        said: said.iter().flat_map(|said| &said.tasks).map(|task| page.t(&format!("obligation-item-{task}"))).collect(),
        field,
        page,
    }))
}

/// The service tasks to choose from.
fn tasks(page: &Page, own: &Own) -> Field {
    let ticked = |task: Item| own.said.as_ref().is_some_and(|said| said.tasks.contains(&task));
    let choice = |task: Item| {
        let (value, label) = (task.code().to_owned(), page.t(&format!("obligation-item-{task}")));
        (Choice { value, label }, ticked(task))
    };
    let (form, none) = (Form::default(), []);
    let fields = Fields { language: page.language, form: &form, errors: &none };
    fields.field("tasks", "obligation-tasks", FieldKind::Checkboxes(Item::tasks().map(choice).collect()))
}

pub(crate) async fn say(
    State(web): State<Web>,
    page: Page,
    Posted(posted): Posted<Vec<(String, String)>>,
) -> Result<Redirect, Failure> {
    let posted = gathered(posted);
    let wrong = || ServiceError::refused(RefusalCode::FormInvalid, "task");
    let tasks = posted.get("tasks").map(String::as_str).unwrap_or_default();
    let tasks: Option<BTreeSet<Item>> = tasks.split_whitespace().map(Item::parse).collect();
    obligation::say(&web.app, page.signed_in()?, tasks.ok_or_else(wrong)?).await?;
    Ok(Redirect::to("/obligation#main"))
}

fn row(page: &Page, system: &OwnSystem, now: Moment) -> SystemRow {
    let facts = system.facts.as_ref();
    let mut wrong = Vec::new();
    match facts {
        None => wrong.push(page.t("obligation-system-gone")),
        Some(facts) => {
            wrong.extend(facts.valid.ended(now).then(|| page.t("obligation-system-ended")));
            wrong.extend((facts.deviation == Some(true)).then(|| page.t("obligation-system-deviation")));
        }
    }
    let declared = system.declared.as_ref();
    let source = declared.map(|declared| (declared.source.clone(), page.language.date(declared.at)));
    let source =
        source.map(|(source, day)| page.language.text_with("system-declared", &[("source", &source), ("day", &day)]));
    SystemRow {
        name: system.name.clone(),
        number: system.number.clone(),
        valid: facts.map(|facts| page.validity(&facts.valid)).unwrap_or_default(),
        wrong,
        verdict: verdict(page, &system.functions),
        lacks: lacking(page, &system.functions),
        source,
        phases: by_phase(page, &system.functions),
    }
}

/// Whether a system with these functions fulfils the obligation, and how that looks.
pub(crate) fn verdict(page: &Page, functions: &[Function]) -> (String, &'static str) {
    let verdict = Verdict::of(functions);
    (page.t(&format!("system-verdict-{verdict}")), look_of(verdict))
}

/// How a verdict looks.
pub(crate) const fn look_of(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Fulfils => "ready",
        Verdict::Unsaid => "open",
        Verdict::Lacks => "attention",
    }
}

/// The functions that a system has not.
fn lacking(page: &Page, functions: &[Function]) -> Vec<String> {
    let lacks = functions.iter().filter(|function| function.said == Said::No);
    lacks.map(|function| page.t(&format!("function-{}", function.code))).collect()
}

/// Every function by phase, each with whether a system has it.
pub(crate) fn by_phase(page: &Page, functions: &[Function]) -> Vec<Phased> {
    let said = |function: &Function| {
        (page.t(&format!("function-{}", function.code)), page.t(&format!("function-said-{}", function.said)))
    };
    let of = |phase: &Phase| {
        let its = functions.iter().filter(|function| function.phase == *phase).map(said).collect();
        (page.t(&format!("phase-{phase}")), its)
    };
    Phase::ALL.iter().map(of).collect()
}
