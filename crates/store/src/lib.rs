//! The only SQL: entities, queries, migrations, the job queue and the audit trail, on SQLite and PostgreSQL.
//!
//! Writing goes through [`Store::begin`]; reading through [`Store::read`]. On SQLite there is one writing
//! connection, so writers queue here and not on the file; on PostgreSQL the writers that must not interleave take
//! an advisory lock inside their transaction. No rule is decided here.

pub mod acceptances;
pub mod agreements;
pub mod answers;
pub mod application_past;
pub mod applications;
pub mod archive;
pub mod audit;
pub mod campaigns;
pub mod certificates;
pub mod changes;
pub mod contacts;
pub mod controller_runs;
mod database;
pub mod delegations;
pub mod deployment_tests;
pub mod directory;
pub mod enrolments;
mod entity;
mod error;
pub mod faults;
pub mod handover_keys;
pub mod happenings;
pub mod jobs;
pub mod members;
mod migration;
pub mod moves;
pub mod notices;
pub mod notifications;
pub mod outbound;
pub mod programs;
pub mod register_facts;
pub mod register_family;
pub mod registers;
pub mod sealed;
pub mod service_tasks;
pub mod sessions;
pub mod signers;
pub mod system_functions;
pub mod system_suppliers;
pub mod webhooks;

pub use database::{Lock, Store, Transaction};
pub use error::StoreError;
pub use migration::schema_status;
