//! A joiner's system behind its access point: connects to the gateway by mutual TLS and sends messages on one
//! connection.

use bytes::Bytes;
use http::{Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::SendRequest;
use hyper_util::rt::TokioIo;
use liitos_documents::acknowledgement::{Received, read_acknowledgement};
use liitos_pki::authority::Issued;
use liitos_pki::tls::{Identity, client_config, nameless_client_config};
use rustls::pki_types::ServerName;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// How long a refusal is waited for: less than the gateway bears silence.
const REFUSAL_PATIENCE: Duration = Duration::from_secs(5);

/// A peer with its certificate.
pub struct Peer {
    connector: TlsConnector,
    gateway: SocketAddr,
}

/// What kept a message from being answered.
#[derive(Debug, thiserror::Error)]
pub enum PeerError {
    /// The gateway ended the TLS handshake, with this alert if it said one.
    #[error("TLS: {0}")]
    Tls(String),
    /// No connection, or it broke.
    #[error("connection: {0}")]
    Connection(String),
}

/// An answer to a message.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: StatusCode,
    /// The gateway's or archive's decision id.
    pub decision: String,
    /// The body.
    pub body: Bytes,
}

/// An open connection to the gateway.
pub struct Connection(SendRequest<Full<Bytes>>);

impl Peer {
    /// A peer that shows a certificate and trusts the gateway's issuers (DER).
    ///
    /// # Errors
    /// When the certificate cannot be used.
    pub fn new(certificate: &Issued, issuers: &[Vec<u8>], gateway: SocketAddr) -> Result<Self, PeerError> {
        let identity = Identity { chain: vec![certificate.certificate_der.clone()], key: certificate.key_der.clone() };
        let config = client_config(&identity, issuers).map_err(|error| PeerError::Tls(error.to_string()))?;
        Ok(Self { connector: TlsConnector::from(Arc::new(config)), gateway })
    }

    /// A peer that shows no certificate.
    ///
    /// # Errors
    /// When an issuer cannot be used.
    pub fn without_certificate(issuers: &[Vec<u8>], gateway: SocketAddr) -> Result<Self, PeerError> {
        let config = nameless_client_config(issuers).map_err(|error| PeerError::Tls(error.to_string()))?;
        Ok(Self { connector: TlsConnector::from(Arc::new(config)), gateway })
    }

    /// Opens a connection.
    ///
    /// # Errors
    /// [`PeerError`]. In TLS 1.3 a refused certificate shows only afterwards: see [`Peer::handshake_refusal`].
    pub async fn connect(&self) -> Result<Connection, PeerError> {
        let tls = self.handshake().await?;
        let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(tls)).await.map_err(told)?;
        tokio::spawn(connection);
        Ok(Connection(sender))
    }

    /// Shows the certificate, sends nothing and waits for the alert with which the gateway ends the connection.
    ///
    /// # Errors
    /// When the gateway does not refuse.
    pub async fn handshake_refusal(&self) -> Result<String, PeerError> {
        let mut tls = match self.handshake().await {
            Ok(tls) => tls,
            Err(PeerError::Tls(alert)) => return Ok(alert),
            Err(error) => return Err(error),
        };
        let mut byte = [0u8; 1];
        match tokio::time::timeout(REFUSAL_PATIENCE, tls.read(&mut byte)).await {
            Ok(Err(error)) => Ok(error.to_string()),
            Ok(Ok(_)) => Err(PeerError::Connection("the gateway hung up without an alert".to_owned())),
            Err(_) => Err(PeerError::Connection("the gateway did not refuse".to_owned())),
        }
    }

    /// Opens a connection to write bytes on, for requests that no client makes.
    ///
    /// # Errors
    /// [`PeerError`].
    pub async fn handshake(&self) -> Result<TlsStream<TcpStream>, PeerError> {
        let stream =
            TcpStream::connect(self.gateway).await.map_err(|error| PeerError::Connection(error.to_string()))?;
        let _ = stream.set_nodelay(true);
        let name = ServerName::try_from("localhost").map_err(|error| PeerError::Tls(error.to_string()))?;
        self.connector.connect(name, stream).await.map_err(|error| PeerError::Tls(error.to_string()))
    }
}

