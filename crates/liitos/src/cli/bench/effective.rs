//! How long from the commit of a closing until each of many gateways decides by it.

use super::{micros, percentiles, sandbox};
use clap::Args;
use liitos_domain::Interval;
use liitos_domain::StaffRole;
use liitos_domain::directory::{Closing, Stage};
use liitos_gateway::config::Config;
use liitos_gateway::{Gateway, SnapshotHolder, wall_clock};
use liitos_service::Actor;
use liitos_service::directory::shut::{closings, lift, shut};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

#[derive(Args)]
pub(crate) struct Effective {
    /// Gateways, each with its own connection, verification and file.
    #[arg(long, default_value_t = 100)]
    gateways: usize,
    /// Changes, one after the other.
    #[arg(long, default_value_t = 100)]
    changes: u32,
}

fn registrar() -> Actor {
    Actor { reference: "bench".to_owned(), staff: vec![StaffRole::Registrar], ..Actor::default() }
}

/// How often each gateway is looked at.
const LOOK: Duration = Duration::from_millis(1);

pub(super) async fn run(folder: PathBuf, asked: &Effective) -> Result<serde_json::Value, String> {
    let text = |error: &dyn std::fmt::Display| error.to_string();
    let sandbox = sandbox(folder.clone()).await?;
    let mut holders: Vec<Arc<SnapshotHolder>> = Vec::new();
    for number in 0..asked.gateways {
        let mut config = Config::load(&folder.join("gateway.toml")).map_err(|e| text(&e))?;
        config.listen = ([127, 0, 0, 1], 0).into();
        config.snapshot_file = folder.join(format!("bench-{number}.sealed"));
        let gateway = Gateway::bind(config, wall_clock()).map_err(|e| text(&e))?;
        holders.push(gateway.snapshots());
        tokio::spawn(gateway.for_ever());
    }
    let app = &sandbox.app;
    let staff = registrar();
    let mut took = Vec::new();
    let mut slowest = Vec::new();
    let mut version = 0;
    for _ in 0..=asked.changes {
        let now = app.now();
        version = match closings(app, &staff).await.map_err(|e| text(&e))?.first() {
            Some(closing) => {
                let hash = liitos_domain::Sha256Hash::of_canonical(closing).map_err(|e| text(&e))?;
                lift(app, &staff, &hash, "bench").await
            }
            None => {
                let hour = Interval::new(now, Some(now.plus_seconds(3600)));
                let everything = Closing::everything(Stage::ReadOnly, hour);
                shut(app, &staff, Closing { reason: "bench".to_owned(), ..everything }).await
            }
        }
        .map_err(|e| text(&e))?;
        let committed = micros();
        let mut waiting: Vec<&Arc<SnapshotHolder>> = holders.iter().collect();
        let mut each = Vec::new();
        while !waiting.is_empty() {
            waiting.retain(|holder| {
                let arrived = holder.current().is_some_and(|held| held.version().1 >= version);
                if arrived {
                    each.push(micros() - committed);
                }
                !arrived
            });
            tokio::time::sleep(LOOK).await;
        }
        slowest.extend(each.iter().max());
        took.push(each);
    }
    // The first change meets gateways that are still connecting.
    let took: Vec<i64> = took.into_iter().skip(1).flatten().collect();
    let slowest: Vec<i64> = slowest.into_iter().skip(1).collect();
    let (each, last) = (percentiles(took), percentiles(slowest));
    Ok(serde_json::json!({
        "gateways": asked.gateways, "changes": asked.changes, "version": version,
        "effective_ms": { "p50": each(50) / 1000, "p99": each(99) / 1000 },
        "slowest_gateway_ms": { "p50": last(50) / 1000, "p99": last(99) / 1000 },
    }))
}
