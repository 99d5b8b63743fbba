//! What the joiner's system would make and send in a case.

use super::portal::{Case, Document, Test};
use crate::adapters::SystemClock;
use crate::made::{SocialDocument, Variation, bundle, of_prescription, recorded_at, voiding};
use crate::peer::{Answer, Asker, Connection, FhirAsked, PeerError};
use liitos_documents::read_document_header;
use liitos_documents::sign::SigningKey;
use liitos_domain::Moment;
use liitos_domain::archive::Family;
use liitos_domain::deployment_test::Deed;
use liitos_service::ports::Clock as _;
use serde_json::Value;
use std::collections::BTreeMap;

/// Why a case was not made.
pub(super) enum Wrong {
    /// The archive, or the gateway, answered otherwise than it should; or nothing could be made.
    Answer(String),
    /// There was no answer.
    Way(PeerError),
}

impl From<String> for Wrong {
    fn from(why: String) -> Self {
        Self::Answer(why)
    }
}

impl From<&str> for Wrong {
    fn from(why: &str) -> Self {
        Self::Answer(why.to_owned())
    }
}

impl From<PeerError> for Wrong {
    fn from(error: PeerError) -> Self {
        Self::Way(error)
    }
}

/// As whom, and into what.
pub(super) struct Maker<'a> {
    pub(super) connection: Connection,
    pub(super) family: Family,
    /// The organisation that calls: the joiner, or a unit.
    pub(super) represented: &'a str,
    /// The unit that the documents are made in.
    pub(super) unit: &'a str,
    /// Whose register.
    pub(super) controller: &'a str,
    /// The access point that the certificate names.
    pub(super) point: &'a str,
    /// The device that messages are addressed to.
    pub(super) archive: &'a str,
    pub(super) key: &'a SigningKey,
    /// Tells this run's ids from those of others.
    pub(super) run: i64,
    pub(super) serial: u64,
    /// What was sent, by document.
    pub(super) sent: BTreeMap<String, String>,
}

/// A document whose place another takes.
struct Older {
    id: String,
    set: String,
    version: u32,
    person: String,
}

/// What is made of a document.
enum As {
    First,
    Next(Older),
    Void(Older),
}

