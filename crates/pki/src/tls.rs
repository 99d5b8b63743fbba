//! TLS configurations: the front door for access points, and the pinned channel between our own parts.
//!
//! TLS 1.2 and 1.3 with forward secrecy only, the provider passed explicitly, no session resumption: validity,
//! revocation and rights are checked per request, and a resumed session would skip the certificate.

mod access_point;
mod observer;
mod pinned;

pub use access_point::{AccessPointServer, AccessPointVerifier, NamedServer, Refused};
pub use observer::Observer;
pub use pinned::{PinnedClient, PinnedServer};

use arc_swap::ArcSwap;
use rustls::client::ResolvesClientCert;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{CipherSuite, ClientConfig, ServerConfig, SignatureScheme, SupportedCipherSuite};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

/// Why a certificate and its key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The certificate chain.
    #[error("certificate: {0}")]
    Chain(#[from] crate::PemError),
    /// The key.
    #[error("key: expected a PKCS#8 private key in PEM")]
    Key,
}

/// A certificate chain with its key, for one end of a connection.
pub struct Identity {
    /// The chain, leaf first, DER.
    pub chain: Vec<Vec<u8>>,
    /// The leaf's private key, PKCS#8 DER.
    pub key: Vec<u8>,
}

impl Identity {
    /// A chain and a PKCS#8 key, both PEM.
    ///
    /// # Errors
    /// [`IdentityError`].
    pub fn from_pem(chain: &[u8], key: &[u8]) -> Result<Self, IdentityError> {
        let chain = crate::certificates_from_pem(chain)?.into_iter().map(|certificate| certificate.der).collect();
        let key = PrivatePkcs8KeyDer::from_pem_slice(key).map_err(|_| IdentityError::Key)?;
        Ok(Self { chain, key: key.secret_pkcs8_der().to_vec() })
    }
}

impl Identity {
    fn parts(&self) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
        let chain = self.chain.iter().map(|der| CertificateDer::from(der.clone())).collect();
        (chain, PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.clone())))
    }
}

/// The cryptography used everywhere: aws-lc, forward secrecy and authenticated encryption only. AES-128 with SHA-256 comes first:
/// as strong as the curves of the key exchange and of the certificates, and processors have instructions for its hash.
#[must_use]
pub fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: LazyLock<Arc<CryptoProvider>> = LazyLock::new(|| {
        let mut provider = rustls::crypto::aws_lc_rs::default_provider();
        let first = |suite: &SupportedCipherSuite| {
            !matches!(
                suite.suite(),
                CipherSuite::TLS13_AES_128_GCM_SHA256
                    | CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
                    | CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
            )
        };
        provider.cipher_suites.sort_by_key(first);
        Arc::new(provider)
    });
    Arc::clone(&PROVIDER)
}

/// A server that asks every client for a certificate and lets `verifier` judge it.
///
/// # Errors
/// When the identity's key and certificate do not fit.
pub fn server_config(
    identity: &Identity,
    verifier: Arc<dyn ClientCertVerifier>,
) -> Result<ServerConfig, rustls::Error> {
    renewable_server_config(OwnCertificate::new(identity)?, verifier)
}

/// One's own certificate, which can be renewed while it is shown: connections that are there keep the one they began with.
#[derive(Debug)]
pub struct OwnCertificate {
    current: ArcSwap<CertifiedKey>,
    renewals: AtomicU64,
}

impl OwnCertificate {
    /// Begins with this one.
    ///
    /// # Errors
    /// When the identity's key and certificate do not fit.
    pub fn new(identity: &Identity) -> Result<Arc<Self>, rustls::Error> {
        let current = ArcSwap::from_pointee(certified(identity)?);
        Ok(Arc::new(Self { current, renewals: AtomicU64::new(0) }))
    }

    /// Goes on with this one; whether it is another.
    ///
    /// # Errors
    /// When the identity's key and certificate do not fit: then the one before stays.
    pub fn renew(&self, identity: &Identity) -> Result<bool, rustls::Error> {
        let next = certified(identity)?;
        let other = self.current.load().cert != next.cert;
        if other {
            self.current.store(Arc::new(next));
            self.renewals.fetch_add(1, Ordering::Release);
        }
        Ok(other)
    }
}

impl OwnCertificate {
    /// How often it was renewed: a connection that began before shows an older one for as long as it stays.
    #[must_use]
    pub fn renewals(&self) -> u64 {
        self.renewals.load(Ordering::Acquire)
    }

    /// The one that new connections are shown.
    #[must_use]
    pub fn leaf(&self) -> Option<crate::Certificate> {
        crate::Certificate::parse(self.current.load().cert.first()?).ok()
    }
}

fn certified(identity: &Identity) -> Result<CertifiedKey, rustls::Error> {
    let (chain, key) = identity.parts();
    CertifiedKey::from_der(chain, key, &provider())
}

impl ResolvesServerCert for OwnCertificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current.load_full())
    }
}

impl ResolvesClientCert for OwnCertificate {
    /// The only one, whatever issuers the server would rather see.
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(self.current.load_full())
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// The same with a certificate that can be renewed.
///
/// # Errors
/// When TLS cannot be set up.
pub fn renewable_server_config(
    own: Arc<OwnCertificate>,
    verifier: Arc<dyn ClientCertVerifier>,
) -> Result<ServerConfig, rustls::Error> {
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .with_client_cert_verifier(verifier)
        .with_cert_resolver(own);
    config.ignore_client_order = true;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(config)
}

/// A client that shows a certificate and accepts exactly the server with the pinned one.
///
/// # Errors
/// When TLS cannot be set up.
pub fn pinned_client_config(own: Arc<OwnCertificate>, server: PinnedServer) -> Result<ClientConfig, rustls::Error> {
    judging_client_config(own, Arc::new(server))
}

/// A client that shows a certificate and lets `verifier` judge the server.
///
/// # Errors
/// When TLS cannot be set up.
pub fn judging_client_config(
    own: Arc<OwnCertificate>,
    verifier: Arc<dyn ServerCertVerifier>,
) -> Result<ClientConfig, rustls::Error> {
    let builder = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
    let mut config = builder.dangerous().with_custom_certificate_verifier(verifier).with_client_cert_resolver(own);
    config.resumption = rustls::client::Resumption::disabled();
    Ok(config)
}

/// A client that shows `identity` and trusts the given issuers.
///
/// # Errors
/// When the identity or an issuer cannot be used.
pub fn client_config(identity: &Identity, issuers: &[Vec<u8>]) -> Result<ClientConfig, rustls::Error> {
    let (chain, key) = identity.parts();
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots(issuers)?)
        .with_client_auth_cert(chain, key)?;
    config.resumption = rustls::client::Resumption::disabled();
    Ok(config)
}

/// A client that shows no certificate and trusts the given issuers.
///
/// # Errors
/// When an issuer cannot be used.
pub fn nameless_client_config(issuers: &[Vec<u8>]) -> Result<ClientConfig, rustls::Error> {
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots(issuers)?)
        .with_no_client_auth();
    config.resumption = rustls::client::Resumption::disabled();
    Ok(config)
}

fn roots(issuers: &[Vec<u8>]) -> Result<rustls::RootCertStore, rustls::Error> {
    let mut roots = rustls::RootCertStore::empty();
    for der in issuers {
        roots.add(CertificateDer::from(der.as_slice()))?;
    }
    Ok(roots)
}
