//! Adds or changes a contact, with all that it is named for.

use super::{changed_meanwhile, held, joined, not_found, took_down, verify};
use crate::{Actor, App, ServiceError};
use liitos_domain::application::{FieldError, Form};
use liitos_domain::contacts::{self as domain, Event, Holding, MOST, Person, addresses};
use liitos_domain::plan::ContactRole;
use liitos_domain::{Act, RefusalCode};
use liitos_store::contacts;
use liitos_texts::Language;
use std::collections::BTreeSet;

/// A contact as it comes from the page.
#[derive(Clone, Debug)]
pub struct SaveContact {
    /// Which one; `None`: a new one.
    pub key: Option<i64>,
    /// The revision the page was filled in on.
    pub revision: i32,
    /// What was typed.
    pub form: Form,
    /// The language of the messages that prove new addresses.
    pub language: Language,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Saved {
    /// Kept, under this key.
    Kept(i64),
    /// Not kept: these fields are wrong.
    Wrong(Vec<FieldError>),
}

/// Adds or changes a contact; new addresses of it are asked by a message.
///
/// # Errors
/// L-602 without the right to keep contacts; L-609 when there is no such contact; L-603 when somebody was faster; L-612 when a role
/// would be left with nobody; L-606 when there are too many.
pub async fn save(app: &App, actor: &Actor, save: SaveContact) -> Result<Saved, ServiceError> {
    let joiner = actor.must(Act::Keep, app.now())?;
    let (person, holds) = match domain::read(&save.form.clone().seen()) {
        Ok(read) => read,
        Err(errors) => return Ok(Saved::Wrong(errors)),
    };
    let joined = joined(app, joiner).await?;
    let (tx, all) = held(app, joiner).await?;
    let now = app.now();
    let (key, event, before) = match save.key {
        None => {
            if all.0.len() >= MOST {
                return Err(ServiceError::refused(RefusalCode::FormInvalid, "contacts"));
            }
            (contacts::add(&tx, joiner, &person, now).await?, Event::Added, None)
        }
        Some(key) => {
            let before = all.find(key).ok_or_else(not_found)?;
            let emptied = all.emptied(key, &holds, &joined);
            if let Some(emptied) = emptied.first() {
                return Err(ServiceError::refused(RefusalCode::RoleEmpty, emptied.to_string()));
            }
            if !contacts::change(&tx, key, save.revision, &person).await? {
                return Err(changed_meanwhile());
            }
            (key, Event::Changed, Some(before))
        }
    };
    let none = BTreeSet::new();
    let held_before = before.map_or(&none, |before| &before.holds);
    for gained in holds.difference(held_before) {
        contacts::give(&tx, key, *gained, now).await?;
    }
    for lost in held_before.difference(&holds) {
        contacts::take(&tx, key, *lost, now).await?;
    }
    let fields = differences(before.map(|before| &before.person), &person, (held_before, &holds));
    took_down(&tx, actor, joiner, (event, &person.name, fields), now).await?;
    let fault = holds.iter().any(|held| held.role == ContactRole::Fault);
    let new: Vec<_> = addresses(&person, fault).collect();
    verify::ask_new(app, &tx, joiner, &new, save.language).await?;
    tx.commit().await?;
    Ok(Saved::Kept(key))
}

/// What changed of a contact, field by field.
fn differences(
    before: Option<&Person>,
    after: &Person,
    (held, holds): (&BTreeSet<Holding>, &BTreeSet<Holding>),
) -> super::Fields {
    let was = |name: &str| {
        let field = before.and_then(|before| before.fields().into_iter().find(|(field, _)| *field == name));
        field.map_or_else(String::new, |(_, text)| text.to_owned())
    };
    let listed = |set: &BTreeSet<Holding>| set.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let of_person = after.fields().into_iter().map(|(name, text)| (name.to_owned(), was(name), text.to_owned()));
    let roles = ("holds".to_owned(), listed(held), listed(holds));
    of_person.chain([roles]).filter(|(_, before, after)| before != after).collect()
}
