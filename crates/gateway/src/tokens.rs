//! Kanta's tokens at the front door: one that was verified a moment ago is not verified again.

use crate::judge::Told;
use arc_swap::ArcSwap;
use liitos_domain::refusal::Finding;
use liitos_domain::{Moment, RefusalCode, Sha256Hash};
use liitos_pki::{Token, TokenRules, Trust};
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
    tokens: HashMap<Sha256Hash, (Told, Moment)>,
}

impl Tokens {
    pub(crate) fn new(rules: TokenRules) -> Self {
        Self { rules, verified: Mutex::default() }
    }

    /// What a token says, when it holds.
    pub(crate) fn read(&self, token: &str, trust: &ArcSwap<Trust>, now: Moment) -> Result<Told, Finding> {
        let (hash, trust) = (Sha256Hash::of(token.as_bytes()), trust.load_full());
        if let Some(told) = self.verified(&trust).tokens.get(&hash).filter(|(_, until)| now < *until) {
            return Ok(told.0.clone());
        }
        let token = Token::read(token, &trust, &self.rules, now)
            .map_err(|error| Finding::new(RefusalCode::TokenNotAccepted, error.to_string()))?;
        let told = Told { said: token.said, signers: Some(token.signer.subject_serial_numbers) };
        let until = token.until.min(now.plus_seconds(BELIEVED)).min(token.signer.valid.until.unwrap_or(token.until));
        let mut verified = self.verified(&trust);
        if verified.tokens.len() >= MOST {
            verified.tokens.retain(|_, (_, until)| now < *until);
        }
        if verified.tokens.len() < MOST {
            verified.tokens.insert(hash, (told.clone(), until));
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
