//! A deployment test: made step by step by the joiner, decided on by the operator.

use super::deployment_tests::{desk, state};
use crate::Web;
use crate::errors::Failure;
use crate::form_view::Choice;
use crate::page::{Page, organisation_name, render_page};
use crate::pages::copies::download;
use crate::pages::notifications::Reason;
use crate::pages::past::Line;
use askama::Template;
use axum::Form as Posted;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;
use liitos_domain::deployment_test::{Answer, Case, Course, Deed, Look};
use liitos_domain::rules::visible;
use liitos_domain::{Act, Duty, Oid, RefusalCode};
use liitos_service::ServiceError;
use liitos_service::deployment_tests::{self, DeploymentTest, Happened, Kept, Said, Shown, case_title, seen_facts};
use liitos_service::names::{Names, Numbers, names};
use liitos_service::notices::Desk;
use liitos_service::notifications::OPERATOR;
use liitos_texts::Language;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "deployment_test.html")]
struct OnePage {
    page: Page,
    base: String,
    back: &'static str,
    number: String,
    title: String,
    state: String,
    look: &'static str,
    /// A case that was not taken as it was said, and why.
    wrong: Option<(String, String)>,
    facts: Vec<(String, String)>,
    /// How many cases are done, of how many, in words.
    done: (usize, usize, String),
    cases: Vec<CaseView>,
    documents: Vec<DocumentRow>,
    documents_said: String,
    /// What of the documents' removal is to be told.
    removal: Option<String>,
    papers: Vec<PaperRow>,
    units: Vec<Choice>,
    /// The command by which a program makes the cases.
    program: Option<String>,
    may: May,
    history: Vec<Line>,
}

/// A case as it is shown.
struct CaseView {
    id: String,
    title: String,
    how: Option<String>,
    people: String,
    state: String,
    look: &'static str,
    facts: Vec<(String, String)>,
    said: Option<String>,
    remark: Option<String>,
    /// The roles in which one may say how it went; empty: nobody may.
    roles: Vec<Choice>,
    /// Whether it may be said that it went well.
    fine: bool,
    /// What was typed and not taken.
    typed: Typed,
    /// Whether a request is sent for it.
    request: bool,
}

/// What was typed of a case and not taken: by whom, what there is to say, and what is wrong with it.
#[derive(Clone, Default)]
struct Typed {
    person: String,
    remark: String,
    wrong: Option<String>,
}

struct DocumentRow {
    id: String,
    at: String,
    state: String,
    controller: String,
}

struct PaperRow {
    language: &'static str,
    called: String,
    seal: String,
}

/// What the reader may do with a test.
struct May {
    send: bool,
    withdraw: bool,
    accept: bool,
    ask_removal: bool,
    remove: bool,
}

impl May {
    fn of(page: &Page, shown: &Shown) -> Self {
        let (desk, _) = desk(page);
        let actor = page.actor.as_ref();
        let own = desk == Desk::Own;
        let may = |act| own && actor.is_some_and(|actor| actor.may(act));
        let handles = !own && actor.is_some_and(|actor| actor.must_carry_out(Duty::Handle).is_ok());
        let one = &shown.one;
        let (done, all) = shown.done();
        Self {
            send: may(Act::Technical) && one.course == Course::Running && done == all,
            withdraw: may(Act::Technical) && one.course == Course::Running,
            accept: handles && one.course == Course::Sent,
            ask_removal: may(Act::Keep)
                && one.course != Course::Running
                && one.removal_asked_at.is_none()
                && !shown.documents.is_empty(),
            remove: handles && one.removal_asked_at.is_some() && one.removed_at.is_none(),
        }
    }
}

pub(crate) async fn show(State(web): State<Web>, page: Page, Path(number): Path<String>) -> Result<Response, Failure> {
    let (desk, _) = desk(&page);
    let shown = deployment_tests::show(&web.app, page.signed_in()?, desk, &number).await?;
    render(&web, page, &shown, None).await
}

