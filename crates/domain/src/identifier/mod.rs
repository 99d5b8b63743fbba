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

pub use access_point::{AccessPointOid, Registry};
pub use archivist_card::ArchivistCardNumber;
pub use business_id::BusinessId;
pub use certificate_serial::CertificateSerial;
pub use classify::{Classified, Kind, classify};
pub use dns_name::DnsName;
pub use e_invoice::EInvoiceAddress;
pub use oid::Oid;
pub use personal_identity_code::PersonalIdentityCode;

/// Gives a validated text type its everyday traits: text in, text out, serde by the parser.
macro_rules! text_identifier {
    ($name:ident, $error:ty) => {
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
                let text = <String as serde::Deserialize>::deserialize(d)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use text_identifier;
