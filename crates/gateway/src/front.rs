//! The front door: access points' connections, and the directory's decision on each of their calls.

use crate::collect::proxy_header;
use crate::config::Age;
use crate::door::Door;
use crate::gateway::Shared;
use crate::identity::Peer;
use crate::judge::{Judge, Told, bearer, write_texts};
use crate::message::Wanted;
use crate::places::{Place, caller};
use liitos_domain::directory::{Decision, Organiser, Request, Snapshot, decide};
use liitos_domain::document::signs_token;
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::refusal::Finding;
use liitos_domain::{Moment, RefusalCode, Service, Sha256Hash};
use liitos_pki::Certificate;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::Ordering;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

tokio::task_local! {
    /// Where the connection comes from whose handshake is under way, and which collection point says so: whoever judges its certificate does not see the connection.
    pub(crate) static FROM: (IpAddr, Option<IpAddr>);
}

/// Where a handshake came from whose certificate names an access point: a collection point is believed only of those behind it.
pub(crate) fn believed(
    held: Option<&Snapshot>,
    point: Option<&AccessPointOid>,
    (source, via): (IpAddr, Option<IpAddr>),
    now: Moment,
) -> Option<IpAddr> {
    let Some(via) = via else { return Some(source) };
    let (held, point) = (held?, point?);
    held.speaks_for(via, point, now).then_some(source)
}

impl Shared {
    /// A connection from its first byte to its last.
    pub(crate) async fn connection(&self, door: &Door, mut stream: TcpStream, source: SocketAddr) {
        let Self { acceptor, by_address, by_certificate, calls, .. } = self;
        let silence = door.limits().silence();
        let _ = stream.set_nodelay(true);
        let Ok(Ok((source, via))) = tokio::time::timeout(silence, self.came_from(&mut stream, source)).await else {
            tracing::info!(%source, "a collection point said nothing sound of where a connection comes from");
            return;
        };
        let Some(_place) = by_address.take(caller(source.ip())) else {
            return;
        };
        let Ok(Ok(tls)) =
            tokio::time::timeout(silence, FROM.scope((source.ip().to_canonical(), via), acceptor.accept(stream))).await
        else {
            return;
        };
        let shown = tls.get_ref().1.peer_certificates().and_then(|chain| chain.first());
        let Some(Ok(certificate)) = shown.map(|der| Certificate::parse(der)) else {
            return;
        };
        if let Some(ocsp) = &self.ocsp {
            ocsp.begins(&self.trust, &certificate).await;
        }
        calls.connections.fetch_add(1, Ordering::Relaxed);
        let place: Option<Place<Sha256Hash>> = by_certificate.take(certificate.fingerprint);
        let peer = Peer::new(certificate, source, via, place.is_none());
        door.serve(peer, tls).await;
    }

    /// Where a connection really comes from: what a collection point says, or the other end's address.
    async fn came_from(
        &self,
        stream: &mut TcpStream,
        end: SocketAddr,
    ) -> std::io::Result<(SocketAddr, Option<IpAddr>)> {
        let address = end.ip().to_canonical();
        let configured = self.config.collection_points.iter().any(|points| points.contains(&address));
        let registered = || self.snapshots.current().is_some_and(|held| held.says_source(address, (self.now)()));
        if !configured && !registered() {
            return Ok((end, None));
        }
        let mut bytes = Vec::new();
        loop {
            match proxy_header::read(&bytes) {
                // What this configuration believes it believes of everybody; what the directory does, of the point's own.
                proxy_header::Header::Read { source, .. } => {
                    let via = source.filter(|_| !configured).map(|_| address);
                    return Ok((source.unwrap_or(end), via));
                }
                proxy_header::Header::Broken(problem) => return Err(std::io::Error::other(problem)),
                // No byte more than the header: what follows is TLS.
                proxy_header::Header::Incomplete(needed) => {
                    let read = bytes.len();
                    bytes.resize(needed, 0);
                    stream.read_exact(bytes.get_mut(read..).unwrap_or_default()).await?;
                }
            }
        }
    }
}

