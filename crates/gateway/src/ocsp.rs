//! Answers of responders (OCSP) about callers' certificates: asked when a connection begins, kept until the next is due, and asked
//! again while the certificate is in use.
//!
//! A revocation list that names a certificate counts, whatever a responder says, and so does a responder that once said so; where no
//! list tells, an answer that is valid now must, and without one nothing of the certificate passes. Only an issuer that is trusted
//! itself is believed, as with lists.

use crate::Now;
use crate::backend::{Backend, Known};
use crate::config;
use arc_swap::ArcSwap;
use futures_util::StreamExt as _;
use liitos_domain::{Moment, Sha256Hash};
use liitos_pki::ocsp::{self, Answer};
use liitos_pki::{Certificate, Revocation, Trust};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;

/// Most certificates whose answers are kept.
const MOST: usize = 20_000;
/// Questions to one responder at once: one that is slow holds up no other.
const AT_ONCE: usize = 4;
/// How often is looked whether an answer should be asked for again.
const ROUND: Duration = Duration::from_secs(30);
/// Seconds before an answer ends at which the next is asked for.
const BEFORE: i64 = 120;
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
    /// By certificate, so that those who wait for the same answer ask once.
    flights: Mutex<HashMap<Sha256Hash, Arc<tokio::sync::Mutex<()>>>>,
    /// By responder.
    places: HashMap<String, Semaphore>,
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
        let places = rules.responders.iter().map(|one| (one.clone(), Semaphore::new(AT_ONCE))).collect();
        Arc::new(Self { rules, kept: Mutex::default(), flights: Mutex::default(), places, now })
    }

    /// The address that a certificate names of a responder that is asked, and which that is.
    fn responder<'c>(&'c self, certificate: &'c Certificate) -> Option<(&'c str, &'c str)> {
        let asked = |address: &'c String| Some((address.as_str(), self.rules.responder(address)?));
        certificate.ocsp.iter().find_map(asked)
    }

    /// What is known of a certificate, of lists and answers together.
    pub(crate) fn status(&self, trust: &Trust, certificate: &Certificate, now: Moment) -> Revocation {
        let listed = trust.revoked.status(certificate, now);
        let mut kept = self.kept();
        let Some(own) = kept.get_mut(&certificate.fingerprint) else { return listed };
        own.used = now;
        own.with(listed, trust, now)
    }

    /// Asks about a certificate that a connection begins with. Is waited for where nothing else tells.
    pub(crate) async fn begins(self: &Arc<Self>, trust: &ArcSwap<Trust>, certificate: &Certificate) {
        let (now, trust) = ((self.now)(), trust.load_full());
        if self.responder(certificate).is_none() || !self.is_due(certificate, now) {
            return;
        }
        let Some(issuer) = ocsp::issuer_of(certificate, trust.anchors.certificates().iter()) else {
            tracing::info!(fingerprint = %certificate.fingerprint, "no trusted issuer is found whose responder is asked");
            return;
        };
        let asking = Arc::clone(self).ask(Arc::clone(&trust), certificate.clone(), issuer.clone());
        let asking = tokio::spawn(asking);
        if self.status(&trust, certificate, now) == Revocation::Unknown {
            // Others may stand before it: nobody waits longer than for one answer.
            let _ = tokio::time::timeout(self.patience(), asking).await;
        }
    }

    const fn patience(&self) -> Duration {
        Duration::from_secs(self.rules.timeout_seconds)
    }

    /// Whether no answer is kept that will do, and the responder has rested since it was asked last.
    fn is_due(&self, certificate: &Certificate, now: Moment) -> bool {
        self.kept().get(&certificate.fingerprint).is_none_or(|kept| kept.due(now))
    }

    async fn ask(self: Arc<Self>, trust: Arc<Trust>, certificate: Certificate, issuer: Certificate) {
        let fingerprint = certificate.fingerprint;
        let flight = Arc::clone(lock(&self.flights).entry(fingerprint).or_default());
        let one = flight.lock().await;
        if self.is_due(&certificate, (self.now)()) {
            let said = self.exchange(&trust, &certificate, &issuer).await;
            if let Err(problem) = &said {
                tracing::warn!(%fingerprint, problem, "a responder was asked in vain");
            }
            self.learn(certificate, issuer, said.ok(), (self.now)());
        }
        drop(one);
        // Whoever waits holds it, too.
        let mut flights = lock(&self.flights);
        if Arc::strong_count(&flight) <= 2 {
            flights.remove(&fingerprint);
        }
    }

    async fn exchange(&self, trust: &Trust, certificate: &Certificate, issuer: &Certificate) -> Result<Answer, String> {
        let (address, responder) = self.responder(certificate).ok_or("no responder is named that is asked")?;
        let _place = self.places.get(responder).ok_or("no such responder")?.acquire().await;
        let uri: http::Uri = address.parse().map_err(|_| "the responder's address cannot be read")?;
        let request = ocsp::request(certificate, issuer).ok_or("the certificate cannot be named")?;
        let backend = Backend::new([(address, None)].into_iter(), &Known::SameMachine, Arc::clone(&self.now));
        let backend = backend.map_err(|error| error.to_string())?;
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let what = ("application/ocsp-request", request.as_slice());
        match backend.whole("POST", path, what, ocsp::MAX_RESPONSE_BYTES, self.patience()).await? {
            (200, response) => {
                let now = (self.now)();
                ocsp::read(&response, certificate, issuer, &trust.revoked, now).map_err(|error| error.to_string())
            }
            (status, _) => Err(format!("status {status}")),
        }
    }

    /// Keeps what a responder said, or that it said nothing.
    fn learn(&self, certificate: Certificate, issuer: Certificate, said: Option<Answer>, now: Moment) {
        let mut kept = self.kept();
        if kept.len() >= MOST {
            kept.retain(|_, own| !own.forgotten(now));
        }
        if kept.len() >= MOST && !kept.contains_key(&certificate.fingerprint) {
            return;
        }
        let fresh =
            || Kept { certificate: certificate.clone(), issuer: issuer.clone(), answer: None, asked: now, used: now };
        let own = kept.entry(certificate.fingerprint).or_insert_with(fresh);
        (own.issuer, own.asked) = (issuer, now);
        own.take(said);
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
            let ask = |(certificate, issuer)| Arc::clone(&self).ask(trust.load_full(), certificate, issuer);
            let at_once = AT_ONCE * self.places.len().max(1);
            futures_util::stream::iter(due).for_each_concurrent(at_once, ask).await;
        }
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<Sha256Hash, Kept>> {
        lock(&self.kept)
    }
}

