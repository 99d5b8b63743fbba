//! Many applications at once: a sheet, its verdict row by row, how far it has come; and signing many in one visit.

use super::copies::download;
use super::parts::{Part, connection_names, filled_in};
use super::past::Line;
use crate::Web;
use crate::errors::Failure;
use crate::page::{Page, organisation_name, render_page};
use askama::Template;
use axum::Form;
use axum::extract::multipart::MultipartRejection;
use axum::extract::{Multipart, Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;
use liitos_domain::application::{Application, JoinerKind, Text};
use liitos_domain::{Act, RefusalCode, Sha256Hash};
use liitos_service::ServiceError;
use liitos_service::applications::{self, Shown};
use liitos_service::campaigns::{self, Imported, Signable, Signed};

#[derive(Template)]
#[template(path = "campaigns.html")]
struct CampaignsPage {
    page: Page,
    campaigns: Vec<(i64, String, String)>,
    /// Whether the reader may bring a sheet in.
    prepares: bool,
    name: String,
    problem: Option<String>,
}

pub(crate) async fn list(State(web): State<Web>, page: Page) -> Result<Response, Failure> {
    render(&web, page, String::new(), None).await
}

async fn render(web: &Web, page: Page, name: String, problem: Option<String>) -> Result<Response, Failure> {
    let actor = page.signed_in()?;
    let told = |one: campaigns::Campaign| (one.key, one.name, page.since(one.created_at));
    let campaigns = campaigns::list(&web.app, actor).await?.into_iter().map(told).collect();
    Ok(render_page(&CampaignsPage { campaigns, prepares: actor.may(Act::Prepare), name, problem, page }))
}

/// An empty sheet with an example.
pub(crate) async fn template(page: Page) -> Result<Response, Failure> {
    page.signed_in()?;
    let media_type = "text/csv; charset=utf-8; header=present".to_owned();
    Ok(download("liitos.csv", media_type, campaigns::template().into_bytes()))
}

pub(crate) async fn import(
    State(web): State<Web>,
    page: Page,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Response, Failure> {
    let actor = page.signed_in()?.clone();
    actor.must(Act::Prepare, web.app.now())?;
    let wrong = |field: &str| ServiceError::refused(RefusalCode::FormInvalid, field);
    let (mut name, mut sheet) = (String::new(), Vec::new());
    let mut form = form.map_err(|_| wrong("sheet"))?;
    while let Some(field) = form.next_field().await.map_err(|_| wrong("sheet"))? {
        match field.name() {
            Some("name") => name = field.text().await.map_err(|_| wrong("name"))?,
            Some("sheet") => sheet = field.bytes().await.map_err(|_| wrong("sheet"))?.to_vec(),
            _ => {}
        }
    }
    let problem = match campaigns::import(&web.app, &actor, &name, &sheet, page.language).await {
        Ok(Imported::Campaign(key)) => return Ok(Redirect::to(&format!("/campaigns/{key}")).into_response()),
        Ok(Imported::NotRead(error)) => format!("{} ({error})", page.t("campaign-not-read")),
        Ok(Imported::Columns(columns)) => format!("{} {}", page.t("campaign-columns"), columns.join(", ")),
        Err(error) if error.code == RefusalCode::FormInvalid => page.t("campaign-name-missing"),
        Err(error) => return Err(error.into()),
    };
    let again = render(&web, page, name, Some(problem)).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response())
}

#[derive(Template)]
#[template(path = "campaign.html")]
struct CampaignPage {
    page: Page,
    name: String,
    rows: Vec<Row>,
    total: usize,
    sent: usize,
    count: String,
}

struct Row {
    line: u32,
    customer: String,
    service: String,
    number: Option<String>,
    state: String,
    look: &'static str,
    problem: Option<String>,
}

pub(crate) async fn show(State(web): State<Web>, page: Page, Path(key): Path<i64>) -> Result<Response, Failure> {
    let progress = campaigns::show(&web.app, page.signed_in()?, key).await?;
    let (total, sent, approved) = (progress.lines.len(), progress.sent(), progress.approved());
    let row = |line: &campaigns::Line| Row {
        line: line.line,
        customer: line.customer.clone(),
        service: line.service.clone(),
        number: line.number.clone(),
        state: line.state.as_ref().map_or_else(|| page.t("campaign-none"), |state| page.t(&format!("state-{state}"))),
        look: match (&line.state, &line.problem) {
            (Some(state), _) if state == "approved" => "ready",
            (None, _) | (_, Some(_)) => "attention",
            _ => "open",
        },
        problem: line.problem.as_ref().map(|problem| problem_told(&page, problem)),
    };
    let arguments = [("total", total.to_string()), ("sent", sent.to_string()), ("approved", approved.to_string())];
    let arguments: Vec<(&str, &str)> = arguments.iter().map(|(name, text)| (*name, text.as_str())).collect();
    Ok(render_page(&CampaignPage {
        name: progress.campaign.name.clone(),
        rows: progress.lines.iter().map(row).collect(),
        count: page.language.text_with("campaign-progress", &arguments),
        total,
        sent,
        page,
    }))
}

/// What is wrong with a row, in words: fields, steps, rules, or a refusal.
fn problem_told(page: &Page, problem: &str) -> String {
    let word = |part: &str| {
        if let Some(step) = part.strip_prefix("step:") {
            return page.t(&format!("step-{step}"));
        }
        if let Some(line) = part.strip_prefix("same:") {
            return page.language.text_with("campaign-same", &[("line", line)]);
        }
        if let Some(rule) = part.strip_prefix("rule:") {
            return page.language.attribute(&format!("rule-{rule}"), "broken");
        }
        if let Some(code) = RefusalCode::ALL.iter().find(|code| code.code() == part) {
            return format!("{part}: {}", page.language.refusal(*code));
        }
        match part {
            "customer" | "service" => page.t(&format!("campaign-wrong-{part}")),
            field
                if liitos_domain::application::Step::ALL
                    .iter()
                    .any(|step| liitos_domain::application::steps::fields(*step).any(|known| known == field)) =>
            {
                page.field_label(field)
            }
            other => other.to_owned(),
        }
    };
    problem.split(' ').map(word).collect::<Vec<_>>().join(", ")
}

#[derive(Template)]
#[template(path = "sign.html")]
struct SignPage {
    page: Page,
    rows: Vec<Ready>,
    documents: Vec<(String, String)>,
    /// Whether there may be more than are shown.
    more: bool,
    done: Vec<Line>,
}

struct Ready {
    number: String,
    joiner: String,
    service: String,
    /// What is signed is what was shown.
    shown: String,
    parts: Vec<Part>,
}

pub(crate) async fn ready(State(web): State<Web>, page: Page) -> Result<Response, Failure> {
    sign_page(&web, page, Vec::new()).await
}

async fn sign_page(web: &Web, page: Page, signed: Vec<Signed>) -> Result<Response, Failure> {
    let all = campaigns::signable(&web.app, page.signed_in()?).await?;
    let names = applications::names_in(&web.app, all.iter().map(|one| &one.stored.application)).await?;
    let mut rows = Vec::new();
    for Signable { stored, checked } in &all {
        let application = &stored.application;
        let connections = connection_names(web, &page, application).await?;
        rows.push(Ready {
            number: application.number.clone(),
            joiner: organisation_name(web, &application.joiner).await,
            service: page.service(application.service),
            shown: Shown::of(application, page.language).hash.to_string(),
            parts: filled_in(&page, application, checked, (&names, &connections)),
        });
    }
    let more = all.len() == campaigns::MOST;
    let documents = documents(&page, all.iter().map(|one| &one.stored.application));
    let done = signed.into_iter().map(|one| Line {
        at: String::new(),
        what: one.number,
        by: match one.refused {
            None => page.t("state-sent"),
            Some(code) => format!("{code}: {}", page.language.refusal(code)),
        },
        more: Vec::new(),
    });
    Ok(render_page(&SignPage { rows, documents, more, done: done.collect(), page }))
}

/// The texts that some applications accept, each once, with what or whom it is for.
fn documents<'a>(page: &Page, applications: impl Iterator<Item = &'a Application>) -> Vec<(String, String)> {
    let mut documents: Vec<(String, String)> = Vec::new();
    for application in applications {
        for text in application.steps().flat_map(Text::accepted_at) {
            let name = match text {
                Text::ServiceDescription => {
                    format!("{}: {}", page.t(&format!("text-{text}")), page.service(application.service))
                }
                Text::Undertaking if application.kind == JoinerKind::Pharmacy => {
                    format!("{}: {}", page.t("text-undertaking"), page.t("kind-pharmacy"))
                }
                Text::Undertaking | Text::GeneralTerms => page.t(&format!("text-{text}")),
            };
            let document = (name, page.t(&application.text_key(*text)));
            if !documents.contains(&document) {
                documents.push(document);
            }
        }
    }
    documents
}

pub(crate) async fn sign(
    State(web): State<Web>,
    page: Page,
    Form(posted): Form<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    let accepted = posted.iter().any(|(name, value)| name == "accept" && value == "yes");
    let wrong = |field: &str| ServiceError::refused(RefusalCode::FormInvalid, field);
    let chosen = posted.iter().filter(|(name, _)| name == "number").map(|(_, value)| {
        let (number, hash) = value.split_once(' ')?;
        Some((number.to_owned(), Sha256Hash::parse(hash)?))
    });
    let chosen: Vec<(String, Sha256Hash)> = chosen.collect::<Option<_>>().ok_or_else(|| wrong("number"))?;
    if !accepted {
        return Err(wrong("accept").into());
    }
    let signed = campaigns::sign_many(&web.app, page.signed_in()?, &chosen, page.language).await?;
    sign_page(&web, page, signed).await
}
