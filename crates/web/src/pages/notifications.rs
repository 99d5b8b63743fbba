//! Change notifications: written and followed on an organisation's desk, decided on at the operator's.

use super::notification_fields::{fields, label};
use crate::Web;
use crate::errors::Failure;
use crate::form_view::{Field, FieldKind};
use crate::page::{FindingView, Page, organisation_name, render_page};
use crate::pages::copies::download;
use crate::pages::effect::{contradiction, lines, pictures, words};
use crate::pages::forms::summary;
use crate::pages::office::decision::Approve;
use crate::pages::past::Line;
use crate::pages::step::gathered;
use askama::Template;
use axum::Form as Posted;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;
use liitos_domain::application::{FieldError, Form};
use liitos_domain::archive::RunState;
use liitos_domain::change;
use liitos_domain::notification::{Course, Finding, Kind, asked};
use liitos_domain::rules::Source;
use liitos_domain::{Act, Duty, Moment, RefusalCode, Service};
use liitos_service::certificates::KnownCertificate;
use liitos_service::certificates::without_keys;
use liitos_service::changes::{obstacle, title};
use liitos_service::names::{self, Numbers};
use liitos_service::notices::Desk;
use liitos_service::notifications::{self, Happened, Looked, Notification, OPERATOR, Report, Shown};
use liitos_service::{Actor, ServiceError, sign_in};
use liitos_texts::Language;
use serde::Deserialize;

/// The desk that a path is of, and where its notifications are.
fn desk(page: &Page) -> (Desk, &'static str) {
    if page.path.starts_with("/office/") {
        (Desk::Office, "/office/notifications")
    } else {
        (Desk::Own, "/notifications")
    }
}

