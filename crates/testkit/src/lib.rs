//! What tests are made of: an app with a fake clock, seeded randomness and a mailbox, on either database; a temporary
//! PostgreSQL cluster. For tests only: it may fail loudly.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests may fail loudly")]

mod app;
pub mod fault;
mod objects;
mod postgres;
mod sandbox;
pub mod states;

pub use app::{
    Database, FakeClock, Mailbox, TestApp, case_handler, close_by_two, copied, database_address, member_of, own_path,
    second_registrar,
};
pub use objects::TestObjects;
pub use postgres::{Cluster, connected_again, dump, postgres_address, restored};
pub use sandbox::{PATIENCE, TestSandbox};
