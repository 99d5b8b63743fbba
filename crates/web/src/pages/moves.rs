//! Moves: written and followed by whoever moves, answered by whoever is moved, decided on by the operator.

use super::move_view::{Ahead, Progress, ahead, facts, progress};
use crate::Web;
use crate::errors::Failure;
use crate::form_view::{Choice, Field, FieldKind, Fields};
use crate::page::{Page, organisation_name, render_page};
use crate::pages::copies::download;
use crate::pages::forms::summary;
use crate::pages::notifications::Reason;
use crate::pages::office::decision::Approve;
use crate::pages::past::Line;
use crate::pages::step::gathered;
use askama::Template;
use axum::Form as Posted;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;
use liitos_domain::application::{FieldError, Form};
use liitos_domain::moves::{Consent, Course, Halt, Kind, Moving, Standing, asked};
use liitos_domain::rules::visible;
use liitos_domain::{Act, Duty, Moment, Oid, RefusalCode, Service};
use liitos_service::certificates::without_keys;
use liitos_service::moves::{self, HandoverKey, Listed, Move, Shown};
use liitos_service::notices::Desk;
use liitos_service::notifications::OPERATOR;
use liitos_service::{ServiceError, directory, sign_in};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The desk that a path is of, and where its moves are.
fn desk(page: &Page) -> (Desk, &'static str) {
    if page.path.starts_with("/office/") { (Desk::Office, "/office/moves") } else { (Desk::Own, "/moves") }
}

