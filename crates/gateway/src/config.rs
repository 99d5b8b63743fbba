//! The gateway's configuration: TOML, every key checked, faults with file, line and key.

use crate::fairness::JoinerLimits;
use ipnet::IpNet;
use liitos_domain::{Oid, Sha256Hash};
use liitos_pki::TrustFiles;
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The configuration file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where access points connect.
    pub listen: SocketAddr,
    /// The gateway's own server certificate chain, PEM.
    pub certificate: PathBuf,
    /// Its private key, PKCS#8 PEM.
    pub key: PathBuf,
    /// Issuers of access points' certificates, PEM.
    pub access_point_issuers: PathBuf,
    /// Their revocation lists, DER files.
    #[serde(default)]
    pub revocation_lists: Vec<PathBuf>,
    /// Certificate policies one of which a caller's path must be valid under; none: whatever it has will do.
    #[serde(default)]
    pub certificate_policies: Vec<Oid>,
    /// The backend: `https://host:port`.
    pub backend: String,
    /// SHA-256 of the backend's certificate.
    pub backend_certificate_sha256: Sha256Hash,
    /// The gateway's certificate towards the backend, PEM.
    pub backend_client_certificate: PathBuf,
    /// Its private key, PKCS#8 PEM.
    pub backend_client_key: PathBuf,
    /// The operator's sealing key, public half, 64 hexadecimal digits.
    pub seal_public_key: Sha256Hash,
    /// Where the last good snapshot is kept.
    pub snapshot_file: PathBuf,
    /// Limits.
    #[serde(default)]
    pub limits: Limits,
    /// Whether a call's source address must be one of the access point's.
    #[serde(default = "yes")]
    pub check_source_address: bool,
    /// Collection points, as addresses or networks (`192.0.2.0/28`): what comes from there begins with a PROXY header (version 2)
    /// that says where it really comes from, and from nowhere else such a header is believed.
    #[serde(default)]
    pub collection_points: Vec<IpNet>,
    /// Whether certificates for server use only may call.
    #[serde(default = "yes")]
    pub accept_server_only_certificates: bool,
}

/// Limits that protect the gateway.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Seconds for the TLS handshake, for the request head, for each silence within a body, and for an answer of which
    /// nothing is taken.
    pub silence_seconds: u64,
    /// Connections at once.
    pub connections: usize,
    /// Largest message, in bytes.
    pub message_bytes: u64,
    /// What one joiner may take.
    pub joiner: JoinerLimits,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            silence_seconds: 10,
            connections: 10_000,
            message_bytes: liitos_documents::MAX_MESSAGE_BYTES as u64,
            joiner: JoinerLimits::default(),
        }
    }
}

impl Limits {
    /// The longest silence borne.
    #[must_use]
    pub const fn silence(&self) -> Duration {
        Duration::from_secs(self.silence_seconds)
    }
}

/// Why a configuration was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file is not there.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The text is not what was expected; says line and key.
    #[error("{path}: {problem}")]
    Text {
        /// Which file.
        path: PathBuf,
        /// Line, key and what was expected.
        problem: String,
    },
}

impl Config {
    /// The files that say which access points' certificates are trusted.
    #[must_use]
    pub fn trust_files(&self) -> TrustFiles<'_> {
        TrustFiles {
            issuers: std::slice::from_ref(&self.access_point_issuers),
            revocation_lists: &self.revocation_lists,
            policies: &self.certificate_policies,
        }
    }

    /// Reads and checks a configuration file; relative paths start at its folder.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = String::from_utf8_lossy(&read(path)?).into_owned();
        let mut config: Self = toml::from_str(&text)
            .map_err(|error| ConfigError::Text { path: path.to_owned(), problem: error.to_string() })?;
        let folder = path.parent().unwrap_or(Path::new("."));
        let named = [
            &mut config.certificate,
            &mut config.key,
            &mut config.access_point_issuers,
            &mut config.backend_client_certificate,
            &mut config.backend_client_key,
            &mut config.snapshot_file,
        ];
        for file in named.into_iter().chain(&mut config.revocation_lists) {
            *file = folder.join(&*file);
        }
        Ok(config)
    }
}

/// Reads a file that the configuration names.
///
/// # Errors
/// [`ConfigError::File`] with the path.
pub fn read(path: &Path) -> Result<Vec<u8>, ConfigError> {
    std::fs::read(path).map_err(|source| ConfigError::File { path: path.to_owned(), source })
}

const fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_name_line_and_key() {
        let problem = |text: &str| toml::from_str::<Config>(text).unwrap_err().to_string();
        assert!(problem("listen = \"127.0.0.1:1\"\nlistn = 1\n").contains("line 2"));
        assert!(problem("listen = \"here\"\n").contains("line 1"));
        assert!(problem("").contains("listen"));
    }
}