impl Judge for Shared {
    fn sender<'p>(&'p self, peer: &'p Peer) -> Result<&'p AccessPointOid, Finding> {
        peer.access_point()
    }

    fn decide(&self, peer: &Peer, asked: &Wanted, now: Moment) -> Result<Decision, Finding> {
        let Self { snapshots, trust, config, .. } = self;
        let point = peer.access_point()?;
        let unavailable = || Finding::new(RefusalCode::DirectoryUnavailable, "snapshot");
        let snapshot = snapshots.current().ok_or_else(unavailable)?;
        if peer.via().is_some_and(|via| !snapshot.speaks_for(via, point, now)) {
            return Err(Finding::new(RefusalCode::SourceAddressForeign, "collection point"));
        }
        let facts = peer.facts(trust, self.ocsp.as_deref(), now);
        let question = Request {
            access_point: point,
            certificate: facts.as_ref(),
            source: config.check_source_address.then_some(peer.source()),
            service: asked.service,
            operation: asked.operation,
            joiner: &asked.represented,
            // What a unit receives is fetched in its own name, by a right of its own.
            unit: (asked.service == Service::RenewalReception).then_some(&asked.represented),
            tenant: asked.tenant.as_ref(),
            system: asked.claimed.as_ref().and_then(|claimed| claimed.system.as_deref()),
            organiser: Organiser::Later,
        };
        let decision = decide(&snapshot, &question, now);
        let refused = decision.code().map(|code| {
            let place = decision.facts.last().map_or("directory", |fact| fact.what);
            Finding::new(code, place)
        });
        // What keeps everybody out is no fault of the token.
        if let Some(finding) = refused.as_ref().filter(|_| decision.joiner.is_none()) {
            return Err(finding.clone());
        }
        signed_by_joiner(asked, &decision)?;
        match refused {
            Some(finding) => Err(finding),
            None => trusted(decision, config.stale.at(snapshot.issued_at(), now), snapshot.issued_at()),
        }
    }

    fn token(&self, authorization: Option<&str>, now: Moment) -> Result<Option<Told>, Finding> {
        let Some(tokens) = &self.tokens else { return Ok(None) };
        match authorization.and_then(bearer) {
            Some(token) => tokens.read(token, &self.trust, now).map(Some),
            None if self.config.token_needed => {
                Err(Finding::new(RefusalCode::TokenNotAccepted, "authorization header"))
            }
            None => Ok(None),
        }
    }

    fn version(&self) -> Option<u64> {
        self.snapshots.current().map(|held| held.version().1)
    }

    fn facts(&self, peer: &Peer, wanted: &Wanted, decision: &Decision, id: &str, out: &mut Vec<u8>) {
        let plain = |system: &&str| system.bytes().all(|byte| byte.is_ascii_graphic());
        let system = decision.system.as_deref().filter(plain).unwrap_or_default();
        write_texts(
            out,
            &[peer.fields(), "liitos-represented: ", wanted.represented.as_str(), "\r\nliitos-decision: ", id],
        );
        write_texts(out, &["\r\nliitos-system: ", system, "\r\n"]);
        if let Some(tenant) = wanted.tenant.as_ref().filter(|tenant| **tenant != wanted.represented) {
            write_texts(out, &["liitos-tenant: ", tenant.as_str(), "\r\n"]);
        }
        if let Some(purpose) = &wanted.purpose {
            let (code, event) = (purpose.code(), purpose.event().as_str());
            write_texts(out, &["liitos-purpose: ", code, "\r\nliitos-service-event: ", event, "\r\n"]);
        }
    }
}

