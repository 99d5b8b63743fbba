//! The archivist's pages: documents of one's own registers looked for, read, declared void, and who used them.
//!
//! What names a client is posted, never asked for in an address.

use crate::Web;
use crate::errors::Failure;
use crate::page::{Page, render_page};
use crate::pages::codes::{keeping_name, kind_name, register_name};
use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use http::{StatusCode, header};
use liitos_documents::readable::{Readable, readable};
use liitos_domain::archive::{Criteria, Search, Span, Standing};
use liitos_domain::document::{INVALIDATES, PersonRef};
use liitos_domain::{Moment, Oid, RefusalCode};
use liitos_service::archive::{ClientSummary, FoundDocument, link_to, linked};
use liitos_service::archivist::{self, LINES, Line, Listed, Opened, UsesAsked};
use liitos_service::names::{self, Names, Numbers};
use liitos_service::{Actor, ServiceError, archive, deployment_tests};
use serde::Deserialize;
use std::collections::BTreeSet;

/// Documents on a page.
const PAGE: u64 = 50;

#[derive(Template)]
#[template(path = "archive/search.html")]
struct SearchPage {
    page: Page,
    typed: Typed,
    /// The field that is wrong, and what is wrong with it.
    wrong: Option<(&'static str, String)>,
    /// What was found, where something was looked for.
    found: Option<Vec<Row>>,
    next: Option<String>,
    /// All of a client's, summed up, where that was asked for.
    glance: Option<Glance>,
}

/// A client's documents at a glance.
struct Glance {
    groups: Vec<Summed>,
    matters: Vec<Summed>,
    /// Whether all documents are counted.
    complete: bool,
}

/// Some of them: what they have in common, how many they are, from when until when.
struct Summed {
    named: Vec<String>,
    count: u64,
    first: String,
    last: String,
    /// Of a matter: whether it has not ended.
    open: bool,
    /// Of a matter: when it was opened and closed.
    told: String,
}

impl SearchPage {
    const fn of(page: Page, typed: Typed) -> Self {
        Self { page, typed, wrong: None, found: None, next: None, glance: None }
    }

    fn is_wrong(&self, field: &str) -> bool {
        self.wrong.as_ref().is_some_and(|(wrong, _)| *wrong == field)
    }

    fn problem(&self) -> &str {
        self.wrong.as_ref().map_or("", |(_, problem)| problem)
    }
}

struct Row {
    /// Whether it is test data.
    test: bool,
    id: String,
    made: String,
    register: String,
    kind: String,
    unit: String,
    version: u32,
    standing: (String, &'static str),
}

/// A search as it is typed.
#[derive(Default, Deserialize)]
pub(crate) struct Typed {
    #[serde(default)]
    client: String,
    #[serde(default)]
    document: String,
    #[serde(default)]
    event: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    made_from: String,
    #[serde(default)]
    made_until: String,
    #[serde(default)]
    older: String,
    /// What was to be kept until now alone.
    #[serde(default)]
    over: String,
    /// Another page of what was looked for before.
    #[serde(default)]
    next: String,
    /// All of the client's summed up instead.
    #[serde(default)]
    glance: String,
}

pub(crate) async fn desk(State(web): State<Web>, page: Page) -> Result<Response, Failure> {
    archivist::enter(&web.app, page.signed_in()?).await?;
    Ok(render_page(&SearchPage::of(page, Typed::default())))
}

pub(crate) async fn search(State(web): State<Web>, page: Page, Form(typed): Form<Typed>) -> Result<Response, Failure> {
    let actor = page.signed_in()?;
    archivist::enter(&web.app, actor).await?;
    let search = if typed.next.is_empty() {
        read_search(&typed, web.app.now())
    } else {
        linked(&web.app, &actor.reference, &typed.next).map_err(|_| "next")
    };
    let search = match search {
        Ok(search) => search,
        Err(field) => {
            let wrong = Some((field, page.t(&format!("archive-wrong-{}", field.replace('_', "-")))));
            let again = render_page(&SearchPage { wrong, ..SearchPage::of(page, typed) });
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response());
        }
    };
    if !typed.glance.is_empty() {
        return glance(&web, page, typed, search.criteria).await;
    }
    let found = archivist::search(&web.app, actor, &search).await?;
    let next = found.next.as_ref().map(|next| link_to(&web.app, &actor.reference, next)).transpose()?;
    let units = found.documents.iter().map(|one| one.listed.unit.clone()).collect();
    let names = names::names(&web.app, &Numbers { organisations: units, ..Numbers::default() }).await?;
    let sets: Vec<&Oid> = found.documents.iter().map(|one| &one.listed.set_id).collect();
    let marked = deployment_tests::is_test_data(&web.app, &sets).await?;
    let found = Some(found.documents.iter().map(|one| row(&page, (&names, &marked), one)).collect());
    Ok(render_page(&SearchPage { found, next, ..SearchPage::of(page, typed) }))
}

/// All of a client's documents, summed up.
async fn glance(web: &Web, page: Page, typed: Typed, criteria: Criteria) -> Result<Response, Failure> {
    if criteria.person.is_none() {
        let wrong = Some(("client", page.t("archive-wrong-client")));
        let again = render_page(&SearchPage { wrong, ..SearchPage::of(page, typed) });
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response());
    }
    let ClientSummary { summary, complete, .. } = archivist::summarise(&web.app, page.signed_in()?, criteria).await?;
    let units = summary.groups.keys().map(|group| group.unit.clone()).collect();
    let names = names::names(&web.app, &Numbers { organisations: units, ..Numbers::default() }).await?;
    let summed = |named, span: &Span, open, told| {
        let (first, last) = (page.since(span.first), page.since(span.last));
        Summed { named, count: span.count, first, last, open, told }
    };
    let groups = summary.groups.iter().map(|(group, span)| {
        let kind = kind_name(&page, group.register.family, group.kind.as_deref().unwrap_or_default());
        // Two tasks would look like one twice.
        let kind = [kind].into_iter().chain(group.task.clone()).filter(|text| !text.is_empty());
        let kind = kind.collect::<Vec<_>>().join(", ");
        let named = vec![register_name(&page, &group.register), kind, names.beside(group.unit.as_str())];
        summed(named, span, false, String::new())
    });
    let matters = summary.matters.iter().map(|(matter, whole)| {
        let told = [
            ("archive-opened", whole.told.map(|open| open.from)),
            ("archive-closed", whole.told.and_then(|open| open.until)),
        ];
        let told = told.into_iter().filter_map(|(key, at)| Some(format!("{} {}", page.t(key), page.since(at?))));
        summed(vec![matter.clone()], &whole.span, whole.open, told.collect::<Vec<_>>().join(", "))
    });
    let glance = Some(Glance { groups: groups.collect(), matters: matters.collect(), complete });
    Ok(render_page(&SearchPage { glance, ..SearchPage::of(page, typed) }))
}