fn lock<T>(held: &Mutex<T>) -> MutexGuard<'_, T> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Kept {
    /// What a list says and what is kept, together.
    fn with(&self, listed: Revocation, trust: &Trust, now: Moment) -> Revocation {
        let trusted = || trust.anchors.certificates().iter().any(|own| own.fingerprint == self.issuer.fingerprint);
        match self.answer.filter(|_| trusted()) {
            _ if listed == Revocation::Revoked => listed,
            // Said once, it stays: an answer that ends is no pardon.
            Some(Answer { status: Revocation::Revoked, .. }) => Revocation::Revoked,
            Some(answer) if answer.status == Revocation::Good && answer.counts(now) => Revocation::Good,
            _ => listed,
        }
    }

    /// Takes an answer, unless it is older than the one that is kept; of two that say the same moment, the one that revokes.
    fn take(&mut self, said: Option<Answer>) {
        let place = |answer: &Answer| (answer.since, answer.status == Revocation::Revoked);
        let newer = |said: &Answer| self.answer.as_ref().is_none_or(|own| place(said) >= place(own));
        if let Some(said) = said.filter(newer) {
            self.answer = Some(said);
        }
    }

    fn due(&self, now: Moment) -> bool {
        let since = now.as_seconds() - self.asked.as_seconds();
        let ends = self.answer.is_none_or(|answer| !answer.counts(now.plus_seconds(BEFORE)));
        // A clock that was set back makes it due, too.
        !(0..AGAIN).contains(&since) || (ends && since >= REST)
    }

    fn forgotten(&self, now: Moment) -> bool {
        let revoked = self.answer.is_some_and(|answer| answer.status == Revocation::Revoked);
        let unused = now.as_seconds() - self.used.as_seconds() > UNUSED;
        if revoked { self.certificate.valid.ended(now) } else { unused }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use liitos_pki::TrustAnchors;
    use liitos_pki::authority::{Authority, Profile};
    use std::sync::atomic::{AtomicI64, Ordering};

    #[test]
    fn what_was_said_counts_as_long_as_it_may_and_a_revocation_for_ever() {
        let begin = Moment::parse("2026-11-27").unwrap();
        let (one, other) = (Authority::create("One", begin).unwrap(), Authority::create("Other", begin).unwrap());
        let certificate =
            Certificate::parse(&one.issue(&Profile::server("1.2", "a.test"), begin).unwrap().certificate_der).unwrap();
        let seconds = Arc::new(AtomicI64::new(0));
        let clock = Arc::clone(&seconds);
        let rules = config::Ocsp { responders: Vec::new(), timeout_seconds: 1 };
        let ocsp = Ocsp::new(rules, Arc::new(move || begin.plus_seconds(clock.load(Ordering::Relaxed))));
        let at = |seconds: i64| begin.plus_seconds(seconds);
        let trust = |authority: &Authority, lists: &[Vec<u8>]| {
            let anchors = TrustAnchors::new(vec![authority.certificate().clone()]).unwrap();
            Trust::load(anchors, lists).unwrap()
        };
        let (bare, listed) = (trust(&one, &[]), trust(&one, &[one.revocation_list(&[], begin).unwrap()]));
        let status = |trust: &Trust, seconds: i64| ocsp.status(trust, &certificate, at(seconds));
        let learn = |status, since: i64, until: i64, now: i64| {
            let answer = Answer { status, since: at(since), until: at(until) };
            ocsp.learn(certificate.clone(), one.certificate().clone(), Some(answer), at(now));
        };
        use Revocation::{Good, Revoked, Unknown};
        assert_eq!((status(&bare, 0), status(&listed, 0)), (Unknown, Good));
        learn(Good, 0, 600, 1);
        assert_eq!((status(&bare, 599), status(&bare, 600)), (Good, Unknown), "until the next is due");
        assert_eq!(status(&bare, -301), Unknown, "a clock that was set back far");
        assert_eq!(status(&trust(&other, &[]), 1), Unknown, "its issuer is trusted no more");
        learn(Revoked, 60, 600, 61);
        assert_eq!((status(&bare, 62), status(&listed, 62)), (Revoked, Revoked));
        learn(Good, 0, 9000, 100);
        learn(Good, 60, 9000, 100);
        assert_eq!(status(&listed, 101), Revoked, "an answer from before, or of the same moment, is no pardon");
        assert_eq!(status(&listed, 700), Revoked, "nor is that the answer has ended");
        assert!(!ocsp.kept()[&certificate.fingerprint].forgotten(at(9000)), "it is not forgotten");
        learn(Good, 61, 9000, 800);
        assert_eq!(status(&bare, 801), Good, "the issuer takes it back");
        assert!(ocsp.kept()[&certificate.fingerprint].forgotten(at(9000)));
        ocsp.learn(certificate.clone(), one.certificate().clone(), None, at(900));
        assert_eq!(status(&bare, 901), Good, "a responder that says nothing takes nothing back");
        let due = |seconds| ocsp.is_due(&certificate, at(seconds));
        assert_eq!([902, 2699, 2700, 8881, 899].map(due), [false, false, true, true, true]);
    }
}
