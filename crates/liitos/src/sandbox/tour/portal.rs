//! Steps 1 to 3: registers, application, approval.

use super::{ACCESS_POINT, Broken, Walk, holds};
use crate::sandbox::files::HUS;
use http::StatusCode;
use liitos_domain::Sha256Hash;
use liitos_domain::plan::ContactRole;
use liitos_store::directory;

/// 1: each register holds what its file holds.
pub(super) async fn registers(walk: &Walk<'_>) -> Result<String, Broken> {
    let mut told = Vec::new();
    for imported in &walk.sandbox.imports {
        let (report, expected) = (&imported.report, &imported.expected);
        let counts = &report.counts;
        let taken = counts.added + counts.changed + counts.unchanged;
        holds(
            counts.rows == expected.rows && taken == expected.taken && counts.refused == expected.rows - expected.taken,
            || format!("{}: expected {} rows, {} taken; got {counts:?}", expected.file, expected.rows, expected.taken),
        )?;
        told.push(format!("{} {taken}", report.register));
    }
    Ok(format!("taken as in the files: {}", told.join(", ")))
}

/// 2: the eight steps filled in and sent.
pub(super) async fn apply(walk: &mut Walk<'_>) -> Result<String, Broken> {
    let home = walk.joiner.sign_in_for("helena-hallinto", HUS).await?;
    holds(home.status == StatusCode::OK && home.address.path() == "/home", || {
        format!("sign-in ended at {}", home.address)
    })?;
    let page = walk.joiner.post("/applications", &[("service", "patient-data")]).await?;
    let path = page.address.path().to_owned();
    walk.application = path.rsplit('/').next().unwrap_or_default().to_owned();
    let fingerprint = Sha256Hash::of(&walk.certificate.certificate_der).to_string();
    for (step, fields) in filled_in(&fingerprint) {
        let shown = walk.joiner.get(&format!("{path}/{step}")).await?;
        let revision = shown.hidden("revision").unwrap_or_default();
        let mut form: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        form.push(("revision", &revision));
        let saved = walk.joiner.post(&format!("{path}/{step}"), &form).await?;
        holds(saved.status == StatusCode::OK, || format!("step {step} was not saved: {}", saved.status))?;
    }
    let summary = walk.joiner.get(&format!("{path}/summary")).await?;
    let shown = summary.hidden("shown").unwrap_or_default();
    let sent = walk.joiner.post(&format!("{path}/send"), &[("shown", &shown)]).await?;
    holds(sent.status == StatusCode::OK, || format!("not sent: {}", sent.status))?;
    let queue = signed_in_operator(walk).await?;
    holds(queue.contains(&walk.application), || "the operator's queue does not show the application".to_owned())?;
    Ok(format!("application {} sent, waiting for the operator", walk.application))
}

async fn signed_in_operator(walk: &mut Walk<'_>) -> Result<String, Broken> {
    let office = walk.operator.sign_in("paula-palvelu").await?;
    holds(office.address.path() == "/office", || format!("the operator's sign-in ended at {}", office.address))?;
    Ok(office.text)
}

/// What HUS fills in. Persons and addresses are invented.
fn filled_in(certificate: &str) -> Vec<(&'static str, Vec<(String, String)>)> {
    let pairs =
        |list: &[(&str, &str)]| list.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect::<Vec<_>>();
    let mut contacts = Vec::new();
    for role in ContactRole::ALL {
        contacts.push((format!("{role}_name"), format!("Testi {role}")));
        contacts.push((format!("{role}_email"), format!("{role}@hus.test")));
        contacts.push((format!("{role}_phone"), "040 123 4567".to_owned()));
    }
    contacts.push(("archivist_card".to_owned(), "90000000001".to_owned()));
    vec![
        ("guidance", pairs(&[("start", "yes")])),
        (
            "access-points",
            pairs(&[
                ("connection", "own"),
                ("own_oid", ACCESS_POINT),
                ("own_country", "FI"),
                ("own_network", "private"),
                ("own_dns", "kanta.hus.test"),
                ("own_addresses", "203.0.113.10"),
                ("own_certificates", certificate),
                ("system", "900001"),
                ("signer", "own"),
            ]),
        ),
        ("client-data", pairs(&[("email", "kirjaamo@hus.test")])),
        ("contacts", contacts),
        ("billing", pairs(&[("business_id", "1567535-0"), ("address", "PL 1, 00029 HUS")])),
        ("service-description", pairs(&[("accept", "yes"), ("version", "1")])),
        ("undertaking", pairs(&[("accept", "yes"), ("version", "1")])),
    ]
}

/// 3: exactly the shown effect enters the directory, the gateway has it within a second, mails are on their way.
pub(super) async fn approve(walk: &mut Walk<'_>) -> Result<String, Broken> {
    let path = format!("/office/applications/{}", walk.application);
    let page = walk.operator.get(&path).await?;
    let shown = page.hidden("effect").ok_or_else(|| Broken("no effect is shown".to_owned()))?;
    holds(page.text.contains(ACCESS_POINT) && page.text.contains(HUS), || {
        "the effect does not name joiner and access point".to_owned()
    })?;
    let approved = walk.operator.post(&format!("{path}/approve"), &[("effect", &shown)]).await?;
    holds(approved.status == StatusCode::OK, || format!("not approved: {}", approved.status))?;
    let changes = directory::changes(walk.sandbox.app.store.read(), 1).await.map_err(|e| Broken(e.to_string()))?;
    let change = changes.first().ok_or_else(|| Broken("the directory has no change".to_owned()))?;
    holds(page.text.contains(&format!("<code>{}</code>", change.hash)), || {
        format!("applied {}: not shown", change.hash)
    })?;
    let effect = &change.effect;
    let (joiners, points, rights) =
        (effect.joiners_opened.len(), effect.access_points_opened.len(), effect.rights_opened.len());
    holds((joiners, points, rights) == (1, 1, 1), || {
        format!("opened {joiners} joiners, {points} access points, {rights} rights")
    })?;
    walk.sandbox.gateway_has(change.version, walk.patience).await?;
    Ok(format!(
        "exactly the shown effect {}… is directory version {}, and the gateway has it",
        change.hash.to_string().get(..12).unwrap_or_default(),
        change.version
    ))
}
