//! `liitos collect`: a collection point.

use super::Ended;
use clap::Args;
use liitos_gateway::collect::{CollectConfig, CollectionPoint};
use liitos_gateway::stopped;
use std::path::PathBuf;

#[derive(Args)]
pub(crate) struct Collect {
    /// The configuration file (`docs/collection-point.md`).
    #[arg(long)]
    config: PathBuf,
    /// Check the configuration and end.
    #[arg(long)]
    check: bool,
}

/// Runs until the process is told to stop; then takes nothing more and lets what runs end.
pub(crate) async fn run(asked: &Collect) -> Ended {
    let config = match CollectConfig::load(&asked.config) {
        Ok(config) => config,
        Err(error) => return Ended::BadInput(error.to_string()),
    };
    if asked.check {
        say!("{}: every key is known and of the right type", asked.config.display());
        return Ended::Fine;
    }
    let point = match CollectionPoint::bind(config).await {
        Ok(point) => point,
        Err(error) => return Ended::BadInput(error.to_string()),
    };
    for address in point.addresses().unwrap_or_default() {
        tracing::info!(%address, "collecting");
    }
    point.run(stopped()).await;
    Ended::Fine
}
