//! The channel to the backend: pinned mutual TLS, bodies streamed both ways, verified facts in headers.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::Incoming;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use liitos_domain::Oid;
use liitos_domain::directory::Decision;
use liitos_domain::identifier::AccessPointOid;
use liitos_pki::tls::{Identity, PinnedServer, pinned_client_config};
use liitos_pki::{Certificate, client_cert};
use std::time::Duration;

/// What goes wrong while a body streams.
pub(crate) type BodyError = Box<dyn std::error::Error + Send + Sync>;
/// A body of any origin.
pub(crate) type Body = UnsyncBoxBody<Bytes, BodyError>;

/// The backend, reached by a pool of connections.
#[derive(Clone)]
pub(crate) struct BackendClient {
    client: Client<HttpsConnector<HttpConnector>, Body>,
    address: String,
}

impl BackendClient {
    /// A client for `https://host:port` that accepts the pinned server only.
    pub(crate) fn new(address: &str, identity: &Identity, server: PinnedServer) -> Result<Self, rustls::Error> {
        let config = pinned_client_config(identity, server)?;
        let connector =
            hyper_rustls::HttpsConnectorBuilder::new().with_tls_config(config).https_only().enable_http1().build();
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(30))
            .build(connector);
        Ok(Self { client, address: address.trim_end_matches('/').to_owned() })
    }

    pub(crate) fn uri(&self, path: &str) -> Result<http::Uri, String> {
        format!("{}{path}", self.address).parse().map_err(|_| "the path cannot be sent on".to_owned())
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Result<Response<Incoming>, String> {
        self.client.request(request).await.map_err(|error| {
            use std::error::Error as _;
            format!("{error}: {}", error.source().map_or(String::new(), ToString::to_string))
        })
    }
}

/// The verified facts of a call, as headers that only the gateway writes: the request to the backend is built anew, so
/// nothing that came in under these names goes through.
pub(crate) fn fact_headers(
    point: &AccessPointOid,
    represented: &Oid,
    decision: (&Decision, &str),
    certificate: &Certificate,
) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let mut put = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    put("liitos-access-point", point.as_str());
    put("liitos-represented", represented.as_str());
    put("liitos-decision", decision.1);
    put("liitos-system", decision.0.system.as_deref().unwrap_or_default());
    // RFC 9440 2.2: a structured field byte sequence.
    put("client-cert", &client_cert::write(certificate));
    headers
}
