//! The ports' real ends: clock, randomness, SMTP, OpenID Connect.

mod clock;
pub(crate) mod http;
mod identity;
mod randomness;
mod smtp;

pub use clock::SystemClock;
pub use identity::OpenIdConnect;
pub use randomness::SystemRandomness;
pub use smtp::SmtpMailer;
