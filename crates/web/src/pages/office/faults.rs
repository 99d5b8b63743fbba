//! Fault notifications: what was told of, a new one with whom it hits before it is sent, what more is said, and what became of the messages.

use crate::Web;
use crate::errors::Failure;
use crate::form_view::{Choice, FieldKind, Fields};
use crate::page::{Page, render_page};
use crate::pages::forms::{self, FormPage};
use crate::pages::status::{FaultTold, look};
use crate::pages::step::gathered;
use askama::Template;
use axum::Form as Posted;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;
use liitos_domain::application::{FieldError, Form};
use liitos_domain::contacts::Channel;
use liitos_domain::county::County;
use liitos_domain::fault::{self, Fault, Kind, Statement};
use liitos_domain::{Duty, Moment, Oid, Service};
use liitos_service::faults::{self, Kept, Reached, Said, Written};
use liitos_service::{ServiceError, names, systems};
use liitos_texts::Language;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// Most names that a list shows.
const MOST_NAMES: usize = 200;

#[derive(Template)]
#[template(path = "office/faults.html")]
struct FaultsPage {
    page: Page,
    rows: Vec<Row>,
    older: Option<i64>,
    informs: bool,
}

struct Row {
    number: String,
    headline: String,
    /// The language that it is in.
    lang: &'static str,
    kind: String,
    at: String,
    course: String,
    look: &'static str,
}

#[derive(Default, Deserialize)]
pub(crate) struct Asked {
    before: Option<i64>,
}

pub(crate) async fn list(State(web): State<Web>, page: Page, Query(asked): Query<Asked>) -> Result<Response, Failure> {
    let actor = page.signed_in()?;
    let now = web.app.now();
    let (kept, older) = faults::list(&web.app, actor, asked.before).await?;
    let row = |kept: Kept| Row {
        headline: kept.fault.headline.of(page.language.code()).0.to_owned(),
        lang: kept.fault.headline.of(page.language.code()).1,
        kind: page.t(&format!("fault-kind-{}", kept.fault.kind)),
        at: page.language.date_time(kept.fault.begins),
        course: page.t(&format!("fault-course-{}", kept.fault.course(now))),
        look: look(kept.fault.course(now)),
        number: kept.number,
    };
    Ok(render_page(&FaultsPage {
        rows: kept.into_iter().map(row).collect(),
        older,
        informs: actor.must_carry_out(Duty::Inform).is_ok(),
        page,
    }))
}

/// About which system it is, where it is about one.
#[derive(Default, Deserialize)]
pub(crate) struct About {
    system: Option<String>,
}

pub(crate) async fn new(State(web): State<Web>, page: Page, Query(about): Query<About>) -> Result<Response, Failure> {
    let actor = page.signed_in()?;
    actor.must_carry_out(Duty::Inform)?;
    if let Some(system) = about.system {
        let letter = systems::letter(&web.app, actor, &system).await?;
        return Ok(render_page(&form_page(page, &letter, &[])));
    }
    let blank = [("fault_kind", Kind::Fault.code()), ("public", "yes")];
    let form = Form(blank.map(|(name, text)| (name.to_owned(), text.to_owned())).into());
    Ok(render_page(&form_page(page, &form, &[])))
}

/// The form of a fault, with what is wrong.
fn form_page(page: Page, form: &Form, errors: &[FieldError]) -> FormPage {
    let fields = Fields { language: page.language, form, errors };
    let kinds = Kind::ALL
        .iter()
        .map(|kind| Choice { value: kind.code().to_owned(), label: page.t(&format!("fault-kind-{kind}")) });
    let ticked: Vec<&str> = form.text("services").split_whitespace().collect();
    let services = Service::APPLICABLE.iter().map(|service| {
        let choice = Choice { value: service.code().to_owned(), label: page.service(*service) };
        (choice, ticked.contains(&service.code()))
    });
    let ticked: Vec<&str> = form.text("counties").split_whitespace().collect();
    let counties = County::all().iter().map(|county| {
        let label = county.name(page.language.code()).to_owned();
        (Choice { value: county.code.clone(), label }, ticked.contains(&county.code.as_str()))
    });
    let text = |name: &str, kind| fields.field(name, &name.replace('_', "-"), FieldKind::Text(kind, ""));
    let fields = vec![
        fields.field("fault_kind", "fault-kind", FieldKind::Radio(kinds.collect())),
        text("headline_fi", "text"),
        text("headline_sv", "text"),
        text("headline_en", "text"),
        fields.field("words_fi", "words-fi", FieldKind::Lines),
        fields.field("words_sv", "words-sv", FieldKind::Lines),
        fields.field("words_en", "words-en", FieldKind::Lines),
        fields.field("services", "fault-services", FieldKind::Checkboxes(services.collect())),
        fields.field("access_points", "fault-access-points", FieldKind::Lines),
        fields.field("systems", "fault-systems", FieldKind::Text("text", "")),
        fields.field("counties", "fault-counties", FieldKind::Checkboxes(counties.collect())),
        fields.field("places", "fault-places", FieldKind::Text("text", "")),
        text("begins_day", "date"),
        text("begins_time", "time"),
        text("expected_day", "date"),
        text("expected_time", "time"),
        fields.field("public", "public", FieldKind::Checkbox),
    ];
    FormPage {
        back: ("/office/faults".to_owned(), page.t("faults-title")),
        title: page.t("fault-new"),
        lead: vec![page.t("fault-new-lead")],
        action: "/office/faults/new".to_owned(),
        revision: None,
        summary: forms::summary(&page, &fields, errors),
        fields,
        button: page.t("fault-look"),
        page,
    }
}

