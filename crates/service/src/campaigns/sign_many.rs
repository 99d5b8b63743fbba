//! Signing and sending in one visit: for everybody whom the person may bind, what is ready but for its signatures.

use crate::applications::{self, Checked, SaveStep, Sending, Shown, Stored, save_step};
use crate::{Actor, App, ServiceError};
use liitos_domain::application::{Application, Form, Text};
use liitos_domain::{Act, Oid, RefusalCode, Sha256Hash};
use liitos_store::applications as stored;
use liitos_texts::Language;

/// An application that is ready but for what is read and signed.
#[derive(Clone, Debug)]
pub struct Signable {
    /// It, as it is shown.
    pub stored: Stored,
    /// Its verdict.
    pub checked: Checked,
}

/// What became of one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// Its number.
    pub number: String,
    /// Why it was not sent, if so.
    pub refused: Option<RefusalCode>,
}

/// Most shown, and so signed, at once: a page that a person can read.
pub const MOST: usize = 40;

/// The actor for one of the organisations that they may bind.
fn binding(actor: &Actor, joiner: &Oid) -> Option<Actor> {
    let organisation = actor.held(joiner)?;
    let binds = organisation.positions.iter().any(|held| held.permits(Act::Bind));
    binds.then(|| Actor { acting_for: Some(joiner.clone()), ..actor.clone() })
}

/// What the actor may sign now, whomever they act for; no more than [`MOST`].
///
/// # Errors
/// [`ServiceError`].
pub async fn signable(app: &App, actor: &Actor) -> Result<Vec<Signable>, ServiceError> {
    let mut ready = Vec::new();
    for organisation in &actor.organisations {
        let Some(acting) = binding(actor, &organisation.oid) else { continue };
        for stored in applications::of_own(app, &acting).await? {
            if ready.len() >= MOST {
                return Ok(ready);
            }
            if stored.application.state.editable() {
                ready.extend(signable_one(app, &acting, &stored.application.number).await?);
            }
        }
    }
    Ok(ready)
}

/// An application of the organisation acted for, if it is ready but for what is read and signed.
async fn signable_one(app: &App, acting: &Actor, number: &str) -> Result<Option<Signable>, ServiceError> {
    let (stored, checked) = applications::view(app, acting, number).await?;
    let only_signatures = checked.incomplete.iter().all(|step| Text::only_at(*step));
    let forbidden = checked.broken(None).into_iter().any(liitos_domain::application::plan::forbids);
    let ready = only_signatures && !forbidden && checked.contradiction.is_none();
    Ok((ready && stored.application.state.editable()).then_some(Signable { stored, checked }))
}

/// The same of an application by its number alone, whichever organisation it is of that the actor may bind.
async fn chosen_one(app: &App, actor: &Actor, number: &str) -> Result<Option<Signable>, ServiceError> {
    let Some(found) = stored::find(app.store.read(), number).await? else { return Ok(None) };
    match binding(actor, &found.application.joiner) {
        Some(acting) => signable_one(app, &acting, number).await,
        None => Ok(None),
    }
}

/// Signs and sends some applications, each by itself and as its hash ([`Shown::of`]) says that it was shown: what is refused stops
/// no other. The texts are accepted as they read in the language.
///
/// # Errors
/// L-602 when the actor may bind nobody; L-606 when nothing, or too much, is chosen; our own failures.
pub async fn sign_many(
    app: &App,
    actor: &Actor,
    chosen: &[(String, Sha256Hash)],
    language: Language,
) -> Result<Vec<Signed>, ServiceError> {
    if !actor.organisations.iter().any(|organisation| binding(actor, &organisation.oid).is_some()) {
        return Err(ServiceError::refused(RefusalCode::NotAllowed, Act::Bind.code()));
    }
    if chosen.is_empty() || chosen.len() > MOST {
        return Err(ServiceError::refused(RefusalCode::FormInvalid, "numbers"));
    }
    let mut done = Vec::new();
    for (number, hash) in chosen {
        let refused = match chosen_one(app, actor, number).await? {
            Some(one) => match sign(app, actor, &one, &Shown { language, hash: *hash }).await {
                Ok(()) => None,
                Err(error) if error.code == RefusalCode::Internal => return Err(error),
                Err(error) => Some(error.code),
            },
            // Not theirs, sent meanwhile, or not ready (any more).
            None => Some(RefusalCode::NotFound),
        };
        done.push(Signed { number: number.clone(), refused });
    }
    Ok(done)
}

async fn sign(app: &App, actor: &Actor, one: &Signable, shown: &Shown) -> Result<(), ServiceError> {
    let Signable { stored, checked } = one;
    let Application { number, joiner, .. } = &stored.application;
    let acting = binding(actor, joiner).ok_or_else(|| ServiceError::refused(RefusalCode::NotAllowed, "bind"))?;
    acting.must(Act::Bind, app.now())?;
    shown.still(&stored.application)?;
    for step in checked.incomplete.iter().copied() {
        let revision = stored.revisions.get(&step).copied().unwrap_or(0);
        let form = Form([("accept".to_owned(), "yes".to_owned())].into());
        save_step(app, &acting, SaveStep { number: number.clone(), step, revision, form, language: shown.language })
            .await?;
    }
    applications::send(app, &acting, number, Sending { shown: Some(shown), ..Sending::default() }).await
}
