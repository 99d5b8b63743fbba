//! The configuration of an access point's inside: which systems there are, how each is known, and for whom it may call.

use crate::config::{ConfigError, Limits, read};
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::{Oid, Service, Sha256Hash};
use liitos_pki::{TokenRules, TrustFiles};
use serde::Deserialize;
use std::collections::{BTreeMap, HashSet};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// The configuration file of a joiner's or an intermediary's access point.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InsideConfig {
    /// The access point's OID: the one that its certificate carries.
    pub access_point: AccessPointOid,
    /// Where systems connect.
    pub listen: SocketAddr,
    /// The certificate chain that they are shown, PEM.
    pub certificate: PathBuf,
    /// Its key, PKCS#8 PEM.
    pub key: PathBuf,
    /// Issuers of systems' certificates, PEM.
    pub system_issuers: PathBuf,
    /// Their revocation lists, DER files.
    #[serde(default)]
    pub revocation_lists: Vec<PathBuf>,
    /// Kanta's doors, called by turns.
    pub kanta: Vec<Kanta>,
    /// Issuers of their certificates, PEM.
    pub kanta_issuers: PathBuf,
    /// Their revocation lists, DER files; an empty list: whether a door's certificate was revoked is not asked.
    pub kanta_revocation_lists: Vec<PathBuf>,
    /// The access point's certificate chain, which Kanta is shown, PEM.
    pub outside_certificate: PathBuf,
    /// Its key, PKCS#8 PEM.
    pub outside_key: PathBuf,
    /// The systems.
    #[serde(rename = "system")]
    pub systems: Vec<System>,
    /// Passing Kanta's tokens (JWT) on, which systems send as `Authorization: Bearer`: where each says for whom it calls, so that none
    /// says more than its system may; absent: no token is passed on.
    pub token: Option<TokenRules>,
    /// Where a line is written for each call, JSON; absent: standard error.
    pub access_log: Option<PathBuf>,
    /// Where its counts, its health and a page for people can be read (HTTP); absent: nowhere.
    pub status: Option<SocketAddr>,
    /// Limits.
    #[serde(default)]
    pub limits: Limits,
}

/// A door of Kanta.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kanta {
    /// `https://name:port`: the name is the one that its certificate must have.
    pub address: String,
    /// Where it is reached, where the name does not say so: a collection point, say.
    pub at: Option<SocketAddr>,
}

/// A system inside.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct System {
    /// What it is called in the log.
    pub name: String,
    /// Whose it is.
    pub organisation: Oid,
    /// SHA-256 of its certificates.
    #[serde(default)]
    pub certificate_sha256: Vec<Sha256Hash>,
    /// The Subject serialNumber of its certificates.
    pub serial_number: Option<String>,
    /// SHA-256 of its token, which it sends as `Liitos-System-Token`.
    pub token_sha256: Option<Sha256Hash>,
    /// For whom it may call: OIDs, or all below one (`1.2.246.10.99999036.10.*`).
    pub represents: Vec<Represented>,
    /// The services that it may use; none named: all.
    #[serde(default)]
    pub services: Vec<Service>,
    /// By host, the tenants that it may name beside it. Where a host has one, that is named for the system; who calls for itself names
    /// itself.
    #[serde(default)]
    pub tenants: BTreeMap<Oid, Vec<Oid>>,
}

/// One organisation, or all whose OIDs begin like this.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Represented {
    /// This one.
    One(Oid),
    /// All below.
    Below(String),
}

impl Represented {
    /// Whether an organisation is meant.
    #[must_use]
    pub fn means(&self, oid: &Oid) -> bool {
        match self {
            Self::One(one) => one == oid,
            Self::Below(start) => oid.as_str().starts_with(start.as_str()),
        }
    }
}

impl<'de> Deserialize<'de> for Represented {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let oid =
            |text: &str| Oid::parse(text).map_err(|_| serde::de::Error::custom("expected an OID, or an OID and .*"));
        match text.strip_suffix(".*") {
            Some(above) => Ok(Self::Below(format!("{}.", oid(above)?))),
            None => oid(&text).map(Self::One),
        }
    }
}

impl InsideConfig {
    /// Whether a text is the configuration of an access point's inside and not of a front door.
    #[must_use]
    pub fn is_meant(text: &str) -> bool {
        toml::from_str::<toml::Table>(text).is_ok_and(|table| table.contains_key("access_point"))
    }

