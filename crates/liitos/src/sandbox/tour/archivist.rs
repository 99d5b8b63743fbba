//! Step 8: the archivist, invited by HUS, signs in with her card, finds the real message's document and reads it; nobody else does.

use super::{Broken, Walk, holds};
use crate::made::real_document_id;
use crate::sandbox::Browser;
use http::StatusCode;

const ADDRESS: &str = "arkisto@hus.test";
/// The client of the real message: a test person under a temporary identifier.
const CLIENT: &str = "1.2.246.537.10.15675350.22.2003|010100A998F";

pub(super) async fn reads(walk: &mut Walk<'_>) -> Result<String, Broken> {
    let invited = [("position", "archivist"), ("name", "Arja Arkisto"), ("email", ADDRESS)];
    let granted = walk.joiner.post("/members", &invited).await?;
    holds(granted.status == StatusCode::OK, || format!("she was not invited: {}", granted.status))?;
    // Whoever is in charge is no archivist by that.
    let refused = walk.joiner.get("/archive").await?;
    holds(refused.status == StatusCode::FORBIDDEN, || format!("whoever is in charge is answered {}", refused.status))?;
    let secret = walk.sandbox.mails.invitation(ADDRESS).await.ok_or_else(|| Broken("no invitation came".to_owned()))?;
    let path = format!("/invitation/{secret}");
    let mut arja = Browser::new(&walk.sandbox.portal_address())?;
    arja.sign_in_to(&path, "arja-arkisto").await?;
    arja.post(&path, &[]).await?;
    let id = real_document_id();
    let found = arja.post("/archive", &[("client", CLIENT)]).await?;
    holds(found.text.contains(id), || format!("she does not find it: {}", found.status))?;
    let read = arja.get(&format!("/archive/documents/{id}")).await?;
    holds(read.status == StatusCode::OK, || format!("she cannot read it: {}", read.status))?;
    let uses = arja.get(&format!("/archive/uses?document={id}")).await?;
    let lines = uses.text.matches("<tr role=\"row\"><td").count();
    // Stored and fetched by the access point, read by her.
    holds(lines >= 3, || format!("the use log has {lines} lines about it"))?;
    Ok(format!("found by its client, read; {lines} lines of the use log; refused to whoever is in charge"))
}
