//! Organisational changes: what is planned, who does what by when and how that stands; on an organisation's desk, on the operator's, and at an address that
//! whoever is given it may see.

use crate::Web;
use crate::errors::Failure;
use crate::form_view::{FieldKind, Fields};
use crate::page::{Page, render_page};
use crate::pages::forms::{FormPage, told};
use crate::pages::past::Line;
use askama::Template;
use axum::Form as Posted;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::{StatusCode, header};
use liitos_domain::application::Form;
use liitos_domain::change::{Course, Followed, Kind, Owner, Party, agreed};
use liitos_domain::{Act, Duty, Moment, Oid, RefusalCode, typed};
use liitos_service::ServiceError;
use liitos_service::changes::{self, Change, Happened, Names, Shown, obstacle, owner, task_line, title};
use liitos_service::notices::Desk;
use serde::Deserialize;

/// The desk that a path is of, and where its changes are.
pub(super) fn desk(page: &Page) -> (Desk, &'static str) {
    if page.path.starts_with("/office/") { (Desk::Office, "/office/changes") } else { (Desk::Own, "/changes") }
}

/// Whether the reader may plan on a desk.
fn plans(page: &Page, desk: Desk) -> bool {
    page.actor.as_ref().is_some_and(|actor| match desk {
        Desk::Own => actor.may(Act::Prepare),
        Desk::Office => actor.must_carry_out(Duty::Keep).is_ok(),
    })
}

#[derive(Template)]
#[template(path = "changes.html")]
struct ChangesPage {
    page: Page,
    base: &'static str,
    own: bool,
    rows: Vec<Row>,
    /// What may be planned, with its words; none for whoever only looks.
    kinds: Vec<(&'static str, String)>,
}

struct Row {
    number: String,
    title: String,
    day: String,
    state: String,
    look: &'static str,
}

pub(crate) async fn list(State(web): State<Web>, page: Page) -> Result<Response, Failure> {
    let (desk, base) = desk(&page);
    let all = changes::list(&web.app, page.signed_in()?, desk).await?;
    let row = |change: &Change| Row {
        number: change.number.clone(),
        title: change.story.title.clone(),
        day: page.language.date(change.story.day),
        state: page.t(&format!("change-course-{}", change.course)),
        look: look(change.course),
    };
    let kinds = Kind::ALL.iter().filter(|_| plans(&page, desk));
    let kinds = kinds.map(|kind| (kind.code(), page.t(&format!("change-kind-{kind}")))).collect();
    Ok(render_page(&ChangesPage { rows: all.iter().map(row).collect(), base, own: desk == Desk::Own, kinds, page }))
}

const fn look(course: Course) -> &'static str {
    match course {
        Course::Over => "ready",
        Course::Followed | Course::Withdrawn => "open",
    }
}

/// What happens, of a path.
fn kind(code: &str) -> Result<Kind, ServiceError> {
    Kind::parse(code).ok_or_else(|| ServiceError::refused(RefusalCode::NotFound, "change"))
}

pub(crate) async fn new(page: Page, Path(code): Path<String>) -> Result<Response, Failure> {
    let (desk, _) = desk(&page);
    let actor = page.signed_in()?;
    // Whoever plans is most often whom it happens to.
    let own = match desk {
        Desk::Own => actor.joiner()?.to_string(),
        Desk::Office => {
            actor.must_carry_out(Duty::Keep)?;
            String::new()
        }
    };
    let kind = kind(&code)?;
    let first = match kind {
        Kind::Merger => "joiners",
        Kind::Unit | Kind::Renumbered => "from",
        Kind::Ending => "joiner",
    };
    let form = Form([(first.to_owned(), own)].into());
    Ok(render_page(&form_page(page, kind, &form, &[])))
}

/// The form of a change, with what is wrong: fields, and what is.
fn form_page(page: Page, kind: Kind, form: &Form, wrong: &[(String, String)]) -> FormPage {
    let (_, base) = desk(&page);
    let fields = Fields { language: page.language, form, errors: &[] };
    let label = |name: &str| format!("change-{kind}-{name}");
    let mut all = vec![
        fields.field("title", "change-title", FieldKind::Text("text", "")),
        fields.field("day", "change-day", FieldKind::Text("date", "")),
    ];
    all.extend(kind.asked().iter().map(|asked| {
        let how = if asked.lines { FieldKind::Lines } else { FieldKind::Text("text", "") };
        fields.field(asked.name, &label(asked.name), how)
    }));
    let mut summary = Vec::new();
    for field in &mut all {
        for (_, said) in wrong.iter().filter(|(name, _)| *name == field.name) {
            summary.push((field.name.clone(), told(&field.label, said)));
            field.error = Some(said.clone());
        }
    }
    let elsewhere = wrong.iter().filter(|(name, _)| !all.iter().any(|field| field.name == *name));
    summary.extend(elsewhere.map(|(_, said)| ("title".to_owned(), said.clone())));
    FormPage {
        back: (base.to_owned(), page.t("changes-title")),
        title: page.t(&format!("change-kind-{kind}")),
        lead: vec![page.t(&format!("change-lead-{kind}"))],
        action: format!("{base}/new/{kind}"),
        revision: None,
        summary,
        fields: all,
        button: page.t("change-plan"),
        page,
    }
}

