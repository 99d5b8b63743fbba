//! The policy for system signatures: what `strict` refuses and what `legacy` lets through, from facts.

use super::Social;
use crate::identifier::Oid;
use crate::refusal::{Finding, RefusalCode};
use crate::service_code::codes;
use crate::time::{Interval, Moment};

codes! {
    /// Which signatures are accepted.
    Policy {
        /// Today's strength, a chain to a trust anchor, valid when it was signed and received soon.
        Strict = "strict",
        /// A signer the operator registered by its certificate; judged at the signing time.
        Legacy = "legacy",
    }
}

/// How far a signing time may lie ahead of the receiver's clock, in seconds: clocks differ.
pub(crate) const CLOCK_TOLERANCE_SECONDS: i64 = 300;

/// How long behind the end of its signer's certificate a document may come that was signed before it, in seconds: seven days. Systems keep what they cannot
/// send yet, while a new certificate takes the old one's place. When it was signed is the signer's own word, and issuers' lists leave out what has ended: so no longer.
const LATE_SECONDS: i64 = 7 * 86_400;

/// What verification found out about a signature. It was cryptographically right if `intact`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureFacts {
    /// All digests and the signature value are right.
    pub intact: bool,
    /// No signature beside it covers something else: a professional's, for one.
    pub beside_intact: bool,
    /// Every algorithm is of today's strength (SHA-256 or better).
    pub strong_algorithms: bool,
    /// The key is of today's strength.
    pub strong_key: bool,
    /// Neither key usage nor extended key usage keeps the certificate from signing documents.
    pub for_documents: bool,
    /// The certificate's validity.
    pub certificate_valid: Interval,
    /// The certificate was issued by a trust anchor that was itself valid at the signing time and is not revoked.
    pub issuer_known: bool,
    /// The certificate's issuer revoked it.
    pub revoked: bool,
    /// Since when the operator has this very certificate registered for what was signed before, if it has.
    pub registered: Option<Moment>,
    /// When it was signed, by the signer's clock.
    pub signed_at: Moment,
    /// The Subject serialNumber: whose certificate it is.
    pub signer: Option<Oid>,
}

/// Judges a signature under a policy, as received at `now`: all findings at once. `lawful`: whose certificates may sign (guide 3.3).
///
/// A broken signature is judged no further, since nothing it says can be believed.
#[must_use]
pub fn judge_signature(facts: &SignatureFacts, policy: Policy, lawful: &[&Oid], now: Moment) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut find = |code, place: &str| findings.push(Finding::new(code, place));
    if !facts.intact {
        find(RefusalCode::SignatureBroken, "signature");
        return findings;
    }
    if !facts.beside_intact {
        find(RefusalCode::SignatureBroken, "a signature beside the system's");
    }
    if policy == Policy::Strict && !(facts.strong_algorithms && facts.strong_key) {
        find(RefusalCode::SignatureWeak, if facts.strong_algorithms { "key" } else { "algorithm" });
    }
    if !facts.for_documents {
        find(RefusalCode::SignerPurpose, "certificate key usage or extended key usage");
    }
    let late = policy == Policy::Strict && facts.certificate_valid.ended(now.plus_seconds(-LATE_SECONDS));
    if late || facts.certificate_valid.ended(facts.signed_at) {
        find(RefusalCode::SignerExpired, "certificate validity");
    }
    let trusted = match policy {
        Policy::Strict => facts.issuer_known,
        Policy::Legacy => facts.registered.is_some(),
    };
    if !trusted {
        find(RefusalCode::SignerIssuerUnknown, "certificate issuer");
    }
    if facts.revoked {
        find(RefusalCode::SignerRevoked, "certificate");
    }
    let early = facts.signed_at < facts.certificate_valid.from;
    // A registration vouches for old documents, not for those that are still to come.
    let new = policy == Policy::Legacy && facts.registered.is_some_and(|since| facts.signed_at > since);
    if early || new || facts.signed_at > now.plus_seconds(CLOCK_TOLERANCE_SECONDS) {
        find(RefusalCode::SigningTime, "signatureTimestamp");
    }
    if !facts.signer.as_ref().is_some_and(|signer| lawful.contains(&signer)) {
        find(RefusalCode::SignerForeign, "certificate subject serialNumber");
    }
    findings
}

