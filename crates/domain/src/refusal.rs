//! The stable codes of everything a person or a peer can be refused for.
//!
//! A code never changes its meaning and is never used again. The texts (what, why, how to mend) are Fluent
//! messages `refusal-NNN` in three languages; `docs/refusals.md` is generated from this table and those texts.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Who can mend what a refusal complains of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mender {
    /// The one who administers the access point.
    AccessPointAdministrator,
    /// The joiner's administrative contact.
    Joiner,
    /// The supplier of the sending system.
    SystemSupplier,
    /// The operator of the service.
    Operator,
    /// The person at the page.
    User,
}

impl Mender {
    /// The Fluent key of the mender's name.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::AccessPointAdministrator => "mender-access-point-administrator",
            Self::Joiner => "mender-joiner",
            Self::SystemSupplier => "mender-system-supplier",
            Self::Operator => "mender-operator",
            Self::User => "mender-user",
        }
    }
}

/// Kanta's code for a failed access right (1.2.246.537.5.40112.2006).
pub const KANTA_ACCESS_RIGHT: &str = "5Y00009";
/// Kanta's code for a failed integrity check (1.2.246.537.5.40112.2006).
pub const KANTA_INTEGRITY: &str = "4Y00007";

macro_rules! refusals {
    ($($(#[$meta:meta])* $variant:ident = $number:literal, $status:literal, $mender:ident, $kanta:expr;)+) => {
        /// A reason for refusing, shown as `L-NNN`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum RefusalCode { $($(#[$meta])* $variant),+ }

        impl RefusalCode {
            /// Every code, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The number in `L-NNN`.
            #[must_use]
            pub const fn number(self) -> u16 {
                match self { $(Self::$variant => $number),+ }
            }

            /// The HTTP status that goes with it outside HL7 acknowledgements.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$variant => $status),+ }
            }

            /// The status that goes with it over FHIR: that which Kanta's own code has there, 401 for a right and 400 for integrity, where it is not already
            /// another than 403 (`domain.md` section 11).
            #[must_use]
            pub fn status_over_fhir(self) -> u16 {
                match (self.kanta_code(), self.status()) {
                    (Some(KANTA_ACCESS_RIGHT), 403) => 401,
                    (Some(KANTA_INTEGRITY), 403) => 400,
                    (_, status) => status,
                }
            }

            /// Who can mend it.
            #[must_use]
            pub const fn mender(self) -> Mender {
                match self { $(Self::$variant => Mender::$mender),+ }
            }

            /// Kanta's own code, where one is known.
            #[must_use]
            pub const fn kanta_code(self) -> Option<&'static str> {
                match self { $(Self::$variant => $kanta),+ }
            }
        }
    };
}

