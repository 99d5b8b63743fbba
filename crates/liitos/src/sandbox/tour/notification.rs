//! Step 17: an intermediary notifies that its access point's link will be another; approved, it holds from its day on, by itself.

use super::{Broken, Walk, holds};
use crate::sandbox::Browser;
use crate::sandbox::parties::INTERMEDIARY_POINT;
use http::StatusCode;
use liitos_domain::Moment;
use liitos_domain::identifier::AccessPointOid;
use liitos_store::directory;

/// The intermediary that administers the point.
const INTERMEDIARY: &str = "1.2.246.537.6.918.18.900077";
/// So many days ahead.
const AHEAD_DAYS: i64 = 30;

/// 17: written, looked at, sent, approved; the same until its day, and another from it on.
pub(super) async fn by_itself(walk: &mut Walk<'_>) -> Result<String, Broken> {
    let day = walk.sandbox.app.now().plus_days(AHEAD_DAYS).midnight();
    let on = day.civil().date().to_string();
    // Another at each walk, so that something changes.
    let name = format!("uusi-{}.valittaja.test", walk.run);
    let mut veikko = Browser::new(&walk.sandbox.portal_address())?;
    veikko.sign_in_for("veikko-valittaja", INTERMEDIARY).await?;
    let begun = veikko.post("/notifications", &[("kind", "link")]).await?;
    let path = begun.address.path().to_owned();
    let revision = begun.hidden("revision").unwrap_or_default();
    let form = [
        ("revision", revision.as_str()),
        ("point", INTERMEDIARY_POINT),
        ("own_country", "FI"),
        ("own_network", "private"),
        ("own_dns", &name),
        ("own_addresses", "203.0.113.77"),
        ("day", &on),
    ];
    let looked = veikko.post(&path, &form).await?;
    let hash = looked.hidden("effect").unwrap_or_default();
    holds(!hash.is_empty(), || format!("it cannot be sent: {}", looked.text))?;
    let sent = veikko.post(&format!("{path}/send"), &[("effect", &hash)]).await?;
    holds(sent.status == StatusCode::OK, || format!("not sent: {}", sent.status))?;
    let waits = walk.operator.get(&format!("/office{path}")).await?;
    let hash = waits.hidden("effect").unwrap_or_default();
    let approved = walk.operator.post(&format!("/office{path}/approve"), &[("effect", &hash)]).await?;
    holds(approved.status == StatusCode::OK, || format!("not approved: {}", approved.status))?;
    let (before, after) = (names_at(walk, day.plus_seconds(-1)).await?, names_at(walk, day).await?);
    let another = !before.contains(&name) && after == [name];
    holds(another, || format!("its link is called {before:?} until then, and {after:?} from then on"))?;
    Ok(format!(
        "{} holds from {on} 00:00:00 on, and nothing has to switch it",
        path.trim_start_matches("/notifications/")
    ))
}

/// What the point's links are called at a moment.
async fn names_at(walk: &Walk<'_>, at: Moment) -> Result<Vec<String>, Broken> {
    let broken = |error: &dyn std::fmt::Display| Broken(error.to_string());
    let point = AccessPointOid::parse(INTERMEDIARY_POINT).map_err(|error| broken(&error))?;
    let rows = directory::access_point(walk.sandbox.app.store.read(), &point).await.map_err(|error| broken(&error))?;
    let open = rows.into_iter().filter(|row| row.valid.contains(at));
    Ok(open.flat_map(|row| row.links).map(|link| link.dns_name).collect())
}
