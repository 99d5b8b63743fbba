//! The sandbox's folder: throw-away certificates and the configuration files that name them.

use super::Addresses;
use crate::made::ARCHIVE;
use liitos_domain::Moment;
use liitos_domain::identifier::CertificateSerial;
use liitos_pki::Certificate;
use liitos_pki::authority::{Authority, AuthorityError, Issued, Profile};
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// The joiner of the tour.
pub(crate) const HUS: &str = "1.2.246.537.10.15675350.10.0";

/// The sandbox's certificates.
pub struct Pki {
    /// Issues access points' and signature certificates.
    pub authority: Authority,
    /// An authority that nobody trusts.
    pub stranger: Authority,
    /// The gateway's own server certificate.
    pub gateway: Issued,
    /// The backend's certificate.
    pub backend: Issued,
    /// The backend certificate's issuer, DER. The gateway pins the certificate itself; tests may ask for less.
    pub backend_issuer: Vec<u8>,
    /// The gateway's certificate towards the backend.
    pub gateway_client: Issued,
    /// HUS's system signature certificate.
    pub signer: Issued,
    revoked: Mutex<Vec<CertificateSerial>>,
    list_file: PathBuf,
}

impl Pki {
    /// Makes all certificates and writes what the configuration names.
    ///
    /// # Errors
    /// What could not be made or written.
    pub fn create(folder: &Path, now: Moment) -> Result<Self, String> {
        let make = || -> Result<Self, AuthorityError> {
            let authority = Authority::create("Liitos sandbox CA", now)?;
            let inner = Authority::create("Liitos sandbox inner", now)?;
            let server = |name: &str| Profile {
                addresses: vec![[127, 0, 0, 1].into()],
                serial_number: None,
                ..Profile::server("", name)
            };
            Ok(Self {
                gateway: authority.issue(&server("localhost"), now)?,
                backend: inner.issue(&server("localhost"), now)?,
                gateway_client: inner.issue(&server("gateway"), now)?,
                signer: authority.issue(&Profile::signature(HUS, "Testijärjestelmä"), now)?,
                backend_issuer: inner.certificate().der.clone(),
                stranger: Authority::create("Stranger CA", now)?,
                authority,
                revoked: Mutex::new(Vec::new()),
                list_file: folder.join("revoked.crl"),
            })
        };
        let pki = make().map_err(|error| error.to_string())?;
        pki.write(folder, now).map_err(|error| format!("{}: {error}", folder.display()))?;
        Ok(pki)
    }

    /// Revokes a certificate and writes the new list.
    ///
    /// # Errors
    /// What could not be made or written.
    pub fn revoke(&self, certificate: &Issued, now: Moment) -> Result<(), String> {
        let parsed = Certificate::parse(&certificate.certificate_der).map_err(|error| error.to_string())?;
        let mut revoked = self.revoked.lock().map_err(|error| error.to_string())?;
        revoked.push(parsed.serial);
        let list = self.authority.revocation_list(&revoked, now).map_err(|error| error.to_string())?;
        std::fs::write(&self.list_file, list).map_err(|error| error.to_string())
    }

    fn write(&self, folder: &Path, now: Moment) -> io::Result<()> {
        let list = self.authority.revocation_list(&[], now).map_err(io::Error::other)?;
        std::fs::write(&self.list_file, list)?;
        std::fs::write(folder.join("issuers.pem"), self.authority.certificate_pem())?;
        for (name, issued) in
            [("gateway", &self.gateway), ("backend", &self.backend), ("gateway-client", &self.gateway_client)]
        {
            std::fs::write(folder.join(format!("{name}.pem")), &issued.certificate_pem)?;
            secret(&folder.join(format!("{name}.key")), issued.key_pem.as_bytes())?;
        }
        Ok(())
    }
}

/// The ports that the configuration files name.
pub(super) struct Ports<'a> {
    pub(super) addresses: &'a Addresses,
    pub(super) inner: SocketAddr,
    pub(super) smtp: SocketAddr,
}

