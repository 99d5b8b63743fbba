//! Loads what the checks of an application ask for, and asks them.

use crate::sign_in::register_entry;
use crate::{App, ServiceError};
use liitos_domain::Service;
use liitos_domain::application::check::{Facts, SystemFacts, check, incomplete};
use liitos_domain::application::steps::{Connection, access_point};
use liitos_domain::application::{Application, Issue, Severity, Step};
use liitos_domain::register::{Entry, RegisterKind};
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
    if let Some((kind, entry)) = register_entry(app, &application.joiner).await? {
        facts.register_validity = Some(entry.valid);
        facts.renewal_mark = renewal_mark(kind, &entry);
    }
    if let Some(step) = access_point(&application.form(Step::AccessPoints)) {
        let (Connection::Existing(oid) | Connection::Own(oid, _)) = &step.connection;
        facts.access_point = directory::access_point(db, oid).await?;
        facts.system =
            registers::find(db, RegisterKind::Systems, &step.system).await?.map(|entry| system_facts(&entry));
    }
    Ok(Checked { incomplete: incomplete(application), issues: check(application, &facts, app.now()) })
}

/// The systems in Astori that a service may be used with, for choosing from.
///
/// # Errors
/// [`ServiceError`].
pub async fn systems(app: &App, service: Service) -> Result<Vec<Entry>, ServiceError> {
    let word = match service {
        Service::Prescription | Service::RenewalReception => "resepti",
        Service::SocialClientData => "sosiaalihuollon asiakastiedot",
        Service::ImagingData => "kuva-aineistot",
        _ => "potilastiedot",
    };
    let all = registers::all_current(app.store.read(), RegisterKind::Systems).await?;
    let made_for = |entry: &Entry| entry.field("Käyttötarkoitus").is_none_or(|use_| use_.contains(word));
    Ok(all.into_iter().map(|(_, entry)| entry).filter(made_for).collect())
}

/// The mark of receiving renewal requests (guide 4.2.1); the names of the fields are assumed.
fn renewal_mark(kind: RegisterKind, entry: &Entry) -> bool {
    match kind {
        RegisterKind::Professionals => entry.flag("Uusimispyynnön vastaanotto"),
        _ => entry.flag("Uusimispyyntöjen vastaanotto") || entry.flag("Uusimispyynnön vastaanotto"),
    }
}

fn system_facts(entry: &Entry) -> SystemFacts {
    SystemFacts {
        class: entry.field("Luokka").unwrap_or_default().to_owned(),
        transfers: entry.flag("Välityspalvelun toiminnot"),
        valid: entry.valid,
        deviation: entry.flag("Merkittävä poikkeama"),
    }
}
