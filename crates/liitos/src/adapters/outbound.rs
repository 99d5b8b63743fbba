//! The outbound doors of the halls, over the pinned channel: each is asked in turn until one of them reaches the unit.

use super::http::HttpError;
use crate::serve::StartError;
use http::{Request, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::rt::TokioIo;
use liitos_domain::outbound::Brought;
use liitos_pki::tls::{Identity, PinnedServer, pinned_client_config};
use liitos_service::ports::OutboundDoor;
use liitos_store::outbound::Message;
use rustls::pki_types::ServerName;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

const MAX_ANSWER_BYTES: usize = 64 * 1024;

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
            let config = pinned_client_config(identity, PinnedServer(door.certificate_sha256));
            Ok(Door {
                authority: format!("{host}:{}", uri.port_u16().unwrap_or(443)),
                name: name.map_err(|_| wrong("expected https://host:port"))?,
                tls: TlsConnector::from(Arc::new(config.map_err(|error| wrong(&error.to_string()))?)),
            })
        };
        doors.iter().map(door).collect::<Result<_, _>>().map(Self)
    }
}

impl Door {
    async fn bring(&self, message: &Message) -> Result<Brought, HttpError> {
        let lost = |error: &dyn std::fmt::Display| HttpError(error.to_string());
        let stream = TcpStream::connect(self.authority.as_str()).await.map_err(|error| lost(&error))?;
        let tls = self.tls.connect(self.name.clone(), stream).await.map_err(|error| lost(&error))?;
        let handshake = hyper::client::conn::http1::handshake(TokioIo::new(tls)).await;
        let (mut sender, connection) = handshake.map_err(|error| lost(&error))?;
        let connection = tokio::spawn(connection);
        let request = Request::post(format!("/outbound/{}/{}", message.service, message.unit))
            .header(header::HOST, self.authority.as_str())
            .header(header::CONTENT_TYPE, message.media_type.as_str())
            .body(Full::new(bytes::Bytes::from(message.body.clone())))
            .map_err(|error| lost(&error))?;
        let answer = sender.send_request(request).await.map_err(|error| lost(&error))?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), MAX_ANSWER_BYTES).collect().await.map_err(|error| lost(&error))?;
        connection.abort();
        if !status.is_success() {
            return Err(HttpError(format!("{status}: {}", String::from_utf8_lossy(&body.to_bytes()))));
        }
        serde_json::from_slice(&body.to_bytes()).map_err(|error| lost(&error))
    }
}

#[async_trait::async_trait]
impl OutboundDoor for HttpOutbound {
    /// The next hall is asked when a door does not answer, or no address of the unit is reached from its hall. A door that may
    /// have brought the message is the last that is asked.
    async fn bring(&self, message: &Message) -> Result<Brought, String> {
        let mut last = Err("no outbound door is configured".to_owned());
        for door in &self.0 {
            let brought = door.bring(message).await.map_err(|error| format!("{}: {error}", door.authority));
            let settled = matches!(&brought, Ok(Brought::Answered { .. } | Brought::Unanswered { .. }));
            if settled || last.is_err() || brought.is_ok() {
                last = brought;
            }
            if settled {
                break;
            }
        }
        last
    }
}
