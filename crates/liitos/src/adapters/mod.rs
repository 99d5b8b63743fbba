//! The ports' real ends: clock, randomness, SMTP, OpenID Connect.

mod clock;
pub(crate) mod http;
mod identity;
mod randomness;
mod register_source;
mod smtp;

pub use clock::SystemClock;
pub use identity::OpenIdConnect;
pub use randomness::SystemRandomness;
pub use register_source::HttpRegisters;
pub use smtp::SmtpMailer;
