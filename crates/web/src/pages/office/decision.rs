//! Deciding on an application by its exact effect.

use crate::Web;
use crate::errors::Failure;
use crate::page::{FindingView, Page, organisation_name, render_page};
use crate::pages::application::{File, files};
use crate::pages::effect::{self, pictures};
use crate::pages::enrolment::line;
use crate::pages::parts::{Part, connection_names, filled_in};
use crate::pages::past::{Line, accepted, changes, timeline};
use crate::pages::step_fields::client_facts;
use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::{Redirect, Response};
use liitos_domain::application::risk::{Risk, abroad};
use liitos_domain::application::steps::{Connection, connections};
use liitos_domain::application::{Application, State as Stand, Step};
use liitos_domain::register::SystemFacts;
use liitos_domain::{Duty, Oid, RefusalCode, Sha256Hash};
use liitos_service::applications::{self, Checked, Effected, Note, Past, Stored};
use liitos_service::names::{self, Names, Numbers};
use liitos_service::{ServiceError, enrolments, sign_in};
use liitos_texts::Language;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Template)]
#[template(path = "office/decision.html")]
struct DecisionPage {
    page: Page,
    number: String,
    joiner: String,
    service: String,
    state: String,
    look: &'static str,
    since: String,
    /// Whether nothing can be done to it any more.
    over: bool,
    /// What was said before the application, where one says something.
    enrolled: Option<String>,
    effect: Option<EffectView>,
    /// What the registers say of applicant and systems.
    facts: Vec<(String, String)>,
    /// What was asked last, and the answer, if there is one.
    asked: Option<(String, Option<String>)>,
    /// In which language the applicant reads.
    reads: &'static str,
    findings: Vec<FindingView>,
    open: Vec<String>,
    /// What the open rules are called, and what is said of them.
    checks_open: [&'static str; 2],
    /// Whether something is not filled in.
    unfinished: bool,
    parts: Vec<Part>,
    /// What its approval changed, once it is approved.
    approved: Vec<String>,
    /// The connections, each with whether it is left out.
    parted: Vec<(usize, String, bool)>,
    left_out: String,
    handler: Option<String>,
    own: bool,
    notes: Vec<Line>,
    timeline: Vec<Line>,
    changes: Vec<Line>,
    accepted: Vec<Line>,
    /// Whether the reader decides, and whether anything can still be decided.
    handles: bool,
    rejectable: bool,
    attachments: Vec<File>,
    care: Care,
    /// What is approved, drawn for each whose rights it opens: the connection before, where there is one, and after.
    pictures: Vec<String>,
}

/// What asks for care, and who approves.
struct Care {
    risks: Vec<String>,
    /// Whether two persons approve it; and who has as the first.
    two: bool,
    first: Option<String>,
    /// Whether the reader may be the second.
    second: bool,
}

async fn care(
    web: &Web,
    page: &Page,
    (stored, checked): (&Stored, &Checked),
    effected: Option<&Effected>,
) -> Result<Care, Failure> {
    let (actor, application) = (page.signed_in()?, &stored.application);
    let waits = matches!(application.state, Stand::Sent { .. });
    let mut risks = match waits {
        true => applications::risks_of(&web.app, application, checked).await?,
        false => BTreeSet::new(),
    };
    if effected.is_some_and(|effected| !effected.others().is_empty()) {
        risks.insert(Risk::Others);
    }
    // What was approved first counts only while it is still the same.
    let first = applications::first_of_two(&web.app, actor, stored).await?;
    let first = first.filter(|first| effected.is_some_and(|effected| effected.hash == first.hash));
    Ok(Care {
        risks: risks.iter().map(|risk| page.t(&format!("risk-{risk}"))).collect(),
        two: waits && abroad(application),
        second: first.as_ref().is_some_and(|first| first.reference != actor.reference),
        first: first.map(|first| format!("{} {}", first.person, page.since(first.at))),
    })
}

struct EffectView {
    lines: Vec<String>,
    nobody_else: String,
    effect_hash: String,
    /// What the approval is bound to: the effect, what it does, and all that was filled in.
    hash: String,
    contradiction: Option<String>,
}

/// The numbers of connections in a text.
fn numbers(text: &str) -> BTreeSet<usize> {
    text.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect()
}

pub(crate) async fn show(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
    Query(asked): Query<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    let actor = page.signed_in()?;
    let left_out: Vec<&str> =
        asked.iter().filter(|(name, _)| name == "left_out").map(|(_, value)| value.as_str()).collect();
    let mut left_out = numbers(&left_out.join(" "));
    let (stored, checked, effected) = applications::decision_view(&web.app, actor, &number, &left_out).await?;
    if let Stand::Approved { in_part: Some(part), .. } = &stored.application.state {
        left_out.clone_from(&part.left_out);
    }
    let past = applications::past(&web.app, actor, &number).await?;
    let whole = match effected {
        Some(_) => applications::decision_connections(&web.app, actor, &number).await?,
        None => Vec::new(),
    };
    let application = &stored.application;
    let approved = applications::approved_effect(&web.app, actor, application).await?;
    let changes_it = effected.as_ref().map(|effected| &effected.effect).or(approved.as_ref());
    let pictures = pictures(&web, &page, changes_it, approved.is_some()).await?;
    let numbers = changes_it.map(Numbers::of_effect).unwrap_or_default();
    let in_effect = names::names(&web.app, &numbers).await?;
    let (state, look) = page.state(&application.state);
    let named = connection_names(&web, &page, application).await?;
    let filled = applications::names_in(&web.app, [application]).await?;
    let enrolled = enrolled(&web, &page, application).await?;
    let care = care(&web, &page, (&stored, &checked), effected.as_ref()).await?;
    Ok(render_page(&DecisionPage {
        care,
        joiner: organisation_name(&web, &application.joiner).await,
        service: page.service(application.service),
        enrolled,
        since: page.since(application.state.at().unwrap_or(stored.created_at)),
        over: application.state.over(),
        approved: approved.as_ref().map(|effect| effect::lines(&page, effect, &in_effect)).unwrap_or_default(),
        effect: effected.as_ref().map(|effected| view(&page, effected, &in_effect)),
        facts: facts(&web, &page, application, &past).await?,
        asked: asked_last(&past),
        reads: Language::parse(&stored.language).unwrap_or_default().own_name(),
        findings: page.all_findings(application, &checked),
        parted: parted(whole, (&filled, &named), &left_out),
        left_out: left_out.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
        own: stored.handler.as_ref().is_some_and(|(reference, _)| *reference == actor.reference),
        handler: stored.handler.as_ref().map(|(_, name)| name.clone()),
        notes: past.notes.iter().map(|note| noted(&page, note)).collect(),
        timeline: timeline(&page, &past, true),
        changes: changes(&page, &past),
        accepted: accepted(&page, &past),
        handles: actor.must_carry_out(Duty::Handle).is_ok(),
        rejectable: matches!(application.state, Stand::Sent { .. } | Stand::MoreAsked { .. }),
        attachments: files(&page, &past.attachments),
        open: page.open(&checked.open(None)),
        checks_open: ["checks-open-for-office", "checks-open-office"],
        unfinished: !checked.incomplete.is_empty(),
        parts: filled_in(&page, application, &checked, (&filled, &named)),
        pictures,
        number,
        state,
        look,
        page,
    }))
}

/// The connections by name, each with whether it is left out.
fn parted(
    connections: Vec<(usize, String)>,
    (names, named): (&Names, &BTreeMap<usize, String>),
    left_out: &BTreeSet<usize>,
) -> Vec<(usize, String, bool)> {
    let called = |nth: usize, point: &str| match named.get(&nth) {
        Some(name) => format!("{name}: {}", names.beside(point)),
        None => names.beside(point),
    };
    connections.into_iter().map(|(nth, point)| (nth, called(nth, &point), left_out.contains(&nth))).collect()
}

/// What was said before the application, where one says something.
async fn enrolled(web: &Web, page: &Page, application: &Application) -> Result<Option<String>, Failure> {
    if !application.service.enrols() {
        return Ok(None);
    }
    let (joiner, service) = (&application.joiner, application.service);
    // An approval ends it.
    let found = match application.state.over() {
        true => enrolments::last_of(&web.app, joiner, service).await?,
        false => enrolments::of_joiner(&web.app, joiner, service).await?,
    };
    Ok(Some(found.map_or_else(|| page.t("enrolment-none"), |enrolled| line(page, &enrolled))))
}

/// What the registers say of who applies, and of the systems that it would use.
async fn facts(
    web: &Web,
    page: &Page,
    application: &Application,
    past: &Past,
) -> Result<Vec<(String, String)>, Failure> {
    let mut facts: Vec<(String, String)> =
        sender(page, past).map(|told| (page.t("fact-sender"), told)).into_iter().collect();
    facts.extend(client_facts(web, page, application).await?);
    for entry in applications::systems_in(&web.app, application).await? {
        let SystemFacts { class, version, valid, .. } = SystemFacts::of(&entry);
        let told = format!("{} {version} ({}) – {class}; {}", entry.name, entry.id, page.validity(&valid));
        facts.push((page.t("right-system"), told));
    }
    // Others whom it leans on: whose access point it comes through, and whose certificate signs.
    let form = application.form(Step::AccessPoints);
    let points = connections(&form).into_iter().filter_map(|(_, connection)| match connection {
        Connection::Existing(oid) => Some(("fact-intermediary", oid.administrator())),
        Connection::Own(_) => None,
    });
    let signer = Oid::parse(form.text("signer_holder")).ok().map(|oid| ("fact-signer", oid));
    let others: BTreeSet<(&str, Oid)> = points.chain(signer).filter(|(_, oid)| *oid != application.joiner).collect();
    for (key, oid) in others {
        let told = match sign_in::register_entry(&web.app, &oid).await? {
            Some((kind, entry)) => {
                let register = page.t(&format!("register-{kind}"));
                format!("{} ({oid}) – {register}; {}", entry.name, page.validity(&entry.valid))
            }
            None => format!("{oid}: {}", page.t("fact-nowhere")),
        };
        facts.push((page.t(key), told));
    }
    Ok(facts)
}

/// Who sent it last, and by which right they bind the applicant, as it was when it was sent.
fn sender(page: &Page, past: &Past) -> Option<String> {
    let sent = past.events.iter().rfind(|event| event.state == "sent")?;
    let held = sent.positions.iter().map(|position| page.position(*position)).collect::<Vec<_>>().join(", ");
    Some(match held.is_empty() {
        true => page.language.text_with("fact-sender-unknown", &[("person", &sent.person)]),
        false => format!("{} – {held}", sent.person),
    })
}

/// The last question, and what was answered to it when it was sent again.
fn asked_last(past: &Past) -> Option<(String, Option<String>)> {
    let place = past.events.iter().rposition(|event| event.state == "more-asked")?;
    let (asked, after) = past.events.get(place..)?.split_first()?;
    let answer = after.iter().find(|event| event.state == "sent").and_then(|event| event.words.clone());
    Some((asked.words.clone()?, answer))
}

fn view(page: &Page, effected: &Effected, names: &Names) -> EffectView {
    let asked = effected.outcome.as_ref().map_or(0, |proof| proof.asked).to_string();
    let version = effected.base_version.to_string();
    let others: Vec<String> = effected.others().into_iter().map(|oid| names.beside(oid.as_str())).collect();
    EffectView {
        lines: effect::lines(page, &effected.effect, names),
        nobody_else: match others.join(", ") {
            none if none.is_empty() => {
                page.language.text_with("office-nobody-else", &[("count", &asked), ("version", &version)])
            }
            others => format!("{} {others}", page.t("proposal-others")),
        },
        effect_hash: effected.effect_hash.to_string(),
        hash: effected.hash.to_string(),
        contradiction: effected.outcome.as_ref().err().map(|problem| effect::contradiction(page.language, problem)),
    }
}

fn noted(page: &Page, note: &Note) -> Line {
    Line { at: page.since(note.at), what: note.words.clone(), by: note.person.clone(), more: Vec::new() }
}

/// An approval: what the approver saw, and what is left out of it.
#[derive(Deserialize)]
pub(crate) struct Approve {
    effect: String,
    #[serde(default)]
    left_out: String,
    #[serde(default)]
    reason: String,
}

impl Approve {
    pub(crate) fn shown(&self) -> Result<Sha256Hash, ServiceError> {
        Sha256Hash::parse(&self.effect).ok_or_else(|| ServiceError::refused(RefusalCode::FormInvalid, "effect"))
    }
}

pub(crate) async fn approve(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
    Form(form): Form<Approve>,
) -> Result<Redirect, Failure> {
    let actor = page.signed_in()?;
    let part = applications::Part { left_out: numbers(&form.left_out), reason: form.reason.clone() };
    applications::approve(&web.app, actor, &number, &form.shown()?, &part).await?;
    Ok(Redirect::to(&format!("/office/applications/{number}")))
}

/// The first of two approvals.
pub(crate) async fn approve_first(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
    Form(form): Form<Approve>,
) -> Result<Redirect, Failure> {
    let actor = page.signed_in()?;
    let part = applications::Part { left_out: numbers(&form.left_out), reason: form.reason.clone() };
    applications::approve_first(&web.app, actor, &number, &form.shown()?, &part).await?;
    Ok(Redirect::to(&format!("/office/applications/{number}")))
}

#[derive(Deserialize)]
pub(crate) struct Reject {
    reason: String,
}

pub(crate) async fn reject(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
    Form(form): Form<Reject>,
) -> Result<Redirect, Failure> {
    applications::reject(&web.app, page.signed_in()?, &number, &form.reason).await?;
    Ok(Redirect::to(&format!("/office/applications/{number}")))
}

/// What a clerk writes: a question to the applicant, or a note.
#[derive(Deserialize)]
pub(crate) struct Words {
    words: String,
}

pub(crate) async fn ask_more(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
    Form(form): Form<Words>,
) -> Result<Redirect, Failure> {
    applications::ask_more(&web.app, page.signed_in()?, &number, &form.words).await?;
    Ok(Redirect::to(&format!("/office/applications/{number}")))
}

pub(crate) async fn note(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
    Form(form): Form<Words>,
) -> Result<Redirect, Failure> {
    applications::note(&web.app, page.signed_in()?, &number, &form.words).await?;
    Ok(Redirect::to(&format!("/office/applications/{number}#notes")))
}

pub(crate) async fn assign(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
) -> Result<Redirect, Failure> {
    applications::assign(&web.app, page.signed_in()?, &number).await?;
    Ok(Redirect::to(&format!("/office/applications/{number}")))
}
