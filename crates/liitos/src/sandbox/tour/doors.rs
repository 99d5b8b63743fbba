//! Steps 9, 15 and 16: what the gateway refuses.

use super::archive::anew;
use super::{ACCESS_POINT, Broken, Walk, accepted, holds, refused_with};
use crate::sandbox::Browser;
use crate::sandbox::files::HUS;
use crate::sandbox::parties::INTERMEDIARY_POINT;
use http::StatusCode;
use liitos_pki::authority::{Issued, Profile};
use std::time::Duration;

/// 9: an open access point, through which HUS has no right.
pub(super) async fn no_right(walk: &Walk<'_>) -> Result<String, Broken> {
    let certificate = issue(walk, &Profile::server(INTERMEDIARY_POINT, "kanta.valittaja.test"))?;
    let variation = anew(walk, 8)?.from_device(&format!("{INTERMEDIARY_POINT}.1"));
    let answer = walk.peer(&certificate)?.connect().await?.send(&variation.message()?).await?;
    let kind = answer.acknowledgement().kind;
    holds(kind == "AR", || format!("refused by the archive ({kind}), not by the gateway"))?;
    refused_with(&answer, &["L-213"])
}

/// 15: a connection that was open and used before the closing is refused within a second of it.
pub(super) async fn closed_right(walk: &mut Walk<'_>) -> Result<String, Broken> {
    let mut connection = walk.connect().await?;
    accepted(&connection.send(&anew(walk, 110)?.message()?).await?)?;
    let form = [
        ("joiner", HUS),
        ("service", "patient-data"),
        ("access_point", ACCESS_POINT),
        ("reason", "the tour's closing"),
    ];
    let proposed = walk.operator.post("/office/directory/close", &form).await?;
    holds(proposed.status == StatusCode::OK, || format!("the closing was not proposed: {}", proposed.status))?;
    let path = proposed.address.path().to_owned();
    // Who proposes it does not approve it.
    holds(!proposed.text.contains(&format!("{path}/approve")), || "one person closes alone".to_owned())?;
    let mut second = Browser::new(&walk.sandbox.portal_address())?;
    second.sign_in("reijo-rekisteri").await?;
    let shown = second.get(&path).await?.hidden("effect").ok_or_else(|| Broken("no effect is shown".to_owned()))?;
    let begun = walk.sandbox.app.now();
    let closed = second.post(&format!("{path}/approve"), &[("effect", &shown)]).await?;
    holds(closed.status == StatusCode::OK, || format!("the right was not closed: {}", closed.status))?;
    let patience = i64::try_from(walk.patience.as_millis()).unwrap_or(i64::MAX);
    for attempt in 0u64.. {
        let answer = connection.send(&anew(walk, 111 + attempt)?.message()?).await?;
        let took = (walk.sandbox.app.now().as_micros() - begun.as_micros()) / 1000;
        // Whoever is first: the archive, which decides again, or the gateway by its new snapshot (AR).
        if answer.status == StatusCode::FORBIDDEN && answer.acknowledgement().kind == "AR" {
            return Ok(format!("{} after {took} ms, same connection", refused_with(&answer, &["L-214"])?));
        }
        holds(took < patience, || format!("not refused by the gateway within {patience} ms"))?;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Err(Broken("not refused".to_owned()))
}

/// 16: three certificates that must not pass, each stopped at its own place.
pub(super) async fn bad_certificates(walk: &Walk<'_>) -> Result<String, Broken> {
    let revoked = issue(walk, &Profile::server(ACCESS_POINT, "kanta.hus.test"))?;
    walk.sandbox.pki.revoke(&revoked, walk.sandbox.app.now()).map_err(Broken)?;
    walk.sandbox.reload_gateway().map_err(|e| Broken(e.to_string()))?;
    stopped_by(walk, &revoked, "CertificateRevoked").await?;
    let nameless = issue(walk, &Profile { serial_number: None, ..Profile::server("", "kanta.hus.test") })?;
    let answer = walk.peer(&nameless)?.connect().await?.send(&anew(walk, 12)?.message()?).await?;
    refused_with(&answer, &["L-101"])?;
    let now = walk.sandbox.app.now();
    let stranger = walk
        .sandbox
        .pki
        .stranger
        .issue(&Profile::server(ACCESS_POINT, "kanta.hus.test"), now)
        .map_err(|e| Broken(e.to_string()))?;
    stopped_by(walk, &stranger, "UnknownCA").await?;
    Ok(format!("TLS alert CertificateRevoked; L-101 (decision {}); TLS alert UnknownCA", answer.decision))
}

async fn stopped_by(walk: &Walk<'_>, certificate: &Issued, alert: &str) -> Result<(), Broken> {
    let heard = walk.peer(certificate)?.handshake_refusal().await?;
    holds(heard.contains(alert), || format!("expected the TLS alert {alert}, got: {heard}"))
}

fn issue(walk: &Walk<'_>, profile: &Profile) -> Result<Issued, Broken> {
    walk.sandbox.pki.authority.issue(profile, walk.sandbox.app.now()).map_err(|error| Broken(error.to_string()))
}
