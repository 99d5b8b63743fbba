//! Health care's services that are bought: what an organiser's authorisation lets their producer do, and nothing else.

use crate::archive::{Told, door_of, open_to, provide, second_version};
use crate::on_both;
use liitos::made::Variation;
use liitos_documents::sign::{SigningKey, sign};
use liitos_domain::archive::{Act, Criteria, Ground, Search};
use liitos_domain::directory::{Effect, Tenant};
use liitos_domain::document::PersonRef;
use liitos_domain::{Interval, Oid, RefusalCode, Service};
use liitos_pki::authority::Issued;
use liitos_service::archive::{Door, fetch_document, search_documents};
use liitos_store::archive::{self, LinesAsked};
use liitos_testkit::{Database, TestApp};

/// The organiser and its controller.
const TK: &str = "1.2.246.10.99999984.10.0";
const TKS: &str = "1.2.246.10.99999984.19.0";
/// The producer.
const KOIVU: &str = "1.2.246.10.99999028.10.0";
const PATIENT: &str = "030875-999Y";
const SAMPLE: &str = include_str!("../../../../samples/kela-cda/Esim_OSVA_Omakannasta.xml");

fn oid(text: &str) -> Oid {
    Oid::parse(text).unwrap()
}

struct Bought {
    test: TestApp,
    organiser: Issued,
    producer: Issued,
}

/// An authorisation as the public example has it, for our producer and register 2.
#[derive(Clone)]
struct Authorisation {
    serial: u64,
    text: String,
}

impl Authorisation {
    fn new(serial: u64) -> Self {
        let example = [
            ("1.2.246.10.99999984.10.0.91.2009.58", &*format!("{TK}.91.2026.{serial}")),
            ("1.2.246.10.48484841.10.0", KOIVU),
            ("code=\"4\" displayName=\"Työterveyshuolto\"", "code=\"2\""),
            ("<low value=\"20140513\"/>", "<low value=\"20261101\"/>"),
            ("<high value=\"20141009\"/>", "<high value=\"20261130\"/>"),
            ("<value xsi:type=\"II\" root=\"1.2.246.10\" extension=\"1234567-1\"/>", ""),
        ];
        let text = example.iter().fold(SAMPLE.to_owned(), |text, (from, to)| {
            assert!(text.contains(from), "{from}");
            text.replace(from, to)
        });
        Self { serial, text }
    }

    fn with(mut self, from: &str, to: &str) -> Self {
        assert!(self.text.contains(from), "{from}");
        self.text = self.text.replace(from, to);
        self
    }

    fn id(&self) -> String {
        format!("{TK}.91.2026.{}", self.serial)
    }

    /// As the next version of another's set.
    fn replacing(self, older: &Self) -> Self {
        let text = second_version(&self.text, &self.id(), &older.id());
        Self { text, ..self }
    }
}

impl Bought {
    async fn start(database: Database) -> Self {
        let test = TestApp::start(database).await;
        open_to(&test, TK).await;
        open_to(&test, KOIVU).await;
        let (organiser, producer) = (test.signer(TK), test.signer(KOIVU));
        Self { test, organiser, producer }
    }

    async fn provide(&self, by: &str, document: &str, serial: u64) -> Told {
        self.provide_through(&door_of(by), by, document, serial).await
    }

    async fn provide_through(&self, door: &Door, by: &str, document: &str, serial: u64) -> Told {
        provide(&self.test, door, by, document, serial).await
    }

    async fn authorise(&self, by: &str, authorisation: &Authorisation) -> Told {
        let signer = if by == TK { &self.organiser } else { &self.producer };
        let key = SigningKey { certificate_der: signer.certificate_der.clone(), key_pem: signer.key_pem.clone() };
        let signed = sign(&authorisation.text, &key, self.test.app.now()).unwrap();
        self.provide(by, &signed, 1_000 + authorisation.serial).await
    }

    /// A document of the patient's in the organiser's register, made at a time.
    fn made(&self, by: &str, serial: u64, made_at: &str) -> Variation {
        let signer = if by == TK { &self.organiser } else { &self.producer };
        let made =
            Variation::with_new_ids(60, serial).unwrap().with_controller(TKS).made_at(made_at).from_organisation(by);
        let made = made.of_person(PATIENT);
        made.signed_by(signer, self.test.app.now()).unwrap()
    }

    async fn store(&self, by: &str, document: &Variation, serial: u64) -> Told {
        self.provide(by, document.document(), serial).await
    }

    async fn fetch(&self, document: &Variation) -> Option<RefusalCode> {
        let id = oid(&document.document_id);
        fetch_document(&self.test.app, &door_of(KOIVU), Service::PatientData, &id).await.err().map(|error| error.code)
    }

