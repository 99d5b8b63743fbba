//! What entries say about a joiner or a system. The fields, by the source's own names, are read here and nowhere else.

use super::{Entry, RegisterKind};
use crate::county::{County, municipality};
use crate::identifier::Oid;
use crate::service_code::{Service, codes};
use crate::time::{Interval, Moment};
use std::collections::BTreeSet;

codes! {
    /// Who is behind an organisation (field `Sektori`, of which only the leading digit is fixed).
    Sector {
        /// Public.
        Public = "1",
        /// Private.
        Private = "2",
        /// Private, self-declared.
        PrivateSelfDeclared = "3",
    }
}

/// The fields of an address.
const ADDRESS: [&str; 3] = ["officestreetaddress", "postnumber", "postoffice"];

/// The field that says what a system is for.
const PURPOSE: &str = "Käyttötarkoitus";

/// The field that says whether an entry is an operating unit of social care.
pub const IN_SOCIAL_CARE: &str = "Sos.toimintayksikkö";

/// The fields with the mark of receiving renewal requests (guide 4.2.1): a unit's and a professional's. Their names are assumed.
pub const RENEWAL_MARKS: [&str; 2] = ["Uusimispyyntöjen vastaanotto", "Uusimispyynnön vastaanotto"];

/// What a system's entry in Astori says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SystemFacts {
    /// Class: A1, A2 or A3; empty when it is not said.
    pub class: String,
    /// Version; empty when it is not said.
    pub version: String,
    /// Whether it has the functions of a transfer service (guide 3.1.1).
    pub transfers: bool,
    /// The services it is made for; `None` when its entry does not say.
    pub services: Option<Vec<Service>>,
    /// When its certificate is valid.
    pub valid: Interval,
    /// Whether a significant deviation forbids taking it into use; `None` when its entry does not say.
    pub deviation: Option<bool>,
    /// Whether it has the function of the register access right; `None` when its entry does not say.
    pub register_access: Option<bool>,
    /// Whether it handles what is under a security ban; `None` when its entry does not say.
    pub security_ban: Option<bool>,
}

impl SystemFacts {
    /// Reads a system's entry.
    #[must_use]
    pub fn of(entry: &Entry) -> Self {
        let text = |name| entry.field(name).unwrap_or_default().to_owned();
        Self {
            class: text("Luokka"),
            version: text("Versio"),
            transfers: entry.flag("Välityspalvelun toiminnot"),
            services: entry.field(PURPOSE).map(|_| made_for(entry)),
            valid: entry.valid,
            deviation: entry.said("Merkittävä poikkeama"),
            register_access: entry.said("Rekisterinkäyttöoikeus"),
            security_ban: entry.said("Turvakiellon käsittely"),
        }
    }
}

fn made_for(entry: &Entry) -> Vec<Service> {
    Service::ALL.iter().copied().filter(|service| entry.made_for(*service)).collect()
}

impl Entry {
    /// Whether it is an operating unit of health care; `None` when it does not say.
    #[must_use]
    pub fn in_health_care(&self) -> Option<bool> {
        self.said("Terv.toimintayksikkö")
    }

    /// Whether it is an operating unit of social care; `None` when it does not say.
    #[must_use]
    pub fn in_social_care(&self) -> Option<bool> {
        self.said(IN_SOCIAL_CARE)
    }

    /// What a T/F field says, if it says something.
    fn said(&self, name: &str) -> Option<bool> {
        self.field(name).and_then(|text| match text {
            "T" => Some(true),
            "F" => Some(false),
            _ => None,
        })
    }

    /// The sector, if the entry says a known one.
    #[must_use]
    pub fn sector(&self) -> Option<Sector> {
        Sector::parse(self.field("Sektori")?.get(..1)?)
    }

    /// Whether it bears the mark of receiving renewal requests.
    #[must_use]
    pub fn renewal_mark(&self) -> bool {
        RENEWAL_MARKS.iter().any(|name| self.flag(name))
    }