pub(super) fn write_configuration(folder: &Path, ports: &Ports<'_>, database: &str, pki: &Pki) -> io::Result<()> {
    use liitos_service::ports::Randomness as _;
    let mut seed = [0u8; 32];
    crate::adapters::SystemRandomness.fill(&mut seed);
    secret(&folder.join("seal.key"), &seed)?;
    let mut archive = [0u8; 32];
    crate::adapters::SystemRandomness.fill(&mut archive);
    secret(&folder.join("archive.key"), &archive)?;
    secret(&folder.join("client-secret"), super::identity_provider::CLIENT_SECRET.as_bytes())?;
    secret(&folder.join("mandates.key"), super::mandate_service::KEY.as_bytes())?;
    secret(&folder.join("mandates-secret"), super::mandate_service::SECRET.as_bytes())?;
    secret(&folder.join("sms.key"), super::sms_sink::KEY.as_bytes())?;
    let public = liitos_pki::seal::SealingKey::from_seed(&seed).map_err(io::Error::other)?.verifier();
    let hash = |issued: &Issued| liitos_domain::Sha256Hash::of(&issued.certificate_der);
    let Addresses { portal, helpers, gateway } = ports.addresses;
    let (inner, smtp) = (ports.inner, ports.smtp);
    let liitos = format!(
        "[portal]\nlisten = \"{portal}\"\naddress = \"http://{portal}\"\nsecure_cookies = false\n\n\
         [inner]\nlisten = \"{inner}\"\ncertificate = \"backend.pem\"\nkey = \"backend.key\"\ngateway_certificates_sha256 = [\"{}\"]\n\n\
         [database]\nurl = \"{database}\"\n\n[seal]\nkey_file = \"seal.key\"\n\n[archive]\nkey_file = \"archive.key\"\nbodies = {{ folder = \"bodies\" }}\ndevices = [\"{ARCHIVE}\"]\n\n\
         [identity]\nissuer = \"http://{helpers}\"\nclient_id = \"{}\"\nclient_secret_file = \"client-secret\"\n\n\
         [mandates]\naddress = \"http://{helpers}\"\nclient_id = \"{}\"\nkey_file = \"mandates.key\"\nsecret_file = \"mandates-secret\"\nmandate = \"{}\"\n\n\
         [mail]\nserver = \"smtp://{smtp}\"\nfrom = \"Liitos <liitos@sandbox.test>\"\n\n\
         [sms]\naddress = \"http://{helpers}/smsmessaging/v1\"\nsender = \"{}\"\nkey_file = \"sms.key\"\n\n[webhooks]\nwithin = true\n\n\
         [offices]\ncode_service = \"koodistopalvelu@virasto.test\"\ncopy = \"kanta@virasto.test\"\n\n\
         [signatures]\nissuers = \"issuers.pem\"\nrevocation_lists = [\"revoked.crl\"]\n",
        hash(&pki.gateway_client),
        super::identity_provider::CLIENT_ID,
        super::mandate_service::CLIENT_ID,
        super::mandate_service::MANDATE,
        super::sms_sink::SENDER,
    );
    std::fs::write(folder.join("liitos.toml"), liitos)?;
    let door = format!(
        "listen = \"{gateway}\"\ncertificate = \"gateway.pem\"\nkey = \"gateway.key\"\naccess_point_issuers = \"issuers.pem\"\n\
         revocation_lists = [\"revoked.crl\"]\nbackend = \"https://localhost:{}\"\nbackend_certificate_sha256 = \"{}\"\n\
         backend_client_certificate = \"gateway-client.pem\"\nbackend_client_key = \"gateway-client.key\"\nseal_public_key = \"{}\"\n\
         snapshot_file = \"snapshot.sealed\"\naccess_log = \"access.log\"\n# Everything comes from loopback here, which is nobody's notified address.\ncheck_source_address = false\n",
        inner.port(),
        hash(&pki.backend),
        public.public().iter().map(|byte| format!("{byte:02x}")).collect::<String>(),
    );
    std::fs::write(folder.join("gateway.toml"), door)
}

/// Writes a file that only its owner may read.
fn secret(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(bytes)
}
