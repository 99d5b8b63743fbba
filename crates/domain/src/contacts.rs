//! A joiner's contacts: persons or functions, and what each is named for (Extranet guide 3.1.4, 4).
//!
//! Some roles are held for the joiner as a whole, some for one service each; one person may hold several. A role that a joined
//! service needs is never left without anybody.

use crate::application::steps::{self, Contact, FieldError, Form, role_field};
use crate::application::{Application, Step};
use crate::identifier::{ArchivistCardNumber, PhoneNumber};
use crate::plan::ContactRole;
use crate::service_code::{Service, codes};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Most contacts of one joiner.
pub const MOST: usize = 200;

codes! {
    /// By what somebody is reached.
    Channel {
        /// A mailbox.
        Email = "email",
        /// A telephone that takes text messages.
        Sms = "sms",
    }
}

codes! {
    /// What was done to what is kept of a joiner.
    Event {
        /// A contact was added.
        Added = "added",
        /// A contact was changed, or given or relieved of a role.
        Changed = "changed",
        /// A contact was removed.
        Removed = "removed",
        /// The address for notices was changed.
        Address = "address",
        /// Billing data was changed.
        Billing = "billing",
        /// Everything was said to be still right.
        Confirmed = "confirmed",
    }
}

/// A person or a function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// What they are called.
    pub name: String,
    /// Their mailbox.
    pub email: String,
    /// Their telephone.
    pub phone: String,
    /// The number of their certificate card, if they are an archivist.
    pub card: Option<String>,
}

impl Person {
    /// Whether two are the same, however they are reached by telephone.
    fn same(&self, other: &Self) -> bool {
        let plain = |text: &str| text.trim().to_lowercase();
        plain(&self.name) == plain(&other.name) && plain(&self.email) == plain(&other.email)
    }

    /// The fields, by name, for telling what changed.
    #[must_use]
    pub fn fields(&self) -> [(&'static str, &str); 4] {
        [
            ("name", &self.name),
            ("email", &self.email),
            ("phone", &self.phone),
            ("card", self.card.as_deref().unwrap_or_default()),
        ]
    }
}

/// A role, for one service where it is held for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Holding {
    /// The role.
    pub role: ContactRole,
    /// The service; `None`: for the joiner as a whole.
    pub service: Option<Service>,
}

impl Holding {
    /// The role in what a service asks for.
    #[must_use]
    pub fn of(role: ContactRole, service: Service) -> Self {
        Self { role, service: role.of_service().then_some(service) }
    }

    /// Reads `archivist:patient-data` or `technical`; a role that is held for each service names one, others none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (role, service) = match text.split_once(':') {
            Some((role, service)) => (role, Some(Service::parse(service)?)),
            None => (text, None),
        };
        let role = ContactRole::parse(role)?;
        let fits = match service {
            Some(service) => role.of_service() && role.needed_for(service),
            None => !role.of_service(),
        };
        fits.then_some(Self { role, service })
    }
}

impl fmt::Display for Holding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.service {
            Some(service) => write!(f, "{}:{service}", self.role),
            None => write!(f, "{}", self.role),
        }
    }
}

/// A contact as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its key.
    pub key: i64,
    /// Which revision, for finding out that somebody else changed it in between.
    pub revision: i32,
    /// Who.
    pub person: Person,
    /// For what.
    pub holds: BTreeSet<Holding>,
}

/// All contacts of a joiner.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contacts(pub Vec<Kept>);

/// What an approved application does to one contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adoption {
    /// The contact that is kept already, if so.
    pub kept: Option<i64>,
    /// Who, as the application says.
    pub person: Person,
    /// What it is named for from now on.
    pub gains: BTreeSet<Holding>,
}

impl Contacts {
    /// Who holds a role, in the order in which they came.
    pub fn holders(&self, holding: Holding) -> impl Iterator<Item = &Kept> {
        self.0.iter().filter(move |kept| kept.holds.contains(&holding))
    }

    /// Who is told what concerns a role: its holders, for whichever service.
    pub fn in_role(&self, role: ContactRole) -> impl Iterator<Item = &Kept> {
        self.0.iter().filter(move |kept| kept.holds.iter().any(|held| held.role == role))
    }

    /// The contact with a key.
    #[must_use]
    pub fn find(&self, key: i64) -> Option<&Kept> {
        self.0.iter().find(|kept| kept.key == key)
    }

    /// The roles of joined services that nobody holds.
    #[must_use]
    pub fn missing(&self, joined: &BTreeSet<Service>) -> BTreeSet<Holding> {
        needed(joined).into_iter().filter(|needed| self.holders(*needed).next().is_none()).collect()
    }

