//! Answers of responders (OCSP) about callers' certificates: asked when a connection begins, kept until the next is due, and asked
//! again while the certificate is in use.
//!
//! A revocation list that names a certificate counts, whatever a responder says; where no list tells, an answer that is valid now
//! must, and without one nothing of the certificate passes.

use crate::Now;
use crate::backend::{Backend, Known};
use crate::config;
use arc_swap::ArcSwap;
use liitos_domain::{Moment, Sha256Hash};
use liitos_pki::ocsp::{self, Answer};
use liitos_pki::{Certificate, Revocation, Trust};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;

/// Most certificates whose answers are kept.
const MOST: usize = 20_000;
/// Responders asked at once.
const AT_ONCE: usize = 8;
/// How often is looked whether an answer should be asked for again.
const ROUND: Duration = Duration::from_secs(30);
/// Seconds after which an answer is asked for again, though the next is not due: a revocation should be known soon.
const AGAIN: i64 = 1800;
/// Seconds for which a responder that failed is not asked about the same certificate.
const REST: i64 = 10;
/// Seconds without a call after which a certificate's answer is not kept up.
const UNUSED: i64 = 3600;

/// What responders said.
pub(crate) struct Ocsp {
    rules: config::Ocsp,
    kept: Mutex<HashMap<Sha256Hash, Kept>>,
    places: Semaphore,
    now: Now,
}

struct Kept {
    certificate: Certificate,
    issuer: Certificate,
    answer: Option<Answer>,
    asked: Moment,
    used: Moment,
}

impl Ocsp {
    pub(crate) fn new(rules: config::Ocsp, now: Now) -> Arc<Self> {
        Arc::new(Self { rules, kept: Mutex::default(), places: Semaphore::new(AT_ONCE), now })
    }

    /// Whether a certificate names a responder that is asked.
    fn responder<'c>(&self, certificate: &'c Certificate) -> Option<&'c str> {
        certificate.ocsp.as_deref().filter(|address| self.rules.asks(address))
    }

    /// What is known of a certificate, of lists and answers together.
    pub(crate) fn status(&self, trust: &Trust, certificate: &Certificate, now: Moment) -> Revocation {
        let listed = trust.revoked.status(certificate, now);
        let mut kept = self.kept();
        let Some(own) = kept.get_mut(&certificate.fingerprint) else { return listed };
        own.used = now;
        match own.answer.filter(|answer| now < answer.until).map(|answer| answer.status) {
            Some(said) if listed != Revocation::Revoked && said != Revocation::Unknown => said,
            _ => listed,
        }
    }

    /// Asks about a certificate that a connection begins with. Is waited for where nothing else tells.
    pub(crate) async fn begins(
        self: &Arc<Self>,
        trust: &ArcSwap<Trust>,
        certificate: &Certificate,
        chain: impl Iterator<Item = Certificate>,
    ) {
        let (now, trust) = ((self.now)(), trust.load_full());
        if self.responder(certificate).is_none() || !self.is_due(certificate, now) {
            return;
        }
        // Those that are trusted first; of those that the caller sent, the one that has signed it.
        let sent: Vec<Certificate> = chain.collect();
        let Some(issuer) = ocsp::issuer_of(certificate, trust.anchors.certificates().iter().chain(&sent)) else {
            return;
        };
        let asking = Arc::clone(self).ask(Arc::clone(&trust), certificate.clone(), issuer.clone());
        if self.status(&trust, certificate, now) == Revocation::Unknown {
            asking.await;
        } else {
            tokio::spawn(asking);
        }
    }

    /// Whether no answer is kept that will do, and the responder has rested since it was asked last.
    fn is_due(&self, certificate: &Certificate, now: Moment) -> bool {
        self.kept().get(&certificate.fingerprint).is_none_or(|kept| kept.due(now))
    }

    async fn ask(self: Arc<Self>, trust: Arc<Trust>, certificate: Certificate, issuer: Certificate) {
        let Ok(_place) = self.places.acquire().await else { return };
        let asked = (self.now)();
        if !self.is_due(&certificate, asked) {
            return;
        }
        let said = self.exchange(&trust, &certificate, &issuer).await;
        if let Err(problem) = &said {
            tracing::warn!(fingerprint = %certificate.fingerprint, problem, "a responder was asked in vain");
        }
        let mut kept = self.kept();
        if kept.len() >= MOST {
            kept.retain(|_, own| !own.forgotten(asked));
        }
        if kept.len() >= MOST && !kept.contains_key(&certificate.fingerprint) {
            return;
        }
        let own = kept.entry(certificate.fingerprint).or_insert_with(|| Kept {
            certificate,
            issuer,
            answer: None,
            asked,
            used: asked,
        });
        own.asked = asked;
        // The one before counts on until the next was due.
        own.answer = said.ok().or(own.answer);
    }

    async fn exchange(&self, trust: &Trust, certificate: &Certificate, issuer: &Certificate) -> Result<Answer, String> {
        let address = self.responder(certificate).ok_or("no responder is named that is asked")?;
        let uri: http::Uri = address.parse().map_err(|_| "the responder's address cannot be read")?;
        let request = ocsp::request(certificate, issuer).ok_or("the certificate cannot be named")?;
        let backend = Backend::new([(address, None)].into_iter(), &Known::SameMachine, Arc::clone(&self.now));
        let backend = backend.map_err(|error| error.to_string())?;
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let patience = Duration::from_secs(self.rules.timeout_seconds);
        let what = ("application/ocsp-request", request.as_slice());
        match backend.whole("POST", path, what, ocsp::MAX_RESPONSE_BYTES, patience).await? {
            (200, response) => {
                let now = (self.now)();
                ocsp::read(&response, certificate, issuer, &trust.revoked, now).map_err(|error| error.to_string())
            }
            (status, _) => Err(format!("status {status}")),
        }
    }

    /// Asks again about certificates that are in use, before their answers end.
    pub(crate) async fn keep_up(self: Arc<Self>, trust: Arc<ArcSwap<Trust>>) {
        loop {
            tokio::time::sleep(ROUND).await;
            let now = (self.now)();
            let due: Vec<(Certificate, Certificate)> = {
                let mut kept = self.kept();
                kept.retain(|_, own| !own.forgotten(now));
                let due = kept.values().filter(|own| own.due(now));
                due.map(|own| (own.certificate.clone(), own.issuer.clone())).collect()
            };
            for (certificate, issuer) in due {
                Arc::clone(&self).ask(trust.load_full(), certificate, issuer).await;
            }
        }
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, HashMap<Sha256Hash, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn due(&self, now: Moment) -> bool {
        let since = now.as_seconds() - self.asked.as_seconds();
        let ends = self.answer.is_none_or(|answer| answer.until <= now.plus_seconds(ROUND.as_secs() as i64 * 2));
        // A clock that was set back makes it due, too.
        !(0..AGAIN).contains(&since) || (ends && since >= REST)
    }

    fn forgotten(&self, now: Moment) -> bool {
        now.as_seconds() - self.used.as_seconds() > UNUSED
    }
}
