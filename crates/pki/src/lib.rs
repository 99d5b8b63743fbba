//! X.509 as the field uses it: what a certificate says, whether it is strong and trusted, whether it was revoked,
//! and the TLS configurations built on that.
//!
//! Names are read from DER, never from a printed form: a comma inside a name must not become a new attribute.
//! Not for deciding who may do what: that is `domain::directory`.

pub mod authority;
mod believed;
mod bundle;
mod certificate;
pub mod client_cert;
pub mod client_hello;
#[cfg(test)]
mod damage;
mod jws;
pub mod ocsp;
mod pem;
mod policies;
mod request;
mod revocation;
pub mod seal;
mod signed_with;
mod strength;
pub mod tls;
mod token;
mod trust;
mod trust_files;
mod trust_state;
pub mod vault;

pub use believed::Believed;
pub use bundle::{BundleError, MAX_BUNDLE_BYTES, bundle};
pub use certificate::{Certificate, CertificateError, SubjectError};
pub use jws::{DetachedJws, JwsError};
pub use pem::{PemError, Piece, certificates, certificates_from_pem, parse_certificate, pieces};
pub use request::{NewKey, RequestError, Requested, ServerRequest};
pub use revocation::{Revocation, RevocationError, RevocationIndex};
pub use signed_with::{KeyNotUsable, SignedWith, sign_rsa_sha256};
pub use strength::KeyStrength;
pub use token::{Said, Token, TokenError, TokenRules, read_as_token};
pub use trust::{ChainError, Purpose, TrustAnchors};
pub use trust_files::{FileFault, FileProblem, TrustFiles};
pub use trust_state::Trust;
