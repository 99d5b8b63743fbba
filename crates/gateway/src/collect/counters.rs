//! What passed, by route: counts that only grow, and how many connections there are now.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// The counts of one route.
#[derive(Debug, Default)]
pub struct RouteCounts {
    /// Connections passed on.
    pub passed: AtomicU64,
    /// Connections for which no target answered.
    pub unanswered: AtomicU64,
    /// Connections refused because the route had its most.
    pub full: AtomicU64,
    /// Bytes from clients.
    pub up: AtomicU64,
    /// Bytes to clients.
    pub down: AtomicU64,
    /// Connections now.
    pub open: AtomicUsize,
}

/// All counts.
#[derive(Debug, Default)]
pub struct Counters {
    routes: Vec<(String, RouteCounts)>,
    /// Connections that no route is for.
    pub no_route: AtomicU64,
    /// Connections that are no TLS.
    pub no_tls: AtomicU64,
    /// Connections whose first message did not come in time.
    pub slow: AtomicU64,
    /// Connections refused because of the limits for all or for one address.
    pub crowded: AtomicU64,
}

impl Counters {
    pub(super) fn new(names: impl Iterator<Item = String>) -> Self {
        Self { routes: names.map(|name| (name, RouteCounts::default())).collect(), ..Self::default() }
    }

    /// The counts of a route by its number.
    #[must_use]
    pub fn route(&self, at: usize) -> Option<&RouteCounts> {
        self.routes.get(at).map(|(_, counts)| counts)
    }

    /// Connections that are passed on now.
    #[must_use]
    pub fn open(&self) -> usize {
        self.routes.iter().map(|(_, counts)| counts.open.load(Ordering::Relaxed)).sum()
    }

    /// In the text form that Prometheus reads.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut family = |name: &str, kind: &str, value: &dyn Fn(&RouteCounts) -> u64| {
            let _ = writeln!(text, "# TYPE liitos_collect_{name} {kind}");
            for (route, counts) in &self.routes {
                let label = route.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
                let _ = writeln!(text, "liitos_collect_{name}{{route=\"{label}\"}} {}", value(counts));
            }
        };
        family("passed_total", "counter", &|counts| counts.passed.load(Ordering::Relaxed));
        family("unanswered_total", "counter", &|counts| counts.unanswered.load(Ordering::Relaxed));
        family("full_total", "counter", &|counts| counts.full.load(Ordering::Relaxed));
        family("up_bytes_total", "counter", &|counts| counts.up.load(Ordering::Relaxed));
        family("down_bytes_total", "counter", &|counts| counts.down.load(Ordering::Relaxed));
        family("open", "gauge", &|counts| counts.open.load(Ordering::Relaxed) as u64);
        let refused =
            [("no_route", &self.no_route), ("no_tls", &self.no_tls), ("slow", &self.slow), ("crowded", &self.crowded)];
        let _ = writeln!(text, "# TYPE liitos_collect_refused_total counter");
        for (reason, count) in refused {
            let _ =
                writeln!(text, "liitos_collect_refused_total{{reason=\"{reason}\"}} {}", count.load(Ordering::Relaxed));
        }
        text
    }
}

pub(super) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
