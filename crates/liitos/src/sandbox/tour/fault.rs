//! Step 13: patient data do not answer; whom it hits is told by mail and text message until it is over, and everybody by the status page.

use super::{Broken, Walk, holds};
use http::StatusCode;
use std::time::Duration;

/// 13: looked at, sent, read by everybody, handed over, over.
pub(super) async fn told(walk: &mut Walk<'_>) -> Result<String, Broken> {
    // Another at each walk: the same is told once.
    let headline = format!("Potilastiedon arkisto ei vastaa ({})", walk.run);
    let fault = [
        ("fault_kind", "fault"),
        ("headline_fi", headline.as_str()),
        ("headline_sv", "Patientdatalagret svarar inte"),
        ("headline_en", "The patient data repository does not answer"),
        ("services", "patient-data"),
        ("public", "yes"),
    ];
    let looked = walk.operator.post("/office/faults/new", &fault).await?;
    let reaches = looked.text.contains("value=\"send\"");
    holds(reaches, || format!("nobody is asked whether to send it: {}", looked.text))?;
    let sending: Vec<_> = fault.into_iter().chain([("do", "send")]).collect();
    let sent = walk.operator.post("/office/faults/new", &sending).await?;
    holds(sent.status == StatusCode::OK, || format!("not sent: {}", sent.status))?;
    let address = sent.address.path().to_owned();
    let number = address.trim_start_matches("/office/faults/").to_owned();
    let status = walk.operator.get("/status").await?;
    let shown = status.text.contains(&format!("id=\"{number}\"")) && status.text.contains(&headline);
    holds(shown, || format!("the status page does not tell of it: {}", status.text))?;
    // Each way has its line: so many of so many.
    let handed_over = async {
        while walk.operator.get(&address).await?.text.contains("0 / 1") {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok::<(), Broken>(())
    };
    let patience = tokio::time::timeout(walk.patience, handed_over).await;
    patience.map_err(|_| Broken("it was not handed over".to_owned()))??;
    let say = format!("{address}/say");
    let over = walk
        .operator
        .post(&say, &[("revision", "1"), ("stage", "ended"), ("words_fi", "Korjattu."), ("do", "send")])
        .await?;
    holds(over.status == StatusCode::OK, || format!("it does not end: {}", over.status))?;
    Ok(format!("{number} was told by mail and text message, stood on /status, and is over"))
}
