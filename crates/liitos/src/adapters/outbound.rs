//! The outbound doors of the halls, over the pinned channel: each is asked in turn until one of them reaches the unit.

use crate::serve::StartError;
use http::{Request, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::rt::TokioIo;
use liitos_domain::outbound::Brought;
use liitos_pki::tls::{Identity, OwnCertificate, PinnedServer, pinned_client_config};
use liitos_service::ports::OutboundDoor;
use liitos_store::outbound::Message;
use rustls::pki_types::ServerName;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

const MAX_ANSWER_BYTES: usize = 64 * 1024;
/// How long a door may take to be there, its handshake included.
const CONNECTING: Duration = Duration::from_secs(5);
/// How long it may take to bring a message: each address of the unit in turn. Three halls and their connections take less than a
/// message's claim.
const ANSWERING: Duration = Duration::from_secs(45);

/// The doors, in the order in which they are asked.
pub struct HttpOutbound(Vec<Door>);

struct Door {
    authority: String,
    name: ServerName<'static>,
    tls: TlsConnector,
}

impl HttpOutbound {
    /// Doors at these addresses (`https://host:port`), each with the SHA-256 of its certificate; we show `identity`.
    ///
    /// # Errors
    /// Which address is none, or that the identity cannot be used.
    pub fn new(doors: &[crate::config::OutboundDoor], identity: &Identity) -> Result<Self, StartError> {
        let door = |door: &crate::config::OutboundDoor| {
            let wrong = |problem: &str| StartError(format!("outbound.address {}: {problem}", door.address));
            let uri: http::Uri = door.address.parse().map_err(|_| wrong("expected https://host:port"))?;
            let (Some("https"), Some(host)) = (uri.scheme_str(), uri.host()) else {
                return Err(wrong("expected https://host:port"));
            };
            let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned());
            let own = OwnCertificate::new(identity);
            let config = own.and_then(|own| pinned_client_config(own, PinnedServer(door.certificate_sha256)));
            Ok(Door {
                authority: format!("{host}:{}", uri.port_u16().unwrap_or(443)),
                name: name.map_err(|_| wrong("expected https://host:port"))?,
                tls: TlsConnector::from(Arc::new(config.map_err(|error| wrong(&error.to_string()))?)),
            })
        };
        doors.iter().map(door).collect::<Result<_, _>>().map(Self)
    }
}

/// Why a door did not answer.
enum Failed {
    /// Before it could have taken the message: another may be asked.
    Before(String),
    /// After it was sent, in part at least: it may be bringing it.
    After(String),
}

impl Door {
    async fn bring(&self, message: &Message) -> Result<Brought, Failed> {
        let before = |error: &dyn std::fmt::Display| Failed::Before(error.to_string());
        let connecting = async {
            let stream = TcpStream::connect(self.authority.as_str()).await.map_err(|error| before(&error))?;
            let tls = self.tls.connect(self.name.clone(), stream).await.map_err(|error| before(&error))?;
            hyper::client::conn::http1::handshake(TokioIo::new(tls)).await.map_err(|error| before(&error))
        };
        let connected = tokio::time::timeout(CONNECTING, connecting).await;
        let (mut sender, connection) = connected.map_err(|_| Failed::Before("no connection in time".to_owned()))??;
        let connection = tokio::spawn(connection);
        let request = Request::post(format!("/outbound/{}/{}", message.service, message.unit))
            .header(header::HOST, self.authority.as_str())
            .header(header::CONTENT_TYPE, message.media_type.as_str())
            .body(Full::new(bytes::Bytes::from(message.body.clone())))
            .map_err(|error| before(&error))?;
        let after = |error: &dyn std::fmt::Display| Failed::After(error.to_string());
        let exchange = async {
            let answer = sender.send_request(request).await.map_err(|error| after(&error))?;
            let status = answer.status();
            let body = Limited::new(answer.into_body(), MAX_ANSWER_BYTES).collect().await;
            Ok((status, body.map_err(|error| after(&error))?.to_bytes()))
        };
        let answered = tokio::time::timeout(ANSWERING, exchange).await;
        connection.abort();
        let (status, body) = answered.map_err(|_| Failed::After("no answer in time".to_owned()))??;
        if !status.is_success() {
            // What is no message for it, it has not brought.
            return Err(Failed::Before(format!("{status}: {}", String::from_utf8_lossy(&body))));
        }
        serde_json::from_slice(&body).map_err(|error| after(&error))
    }
}

#[async_trait::async_trait]
impl OutboundDoor for HttpOutbound {
    /// The next hall is asked when a door is not reached, or no address of the unit is reached from its hall. A door that may have
    /// brought the message is the last that is asked; the next try begins with the door after it.
    async fn bring(&self, message: &Message) -> Result<Brought, String> {
        let mut last = Err("no outbound door is configured".to_owned());
        let first = message.tries.saturating_sub(1) as usize % self.0.len().max(1);
        for door in self.0.iter().skip(first).chain(self.0.iter().take(first)) {
            match door.bring(message).await {
                Ok(brought @ (Brought::Answered { .. } | Brought::Unanswered { .. })) => return Ok(brought),
                Ok(brought) => last = Ok(brought),
                Err(Failed::After(problem)) => return Err(format!("{}: {problem}", door.authority)),
                Err(Failed::Before(problem)) => {
                    if last.is_err() {
                        last = Err(format!("{}: {problem}", door.authority));
                    }
                }
            }
        }
        last
    }
}