pub(crate) async fn keep(
    State(web): State<Web>,
    page: Page,
    Path(code): Path<String>,
    Posted(posted): Posted<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    let (desk, base) = desk(&page);
    let actor = page.signed_in()?;
    if !plans(&page, desk) {
        return Err(ServiceError::refused(RefusalCode::NotAllowed, "change").into());
    }
    let kind = kind(&code)?;
    let form = Form(posted.into_iter().collect()).seen();
    let title = typed::line(form.text("title"), changes::MAX_TITLE);
    let untitled = title.is_none().then(|| ("title".to_owned(), page.t("change-no-title")));
    let wrong: Vec<(String, String)> = match kind.read(&form) {
        Err(mistakes) => {
            let told = mistakes.into_iter().map(|(field, mistake)| (field, page.language.mistake(&mistake)));
            untitled.into_iter().chain(told).collect()
        }
        Ok(_) if untitled.is_some() => untitled.into_iter().collect(),
        Ok(story) => match changes::keep(&web.app, actor, desk, story).await? {
            Ok(number) => return Ok(Redirect::to(&format!("{base}/{number}")).into_response()),
            Err(obstacles) => obstacles.iter().map(|one| (String::new(), obstacle(one, page.language))).collect(),
        },
    };
    let again = render_page(&form_page(page, kind, &form, &wrong));
    Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response())
}