#[derive(Template)]
#[template(path = "notifications.html")]
struct ListPage {
    page: Page,
    base: &'static str,
    own: bool,
    rows: Vec<Row>,
    /// What may be notified, each group with its name: code and words of each.
    groups: Vec<(String, Vec<(&'static str, String)>)>,
}

struct Row {
    number: String,
    kind: String,
    who: String,
    day: String,
    state: String,
    look: &'static str,
}

/// What may be notified, as it is grouped for people.
const GROUPS: [(&str, &[Kind]); 4] = [
    ("use", &[Kind::System, Kind::Swap, Kind::Use, Kind::EndUse, Kind::Reception, Kind::EndReception]),
    (
        "point",
        &[
            Kind::Point,
            Kind::Link,
            Kind::Certificates,
            Kind::PointSystem,
            Kind::RetirePoint,
            Kind::CollectionPoint,
            Kind::Collection,
            Kind::RetireCollection,
        ],
    ),
    ("organisation", &[Kind::Controller, Kind::BusinessId, Kind::Tenants, Kind::EndTenant, Kind::Intermediary]),
    ("end", &[Kind::Leave, Kind::Termination]),
];

pub(crate) async fn list(State(web): State<Web>, page: Page) -> Result<Response, Failure> {
    let (desk, base) = desk(&page);
    let actor = page.signed_in()?;
    let all = notifications::list(&web.app, actor, desk).await?;
    let who = all.iter().map(|one| one.joiner.clone()).collect();
    let called = if desk == Desk::Office { sign_in::names(&web.app, &who).await? } else { Default::default() };
    let now = web.app.now();
    let row = |one: &Notification| {
        let (state, look) = state(&page, one, now);
        Row {
            number: one.number.clone(),
            kind: page.t(&format!("notification-kind-{}", one.kind)),
            who: called.get(&one.joiner).cloned().unwrap_or_default(),
            day: one.day.map(|day| page.language.date(day)).unwrap_or_default(),
            state,
            look,
        }
    };
    let writes = desk == Desk::Own && actor.may(Act::Technical);
    let words = |kind: &Kind| (kind.code(), page.t(&format!("notification-kind-{kind}")));
    let may = if writes { notifications::kinds(&web.app, actor).await? } else { Vec::new() };
    let groups = GROUPS.iter().map(|(group, kinds)| {
        let kinds: Vec<_> = kinds.iter().filter(|kind| may.contains(kind)).map(words).collect();
        (page.t(&format!("notification-group-{group}")), kinds)
    });
    let groups = groups.filter(|(_, kinds)| !kinds.is_empty());
    Ok(render_page(&ListPage {
        rows: all.iter().map(row).collect(),
        groups: groups.collect(),
        own: desk == Desk::Own,
        base,
        page,
    }))
}

/// Where a notification stands, in words, and how that looks.
fn state(page: &Page, notification: &Notification, now: Moment) -> (String, &'static str) {
    let (key, look) = match notification.course {
        Course::Draft if notification.sent_at.is_some() => ("given-back", "attention"),
        Course::Draft => ("draft", "open"),
        Course::Sent => ("sent", "attention"),
        Course::Approved if notification.run.is_some() => ("ordered", "ready"),
        Course::Approved if notification.change.is_some() => ("planned", "ready"),
        Course::Approved if notification.day.is_some_and(|day| day > now) => ("scheduled", "ready"),
        Course::Approved => ("in-force", "ready"),
        Course::Withdrawn => ("withdrawn", "open"),
    };
    (page.t(&format!("notification-state-{key}")), look)
}

#[derive(Deserialize)]
pub(crate) struct Begun {
    kind: String,
}

pub(crate) async fn begin(
    State(web): State<Web>,
    page: Page,
    Posted(begun): Posted<Begun>,
) -> Result<Redirect, Failure> {
    let actor = page.signed_in()?;
    let wrong = || ServiceError::refused(RefusalCode::FormInvalid, "kind");
    let number = notifications::begin(&web.app, actor, Kind::parse(&begun.kind).ok_or_else(wrong)?).await?;
    Ok(Redirect::to(&format!("/notifications/{number}")))
}

#[derive(Template)]
#[template(path = "notification.html")]
struct OnePage {
    page: Page,
    base: String,
    back: &'static str,
    number: String,
    title: String,
    lead: String,
    who: Option<String>,
    day: Option<String>,
    state: String,
    look: &'static str,
    /// What is wrong in what was typed.
    summary: Vec<(String, String)>,
    notice: Option<String>,
    /// What is filled in, while it can be.
    fields: Vec<Field>,
    revision: i32,
    /// What was filled in, for whoever only reads.
    said: Vec<(String, String)>,
    ahead: Option<Ahead>,
    /// What it changed, once it is entered.
    entered: Vec<String>,
    /// The run that was ordered by it, how that stands, and where it is.
    run: Option<(String, String, String)>,
    /// The change that it became, and where that is.
    planned: Option<(String, String)>,
    /// What is left, once a joining has ended: lines, and certificates to be revoked.
    report: Option<(Vec<String>, Vec<String>)>,
    /// When its final report was written, if it is.
    reported_at: Option<String>,
    pictures: Vec<String>,
    /// Whether the reader may send it, approve it, give it back, take it back.
    sends: bool,
    waits: bool,
    approves: bool,
    withdraws: bool,
    /// Whether somebody else than the reader sends it.
    others: bool,
    history: Vec<Line>,
}

/// A notification as it will be on its day.
struct Ahead {
    findings: Vec<FindingView>,
    obstacles: Vec<String>,
    tasks: Vec<String>,
    lines: Vec<String>,
    contradiction: Option<String>,
    others: Vec<String>,
    users: Vec<String>,
    administrators: Vec<String>,
    /// Whose connections are collected, and tenants: they are told.
    told: Vec<String>,
    certificates: Vec<String>,
    hash: String,
    sound: bool,
}

pub(crate) async fn show(State(web): State<Web>, page: Page, Path(number): Path<String>) -> Result<Response, Failure> {
    let (desk, _) = desk(&page);
    let shown = notifications::show(&web.app, page.signed_in()?, desk, &number).await?;
    let form = shown.notification.form.clone();
    // One that is begun says what is wrong with it; an empty one has nothing to say yet.
    let wrong = shown.looked.as_ref().filter(|_| !form.0.is_empty()).map(|looked| looked.wrong.clone());
    render(&web, page, shown, (form, &wrong.unwrap_or_default()), None).await
}

async fn render(
    web: &Web,
    page: Page,
    shown: Shown,
    (form, errors): (Form, &[FieldError]),
    notice: Option<String>,
) -> Result<Response, Failure> {
    let (desk, back) = desk(&page);
    let actor = page.signed_in()?;
    let Shown { notification, looked, entered, run, planned: plan, report, kept, history } = shown;
    let (kind, now) = (notification.kind, web.app.now());
    let own = desk == Desk::Own;
    let draft = notification.course == Course::Draft;
    let writes = own && draft && actor.may(Act::Technical);
    let all = if own { fields(web, &page, (&notification, &form), errors).await? } else { Vec::new() };
    let (state, look) = state(&page, &notification, now);
    let changes = entered.as_ref().or(looked.as_ref().map(|looked| &looked.effect));
    let drawn = changes.filter(|_| notification.course != Course::Withdrawn);
    let ahead = match looked.as_ref().filter(|looked| looked.said.is_some()) {
        Some(looked) => Some(ahead(web, &page, looked).await?),
        None => None,
    };
    let one = OnePage {
        base: format!("{back}/{}", notification.number),
        title: page.t(&format!("notification-kind-{kind}")),
        lead: page.t(&format!("notification-lead-{kind}")),
        who: if own { None } else { Some(organisation_name(web, &notification.joiner).await) },
        day: notification.day.map(|day| page.language.date(day)),
        summary: summary(&page, &all, errors),
        said: if writes { Vec::new() } else { said(&page, &notification, &all) },
        fields: if writes { all } else { Vec::new() },
        revision: notification.revision,
        entered: match &entered {
            Some(effect) => words(web, &page, effect).await?,
            None => Vec::new(),
        },
        run: notification.run.clone().zip(run).map(|(number, state)| {
            let link = if own { "/runs".to_owned() } else { format!("/office/runs/{number}") };
            (number, page.t(&format!("run-{state}")), link)
        }),
        planned: notification.change.clone().map(|number| planned(own, number)),
        report: report.map(|report| reported(&page, &notification, &report)),
        reported_at: kept.first().map(|copy| page.since(copy.at)),
        pictures: pictures(web, &page, drawn, entered.is_some()).await?,
        sends: writes && actor.may(kind.act()) && ahead.as_ref().is_some_and(|ahead| ahead.sound),
        waits: !own && notification.course == Course::Sent && actor.must_carry_out(Duty::Keep).is_ok(),
        approves: ahead.as_ref().is_some_and(|ahead| ahead.sound),
        withdraws: own && withdraws(actor, &notification, (run, plan), now),
        others: writes && !actor.may(kind.act()),
        history: history.iter().map(|event| line(&page, event)).collect(),
        number: notification.number,
        back,
        state,
        look,
        notice,
        ahead,
        page,
    };
    Ok(render_page(&one))
}

/// Whether the reader may take a notification back: before its day; what was ordered by it, once that is called off; what it became, as long as that is followed.
fn withdraws(
    actor: &Actor,
    notification: &Notification,
    (run, plan): (Option<RunState>, Option<change::Course>),
    now: Moment,
) -> bool {
    let draft = notification.course == Course::Draft;
    let act = if draft { Act::Technical } else { notification.kind.act() };
    let ordered = run.is_some_and(|run| run != RunState::Cancelled);
    let followed = plan == Some(change::Course::Followed);
    let over = notification.course == Course::Withdrawn || ordered || plan == Some(change::Course::Over);
    let begun = notification.day.is_some_and(|day| day <= now);
    let in_time = notification.course != Course::Approved || !begun || run.is_some() || followed;
    !over && actor.may(act) && in_time
}

/// The change that a notification became, and where that is.
fn planned(own: bool, number: String) -> (String, String) {
    let link = format!("{}/{number}", if own { "/changes" } else { "/office/changes" });
    (number, link)
}

/// What is left of a joining that has ended, in words.
fn reported(page: &Page, notification: &Notification, report: &Report) -> (Vec<String>, Vec<String>) {
    let counts = [
        ("rights", report.rights.to_string()),
        ("documents", report.documents.to_string()),
        ("requests", report.requests.to_string()),
    ];
    let count = |(what, count): &(&str, String)| {
        page.language.text_with(&format!("notification-report-{what}"), &[("count", count)])
    };
    let version = notification.version.unwrap_or_default().to_string();
    let version = page.language.text_with("notification-report-version", &[("version", &version)]);
    (counts.iter().map(count).chain([version]).collect(), report.certificates.iter().map(called).collect())
}

/// A certificate by name.
fn called(known: &KnownCertificate) -> String {
    format!("{} ({})", known.name, known.fingerprint)
}

/// A line of the history. Who of the operator's people it was is nobody's to know here.
fn line(page: &Page, event: &Happened) -> Line {
    let operator = event.person == OPERATOR;
    Line {
        at: page.since(event.at),
        what: page.t(&format!("notification-event-{}", event.what)),
        by: if operator { page.t("mender-operator") } else { event.person.clone() },
        more: event.words.clone().into_iter().collect(),
    }
}

/// What was filled in, by the names of its fields; a choice by its label.
fn said(page: &Page, notification: &Notification, all: &[Field]) -> Vec<(String, String)> {
    let chosen = |name: &str, text: &str| {
        let options = match &all.iter().find(|field| field.name == name)?.kind {
            FieldKind::Select(options) | FieldKind::Radio(options) => options,
            _ => return None,
        };
        options.iter().find(|option| option.value == text).map(|option| option.label.clone())
    };
    let words = |name: &str, text: &str| match name {
        "grounds" => page.t(&format!("grounds-{text}")),
        "own_network" | "backup" => page.t(&format!("network-{text}")),
        "service" => Service::parse(text).map_or_else(|| text.to_owned(), |service| page.service(service)),
        "agreed" | "proxy_header" | "tenants_agreement" | "tenants_hosts_system" | "tenants_named" => page.t("yes"),
        "day" | "security_plan" => page.language.days_in(text),
        _ => text.to_owned(),
    };
    let line = |(name, text): (&String, &String)| {
        let label = page.t(&format!("field-label-{}", label(notification.kind, name)));
        (label, chosen(name, text).unwrap_or_else(|| words(name, text)))
    };
    let filled = asked(notification.kind).filter_map(|name| notification.form.0.get_key_value(name));
    filled.map(line).collect()
}

async fn ahead(web: &Web, page: &Page, looked: &Looked) -> Result<Ahead, Failure> {
    let language = page.language;
    let mut numbers = Numbers::of_effect(&looked.effect);
    let told = looked.collected.iter().chain(&looked.tenants);
    numbers.organisations.extend(looked.users.iter().chain(&looked.administrators).chain(told.clone()).cloned());
    let others: Vec<String> = match &looked.outcome {
        Ok(proof) => proof.others(&looked.effect.named()).into_iter().map(ToString::to_string).collect(),
        Err(_) => Vec::new(),
    };
    let names = names::names(&web.app, &numbers).await?;
    let rules = looked.outcomes.iter().map(|outcome| FindingView::of(language, outcome, |_| None));
    let due = |day: Moment| format!("{} {}", page.t("change-due"), language.date(day));
    Ok(Ahead {
        sound: looked.sound(),
        findings: looked.findings.iter().map(|one| found(page, one)).chain(rules).collect(),
        obstacles: looked.obstacles.iter().map(|one| obstacle(one, language)).collect(),
        tasks: looked.tasks.iter().map(|task| format!("{} – {}", title(task, language), due(task.due))).collect(),
        lines: lines(page, &looked.effect, &names),
        contradiction: looked.outcome.as_ref().err().map(|problem| contradiction(language, problem)),
        others: others.iter().map(|oid| names.beside(oid)).collect(),
        users: looked.users.iter().map(|oid| names.beside(oid.as_str())).collect(),
        told: told.map(|oid| names.beside(oid.as_str())).collect(),
        administrators: looked.administrators.iter().map(|oid| names.beside(oid.as_str())).collect(),
        certificates: looked.certificates.iter().map(called).collect(),
        hash: looked.hash.to_string(),
    })
}

/// Something that was found, as findings are told.
pub(crate) fn found(page: &Page, finding: &Finding) -> FindingView {
    let (key, language) = (format!("notification-found-{}", finding.what), page.language);
    let (document, chapter) = finding.what.source();
    let source = Source { document: document.to_owned(), chapter: chapter.to_owned() };
    FindingView {
        look: finding.severity.code(),
        severity: page.t(&format!("severity-{}", finding.severity)),
        what: language.days_in(&language.text_with(&key, &[("of", &finding.of)])),
        places: Vec::new(),
        why: language.attribute(&key, "why"),
        clause: language.source(&source),
        mender: page.t(finding.what.mender().key()),
        how: language.attribute(&key, "how"),
    }
}

pub(crate) async fn save(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
    Posted(posted): Posted<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    let mut posted = gathered(posted);
    let revision = posted.remove("revision").and_then(|text| text.parse().ok()).unwrap_or(0);
    let form = Form(posted);
    let actor = page.signed_in()?;
    let (errors, notice) = match notifications::save(&web.app, actor, &number, (revision, form.clone())).await {
        Ok(errors) if errors.is_empty() => return Ok(back(&page, &number).into_response()),
        Ok(errors) => (errors, None),
        // Somebody else saved in between: what was typed here is shown on top of that.
        Err(error) if error.code == RefusalCode::DraftChanged => {
            let (what, how) = (page.language.refusal(error.code), page.language.refusal_how(error.code));
            (Vec::new(), Some(format!("{what}. {how}")))
        }
        Err(error) => return Err(error.into()),
    };
    let status = if notice.is_some() { StatusCode::CONFLICT } else { StatusCode::UNPROCESSABLE_ENTITY };
    let shown = notifications::show(&web.app, actor, Desk::Own, &number).await?;
    let form = if notice.is_some() { without_keys(form) } else { shown.notification.form.clone() };
    Ok((status, render(&web, page, shown, (form, &errors), notice).await?).into_response())
}

/// A notification's own page.
fn back(page: &Page, number: &str) -> Redirect {
    Redirect::to(&format!("{}/{number}#main", desk(page).1))
}

pub(crate) async fn send(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
    Posted(shown): Posted<Approve>,
) -> Result<Redirect, Failure> {
    notifications::send(&web.app, page.signed_in()?, &number, &shown.shown()?).await?;
    Ok(back(&page, &number))
}

pub(crate) async fn approve(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
    Posted(shown): Posted<Approve>,
) -> Result<Redirect, Failure> {
    notifications::approve(&web.app, page.signed_in()?, &number, &shown.shown()?).await?;
    Ok(back(&page, &number))
}

#[derive(Deserialize)]
pub(crate) struct Reason {
    pub(crate) reason: String,
}

pub(crate) async fn give_back(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
    Posted(reason): Posted<Reason>,
) -> Result<Redirect, Failure> {
    notifications::give_back(&web.app, page.signed_in()?, &number, &reason.reason).await?;
    Ok(back(&page, &number))
}

pub(crate) async fn withdraw(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
    Posted(reason): Posted<Reason>,
) -> Result<Redirect, Failure> {
    notifications::withdraw(&web.app, page.signed_in()?, &number, &reason.reason).await?;
    Ok(back(&page, &number))
}

/// The signed final report of a joining that has ended.
pub(crate) async fn report(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
) -> Result<Response, Failure> {
    let (desk, _) = desk(&page);
    let copy = notifications::final_report(&web.app, page.signed_in()?, (desk, &number), None).await?;
    Ok(download(&copy.name, copy.media_type, copy.body))
}

/// Its paper in a language.
pub(crate) async fn paper(
    State(web): State<Web>,
    page: Page,
    Path((number, language)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let (desk, _) = desk(&page);
    let language = Language::parse(&language);
    let language = language.ok_or_else(|| ServiceError::refused(RefusalCode::NotFound, "report"))?;
    let copy = notifications::final_report(&web.app, page.signed_in()?, (desk, &number), Some(language)).await?;
    Ok(download(&copy.name, copy.media_type, copy.body))
}
