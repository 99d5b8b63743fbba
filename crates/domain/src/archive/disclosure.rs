//! Disclosure between providers: what one that treats a patient, or handles a client's matter, is told of what others archived. By the person's
//! permission, in an emergency without one, and never against a denial that counts then. What is not given is as if it were not there. A permission
//! is for health care or for social care; a denial is for whatever it names.
//!
//! | | permission | no permission | denied | denied, but not in emergencies |
//! |---|---|---|---|---|
//! | treatment | given | – | – | – |
//! | emergency | given | given | – | given |

use super::{Asked, Cell, Family, Ground, Register};
use crate::document::{Denial, Header, Will};
use crate::identifier::Oid;
use crate::time::Moment;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// Why somebody asks for another provider's documents (HL7 v3 ActReason).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// It treats the patient (`TREAT`), in a service event of its own; or handles the client's matter.
    Treatment(Oid),
    /// It treats the patient in an emergency (`ETREAT`), in a service event that may not be archived yet.
    Emergency(Oid),
}

impl Purpose {
    /// Reads a purpose with its service event.
    #[must_use]
    pub fn of(code: &str, event: Oid) -> Option<Self> {
        match code {
            "TREAT" => Some(Self::Treatment(event)),
            "ETREAT" => Some(Self::Emergency(event)),
            _ => None,
        }
    }

    /// Its code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Treatment(_) => "TREAT",
            Self::Emergency(_) => "ETREAT",
        }
    }

    /// The service event, or matter, that it names.
    #[must_use]
    pub const fn event(&self) -> &Oid {
        match self {
            Self::Treatment(event) | Self::Emergency(event) => event,
        }
    }
}

/// Why a document is not given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Withheld {
    /// No document of the kind is given to others: a version that is not the newest, one that is not finished, one of a register that is the organiser's own
    /// affair.
    Never,
    /// It is under a security ban.
    Banned,
    /// The patient has not permitted it.
    NotPermitted,
    /// The patient denied it.
    Denied,
    /// It is not of the patient who is treated.
    NotTreated,
}

impl Withheld {
    /// What the use log says of it; nothing where neither the patient's wish nor a ban is what decides.
    #[must_use]
    pub const fn code(self) -> Option<&'static str> {
        match self {
            Self::Never => None,
            Self::Banned => Some("banned"),
            Self::NotPermitted => Some("not-permitted"),
            Self::Denied => Some("denied"),
            Self::NotTreated => Some("not-treated"),
        }
    }
}

/// A will with the document that says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// The document.
    pub document: Oid,
    /// Among whose documents it is kept.
    pub family: Family,
    /// When it was stored: what it says of its own time nobody signs.
    pub stored_at: Moment,
    /// What it says.
    pub will: Will,
}

/// What a patient wants, by all newest documents that say it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wills {
    /// The documents that permit: for health care, for social care.
    permissions: BTreeMap<Family, Oid>,
    denials: Vec<Denied>,
    /// Whether nothing is given: what the patient wants could not be read through.
    closed: bool,
}

/// A denial, with everybody whom it means by a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Denied {
    denial: Denial,
    /// For each of its providers: it and its controllers.
    means: Vec<BTreeSet<Oid>>,
}

impl Wills {
    /// Of several permissions the one stored last counts, and of those stored at once one that refuses; of several denials all count.
    /// `controllers`: those of a provider.
    #[must_use]
    pub fn of(declared: Vec<Declared>, controllers: impl Fn(&Oid) -> Vec<Oid>) -> Self {
        let mut wills = Self::default();
        let mut last: BTreeMap<Family, (Moment, bool)> = BTreeMap::new();
        for Declared { document, family, stored_at, will } in declared {
            match will {
                Will::Permission(given) => {
                    if last.get(&family).is_none_or(|before| (before.0, !before.1) < (stored_at, !given)) {
                        last.insert(family, (stored_at, given));
                        wills.permissions.remove(&family);
                        wills.permissions.extend(given.then_some((family, document)));
                    }
                }
                Will::Denial(denial) => {
                    let means = |provider: &Oid| controllers(provider).into_iter().chain([provider.clone()]).collect();
                    let means = denial.providers.iter().map(|one| means(&one.provider)).collect();
                    wills.denials.push(Denied { denial, means });
                }
            }
        }
        wills
    }

    /// Where there is more than anybody reads through: nothing is given.
    #[must_use]
    pub fn closed() -> Self {
        Self { closed: true, ..Self::default() }
    }