    /// The municipality that it is in, if the entry says: `091 Helsinki`.
    #[must_use]
    pub fn place(&self) -> Option<&str> {
        self.field("Sijainti kunta")
    }

    /// The three digits of that.
    #[must_use]
    pub fn municipality(&self) -> Option<&str> {
        municipality(self.place()?)
    }

    /// The county that it is in, by its municipality; a public provider may be one itself.
    #[must_use]
    pub fn county(&self) -> Option<&'static County> {
        let itself = || County::called(&self.name).filter(|_| self.sector() == Some(Sector::Public));
        self.municipality().and_then(County::of).or_else(itself)
    }

    /// The telephone number, if the entry has one.
    #[must_use]
    pub fn telephone(&self) -> Option<&str> {
        self.field("officetelephone")
    }

    /// Whether the address has all that a letter needs.
    #[must_use]
    pub fn complete_address(&self) -> bool {
        ADDRESS.iter().all(|name| self.field(name).is_some())
    }

    /// Whether a pharmacy's entry is a hospital pharmacy's or a medicine centre's (field `ApteekkiTyyppi`; its words for these are
    /// assumed).
    #[must_use]
    pub fn hospital_pharmacy(&self) -> bool {
        let kind = self.field("ApteekkiTyyppi").unwrap_or_default().to_lowercase();
        kind.starts_with("sairaala-apteekki") || kind.starts_with("lääkekeskus")
    }

    /// The postal address on one line; empty when there is none.
    #[must_use]
    pub fn postal_address(&self) -> String {
        ADDRESS.iter().filter_map(|name| self.field(name)).collect::<Vec<_>>().join(" ")
    }

    /// Whether a system in Astori is made for a service: its purpose names it, or names none.
    #[must_use]
    pub fn made_for(&self, service: Service) -> bool {
        let word = match service {
            Service::Prescription | Service::RenewalReception => "resepti",
            Service::SocialClientData => "sosiaalihuollon asiakastiedot",
            Service::ImagingData => "kuva-aineistot",
            _ => "potilastiedot",
        };
        self.field(PURPOSE).is_none_or(|purpose| purpose.contains(word))
    }
}

/// Whose registers of documents a joiner may store into: facts of the registers, never typed (`domain.md` section 4).
///
/// Of a public joiner its entries in the controllers' register (`public`); of a private one, an independent professional
/// or a pharmacy, itself.
#[must_use]
pub fn controllers(joiner: &Oid, entry: Option<(RegisterKind, &Entry)>, public: &[Entry], now: Moment) -> Vec<Oid> {
    let in_force = public.iter().filter(|entry| entry.valid.contains(now));
    let mut controllers: Vec<Oid> = in_force.filter_map(|entry| Oid::parse(&entry.id).ok()).collect();
    let itself = entry.filter(|(_, entry)| entry.valid.contains(now)).is_some_and(|(kind, entry)| {
        kind != RegisterKind::Sote || matches!(entry.sector(), Some(Sector::Private | Sector::PrivateSelfDeclared))
    });
    if itself {
        controllers.push(joiner.clone());
    }
    controllers
}