    async fn found(&self) -> usize {
        let person = PersonRef { extension: PATIENT.into(), root: "1.2.246.21".into() };
        let criteria = Criteria { person: Some(person), ..Criteria::default() };
        let search = Search { criteria, after: None, count: 50 };
        search_documents(&self.test.app, &door_of(KOIVU), Service::PatientData, &search).await.unwrap().documents.len()
    }
}

fn foreign() -> Told {
    vec![(RefusalCode::ControllerForeign, "custodian".to_owned())]
}

on_both!(an_authorisation_lets_search_and_store, lets);

async fn lets(database: Database) {
    let bought = Bought::start(database).await;
    let before = bought.made(TK, 1, "20261020120000");
    assert_eq!(bought.store(TK, &before, 1).await, []);
    let own = bought.made(KOIVU, 2, "20261110120000");
    assert_eq!(bought.store(KOIVU, &own, 2).await, foreign(), "nobody let it in yet");
    assert_eq!((bought.fetch(&before).await, bought.found().await), (Some(RefusalCode::DocumentNotFound), 0));
    assert_eq!(bought.authorise(TK, &Authorisation::new(1)).await, []);
    assert_eq!((bought.fetch(&before).await, bought.found().await), (None, 1));
    assert_eq!(bought.store(KOIVU, &own, 3).await, []);
    assert_eq!((bought.fetch(&own).await, bought.found().await), (None, 2));
    // The organiser is told of each, and why.
    let asked = LinesAsked { controller: Some(&oid(TKS)), ..LinesAsked::default() };
    let lines = archive::uses(bought.test.app.store.read(), asked, 100).await.unwrap();
    let by_it =
        |act| lines.iter().filter(|line| line.told.act == act && line.told.ground == Ground::Outsourced).count();
    assert_eq!((by_it(Act::Stored), by_it(Act::Fetched), by_it(Act::Searched)), (1, 2, 2));
    // After its last day nothing is let any more.
    bought.test.clock.advance(9 * 86_400);
    assert_eq!((bought.fetch(&before).await, bought.found().await), (Some(RefusalCode::DocumentNotFound), 0));
    let late = bought.made(KOIVU, 3, "20261110120000");
    assert_eq!(bought.store(KOIVU, &late, 4).await, foreign());
}

on_both!(whole_or_by_time_or_by_service_event_and_for_one_register, narrowed);

async fn narrowed(database: Database) {
    let bought = Bought::start(database).await;
    let (early, late) = (bought.made(TK, 1, "20250901120000"), bought.made(TK, 2, "20261020120000"));
    assert_eq!(bought.store(TK, &early, 1).await, []);
    assert_eq!(bought.store(TK, &late, 2).await, []);
    let all = "<value xsi:type=\"BL\" value=\"true\"/>";
    // A time, as the example shows it where it leaves it out.
    let within = "<value xsi:type=\"BL\" value=\"false\"/></observation></entry></section></component><component><section>\
                  <code code=\"31\" codeSystem=\"1.2.246.537.6.12.2002.362\"/><entry><observation><code nullFlavor=\"NA\"/>\
                  <value xsi:type=\"IVL_TS\"><low value=\"20261001\"/><high value=\"20261031\"/></value>";
    let by_time = Authorisation::new(1).with(all, within);
    assert_eq!(bought.authorise(TK, &by_time).await, []);
    let missing = Some(RefusalCode::DocumentNotFound);
    assert_eq!((bought.fetch(&early).await, bought.fetch(&late).await), (missing, None));
    // A newer version takes the place of what the older one let: now another register, to store into alone.
    let register = "<value xsi:type=\"CV\" code=\"2\"";
    let elsewhere = Authorisation::new(2).with(register, &register.replace("\"2\"", "\"3\"")).replacing(&by_time);
    assert_eq!(bought.authorise(TK, &elsewhere).await, []);
    assert_eq!((bought.fetch(&early).await, bought.fetch(&late).await, bought.found().await), (missing, missing, 0));
    let own = bought.made(KOIVU, 3, "20261110120000");
    assert_eq!(bought.store(KOIVU, &own, 3).await, foreign());
}

on_both!(nobody_lets_into_anothers_register, nobody);

