//! Step 14: HUS makes its deployment test, case by case, through its own access point; archive and gateway have each, and the operator accepts the report.

use super::{Broken, Walk, accepted, holds};
use crate::made::{CLIENT, Variation};
use crate::sandbox::files::HUS;
use http::StatusCode;
use std::time::Duration;

/// So often it is looked whether a gateway has told of a call: it does so once a second.
const LOOKS: u32 = 150;
const PAUSE: Duration = Duration::from_millis(200);

/// 14: begun, five cases made and confirmed, reported, accepted.
pub(super) async fn tested(walk: &mut Walk<'_>) -> Result<String, Broken> {
    let begin = walk.joiner.get("/deployment-tests").await?;
    let subject = begin.text.split("name=\"subject\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let subject = subject.ok_or_else(|| Broken(format!("nothing may be tested: {}", begin.text)))?.to_owned();
    let form = [("subject", subject.as_str()), ("stage", "first-use")];
    let path = walk.joiner.post("/deployment-tests", &form).await?.address.path().to_owned();
    let mut connection = walk.connect().await?;
    let made = |serial| Ok::<_, Broken>(Variation::with_new_ids(walk.run, serial)?.of_person(CLIENT));
    let signed = |made: Variation| made.signed_by(&walk.sandbox.pki.signer, walk.sandbox.app.now());
    let (first, second) = (signed(made(141)?)?, made(142)?);
    let id = first.document_id.clone();
    let second_id = second.document_id.clone();
    accepted(&connection.send(&first.message()?).await?)?;
    let mut decisions = vec![confirmed(walk, &path, "store").await?];
    let found = connection.search(("1.2.246.21", CLIENT), HUS).await?;
    holds(found.status == StatusCode::OK, || format!("looking for it was answered {}", found.status))?;
    decisions.push(confirmed(walk, &path, "search").await?);
    let fetched = connection.fetch(&id, HUS).await?;
    holds(fetched.body == first.document().as_bytes(), || "what was read is not what was stored".to_owned())?;
    decisions.push(confirmed(walk, &path, "read").await?);
    let second = second.replacing(&id, &id, 2).signed_by(&walk.sandbox.pki.signer, walk.sandbox.app.now())?;
    accepted(&connection.send(&second.message()?).await?)?;
    decisions.push(confirmed(walk, &path, "replace").await?);
    let void = Variation::with_new_ids(walk.run, 143)?.of_person(CLIENT).replacing(&second_id, &id, 3).invalidating();
    let void = void.signed_by(&walk.sandbox.pki.signer, walk.sandbox.app.now())?;
    accepted(&connection.send(&void.message()?).await?)?;
    decisions.push(confirmed(walk, &path, "void").await?);
    let sent = walk.joiner.post(&format!("{path}/send"), &[]).await?;
    holds(sent.status == StatusCode::OK, || format!("the report was not sent: {}", sent.status))?;
    let accepted = walk.operator.post(&format!("/office{path}/accept"), &[]).await?;
    holds(accepted.status == StatusCode::OK, || format!("it was not accepted: {}", accepted.status))?;
    let number = path.trim_start_matches("/deployment-tests/");
    Ok(format!("{number}: five cases, each found in both logs ({}); report in three languages", decisions.join(", ")))
}

/// Waits until archive and gateway have a case, and says that it went as it should; the decision id.
async fn confirmed(walk: &mut Walk<'_>, path: &str, case: &str) -> Result<String, Broken> {
    for _ in 0..LOOKS {
        let page = walk.joiner.get(path).await?;
        let part = page.text.split(&format!("id=\"case-{case}\"")).nth(1).unwrap_or_default();
        let part = part.split("</li>").next().unwrap_or_default();
        if part.contains("value=\"yes\"") {
            let said = [("fine", "yes"), ("role", "professional")];
            let said = walk.joiner.post(&format!("{path}/cases/{case}"), &said).await?;
            holds(said.status == StatusCode::OK, || format!("{case} was not confirmed: {}", said.status))?;
            let seen = part.split("<dd class=\"wrap\">").map(|rest| rest.split('<').next().unwrap_or_default());
            let decision = seen.skip(1).find(|text| text.contains('-') && !text.contains('.'));
            return Ok(decision.unwrap_or_default().to_owned());
        }
        tokio::time::sleep(PAUSE).await;
    }
    Err(Broken(format!("{case}: no gateway told of it")))
}
