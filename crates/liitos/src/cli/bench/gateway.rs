//! `liitos bench gateway`: what a call, a handshake and a passed-on connection cost at our doors, at HAProxy's and at nginx's,
//! with the same certificates and the same backend, one after the other in the same run.
//!
//! The load is open: so many calls a second, whatever the answers do, and none of the proxies is near its limit: of handshakes, as
//! many as keep the slowest half busy. What counts is the processor time that each spends on a call. Beside it stands a rush, where
//! as many handshakes come as are answered: how many a second a core carries.

mod load;
mod proxies;

use super::percentiles;
use clap::Args;
use load::Load;
use proxies::{Ground, Proxy, Started};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Duration;

#[derive(Args)]
pub(crate) struct GatewayBench {
    /// One short run of each instead of five.
    #[arg(long)]
    quick: bool,
    /// Only what is measured under these names.
    #[arg(long)]
    only: Vec<String>,
    /// Idle connections to hold at our door.
    #[arg(long, default_value_t = 10_000)]
    idle: usize,
}

/// One thing that is measured.
struct Scenario {
    name: &'static str,
    key: &'static str,
    revoked: u32,
    what: What,
    /// Calls a second.
    rate: u32,
}

#[derive(Clone, Copy)]
enum What {
    /// Calls on connections that stay.
    Calls(&'static str),
    /// A connection, a handshake and one small call each time.
    Handshakes,
    /// The same, a new one as soon as one is answered.
    Rush,
    /// Connections with a handshake through the doors that only pass bytes on.
    Passing,
    /// A large answer through them.
    PassingLarge,
}

const SMALL: &str = "small";
const MESSAGE: &str = "message";
const LARGE: &str = "large";
const HUGE: &str = "huge";
const HUGE_BYTES: u64 = 1024 * 1024 * 1024;

const fn scenario(name: &'static str, key: &'static str, revoked: u32, what: What, rate: u32) -> Scenario {
    Scenario { name, key, revoked, what, rate }
}

const SCENARIOS: [Scenario; 12] = [
    scenario("small", "p256", 0, What::Calls(SMALL), 3000),
    scenario("small-rsa-3072", "rsa3072", 0, What::Calls(SMALL), 3000),
    scenario("message", "p256", 0, What::Calls(MESSAGE), 1000),
    scenario("1-mb", "p256", 0, What::Calls(LARGE), 150),
    scenario("handshake-p256", "p256", 0, What::Handshakes, 300),
    scenario("handshake-rsa-3072", "rsa3072", 0, What::Handshakes, 100),
    scenario("handshake-rsa-4096", "rsa4096", 0, What::Handshakes, 50),
    scenario("handshake-100000-revoked", "p256", 100_000, What::Handshakes, 50),
    scenario("rush-p256", "p256", 0, What::Rush, 0),
    scenario("rush-100000-revoked", "p256", 100_000, What::Rush, 0),
    scenario("pass-on", "p256", 0, What::Passing, 150),
    scenario("pass-on-1-mb", "p256", 0, What::PassingLarge, 150),
];

pub(super) async fn run(folder: PathBuf, asked: &GatewayBench) -> Result<Value, String> {
    let (runs, time) = if asked.quick { (1, Duration::from_secs(2)) } else { (5, Duration::from_secs(4)) };
    let wanted = |name: &str| asked.only.is_empty() || asked.only.iter().any(|only| only == name);
    let mut told = serde_json::Map::new();
    for scenario in SCENARIOS.iter().filter(|scenario| wanted(scenario.name)) {
        let ground = Ground::lay(&folder, scenario.key, scenario.revoked)?;
        let measured = measure(&ground, scenario, runs, time).await?;
        eprintln!("{}: {measured}", scenario.name);
        told.insert(scenario.name.to_owned(), measured);
    }
    if wanted("1-gb") {
        let ground = Ground::lay(&folder, "p256", 0)?;
        told.insert("1-gb".to_owned(), huge(&ground).await?);
    }
    if wanted("idle") {
        let ground = Ground::lay(&folder, "p256", 0)?;
        told.insert("idle".to_owned(), idle(&ground, asked.idle).await?);
    }
    Ok(Value::Object(told))
}

/// What was measured of one proxy in all runs.
#[derive(Default)]
struct Measured {
    cpu_us: Vec<f64>,
    took_us: Vec<i64>,
}

async fn measure(ground: &Ground, scenario: &Scenario, runs: u32, time: Duration) -> Result<Value, String> {
    let _backend = ground.start(Proxy::Backend)?;
    let passing = matches!(scenario.what, What::Passing | What::PassingLarge);
    let all = if passing { Proxy::PASSING } else { Proxy::DECIDING };
    let started = all.iter().map(|proxy| ground.start(*proxy)).collect::<Result<Vec<Started>, _>>()?;
    let mut measured: Vec<Measured> = all.iter().map(|_| Measured::default()).collect();
    for run in 0..=runs {
        for (proxy, told) in started.iter().zip(&mut measured) {
            let load = Load::new(ground, proxy.port())?;
            let before = proxy.cpu();
            // The first run warms up.
            let length = if run == 0 { Duration::from_millis(500) } else { time };
            let took = match scenario.what {
                What::Calls(which) => load.calls(which, scenario.rate, length).await,
                What::Handshakes | What::Passing => load.handshakes(scenario.rate, length).await,
                What::Rush => load.rush(length).await,
                What::PassingLarge => load.calls(LARGE, scenario.rate, length).await,
            }
            .map_err(|problem| format!("{}, {}: {problem}", scenario.name, proxy.name()))?;
            if run > 0 {
                let spent = (proxy.cpu() - before).as_secs_f64() * 1e6;
                told.cpu_us.push(spent / took.len() as f64);
                told.took_us.extend(took);
            }
        }
    }
    let mut all = serde_json::Map::new();
    for (proxy, told) in started.iter().zip(measured) {
        all.insert(proxy.name().to_owned(), put(told));
    }
    let median = |name: &str| all.get(name).and_then(|told: &Value| told.pointer("/cpu_us/median")?.as_f64());
    if let (Some(ours), Some(theirs)) = (median("liitos"), median("haproxy")) {
        all.insert("liitos_to_haproxy".to_owned(), json!((ours / theirs * 100.0).round() / 100.0));
    }
    Ok(Value::Object(all))
}

fn put(mut told: Measured) -> Value {
    told.cpu_us.sort_unstable_by(f64::total_cmp);
    let round = |us: Option<&f64>| us.map(|us| (us * 10.0).round() / 10.0);
    let cpu = &told.cpu_us;
    let cpu =
        json!({ "median": round(cpu.get(cpu.len() / 2)), "least": round(cpu.first()), "most": round(cpu.last()) });
    let at = percentiles(told.took_us);
    json!({ "cpu_us": cpu, "p50_us": at(50), "p99_us": at(99) })
}

/// How much memory a gigabyte takes that passes through.
async fn huge(ground: &Ground) -> Result<Value, String> {
    let _backend = ground.start(Proxy::Backend)?;
    let door = ground.start(Proxy::Liitos)?;
    let load = Load::new(ground, door.port())?;
    load.once(SMALL).await?;
    let before = door.peak_mb();
    let took = load.once(HUGE).await?;
    Ok(json!({ "bytes": HUGE_BYTES, "ms": took / 1000, "peak_mb_before": before, "peak_mb": door.peak_mb() }))
}

/// How much memory so many connections take that have made a call and rest.
async fn idle(ground: &Ground, connections: usize) -> Result<Value, String> {
    let _backend = ground.start(Proxy::Backend)?;
    let door = ground.start(Proxy::Liitos)?;
    let load = Load::new(ground, door.port())?;
    let before = door.memory_mb();
    let resting = load.resting(connections).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let after = door.memory_mb();
    Ok(json!({ "connections": resting.len(), "memory_mb_before": before, "memory_mb": after }))
}