    /// The roles that would be left without anybody if one contact held these and no others.
    #[must_use]
    pub fn emptied(&self, key: i64, holds: &BTreeSet<Holding>, joined: &BTreeSet<Service>) -> BTreeSet<Holding> {
        let mut after = self.clone();
        for kept in after.0.iter_mut().filter(|kept| kept.key == key) {
            kept.holds.clone_from(holds);
        }
        let already = self.missing(joined);
        after.missing(joined).difference(&already).copied().collect()
    }

    /// What an approved application does to the contacts: whom it adds, what they are named for, and who is relieved of it – the
    /// one that the application would have been filled in with, where it names another.
    #[must_use]
    pub fn adopt(&self, application: &Application) -> (Vec<Adoption>, Vec<(i64, Holding)>) {
        let mut adoptions: Vec<Adoption> = Vec::new();
        let mut relieved = Vec::new();
        for (role, person) in named_in(application) {
            let holding = Holding::of(role, application.service);
            let kept = self.0.iter().find(|kept| kept.person.same(&person)).map(|kept| kept.key);
            let first = self.holders(holding).next();
            if let Some(first) = first.filter(|first| Some(first.key) != kept) {
                relieved.push((first.key, holding));
            }
            match adoptions.iter_mut().find(|adoption| adoption.person.same(&person)) {
                Some(adoption) => {
                    adoption.gains.insert(holding);
                    adoption.person.card = adoption.person.card.take().or(person.card);
                }
                None => adoptions.push(Adoption { kept, person, gains: [holding].into() }),
            }
        }
        (adoptions, relieved)
    }

    /// The form of an application's step of contacts as far as it is known already.
    #[must_use]
    pub fn form(&self, service: Service) -> Form {
        let mut fields = BTreeMap::new();
        for role in ContactRole::ALL.iter().filter(|role| role.needed_for(service)) {
            // Who serves another service already is proposed for this one.
            let holder = self.holders(Holding::of(*role, service)).next().or_else(|| self.in_role(*role).next());
            let Some(Kept { person, .. }) = holder else { continue };
            for (part, text) in [("name", &person.name), ("email", &person.email), ("phone", &person.phone)] {
                fields.insert(role_field(*role, part), text.clone());
            }
            if let (ContactRole::Archivist, Some(card)) = (role, &person.card) {
                fields.insert("archivist_card".to_owned(), card.clone());
            }
        }
        Form(fields)
    }
}

/// Whom an application names, role by role.
fn named_in(application: &Application) -> Vec<(ContactRole, Person)> {
    let form = application.form(Step::Contacts);
    let roles = ContactRole::ALL.iter().filter(|role| role.needed_for(application.service));
    let named = roles.filter_map(|role| {
        let Contact { name, email, phone } = steps::contact(&form, *role)?;
        let card = (*role == ContactRole::Archivist).then(|| form.text("archivist_card").to_owned());
        Some((*role, Person { name, email, phone, card: card.filter(|card| !card.is_empty()) }))
    });
    named.collect()
}

/// The mailboxes and telephones that an application names: those that a message proves.
#[must_use]
pub fn addresses_in(application: &Application) -> BTreeSet<(Channel, String)> {
    let own = application.form(Step::ClientData).text("email").to_owned();
    let own = Some((Channel::Email, own)).filter(|(_, address)| !address.is_empty());
    let named = named_in(application);
    let of = named.iter().flat_map(|(role, person)| addresses(person, *role == ContactRole::Fault));
    own.into_iter().chain(of).collect()
}

/// The addresses of a person: the mailbox, and the telephone where faults are told by text message.
pub fn addresses(person: &Person, fault: bool) -> impl Iterator<Item = (Channel, String)> {
    let phone = PhoneNumber::parse(&person.phone).ok().filter(|_| fault);
    let phone = phone.map(|phone| (Channel::Sms, phone.as_str().to_owned()));
    std::iter::once((Channel::Email, person.email.clone())).chain(phone)
}

/// The addresses of a contact by the roles that it holds.
pub fn addresses_of(kept: &Kept) -> impl Iterator<Item = (Channel, String)> {
    addresses(&kept.person, kept.holds.iter().any(|held| held.role == ContactRole::Fault))
}

/// The roles that some services need, each once.
#[must_use]
pub fn needed(services: &BTreeSet<Service>) -> BTreeSet<Holding> {
    let of = |service: &Service| {
        let (service, roles) = (*service, ContactRole::ALL.iter());
        roles.filter(move |role| role.needed_for(service)).map(move |role| Holding::of(*role, service))
    };
    services.iter().flat_map(of).collect()
}