#[derive(Template)]
#[template(path = "office/fault_look.html")]
struct LookPage {
    page: Page,
    /// Where the form goes.
    action: String,
    /// How many it reaches.
    reaches: String,
    /// Who is not reached as they should be, by name.
    lists: Vec<(String, Vec<String>)>,
    /// What was filled in.
    form: BTreeMap<String, String>,
    /// What would be written, in each language.
    written: Vec<InLanguage>,
}

struct InLanguage {
    lang: &'static str,
    /// The language's name in the reader's.
    name: String,
    subject: String,
    body: String,
    sms: String,
}

/// A fault is looked at, changed once more, or sent.
pub(crate) async fn announce(
    State(web): State<Web>,
    page: Page,
    Posted(posted): Posted<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    let actor = page.signed_in()?;
    actor.must_carry_out(Duty::Inform)?;
    let mut posted = gathered(posted);
    let what = posted.remove("do").unwrap_or_default();
    let form = Form(posted);
    let read = match fault::read(&form, web.app.now()) {
        Ok(read) => read,
        Err(errors) => {
            let again = render_page(&form_page(page, &form, &errors));
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response());
        }
    };
    match what.as_str() {
        "change" => Ok(render_page(&form_page(page, &form, &[]))),
        "send" => {
            let number = faults::announce(&web.app, actor, &form).await?;
            Ok(Redirect::to(&format!("/office/faults/{number}")).into_response())
        }
        _ => Ok(render_page(&looked(&web, page, form, read).await?)),
    }
}

async fn looked(
    web: &Web,
    page: Page,
    form: Form,
    (fault, statement): (Fault, Statement),
) -> Result<LookPage, Failure> {
    let reached = faults::look(&web.app, page.signed_in()?, &fault).await?;
    // Its number is given when it is sent.
    let kept = Kept { key: 0, number: "H…".to_owned(), fault, revision: 0 };
    look_page(web, page, ("/office/faults/new".to_owned(), form), &reached, (&kept, &statement, &[])).await
}

/// What would be sent to whom, with the form once more.
async fn look_page(
    web: &Web,
    page: Page,
    (action, form): (String, Form),
    reached: &Reached,
    (kept, statement, earlier): (&Kept, &Statement, &[Said]),
) -> Result<LookPage, Failure> {
    let counts =
        [reached.hit.len(), reached.by(Channel::Email), reached.by(Channel::Sms)].map(|count| count.to_string());
    let [joiners, mails, texts] = &counts;
    let told = [("joiners", joiners.as_str()), ("mails", mails), ("texts", texts)];
    let reaches = match reached.hit.is_empty() {
        true => page.t("fault-nobody"),
        false => page.language.text_with("fault-reaches", &told),
    };
    let lists = not_reached(web, &page, reached).await?;
    let written = Language::ALL.map(|language| {
        let said = (statement, earlier);
        let Written { subject, body, sms } = faults::written(&web.app.portal_address, kept, said, language);
        let name = page.t(&format!("in-language-{}", language.code()));
        InLanguage { lang: language.code(), name, subject, body, sms }
    });
    Ok(LookPage { action, reaches, lists, form: form.0, written: written.into(), page })
}

/// Who is not reached as they should be, by name.
async fn not_reached(web: &Web, page: &Page, reached: &Reached) -> Result<Vec<(String, Vec<String>)>, ServiceError> {
    let somewhere = reached.hit.iter().filter(|(_, touched)| touched.somewhere).map(|(oid, _)| oid.clone()).collect();
    let all: [(&str, &BTreeSet<Oid>); 3] = [
        ("fault-silent", &reached.silent),
        ("fault-no-telephone", &reached.no_telephone),
        ("fault-somewhere", &somewhere),
    ];
    let mut lists = Vec::new();
    for (key, oids) in all.into_iter().filter(|(_, oids)| !oids.is_empty()) {
        let shown: BTreeSet<Oid> = oids.iter().take(MOST_NAMES).cloned().collect();
        let names =
            names::names(&web.app, &names::Numbers { organisations: shown.clone(), ..Default::default() }).await?;
        let title = page.language.text_with(key, &[("count", &oids.len().to_string())]);
        lists.push((title, shown.iter().map(|oid| names.beside(oid.as_str())).collect()));
    }
    Ok(lists)
}