impl Maker<'_> {
    /// Makes a case and sends it: nothing where it went as it should, else what went otherwise.
    pub(super) async fn make(&mut self, test: &Test, case: &Case) -> Result<(), Wrong> {
        let first = test.persons.first().ok_or("the test has no clients")?.clone();
        match case.deed {
            Deed::Stored => self.store(As::First, &first, self.controller.to_owned()).await,
            Deed::Searched => self.search(test, case, &first).await,
            Deed::Fetched => self.fetch(&of(test, case)?.document).await.map(drop),
            Deed::Replaced | Deed::Invalidated => {
                let older = self.older(test, case).await?;
                let person = older.person.clone();
                let how = if case.deed == Deed::Replaced { As::Next(older) } else { As::Void(older) };
                self.store(how, &person, self.controller.to_owned()).await
            }
            Deed::Refused => self.refused(test, case, &first).await,
            Deed::Delivered => Err("renewal requests are sent by the portal".into()),
        }
    }

    fn ids(&mut self) -> (String, String) {
        self.serial += 1;
        let (run, serial) = (self.run, self.serial);
        (format!("{}.11.{run}.{serial}", self.represented), format!("{}.1.{run}.{serial}", self.point))
    }

    async fn store(&mut self, how: As, person: &str, controller: String) -> Result<(), Wrong> {
        let (document, answer) = self.send(how, person, &controller).await?;
        fine(&answer)?;
        self.sent.insert(document.0, document.1);
        Ok(())
    }

    /// Sends a document; its id and text, and what was answered.
    async fn send(&mut self, how: As, person: &str, controller: &str) -> Result<((String, String), Answer), Wrong> {
        let (id, message_id) = self.ids();
        let device = format!("{}.1", self.point);
        let now = SystemClock.now();
        if self.family == Family::Social {
            let one = self.social((&id, &message_id, &device), how, (person, controller));
            let one = one.signed_with(self.key, now).map_err(|error| error.to_string())?;
            let answer = self.connection.send(&one.message()).await?;
            return Ok(((id, one.document()), answer));
        }
        let void = matches!(how, As::Void(_));
        let one = self.varied((&id, &message_id, &device), how, (person, controller))?;
        let one = one.signed_with(self.key, now).map_err(|error| error.to_string())?;
        let document = one.document().to_owned();
        let answer = if self.family == Family::Prescription {
            let made =
                bundle(&document, (&message_id, &device, self.represented)).map_err(|error| error.to_string())?;
            let made = of_prescription(recorded_at(if void { voiding(made) } else { made }, &now.to_string()));
            self.fhir(FhirAsked::Provide(made.to_string())).await?
        } else {
            let message = one.message().map_err(|error| error.to_string())?;
            self.connection.send(&message).await?
        };
        Ok(((id, document), answer))
    }

    /// A patient's document, varied from the real one of 2017.
    fn varied(
        &self,
        (id, message_id, device): (&str, &str, &str),
        how: As,
        (person, controller): (&str, &str),
    ) -> Result<Variation, String> {
        let made = Variation::with_new_ids(0, 0).map_err(|error| error.to_string())?;
        let made = made.numbered(id, message_id).of_person(person).made_at(&stamp(SystemClock.now()));
        let made = made.in_event(&format!("{}.16.{}", self.represented, self.run));
        let made = made.made_in(self.unit).represented_by(self.represented).from_device(device);
        let made = made.addressed_to(self.archive);
        let made = match how {
            As::First => made,
            As::Next(older) => made.replacing(&older.id, &older.set, older.version + 1),
            As::Void(older) => made.replacing(&older.id, &older.set, older.version + 1).invalidating(),
        };
        Ok(made.with_controller(controller))
    }

    /// A social care document, in the frame that public material shows.
    fn social(
        &self,
        (id, message_id, device): (&str, &str, &str),
        how: As,
        (person, controller): (&str, &str),
    ) -> SocialDocument {
        let mut made = SocialDocument::new(self.represented, controller, (0, 0));
        id.clone_into(&mut made.id);
        id.clone_into(&mut made.set_id);
        message_id.clone_into(&mut made.message_id);
        device.clone_into(&mut made.device);
        self.archive.clone_into(&mut made.archive);
        self.unit.clone_into(&mut made.unit);
        person.clone_into(&mut made.client);
        made.json = format!(r#"{{"asiatunnus":"{}.95.{}","palvelutehtava":"14"}}"#, self.represented, self.run);
        made.made_at = stamp(SystemClock.now());
        made.void = matches!(how, As::Void(_));
        if let As::Next(older) | As::Void(older) = how {
            (made.older, made.set_id, made.version) = (Some(older.id), older.set, older.version + 1);
        }
        made
    }

    async fn fhir(&mut self, asked: FhirAsked) -> Result<Answer, Wrong> {
        let asker = Asker { family: self.family, joiner: self.represented, tenant: None, purpose: None };
        Ok(self.connection.fhir(asked, &asker).await?)
    }

    /// Gives a document back: the same as was sent, where this run sent it.
    async fn fetch(&mut self, id: &str) -> Result<String, Wrong> {
        let answer = self.fhir(FhirAsked::Fetch(id.to_owned())).await?;
        fine(&answer)?;
        let text = String::from_utf8(answer.body.to_vec()).map_err(|_| "the document is not UTF-8")?;
        let header = read_document_header(&text).map_err(|finding| finding.to_string())?;
        if header.id.as_str() != id {
            return Err(format!("another document came: {}", header.id).into());
        }
        match self.sent.get(id) {
            Some(sent) if *sent != text => Err("the document is not what was sent".into()),
            _ => Ok(text),
        }
    }

    /// Finds the document that the case is of among the client's.
    async fn search(&mut self, test: &Test, case: &Case, person: &str) -> Result<(), Wrong> {
        let wanted = of(test, case)?.document;
        let parameters = vec![
            ("patient.identifier".to_owned(), format!("urn:oid:1.2.246.21|{person}")),
            ("identifier".to_owned(), format!("urn:oid:{wanted}")),
        ];
        let answer = self.fhir(FhirAsked::Search(parameters)).await?;
        fine(&answer)?;
        let found: Value = serde_json::from_slice(&answer.body).map_err(|error| format!("the answer: {error}"))?;
        let entries = found.get("entry").and_then(Value::as_array).map_or(0, Vec::len);
        if entries == 0 { Err("what was stored is not found".into()) } else { Ok(()) }
    }

    /// What must be refused, for the reason that the case gives.
    async fn refused(&mut self, test: &Test, case: &Case, person: &str) -> Result<(), Wrong> {
        let others = test.moved.iter().find(|moved| !test.controllers.contains(&moved.controller));
        let former = others.map(|moved| moved.controller.clone());
        let former = former.ok_or("nothing came from before, so nobody's name is a former one")?;
        let (_, answer) = self.send(As::First, person, &former).await?;
        let (codes, wanted) = (answer.codes(), case.code.clone().unwrap_or_default());
        match codes.contains(&wanted) {
            true => Ok(()),
            false => Err(format!("expected {wanted}, was answered {} {}", answer.status, codes.join(" ")).into()),
        }
    }

    /// The newest version of the set that a case is of.
    async fn older(&mut self, test: &Test, case: &Case) -> Result<Older, Wrong> {
        let of = of(test, case)?;
        // Those that came from before are told with their versions, and so is what this test has stored since; what serves from an earlier test is told by its case.
        let mut known = test.moved.iter().chain(&test.documents).filter(|one| one.set == of.set);
        let newest = known.next_back().map_or_else(|| of.document.clone(), |one| one.document.clone());
        let text = self.fetch(&newest).await?;
        let header = read_document_header(&text).map_err(|finding| finding.to_string())?;
        Ok(Older { id: newest, set: of.set, version: header.version, person: header.person.extension })
    }
}

/// The document that a case is of.
fn of(test: &Test, case: &Case) -> Result<Document, String> {
    let missing = || format!("{}: the case that it is of has no document", case.id);
    let of = case.of.as_deref().ok_or_else(missing)?;
    if of == "before" {
        return test.moved.first().cloned().ok_or_else(missing);
    }
    let of = test.cases.iter().find(|case| case.id == of).ok_or_else(missing)?;
    let (document, set) = of.document.clone().zip(of.set.clone()).ok_or_else(missing)?;
    Ok(Document { document, set, controller: of.controller.clone().unwrap_or_default() })
}

/// Whether an answer says that it was done.
fn fine(answer: &Answer) -> Result<(), String> {
    let codes = answer.codes();
    // A bundle that is stored says so of each entry; an acknowledgement says why not.
    if answer.status.is_success() && codes.is_empty() {
        return Ok(());
    }
    let told = [answer.status.to_string(), codes.join(" "), answer.acknowledgement().texts.join(" ")];
    let told: Vec<&str> = told.iter().map(String::as_str).filter(|text| !text.is_empty()).collect();
    Err(told.join(" "))
}

/// A moment as documents have it, in Helsinki.
fn stamp(at: Moment) -> String {
    at.civil().strftime("%Y%m%d%H%M%S").to_string()
}
