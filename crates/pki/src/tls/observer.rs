//! A client that looks: it takes any certificate that its server can prove to hold the key of, and remembers it.

use super::pinned::signatures;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use std::sync::{Arc, Mutex};

/// Remembers the certificate that was served, whatever becomes of the handshake then. For looking only: nothing may be
/// sent over such a connection.
#[derive(Debug, Default)]
pub struct Observer(Mutex<Option<Vec<u8>>>);

impl Observer {
    /// The certificate that was served, DER.
    #[must_use]
    pub fn served(&self) -> Option<Vec<u8>> {
        self.0.lock().ok()?.clone()
    }

    /// A client's configuration that looks with `self`.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn config(self: &Arc<Self>) -> Result<ClientConfig, Error> {
        let builder = ClientConfig::builder_with_provider(super::provider()).with_safe_default_protocol_versions()?;
        Ok(builder.dangerous().with_custom_certificate_verifier(Arc::clone(self) as _).with_no_client_auth())
    }
}

impl ServerCertVerifier for Observer {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if let Ok(mut served) = self.0.lock() {
            *served = Some(end_entity.to_vec());
        }
        Ok(ServerCertVerified::assertion())
    }

    signatures!();
}
