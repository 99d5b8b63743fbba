//! Brings a sheet in: a draft for each row, or what is wrong with it. A row that was brought in before is filled in again; what was
//! sent meanwhile is left alone.

use super::MAX_NAME;
use super::fields::{columns, forms};
use crate::applications::{self, SaveStep, Shown, save_step};
use crate::messages;
use crate::{Actor, App, ServiceError, sign_in};
use liitos_documents::sheet::{Sheet, SheetError};
use liitos_domain::application::{Form, Step, Text, is_email};
use liitos_domain::identifier::BusinessId;
use liitos_domain::register::{RegisterKind, heads};
use liitos_domain::{Act, Oid, RefusalCode, Service, typed};
use liitos_store::campaigns::{self, Campaign, Line};
use liitos_store::{audit, registers};
use liitos_texts::Language;
use std::collections::{BTreeMap, BTreeSet};

/// What became of a sheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Imported {
    /// It is a campaign now, under this key.
    Campaign(i64),
    /// It was not read; why.
    NotRead(SheetError),
    /// It has columns that are not understood.
    Columns(Vec<String>),
}

/// Brings a sheet in for the customers of the organisation acted for.
///
/// # Errors
/// L-602 without the right to prepare; L-606 without a name.
pub async fn import(
    app: &App,
    actor: &Actor,
    name: &str,
    bytes: &[u8],
    language: Language,
) -> Result<Imported, ServiceError> {
    let organisation = actor.must(Act::Prepare, app.now())?.clone();
    let name = typed::line(name, MAX_NAME).ok_or_else(|| ServiceError::refused(RefusalCode::FormInvalid, "name"))?;
    let sheet = match Sheet::read(bytes) {
        Ok(sheet) => sheet,
        Err(error) => return Ok(Imported::NotRead(error)),
    };
    let known: BTreeSet<String> = columns().into_iter().collect();
    let unknown: Vec<String> = sheet.columns.iter().filter(|column| !known.contains(*column)).cloned().collect();
    if !unknown.is_empty() || !sheet.columns.iter().any(|column| column == "customer") {
        let lacking = if unknown.is_empty() { vec!["customer".to_owned()] } else { unknown };
        return Ok(Imported::Columns(lacking));
    }
    let campaign = Campaign { key: 0, organisation, name: name.to_owned(), created_at: app.now() };
    let tx = app.store.begin().await?;
    let key = campaigns::add(&tx, &campaign, &actor.reference).await?;
    let details = serde_json::json!({ "campaign": key, "rows": sheet.rows.len() });
    let subject = campaign.organisation.as_str();
    let event = audit::Event { actor: &actor.reference, action: "campaign.imported", subject, details };
    audit::record(&tx, &event, app.now()).await?;
    tx.commit().await?;
    let mut brought: BTreeMap<String, u32> = BTreeMap::new();
    for (line, row) in &sheet.rows {
        let said = |column: &str| sheet.cell(row, column).to_owned();
        let (number, problem) = match begun(app, actor, (&sheet, row), language).await {
            Err(error) => (None, Some(told(&error))),
            Ok((_, number, _)) if brought.contains_key(&number) => {
                (None, brought.get(&number).map(|line| format!("same:{line}")))
            }
            Ok((acting, number, service)) => {
                brought.insert(number.clone(), *line);
                let filled = filled(app, &acting, (&number, service), (&sheet, row), language).await;
                (Some(number), filled.unwrap_or_else(|error| Some(told(&error))))
            }
        };
        let line = Line {
            line: *line,
            customer: said("customer"),
            service: said("service"),
            number,
            problem,
            joiner: None,
            state: None,
        };
        let tx = app.store.begin().await?;
        campaigns::add_line(&tx, key, &line).await?;
        tx.commit().await?;
    }
    Ok(Imported::Campaign(key))
}

/// Why a row was refused; one that failed by our own fault too, so that the others are not lost with it.
fn told(error: &ServiceError) -> String {
    if error.code == RefusalCode::Internal {
        tracing::error!(error = %error, cause = ?error.source, "a row of a sheet failed");
    }
    format!("{} {}", error.code, error.place).trim().to_owned()
}