fn row(page: &Page, (names, marked): (&Names, &BTreeSet<String>), FoundDocument { listed, .. }: &FoundDocument) -> Row {
    Row {
        test: marked.contains(listed.set_id.as_str()),
        id: listed.id.to_string(),
        made: page.since(listed.made_at),
        register: register_name(page, &listed.cell.register),
        kind: kind(page, listed),
        unit: names.beside(listed.unit.as_str()),
        version: listed.version,
        standing: standing(page, listed.standing),
    }
}

fn kind(page: &Page, listed: &Listed) -> String {
    let kind = listed.kind.as_deref().unwrap_or_default();
    kind_name(page, listed.cell.register.family, kind)
}

fn standing(page: &Page, standing: Standing) -> (String, &'static str) {
    let look = match standing {
        Standing::Newest => "ready",
        Standing::Replaced => "open",
        Standing::Invalidated => "attention",
    };
    (page.t(&format!("archive-standing-{standing}")), look)
}

/// The search that was typed, or the field that is wrong.
fn read_search(typed: &Typed, now: Moment) -> Result<Search, &'static str> {
    let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let oid = |text: &str, field| some(text).map(|text| Oid::parse(&text).map_err(|_| field)).transpose();
    let day = |text: &str, field| some(text).map(|text| Moment::parse(&text).map_err(|_| field)).transpose();
    let mut criteria = Criteria {
        person: some(&typed.client).map(|text| client(&text).ok_or("client")).transpose()?,
        set: oid(&typed.document, "document")?,
        event: oid(&typed.event, "event")?,
        kinds: some(&typed.kind).into_iter().collect(),
        made_from: day(&typed.made_from, "made_from")?,
        made_until: day(&typed.made_until, "made_until")?.map(Moment::next_midnight),
        over_at: Some(now).filter(|_| !typed.over.is_empty()),
        ..Criteria::default()
    };
    if typed.older.is_empty() && criteria.set.is_none() {
        criteria.standings = vec![Standing::Newest, Standing::Invalidated];
    }
    criteria.whose().map_err(|_| "client")?;
    Ok(Search { criteria, after: None, count: PAGE })
}

