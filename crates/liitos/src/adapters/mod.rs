//! The ports' real ends: clock, randomness, SMTP, OpenID Connect, mandates, registers, outbound doors.

mod clock;
pub(crate) mod http;
mod identity;
pub(crate) mod mandates;
mod outbound;
mod randomness;
mod register_source;
mod smtp;

pub use clock::SystemClock;
pub use identity::OpenIdConnect;
pub use mandates::Mandates;
pub use outbound::HttpOutbound;
pub use randomness::SystemRandomness;
pub use register_source::HttpRegisters;
pub use smtp::SmtpMailer;
