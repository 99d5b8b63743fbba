//! `liitos bench decide`: how long a decision takes in a directory of the real size, and how often it agrees with the reference.

use clap::Args;
use liitos_domain::Moment;
use liitos_domain::directory::reference::{self, made_up};
use liitos_domain::directory::{Closing, Delta, Joiner, Right, Snapshot, SnapshotContent, Stage, decide};
use liitos_domain::service_code::RateClass;
use liitos_domain::{Interval, Oid};
use serde_json::json;
use std::hint::black_box;
use std::time::{Duration, Instant};

#[derive(Args)]
pub(crate) struct Decide {
    /// Rights in the made-up directory.
    #[arg(long, default_value_t = 1_000_000)]
    rights: u64,
    /// Decisions measured one by one.
    #[arg(long, default_value_t = 200_000)]
    decisions: usize,
    /// Made-up cases on which the decision is compared with the plainly told one.
    #[arg(long, default_value_t = 1_000_000)]
    cases: u64,
    /// Where the made-up numbers begin.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[expect(clippy::disallowed_methods, reason = "a bench measures; nothing is decided by it")]
pub(super) fn now() -> Instant {
    Instant::now()
}

pub(super) fn run(asked: &Decide) -> Result<serde_json::Value, String> {
    let mut seeded = made_up::Seeded::new(asked.seed);
    let content = made_up::large(&mut seeded, asked.rights);
    let calls: Vec<made_up::Call> =
        (0..asked.decisions).filter_map(|_| made_up::call_into(&mut seeded, &content)).collect();
    let deltas = deltas(&content);
    let begun = now();
    let snapshot = Snapshot::build(content).map_err(|error| error.to_string())?;
    let built = begun.elapsed();

    let mut by_text = Vec::with_capacity(calls.len());
    let mut permitted = 0u64;
    for call in &calls {
        let (request, begun) = (call.request(), now());
        let decision = black_box(decide(&snapshot, &request, call.at));
        by_text.push(begun.elapsed());
        permitted += u64::from(decision.permitted());
    }
    let mut applied = Vec::with_capacity(deltas.len());
    for delta in &deltas {
        let begun = now();
        let next = black_box(snapshot.with(delta).map_err(|error| error.to_string())?);
        applied.push(begun.elapsed());
        drop(next);
    }
    let asked_by_number: Vec<_> = calls.iter().map(|call| (snapshot.asked(&call.request()), call.at)).collect();
    let begun = now();
    let mut rounds = 0u32;
    while begun.elapsed() < Duration::from_secs(1) {
        for (call, at) in &asked_by_number {
            black_box(snapshot.verdict(black_box(call), *at));
        }
        rounds += 1;
    }
    let interned = f64::from(rounds) * asked_by_number.len() as f64 / begun.elapsed().as_secs_f64();
    // The clock itself takes its time: how much, stands beside the figures.
    let mut clock: Vec<Duration> = (0..calls.len()).map(|_| now().elapsed()).collect();
    Ok(json!({
        "rights": snapshot.rights(), "build_ms": built.as_millis(),
        "bytes_per_right": snapshot.memory() / snapshot.rights().max(1),
        "text_lookup": { "p50_ns": percentile(&mut by_text, 500), "p99_ns": percentile(&mut by_text, 990), "p999_ns": percentile(&mut by_text, 999) },
        "delta": { "p50_us": percentile(&mut applied, 500) / 1000, "p99_us": percentile(&mut applied, 990) / 1000 },
        "clock_p50_ns": percentile(&mut clock, 500), "permitted": permitted, "decisions": calls.len(),
        "interned": { "per_second": interned.round() },
        "differential": compare(&mut seeded, asked.cases)?,
    }))
}

/// Changes of the kind that come: a joiner's rights with one less, a closing, a new joiner with a right.
fn deltas(content: &SnapshotContent) -> Vec<Delta> {
    let bare = Delta {
        epoch: content.epoch,
        base: (content.sequence, content.issued_at),
        sequence: content.sequence + 1,
        issued_at: content.issued_at,
        expires_at: content.expires_at,
        head: None,
        joiners: Vec::new(),
        units: Vec::new(),
        tenants: Vec::new(),
        access_points: Vec::new(),
        rights: Vec::new(),
        systems: Vec::new(),
        renewal_marks: Vec::new(),
        collection_points: None,
        closings: None,
    };
    let ever = Interval::from(Moment::from_seconds(0));
    let mut deltas = Vec::new();
    for (number, right) in content.rights.iter().step_by(content.rights.len() / 100 + 1).enumerate() {
        let rest = content.rights.iter().filter(|other| other.joiner == right.joiner).skip(1);
        deltas.push(Delta { rights: vec![(right.joiner.clone(), rest.cloned().collect())], ..bare.clone() });
        let closing = Closing { joiner: Some(right.joiner.clone()), ..Closing::everything(Stage::Closed, ever) };
        deltas.push(Delta { closings: Some(vec![closing]), ..bare.clone() });
        let Ok(oid) = Oid::parse(&format!("1.2.246.10.{}.10.0", 90_000_000 + number)) else { continue };
        let new = Right { joiner: oid.clone(), ..right.clone() };
        let joiner = Joiner { oid: oid.clone(), rate: RateClass::Ordinary, valid: ever };
        deltas.push(Delta {
            joiners: vec![(oid.clone(), vec![joiner])],
            rights: vec![(oid, vec![new])],
            ..bare.clone()
        });
    }
    deltas
}

/// Compares with the reference; the first disagreement ends it.
fn compare(seeded: &mut made_up::Seeded, cases: u64) -> Result<serde_json::Value, String> {
    let (mut compared, mut permitted, mut directories) = (0u64, 0u64, 0u64);
    while compared < cases {
        let content = made_up::small(seeded);
        let snapshot = Snapshot::build(content.clone()).map_err(|error| error.to_string())?;
        directories += 1;
        for _ in 0..100.min(cases - compared) {
            let Some(call) = made_up::call(seeded, &content) else { continue };
            let told = reference::decide(&content, &call.request(), call.at).err();
            let decided = decide(&snapshot, &call.request(), call.at);
            let bare = snapshot.verdict(&snapshot.asked(&call.request()), call.at);
            let plain = call.request().certificate.is_none() && call.request().source.is_none();
            if decided.code() != told || (plain && bare != decided.verdict) {
                let at: Moment = call.at;
                return Err(format!("{:?} and {told:?} at {at}: {call:?} in {content:?}", decided.code()));
            }
            permitted += u64::from(told.is_none());
            compared += 1;
        }
    }
    Ok(json!({ "cases": compared, "directories": directories, "permitted": permitted, "disagreements": 0 }))
}

/// What so many thousandths of the measurements do not pass, in nanoseconds.
fn percentile(took: &mut [Duration], thousandths: usize) -> u128 {
    took.sort_unstable();
    took.get(took.len() * thousandths / 1000).map_or(0, Duration::as_nanos)
}
