//! A small HTTP client for the services we call: bounded answers, a time limit, the system's trust anchors.

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use std::path::Path;
use std::pin::Pin;
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;

const MAX_ANSWER_BYTES: usize = 4 * 1024 * 1024;
const PATIENCE: Duration = Duration::from_secs(15);

/// Why no answer came.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct HttpError(pub(crate) String);

/// The client.
#[derive(Clone, Debug)]
pub(crate) struct HttpClient(Client<HttpsConnector<HttpConnector>, Full<Bytes>>);

impl HttpClient {
    /// A client that trusts what the machine trusts.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub(crate) fn new() -> Result<Self, HttpError> {
        let builder = hyper_rustls::HttpsConnectorBuilder::new().with_tls_config(tls()?);
        let connector = builder.https_or_http().enable_http1().build();
        Ok(Self(Client::builder(TokioExecutor::new()).build(connector)))
    }

    /// Sends a request and reads the whole answer.
    ///
    /// # Errors
    /// When there is none in time, or it is too large.
    pub(crate) async fn send(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, HttpError> {
        self.send_most(request, MAX_ANSWER_BYTES).await
    }

    /// The same with another longest answer, in bytes.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub(crate) async fn send_most(
        &self,
        request: Request<Vec<u8>>,
        most: usize,
    ) -> Result<Response<Vec<u8>>, HttpError> {
        let exchange = async {
            let response = self
                .0
                .request(request.map(|body| Full::new(Bytes::from(body))))
                .await
                .map_err(|e| HttpError(e.to_string()))?;
            let (parts, body) = response.into_parts();
            let bytes = Limited::new(body, most).collect().await.map_err(|e| HttpError(e.to_string()))?.to_bytes();
            Ok(Response::from_parts(parts, bytes.to_vec()))
        };
        tokio::time::timeout(PATIENCE, exchange).await.map_err(|_| HttpError("no answer in time".to_owned()))?
    }
}

impl HttpClient {
    /// Writes a good answer's body into a file that is there, at most so many bytes of it; gives the status.
    ///
    /// # Errors
    /// When there is none, it stops for too long, or it is too large.
    pub(crate) async fn download(
        &self,
        request: Request<Vec<u8>>,
        into: &Path,
        most: usize,
    ) -> Result<StatusCode, HttpError> {
        let lost = |error: &dyn std::fmt::Display| HttpError(error.to_string());
        let silent = |_| HttpError("no answer in time".to_owned());
        let asked = self.0.request(request.map(|body| Full::new(Bytes::from(body))));
        let answer = tokio::time::timeout(PATIENCE, asked).await.map_err(silent)?.map_err(|e| lost(&e))?;
        let status = answer.status();
        if !status.is_success() {
            return Ok(status);
        }
        // From its beginning: a try before this one may have left a part.
        let file = tokio::fs::OpenOptions::new().write(true).truncate(true).open(into).await;
        let mut file = file.map_err(|e| lost(&e))?;
        let (mut body, mut taken) = (answer.into_body(), 0);
        while let Some(frame) = tokio::time::timeout(PATIENCE, body.frame()).await.map_err(silent)? {
            let Ok(piece) = frame.map_err(|e| lost(&e))?.into_data() else { continue };
            taken += piece.len();
            if taken > most {
                return Err(HttpError(format!("over {most} bytes")));
            }
            file.write_all(&piece).await.map_err(|e| lost(&e))?;
        }
        file.flush().await.map_err(|e| lost(&e))?;
        Ok(status)
    }
}

/// TLS as a client that trusts what the machine trusts.
///
/// # Errors
/// When it cannot be set up.
pub(crate) fn tls() -> Result<rustls::ClientConfig, HttpError> {
    let mut roots = rustls::RootCertStore::empty();
    for certificate in rustls_native_certs::load_native_certs().certs {
        // Anchors that rustls does not understand are of no use to us.
        let _ = roots.add(certificate);
    }
    let config = rustls::ClientConfig::builder_with_provider(liitos_pki::tls::provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| HttpError(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}

impl<'c> AsyncHttpClient<'c> for HttpClient {
    type Error = HttpError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}
