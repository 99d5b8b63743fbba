//! Deployment tests, for programs.

use super::applications::time;
use super::pages::{Part, part};
use crate::Web;
use crate::errors::Failure;
use crate::page::Page;
use crate::pages::copies::download;
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use http::header::LOCATION;
use liitos_domain::deployment_test::{Case, Look};
use liitos_domain::{Oid, RefusalCode};
use liitos_service::ServiceError;
use liitos_service::deployment_tests::{self, Asked, DeploymentTest, Said, Shown, case_title};
use liitos_service::notices::Desk;
use liitos_texts::Language;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is to be tested.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct NewDeploymentTest {
    /// A service: `patient-data`, `social-client-data` or `prescription`.
    service: String,
    /// `first-use`, `before`, `after` or `readiness`.
    stage: String,
    /// The system's number in Astori.
    system: String,
    /// Functions beside what every system does: `tenant`, `register-access`, `disclosure`, `archivist`, `renewal-reception`.
    #[serde(default)]
    functions: Vec<String>,
    /// Test clients of the 900 series; none: those of the cases.
    #[serde(default)]
    persons: Vec<String>,
    /// The organisational change that it is made around.
    #[serde(default)]
    change: String,
    /// The test before the change, of one after it.
    #[serde(default)]
    before: String,
}

/// How a case went.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct CaseSaid {
    /// Whether it went as it should.
    fine: bool,
    /// `professional`, `archivist`, `technical` or `supplier`: one that the case needs.
    role: String,
    /// Who did it; nobody: whoever says so.
    #[serde(default)]
    person: String,
    /// What there is to say.
    #[serde(default)]
    remark: String,
}

/// Where a renewal request is to go.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct RequestTo {
    /// A unit of the organisation's that receives them.
    unit: String,
}

/// A renewal request that is on its way.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct RequestSent {
    /// Its id.
    id: String,
}

/// A deployment test.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct DeploymentTestSummary {
    /// Its number.
    number: String,
    /// The service.
    service: String,
    /// When it is made.
    stage: String,
    /// The system.
    system: String,
    /// `running`, `sent`, `accepted` or `withdrawn`.
    state: String,
    /// When it was begun.
    begun_at: String,
    /// When its report was sent last.
    sent_at: Option<String>,
}

/// A test that somebody has to make.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Untested {
    /// Who.
    organisation: String,
    /// The service.
    service: String,
    /// The system's number in Astori.
    system: String,
    /// `first-use`, `before` or `after`.
    stage: String,
    /// The functions that it is to show beside what every system does.
    functions: Vec<String>,
    /// Since when there is something to be tested; of `before` until when.
    from: String,
}

/// A deployment test with its cases.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct DeploymentTestWhole {
    /// Which.
    summary: DeploymentTestSummary,
    /// Who tests.
    joiner: String,
    /// Through which access points.
    points: Vec<String>,
    /// In whose registers.
    controllers: Vec<String>,
    /// The test clients.
    persons: Vec<String>,
    /// The cases, in their order.
    cases: Vec<TestCase>,
    /// Documents that came from before a change, with their sets and whose they were.
    moved: Vec<TestDocument>,
    /// What the test has left in the archive.
    documents: Vec<TestDocument>,
    /// When that was asked to be removed.
    removal_asked_at: Option<String>,
    /// When it was.
    removed_at: Option<String>,
    /// Languages of the report's papers: `fi`, `sv`, `en`.
    papers: Vec<String>,
}

/// A case.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct TestCase {
    /// Its id.
    id: String,
    /// What it is called, in the language that was asked for.
    title: String,
    /// What is done: `stored`, `replaced`, `invalidated`, `fetched`, `searched`, `refused` or `delivered`.
    deed: String,
    /// With the document of which case; `before`: with one from before the change.
    of: Option<String>,
    /// Why it must be refused.
    code: Option<String>,
    /// Who is needed.
    people: Vec<String>,
    /// Whether a program can make it by itself.
    runs: bool,
    /// How it stands: `nothing`, `waits`, `not-at-gateway`, `other-point`, `other-document`, `found-nothing`, `seen`, `passed` or `failed`.
    answer: String,
    /// The document that it rests on.
    document: Option<String>,
    /// The id that its versions share.
    set: Option<String>,
    /// In whose register.
    controller: Option<String>,
    /// The message that brought it, where one did.
    message: Option<String>,
    /// The decision id under which gateway and archive have it.
    decision: Option<String>,
}

/// A document of a test.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct TestDocument {
    /// Its id.
    document: String,
    /// The id that its versions share.
    set: String,
    /// The controller that it was stored for.
    controller: String,
}

fn summary(one: &DeploymentTest) -> DeploymentTestSummary {
    DeploymentTestSummary {
        number: one.number.clone(),
        service: one.content.service.code().to_owned(),
        stage: one.content.stage.code().to_owned(),
        system: one.content.system.clone(),
        state: one.course.code().to_owned(),
        begun_at: time(one.begun_at),
        sent_at: one.sent_at.map(time),
    }
}