/// A token that was read here must be the joiner's own word.
fn signed_by_joiner(asked: &Wanted, decision: &Decision) -> Result<(), Finding> {
    let signers = asked.claimed.as_ref().and_then(|claimed| claimed.signers.as_deref());
    if signers.is_none_or(|signers| signs_token(signers, &asked.represented, decision.joiner.as_ref())) {
        return Ok(());
    }
    Err(Finding::new(RefusalCode::TokenForeign, "x5c: certificate subject serialNumber"))
}

/// A decision that permits, as far as the age of what it rests on allows.
pub(crate) fn trusted(decision: Decision, age: Age, issued: Moment) -> Result<Decision, Finding> {
    let old = |place| Err(Finding::new(RefusalCode::DirectoryUnavailable, place));
    match age {
        Age::Refused => old("snapshot"),
        Age::NothingNew if decision.right_from.is_none_or(|from| from > issued) => {
            old("right begun since the snapshot")
        }
        _ => Ok(decision),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use liitos_domain::Interval;
    use liitos_domain::directory::{AccessPoint, CollectionPoint, SnapshotContent, Verdict};

    #[test]
    fn what_began_since_an_old_snapshot_is_not_trusted() {
        let issued = Moment::from_seconds(1000);
        let permitted = |from: i64| Decision {
            verdict: Verdict::Permitted,
            facts: Vec::new(),
            joiner: None,
            system: None,
            right_from: Some(Moment::from_seconds(from)),
            throttled: false,
            rate: liitos_domain::service_code::RateClass::Ordinary,
            directory_version: (1, 1),
        };
        for age in [Age::Fresh, Age::Warned] {
            assert!(trusted(permitted(2000), age, issued).is_ok());
        }
        assert!(trusted(permitted(1000), Age::NothingNew, issued).is_ok());
        let refused = trusted(permitted(1001), Age::NothingNew, issued).unwrap_err();
        assert_eq!(refused.code, RefusalCode::DirectoryUnavailable);
        assert!(trusted(permitted(1), Age::Refused, issued).is_err());
    }

    #[test]
    fn a_collection_point_is_believed_only_of_those_behind_it() {
        let (own, other) = ("1.2.246.10.1.10.0.13.1", "1.2.246.10.2.10.0.13.1");
        let [own, other] = [own, other].map(|oid| AccessPointOid::parse(oid).unwrap());
        let valid = Interval::from(Moment::from_seconds(0));
        let open = |oid: &AccessPointOid| AccessPoint {
            oid: oid.clone(),
            administrator: oid.administrator(),
            system: "900001".into(),
            country: "FI".into(),
            links: vec![],
            certificates: vec![],
            valid,
        };
        let [via, source, elsewhere] =
            ["192.0.2.1", "203.0.113.1", "192.0.2.2"].map(|ip| ip.parse::<IpAddr>().unwrap());
        let collecting = CollectionPoint {
            administrator: own.administrator(),
            name: "Pohjoinen".into(),
            country: "FI".into(),
            addresses: vec![via],
            access_points: vec![own.clone()],
            proxy_header: true,
            valid,
        };
        let content = SnapshotContent {
            epoch: 1,
            sequence: 1,
            issued_at: Moment::from_seconds(0),
            expires_at: Moment::from_seconds(1_000),
            joiners: vec![],
            units: vec![],
            tenants: vec![],
            access_points: vec![open(&own), open(&other)],
            rights: vec![],
            collection_points: vec![collecting],
            systems: None,
            renewal_marks: None,
            closings: vec![],
            head: None,
        };
        let held = Snapshot::build(content).unwrap();
        let now = Moment::from_seconds(10);
        let of = |held, point, via| believed(held, point, (source, via), now);
        assert_eq!(of(Some(&held), Some(&own), Some(via)), Some(source));
        assert_eq!(of(Some(&held), Some(&other), Some(via)), None, "somebody else's");
        assert_eq!(of(Some(&held), Some(&own), Some(elsewhere)), None);
        assert_eq!((of(Some(&held), None, Some(via)), of(None, Some(&own), Some(via))), (None, None));
        assert_eq!(of(None, None, None), Some(source), "the other end itself");
    }
}