#[derive(Template)]
#[template(path = "office/fault.html")]
struct FaultPage {
    page: Page,
    told: FaultTold,
    public: bool,
    /// Whether the reader may say more.
    says: bool,
    /// What did not arrive: by which way, to whom, why.
    failed: Vec<(String, String, String)>,
}

pub(crate) async fn show(State(web): State<Web>, page: Page, Path(number): Path<String>) -> Result<Response, Failure> {
    let actor = page.signed_in()?;
    let shown = faults::show(&web.app, actor, &number).await?;
    let channel = |channel: Channel| page.t(&format!("channel-{channel}"));
    let failed = shown.failed.into_iter().map(|(way, to, why)| (channel(way), to, why)).collect();
    let open = shown.kept.fault.ended.is_none();
    Ok(render_page(&FaultPage {
        public: shown.kept.fault.public,
        told: FaultTold::with_ways(&page, &shown.kept, &shown.said, web.app.now()),
        says: open && actor.must_carry_out(Duty::Inform).is_ok(),
        failed,
        page,
    }))
}

pub(crate) async fn more(State(web): State<Web>, page: Page, Path(number): Path<String>) -> Result<Response, Failure> {
    let actor = page.signed_in()?;
    actor.must_carry_out(Duty::Inform)?;
    let kept = faults::show(&web.app, actor, &number).await?.kept;
    let mut form = Form([("stage".to_owned(), "updated".to_owned())].into());
    if let Some(expected) = kept.fault.expected {
        let civil = expected.civil();
        form.0.insert("expected_day".to_owned(), civil.date().to_string());
        form.0.insert("expected_time".to_owned(), civil.strftime("%H:%M").to_string());
    }
    Ok(render_page(&say_page(page, &kept, (&form, &[]), web.app.now())))
}

/// The form of what more is said, with what is wrong.
fn say_page(page: Page, kept: &Kept, (form, errors): (&Form, &[FieldError]), now: Moment) -> FormPage {
    let fields = Fields { language: page.language, form, errors };
    let begun = now >= kept.fault.begins;
    let choices = ["updated", if begun { "ended" } else { "called-off" }];
    let choices = choices.map(|value| Choice { value: value.to_owned(), label: page.t(&format!("fault-say-{value}")) });
    let text = |name: &str, kind| fields.field(name, &name.replace('_', "-"), FieldKind::Text(kind, ""));
    let mut all = vec![
        fields.field("stage", "fault-stage", FieldKind::Radio(choices.into())),
        fields.field("words_fi", "words-fi", FieldKind::Lines),
        fields.field("words_sv", "words-sv", FieldKind::Lines),
        fields.field("words_en", "words-en", FieldKind::Lines),
        text("expected_day", "date"),
        text("expected_time", "time"),
    ];
    if begun {
        all.extend([text("ended_day", "date"), text("ended_time", "time")]);
    }
    FormPage {
        back: (format!("/office/faults/{}", kept.number), kept.number.clone()),
        title: page.t("fault-say"),
        lead: vec![kept.fault.headline.of(page.language.code()).0.to_owned(), page.t("fault-say-lead")],
        action: format!("/office/faults/{}/say", kept.number),
        revision: Some(kept.revision),
        summary: forms::summary(&page, &all, errors),
        fields: all,
        button: page.t("fault-look"),
        page,
    }
}

pub(crate) async fn say(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
    Posted(posted): Posted<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    let actor = page.signed_in()?;
    actor.must_carry_out(Duty::Inform)?;
    let mut posted = gathered(posted);
    let what = posted.remove("do").unwrap_or_default();
    let revision = posted.get("revision").and_then(|text| text.parse().ok()).unwrap_or(0);
    let form = Form(posted);
    let (shown, now) = (faults::show(&web.app, actor, &number).await?, web.app.now());
    // What was looked at stays what it was.
    let kept = Kept { revision, ..shown.kept };
    let (statement, ended) = match fault::read_statement(&form, &kept.fault, now) {
        Ok(read) => read,
        Err(errors) => {
            let again = render_page(&say_page(page, &kept, (&form, &errors), now));
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response());
        }
    };
    match what.as_str() {
        "change" => Ok(render_page(&say_page(page, &kept, (&form, &[]), now))),
        "send" => {
            faults::say(&web.app, actor, (&number, revision), &statement, ended).await?;
            Ok(Redirect::to(&format!("/office/faults/{number}")).into_response())
        }
        _ => {
            let reached = faults::look_at(&web.app, actor, &kept, statement.stage).await?;
            let kept = Kept { fault: kept.fault.after(&statement, ended), ..kept };
            let earlier: Vec<Said> = shown.said.into_iter().map(|(said, _)| said).collect();
            let action = format!("/office/faults/{number}/say");
            Ok(render_page(&look_page(&web, page, (action, form), &reached, (&kept, &statement, &earlier)).await?))
        }
    }
}