async fn nobody(database: Database) {
    let bought = Bought::start(database).await;
    // The producer lets itself in; into the organiser's register, or by its own.
    let told = bought.authorise(KOIVU, &Authorisation::new(1)).await;
    assert!(told.contains(&(RefusalCode::ControllerForeign, "form 362: custodian".to_owned())), "{told:?}");
    let other = Authorisation::new(2).with(
        "<value xsi:type=\"II\" root=\"1.2.246.10.99999984.19.0\"/>",
        "<value xsi:type=\"II\" root=\"1.2.246.537.10.15675350.19.0\"/>",
    );
    let told = bought.authorise(TK, &other).await;
    let form = |field: &str| (RefusalCode::BodyNotAccepted, format!("form 362: {field}"));
    assert_eq!(told, [form("16"), form("21")]);
    // What it was let in to make, it corrects; the authorisation itself it does not.
    assert_eq!(bought.authorise(TK, &Authorisation::new(3)).await, []);
    let void = Authorisation::new(4).replacing(&Authorisation::new(3));
    let told = bought.authorise(KOIVU, &void).await;
    let codes: Vec<_> = told.into_iter().map(|(code, _)| code).collect();
    use RefusalCode as R;
    assert_eq!(
        codes,
        [R::ControllerForeign, R::ControllerForeign, R::NothingToFollow],
        "it is not there for the producer"
    );
    // What follows a document of a register that nobody opened is told what follows nothing is told.
    let other_register = bought.made(TK, 5, "20261020120000").in_register("4");
    let other_register = other_register.signed_by(&bought.organiser, bought.test.app.now()).unwrap();
    assert_eq!(bought.store(TK, &other_register, 20).await, []);
    let nothing = Variation::with_new_ids(60, 6).unwrap().document_id;
    for older in [&other_register.document_id, &nothing] {
        let second = Variation::with_new_ids(60, 7).unwrap().replacing(older, older, 2).with_controller(TKS);
        let second = second.from_organisation(KOIVU).of_person(PATIENT).in_register("4");
        let second = second.signed_by(&bought.producer, bought.test.app.now()).unwrap();
        let told = bought.store(KOIVU, &second, 21).await;
        let codes: Vec<_> = told.into_iter().map(|(code, _)| code).collect();
        assert_eq!(codes, [R::ControllerForeign, R::NothingToFollow], "{older}");
    }
    // Another patient's documents stay where they are.
    let stranger = Variation::with_new_ids(60, 9).unwrap().with_controller(TKS).from_organisation(TK);
    let stranger = stranger.signed_by(&bought.organiser, bought.test.app.now()).unwrap();
    assert_eq!(bought.store(TK, &stranger, 9).await, []);
    assert_eq!(bought.fetch(&stranger).await, Some(RefusalCode::DocumentNotFound));
}

on_both!(a_host_and_its_tenants_are_not_one_another, not_one_another);

/// Both may store into the same register about the same patient, and neither may search in it.
async fn not_one_another(database: Database) {
    const LEPOLA: &str = "1.2.246.10.99999036.10.0";
    let bought = Bought::start(database).await;
    let tenant = Tenant { host: oid(KOIVU), tenant: oid(LEPOLA), valid: Interval::from(bought.test.app.now()) };
    bought.test.record(&Effect { tenants_opened: vec![tenant], ..Effect::default() }).await;
    let storing_alone = |serial| {
        let mut made = Authorisation::new(serial);
        made.text = made.text.replacen("<value xsi:type=\"CV\" code=\"2\"", "<value xsi:type=\"CV\" code=\"9\"", 1);
        made
    };
    assert_eq!(bought.authorise(TK, &storing_alone(1)).await, []);
    assert_eq!(bought.authorise(TK, &storing_alone(2).with(KOIVU, LEPOLA)).await, []);
    let for_tenant = Door { tenant: Some(oid(LEPOLA)), ..door_of(KOIVU) };
    let made =
        Variation::with_new_ids(60, 3).unwrap().with_controller(TKS).made_at("20261110120000").of_person(PATIENT);
    let made = made.from_organisation(KOIVU).made_for_tenant_of(KOIVU);
    let made = made.signed_by(&bought.producer, bought.test.app.now()).unwrap();
    assert_eq!(bought.provide_through(&for_tenant, KOIVU, made.document(), 3).await, []);
    let id = oid(&made.document_id);
    let own = fetch_document(&bought.test.app, &for_tenant, Service::PatientData, &id).await;
    assert_eq!(own.unwrap(), made.document().as_bytes());
    assert_eq!(bought.fetch(&made).await, Some(RefusalCode::DocumentNotFound), "the host's own it is not");
    let second = Variation::with_new_ids(60, 4).unwrap().replacing(&made.document_id, &made.document_id, 2);
    let second = second.with_controller(TKS).of_person(PATIENT).from_organisation(KOIVU);
    let second = second.signed_by(&bought.producer, bought.test.app.now()).unwrap();
    let told = bought.store(KOIVU, &second, 4).await;
    assert_eq!(told, [(RefusalCode::ControllerForeign, "relatedDocument: made by another".to_owned())]);
}