impl Connection {
    /// Sends an HL7 V3 message.
    ///
    /// # Errors
    /// [`PeerError`].
    pub async fn send(&mut self, message: &str) -> Result<Answer, PeerError> {
        let request = Request::post("/hl7")
            .header(header::HOST, "localhost")
            .header(header::CONTENT_TYPE, "application/hl7-v3+xml; charset=utf-8")
            .body(Full::new(Bytes::from(message.to_owned())));
        self.exchange(request).await
    }

    /// Brings a document over FHIR for a joiner; `path`: below the base of patients' documents, empty to store it.
    ///
    /// # Errors
    /// [`PeerError`].
    pub async fn provide(&mut self, path: &str, bundle: String, joiner: &str) -> Result<Answer, PeerError> {
        let request = Request::post(format!("/fhir{path}"))
            .header(header::HOST, "localhost")
            .header(header::CONTENT_TYPE, "application/fhir+json")
            .header("service-subscriber", joiner)
            .body(Full::new(Bytes::from(bundle)));
        self.exchange(request).await
    }

    /// Looks for a client's documents for a joiner: posted, so that no log sees whose.
    ///
    /// # Errors
    /// [`PeerError`].
    pub async fn search(&mut self, (root, client): (&str, &str), joiner: &str) -> Result<Answer, PeerError> {
        let form = format!("patient.identifier=urn%3Aoid%3A{root}%7C{client}&status=current");
        let request = Request::post("/fhir/DocumentReference/_search")
            .header(header::HOST, "localhost")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("service-subscriber", joiner)
            .body(Full::new(Bytes::from(form)));
        self.exchange(request).await
    }

    /// Fetches a document for a joiner.
    ///
    /// # Errors
    /// [`PeerError`].
    pub async fn fetch(&mut self, document: &str, joiner: &str) -> Result<Answer, PeerError> {
        let request = Request::get(format!("/fhir/Binary/{document}"))
            .header(header::HOST, "localhost")
            .header("service-subscriber", joiner)
            .body(Full::new(Bytes::new()));
        self.exchange(request).await
    }

    /// Sends any request.
    ///
    /// # Errors
    /// [`PeerError`].
    pub async fn exchange(&mut self, request: http::Result<Request<Full<Bytes>>>) -> Result<Answer, PeerError> {
        let request = request.map_err(|error| PeerError::Connection(error.to_string()))?;
        self.0.ready().await.map_err(told)?;
        let response = self.0.send_request(request).await.map_err(told)?;
        let (parts, body) = response.into_parts();
        let body = body.collect().await.map_err(told)?.to_bytes();
        let decision =
            parts.headers.get("liitos-decision").and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
        Ok(Answer { status: parts.status, decision, body })
    }
}

impl Answer {
    /// The acknowledgement in it.
    #[must_use]
    pub fn acknowledgement(&self) -> Received {
        read_acknowledgement(&self.body).unwrap_or_default()
    }

    /// The refusal codes in it, of an acknowledgement, an OperationOutcome or a problem document.
    #[must_use]
    pub fn codes(&self) -> Vec<String> {
        let codes = self.acknowledgement().codes;
        if !codes.is_empty() {
            return codes;
        }
        let told: serde_json::Value = serde_json::from_slice(&self.body).unwrap_or_default();
        let codings = told.pointer("/issue/0/details/coding").and_then(|codings| codings.as_array());
        let ours =
            |coding: &&serde_json::Value| coding.get("system").is_some_and(|system| system == "urn:liitos:refusal");
        let outcome = codings.and_then(|codings| codings.iter().find(ours));
        let code = outcome.unwrap_or(&told).get("code").and_then(|code| code.as_str());
        code.map(str::to_owned).into_iter().collect()
    }
}

/// TLS alerts come as causes of connection errors.
fn told(error: hyper::Error) -> PeerError {
    let text = crate::serve::full(&error);
    if text.contains("alert") { PeerError::Tls(text) } else { PeerError::Connection(text) }
}