    /// The document by which disclosure of a family's documents is permitted.
    #[must_use]
    pub fn permission(&self, family: Family) -> Option<&Oid> {
        self.permissions.get(&family)
    }

    /// The providers that a patient's wills name.
    pub fn providers(declared: &[Declared]) -> impl Iterator<Item = &Oid> {
        let denials = declared.iter().filter_map(|one| match &one.will {
            Will::Denial(denial) => Some(denial),
            Will::Permission(_) => None,
        });
        denials.flat_map(|denial| &denial.providers).map(|one| &one.provider)
    }

    /// Why a document may be given to somebody who treats the patient.
    ///
    /// # Errors
    /// Why it may not.
    pub fn disclose(&self, purpose: &Purpose, it: &Asked<'_>) -> Result<Ground, Withheld> {
        let emergency = matches!(purpose, Purpose::Emergency(_));
        let register = &it.cell.register;
        // Without its rules nothing is given.
        if RULES.wills.is_empty()
            || register.family == Family::Prescription
            || !it.current
            || RULES.never.registers.contains(register)
        {
            return Err(Withheld::Never);
        }
        if it.banned {
            return Err(Withheld::Banned);
        }
        // Whoever treats the patient is to know what the patient wants.
        if RULES.holds(it.cell) {
            return Ok(Ground::Wills);
        }
        if self.closed {
            return Err(Withheld::Denied);
        }
        if self.denials.iter().any(|denied| denied.hits(it) && !(emergency && denied.denial.emergency)) {
            return Err(Withheld::Denied);
        }
        match (self.permission(register.family), emergency) {
            (Some(_), false) => Ok(Ground::Disclosed),
            (_, true) => Ok(Ground::Emergency),
            (None, false) => Err(Withheld::NotPermitted),
        }
    }
}

impl Denied {
    /// Whether it means a document: of such a service event, or of such a provider's register, whoever has it now.
    fn hits(&self, it: &Asked<'_>) -> bool {
        let Denial { events, providers, .. } = &self.denial;
        let Register { family, code } = &it.cell.register;
        let register = |codes: &Option<Vec<String>>| {
            codes.as_ref().is_none_or(|some| *family == Family::Patient && some.contains(code))
        };
        let of = |(provider, means): (&Oid, &BTreeSet<Oid>)| {
            [&it.cell.controller, it.active, &it.cell.unit, it.unit]
                .into_iter()
                .any(|one| means.contains(one) || is_controller_of(one, provider))
                || it.brought_by.into_iter().flatten().any(|one| one == provider.as_str())
        };
        it.event.is_some_and(|event| events.iter().any(|one| one.as_str() == event))
            || providers
                .iter()
                .zip(&self.means)
                .any(|(one, means)| register(&one.registers) && of((&one.provider, means)))
    }
}

/// Whether a controller's OID is one below the provider's organisation: also of one that no register knows any more.
fn is_controller_of(controller: &Oid, provider: &Oid) -> bool {
    let root = |oid: &Oid, node: &str| {
        let (rest, _) = oid.as_str().rsplit_once('.')?;
        rest.strip_suffix(node).map(str::to_owned)
    };
    root(provider, ".10").is_some_and(|organisation| root(controller, ".19") == Some(organisation))
}

/// The values of `rules/disclosure.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rules {
    wills: Vec<WillsKept>,
    never: Never,
    permission: PermissionForm,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WillsKept {
    /// Whether no public material names it.
    #[serde(default)]
    #[expect(dead_code, reason = "for whoever reads the rules")]
    assumed: bool,
    register: Register,
    controllers: BTreeSet<Oid>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Never {
    registers: Vec<Register>,
}

/// How a permission is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PermissionForm {
    /// Whether no public material shows it.
    pub assumed: bool,
    /// Its code among the views.
    pub form: String,
    /// The code system of its fields.
    pub fields: String,
    /// The field that says whether it is given.
    pub given: String,
    /// The field that names the person.
    pub person: String,
}

/// Compiled in; a test holds that they load.
static RULES: LazyLock<Rules> =
    LazyLock::new(|| toml::from_str(include_str!("../../../../rules/disclosure.toml")).unwrap_or_default());

impl Rules {
    fn holds(&self, cell: &Cell) -> bool {
        self.wills.iter().any(|kept| kept.register == cell.register && kept.controllers.contains(&cell.controller))
    }
}

/// Whether a document is of the register in which wills are kept.
#[must_use]
pub fn is_of_wills(header: &Header) -> bool {
    of_register(header).next().is_some()
}

