//! Who has joined of those whom social care's obligation to join concerns, and what somebody lacks.

mod own;
mod say;
mod used;
mod watch;

pub use liitos_store::service_tasks::Said;
pub use own::{Own, OwnSystem, own};
pub use say::say;
pub(crate) use used::functions_of;
pub use watch::{Watch, watch};

use crate::{App, ServiceError};
use liitos_domain::directory::Rows;
use liitos_domain::obligation::Standing;
use liitos_domain::{Moment, Oid, Service};
use liitos_store::{applications, enrolments};
use std::collections::{BTreeMap, BTreeSet};

/// What one joins.
const SERVICE: Service = Service::SocialClientData;

/// Whether the obligation concerns somebody: by its register it works in social care.
async fn concerned(app: &App, joiner: &Oid) -> Result<bool, ServiceError> {
    let entry = crate::sign_in::register_entry(app, joiner).await?;
    Ok(entry.is_some_and(|(_, entry)| entry.in_social_care() == Some(true)))
}

/// How far those have come of whom something is known: whoever uses the service by its own right or as a tenant, applies for it, or has enrolled.
async fn standings(app: &App, rows: &Rows, now: Moment) -> Result<BTreeMap<Oid, Standing>, ServiceError> {
    let db = app.store.read();
    let enrolled = enrolments::standing(db, (0, u64::MAX >> 1)).await?;
    let enrolled = enrolled.into_iter().filter(|enrolled| enrolled.service == SERVICE);
    let mut standings: BTreeMap<Oid, Standing> =
        enrolled.map(|enrolled| (enrolled.joiner, Standing::Enrolled)).collect();
    for state in ["draft", "sent", "more-asked"] {
        for stored in applications::in_state(db, state).await? {
            if stored.application.service == SERVICE {
                standings.insert(stored.application.joiner, Standing::Applying);
            }
        }
    }
    let granted = rows.rights.iter().filter(|right| right.service == SERVICE && !right.valid.ended(now));
    standings.extend(granted.clone().map(|right| (right.joiner.clone(), Standing::Approved)));
    let rights = granted.filter(|right| right.valid.contains(now));
    let hosts: BTreeSet<&Oid> = rights.clone().map(|right| &right.joiner).collect();
    let tenants = rows.tenants.iter().filter(|row| row.valid.contains(now) && hosts.contains(&row.host));
    let joined = rights.map(|right| &right.joiner).chain(tenants.map(|row| &row.tenant));
    standings.extend(joined.map(|oid| (oid.clone(), Standing::Joined)));
    Ok(standings)
}
