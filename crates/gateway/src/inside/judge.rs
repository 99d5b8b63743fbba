//! Which system calls, and whether it may for whom it names: several joiners' systems behind one access point are kept apart here.

use super::config::{InsideConfig, System};
use crate::identity::Peer;
use crate::judge::{Judge, Told, bearer, write_texts};
use crate::message::Wanted;
use arc_swap::ArcSwap;
use liitos_domain::directory::{Decision, Verdict};
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::refusal::Finding;
use liitos_domain::{Moment, Oid, RefusalCode, Sha256Hash};
use liitos_pki::{Said, TokenError, TokenRules, Trust};
use std::sync::Arc;

/// The access point's own list of systems.
pub(super) struct Systems {
    access_point: AccessPointOid,
    systems: Vec<System>,
    token: Option<TokenRules>,
    trust: Arc<ArcSwap<Trust>>,
}

impl Systems {
    pub(super) fn new(config: &InsideConfig, trust: Arc<ArcSwap<Trust>>) -> Self {
        Self {
            access_point: config.access_point.clone(),
            systems: config.systems.clone(),
            token: config.token.clone(),
            trust,
        }
    }

    /// The system that calls: by its certificate, or by its token where it shows none.
    fn calling(&self, peer: &Peer, wanted: &Wanted) -> Result<&System, Finding> {
        let found = match (peer.certificate(), &wanted.token) {
            (Some(certificate), _) => {
                let pinned = |system: &&System| system.certificate_sha256.contains(&certificate.fingerprint);
                let named = |system: &&System| match certificate.subject_serial_numbers.as_slice() {
                    [serial] => system.serial_number.as_ref() == Some(serial),
                    _ => false,
                };
                // A certificate that is known itself is nobody else's, whatever it says.
                self.systems.iter().find(pinned).or_else(|| self.systems.iter().find(named))
            }
            (None, Some(token)) => {
                let hash = Sha256Hash::of(token.as_bytes());
                self.systems.iter().find(|system| system.token_sha256 == Some(hash))
            }
            (None, None) => None,
        };
        found.ok_or_else(|| Finding::new(RefusalCode::SystemUnknown, "certificate or token"))
    }
}

/// The tenant of a call: the one that it names, or the only one that its host has in this system. Who names itself has none.
fn tenant<'t>(system: &'t System, wanted: &'t Wanted) -> Result<Option<&'t Oid>, RefusalCode> {
    let tenants = system.tenants.get(&wanted.represented).map(Vec::as_slice).unwrap_or_default();
    match (&wanted.tenant, tenants) {
        (Some(named), _) if *named == wanted.represented => Ok(None),
        (Some(named), tenants) if tenants.contains(named) => Ok(Some(named)),
        (Some(_), _) => Err(RefusalCode::TenantForeign),
        (None, []) => Ok(None),
        (None, [only]) => Ok(Some(only)),
        (None, _) => Err(RefusalCode::TenantUnnamed),
    }
}

impl Judge for Systems {
    fn sender<'p>(&'p self, _: &'p Peer) -> Result<&'p AccessPointOid, Finding> {
        Ok(&self.access_point)
    }

    fn decide(&self, peer: &Peer, wanted: &Wanted, now: Moment) -> Result<Decision, Finding> {
        let refused = |code, place| Err(Finding::new(code, place));
        if let Some(certificate) = peer.facts(&self.trust, None, now) {
            if certificate.revoked {
                return refused(RefusalCode::CertificateRevoked, "certificate");
            }
            if !certificate.valid.contains(now) {
                return refused(RefusalCode::CertificateNotValidNow, "certificate");
            }
        }
        let system = self.calling(peer, wanted)?;
        if !system.represents.iter().any(|one| one.means(&wanted.represented)) {
            return refused(RefusalCode::RepresentedForeign, "represented organisation");
        }
        if !system.services.is_empty() && !system.services.contains(&wanted.service) {
            return refused(RefusalCode::RepresentedForeign, "service");
        }
        tenant(system, wanted).map_err(|code| Finding::new(code, "tenant"))?;
        Ok(Decision {
            verdict: Verdict::Permitted,
            facts: Vec::new(),
            joiner: Some(wanted.represented.clone()),
            system: Some(system.name.clone()),
            right_from: None,
            throttled: false,
            rate: liitos_domain::service_code::RateClass::Ordinary,
            directory_version: (0, 0),
        })
    }

    fn version(&self) -> Option<u64> {
        None
    }

    /// Towards Kanta, who reads or writes for whom; the access point itself is known by its certificate.
    fn facts(&self, peer: &Peer, wanted: &Wanted, _: &Decision, _: &str, out: &mut Vec<u8>) {
        if wanted.envelope.is_none() {
            write_texts(out, &["service-subscriber: ", wanted.represented.as_str(), "\r\n"]);
        }
        let system = self.calling(peer, wanted).ok();
        if let Some(tenant) = system.and_then(|system| tenant(system, wanted).ok().flatten()) {
            write_texts(out, &["service-requester: ", tenant.as_str(), "\r\n"]);
        }
        if let Some(purpose) = &wanted.purpose {
            let (code, event) = (purpose.code(), purpose.event().as_str());
            write_texts(out, &["purpose-of-use: ", code, "\r\nservice-event: ", event, "\r\n"]);
        }
    }

    /// Believed by nobody here: what it says is held against the system that sends it, and Kanta verifies it.
    fn token(&self, authorization: Option<&str>, _: Moment) -> Result<Option<Told>, Finding> {
        let (Some(rules), Some(token)) = (&self.token, authorization.and_then(bearer)) else { return Ok(None) };
        let said = Said::unproved(token, rules);
        let refused = |error: TokenError| Finding::new(RefusalCode::TokenNotAccepted, error.to_string());
        Ok(Some(Told { said: said.map_err(refused)?, signers: None }))
    }

    fn passes_authorization(&self) -> bool {
        self.token.is_some()
    }
}