fn case(case: &Case, look: Option<&Look>, language: Language) -> TestCase {
    let seen = look.and_then(|look| look.seen.as_ref());
    TestCase {
        id: case.id.clone(),
        title: case_title(case, language),
        deed: case.deed.code().to_owned(),
        of: case.of.clone(),
        code: case.code.map(RefusalCode::code),
        people: case.people.iter().map(ToString::to_string).collect(),
        runs: case.runs(),
        answer: look.map_or_else(String::new, |look| look.answer.code().to_owned()),
        document: seen.and_then(|seen| seen.document.as_ref()).map(ToString::to_string),
        set: seen.and_then(|seen| seen.set.as_ref()).map(ToString::to_string),
        controller: seen.and_then(|seen| seen.controller.as_ref()).map(ToString::to_string),
        message: seen.and_then(|seen| seen.message.clone()),
        decision: seen.map(|seen| seen.decision.clone()),
    }
}

fn whole(shown: &Shown, language: Language) -> DeploymentTestWhole {
    let (one, content) = (&shown.one, &shown.one.content);
    let texts = |oids: &[Oid]| oids.iter().map(ToString::to_string).collect();
    let document = |stored: &liitos_domain::deployment_test::Stored| TestDocument {
        document: stored.document.to_string(),
        set: stored.set.to_string(),
        controller: stored.controller.to_string(),
    };
    DeploymentTestWhole {
        summary: summary(one),
        joiner: one.joiner.to_string(),
        points: texts(&content.points),
        controllers: texts(&content.controllers),
        persons: content.persons.clone(),
        cases: content.cases.iter().map(|of| case(of, shown.looks.get(&of.id), language)).collect(),
        moved: content.moved.iter().map(document).collect(),
        documents: shown.documents.iter().map(|kept| document(&kept.stored)).collect(),
        removal_asked_at: one.removal_asked_at.map(time),
        removed_at: one.removed_at.map(time),
        papers: shown.papers.iter().map(|(language, _)| language.code().to_owned()).collect(),
    }
}

pub(crate) async fn list(State(web): State<Web>, page: Page, Query(asked): Query<Part>) -> Result<Response, Failure> {
    let list = deployment_tests::list(&web.app, page.signed_in()?, Desk::Own).await?;
    Ok(part("/api/v1/deployment-tests", &asked, list.tests.iter().map(summary)))
}

pub(crate) async fn begin(
    State(web): State<Web>,
    page: Page,
    Json(new): Json<NewDeploymentTest>,
) -> Result<Response, Failure> {
    let asked = Asked {
        service: new.service,
        stage: new.stage,
        system: new.system,
        functions: new.functions,
        persons: new.persons.join("\n"),
        change: new.change,
        before: new.before,
    };
    let actor = page.signed_in()?;
    let number = deployment_tests::begin(&web.app, actor, &asked).await?;
    let shown = deployment_tests::show(&web.app, actor, Desk::Own, &number).await?;
    let location = [(LOCATION, format!("/api/v1/deployment-tests/{number}"))];
    Ok((StatusCode::CREATED, location, Json(whole(&shown, page.language))).into_response())
}

pub(crate) async fn show(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
) -> Result<Json<DeploymentTestWhole>, Failure> {
    let shown = deployment_tests::show(&web.app, page.signed_in()?, Desk::Own, &number).await?;
    Ok(Json(whole(&shown, page.language)))
}

pub(crate) async fn say(
    State(web): State<Web>,
    page: Page,
    Path((number, case)): Path<(String, String)>,
    Json(said): Json<CaseSaid>,
) -> Result<StatusCode, Failure> {
    let said = Said { fine: said.fine, role: said.role, person: said.person, remark: said.remark };
    deployment_tests::say(&web.app, page.signed_in()?, (&number, &case), &said).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn request(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
    Json(to): Json<RequestTo>,
) -> Result<(StatusCode, Json<RequestSent>), Failure> {
    let actor = page.signed_in()?;
    let unit = Oid::parse(&to.unit).map_err(|_| ServiceError::refused(RefusalCode::FormInvalid, "unit"))?;
    let id = deployment_tests::request(&web.app, actor, &number, &unit).await?;
    Ok((StatusCode::CREATED, Json(RequestSent { id })))
}

pub(crate) async fn send(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
) -> Result<StatusCode, Failure> {
    deployment_tests::send(&web.app, page.signed_in()?, &number).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn withdraw(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
) -> Result<StatusCode, Failure> {
    deployment_tests::withdraw(&web.app, page.signed_in()?, &number).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn ask_removal(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
) -> Result<StatusCode, Failure> {
    deployment_tests::ask_removal(&web.app, page.signed_in()?, &number).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A paper of the report: PDF/A, with its seal in the field `seal`.
pub(crate) async fn paper(
    State(web): State<Web>,
    page: Page,
    Path((number, language)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let actor = page.signed_in()?;
    let language = Language::parse(&language).ok_or_else(|| ServiceError::refused(RefusalCode::NotFound, "report"))?;
    let copy = deployment_tests::report(&web.app, actor, (Desk::Own, &number), language).await?;
    let mut response = download(&copy.name, copy.media_type, copy.body);
    if let Ok(seal) = copy.seal.parse() {
        response.headers_mut().insert("liitos-seal", seal);
    }
    Ok(response)
}

pub(crate) async fn untested(
    State(web): State<Web>,
    page: Page,
    Query(asked): Query<Part>,
) -> Result<Response, Failure> {
    let all = deployment_tests::untested(&web.app, page.signed_in()?).await?;
    let told = all.into_iter().map(|(joiner, due)| Untested {
        organisation: joiner.to_string(),
        service: due.service.to_string(),
        system: due.system,
        stage: due.stage.to_string(),
        functions: due.functions.into_iter().map(str::to_owned).collect(),
        from: time(due.from),
    });
    Ok(part("/api/v1/office/deployment-tests/untested", &asked, told))
}