/// A contact as a page's form says it; what it holds is a list with spaces between.
///
/// # Errors
/// What is wrong with which field.
pub fn read(form: &Form) -> Result<(Person, BTreeSet<Holding>), Vec<FieldError>> {
    let wrong = |field: &str, problem| FieldError { field: field.to_owned(), problem };
    let parts: Vec<Option<Holding>> = form.text("holds").split_whitespace().map(Holding::parse).collect();
    let known = parts.iter().all(Option::is_some);
    let holds: BTreeSet<Holding> = parts.into_iter().flatten().collect();
    let mut errors = Vec::new();
    if !known {
        errors.push(wrong("holds", steps::FieldProblem::Choice));
    }
    if holds.is_empty() && known {
        errors.push(wrong("holds", steps::FieldProblem::Missing));
    }
    let has = |role| holds.iter().any(|held| held.role == role);
    let read = steps::person(form, has(ContactRole::Fault));
    // As it is printed on the card, in groups.
    let card: String = form.text("card").chars().filter(|c| !c.is_whitespace()).collect();
    if has(ContactRole::Fault) && steps::gets_no_texts(form.text("phone")) {
        errors.push(wrong("phone", steps::FieldProblem::PhoneTexts));
    }
    let card_needed = has(ContactRole::Archivist);
    match (card.is_empty(), card_needed) {
        (true, true) => errors.push(wrong("card", steps::FieldProblem::Missing)),
        (false, _) if ArchivistCardNumber::parse(&card).is_err() => {
            errors.push(wrong("card", steps::FieldProblem::CardNumber));
        }
        _ => {}
    }
    match read {
        Ok(Contact { name, email, phone }) if errors.is_empty() => {
            Ok((Person { name, email, phone, card: Some(card).filter(|card| !card.is_empty()) }, holds))
        }
        Ok(_) => Err(errors),
        Err(more) => Err(more.into_iter().chain(errors).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Oid;
    use crate::application::{JoinerKind, State};
    use proptest::prelude::*;

    fn person(name: &str) -> Person {
        Person { name: name.into(), email: format!("{name}@esimerkki.test"), phone: "0401234567".into(), card: None }
    }

    fn kept(key: i64, name: &str, holds: &[&str]) -> Kept {
        let holds = holds.iter().map(|text| Holding::parse(text).unwrap()).collect();
        Kept { key, revision: 1, person: person(name), holds }
    }

    fn application(service: Service, named: &[(&str, &str)]) -> Application {
        let mut form = Form::default();
        for (role, name) in named {
            let who = person(name);
            for (part, text) in [("name", who.name), ("email", who.email), ("phone", who.phone)] {
                form.0.insert(format!("{role}_{part}"), text);
            }
        }
        form.0.insert("archivist_card".into(), "90000000001".into());
        Application {
            number: "1".into(),
            joiner: Oid::parse("1.2.246.10.1.10.0").unwrap(),
            kind: JoinerKind::Private,
            service,
            state: State::Draft,
            first_joining: true,
            forms: [(Step::Contacts, form)].into(),
            accepted: Default::default(),
        }
    }

    #[test]
    fn roles_are_written_with_the_service_where_there_is_one() {
        for good in ["technical", "fault", "archivist:patient-data", "imaging:imaging-data", "billing:prescription"] {
            assert_eq!(Holding::parse(good).unwrap().to_string(), good);
        }
        for bad in ["", "archivist", "technical:patient-data", "archivist:prescription", "x", "billing:x"] {
            assert_eq!(Holding::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_needed_role_is_never_left_empty() {
        let joined = [Service::Prescription].into();
        let all = Contacts(vec![
            kept(1, "a", &["technical", "fault", "data-protection", "administrative"]),
            kept(2, "b", &["billing:prescription", "fault"]),
        ]);
        assert!(all.missing(&joined).is_empty());
        assert!(all.emptied(2, &[Holding::parse("billing:prescription").unwrap()].into(), &joined).is_empty());
        let told = |set: BTreeSet<Holding>| set.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        assert_eq!(told(all.emptied(2, &BTreeSet::new(), &joined)), "billing:prescription");
        assert_eq!(told(all.emptied(1, &BTreeSet::new(), &joined)), "technical data-protection administrative");
        assert!(all.emptied(1, &BTreeSet::new(), &BTreeSet::new()).is_empty(), "nothing is joined: nothing is needed");
        // What was empty before stops no other change.
        let lacking = Contacts(vec![kept(1, "a", &["technical", "fault"]), kept(2, "b", &["fault"])]);
        assert!(lacking.emptied(2, &BTreeSet::new(), &joined).is_empty());
    }

    #[test]
    fn an_application_becomes_contacts() {
        let named = [("technical", "a"), ("fault", "a"), ("data-protection", "c"), ("administrative", "d")];
        let named: Vec<_> = named.into_iter().chain([("billing", "d"), ("archivist", "e")]).collect();
        let all = Contacts(vec![kept(1, "a", &["technical"]), kept(2, "old", &["administrative", "fault"])]);
        let (adoptions, relieved) = all.adopt(&application(Service::PatientData, &named));
        let told: Vec<String> = adoptions
            .iter()
            .map(|one| {
                let gains: Vec<String> = one.gains.iter().map(ToString::to_string).collect();
                format!("{:?} {} {}", one.kept, one.person.name, gains.join(" "))
            })
            .collect();
        let expected = [
            "Some(1) a technical fault",
            "None c data-protection",
            "None d administrative billing:patient-data",
            "None e archivist:patient-data",
        ];
        assert_eq!(told, expected);
        assert_eq!(adoptions[3].person.card.as_deref(), Some("90000000001"));
        let relieved: Vec<String> = relieved.iter().map(|(key, held)| format!("{key} {held}")).collect();
        assert_eq!(relieved, ["2 fault", "2 administrative"]);
        // Filled in from what is kept, another application changes nothing of it.
        let form =
            Contacts(vec![kept(1, "a", &["technical", "archivist:patient-data"])]).form(Service::SocialClientData);
        assert_eq!(form.text("technical_email"), "a@esimerkki.test");
        assert_eq!(form.text("archivist_name"), "a", "who serves another service is proposed");
        assert_eq!(form.text("fault_name"), "");
    }

    #[test]
    fn what_a_message_proves() {
        let named = [("technical", "a"), ("fault", "b")];
        let told: Vec<String> = addresses_in(&application(Service::Prescription, &named))
            .iter()
            .map(|(channel, address)| format!("{channel} {address}"))
            .collect();
        assert_eq!(told, ["email a@esimerkki.test", "email b@esimerkki.test", "sms +358401234567"]);
    }

    #[test]
    fn a_contact_is_read() {
        let form = |pairs: &[(&str, &str)]| Form(pairs.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect());
        let good = [("name", "A"), ("email", "a@b.test"), ("phone", "040 1234567"), ("holds", "fault technical")];
        assert_eq!(read(&form(&good)).unwrap().1.len(), 2);
        let problems = |pairs: &[(&str, &str)]| {
            let errors = read(&form(pairs)).unwrap_err();
            errors.iter().map(|e| format!("{} {}", e.field, e.problem)).collect::<Vec<_>>().join(", ")
        };
        assert_eq!(problems(&[]), "name missing, email missing, phone missing, holds missing");
        let no_sms = [("name", "A"), ("email", "a@b.test"), ("phone", "116117"), ("holds", "fault")];
        assert_eq!(problems(&no_sms), "phone phone");
        let no_card = [("name", "A"), ("email", "a@b.test"), ("phone", "116117"), ("holds", "archivist:patient-data")];
        assert_eq!(problems(&no_card), "card missing");
        let forged = [("name", "A"), ("email", "a@b.test"), ("phone", "116117"), ("holds", "king technical")];
        assert_eq!(problems(&forged), "holds choice");
    }

    proptest! {
        #[test]
        fn whatever_is_taken_no_needed_role_becomes_empty(
            holds in proptest::collection::vec(proptest::collection::btree_set(0usize..9, 0..9), 1..4),
            changed in 0usize..3,
            left in proptest::collection::btree_set(0usize..9, 0..9),
        ) {
            let joined: BTreeSet<Service> = [Service::PatientData, Service::Prescription].into();
            let every: Vec<Holding> = needed(&joined).into_iter().collect();
            let some = |set: &BTreeSet<usize>| set.iter().filter_map(|at| every.get(*at).copied()).collect();
            let all = Contacts(holds.iter().zip(1..).map(|(set, key)| {
                Kept { key, revision: 1, person: person("a"), holds: some(set) }
            }).collect());
            let key = i64::try_from(changed % holds.len()).unwrap() + 1;
            let after: BTreeSet<Holding> = some(&left);
            if all.emptied(key, &after, &joined).is_empty() {
                let mut next = all.clone();
                next.0[usize::try_from(key).unwrap() - 1].holds = after;
                prop_assert!(next.missing(&joined).is_subset(&all.missing(&joined)));
            }
        }
    }
}