async fn render(web: &Web, page: Page, shown: &Shown, typed: Option<(&str, Typed)>) -> Result<Response, Failure> {
    let (desk, back) = desk(&page);
    let (one, content) = (&shown.one, &shown.one.content);
    let mut organisations: std::collections::BTreeSet<Oid> = content.controllers.iter().cloned().collect();
    organisations.extend(shown.documents.iter().map(|kept| kept.active.clone()));
    organisations.extend(shown.units.iter().cloned());
    let numbers = Numbers { organisations, systems: [content.system.as_str()].into(), ..Numbers::default() };
    let called = names(&web.app, &numbers).await?;
    let joiner = if desk == Desk::Office { Some(organisation_name(web, &one.joiner).await) } else { None };
    let (state, look) = state(&page, one);
    let (done, all) = shown.done();
    let said = page.language.text_with("deployment-done-of", &[("done", &done.to_string()), ("all", &all.to_string())]);
    let works = desk == Desk::Own && one.course == Course::Running && page.signed_in()?.may(Act::Technical);
    let of = |case: &Case| typed.as_ref().filter(|(id, _)| *id == case.id).map(|(_, typed)| typed.clone());
    let one_case = |case: &Case| view(&page, case, shown.looks.get(&case.id), (works, of(case).unwrap_or_default()));
    let cases: Vec<CaseView> = content.cases.iter().map(one_case).collect();
    let wrong = cases.iter().find_map(|case| Some((case.id.clone(), case.typed.wrong.clone()?)));
    let runs = works && content.cases.iter().any(Case::runs);
    let count = shown.documents.len().to_string();
    let removal = match (one.removed_at, one.removal_asked_at) {
        (Some(at), _) => Some(("deployment-removed", at)),
        (None, Some(at)) => Some(("deployment-remove-asked", at)),
        (None, None) => None,
    };
    let unit = |unit: &Oid| Choice { value: unit.to_string(), label: visible(&called.beside(unit.as_str())) };
    let page_of = OnePage {
        base: format!("{back}/{}", one.number),
        title: page.service(content.service),
        number: one.number.clone(),
        facts: facts(&page, one, (&called, joiner)),
        done: (done, all, said),
        documents: shown.documents.iter().map(|kept| document(&page, kept, &called)).collect(),
        documents_said: page.language.text_with("deployment-documents-count", &[("count", &count)]),
        removal: removal.map(|(key, at)| page.language.text_with(key, &[("when", &page.since(at))])),
        papers: shown
            .papers
            .iter()
            .map(|(language, copy)| PaperRow {
                language: language.code(),
                called: language.own_name().to_owned(),
                seal: copy.seal.clone(),
            })
            .collect(),
        units: shown.units.iter().filter(|_| works).map(unit).collect(),
        program: runs.then(|| format!("liitos deployment-test run --test {}", one.number)),
        may: May::of(&page, shown),
        history: shown.history.iter().map(|event| line(&page, &content.cases, event)).collect(),
        cases,
        back,
        state,
        look,
        wrong,
        page,
    };
    Ok(render_page(&page_of))
}