/// Whether a token that names an organisation is its own word: signed with a certificate whose only Subject serialNumber is the
/// organisation's or its joiner's. The other two lawful signers (guide 3.3) are refused.
#[must_use]
pub fn signs_token(serial_numbers: &[String], represented: &Oid, joiner: Option<&Oid>) -> bool {
    match serial_numbers {
        [signer] => [Some(represented), joiner].into_iter().flatten().any(|own| own.as_str() == signer),
        _ => false,
    }
}

/// Judges a received signature: under `strict`, and only if that refuses and its signer is registered, under `legacy`.
/// Gives the policy that counts with its findings.
#[must_use]
pub fn judge_received(facts: &SignatureFacts, lawful: &[&Oid], now: Moment) -> (Policy, Vec<Finding>) {
    let strict = judge_signature(facts, Policy::Strict, lawful, now);
    if strict.is_empty() || facts.registered.is_none() {
        return (Policy::Strict, strict);
    }
    (Policy::Legacy, judge_signature(facts, Policy::Legacy, lawful, now))
}

/// Judges the signature over social care's structured part, where there is such a part: the page's covers none of it. It is of today, and so always judged
/// by what is asked of today's.
#[must_use]
pub fn judge_structured(
    social: Option<&Social>,
    signed: Option<&SignatureFacts>,
    lawful: &[&Oid],
    now: Moment,
) -> Vec<Finding> {
    const PLACE: &str = "localSocialHeader/jws";
    match (social, signed) {
        (Some(_), None) => vec![Finding::new(RefusalCode::SignatureMissing, PLACE)],
        (None, None) => Vec::new(),
        (_, Some(facts)) => {
            let mut findings = judge_signature(facts, Policy::Strict, lawful, now);
            for finding in &mut findings {
                finding.place = format!("{PLACE}: {}", finding.place);
            }
            findings
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joiner() -> Oid {
        Oid::parse("1.2.246.10.1.10.0").unwrap()
    }

    #[test]
    fn a_token_is_its_joiners_own_word() {
        let (joiner, unit, other) =
            (joiner(), Oid::parse("1.2.246.10.1.10.5").unwrap(), "1.2.246.10.2.10.0".to_owned());
        let signed = |by: &[&str]| {
            let serial_numbers: Vec<String> = by.iter().map(|one| (*one).to_owned()).collect();
            signs_token(&serial_numbers, &unit, Some(&joiner))
        };
        assert!(signed(&[joiner.as_str()]) && signed(&[unit.as_str()]));
        assert!(!signed(&[&other]) && !signed(&[]) && !signed(&[joiner.as_str(), &other]));
        assert!(!signs_token(&[joiner.to_string()], &unit, None), "whose unit it is nobody knows");
    }

    fn facts() -> SignatureFacts {
        SignatureFacts {
            intact: true,
            beside_intact: true,
            strong_algorithms: true,
            strong_key: true,
            for_documents: true,
            certificate_valid: Interval::new(Moment::from_seconds(0), Some(Moment::from_seconds(1000))),
            issuer_known: true,
            revoked: false,
            registered: None,
            signed_at: Moment::from_seconds(500),
            signer: Some(joiner()),
        }
    }

    fn codes(policy: Policy, now: i64, change: impl FnOnce(&mut SignatureFacts)) -> Vec<RefusalCode> {
        let mut facts = facts();
        change(&mut facts);
        judge_signature(&facts, policy, &[&joiner()], Moment::from_seconds(now)).iter().map(|f| f.code).collect()
    }

    #[test]
    fn strict_finds_each_fault_alone() {
        use RefusalCode as R;
        let strict = |now, change: fn(&mut SignatureFacts)| codes(Policy::Strict, now, change);
        assert_eq!(strict(600, |_| ()), []);
        assert_eq!(strict(600, |f| f.intact = false), [R::SignatureBroken]);
        assert_eq!(strict(600, |f| f.strong_key = false), [R::SignatureWeak]);
        assert_eq!(strict(600, |f| f.strong_algorithms = false), [R::SignatureWeak]);
        assert_eq!(strict(600, |f| f.signed_at = Moment::from_seconds(-1)), [R::SigningTime]);
        // What was signed in time may come a little later than its signer's certificate ends, and nothing that was signed later.
        assert_eq!(strict(999 + LATE_SECONDS, |_| ()), []);
        assert_eq!(strict(1000 + LATE_SECONDS, |_| ()), [R::SignerExpired]);
        assert_eq!(strict(1000, |f| f.signed_at = Moment::from_seconds(1000)), [R::SignerExpired]);
        assert_eq!(strict(1000, |f| f.revoked = true), [R::SignerRevoked]);
        assert_eq!(strict(600, |f| f.for_documents = false), [R::SignerPurpose]);
        assert_eq!(strict(600, |f| f.issuer_known = false), [R::SignerIssuerUnknown]);
        assert_eq!(strict(600, |f| f.revoked = true), [R::SignerRevoked]);
        assert_eq!(strict(100, |_| ()), [R::SigningTime]);
        assert_eq!(strict(600, |f| f.signer = None), [R::SignerForeign]);
        assert_eq!(
            strict(600, |f| {
                f.registered = Some(Moment::from_seconds(550));
                f.issuer_known = false;
            }),
            [R::SignerIssuerUnknown]
        );
    }

    #[test]
    fn a_structured_part_is_signed() {
        use RefusalCode as R;
        let found = |social: Option<&Social>, facts: Option<&SignatureFacts>| {
            let findings = judge_structured(social, facts, &[&joiner()], Moment::from_seconds(600));
            findings.into_iter().map(|finding| (finding.code, finding.place)).collect::<Vec<_>>()
        };
        let plain = Social::default();
        let place = "localSocialHeader/jws".to_owned();
        assert_eq!(found(None, None), []);
        assert_eq!(found(Some(&plain), None), [(R::SignatureMissing, place.clone())]);
        assert_eq!(found(Some(&plain), Some(&facts())), []);
        let broken = SignatureFacts { intact: false, ..facts() };
        assert_eq!(found(Some(&plain), Some(&broken)), [(R::SignatureBroken, format!("{place}: signature"))]);
        // Nothing old is taken there.
        let registered = SignatureFacts { registered: Some(Moment::from_seconds(550)), issuer_known: false, ..facts() };
        assert_eq!(found(Some(&plain), Some(&registered))[0].0, R::SignerIssuerUnknown);
    }

    #[test]
    fn legacy_judges_at_the_signing_time_and_wants_registration() {
        use RefusalCode as R;
        let old = |f: &mut SignatureFacts| {
            f.registered = Some(Moment::from_seconds(550));
            f.issuer_known = false;
            f.strong_key = false;
        };
        assert_eq!(codes(Policy::Legacy, 5000, old), []);
        assert_eq!(codes(Policy::Legacy, 5000, |_| ()), [R::SignerIssuerUnknown]);
        // Who registered it vouches for whose it is, not for what it is for, nor that it still holds.
        let with = |change: fn(&mut SignatureFacts)| {
            codes(Policy::Legacy, 5000, |f| {
                old(f);
                change(f);
            })
        };
        assert_eq!(with(|f| f.for_documents = false), [R::SignerPurpose]);
        assert_eq!(with(|f| f.revoked = true), [R::SignerRevoked]);
        assert_eq!(
            codes(Policy::Legacy, 5000, |f| {
                old(f);
                f.registered = Some(Moment::from_seconds(2000));
                f.signed_at = Moment::from_seconds(1001);
            }),
            [R::SignerExpired]
        );
        assert_eq!(
            codes(Policy::Strict, 5000 + LATE_SECONDS, old),
            [R::SignatureWeak, R::SignerExpired, R::SignerIssuerUnknown]
        );
    }

    #[test]
    fn legacy_is_asked_only_when_strict_refuses_and_the_signer_is_registered() {
        use RefusalCode as R;
        let judged = |change: fn(&mut SignatureFacts)| {
            let mut facts = facts();
            change(&mut facts);
            let (policy, found) = judge_received(&facts, &[&joiner()], Moment::from_seconds(600));
            (policy, found.iter().map(|finding| finding.code).collect::<Vec<_>>())
        };
        let old = |facts: &mut SignatureFacts| {
            facts.strong_key = false;
            facts.issuer_known = false;
            facts.registered = Some(Moment::from_seconds(550));
        };
        assert_eq!(judged(|f| f.registered = Some(Moment::from_seconds(1))), (Policy::Strict, vec![]));
        assert_eq!(judged(|f| f.strong_key = false), (Policy::Strict, vec![R::SignatureWeak]));
        assert_eq!(judged(old), (Policy::Legacy, vec![]));
        let later = |facts: &mut SignatureFacts| {
            facts.strong_key = false;
            facts.registered = Some(Moment::from_seconds(499));
        };
        assert_eq!(judged(later), (Policy::Legacy, vec![R::SigningTime]), "registered for what was signed before");
    }
}
