//! `liitos collect`: a collection point.

use super::Ended;
use clap::Args;
use liitos_gateway::collect::{CollectConfig, CollectionPoint};
use liitos_gateway::stopped;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use tokio::runtime::Builder;

#[derive(Args)]
pub(crate) struct Collect {
    /// The configuration file (`docs/collection-point.md`).
    #[arg(long)]
    config: PathBuf,
    /// Check the configuration and end.
    #[arg(long)]
    check: bool,
}

/// Runs until the process is told to stop; then takes nothing more and lets what runs end. Each processor has a thread with a
/// runtime of its own, so that no connection is handed from one to another.
pub(crate) fn run(asked: &Collect) -> Ended {
    let config = match CollectConfig::load(&asked.config) {
        Ok(config) => config,
        Err(error) => return Ended::BadInput(error.to_string()),
    };
    if asked.check {
        say!("{}: every key is known and of the right type", asked.config.display());
        return Ended::Fine;
    }
    match CollectionPoint::bind(config) {
        Ok(point) => serve(point).map_or_else(|error| Ended::BadInput(error.to_string()), |()| Ended::Fine),
        Err(error) => Ended::BadInput(error.to_string()),
    }
}

fn serve(point: CollectionPoint) -> std::io::Result<()> {
    for address in point.addresses()? {
        tracing::info!(%address, "collecting");
    }
    let mut others = Vec::new();
    for _ in 1..std::thread::available_parallelism().map_or(1, NonZeroUsize::get) {
        let (worker, runtime) = (point.worker()?, Builder::new_current_thread().enable_all().build()?);
        others.push(std::thread::spawn(move || runtime.block_on(worker.run())));
    }
    Builder::new_current_thread().enable_all().build()?.block_on(point.run(stopped()));
    for other in others {
        let _ = other.join();
    }
    Ok(())
}