/// Whether a document of such a register is its controller's.
#[must_use]
pub fn keeps_wills(header: &Header) -> bool {
    of_register(header).any(|kept| kept.controllers.contains(&header.custodian))
}

fn of_register(header: &Header) -> impl Iterator<Item = &'static WillsKept> {
    let is_it = |register: &Register| {
        register.family.registers() == Some(&header.register.system) && register.code == header.register.code
    };
    RULES.wills.iter().filter(move |kept| is_it(&kept.register))
}

/// The registers of a family in which wills are kept, each with whose it is.
pub fn wills_kept(family: Family) -> impl Iterator<Item = (&'static Register, &'static Oid)> {
    let of_family = RULES.wills.iter().filter(move |kept| kept.register.family == family);
    of_family.flat_map(|kept| kept.controllers.iter().map(|controller| (&kept.register, controller)))
}

/// How a permission is written.
pub fn permission_form() -> &'static PermissionForm {
    &RULES.permission
}

#[cfg(test)]
mod tests {
    use super::super::Month;
    use super::*;
    use crate::document::DeniedProvider;

    fn oid(text: &str) -> Oid {
        Oid::parse(text).unwrap()
    }

    fn declared(at: i64, will: Will) -> Declared {
        Declared {
            document: oid(&format!("1.2.3.{at}")),
            family: Family::Patient,
            stored_at: Moment::from_seconds(at),
            will,
        }
    }

    fn wills(all: Vec<Declared>) -> Wills {
        Wills::of(all, |_| Vec::new())
    }

    const EVENT: &str = "1.2.246.10.1.16.5";
    const CONTROLLER: &str = "1.2.246.10.1.19.0";

    /// What becomes of a document of register 2 that names [`CONTROLLER`] and is another's now.
    fn told(wills: &Wills, code: &str, change: impl Fn(&mut Cell, &mut bool)) -> Result<Ground, Withheld> {
        let register = Register { family: Family::Patient, code: "2".into() };
        let unit = oid("1.2.246.10.1.10.3");
        let mut cell = Cell { controller: oid(CONTROLLER), register, unit, customer: None, month: Month(24_320) };
        let (active, mut current) = (oid("1.2.246.10.9.19.0"), true);
        change(&mut cell, &mut current);
        let asked = Asked {
            cell: &cell,
            unit: &oid("1.2.246.10.8.10.4"),
            active: &active,
            made_at: Moment::from_seconds(0),
            event: Some(EVENT),
            brought_by: [Some("1.2.246.10.7.10.0"), None],
            made_by_it: false,
            current,
            banned: false,
        };
        wills.disclose(&Purpose::of(code, oid("1.2.246.10.2.16.1")).unwrap(), &asked)
    }

    fn as_it_is(_: &mut Cell, _: &mut bool) {}

    #[test]
    fn the_rules_load() {
        let kept = Family::ALL.iter().flat_map(|family| wills_kept(*family));
        let kept: Vec<_> = kept.map(|(register, _)| register.to_string()).collect();
        assert_eq!(kept, ["patient:12", "social:12"]);
        assert!(permission_form().assumed);
        assert_eq!(RULES.never.registers, [Register::parse("patient:13").unwrap()]);
    }

    #[test]
    fn the_table() {
        let permitted = || declared(1, Will::Permission(true));
        let denied =
            |emergency| declared(2, Will::Denial(Denial { events: vec![oid(EVENT)], emergency, ..Denial::default() }));
        let rows = [
            (vec![permitted()], Ok(Ground::Disclosed), Ok(Ground::Emergency)),
            (vec![], Err(Withheld::NotPermitted), Ok(Ground::Emergency)),
            (vec![permitted(), denied(false)], Err(Withheld::Denied), Err(Withheld::Denied)),
            (vec![permitted(), denied(true)], Err(Withheld::Denied), Ok(Ground::Emergency)),
            // Of two denials the stricter counts.
            (vec![permitted(), denied(true), denied(false)], Err(Withheld::Denied), Err(Withheld::Denied)),
        ];
        for (declared, treatment, emergency) in rows {
            let wills = wills(declared.clone());
            let found = ["TREAT", "ETREAT"].map(|code| told(&wills, code, as_it_is));
            assert_eq!(found, [treatment, emergency], "{declared:?}");
        }
    }