    /// Reads and checks a configuration file; relative paths start at its folder.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = String::from_utf8_lossy(&read(path)?).into_owned();
        let fault = |problem: String| ConfigError::Text { path: path.to_owned(), problem };
        let mut config: Self = toml::from_str(&text).map_err(|error| fault(error.to_string()))?;
        let folder = path.parent().unwrap_or(Path::new("."));
        let named = [
            &mut config.certificate,
            &mut config.key,
            &mut config.system_issuers,
            &mut config.kanta_issuers,
            &mut config.outside_certificate,
            &mut config.outside_key,
        ];
        for file in named
            .into_iter()
            .chain(&mut config.access_log)
            .chain(&mut config.revocation_lists)
            .chain(&mut config.kanta_revocation_lists)
        {
            *file = folder.join(&*file);
        }
        config.sound().map_err(fault)?;
        Ok(config)
    }

    /// Whether each system is known by something of its own, and by what is enough for whose it is.
    fn sound(&self) -> Result<(), String> {
        self.token.iter().try_for_each(TokenRules::check)?;
        if self.kanta.is_empty() {
            return Err("kanta: expected at least one [[kanta]] with an address".to_owned());
        }
        let administrator = self.access_point.administrator();
        let mut seen = HashSet::new();
        for system in &self.systems {
            let wrong = |key: &str, problem: &str| Err(format!("system \"{}\": {key}: {problem}", system.name));
            let fingerprints = system.certificate_sha256.iter().map(ToString::to_string);
            let serial = system.serial_number.clone();
            let token = system.token_sha256.map(|token| format!("token {token}"));
            let known: Vec<String> = fingerprints.chain(serial).chain(token).collect();
            if known.is_empty() {
                return wrong("certificate_sha256, serial_number or token_sha256", "expected one of them");
            }
            if system.token_sha256.is_some() && system.organisation != administrator {
                return wrong(
                    "token_sha256",
                    "a system of another organisation is known by its certificate (guide 7.2, 7.3)",
                );
            }
            if system.represents.is_empty() {
                return wrong("represents", "expected at least one organisation");
            }
            for by in known {
                if !seen.insert(by.clone()) {
                    return wrong(&by, "another system is known by it");
                }
            }
        }
        if self.systems.is_empty() {
            return Err("system: expected at least one [[system]]".to_owned());
        }
        Ok(())
    }

    /// The files that say which certificates of Kanta's doors are trusted.
    #[must_use]
    pub fn kanta_trust_files(&self) -> TrustFiles<'_> {
        TrustFiles {
            issuers: std::slice::from_ref(&self.kanta_issuers),
            revocation_lists: &self.kanta_revocation_lists,
            policies: &[],
        }
    }

    /// The files that say which systems' certificates are trusted.
    #[must_use]
    pub fn trust_files(&self) -> TrustFiles<'_> {
        TrustFiles {
            issuers: std::slice::from_ref(&self.system_issuers),
            revocation_lists: &self.revocation_lists,
            policies: &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(system: &str) -> Result<(), String> {
        let text = format!(
            "access_point = \"1.2.246.10.99999036.10.0.13.1\"\nlisten = \"127.0.0.1:1\"\ncertificate = \"a\"\nkey = \"a\"\n\
             system_issuers = \"a\"\nkanta_issuers = \"a\"\nkanta_revocation_lists = []\noutside_certificate = \"a\"\noutside_key = \"a\"\n\
             kanta = [{{ address = \"https://kanta.test:443\" }}]\n{system}"
        );
        assert!(InsideConfig::is_meant(&text));
        let config: InsideConfig = toml::from_str(&text).map_err(|error| error.to_string())?;
        config.sound()
    }

    #[test]
    fn a_system_is_known_by_something_of_its_own() {
        let system = |organisation: &str, more: &str| {
            format!(
                "[[system]]\nname = \"S\"\norganisation = \"{organisation}\"\nrepresents = [\"1.2.246.10.7.10.0\", \"1.2.246.10.7.10.*\"]\n{more}\n"
            )
        };
        let (own, other) = ("1.2.246.10.99999036.10.0", "1.2.246.10.7.10.0");
        let token = format!("token_sha256 = \"{}\"", "00".repeat(32));
        let certificate = format!("certificate_sha256 = [\"{}\"]", "00".repeat(32));
        assert_eq!(told(&system(own, &token)), Ok(()));
        assert_eq!(told(&system(other, &certificate)), Ok(()));
        assert!(told(&system(other, &token)).unwrap_err().contains("guide 7.2"));
        assert!(told(&system(own, "")).unwrap_err().contains("expected one of them"));
        assert!(told(&(system(own, &token) + &system(own, &token))).unwrap_err().contains("another system"));
        assert!(told("").unwrap_err().contains("missing field `system`"));
        assert!(told(&system(own, &format!("{token}\nrepresent = 1"))).unwrap_err().contains("represent"));
        assert!(told(&system(own, &token).replace(".10.*", ".x.*")).unwrap_err().contains("OID"));
    }

    #[test]
    fn below_is_below() {
        let below = Represented::Below("1.2.246.10.7.10.".into());
        let means = |oid: &str| below.means(&Oid::parse(oid).unwrap());
        assert!(means("1.2.246.10.7.10.0") && means("1.2.246.10.7.10.12.3"));
        assert!(!means("1.2.246.10.7.100.1") && !means("1.2.246.10.7.10"));
    }
}