refusals! {
    // 1xx: who is calling
    /// The certificate's Subject has no serialNumber, or more than one.
    CertificateWithoutSerialNumber = 101, 403, AccessPointAdministrator, Some(KANTA_ACCESS_RIGHT);
    /// The Subject serialNumber is not an access point's OID.
    SerialNumberNotAccessPoint = 102, 403, AccessPointAdministrator, Some(KANTA_ACCESS_RIGHT);
    /// The certificate's validity ended (or has not begun) on an open connection.
    CertificateNotValidNow = 103, 403, AccessPointAdministrator, Some(KANTA_ACCESS_RIGHT);
    /// The certificate was revoked while its connection was open.
    CertificateRevoked = 104, 403, AccessPointAdministrator, Some(KANTA_ACCESS_RIGHT);
    /// No system inside is known by its certificate or token.
    SystemUnknown = 105, 403, AccessPointAdministrator, Some(KANTA_ACCESS_RIGHT);
    /// The token of the calling system does not hold.
    TokenNotAccepted = 106, 401, SystemSupplier, Some(KANTA_ACCESS_RIGHT);
    /// The token is signed by somebody else than the joiner that it names, or other fields name another.
    TokenForeign = 107, 403, SystemSupplier, Some(KANTA_ACCESS_RIGHT);
    // 2xx: the directory's decision
    /// The access point is not in the directory.
    AccessPointUnknown = 201, 403, AccessPointAdministrator, Some(KANTA_ACCESS_RIGHT);
    /// The access point is not open at this time.
    AccessPointNotOpen = 202, 403, AccessPointAdministrator, Some(KANTA_ACCESS_RIGHT);
    /// The caller's address is none of the access point's.
    SourceAddressForeign = 203, 403, AccessPointAdministrator, Some(KANTA_ACCESS_RIGHT);
    /// The represented organisation has not joined.
    JoinerUnknown = 211, 403, Joiner, Some(KANTA_ACCESS_RIGHT);
    /// The joiner's membership is not in force at this time.
    JoinerNotInForce = 212, 403, Joiner, Some(KANTA_ACCESS_RIGHT);
    /// The joiner has no right to the service through this access point.
    NoRight = 213, 403, Joiner, Some(KANTA_ACCESS_RIGHT);
    /// The right has ended.
    RightEnded = 214, 403, Joiner, Some(KANTA_ACCESS_RIGHT);
    /// The right has not begun.
    RightNotBegun = 215, 403, Joiner, Some(KANTA_ACCESS_RIGHT);
    /// The named tenant does not work under this host at this time.
    TenantForeign = 216, 403, Joiner, Some(KANTA_ACCESS_RIGHT);
    /// The system is not the one the right was opened for.
    SystemForeign = 217, 403, Joiner, Some(KANTA_ACCESS_RIGHT);
    /// The unit is not the one the right was opened for.
    UnitForeign = 218, 403, Joiner, Some(KANTA_ACCESS_RIGHT);
    /// The organiser is not the one the parallel joining names.
    OrganiserForeign = 219, 403, Joiner, Some(KANTA_ACCESS_RIGHT);
    /// The right's system is not valid in the register of information systems at this time.
    SystemNotValid = 220, 403, SystemSupplier, Some(KANTA_ACCESS_RIGHT);
    /// The right's system is not made for the service.
    SystemNotForService = 221, 403, SystemSupplier, Some(KANTA_ACCESS_RIGHT);
    /// The organisation works under a host: the host is represented, and it is named as the host's tenant.
    TenantUnnamed = 222, 403, SystemSupplier, Some(KANTA_ACCESS_RIGHT);
    /// The unit does not carry the mark of receiving renewal requests.
    RenewalMarkMissing = 223, 403, Joiner, Some(KANTA_ACCESS_RIGHT);
    /// The operator has closed this for now.
    ClosedForNow = 224, 503, Operator, None;
    /// One joiner calls more than leaves room for others.
    TooManyCalls = 225, 429, SystemSupplier, None;
    /// The system may not call for this organisation, or this service, through this access point.
    RepresentedForeign = 226, 403, AccessPointAdministrator, Some(KANTA_ACCESS_RIGHT);
    /// The gateway has no directory snapshot that is still valid.
    DirectoryUnavailable = 290, 503, Operator, None;
    // 3xx: the message
    /// Larger than the limit.
    MessageTooLarge = 301, 413, SystemSupplier, None;
    /// Not well-formed XML, or with a DTD or entities.
    XmlNotAccepted = 302, 400, SystemSupplier, None;
    /// Elements nested deeper than the limit.
    XmlTooDeep = 303, 400, SystemSupplier, None;
    /// Not an interaction this service takes.
    InteractionUnknown = 304, 400, SystemSupplier, None;
    /// A field the decision needs is missing or malformed.
    FieldMissing = 305, 400, SystemSupplier, None;
    /// The sending device does not belong to the certificate's access point.
    SenderForeign = 306, 403, AccessPointAdministrator, Some(KANTA_ACCESS_RIGHT);
    /// The service request is not one this service takes.
    ServiceRequestUnknown = 307, 400, SystemSupplier, None;
    /// The MIME part with the document is broken.
    MimeBroken = 308, 400, SystemSupplier, None;
    /// Nothing, or too little, came in time.
    TooSlow = 309, 408, SystemSupplier, None;
    /// The path, method or media type is not served here.
    NotServed = 310, 404, SystemSupplier, None;
    /// The document's header lacks something or is malformed.
    DocumentHeaderBroken = 311, 400, SystemSupplier, None;
    /// The request is not plainly one HTTP request.
    NotHttp = 312, 400, SystemSupplier, None;
    /// A parameter of a query, or its value, is not understood.
    QueryNotUnderstood = 313, 400, SystemSupplier, None;
    /// The message is addressed to a device that this archive is not.
    ReceiverForeign = 314, 400, SystemSupplier, None;
    /// The message's id lies below another organisation's access point, whose devices number theirs there.
    MessageIdForeign = 315, 403, SystemSupplier, Some(KANTA_INTEGRITY);
    // 4xx: the signature
    /// No system signature.
    SignatureMissing = 401, 403, SystemSupplier, Some(KANTA_INTEGRITY);
    /// The signature does not match the document.
    SignatureBroken = 402, 403, SystemSupplier, Some(KANTA_INTEGRITY);
    /// Key or algorithm too weak.
    SignatureWeak = 403, 403, Joiner, Some(KANTA_INTEGRITY);
    /// The signer's certificate had ended when it was signed, or too long before it came.
    SignerExpired = 404, 403, Joiner, Some(KANTA_INTEGRITY);
    /// The signer's certificate is from an issuer that is not known, or that was not valid when it signed.
    SignerIssuerUnknown = 405, 403, Joiner, Some(KANTA_INTEGRITY);
    /// The signer's certificate was revoked.
    SignerRevoked = 406, 403, Joiner, Some(KANTA_INTEGRITY);
    /// The signature is built in a way that is not accepted.
    SignatureForm = 407, 403, SystemSupplier, Some(KANTA_INTEGRITY);
    /// The signer may not sign for this joiner.
    SignerForeign = 408, 403, Joiner, Some(KANTA_INTEGRITY);
    /// The signing time lies in the future or outside the certificate.
    SigningTime = 409, 403, SystemSupplier, Some(KANTA_INTEGRITY);
    /// The same signature has brought another document.
    SignatureReused = 410, 409, SystemSupplier, None;
    /// The signer's certificate is for something else than signing documents.
    SignerPurpose = 411, 403, Joiner, Some(KANTA_INTEGRITY);
    // 5xx: the archive
    /// The controller is not this joiner's.
    ControllerForeign = 501, 403, Joiner, Some(KANTA_ACCESS_RIGHT);
    /// Message and document say different things.
    WrapperDisagrees = 502, 400, SystemSupplier, Some(KANTA_INTEGRITY);
    /// The message id was used with other bytes.
    MessageIdReused = 503, 409, SystemSupplier, None;
    /// The document id is already archived.
    DocumentIdReused = 504, 409, SystemSupplier, None;
    /// The sender set the active controller, which the archive owns.
    ActiveControllerSent = 505, 400, SystemSupplier, None;
    /// A new document must be version 1 of its own set.
    VersionNotFirst = 506, 400, SystemSupplier, None;
    /// No such document for this joiner.
    DocumentNotFound = 507, 404, Joiner, None;
    /// The represented unit is not the joiner's.
    RepresentedUnitForeign = 508, 403, Joiner, Some(KANTA_ACCESS_RIGHT);
    /// The document that it would replace, or be added to, is not there for this joiner.
    NothingToFollow = 509, 404, SystemSupplier, None;
    /// Another version is the newest: it alone may be replaced.
    NotTheNewest = 510, 409, SystemSupplier, None;
    /// The document was declared void: nothing follows it.
    Invalidated = 511, 409, Joiner, None;
    /// What it says of the document that it follows does not hold together.
    FollowsWrongly = 512, 400, SystemSupplier, Some(KANTA_INTEGRITY);
    /// The documents are changing controllers just now, and by its order this one may come after the change.
    ControllerChanging = 513, 503, SystemSupplier, None;
    /// A search does not say whose documents it looks for.
    SearchTooWide = 514, 400, SystemSupplier, None;
    /// The document does not say in whose system a tenant made it as the message does.
    HostDisagrees = 515, 400, SystemSupplier, Some(KANTA_INTEGRITY);
    /// The document's body is of a kind that is not taken, or holds what acts or brings something in.
    BodyNotAccepted = 516, 400, SystemSupplier, Some(KANTA_INTEGRITY);
    /// A bundle that brings a document is not what IHE MHD and this archive ask.
    BundleNotUnderstood = 517, 400, SystemSupplier, Some(KANTA_INTEGRITY);
    /// The archive does not reach what keeps large bodies.
    BodiesUnreachable = 518, 503, Operator, None;
    /// A document's body is not what was kept.
    BodyDamaged = 519, 500, Operator, None;
    /// The caller asks for another provider's documents, and has not treated the patient in the service event, or handles no open matter, that it names.
    CareNotShown = 520, 403, Joiner, Some(KANTA_ACCESS_RIGHT);
    /// The matter was closed before the document was made.
    MatterClosed = 521, 409, Joiner, Some(KANTA_INTEGRITY);
    /// The unit that the document was made in is another organisation's, which has nothing to do with the controller that it names.
    DocumentUnitForeign = 522, 403, Joiner, Some(KANTA_INTEGRITY);
    /// What keeps the archive's own key is not reached.
    KeyUnreachable = 523, 503, Operator, None;
    // 6xx: the portal
    /// Sign-in is needed.
    SignInNeeded = 601, 401, User, None;
    /// The person may not do this for this organisation.
    NotAllowed = 602, 403, User, None;
    /// Somebody else saved the same step in between.
    DraftChanged = 603, 409, User, None;
    /// The effect is no longer what was shown.
    EffectChanged = 604, 409, Operator, None;
    /// The application's state does not permit it.
    StateForbids = 605, 409, User, None;
    /// The form has errors.
    FormInvalid = 606, 422, User, None;
    /// The request came from another site.
    CrossSite = 607, 403, User, None;
    /// Sign-in failed at the identification service.
    SignInFailed = 608, 403, User, None;
    /// No such page or thing.
    NotFound = 609, 404, User, None;
    /// The service of mandates was asked too long ago for binding an organisation.
    MandateOld = 610, 403, User, None;
    /// The organisation is not valid in a register (any more).
    OrganisationNotValid = 611, 403, Joiner, None;
    /// A role that a joined service needs would be left with nobody.
    RoleEmpty = 612, 409, User, None;
    /// The same was asked a moment ago.
    TooSoon = 613, 429, User, None;
    /// Two persons must agree to this.
    SecondPersonNeeded = 614, 409, Operator, None;
    /// Something stands in a controller update run's way.
    RunRefused = 615, 409, Operator, None;
    /// Clients' documents are shown to whoever signed in with the card that is on record as the archivist's.
    CardNotOnRecord = 616, 403, User, None;
    /// The organisation keeps no register of its own: what it stores goes into others'.
    NoOwnRegister = 617, 403, Joiner, None;
    /// A unit would receive renewal requests no more while some wait for it that nobody has answered.
    RequestsUnanswered = 618, 409, Joiner, None;
    // 7xx: registers
    /// The register file cannot be read at all.
    RegisterFileUnreadable = 701, 400, Operator, None;
    /// So many entries would end that the file is likely not the whole register.
    RegisterShrinks = 702, 409, Operator, None;
    /// The place where a register is published does not answer.
    RegisterSourceSilent = 703, 503, Operator, None;
    // 9xx: ourselves
    /// Something failed here; the cause is in the log under the decision id.
    Internal = 901, 500, Operator, None;
    /// The service behind the gateway does not answer.
    BackendUnavailable = 902, 503, Operator, None;
    /// The archive was sent the whole message and did not answer: it may have taken it.
    AnswerUnknown = 903, 504, SystemSupplier, None;
}

