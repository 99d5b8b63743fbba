//! Kanta's tokens at the front door: one that was verified a moment ago is not verified again.

use crate::judge::Told;
use arc_swap::ArcSwap;
use liitos_domain::refusal::Finding;
use liitos_domain::{Moment, RefusalCode, Sha256Hash};
use liitos_pki::{Believed, Certificate, Revocation, Token, TokenRules, Trust};
use std::sync::Arc;

/// Reads tokens.
pub(crate) struct Tokens {
    rules: TokenRules,
    verified: Believed<(Told, Arc<Certificate>)>,
}

impl Tokens {
    pub(crate) fn new(rules: TokenRules) -> Self {
        Self { rules, verified: Believed::default() }
    }

    /// What a token says, when it holds.
    pub(crate) fn read(&self, token: &str, trust: &ArcSwap<Trust>, now: Moment) -> Result<Told, Finding> {
        let (about, trust) = (Sha256Hash::of(token.as_bytes()), trust.load_full());
        let good =
            |signer: &Certificate| signer.valid.contains(now) && trust.revoked.status(signer, now) == Revocation::Good;
        if let Some((told, _)) = self.verified.get(&trust, &about, now).filter(|(_, signer)| good(signer)) {
            return Ok(told);
        }
        let token = Token::read(token, &trust, &self.rules, now)
            .map_err(|error| Finding::new(RefusalCode::TokenNotAccepted, error.to_string()))?;
        let told = Told { said: token.said, signers: Some(token.signer.subject_serial_numbers.clone()) };
        self.verified.add(&trust, about, (told.clone(), Arc::new(token.signer)), Some(token.until), now);
        Ok(told)
    }
}
