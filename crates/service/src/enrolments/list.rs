//! One's own enrolment, and who comes.

use crate::{Actor, App, ServiceError, sign_in};
use liitos_domain::application::State;
use liitos_domain::{Duty, Service};
use liitos_store::enrolments::{self, Enrolled};
use liitos_store::{applications, registers};

/// Who comes, and how far it has come.
#[derive(Clone, Debug)]
pub struct Coming {
    /// What was said.
    pub enrolled: Enrolled,
    /// The organisation's name; its OID where no register has it.
    pub name: String,
    /// The system's name, where it is chosen.
    pub system: Option<String>,
    /// Its newest application for the service, if it has begun one: number and state.
    pub application: Option<(String, State)>,
}

/// The enrolment of the organisation acted for.
///
/// # Errors
/// L-602 without an organisation.
pub async fn own(app: &App, actor: &Actor, service: Service) -> Result<Option<Enrolled>, ServiceError> {
    super::of_joiner(app, actor.joiner()?, service).await
}

/// Who comes, the soonest first; of them so many after so many.
///
/// # Errors
/// L-602 without the position.
pub async fn list(app: &App, actor: &Actor, part: (u64, u64)) -> Result<Vec<Coming>, ServiceError> {
    actor.must_see(Duty::Handle)?;
    let db = app.store.read();
    let mut coming = Vec::new();
    for enrolled in enrolments::standing(db, part).await? {
        let entry = sign_in::register_entry(app, &enrolled.joiner).await?;
        let all = applications::of_joiner(db, &enrolled.joiner).await?;
        let newest = all.into_iter().map(|stored| stored.application).find(|one| one.service == enrolled.service);
        let system = match enrolled.form.text("system") {
            "" => None,
            number => {
                let entry = registers::find(db, liitos_domain::register::RegisterKind::Systems, number).await?;
                Some(entry.map_or_else(|| number.to_owned(), |entry| entry.name))
            }
        };
        coming.push(Coming {
            name: entry.map_or_else(|| enrolled.joiner.to_string(), |(_, entry)| entry.name),
            system,
            application: newest.map(|one| (one.number, one.state)),
            enrolled,
        });
    }
    Ok(coming)
}
