//! Posts events to programs, signed as the Standard Webhooks specification says: `webhook-id`, `webhook-timestamp` and
//! `webhook-signature` (HMAC-SHA-256 over id, time and body). Addresses within a network of our own are refused, however they are
//! named, unless the configuration says otherwise: who gives us an address shall not reach what only we reach.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{Request, StatusCode, Uri, header};
use http_body_util::Full;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use hyper_util::rt::TokioExecutor;
use liitos_domain::Moment;
use liitos_service::ports::{Hook, Poster, SendError};
use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tower_service::Service;

/// How long a program may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Posts events.
pub struct WebhookPoster {
    client: Client<HttpsConnector<HttpConnector<Resolver>>, Full<Bytes>>,
    /// Whether addresses of our own networks, and plain HTTP, will do.
    within: bool,
}

impl WebhookPoster {
    /// A poster; `within` lets it post to our own networks and over plain HTTP.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(within: bool) -> Result<Self, String> {
        let tls = super::http::tls().map_err(|error| format!("webhooks: {error}"))?;
        let mut http = HttpConnector::new_with_resolver(Resolver { inner: GaiResolver::new(), within });
        http.enforce_http(false);
        http.set_connect_timeout(Some(PATIENCE));
        let builder = hyper_rustls::HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1();
        Ok(Self { client: Client::builder(TokioExecutor::new()).build(builder.wrap_connector(http)), within })
    }
}

#[async_trait::async_trait]
impl Poster for WebhookPoster {
    fn accepts(&self, address: &str) -> bool {
        let Ok(uri) = address.parse::<Uri>() else { return false };
        let Some(host) = uri.host() else { return false };
        let scheme = uri.scheme_str();
        let plain = uri.authority().is_some_and(|authority| !authority.as_str().contains('@'));
        let literal = host.trim_matches(['[', ']']).parse::<IpAddr>().ok();
        let outside = literal.is_none_or(|ip| self.within || is_outside(ip));
        plain && outside && (scheme == Some("https") || (self.within && scheme == Some("http")))
    }

    async fn post(&self, hook: &Hook, secret: &str, at: Moment) -> Result<(), SendError> {
        if !self.accepts(&hook.to) {
            return Err(SendError::Never("events are not posted to such an address".to_owned()));
        }
        let seconds = at.as_seconds();
        let request = Request::post(&hook.to)
            .header(header::CONTENT_TYPE, "application/json")
            .header("webhook-id", &hook.id)
            .header("webhook-timestamp", seconds)
            .header("webhook-signature", signature(secret, &hook.id, seconds, &hook.body))
            .body(Full::new(Bytes::from(hook.body.clone())))
            .map_err(|error| SendError::Never(error.to_string()))?;
        let asked = tokio::time::timeout(PATIENCE, self.client.request(request)).await;
        let answer = asked.map_err(|_| SendError::Later("no answer in time".to_owned()))?;
        // What it says besides its status is nobody's business.
        match answer.map_err(|error| SendError::Later(full(&error)))?.status() {
            status if status.is_success() => Ok(()),
            StatusCode::GONE => Err(SendError::Never("410 Gone: the receiver wants no more".to_owned())),
            status => Err(SendError::Later(status.to_string())),
        }
    }
}

/// `v1,` and the code of authentication in base64.
#[must_use]
pub fn signature(secret: &str, id: &str, seconds: i64, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, format!("{id}.{seconds}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(tag))
}

fn full(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        text.push_str(&format!(": {source}"));
        cause = source.source();
    }
    text
}

/// Whether an address is anybody's on the public internet.
fn is_outside(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_outside_v4(ip),
        IpAddr::V6(ip) => match ip.to_ipv4_mapped() {
            Some(mapped) => is_outside_v4(mapped),
            None => is_outside_v6(ip),
        },
    }
}

fn is_outside_v4(ip: Ipv4Addr) -> bool {
    let [a, b, ..] = ip.octets();
    // Shared address space (RFC 6598), benchmarking (RFC 2544), and what was reserved for later.
    let kept = a == 0 || a >= 240 || (a == 100 && (64..128).contains(&b)) || (a == 198 && (18..20).contains(&b));
    !(kept || ip.is_private() || ip.is_loopback() || ip.is_link_local() || ip.is_multicast() || ip.is_documentation())
}

fn is_outside_v6(ip: Ipv6Addr) -> bool {
    let [first, second, ..] = ip.segments();
    // Only what is global unicast (RFC 4291 2.4), and of that neither documentation nor a tunnel to somewhere else.
    let global = first & 0xe000 == 0x2000;
    global && !(first == 0x2001 && (second == 0x0db8 || second == 0)) && first != 0x2002
}

/// Resolves names, and finds nothing where a name leads into our own networks.
#[derive(Clone)]
struct Resolver {
    inner: GaiResolver,
    within: bool,
}

impl Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = std::io::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let (found, within) = (self.inner.call(name), self.within);
        Box::pin(async move {
            let found: Vec<SocketAddr> = found.await?.filter(|at| within || is_outside(at.ip())).collect();
            if found.is_empty() {
                return Err(std::io::Error::other("the name leads to no address outside"));
            }
            Ok(found.into_iter())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_inside() {
        let outside = WebhookPoster::new(false).unwrap();
        for good in ["https://hooks.example/x", "https://8.8.8.8/", "https://[2a00:1450::1]:8443/a?b=c"] {
            assert!(outside.accepts(good), "{good}");
        }
        for bad in [
            "http://hooks.example/",
            "https://127.0.0.1/",
            "https://10.0.0.1/",
            "https://169.254.169.254/latest/meta-data",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://[fd00::1]/",
            "https://[2002:7f00:1::]/",
            "https://100.64.0.1/",
            "https://user@hooks.example/",
            "file:///etc/passwd",
            "hooks.example",
            "",
        ] {
            assert!(!outside.accepts(bad), "{bad}");
        }
        assert!(WebhookPoster::new(true).unwrap().accepts("http://127.0.0.1:1/"));
    }

    /// The specification's own example has another encoding of the secret; this one was made with openssl.
    #[test]
    fn signed_as_others_sign() {
        let made = signature("secret", "evt_1", 1_790_000_000, "{}");
        assert_eq!(made, "v1,+8VUHHeBiK6VKJq8r9FAVUfCt/OJXbBkqlDr/yqe3yQ=");
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_not_followed() {
        let poster = WebhookPoster::new(false).unwrap();
        let hook = Hook { webhook: 1, to: "https://localhost:1/".into(), id: "e".into(), body: "{}".into() };
        let refused = poster.post(&hook, "s", Moment::from_seconds(1)).await.unwrap_err();
        assert!(refused.to_string().contains("no address outside"), "{refused}");
    }
}