/// The draft of a row: who acts, its number and service.
async fn begun(
    app: &App,
    actor: &Actor,
    (sheet, row): (&Sheet, &[String]),
    language: Language,
) -> Result<(Actor, String, Service), ServiceError> {
    let wrong = |field: &str| ServiceError::refused(RefusalCode::FormInvalid, field);
    let named = named(app, sheet.cell(row, "customer")).await?;
    // Whoever lets somebody act who lets them act lets nobody else: only those whom the actor may act for themselves.
    let theirs = |oid: &&Oid| actor.held(oid).is_some();
    let customer = named.iter().find(theirs).or(named.first()).ok_or_else(|| wrong("customer"))?.clone();
    let service = Service::parse(sheet.cell(row, "service")).ok_or_else(|| wrong("service"))?;
    let acting = Actor { acting_for: Some(customer.clone()), ..actor.clone() };
    // Who is no customer, or lets nobody prepare, is refused here.
    let number = applications::begin(app, &acting, service, None, language).await?;
    Ok((acting, number, service))
}

/// Fills a draft in as far as its row goes, and tells what is still wrong with it.
async fn filled(
    app: &App,
    acting: &Actor,
    (number, service): (&str, Service),
    (sheet, row): (&Sheet, &[String]),
    language: Language,
) -> Result<Option<String>, ServiceError> {
    let (stored, _) = applications::view(app, acting, number).await?;
    let before = Shown::of(&stored.application, language);
    let mut problems: Vec<String> = Vec::new();
    let mut filled = forms(sheet, row, service);
    filled.push((Step::Guidance, Form([("start".to_owned(), "yes".to_owned())].into())));
    for (step, form) in filled {
        if !stored.application.steps().any(|own| own == step) {
            continue;
        }
        let revision = stored.revisions.get(&step).copied().unwrap_or(0);
        // What was there already and the sheet does not say stays.
        let mut whole = stored.application.form(step);
        whole.0.extend(form.0);
        let saving = SaveStep { number: number.to_owned(), step, revision, form: whole, language };
        let errors = save_step(app, acting, saving).await?;
        problems.extend(errors.into_iter().map(|error| error.field));
    }
    let (stored, checked) = applications::view(app, acting, number).await?;
    problems.extend(checked.incomplete.iter().filter(|step| !Text::only_at(**step)).map(|step| format!("step:{step}")));
    let broken = checked.broken(None).into_iter().filter(|outcome| liitos_domain::application::plan::forbids(outcome));
    problems.extend(broken.map(|outcome| format!("rule:{}", outcome.rule.id)));
    problems.dedup();
    let to = stored.application.form(Step::ClientData).text("email").to_owned();
    let changed = before != Shown::of(&stored.application, language);
    // Brought in again as it was, nobody hears of it a second time.
    let news = changed || !campaigns::was_ready(app.store.read(), number).await?;
    if problems.is_empty() && is_email(&to) && news {
        let tx = app.store.begin().await?;
        let mail = messages::prepared(app, &stored.application, language, &to);
        messages::enqueue(&tx, &[mail], app.now()).await?;
        tx.commit().await?;
    }
    Ok(Some(problems.join(" ")).filter(|problems| !problems.is_empty()))
}

/// The organisations, valid in a register, that a row names: by an OID one, by a Business ID all that have it.
async fn named(app: &App, text: &str) -> Result<Vec<Oid>, ServiceError> {
    if let Ok(oid) = Oid::parse(text) {
        let entry = sign_in::register_entry(app, &oid).await?;
        return Ok(entry.filter(|(_, entry)| entry.valid.contains(app.now())).map(|_| oid).into_iter().collect());
    }
    if BusinessId::parse(text).is_err() {
        return Ok(Vec::new());
    }
    let db = app.store.read();
    let entries = heads(registers::of_business_id(db, &RegisterKind::OF_ORGANISATIONS, text).await?);
    let valid = entries.into_iter().filter(|(_, entry)| entry.valid.contains(app.now()));
    Ok(valid.filter_map(|(_, entry)| Oid::parse(&entry.id).ok()).collect())
}
