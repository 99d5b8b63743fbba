//! One message: the address from the directory, its server known by the access point's OID, primary before backup.

use super::Door;
use crate::backend::{BackendStream, answer};
use crate::front::trusted;
use crate::http1::{Wire, WireError, content};
use liitos_documents::acknowledgement::read_acknowledgement;
use liitos_domain::directory::{AccessPoint, Link};
use liitos_domain::outbound::{Brought, Tried};
use liitos_domain::{Oid, RefusalCode, Service};
use liitos_pki::tls::{AccessPointServer, judging_client_config};
use rustls::pki_types::ServerName;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// Of an answer, so much is read: an acknowledgement is a few kilobytes.
const MOST_ANSWERED: usize = 256 * 1024;

/// Why an address did not answer.
enum Failed {
    /// Before it could have taken anything.
    Before(String),
    /// After the message was sent, all of it or in part.
    After,
}

/// What an access point answered.
struct Answered {
    status: u16,
    acknowledgement: Option<String>,
}

impl Door {
    /// Brings a message to a unit: each address once, until one answers.
    pub(super) async fn bring(&self, unit: &Oid, service: Service, media_type: &str, body: &[u8]) -> Brought {
        let refused = |code, place: &str| Brought::Refused { code, place: place.to_owned() };
        let now = (self.now)();
        let Some(snapshot) = self.snapshots.current().filter(|held| !held.expired(now)) else {
            return refused(RefusalCode::DirectoryUnavailable, "snapshot");
        };
        let (point, decision) = match snapshot.reception(unit, service, now) {
            Ok(found) => found,
            Err((code, place)) => return refused(code, place),
        };
        let issued = snapshot.issued_at();
        if let Err(finding) = trusted(decision, self.stale.at(issued, now), issued) {
            return refused(finding.code, &finding.place);
        }
        let access_point = point.oid.clone();
        let mut tried = Vec::new();
        for (link, ip) in point.ways(self.settings.hall) {
            let address = SocketAddr::new(ip, self.settings.port);
            let key = (access_point.clone(), address);
            if !self.breakers.may(&key, (self.now)()) {
                let problem = "left alone after failures in a row".to_owned();
                tried.push(Tried { address: address.to_string(), problem });
                continue;
            }
            match self.exchange(point, link, address, media_type, body).await {
                Ok(Answered { status, acknowledgement }) => {
                    self.breakers.worked(&key);
                    return Brought::Answered { access_point, address: address.to_string(), status, acknowledgement };
                }
                Err(failed) => {
                    self.breakers.failed(key, (self.now)());
                    match failed {
                        Failed::Before(problem) => tried.push(Tried { address: address.to_string(), problem }),
                        // Another address is the same system: it is brought again with the same id, and not twice at once.
                        Failed::After => return Brought::Unanswered { access_point, address: address.to_string() },
                    }
                }
            }
        }
        Brought::Unreached { access_point, tried }
    }

    async fn exchange(
        &self,
        point: &AccessPoint,
        link: &Link,
        address: SocketAddr,
        media_type: &str,
        body: &[u8],
    ) -> Result<Answered, Failed> {
        let connecting = Duration::from_secs(self.settings.connect_seconds);
        let connected = tokio::time::timeout(connecting, self.connect(point, link, address)).await;
        let mut wire = connected.map_err(|_| Failed::Before("no connection in time".to_owned()))??;
        let patience = Duration::from_secs(self.settings.answer_seconds);
        let head = format!(
            "POST {} HTTP/1.1\r\nhost: {}\r\ncontent-type: {media_type}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            self.settings.path,
            link.dns_name,
            body.len()
        );
        let exchange = async {
            wire.send(&[head.as_bytes(), body].concat(), patience).await?;
            let mut head = Vec::new();
            let answer = answer(&mut wire, &mut head, patience).await?;
            let (status, framing) = (answer.status, answer.framing);
            let said = content(&mut wire, framing, MOST_ANSWERED).await?;
            let acknowledgement = read_acknowledgement(&said).map(|received| received.kind);
            Ok::<_, WireError>(Answered { status, acknowledgement })
        };
        let answered = tokio::time::timeout(patience, exchange).await;
        answered.map_err(|_| Failed::After)?.map_err(|_| Failed::After)
    }

    async fn connect(
        &self,
        point: &AccessPoint,
        link: &Link,
        address: SocketAddr,
    ) -> Result<Wire<BackendStream>, Failed> {
        let before = |error: &dyn std::fmt::Display| Failed::Before(error.to_string());
        let trust = Arc::clone(&self.trust);
        let server = AccessPointServer::new(trust, point.oid.clone(), point.certificates.clone());
        let config = judging_client_config(Arc::clone(&self.own), Arc::new(server)).map_err(|error| before(&error))?;
        let name = ServerName::try_from(link.dns_name.clone()).map_err(|error| before(&error))?;
        let stream = TcpStream::connect(address).await.map_err(|error| before(&error))?;
        let _ = stream.set_nodelay(true);
        let tls = TlsConnector::from(Arc::new(config)).connect(name, stream).await.map_err(|error| before(&error))?;
        Ok(Wire::new(BackendStream::Tls(Box::new(tls))))
    }
}