/// A client: an identity code, or another identifier with the OID that it is numbered under before a bar.
fn client(text: &str) -> Option<PersonRef> {
    let (root, extension) = match text.split_once('|') {
        Some((root, extension)) => (Oid::parse(root.trim()).ok()?.to_string(), extension.trim().to_owned()),
        None => {
            // Documents are archived under codes that fail their check, too (domain section 5): the shape alone is asked.
            let shaped = text.len() == 11 && text.bytes().take(6).all(|byte| byte.is_ascii_digit());
            (PersonRef::IDENTITY_CODES.to_owned(), shaped.then(|| text.to_uppercase())?)
        }
    };
    (!extension.is_empty() && extension.len() <= 64).then_some(PersonRef { extension, root })
}

#[derive(Template)]
#[template(path = "archive/document.html")]
struct DocumentPage {
    page: Page,
    id: String,
    /// Whether it is test data.
    test: bool,
    facts: Vec<(String, String)>,
    standing: (String, &'static str),
    /// Why its set is void: the reason and when.
    void: Option<(String, String)>,
    versions: Vec<(String, u32, String, (String, &'static str))>,
    additions: Vec<String>,
    read: Readable,
    /// Whether it may still be declared void.
    stands: bool,
    /// A reason that was not taken, and why.
    wrong: Option<String>,
}

pub(crate) async fn document(State(web): State<Web>, page: Page, Path(id): Path<String>) -> Result<Response, Failure> {
    let actor = page.signed_in()?;
    let opened = archivist::read(&web.app, actor, &number(&web, actor, &id).await?).await?;
    Ok(render_page(&document_page(&web, page, opened, None).await?))
}

/// A document's number, for whoever may ask: to others what is no number says nothing.
async fn number(web: &Web, actor: &Actor, id: &str) -> Result<Oid, ServiceError> {
    archivist::enter(&web.app, actor).await?;
    Oid::parse(id).map_err(|_| ServiceError::refused(RefusalCode::DocumentNotFound, "id"))
}

async fn document_page(web: &Web, page: Page, opened: Opened, wrong: Option<String>) -> Result<DocumentPage, Failure> {
    let Opened { listed, active, versions, additions, void, body } = opened;
    let units = BTreeSet::from([listed.unit.clone()]);
    let names = names::names(&web.app, &Numbers { organisations: units, ..Numbers::default() }).await?;
    let controllers = [listed.controller.clone(), active.clone()].into();
    let controllers = archive::controller_names(&web.app, &controllers).await?;
    let mut facts = vec![
        ("archive-register", register_name(&page, &listed.cell.register)),
        ("archive-kind", kind(&page, &listed)),
        ("archive-retention", keeping_name(&page, listed.cell.register.family, &listed.keeping)),
        ("archive-unit", names.beside(listed.unit.as_str())),
        ("archive-event", listed.event.clone().unwrap_or_default()),
        ("archive-made", page.since(listed.made_at)),
        ("archive-stored", page.since(listed.stored_at)),
        ("archive-controller", controllers.beside(listed.controller.as_str())),
    ];
    if active != listed.controller {
        facts.push(("archive-active", controllers.beside(active.as_str())));
    }
    facts.push(("archive-added-to", listed.added_to.clone().unwrap_or_default()));
    facts.push(("archive-size", listed.size.to_string()));
    let facts = facts.into_iter().filter(|(_, text)| !text.is_empty());
    let version = |one: &archivist::Version| {
        (one.id.to_string(), one.version, page.since(one.stored_at), standing(&page, one.standing))
    };
    let stands = versions.iter().any(|one| one.standing == Standing::Newest);
    let test = !deployment_tests::is_test_data(&web.app, &[&listed.set_id]).await?.is_empty();
    Ok(DocumentPage {
        id: listed.id.to_string(),
        test,
        facts: facts.map(|(key, text)| (page.t(key), text)).collect(),
        standing: standing(&page, listed.standing),
        void: void.map(|void| {
            // A document said it by its code, or an archivist in words.
            let reason = if void.reason == INVALIDATES { page.t("archive-void-by-document") } else { void.reason };
            (reason, page.since(void.at))
        }),
        versions: versions.iter().map(version).collect(),
        additions: additions.iter().map(ToString::to_string).collect(),
        read: readable(&String::from_utf8_lossy(&body)),
        stands,
        wrong,
        page,
    })
}

/// The document itself, as a file.
pub(crate) async fn file(State(web): State<Web>, page: Page, Path(id): Path<String>) -> Result<Response, Failure> {
    let actor = page.signed_in()?;
    let opened = archivist::read(&web.app, actor, &number(&web, actor, &id).await?).await?;
    let disposition = format!("attachment; filename=\"{}.xml\"", opened.listed.id);
    let headers = [(header::CONTENT_TYPE, "application/xml".to_owned()), (header::CONTENT_DISPOSITION, disposition)];
    Ok((headers, opened.body).into_response())
}

#[derive(Deserialize)]
pub(crate) struct Reason {
    #[serde(default)]
    reason: String,
}

pub(crate) async fn invalidate(
    State(web): State<Web>,
    page: Page,
    Path(id): Path<String>,
    Form(form): Form<Reason>,
) -> Result<Response, Failure> {
    let actor = page.signed_in()?;
    let id = number(&web, actor, &id).await?;
    match archivist::invalidate(&web.app, actor, &id, &form.reason).await {
        Ok(()) => Ok(Redirect::to(&format!("/archive/documents/{id}")).into_response()),
        Err(error) if error.code == RefusalCode::FormInvalid => {
            let opened = archivist::read(&web.app, actor, &id).await?;
            let wrong = Some(page.t("archive-wrong-reason"));
            let again = render_page(&document_page(&web, page, opened, wrong).await?);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

#[derive(Template)]
#[template(path = "archive/uses.html")]
struct UsesPage {
    page: Page,
    typed: UsesTyped,
    wrong: Option<(&'static str, String)>,
    lines: Vec<UseRow>,
    /// The line that the next page begins after.
    next: Option<i64>,
}

impl UsesPage {
    fn is_wrong(&self, field: &str) -> bool {
        self.wrong.as_ref().is_some_and(|(wrong, _)| *wrong == field)
    }

    fn problem(&self) -> &str {
        self.wrong.as_ref().map_or("", |(_, problem)| problem)
    }
}

struct UseRow {
    at: String,
    act: String,
    ground: String,
    by: String,
    joiner: String,
    document: Option<String>,
    more: String,
    sealed: bool,
}

/// Which uses are asked for, as it is typed.
#[derive(Default, Deserialize)]
pub(crate) struct UsesTyped {
    #[serde(default)]
    client: String,
    #[serde(default)]
    document: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    until: String,
    /// What other providers asked for alone.
    #[serde(default)]
    disclosed: String,
    #[serde(default)]
    before: String,
}

/// Of a document, or of all.
pub(crate) async fn uses(
    State(web): State<Web>,
    page: Page,
    Query(typed): Query<UsesTyped>,
) -> Result<Response, Failure> {
    // Whoever it is about is posted.
    shown(&web, page, UsesTyped { client: String::new(), ..typed }).await
}

pub(crate) async fn uses_posted(
    State(web): State<Web>,
    page: Page,
    Form(typed): Form<UsesTyped>,
) -> Result<Response, Failure> {
    shown(&web, page, typed).await
}

async fn shown(web: &Web, page: Page, typed: UsesTyped) -> Result<Response, Failure> {
    let actor = page.signed_in()?;
    archivist::enter(&web.app, actor).await?;
    let asked = match read_uses(&typed) {
        Ok(asked) => asked,
        Err(field) => {
            let wrong = Some((field, page.t(&format!("archive-wrong-{field}"))));
            let again = render_page(&UsesPage { page, typed, wrong, lines: Vec::new(), next: None });
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response());
        }
    };
    let lines = archivist::uses(&web.app, actor, &asked).await?;
    let next = lines.last().filter(|_| lines.len() as u64 == LINES).map(|line| line.number);
    let joiners = lines.iter().map(|line| line.told.joiner.clone()).collect();
    let names = names::names(&web.app, &Numbers { organisations: joiners, ..Numbers::default() }).await?;
    let lines = lines.iter().map(|line| use_row(&page, &names, line)).collect();
    Ok(render_page(&UsesPage { page, typed, wrong: None, lines, next }))
}

fn read_uses(typed: &UsesTyped) -> Result<UsesAsked, &'static str> {
    let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let day = |text: &str, field| some(text).map(|text| Moment::parse(&text).map_err(|_| field)).transpose();
    Ok(UsesAsked {
        document: some(&typed.document).map(|text| Oid::parse(&text).map_err(|_| "document")).transpose()?,
        person: some(&typed.client).map(|text| client(&text).ok_or("client")).transpose()?,
        from: day(&typed.from, "from")?,
        until: day(&typed.until, "until")?.map(Moment::next_midnight),
        disclosed: !typed.disclosed.is_empty(),
        before: some(&typed.before).map(|text| text.parse().map_err(|_| "document")).transpose()?,
    })
}

fn use_row(page: &Page, names: &Names, line: &Line) -> UseRow {
    let told = &line.told;
    UseRow {
        at: page.since(told.at),
        act: page.t(&format!("archive-act-{}", told.act)),
        ground: page.t(&format!("archive-ground-{}", told.ground)),
        by: told.by.clone(),
        joiner: names.beside(told.joiner.as_str()),
        document: told.document.as_ref().map(ToString::to_string),
        more: told.words().unwrap_or_default().to_owned(),
        sealed: line.seal.is_some(),
    }
}
