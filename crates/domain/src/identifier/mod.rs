//! The identifiers of the field, each a type of its own: a value that exists is valid.
//!
//! Parse at the border, never check twice. Errors say what was expected. No parser here accepts more
//! than the named limits of its module.

pub mod access_point;
pub mod archivist_card;
pub mod business_id;
pub mod certificate_serial;
pub mod classify;
pub mod dns_name;
pub mod e_invoice;
pub mod nodes;
pub mod oid;
pub mod personal_identity_code;
pub mod phone;

pub use access_point::{AccessPointOid, Registry};
pub use archivist_card::ArchivistCardNumber;
pub use business_id::BusinessId;
pub use certificate_serial::CertificateSerial;
pub use classify::{Classified, Kind, classify};
pub use dns_name::DnsName;
pub use e_invoice::EInvoiceAddress;
pub use oid::Oid;
pub use personal_identity_code::{PersonalIdentityCode, birth_year};
pub use phone::PhoneNumber;

use serde::de::{Deserialize, Deserializer, Visitor};
use std::fmt;

/// Gives a validated text type its everyday traits: text in, text out, serde by the parser.
macro_rules! text_identifier {
    ($name:ident, $error:ty, $known_as:literal) => {
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                crate::identifier::named(d, $known_as, Self::parse)
            }
        }
    };
}
pub(crate) use text_identifier;

/// Reads a text by the name of what it is. Most formats see through the name; the reader of plans tells it when the text is
/// something else.
pub(crate) fn named<'de, D, T, E>(
    deserializer: D,
    name: &'static str,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    E: fmt::Display,
{
    deserializer.deserialize_newtype_struct(name, Named { name, parse })
}

struct Named<P> {
    name: &'static str,
    parse: P,
}

impl<'de, T, E: fmt::Display, P: Fn(&str) -> Result<T, E>> Visitor<'de> for Named<P> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        self.visit_str(&String::deserialize(deserializer)?)
    }

    fn visit_str<F: serde::de::Error>(self, text: &str) -> Result<T, F> {
        (self.parse)(text).map_err(F::custom)
    }
}