    #[test]
    fn the_permission_stored_last_counts() {
        let permission = |at, given| declared(at, Will::Permission(given));
        let permits = |all| wills(all).permission(Family::Patient).is_some();
        assert!(permits(vec![permission(1, false), permission(2, true)]));
        assert!(!permits(vec![permission(2, false), permission(1, true)]));
        assert!(!permits(vec![permission(2, true), permission(2, false)]), "stored at once");
        assert!(!permits(vec![permission(2, false), permission(2, true)]));
    }

    #[test]
    fn health_care_and_social_care_are_permitted_apart() {
        let given = |family, at, given| Declared { family, ..declared(at, Will::Permission(given)) };
        let wills = wills(vec![given(Family::Social, 1, true), given(Family::Patient, 2, false)]);
        assert_eq!(told(&wills, "TREAT", as_it_is), Err(Withheld::NotPermitted));
        let social = |code: &'static str| {
            told(&wills, "TREAT", move |cell, _| cell.register = Register { family: Family::Social, code: code.into() })
        };
        assert_eq!(social("2"), Ok(Ground::Disclosed));
        // A denial is written down by patients' registers, or without any: then it is for both.
        let denial = |registers: Option<Vec<String>>| {
            let denied = DeniedProvider { provider: oid("1.2.246.10.1.10.0"), registers };
            let denial = Will::Denial(Denial { providers: vec![denied], ..Denial::default() });
            let wills = super::Wills::of(vec![given(Family::Social, 1, true), declared(2, denial)], |_| Vec::new());
            told(&wills, "TREAT", |cell, _| cell.register.family = Family::Social)
        };
        assert_eq!(denial(None), Err(Withheld::Denied));
        assert_eq!(denial(Some(vec!["2".into()])), Ok(Ground::Disclosed));
    }

    #[test]
    fn a_denied_provider_is_meant_however_it_is_met() {
        let hits = |provider: &str, registers: Option<&str>, controllers: &[&str]| {
            let registers = registers.map(|code| vec![code.to_owned()]);
            let denied = DeniedProvider { provider: oid(provider), registers };
            let denial = Will::Denial(Denial { providers: vec![denied], ..Denial::default() });
            let all = vec![declared(1, Will::Permission(true)), declared(2, denial)];
            let wills = Wills::of(all, |_| controllers.iter().map(|one| oid(one)).collect());
            told(&wills, "TREAT", as_it_is) == Err(Withheld::Denied)
        };
        assert!(hits("1.2.246.10.1.10.0", None, &[]), "by the number that its controller is below");
        assert!(hits("1.2.246.10.5.10.0", None, &[CONTROLLER]), "by the register of controllers");
        assert!(hits("1.2.246.10.7.10.0", None, &[]), "it brought the document");
        assert!(hits("1.2.246.10.9.10.0", None, &[]), "whoever has it now");
        assert!(hits("1.2.246.10.1.10.3", None, &[]), "a unit");
        assert!(
            hits("1.2.246.10.8.10.4", None, &[]),
            "the unit that it was made in, where its set is counted to another"
        );
        assert!(!hits("1.2.246.10.5.10.0", None, &[]) && !hits("1.2.246.10.11.10.0", None, &[]));
        assert!(hits("1.2.246.10.1.10.0", Some("2"), &[]) && !hits("1.2.246.10.1.10.0", Some("4"), &[]));
    }

    #[test]
    fn what_is_given_to_nobody() {
        let wills = wills(vec![declared(1, Will::Permission(true))]);
        let never = [
            told(&wills, "ETREAT", |_, current| *current = false),
            told(&wills, "ETREAT", |cell, _| cell.register.code = "13".into()),
            told(&wills, "ETREAT", |cell, _| cell.register.family = Family::Prescription),
        ];
        assert!(never.iter().all(|told| *told == Err(Withheld::Never)), "{never:?}");
        let of_wills = told(&Wills::default(), "TREAT", |cell, _| {
            cell.register.code = "12".into();
            cell.controller = wills_kept(Family::Patient).next().unwrap().1.clone();
        });
        assert_eq!(of_wills, Ok(Ground::Wills), "whoever treats is to know them");
        let elsewhere = told(&Wills::default(), "TREAT", |cell, _| cell.register.code = "12".into());
        assert_eq!(elsewhere, Err(Withheld::NotPermitted));
        assert_eq!(told(&Wills::closed(), "ETREAT", as_it_is), Err(Withheld::Denied));
        assert_eq!(Purpose::of("HPAYMT", oid("1.2")), None);
    }
}
