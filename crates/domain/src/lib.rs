//! What must be true about joining Kanta: identifiers, registers, applications, the address directory,
//! access decisions and the rules of archived documents.
//!
//! Pure by contract: no async, no I/O, no clock, no randomness. Facts come in as values, verdicts go out
//! with their reason. Everything that loads facts or acts on a verdict lives in `service` or `gateway`.

pub mod application;
pub mod archive;
pub mod change;
pub mod contacts;
pub mod county;
pub mod decision_id;
pub mod deployment_test;
pub mod directory;
pub mod document;
pub mod fault;
pub mod fingerprint;
pub mod identifier;
pub mod moves;
pub mod notice;
pub mod notification;
pub mod obligation;
pub mod outbound;
pub mod plan;
pub mod position;
pub mod reception;
pub mod refusal;
pub mod register;
pub mod rules;
pub mod service_code;
pub mod time;
pub mod transparency;
pub mod typed;

pub use fingerprint::{Sha256Hash, Sha256Stream};
pub use identifier::Oid;
pub use position::{Act, Duty, Position, Seat, StaffRole};
pub use refusal::RefusalCode;
pub use service_code::Service;
pub use time::{Interval, Moment};
