//! The services that can be joined, and the connection models (guide 4.1, 4.2).

macro_rules! codes {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $code:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$vmeta])* #[serde(rename = $code)] $variant),+ }

        impl $name {
            /// Every value, in the order of the source.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stable code used in files, URLs and messages.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            /// The value with this code.
            #[must_use]
            pub fn parse(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.code() == code)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.code())
            }
        }
    };
}
pub(crate) use codes;

codes! {
    /// A Kanta service a right may be opened for.
    Service {
        /// Resepti-palvelu.
        Prescription = "prescription",
        /// Potilastietovaranto.
        PatientData = "patient-data",
        /// Sosiaalihuollon asiakastietovaranto.
        SocialClientData = "social-client-data",
        /// Kuva-aineistojen tietovaranto.
        ImagingData = "imaging-data",
        /// Reception of prescription renewal requests.
        RenewalReception = "renewal-reception",
        /// Kela's direct reimbursement query.
        ReimbursementDirectQuery = "reimbursement-direct-query",
        /// Kela's purchase and account data intake.
        ReimbursementPurchaseIntake = "reimbursement-purchase-intake",
        /// Kela's account data query.
        ReimbursementAccountQuery = "reimbursement-account-query",
        /// Kela's P2 social assistance accounts.
        ReimbursementSocialAssistance = "reimbursement-social-assistance",
    }
}

codes! {
    /// How a joiner is connected (guide 4.1).
    ConnectionModel {
        /// The service provider joins in its own name.
        Direct = "direct",
        /// A private tenant works under its host's joining.
        Joint = "joint",
        /// A private social care producer works through the organiser's access point.
        Parallel = "parallel",
    }
}

codes! {
    /// How much a joiner calls: how much that may be, each gateway's configuration says.
    RateClass {
        /// As most.
        Ordinary = "ordinary",
        /// Like a county.
        Large = "large",
        /// Like a care home of two.
        Small = "small",
    }
}

impl RateClass {
    /// Whether it is as most: then it is not written.
    #[must_use]
    pub fn is_ordinary(&self) -> bool {
        *self == Self::Ordinary
    }
}

#[expect(clippy::derivable_impls, reason = "the codes are made by a macro")]
impl Default for RateClass {
    fn default() -> Self {
        Self::Ordinary
    }
}

codes! {
    /// What a call does to the data behind the service.
    Operation {
        /// Fetches or searches.
        Read = "read",
        /// Stores or changes.
        Write = "write",
    }
}

impl Service {
    /// The services that are applied for; Kela's open by an agreement with it (guide 3.18, 4.2.2).
    pub const APPLICABLE: &'static [Self] =
        &[Self::PatientData, Self::SocialClientData, Self::Prescription, Self::ImagingData, Self::RenewalReception];

    /// Whether its documents bear a system signature (guide 3.3).
    #[must_use]
    pub const fn needs_signature(self) -> bool {
        matches!(self, Self::PatientData | Self::SocialClientData)
    }

    /// Whether its joining names an archivist (Extranet guide 3.1.4).
    #[must_use]
    pub const fn needs_archivist(self) -> bool {
        matches!(self, Self::PatientData | Self::SocialClientData)
    }

    /// Whether one enrols for deployment before one applies (social care's path).
    #[must_use]
    pub const fn enrols(self) -> bool {
        matches!(self, Self::SocialClientData)
    }

    /// Whether the application asks for billing data (Extranet guide 3.1.5).
    #[must_use]
    pub const fn needs_billing(self) -> bool {
        matches!(self, Self::PatientData | Self::Prescription)
    }

    /// Whether somebody is named who answers questions on its invoices (Extranet guide 3.1.4).
    #[must_use]
    pub const fn needs_billing_contact(self) -> bool {
        matches!(self, Self::PatientData | Self::Prescription | Self::SocialClientData)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_round_trip() {
        for service in Service::ALL {
            assert_eq!(Service::parse(service.code()), Some(*service));
            assert_eq!(serde_json::to_string(service).unwrap(), format!("\"{}\"", service.code()));
        }
        assert_eq!(Service::parse("everything"), None);
    }
}
