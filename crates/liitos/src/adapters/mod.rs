//! The ports' real ends: clock, randomness, SMTP, text messages, OpenID Connect, mandates, registers, outbound doors, tokens that keep keys.

mod clock;
pub(crate) mod http;
mod identity;
pub(crate) mod mandates;
mod objects;
mod outbound;
mod randomness;
mod register_source;
mod sms;
mod smtp;
mod token;
mod webhooks;

pub use clock::{MovedClock, SystemClock};
pub use identity::OpenIdConnect;
pub use mandates::Mandates;
pub(crate) use objects::StoredObjects;
pub use outbound::HttpOutbound;
pub use randomness::SystemRandomness;
pub use register_source::HttpRegisters;
pub use sms::SmsGateway;
pub use smtp::SmtpMailer;
pub(crate) use token::TokenKey;
pub use webhooks::{WebhookPoster, signature};