/// What is tested.
fn facts(page: &Page, one: &DeploymentTest, (called, joiner): (&Names, Option<String>)) -> Vec<(String, String)> {
    let content = &one.content;
    let fact = |key: &str, what: String| (page.t(&format!("deployment-{key}")), what);
    let all = |oids: &[Oid]| oids.iter().map(|oid| called.beside(oid.as_str())).collect::<Vec<_>>().join(", ");
    let mut facts: Vec<(String, String)> = joiner.into_iter().map(|name| fact("joiner", name)).collect();
    facts.push(fact("stage", page.t(&format!("deployment-stage-{}", content.stage))));
    facts.push(fact("system", visible(&called.beside(&content.system))));
    facts.push(fact("points", content.points.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")));
    facts.push(fact("controllers", visible(&all(&content.controllers))));
    facts.push(fact("persons", content.persons.join(", ")));
    facts.push(fact("begun", page.since(one.begun_at)));
    facts.extend(content.change.iter().map(|number| fact("change", number.clone())));
    facts.extend(content.before.iter().map(|number| fact("before", number.clone())));
    facts
}

fn view(page: &Page, case: &Case, look: Option<&Look>, (works, typed): (bool, Typed)) -> CaseView {
    let answer = look.map_or(Answer::Nothing, |look| look.answer);
    let people = |role: &liitos_domain::deployment_test::People| page.t(&format!("deployment-people-{role}"));
    let word = look.and_then(|look| look.word.as_ref());
    let role =
        |role: &liitos_domain::deployment_test::People| Choice { value: role.code().to_owned(), label: people(role) };
    CaseView {
        title: visible(&case_title(case, page.language)),
        how: case.title.is_none().then(|| page.t(&format!("deployment-case-{}-how", case.id))),
        people: case.people.iter().map(people).collect::<Vec<_>>().join(", "),
        state: page.t(&format!("deployment-answer-{answer}")),
        look: match answer {
            Answer::Passed => "ready",
            Answer::Nothing | Answer::Waits => "open",
            _ => "attention",
        },
        facts: look.and_then(|look| look.seen.as_ref()).map(|seen| seen_facts(seen, page.language)).unwrap_or_default(),
        said: word.map(|word| format!("{} ({}), {}", visible(&word.person), people(&word.role), page.since(word.at))),
        remark: word.and_then(|word| word.remark.as_deref()).map(visible),
        roles: if works { case.people.iter().map(role).collect() } else { Vec::new() },
        fine: answer.may_pass(),
        typed,
        request: case.deed == Deed::Delivered,
        id: case.id.clone(),
    }
}

fn document(page: &Page, kept: &Kept, called: &Names) -> DocumentRow {
    DocumentRow {
        id: kept.stored.document.to_string(),
        at: page.language.to_the_second(kept.at),
        state: page.t(&format!("deployment-document-{}", kept.standing)),
        controller: visible(&called.beside(kept.active.as_str())),
    }
}

/// A line of the history; who of the operator's people it was is nobody's to know here.
fn line(page: &Page, cases: &[Case], event: &Happened) -> Line {
    let by = if event.person == OPERATOR { page.t("mender-operator") } else { visible(&event.person) };
    let more = event.words.as_deref().map(|words| match (event.what.as_str(), words.split_once(' ')) {
        ("said", Some((case, fine))) => {
            let said = page.t(if fine == "true" { "deployment-fine" } else { "deployment-not-fine" });
            let case = cases.iter().find(|known| known.id == case).map(|case| case_title(case, page.language));
            format!("{}: {said}", visible(&case.unwrap_or_default()))
        }
        ("removed", Some((count, left))) => {
            page.language.text_with("deployment-removed-count", &[("count", count), ("left", left)])
        }
        _ => visible(words),
    });
    Line {
        at: page.language.to_the_second(event.at),
        what: page.t(&format!("deployment-event-{}", event.what)),
        by,
        more: more.into_iter().collect(),
    }
}

/// A test's own page.
fn back(page: &Page, number: &str, place: &str) -> Redirect {
    Redirect::to(&format!("{}/{number}#{place}", desk(page).1))
}

#[derive(Deserialize)]
pub(crate) struct Word {
    #[serde(default)]
    fine: String,
    #[serde(default)]
    role: String,
    #[serde(default)]
    person: String,
    #[serde(default)]
    remark: String,
}

pub(crate) async fn say(
    State(web): State<Web>,
    page: Page,
    Path((number, case)): Path<(String, String)>,
    Posted(word): Posted<Word>,
) -> Result<Response, Failure> {
    let said = Said { fine: word.fine == "yes", role: word.role, person: word.person, remark: word.remark };
    let actor = page.signed_in()?;
    match deployment_tests::say(&web.app, actor, (&number, &case), &said).await {
        Ok(()) => Ok(back(&page, &number, &format!("case-{case}")).into_response()),
        Err(error) if error.code == RefusalCode::FormInvalid => {
            let shown = deployment_tests::show(&web.app, actor, Desk::Own, &number).await?;
            let (field, given) = match error.place.as_str() {
                "remark" => ("deployment-remark", &said.remark),
                "person" => ("deployment-person", &said.person),
                _ => ("deployment-role", &said.role),
            };
            let problem = page.t(if given.trim().is_empty() { "field-missing" } else { "field-too-long" });
            let wrong = Some(format!("{}: {problem}", page.t(field)));
            let typed = Typed { person: said.person, remark: said.remark, wrong };
            let answer = render(&web, page, &shown, Some((&case, typed))).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, answer).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

#[derive(Deserialize)]
pub(crate) struct Requested {
    unit: String,
}

pub(crate) async fn request(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
    Posted(requested): Posted<Requested>,
) -> Result<Redirect, Failure> {
    let actor = page.signed_in()?;
    let unit = Oid::parse(&requested.unit).map_err(|_| ServiceError::refused(RefusalCode::FormInvalid, "unit"))?;
    deployment_tests::request(&web.app, actor, &number, &unit).await?;
    Ok(back(&page, &number, "cases"))
}

pub(crate) async fn send(State(web): State<Web>, page: Page, Path(number): Path<String>) -> Result<Redirect, Failure> {
    deployment_tests::send(&web.app, page.signed_in()?, &number).await?;
    Ok(back(&page, &number, "main"))
}

pub(crate) async fn withdraw(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
) -> Result<Redirect, Failure> {
    deployment_tests::withdraw(&web.app, page.signed_in()?, &number).await?;
    Ok(back(&page, &number, "main"))
}

pub(crate) async fn ask_removal(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
) -> Result<Redirect, Failure> {
    deployment_tests::ask_removal(&web.app, page.signed_in()?, &number).await?;
    Ok(back(&page, &number, "documents"))
}

pub(crate) async fn accept(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
) -> Result<Redirect, Failure> {
    deployment_tests::accept(&web.app, page.signed_in()?, &number).await?;
    Ok(back(&page, &number, "main"))
}

pub(crate) async fn give_back(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
    Posted(reason): Posted<Reason>,
) -> Result<Redirect, Failure> {
    deployment_tests::give_back(&web.app, page.signed_in()?, &number, &reason.reason).await?;
    Ok(back(&page, &number, "main"))
}

pub(crate) async fn remove(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
) -> Result<Redirect, Failure> {
    deployment_tests::remove(&web.app, page.signed_in()?, &number).await?;
    Ok(back(&page, &number, "documents"))
}

/// A paper of the report.
pub(crate) async fn paper(
    State(web): State<Web>,
    page: Page,
    Path((number, language)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let (desk, _) = desk(&page);
    let language = Language::parse(&language).ok_or_else(|| ServiceError::refused(RefusalCode::NotFound, "report"))?;
    let copy = deployment_tests::report(&web.app, page.signed_in()?, (desk, &number), language).await?;
    Ok(download(&copy.name, copy.media_type, copy.body))
}
