//! Kanta's tokens at the front door: one that was verified a moment ago is not verified again.

use crate::judge::Told;
use arc_swap::ArcSwap;
use liitos_domain::refusal::Finding;
use liitos_domain::{Moment, RefusalCode, Sha256Hash};
use liitos_pki::{Certificate, Revocation, Token, TokenRules, Trust};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Seconds that a verified token is believed without asking again, unless it ends before or what is trusted changes.
const BELIEVED: i64 = 60;
/// Most tokens that are kept in mind.
const MOST: usize = 10_000;

/// Reads tokens.
pub(crate) struct Tokens {
    rules: TokenRules,
    verified: Mutex<Verified>,
}

#[derive(Default)]
struct Verified {
    /// By whose trust.
    trust: Option<Arc<Trust>>,
    tokens: HashMap<Sha256Hash, Known>,
}

struct Known {
    told: Told,
    signer: Certificate,
    until: Moment,
}

impl Known {
    /// Whether it is still believed: not for longer because a clock was set back, and not when its signer was revoked.
    fn holds(&self, trust: &Trust, now: Moment) -> bool {
        let fresh = now < self.until && self.until <= now.plus_seconds(BELIEVED);
        fresh && trust.revoked.status(&self.signer, now) == Revocation::Good
    }
}

impl Tokens {
    pub(crate) fn new(rules: TokenRules) -> Self {
        Self { rules, verified: Mutex::default() }
    }

    /// What a token says, when it holds.
    pub(crate) fn read(&self, token: &str, trust: &ArcSwap<Trust>, now: Moment) -> Result<Told, Finding> {
        let (hash, trust) = (Sha256Hash::of(token.as_bytes()), trust.load_full());
        if let Some(known) = self.verified(&trust).tokens.get(&hash).filter(|known| known.holds(&trust, now)) {
            return Ok(known.told.clone());
        }
        let token = Token::read(token, &trust, &self.rules, now)
            .map_err(|error| Finding::new(RefusalCode::TokenNotAccepted, error.to_string()))?;
        let told = Told { said: token.said, signers: Some(token.signer.subject_serial_numbers.clone()) };
        let until = token.until.min(now.plus_seconds(BELIEVED)).min(token.signer.valid.until.unwrap_or(token.until));
        let mut verified = self.verified(&trust);
        if verified.tokens.len() >= MOST {
            verified.tokens.retain(|_, known| now < known.until);
        }
        if verified.tokens.len() < MOST {
            verified.tokens.insert(hash, Known { told: told.clone(), signer: token.signer, until });
        }
        Ok(told)
    }

    /// What was verified by this trust.
    fn verified(&self, trust: &Arc<Trust>) -> std::sync::MutexGuard<'_, Verified> {
        let mut verified = self.verified.lock().unwrap_or_else(PoisonError::into_inner);
        if !verified.trust.as_ref().is_some_and(|own| Arc::ptr_eq(own, trust)) {
            *verified = Verified { trust: Some(Arc::clone(trust)), tokens: HashMap::new() };
        }
        verified
    }
}
