//! How fast joiners are told: a fault that hits thousands of them, announced in one transaction, and its messages handed to the servers of mail and text messages.

use super::{country, micros, sandbox};
use clap::Args;
use liitos_domain::StaffRole;
use liitos_domain::application::Form;
use liitos_domain::contacts::{Holding, Person};
use liitos_domain::plan::ContactRole;
use liitos_service::{Actor, App, faults};
use liitos_store::contacts;
use std::path::{Path, PathBuf};
use std::time::Duration;

#[derive(Args)]
pub(crate) struct Outbox {
    /// Joiners, each with a mailbox and a telephone of its own.
    #[arg(long, default_value_t = 5_000)]
    joiners: u32,
    /// Seconds after which it is given up.
    #[arg(long, default_value_t = 600)]
    patience: u64,
}

pub(super) async fn run(folder: PathBuf, asked: &Outbox) -> Result<serde_json::Value, String> {
    let register = folder.join("register.xml");
    let sandbox = sandbox(folder).await?;
    let app = &sandbox.app;
    joined(app, &register, asked.joiners).await?;
    let fields = [
        ("fault_kind", "fault"),
        ("headline_fi", "Potilastietovaranto ei vastaa"),
        ("words_fi", "Syytä selvitetään. Kerromme lisää tunnin kuluttua."),
        ("public", "yes"),
    ];
    let form = Form(fields.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect());
    let staff = Actor { reference: "bench".to_owned(), staff: vec![StaffRole::Registrar], ..Actor::default() };
    let begun = micros();
    let number = faults::announce(app, &staff, &form).await.map_err(|error| error.to_string())?;
    let queued = micros();
    let arrived = || sandbox.mails.all().len() + sandbox.texts.all().len();
    let all = usize::try_from(asked.joiners).unwrap_or(usize::MAX).saturating_mul(2);
    while arrived() < all {
        if micros() - begun > i64::try_from(asked.patience).unwrap_or(i64::MAX).saturating_mul(1_000_000) {
            return Err(format!("{} of {all} messages arrived", arrived()));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let handed = micros();
    Ok(serde_json::json!({
        "fault": number, "mails": asked.joiners, "text_messages": asked.joiners,
        "announced_ms": (queued - begun) / 1_000, "handed_over_ms": (handed - queued) / 1_000,
    }))
}

/// Joiners with rights, each with a recipient of fault notifications.
async fn joined(app: &App, register: &Path, joiners: u32) -> Result<(), String> {
    country::open(app, register, joiners).await?;
    let text = |error: liitos_store::StoreError| error.to_string();
    let now = app.now();
    let tx = app.store.begin().await.map_err(text)?;
    for number in 0..joiners {
        let person = Person {
            name: "Tukipiste".to_owned(),
            email: format!("mittaus{number}@esimerkki.test"),
            phone: format!("+35840{:07}", number * 1_000 + 1),
            card: None,
        };
        let contact = contacts::add(&tx, &country::joiner(number)?, &person, now).await.map_err(text)?;
        let holding = Holding { role: ContactRole::Fault, service: None };
        contacts::give(&tx, contact, holding, now).await.map_err(text)?;
    }
    tx.commit().await.map_err(text)
}