#[derive(Template)]
#[template(path = "change.html")]
struct ChangePage {
    page: Page,
    /// Where it is; empty for whoever has only its address.
    base: String,
    /// Back to where it stands among others.
    back: Option<&'static str>,
    number: String,
    title: String,
    day: String,
    state: String,
    look: &'static str,
    checked: String,
    obstacles: Vec<String>,
    /// How far it has come: tasks done, all, and in words.
    done: (usize, usize, String),
    lanes: Vec<Lane>,
    hidden: Option<String>,
    rights: Option<String>,
    /// Whether what it does is shown exactly on a page of its own.
    exact: bool,
    svg: String,
    parties: Vec<(String, String, &'static str)>,
    history: Vec<Line>,
    /// Whether the reader is asked whether its organisation plans along.
    asked: bool,
    /// Whether the reader may say what is done, and look again.
    works: bool,
    /// Whether the reader has made it.
    made: bool,
    /// Whether it may be shown to others, and be shown no more; until when it is.
    shares: bool,
    unshares: bool,
    shared: Option<String>,
    /// The address at which it is shown: once, when it was made.
    address: Option<String>,
}

/// What somebody does of a change.
struct Lane {
    who: String,
    tasks: Vec<Task>,
}

struct Task {
    key: i64,
    title: String,
    /// Whether the reader carries it out by a notification.
    notified: bool,
    due: String,
    state: String,
    look: &'static str,
    /// Whether the reader may say that it is done, or that it is not after all.
    say: bool,
    unsay: bool,
}

pub(crate) async fn show(State(web): State<Web>, page: Page, Path(number): Path<String>) -> Result<Response, Failure> {
    one(&web, page, &number, None).await
}

async fn one(web: &Web, page: Page, number: &str, address: Option<String>) -> Result<Response, Failure> {
    let (desk, base) = desk(&page);
    let shown = changes::show(&web.app, page.signed_in()?, desk, number).await?;
    let joiner = page.actor.as_ref().and_then(|actor| actor.acting_for.clone()).filter(|_| desk == Desk::Own);
    let party = joiner.is_none() || shown.parties.iter().any(|party| Some(&party.joiner) == joiner.as_ref());
    let may = shown.change.course == Course::Followed && plans(&page, desk);
    let open = may && party;
    let asks = |party: &Party| Some(&party.joiner) == joiner.as_ref() && party.agreed_at.is_none();
    let change = ChangePage {
        base: format!("{base}/{number}"),
        back: Some(base),
        exact: shown.all && shown.change.course == Course::Followed,
        asked: open && shown.parties.iter().any(asks),
        works: open,
        made: open && (desk == Desk::Office || shown.change.made_for == joiner && !shown.notified),
        unshares: party && plans(&page, desk) && shown.change.shared_until.is_some(),
        shares: open && (desk == Desk::Office || agreed(&shown.parties)),
        shared: shown.change.shared_until.filter(|until| *until > web.app.now()).map(|until| page.since(until)),
        address,
        ..change_page(page, &shown, joiner.as_ref(), may)
    };
    Ok(render_page(&change))
}

/// A change as whoever looks at it sees it. `joiner`: who works on it; `open`: whether anything may be said of its tasks.
fn change_page(page: Page, shown: &Shown, joiner: Option<&Oid>, open: bool) -> ChangePage {
    let (change, language) = (&shown.change, page.language);
    let tasks: Vec<Followed> = shown.tasks.iter().map(|(_, task)| task.clone()).collect();
    let done = tasks.iter().filter(|task| task.is_done()).count();
    let counted = [("done", done.to_string()), ("all", tasks.len().to_string())];
    let counted: Vec<(&str, &str)> = counted.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let line = |event: &Happened| Line {
        at: page.since(event.at),
        what: page.t(&format!("change-event-{}", event.what)),
        by: by(&page, &event.person, &shown.names),
        more: task_line(event, language),
    };
    let rights = [("opened", change.rights.0.to_string()), ("closed", change.rights.1.to_string())];
    let rights: Vec<(&str, &str)> = rights.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let party = |party: &Party| {
        let name = shown.names.get(&party.joiner).cloned().unwrap_or_default();
        let (key, look) = match (party.agreed_at, party.asked) {
            (Some(_), _) => ("change-party-agreed", "ready"),
            (None, true) => ("change-party-asked", "attention"),
            (None, false) => ("change-party-new", "open"),
        };
        (format!("{name} {}", party.joiner).trim().to_owned(), page.t(key), look)
    };
    ChangePage {
        base: String::new(),
        back: None,
        number: change.number.clone(),
        title: change.story.title.clone(),
        day: language.date(change.story.day),
        state: page.t(&format!("change-course-{}", change.course)),
        look: look(change.course),
        checked: page.since(change.checked_at),
        obstacles: change.obstacles.iter().map(|one| obstacle(one, language)).collect(),
        done: (done, tasks.len(), language.text_with("change-progress", &counted)),
        lanes: lanes(&page, shown, joiner, open),
        hidden: shown.hidden.then(|| page.t("change-hidden")),
        rights: shown.all.then(|| language.text_with("change-rights", &rights)),
        exact: false,
        svg: changes::picture(&change.story, &tasks, &shown.names, language),
        parties: shown.parties.iter().map(party).collect(),
        history: shown.history.iter().map(line).collect(),
        asked: false,
        works: false,
        made: false,
        shares: false,
        unshares: false,
        shared: None,
        address: None,
        page,
    }
}

/// For whom somebody acted: an organisation, the operator, or nobody.
fn by(page: &Page, person: &str, names: &Names) -> String {
    match person {
        changes::CLOCK => String::new(),
        changes::OPERATOR => page.t("mender-operator"),
        organisation => Oid::parse(organisation)
            .ok()
            .and_then(|oid| names.get(&oid))
            .map_or(organisation, String::as_str)
            .to_owned(),
    }
}

/// The tasks, by who does them: whoever has to begin first stands first.
fn lanes(page: &Page, shown: &Shown, joiner: Option<&Oid>, open: bool) -> Vec<Lane> {
    let mut lanes: Vec<Lane> = Vec::new();
    for (key, task) in &shown.tasks {
        let who = named(page, &task.owner, &shown.names);
        let own = match (&task.owner, joiner) {
            (Owner::Joiner(oid) | Owner::Administrator(oid), Some(joiner)) => oid == joiner,
            _ => true,
        };
        let may = open && own && task.what.may_be_said();
        let task = Task {
            key: *key,
            title: title(task, page.language),
            notified: open && joiner.is_some() && own && !task.is_done() && task.what.is_notified(),
            due: page.language.date(task.due),
            state: page.t(&format!("change-state-{}", task.state)),
            look: match task.state {
                liitos_domain::change::State::Done => "ready",
                liitos_domain::change::State::Late => "attention",
                _ => "open",
            },
            say: may && !task.is_done(),
            unsay: may && task.said,
        };
        match lanes.iter_mut().find(|lane| lane.who == who) {
            Some(lane) => lane.tasks.push(task),
            None => lanes.push(Lane { who, tasks: vec![task] }),
        }
    }
    lanes
}

pub(super) fn named(page: &Page, who: &Owner, names: &Names) -> String {
    let said = owner(who, names, page.language);
    let mut letters = said.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A change's own page.
fn back(page: &Page, number: &str) -> Redirect {
    Redirect::to(&format!("{}/{number}", desk(page).1))
}

pub(crate) async fn agree(State(web): State<Web>, page: Page, Path(number): Path<String>) -> Result<Redirect, Failure> {
    changes::agree(&web.app, page.signed_in()?, &number).await?;
    Ok(back(&page, &number))
}

pub(crate) async fn check(State(web): State<Web>, page: Page, Path(number): Path<String>) -> Result<Redirect, Failure> {
    changes::check(&web.app, page.signed_in()?, desk(&page).0, &number).await?;
    Ok(back(&page, &number))
}

#[derive(Deserialize)]
pub(crate) struct Said {
    done: String,
    words: String,
}

pub(crate) async fn say(
    State(web): State<Web>,
    page: Page,
    Path((number, key)): Path<(String, i64)>,
    Posted(said): Posted<Said>,
) -> Result<Redirect, Failure> {
    let what = (key, said.done == "yes", said.words.as_str());
    changes::say(&web.app, page.signed_in()?, desk(&page).0, &number, what).await?;
    Ok(back(&page, &number))
}

#[derive(Deserialize)]
pub(crate) struct Day {
    day: String,
}

pub(crate) async fn move_day(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
    Posted(day): Posted<Day>,
) -> Result<Redirect, Failure> {
    let wrong = |_| ServiceError::refused(RefusalCode::FormInvalid, "day");
    let to = Moment::parse(day.day.trim()).map_err(wrong)?;
    changes::move_day(&web.app, page.signed_in()?, desk(&page).0, &number, to).await?;
    Ok(back(&page, &number))
}

#[derive(Deserialize)]
pub(crate) struct Reason {
    reason: String,
}

pub(crate) async fn withdraw(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
    Posted(reason): Posted<Reason>,
) -> Result<Redirect, Failure> {
    changes::withdraw(&web.app, page.signed_in()?, desk(&page).0, &number, &reason.reason).await?;
    Ok(back(&page, &number))
}

/// The address is on the page that answers, and nowhere else.
pub(crate) async fn share(State(web): State<Web>, page: Page, Path(number): Path<String>) -> Result<Response, Failure> {
    let secret = changes::share(&web.app, page.signed_in()?, desk(&page).0, &number).await?;
    let address = format!("{}/shared/{secret}", web.app.portal_address);
    one(&web, page, &number, Some(address)).await
}

pub(crate) async fn unshare(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
) -> Result<Redirect, Failure> {
    changes::unshare(&web.app, page.signed_in()?, desk(&page).0, &number).await?;
    Ok(back(&page, &number))
}

pub(crate) async fn calendar(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
) -> Result<Response, Failure> {
    let shown = changes::show(&web.app, page.signed_in()?, desk(&page).0, &number).await?;
    Ok(calendar_file(&web, &page, &shown))
}

fn calendar_file(web: &Web, page: &Page, shown: &Shown) -> Response {
    let tasks: Vec<Followed> = shown.tasks.iter().map(|(_, task)| task.clone()).collect();
    let text = changes::calendar(&shown.change.number, &tasks, &shown.names, page.language, web.app.now());
    let headers = [
        (header::CONTENT_TYPE, "text/calendar; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}.ics\"", shown.change.number)),
    ];
    (headers, text).into_response()
}

/// A change for whoever knows its address; it is in no search engine.
pub(crate) async fn shared(
    State(web): State<Web>,
    page: Page,
    Path(secret): Path<String>,
) -> Result<Response, Failure> {
    let shown = changes::shared(&web.app, &secret).await?;
    let base = format!("/shared/{secret}");
    let change = ChangePage { base, ..change_page(page, &shown, None, false) };
    Ok((hidden(), render_page(&change)).into_response())
}

pub(crate) async fn shared_calendar(
    State(web): State<Web>,
    page: Page,
    Path(secret): Path<String>,
) -> Result<Response, Failure> {
    let shown = changes::shared(&web.app, &secret).await?;
    Ok((hidden(), calendar_file(&web, &page, &shown)).into_response())
}

const fn hidden() -> [(header::HeaderName, &'static str); 1] {
    [(header::HeaderName::from_static("x-robots-tag"), "noindex")]
}
