//! The front door: access points come in by mutual TLS, each call is decided on from its first bytes, and what may pass
//! streams on to the backend with verified facts in headers.
//!
//! ```text
//! access point ──mTLS──▶ door ──decide(snapshot)──▶ call ──pinned mTLS──▶ backend
//!                          │                                                   │
//!                          └── refusal with code and decision id      sealed snapshots (long poll)
//! ```
//!
//! It knows nothing but its configuration, the snapshot and the call: no database, no use cases.

mod backend;
mod call;
mod calls;
pub mod collect;
pub mod config;
mod door;
pub mod fairness;
mod front;
mod gateway;
mod http1;
mod http2;
mod identity;
pub mod inside;
mod judge;
mod kept;
mod listening;
mod message;
mod ocsp;
mod outbound;
mod places;
mod refusal;
mod reports;
mod snapshots;
mod status;
mod stop;
mod tokens;
mod trace;

pub use gateway::{Gateway, GatewayError, Worker};
pub use http1::read_as_http;
pub use snapshots::SnapshotHolder;
pub use stop::stopped;

use liitos_domain::Moment;
use std::sync::Arc;

/// Tells the time; the wall clock in the binary, a fake in tests.
pub type Now = Arc<dyn Fn() -> Moment + Send + Sync>;

/// The wall clock.
#[must_use]
pub fn wall_clock() -> Now {
    Arc::new(|| {
        #[expect(
            clippy::disallowed_methods,
            reason = "the gateway's one reading of the wall clock; everything else is given it"
        )]
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Moment::from_micros(since.map_or(0, |elapsed| i64::try_from(elapsed.as_micros()).unwrap_or(i64::MAX)))
    })
}
