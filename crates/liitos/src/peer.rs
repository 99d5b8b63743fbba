//! A joiner's system behind its access point: connects to the gateway by mutual TLS and sends messages on one
//! connection.

use bytes::Bytes;
use http::{Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::SendRequest;
use hyper_util::rt::TokioIo;
use liitos_documents::acknowledgement::{Received, read_acknowledgement};
use liitos_domain::archive::{Family, Purpose};
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
    /// Host and port.
    gateway: String,
    /// The name that the gateway's certificate must be for.
    name: ServerName<'static>,
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

const FHIR_JSON: &str = "application/fhir+json";

/// What is asked over FHIR.
#[derive(Clone, Debug)]
pub enum FhirAsked {
    /// To store what a bundle brings.
    Provide(String),
    /// What would be wrong with a bundle.
    Validate(String),
    /// Documents by parameters.
    Search(Vec<(String, String)>),
    /// What there is of a client, at a glance: the parameters of a search.
    Summary(Vec<(String, String)>),
    /// A document.
    Fetch(String),
}

/// As whom something is asked, and of which documents.
#[derive(Clone, Debug)]
pub struct Asker<'a> {
    /// Whose documents they are among.
    pub family: Family,
    /// The joiner, or its unit; the host, where it calls for a tenant.
    pub joiner: &'a str,
    /// The tenant.
    pub tenant: Option<&'a str>,
    /// Why other providers' documents are asked for, where they are.
    pub purpose: Option<Purpose>,
}

impl<'a> Asker<'a> {
    /// For a joiner, of patients' documents.
    #[must_use]
    pub const fn patients(joiner: &'a str) -> Self {
        Self { family: Family::Patient, joiner, tenant: None, purpose: None }
    }
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
        Self::at(&identity, issuers, (&gateway.to_string(), "localhost"))
    }

    /// A peer that shows a certificate to a gateway at a host and port, whose own certificate is for a name.
    ///
    /// # Errors
    /// When the certificate cannot be used, or the name is none.
    pub fn at(identity: &Identity, issuers: &[Vec<u8>], (gateway, name): (&str, &str)) -> Result<Self, PeerError> {
        let config = client_config(identity, issuers).map_err(|error| PeerError::Tls(error.to_string()))?;
        let name = ServerName::try_from(name.to_owned()).map_err(|error| PeerError::Tls(error.to_string()))?;
        Ok(Self { connector: TlsConnector::from(Arc::new(config)), gateway: gateway.to_owned(), name })
    }

    /// A peer that shows no certificate.
    ///
    /// # Errors
    /// When an issuer cannot be used.
    pub fn without_certificate(issuers: &[Vec<u8>], gateway: SocketAddr) -> Result<Self, PeerError> {
        let config = nameless_client_config(issuers).map_err(|error| PeerError::Tls(error.to_string()))?;
        let name = ServerName::try_from("localhost").map_err(|error| PeerError::Tls(error.to_string()))?;
        Ok(Self { connector: TlsConnector::from(Arc::new(config)), gateway: gateway.to_string(), name })
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
            TcpStream::connect(&self.gateway).await.map_err(|error| PeerError::Connection(error.to_string()))?;
        let _ = stream.set_nodelay(true);
        self.connector.connect(self.name.clone(), stream).await.map_err(|error| PeerError::Tls(error.to_string()))
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

    /// Asks over FHIR, as somebody.
    ///
    /// # Errors
    /// [`PeerError`].
    pub async fn fhir(&mut self, asked: FhirAsked, asker: &Asker<'_>) -> Result<Answer, PeerError> {
        let base = asker.family.base();
        let (request, body) = match asked {
            FhirAsked::Provide(bundle) => (Request::post(base).header(header::CONTENT_TYPE, FHIR_JSON), bundle),
            FhirAsked::Validate(bundle) => {
                let path = format!("{base}/Bundle/$validate");
                (Request::post(path).header(header::CONTENT_TYPE, FHIR_JSON), bundle)
            }
            // Posted, so that no log sees whose documents they are.
            FhirAsked::Search(parameters) => {
                let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
                let path = format!("{base}/DocumentReference/_search");
                (Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded"), form)
            }
            FhirAsked::Summary(parameters) => {
                let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
                let path = format!("{base}/DocumentReference/$summary");
                (Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded"), form)
            }
            FhirAsked::Fetch(document) => (Request::get(format!("{base}/Binary/{document}")), String::new()),
        };
        let request = request.header(header::HOST, "localhost").header("service-subscriber", asker.joiner);
        let request = match asker.tenant {
            Some(tenant) => request.header("service-requester", tenant),
            None => request,
        };
        let request = match &asker.purpose {
            Some(purpose) => {
                request.header("purpose-of-use", purpose.code()).header("service-event", purpose.event().as_str())
            }
            None => request,
        };
        self.exchange(request.body(Full::new(Bytes::from(body)))).await
    }

    /// Looks for a client's documents in force for a joiner.
    ///
    /// # Errors
    /// [`PeerError`].
    pub async fn search(&mut self, (root, client): (&str, &str), joiner: &str) -> Result<Answer, PeerError> {
        let person = ("patient.identifier".to_owned(), format!("urn:oid:{root}|{client}"));
        let asked = FhirAsked::Search(vec![person, ("status".to_owned(), "current".to_owned())]);
        self.fhir(asked, &Asker::patients(joiner)).await
    }

    /// Fetches a document for a joiner.
    ///
    /// # Errors
    /// [`PeerError`].
    pub async fn fetch(&mut self, document: &str, joiner: &str) -> Result<Answer, PeerError> {
        self.fhir(FhirAsked::Fetch(document.to_owned()), &Asker::patients(joiner)).await
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
