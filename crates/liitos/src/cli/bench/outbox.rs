//! How fast the outbox is: messages put in with one transaction, and handed to the servers of mail and text messages.

use super::{micros, sandbox};
use clap::Args;
use liitos_service::ports::{Mail, Sms};
use liitos_store::jobs;
use std::path::PathBuf;
use std::time::Duration;

#[derive(Args)]
pub(crate) struct Outbox {
    /// Mails, and as many text messages.
    #[arg(long, default_value_t = 5_000)]
    messages: u32,
    /// Seconds after which it is given up.
    #[arg(long, default_value_t = 600)]
    patience: u64,
}

pub(super) async fn run(folder: PathBuf, asked: &Outbox) -> Result<serde_json::Value, String> {
    let sandbox = sandbox(folder).await?;
    let (app, text) = (&sandbox.app, |error: liitos_store::StoreError| error.to_string());
    let begun = micros();
    let now = app.now();
    let tx = app.store.begin().await.map_err(text)?;
    for number in 0..asked.messages {
        let mail = Mail {
            to: format!("mittaus{number}@esimerkki.test"),
            subject: "Häiriö Kanta-palveluissa".to_owned(),
            body: "Potilastiedon arkistossa on häiriö. Kerromme, kun se on ohi.\n".repeat(5),
            secret: None,
            about: None,
            files: Vec::new(),
        };
        let sms = Sms {
            to: format!("+35840{:07}", number * 1_000 + 1),
            text: "Kanta: potilastiedon arkistossa on häiriö.".to_owned(),
            secret: None,
            about: None,
        };
        let json = |error: serde_json::Error| error.to_string();
        let mail = ("mail", serde_json::to_string(&mail).map_err(json)?);
        let sms = ("sms", serde_json::to_string(&sms).map_err(json)?);
        jobs::enqueue(&tx, [mail, sms], None, now).await.map_err(text)?;
    }
    tx.commit().await.map_err(text)?;
    let queued = micros();
    let arrived = || sandbox.mails.all().len() + sandbox.texts.all().len();
    let all = usize::try_from(asked.messages).unwrap_or(usize::MAX).saturating_mul(2);
    while arrived() < all {
        if micros() - begun > i64::try_from(asked.patience).unwrap_or(i64::MAX).saturating_mul(1_000_000) {
            return Err(format!("{} of {all} messages arrived", arrived()));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let handed = micros();
    Ok(serde_json::json!({
        "mails": asked.messages, "text_messages": asked.messages,
        "queued_ms": (queued - begun) / 1_000, "handed_over_ms": (handed - queued) / 1_000,
    }))
}