impl RefusalCode {
    /// The code in its shown form, for example `L-213`.
    #[must_use]
    pub fn code(self) -> String {
        format!("L-{:03}", self.number())
    }

    /// The refusal with this shown form.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        let number: u16 = code.strip_prefix("L-")?.parse().ok()?;
        Self::ALL.iter().copied().find(|refusal| refusal.number() == number)
    }

    /// The Fluent key of its texts; the attribute `how` says how to mend it.
    #[must_use]
    pub fn key(self) -> String {
        format!("refusal-{:03}", self.number())
    }
}

impl fmt::Display for RefusalCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "L-{:03}", self.number())
    }
}

impl Serialize for RefusalCode {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RefusalCode {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(d)?).ok_or_else(|| serde::de::Error::custom("expected a code like L-213"))
    }
}

/// One reason for refusing, with the place it was found at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Why.
    pub code: RefusalCode,
    /// Where: a field, an element or an identifier; never content of a document.
    pub place: String,
}

impl Finding {
    /// A finding at a place.
    #[must_use]
    pub fn new(code: RefusalCode, place: impl Into<String>) -> Self {
        Self { code, place: place.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.code, self.place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn over_fhir_kantas_own_codes_have_their_statuses() {
        use RefusalCode as R;
        let both = |code: R| (code.status(), code.status_over_fhir());
        assert_eq!(both(R::NoRight), (403, 401));
        assert_eq!(both(R::SignatureBroken), (403, 400));
        // What says more than that stays.
        assert_eq!(both(R::MatterClosed), (409, 409));
        assert_eq!(both(R::DocumentNotFound), (404, 404));
    }

    #[test]
    fn codes_are_unique_and_round_trip() {
        let mut numbers: Vec<u16> = RefusalCode::ALL.iter().map(|r| r.number()).collect();
        numbers.dedup();
        assert_eq!(numbers.len(), RefusalCode::ALL.len());
        assert!(numbers.is_sorted());
        for refusal in RefusalCode::ALL {
            assert_eq!(RefusalCode::parse(&refusal.code()), Some(*refusal));
        }
        assert_eq!(RefusalCode::parse("L-999"), None);
    }
}
