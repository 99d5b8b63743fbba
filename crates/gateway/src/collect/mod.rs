//! The collection point: many access points' connections over shared links, TLS untouched (guide 5.6).
//!
//! ```text
//! access point ──TCP──▶ listener ──first bytes──▶ route ──first target that answers──▶ Kanta's hall, or an access point
//! ```
//!
//! It has no key and no certificate, and its configuration has no place for one: what it reads is the name in a client's
//! first message, which stands there for everybody; every byte that comes goes on as it came. Who may do what is
//! decided where TLS ends.

pub mod config;
mod counters;
mod listener;
pub mod proxy_header;
mod relay;
mod route;
mod targets;

pub use config::CollectConfig;
pub use counters::{Counters, RouteCounts};
pub use listener::{CollectError, CollectWorker, CollectionPoint};