#[derive(Template)]
#[template(path = "moves.html")]
struct ListPage {
    page: Page,
    base: &'static str,
    own: bool,
    rows: Vec<Row>,
    /// What may be moved: code and words of each; none for whoever only looks.
    kinds: Vec<(&'static str, String)>,
}

struct Row {
    number: String,
    title: String,
    kind: String,
    who: String,
    state: String,
    look: &'static str,
}

pub(crate) async fn list(State(web): State<Web>, page: Page) -> Result<Response, Failure> {
    let (desk, base) = desk(&page);
    let actor = page.signed_in()?;
    let all = moves::list(&web.app, actor, desk).await?;
    let own = actor.joiner().ok().filter(|_| desk == Desk::Own);
    // Whose it is, where it is not one's own.
    let others = all.iter().map(|listed| &listed.one.leader).filter(|leader| Some(*leader) != own).cloned().collect();
    let called = sign_in::names(&web.app, &others).await?;
    let row = |listed: &Listed| {
        let (state, look) = match listed.asked {
            true => (page.t("move-asked"), "attention"),
            false => state(&page, &listed.one),
        };
        Row {
            title: visible(listed.one.form.text("title")),
            kind: page.t(&format!("move-kind-{}", listed.one.kind)),
            who: called.get(&listed.one.leader).cloned().unwrap_or_default(),
            number: listed.one.number.clone(),
            state,
            look,
        }
    };
    let writes = desk == Desk::Own && actor.may(Act::Technical);
    let kinds = Kind::ALL.iter().filter(|_| writes);
    let kinds = kinds.map(|kind| (kind.code(), page.t(&format!("move-kind-{kind}")))).collect();
    Ok(render_page(&ListPage { rows: all.iter().map(row).collect(), kinds, own: desk == Desk::Own, base, page }))
}

/// Where a move stands, in words, and how that looks.
fn state(page: &Page, one: &Move) -> (String, &'static str) {
    let (key, look) = match one.course {
        Course::Draft if one.sent_at.is_some() => ("given-back", "attention"),
        Course::Draft => ("draft", "open"),
        Course::Sent => ("sent", "attention"),
        Course::Approved => ("approved", "ready"),
        Course::Halted => ("halted", "attention"),
        Course::Over => ("over", "ready"),
        Course::Withdrawn => ("withdrawn", "open"),
    };
    (page.t(&format!("move-state-{key}")), look)
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
    let wrong = || ServiceError::refused(RefusalCode::FormInvalid, "kind");
    let kind = Kind::parse(&begun.kind).ok_or_else(wrong)?;
    let number = moves::begin(&web.app, page.signed_in()?, kind).await?;
    Ok(Redirect::to(&format!("/moves/{number}")))
}

#[derive(Template)]
#[template(path = "move.html")]
struct OnePage {
    page: Page,
    base: String,
    back: &'static str,
    number: String,
    title: String,
    kind: String,
    lead: String,
    who: Option<String>,
    state: String,
    look: &'static str,
    /// Why it goes no further.
    halted: Option<String>,
    /// What is wrong in what was typed.
    summary: Vec<(String, String)>,
    notice: Option<String>,
    fields: Vec<Field>,
    revision: i32,
    facts: Vec<(String, String)>,
    ahead: Option<Ahead>,
    progress: Option<Progress>,
    /// What the reader may do with it.
    may: May,
    history: Vec<Line>,
}

/// What the reader may do with a move.
struct May {
    send: bool,
    approve: bool,
    give_back: bool,
    agree: bool,
    decline: bool,
    halt: bool,
    take_back: bool,
    resume: bool,
    give_up: bool,
    report: bool,
}

impl May {
    fn of(page: &Page, shown: &Shown, sound: bool) -> Self {
        let (desk, _) = desk(page);
        let actor = page.actor.as_ref();
        let technical = actor.is_some_and(|actor| actor.may(Act::Technical));
        let keeps = actor.is_some_and(|actor| actor.must_carry_out(Duty::Keep).is_ok());
        let works = shown.whole && if desk == Desk::Own { technical } else { keeps };
        let course = shown.one.course;
        let open = matches!(course, Course::Sent | Course::Approved | Course::Halted);
        let mine = if shown.whole { None } else { shown.consents.values().next().copied() };
        let planned = shown.moved.iter().any(|one| one.standing == Standing::Planned);
        let answers = open && technical && planned;
        let entered = shown
            .moved
            .iter()
            .any(|one| one.standing == Standing::Entered && Some(one.seat.wave) == shown.one.entered.checked_sub(1));
        // What the operator has halted the operator lets go on.
        let of_operator = shown.one.halt == Some(Halt::ByOperator) && desk == Desk::Own;
        Self {
            send: desk == Desk::Own && works && course == Course::Draft && sound,
            approve: desk == Desk::Office && works && course == Course::Sent && sound,
            give_back: desk == Desk::Office && works && course == Course::Sent,
            agree: answers && mine.is_some_and(|how| !how.holds()),
            decline: answers && mine.is_some_and(|how| !matches!(how, Consent::Needless | Consent::Declined)),
            halt: works && course == Course::Approved,
            take_back: works && entered && matches!(course, Course::Approved | Course::Halted),
            resume: works && course == Course::Halted && planned && !of_operator,
            give_up: works
                && match course {
                    Course::Draft => desk == Desk::Own,
                    Course::Sent | Course::Halted => true,
                    Course::Approved => shown.one.entered == 0,
                    Course::Over | Course::Withdrawn => false,
                },
            report: shown.one.report.is_some() && shown.whole,
        }
    }
}

pub(crate) async fn show(State(web): State<Web>, page: Page, Path(number): Path<String>) -> Result<Response, Failure> {
    let (desk, _) = desk(&page);
    let shown = moves::show(&web.app, page.signed_in()?, desk, &number).await?;
    let form = shown.one.form.clone();
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
    let one = &shown.one;
    let writes =
        desk == Desk::Own && shown.whole && one.course == Course::Draft && page.signed_in()?.may(Act::Technical);
    let fields = if writes { fields(web, &page, (one, &form), errors).await? } else { Vec::new() };
    let ahead = match &shown.looked {
        Some(looked) => ahead(web, &page, looked).await?,
        None => None,
    };
    let said: Option<&Moving> = shown.moving.as_ref().filter(|_| !writes);
    let facts = match said {
        Some(moving) => facts(web, &page, &shown, moving).await?,
        None => Vec::new(),
    };
    let answered = shown.history.iter().filter_map(|event| Oid::parse(&event.person).ok()).collect();
    let called = sign_in::names(&web.app, &answered).await?;
    let (state, look) = state(&page, one);
    let sound = ahead.as_ref().is_some_and(|ahead| ahead.sound);
    let titled = visible(one.form.text("title"));
    let kind = page.t(&format!("move-kind-{}", one.kind));
    let of_another = desk == Desk::Office || !shown.whole;
    let page_of = OnePage {
        base: format!("{back}/{}", one.number),
        number: one.number.clone(),
        title: if titled.is_empty() { kind.clone() } else { titled },
        lead: page.t(&format!("move-lead-{}", one.kind)),
        who: if of_another { Some(organisation_name(web, &one.leader).await) } else { None },
        halted: one.halt.map(|why| page.t(&format!("move-halt-{why}"))),
        summary: summary(&page, &fields, errors),
        revision: one.revision,
        progress: progress(web, &page, &shown).await?,
        may: May::of(&page, &shown, sound),
        history: shown.history.iter().map(|event| line(&page, event, &called)).collect(),
        kind,
        back,
        state,
        look,
        notice,
        fields,
        facts,
        ahead,
        page,
    };
    Ok(render_page(&page_of))
}

/// A line of the history: who of the operator's people it was is nobody's to know here; another organisation stands by its number.
fn line(page: &Page, event: &moves::Happened, called: &BTreeMap<Oid, String>) -> Line {
    let by = match event.person.as_str() {
        OPERATOR => page.t("mender-operator"),
        "liitos" => page.t("move-by-itself"),
        person => {
            let name = Oid::parse(person).ok().and_then(|oid| called.get(&oid).cloned());
            name.unwrap_or_else(|| person.to_owned())
        }
    };
    let more = event.words.as_deref().map(|words| said(page, &event.what, words));
    Line {
        at: page.language.to_the_second(event.at),
        what: page.t(&format!("move-event-{}", event.what)),
        by,
        more: more.into_iter().collect(),
    }
}

/// What is kept with an event, for people: which wave and how many, the other time, why it halted; else the words that somebody wrote.
fn said(page: &Page, what: &str, words: &str) -> String {
    let language = page.language;
    match (what, words.split_once(' '), Moment::parse_civil(words), Halt::parse(words)) {
        ("entered" | "back", Some((wave, count)), _, _) => {
            language.text_with("move-event-wave", &[("wave", wave), ("count", count)])
        }
        ("resumed", _, Some(at), _) => language.to_the_second(at),
        ("halted", _, _, Some(why)) => page.t(&format!("move-halt-{why}")),
        _ => words.to_owned(),
    }
}

/// The fields of a move as it is filled in, and that of a key.
async fn fields(
    web: &Web,
    page: &Page,
    (one, form): (&Move, &Form),
    errors: &[FieldError],
) -> Result<Vec<Field>, Failure> {
    let form = proposed(form);
    let fields = Fields { language: page.language, form: &form, errors };
    let (picks, _) = directory::choices(&web.app, page.signed_in()?, std::slice::from_ref(&one.leader), false).await?;
    let own = picks.iter().filter(|pick| pick.point.administrator == one.leader);
    let own: Vec<Choice> =
        own.map(|pick| Choice { label: pick.point.oid.to_string(), value: pick.point.oid.to_string() }).collect();
    let services = std::iter::once(Choice { value: String::new(), label: page.t("move-all-services") });
    let services = services.chain(
        Service::APPLICABLE
            .iter()
            .map(|service| Choice { value: service.code().to_owned(), label: page.service(*service) }),
    );
    let services: Vec<Choice> = services.collect();
    let field = |name: &str| {
        let how = match name {
            "targets" | "words" => FieldKind::Lines,
            "to_point" => FieldKind::Select(own.clone()),
            "service" => FieldKind::Radio(services.clone()),
            "start_day" => FieldKind::Text("date", ""),
            "canary" | "wave" | "stagger" | "pause" | "overlap" | "limit" | "least" => FieldKind::Text("number", ""),
            _ => FieldKind::Text("text", ""),
        };
        let label = match name {
            "targets" => format!("move-targets-{}", one.kind),
            "to_system" if one.kind == Kind::System => "move-system-then".to_owned(),
            "expedited" | "words" => format!("notification-{name}"),
            name => format!("move-{}", name.replace('_', "-")),
        };
        fields.field(name, &label, how)
    };
    let mut all: Vec<Field> = asked(one.kind).map(field).collect();
    let after = all.iter().position(|field| field.name == "targets").map_or(all.len(), |nth| nth + 1);
    if one.kind == Kind::Point {
        all.insert(after, fields.field("key", "move-key", FieldKind::Text("text", "off")));
    }
    Ok(all)
}

/// The form with what is meant where nothing is said; the key is never shown again.
fn proposed(form: &Form) -> Form {
    let mut form = form.clone();
    form.0.remove("key");
    let meant = [
        ("canary", "0"),
        ("wave", "0"),
        ("stagger", "0"),
        ("pause", "60"),
        ("overlap", "0"),
        ("limit", "5"),
        ("least", "5"),
    ];
    for (name, text) in meant {
        let said = form.0.entry(name.to_owned()).or_default();
        if said.is_empty() {
            text.clone_into(said);
        }
    }
    form
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
    let said = |error: &ServiceError| {
        format!("{}. {}", page.language.refusal(error.code), page.language.refusal_how(error.code))
    };
    let (errors, notice, status) = match moves::save(&web.app, actor, &number, (revision, form.clone())).await {
        Ok(errors) if errors.is_empty() => return Ok(back(&page, &number).into_response()),
        Ok(errors) => (errors, None, StatusCode::UNPROCESSABLE_ENTITY),
        // Somebody else saved in between: what was typed here is shown on top of that.
        Err(error) if error.code == RefusalCode::DraftChanged => (Vec::new(), Some(said(&error)), StatusCode::CONFLICT),
        Err(error) if error.code == RefusalCode::FormInvalid && error.place == "key" => {
            (Vec::new(), Some(page.t("move-key-wrong")), StatusCode::UNPROCESSABLE_ENTITY)
        }
        Err(error) => return Err(error.into()),
    };
    let shown = moves::show(&web.app, actor, Desk::Own, &number).await?;
    let form = if notice.is_some() { without_keys(form) } else { shown.one.form.clone() };
    Ok((status, render(&web, page, shown, (form, &errors), notice).await?).into_response())
}

/// A move's own page.
fn back(page: &Page, number: &str) -> Redirect {
    Redirect::to(&format!("{}/{number}#main", desk(page).1))
}

pub(crate) async fn send(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
    Posted(shown): Posted<Approve>,
) -> Result<Redirect, Failure> {
    moves::send(&web.app, page.signed_in()?, &number, &shown.shown()?).await?;
    Ok(back(&page, &number))
}

pub(crate) async fn approve(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
    Posted(shown): Posted<Approve>,
) -> Result<Redirect, Failure> {
    moves::approve(&web.app, page.signed_in()?, &number, &shown.shown()?).await?;
    Ok(back(&page, &number))
}

pub(crate) async fn give_back(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
    Posted(reason): Posted<Reason>,
) -> Result<Redirect, Failure> {
    moves::give_back(&web.app, page.signed_in()?, &number, &reason.reason).await?;
    Ok(back(&page, &number))
}

#[derive(Deserialize)]
pub(crate) struct Answer {
    agrees: String,
}

pub(crate) async fn answer(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
    Posted(answer): Posted<Answer>,
) -> Result<Redirect, Failure> {
    moves::answer(&web.app, page.signed_in()?, &number, answer.agrees == "yes").await?;
    Ok(back(&page, &number))
}

#[derive(Deserialize)]
pub(crate) struct Halted {
    reason: String,
    #[serde(default)]
    take_back: String,
}

pub(crate) async fn halt(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
    Posted(halted): Posted<Halted>,
) -> Result<Redirect, Failure> {
    let (desk, _) = desk(&page);
    let back_too = halted.take_back == "yes";
    moves::halt(&web.app, page.signed_in()?, (desk, &number), &halted.reason, back_too).await?;
    Ok(back(&page, &number))
}

#[derive(Deserialize)]
pub(crate) struct Resumed {
    start_day: String,
    start_time: String,
}

pub(crate) async fn resume(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
    Posted(resumed): Posted<Resumed>,
) -> Result<Redirect, Failure> {
    let (desk, _) = desk(&page);
    let start = (resumed.start_day.as_str(), resumed.start_time.as_str());
    moves::resume(&web.app, page.signed_in()?, (desk, &number), start).await?;
    Ok(back(&page, &number))
}

pub(crate) async fn give_up(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
    Posted(reason): Posted<Reason>,
) -> Result<Redirect, Failure> {
    let (desk, _) = desk(&page);
    moves::give_up(&web.app, page.signed_in()?, (desk, &number), &reason.reason).await?;
    Ok(back(&page, &number))
}

/// The signed report of a move that is over.
pub(crate) async fn report(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
) -> Result<Response, Failure> {
    let (desk, _) = desk(&page);
    let shown = moves::show(&web.app, page.signed_in()?, desk, &number).await?;
    let report = shown.one.report.filter(|_| shown.whole);
    let report = report.ok_or_else(|| ServiceError::refused(RefusalCode::NotFound, "report"))?;
    Ok(download(&format!("{number}.json"), "application/json".to_owned(), report.into_bytes()))
}

#[derive(Template)]
#[template(path = "handover_keys.html")]
struct KeysPage {
    page: Page,
    /// A key that was given just now.
    secret: Option<String>,
    gives: bool,
    rows: Vec<KeyRow>,
}

struct KeyRow {
    key: i64,
    made: String,
    /// For whom it is meant, if for somebody.
    meant: Option<String>,
    state: String,
    look: &'static str,
    ends: bool,
}

pub(crate) async fn keys(State(web): State<Web>, page: Page) -> Result<Response, Failure> {
    keys_page(&web, page, None).await
}

async fn keys_page(web: &Web, page: Page, secret: Option<String>) -> Result<Response, Failure> {
    let actor = page.signed_in()?;
    let (gives, now) = (actor.may(Act::Technical), web.app.now());
    let keys = moves::keys(&web.app, actor).await?;
    let names = sign_in::names(&web.app, &keys.iter().filter_map(|key| key.meant_for.clone()).collect()).await?;
    let row = |key: &HandoverKey| {
        let (state, look, usable) = match (&key.used_by, key.ended_at) {
            (Some(number), _) => (page.language.text_with("handover-used", &[("number", number)]), "ready", false),
            (None, Some(_)) => (page.t("handover-ended"), "open", false),
            (None, None) if key.expires_at <= now => (page.t("handover-expired"), "open", false),
            (None, None) => {
                let until = page.language.date(key.expires_at);
                (page.language.text_with("handover-usable", &[("until", &until)]), "attention", true)
            }
        };
        let meant = key.meant_for.as_ref().map(|oid| names.get(oid).map_or(oid.to_string(), |name| visible(name)));
        let made = page.since(key.made_at);
        KeyRow { key: key.key, made, meant, state, look, ends: usable && gives }
    };
    let rows = keys.iter().map(row).collect();
    Ok(render_page(&KeysPage { rows, gives, secret, page }))
}

#[derive(Deserialize)]
pub(crate) struct Given {
    /// Empty: for whoever has it.
    #[serde(default)]
    meant_for: String,
}

/// The key stands in the answer to what was posted, and nowhere else.
pub(crate) async fn give_key(
    State(web): State<Web>,
    page: Page,
    Posted(given): Posted<Given>,
) -> Result<Response, Failure> {
    let secret = moves::give_key(&web.app, page.signed_in()?, &given.meant_for).await?;
    keys_page(&web, page, Some(secret)).await
}

pub(crate) async fn end_key(State(web): State<Web>, page: Page, Path(key): Path<i64>) -> Result<Redirect, Failure> {
    moves::end_key(&web.app, page.signed_in()?, key).await?;
    Ok(Redirect::to("/moves/keys"))
}
