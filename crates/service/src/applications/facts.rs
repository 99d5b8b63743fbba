//! Loads what the checks of an application ask for, and asks them.

use crate::sign_in::register_entry;
use crate::{App, ServiceError};
use liitos_domain::Service;
use liitos_domain::application::check::{Facts, check, incomplete};
use liitos_domain::application::steps::access_point;
use liitos_domain::application::{Application, Issue, Severity, Step};
use liitos_domain::register::{Entry, RegisterKind, SystemFacts};
use liitos_store::{directory, registers};

/// The verdict on an application as it stands.
#[derive(Clone, Debug, Default)]
pub struct Checked {
    /// Steps that cannot be used yet.
    pub incomplete: Vec<Step>,
    /// What is wrong or worth knowing.
    pub issues: Vec<Issue>,
}

impl Checked {
    /// Whether it can be sent and approved.
    #[must_use]
    pub fn sound(&self) -> bool {
        self.incomplete.is_empty() && self.issues.iter().all(|issue| issue.severity() != Severity::Error)
    }
}

/// Checks an application against registers and directory as they are now.
pub(super) async fn checked(app: &App, application: &Application) -> Result<Checked, ServiceError> {
    let db = app.store.read();
    let mut facts = Facts::default();
    if let Some((_, entry)) = register_entry(app, &application.joiner).await? {
        facts.register_validity = Some(entry.valid);
        facts.renewal_mark = entry.renewal_mark();
    }
    if let Some(step) = access_point(&application.form(Step::AccessPoints)) {
        facts.access_point = directory::access_point(db, step.connection.oid()).await?;
        facts.system =
            registers::find(db, RegisterKind::Systems, &step.system).await?.map(|entry| SystemFacts::of(&entry));
    }
    Ok(Checked { incomplete: incomplete(application), issues: check(application, &facts, app.now()) })
}

/// The systems in Astori that a service may be used with, for choosing from.
///
/// # Errors
/// [`ServiceError`].
pub async fn systems(app: &App, service: Service) -> Result<Vec<Entry>, ServiceError> {
    let all = registers::all_current(app.store.read(), RegisterKind::Systems).await?;
    Ok(all.into_iter().map(|(_, entry)| entry).filter(|entry| entry.made_for(service)).collect())
}