/// Of entries that share a Business ID those that act in their own name: below none of the others.
#[must_use]
pub fn heads(entries: Vec<(RegisterKind, Entry)>) -> Vec<(RegisterKind, Entry)> {
    let ids: BTreeSet<String> = entries.iter().map(|(_, entry)| entry.id.clone()).collect();
    let below = |entry: &Entry| entry.parent.as_ref().is_some_and(|parent| *parent != entry.id && ids.contains(parent));
    entries.into_iter().filter(|(_, entry)| !below(entry)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(id: &str, fields: &[(&str, &str)]) -> Entry {
        Entry {
            id: id.into(),
            name: "Esimerkki".into(),
            valid: Interval::new(Moment::from_seconds(10), Some(Moment::from_seconds(20))),
            parent: None,
            business_id: None,
            fields: fields.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        }
    }

    #[test]
    fn controllers_by_sector_and_register() {
        let joiner = Oid::parse("1.2.246.10.1.10.0").unwrap();
        let public = [entry("1.2.246.10.1.19.0", &[]), entry("no OID", &[])];
        let told = |kind, sector: &str, public: &[Entry], now| {
            let entry = entry("1.2.246.10.1.10.0", &[("Sektori", sector)]);
            controllers(&joiner, Some((kind, &entry)), public, Moment::from_seconds(now))
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
        };
        use RegisterKind as K;
        assert_eq!(told(K::Sote, "1 julkinen", &public, 15), ["1.2.246.10.1.19.0"]);
        assert_eq!(told(K::Sote, "1 julkinen", &public, 25), Vec::<String>::new());
        assert_eq!(told(K::Sote, "2 yksityinen", &[], 15), ["1.2.246.10.1.10.0"]);
        assert_eq!(told(K::Sote, "3 yksityinen, itse ilmoittanut", &[], 15), ["1.2.246.10.1.10.0"]);
        assert_eq!(told(K::Sote, "2 yksityinen", &[], 25), Vec::<String>::new(), "ended");
        assert_eq!(told(K::Sote, "", &[], 15), Vec::<String>::new());
        assert_eq!(told(K::Sote, "äänekoski", &[], 15), Vec::<String>::new());
        assert_eq!(told(K::Professionals, "", &[], 15), ["1.2.246.10.1.10.0"]);
        assert_eq!(told(K::Pharmacies, "", &[], 15), ["1.2.246.10.1.10.0"]);
        assert_eq!(controllers(&joiner, None, &[], Moment::from_seconds(15)), []);
    }

    #[test]
    fn units_do_not_act_in_their_own_name() {
        let with = |id: &str, parent: Option<&str>| {
            let parent = parent.map(str::to_owned);
            (RegisterKind::Sote, Entry { parent, ..entry(id, &[]) })
        };
        let all = vec![
            with("1.2.1", Some("1.2.0")),
            with("1.2.0", None),
            with("1.2.2", Some("1.2.1")),
            with("1.3.0", Some("1.9.0")),
            with("1.4.0", Some("1.4.0")),
        ];
        let left: Vec<String> = heads(all).into_iter().map(|(_, entry)| entry.id).collect();
        assert_eq!(left, ["1.2.0", "1.3.0", "1.4.0"], "a parent under another Business ID, and one's own, hide nobody");
    }

    #[test]
    fn marks_and_purposes() {
        assert!(entry("1", &[("Uusimispyyntöjen vastaanotto", "T")]).renewal_mark());
        assert!(entry("1", &[("Uusimispyynnön vastaanotto", "T")]).renewal_mark());
        assert!(!entry("1", &[("Uusimispyyntöjen vastaanotto", "F")]).renewal_mark());
        let both = entry("1", &[("Käyttötarkoitus", "potilastiedot, resepti")]);
        let images = entry("1", &[("Käyttötarkoitus", "kuva-aineistot")]);
        let made = |entry: &Entry| Service::ALL.iter().copied().filter(|s| entry.made_for(*s)).collect::<Vec<_>>();
        use Service as S;
        assert!(made(&both).starts_with(&[S::Prescription, S::PatientData, S::RenewalReception]));
        assert!(!made(&both).contains(&S::SocialClientData));
        assert_eq!(made(&images), [S::ImagingData]);
        assert_eq!(made(&entry("1", &[])), Service::ALL);
    }

    #[test]
    fn a_system_and_an_address() {
        let fields = [("Luokka", "A2"), ("Versio", " 7 "), ("Välityspalvelun toiminnot", "T"), ("postoffice", "Oulu")];
        let system = entry("900001", &fields);
        let facts = SystemFacts::of(&system);
        assert_eq!((facts.class.as_str(), facts.version.as_str()), ("A2", "7"));
        assert!(facts.transfers && facts.deviation.is_none() && facts.services.is_none());
        assert!(SystemFacts::of(&entry("1", &[("Merkittävä poikkeama", "T")])).deviation == Some(true));
        assert_eq!(system.postal_address(), "Oulu");
    }
}
