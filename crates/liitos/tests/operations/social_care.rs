//! Social care: documents of JSON and pages, and what an organiser lets a producer's unit into.

use crate::archive::opened;
use crate::deployment_steps::{answer, call_of, told_as};
use crate::on_both;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use liitos::made::{CLIENT, SocialDocument, bundle};
use liitos_documents::paper::{Block, Paper, render};
use liitos_documents::read_document_header;
use liitos_domain::archive::{Act, Criteria, Family, Ground, Search};
use liitos_domain::deployment_test::Answer;
use liitos_domain::directory::{AccessPoint, Effect, Joiner, Right, SeenCall, Tenant};
use liitos_domain::document::PersonRef;
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::register::RegisterKind;
use liitos_domain::service_code::{ConnectionModel, RateClass};
use liitos_domain::{Interval, Moment, Oid, RefusalCode, Service};
use liitos_pki::authority::Issued;
use liitos_service::archive::{
    Door, StoredHow, controllers_of, fetch_document, provide_document, search_documents, store_document,
};
use liitos_service::deployment_tests::{self, Asked};
use liitos_service::notices::Desk;
use liitos_service::registers;
use liitos_store::Lock;
use liitos_store::archive::{self, LinesAsked, uses};
use liitos_testkit::{Database, TestApp, case_handler, member_of};

/// The organiser, with a public controller of its own.
pub(crate) const TK: &str = "1.2.246.10.99999984.10.0";
pub(crate) const TKS: &str = "1.2.246.10.99999984.19.0";
/// An organisation that only ever stands in another's system.
const LEPOLA: &str = "1.2.246.10.99999036.10.0";
/// The producer, a care home: its own controller, and two units.
pub(crate) const KOIVU: &str = "1.2.246.10.99999028.10.0";
const KOIVULA: &str = "1.2.246.10.99999028.10.1";
const PIHLAJALA: &str = "1.2.246.10.99999028.10.2";

fn oid(text: &str) -> Oid {
    Oid::parse(text).unwrap()
}

pub(crate) struct Care {
    pub(crate) test: TestApp,
    pub(crate) organiser: Issued,
    pub(crate) producer: Issued,
}

/// A door of an organisation, for itself or for a unit of it.
pub(crate) fn door(organisation: &str, represented: &str) -> Door {
    Door {
        access_point: AccessPointOid::parse(&format!("{organisation}.13.2")).unwrap(),
        represented: oid(represented),
        tenant: None,
        decision_id: "TEST-0001".to_owned(),
        client_cert: None,
        purpose: None,
    }
}

impl Care {
    pub(crate) async fn start(database: Database) -> Self {
        let (test, _) = opened(database).await;
        let valid = Interval::from(test.app.now());
        let point = |organisation: &str| {
            let oid = AccessPointOid::parse(&format!("{organisation}.13.2")).unwrap();
            AccessPoint {
                administrator: oid.administrator(),
                oid,
                system: "900002".into(),
                country: "FI".into(),
                links: vec![],
                certificates: vec![],
                valid,
            }
        };
        let right = |organisation: &str| Right {
            grandfathered: false,
            joiner: oid(organisation),
            service: Service::SocialClientData,
            access_point: point(organisation).oid,
            system: "900002".into(),
            unit: None,
            organiser: None,
            model: ConnectionModel::Direct,
            valid,
        };
        let joiner = |organisation: &str| Joiner { oid: oid(organisation), rate: RateClass::Ordinary, valid };
        let effect = Effect {
            joiners_opened: [TK, KOIVU].map(joiner).into(),
            access_points_opened: [TK, KOIVU].map(point).into(),
            rights_opened: [TK, KOIVU].map(right).into(),
            ..Effect::default()
        };
        let (organiser, producer) = (test.signer(TK), test.signer(KOIVU));
        let care = Self { test, organiser, producer };
        care.test.record(&effect).await;
        care
    }

    /// What the organiser's use log tells of a search in another matter, that finds nothing.
    async fn told_of(&self, door: &Door, service: Service) -> Vec<(Ground, String)> {
        let person = Some(PersonRef { extension: CLIENT.into(), root: "1.2.246.21".into() });
        let criteria = Criteria { person, event: Some(oid("1.2.3")), ..Criteria::default() };
        let search = Search { criteria, after: None, count: 50 };
        search_documents(&self.test.app, door, service, &search).await.unwrap();
        let controller = oid(TKS);
        let asked = LinesAsked { controller: Some(&controller), ..LinesAsked::default() };
        let lines = uses(self.test.app.store.read(), asked, 1).await.unwrap();
        lines.into_iter().map(|line| (line.told.ground, line.told.more.unwrap_or_default())).collect()
    }

    pub(crate) async fn store(&self, organisation: &str, document: &SocialDocument) -> Vec<(RefusalCode, String)> {
        let signer = if organisation == TK { &self.organiser } else { &self.producer };
        let signed = document.clone().signed_by(signer, self.test.app.now()).unwrap();
        self.store_through(&door(organisation, &document.represented), &signed).await
    }

    pub(crate) async fn store_through(&self, door: &Door, signed: &SocialDocument) -> Vec<(RefusalCode, String)> {
        match store_document(&self.test.app, door, signed.message().as_bytes()).await.unwrap().how {
            StoredHow::Refused(findings) => findings.into_iter().map(|one| (one.code, one.place)).collect(),
            StoredHow::New | StoredHow::Again => Vec::new(),
        }
    }

    pub(crate) async fn fetch(&self, door: &Door, id: &str) -> Option<RefusalCode> {
        let fetched = fetch_document(&self.test.app, door, Service::SocialClientData, &oid(id)).await;
        fetched.err().map(|error| error.code)
    }

    pub(crate) async fn found(&self, door: &Door) -> usize {
        self.found_of(door, CLIENT).await
    }

    pub(crate) async fn found_of(&self, door: &Door, client: &str) -> usize {
        let person = Some(PersonRef { extension: client.into(), root: "1.2.246.21".into() });
        let search = Search { criteria: Criteria { person, ..Criteria::default() }, after: None, count: 50 };
        let found = search_documents(&self.test.app, door, Service::SocialClientData, &search).await;
        found.unwrap().documents.len()
    }
}

/// The organiser's client relationship document, which lets a unit in.
pub(crate) fn relationship(serial: u64, unit: &str, until: Option<&str>) -> SocialDocument {
    let until = until.map_or_else(|| "null".to_owned(), |until| format!("\"{until}\""));
    SocialDocument {
        json: format!(
            r#"{{"asiakirjatunnus":"SELF","asiatunnus":"1.2.246.10.99999984.95.1","rekisterinkayttooikeudet":[{{"palveluyksikko":"{unit}","alkaa":"2026-11-01","paattyy":{until}}}]}}"#
        ),
        ..SocialDocument::new(TK, TKS, (1, serial))
    }
}

/// A document of the producer's unit in the organiser's register.
fn by_unit(serial: u64, unit: &str) -> SocialDocument {
    SocialDocument {
        unit: unit.to_owned(),
        represented: unit.to_owned(),
        ..SocialDocument::new(KOIVU, TKS, (2, serial))
    }
}

on_both!(json_and_pages_are_stored_and_given_back, stored);

async fn stored(database: Database) {
    let care = Care::start(database).await;
    let first = SocialDocument::new(TK, TKS, (1, 1));
    assert_eq!(care.store(TK, &first).await, []);
    let own = door(TK, TK);
    let given = fetch_document(&care.test.app, &own, Service::SocialClientData, &oid(&first.id)).await.unwrap();
    let header = read_document_header(std::str::from_utf8(&given).unwrap()).unwrap();
    assert_eq!(header.social.unwrap().task.as_deref(), Some("14"));
    // Found by its matter, and through its own service alone.
    let matter = Criteria { event: Some(oid("1.2.246.10.99999984.95.1")), ..Criteria::default() };
    let search = Search { criteria: matter, after: None, count: 50 };
    let found = search_documents(&care.test.app, &own, Service::SocialClientData, &search).await.unwrap();
    assert_eq!(found.documents.len(), 1);
    let elsewhere = fetch_document(&care.test.app, &own, Service::PatientData, &oid(&first.id)).await.unwrap_err();
    assert_eq!(elsewhere.code, RefusalCode::NoRight);
    // The next version says itself that it replaces.
    let second = SocialDocument::new(TK, TKS, (1, 2)).replacing(&first);
    assert_eq!(care.store(TK, &second).await, []);
    let late = SocialDocument::new(TK, TKS, (1, 3)).replacing(&first);
    assert_eq!(care.store(TK, &late).await[0].0, RefusalCode::NotTheNewest);
    // What people read does nothing, and what programs read is read one way.
    let page =
        |body: &str| format!("<html xmlns=\"http://www.w3.org/1999/xhtml\"><body>{body}</body></html>").into_bytes();
    let script = SocialDocument {
        body: ("application/xhtml+xml", page("<script>alert(1)</script>")),
        ..SocialDocument::new(TK, TKS, (1, 4))
    };
    assert_eq!(care.store(TK, &script).await, [(RefusalCode::BodyNotAccepted, "XHTML: script".to_owned())]);
    let plain = SocialDocument { body: ("text/plain", b"a".to_vec()), ..SocialDocument::new(TK, TKS, (1, 5)) };
    assert_eq!(care.store(TK, &plain).await[0].0, RefusalCode::BodyNotAccepted);
    let doubled = r#"{"asiatunnus":"1.2.3","asiatunnus":"1.2.4"}"#.to_owned();
    let doubled = SocialDocument { json: doubled, ..SocialDocument::new(TK, TKS, (1, 6)) };
    assert_eq!(care.store(TK, &doubled).await[0].0, RefusalCode::DocumentHeaderBroken);
    let decision = Paper {
        title: "Päätös".into(),
        language: "fi".into(),
        at: care.test.app.now(),
        blocks: vec![Block::Paragraph("Päätös on tehty.".into())],
    };
    let pdf = SocialDocument {
        body: ("application/pdf", render(&decision).unwrap()),
        ..SocialDocument::new(TK, TKS, (1, 7))
    };
    assert_eq!(care.store(TK, &pdf).await, []);
    let given = fetch_document(&care.test.app, &own, Service::SocialClientData, &oid(&pdf.id)).await.unwrap();
    let packed = BASE64_STANDARD.encode(&pdf.body.1);
    assert!(String::from_utf8(given).unwrap().contains(&packed), "as it was made, to the last byte");
}

on_both!(it_comes_over_fhir_and_in_soap_as_well, otherwise);

async fn otherwise(database: Database) {
    let care = Care::start(database).await;
    let own = door(TK, TK);
    let signed =
        |serial| SocialDocument::new(TK, TKS, (4, serial)).signed_by(&care.organiser, care.test.app.now()).unwrap();
    let provide = async |document: &SocialDocument, serial: u64, family: Family| {
        let ids = (&*format!("{TK}.13.2.1.62.{serial}"), &*format!("{TK}.13.2.1"), TK);
        let bundle = bundle(&document.document(), ids).unwrap().to_string();
        let told = provide_document(&care.test.app, &own, family, bundle.as_bytes()).await.unwrap();
        told.map(|stored| stored.how).map_err(|findings| findings.into_iter().map(|one| one.code).collect::<Vec<_>>())
    };
    let first = signed(1);
    assert_eq!(
        provide(&first, 1, Family::Patient).await,
        Err(vec![RefusalCode::BundleNotUnderstood]),
        "another's service"
    );
    assert_eq!(provide(&first, 1, Family::Social).await, Ok(StoredHow::New));
    assert_eq!(provide(&first, 1, Family::Social).await, Ok(StoredHow::Again));
    let given = fetch_document(&care.test.app, &own, Service::SocialClientData, &oid(&first.id)).await.unwrap();
    assert_eq!(given, first.document().as_bytes());
    assert_eq!(care.found(&own).await, 1);
    // The next version in a message, in SOAP; the one behind it over FHIR again.
    let soap = |message: &str| {
        format!(
            "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body>{message}</s:Body></s:Envelope>"
        )
    };
    let second = SocialDocument::new(TK, TKS, (4, 2)).replacing(&first).signed_by(&care.organiser, care.test.app.now());
    let second = second.unwrap();
    let stored = store_document(&care.test.app, &own, soap(&second.message()).as_bytes()).await.unwrap();
    assert_eq!(stored.how, StoredHow::New);
    assert!(
        stored.acknowledgement.contains(":Envelope") && stored.acknowledgement.contains("MCCI_"),
        "{}",
        stored.acknowledgement
    );
    // The same message without its envelope is another one, whose id is taken.
    let bare = care.store_through(&own, &second).await;
    assert_eq!(bare.into_iter().map(|(code, _)| code).collect::<Vec<_>>(), [RefusalCode::MessageIdReused]);
    let third = SocialDocument::new(TK, TKS, (4, 3)).replacing(&second).signed_by(&care.organiser, care.test.app.now());
    assert_eq!(provide(&third.unwrap(), 3, Family::Social).await, Ok(StoredHow::New));
    let late = SocialDocument::new(TK, TKS, (4, 4)).replacing(&second).signed_by(&care.organiser, care.test.app.now());
    assert_eq!(provide(&late.unwrap(), 4, Family::Social).await, Err(vec![RefusalCode::NotTheNewest]));
    // What a message would be refused for is refused here, and in SOAP.
    let unsigned = SocialDocument::new(TK, TKS, (4, 5));
    assert_eq!(provide(&unsigned, 5, Family::Social).await, Err(vec![RefusalCode::SignatureMissing]));
    let refused = store_document(&care.test.app, &own, soap(&unsigned.message()).as_bytes()).await.unwrap();
    assert!(matches!(&refused.how, StoredHow::Refused(told) if told[0].code == RefusalCode::SignatureMissing));
    assert!(refused.acknowledgement.contains(":Envelope"));
    assert_eq!(care.found(&own).await, 3);
}

on_both!(a_unit_is_let_in_by_the_organiser_alone, let_in);

async fn let_in(database: Database) {
    let care = Care::start(database).await;
    let koivula = door(KOIVU, KOIVULA);
    let plan = SocialDocument::new(TK, TKS, (1, 1));
    assert_eq!(care.store(TK, &plan).await, []);
    // Before: nothing is seen, found or stored.
    assert_eq!(care.fetch(&koivula, &plan.id).await, Some(RefusalCode::DocumentNotFound));
    assert_eq!(care.found(&koivula).await, 0);
    let foreign = [(RefusalCode::ControllerForeign, "custodian".to_owned())];
    assert_eq!(care.store(KOIVU, &by_unit(1, KOIVULA)).await, foreign);
    let relation = relationship(2, KOIVULA, None);
    assert_eq!(care.store(TK, &relation).await, []);
    // Then it reads, finds and stores, for that client.
    assert_eq!(care.fetch(&koivula, &plan.id).await, None);
    assert_eq!(care.found(&koivula).await, 2);
    let report = by_unit(2, KOIVULA);
    assert_eq!(care.store(KOIVU, &report).await, []);
    assert_eq!(care.fetch(&door(TK, TK), &report.id).await, None, "it is the organiser's");
    let other_client = SocialDocument { client: "091072-971S".to_owned(), ..by_unit(3, KOIVULA) };
    assert_eq!(care.store(KOIVU, &other_client).await, foreign);
    // Another unit of the same producer, and the producer itself, were not let in; nor does a unit let others in.
    assert_eq!(care.found(&door(KOIVU, PIHLAJALA)).await, 0);
    assert_eq!(care.found(&door(KOIVU, KOIVU)).await, 0);
    assert_eq!(care.store(KOIVU, &by_unit(4, PIHLAJALA)).await, foreign);
    let letting = SocialDocument { json: relationship(0, PIHLAJALA, None).json, ..by_unit(5, KOIVULA) };
    let place = "localSocialHeader/json/rekisterinkayttooikeudet".to_owned();
    assert_eq!(care.store(KOIVU, &letting).await, [(RefusalCode::ControllerForeign, place)]);
    // All of it by its ground in the organiser's use log.
    let controller = oid(TKS);
    let asked = LinesAsked { controller: Some(&controller), ..LinesAsked::default() };
    let lines = uses(care.test.app.store.read(), asked, 50).await.unwrap();
    let by_right = lines.iter().filter(|line| line.told.ground == Ground::RegisterAccess).count();
    assert_eq!(by_right, 3, "{lines:?}");
    // A newer version takes it back, from the day that it names; one without it at once.
    let ended = relationship(3, KOIVULA, Some("2026-11-30")).replacing(&relation);
    assert_eq!(care.store(TK, &ended).await, []);
    assert_eq!(care.fetch(&koivula, &plan.id).await, None);
    let december = Moment::parse("2026-12-01").unwrap();
    care.test.clock.advance(december.as_seconds() - care.test.app.now().as_seconds());
    assert_eq!(care.fetch(&koivula, &plan.id).await, Some(RefusalCode::DocumentNotFound));
    assert_eq!(care.store(KOIVU, &by_unit(6, KOIVULA)).await, foreign);
    let again = relationship(4, KOIVULA, None).replacing(&ended);
    assert_eq!(care.store(TK, &again).await, []);
    assert_eq!(care.fetch(&koivula, &plan.id).await, None);
    let without = SocialDocument::new(TK, TKS, (1, 5)).replacing(&again);
    assert_eq!(care.store(TK, &without).await, []);
    assert_eq!(care.fetch(&koivula, &plan.id).await, Some(RefusalCode::DocumentNotFound));
}

on_both!(a_unit_that_was_let_in_does_no_more_than_that, no_more);

async fn no_more(database: Database) {
    let care = Care::start(database).await;
    let (plan, relation) = (SocialDocument::new(TK, TKS, (1, 1)), relationship(2, KOIVULA, None));
    assert_eq!(care.store(TK, &plan).await, []);
    assert_eq!(care.store(TK, &relation).await, []);
    // It corrects what it made itself, not what the organiser made; least of all what lets units in.
    let report = by_unit(1, KOIVULA);
    assert_eq!(care.store(KOIVU, &report).await, []);
    assert_eq!(care.store(KOIVU, &by_unit(2, KOIVULA).replacing(&report)).await, []);
    let foreign = [(RefusalCode::ControllerForeign, "relatedDocument: made by another".to_owned())];
    for (serial, of_organiser) in [(3, &plan), (4, &relation)] {
        assert_eq!(care.store(KOIVU, &by_unit(serial, KOIVULA).replacing(of_organiser)).await, foreign);
    }
    assert_eq!(care.found(&door(KOIVU, KOIVULA)).await, 4);
    // About another client there is nothing for it: a set that is there is answered as one that is not.
    let other = SocialDocument { client: "091072-971S".to_owned(), ..SocialDocument::new(TK, TKS, (1, 3)) };
    assert_eq!(care.store(TK, &other).await, []);
    let absent = SocialDocument::new(TK, TKS, (1, 99));
    let is_there = care.store(KOIVU, &by_unit(5, KOIVULA).replacing(&other)).await;
    assert_eq!(is_there, care.store(KOIVU, &by_unit(6, KOIVULA).replacing(&absent)).await);
    assert_eq!(is_there[0].0, RefusalCode::NothingToFollow);
    // What is not finished lets nobody in.
    let unfinished = relationship(5, PIHLAJALA, None);
    let signed = unfinished.clone().signed_by(&care.organiser, care.test.app.now()).unwrap();
    assert_eq!(care.store(TK, &signed).await, []);
    assert_eq!(care.found(&door(KOIVU, PIHLAJALA)).await, 5);
    let sql = format!("UPDATE archive_document SET unfinished = TRUE WHERE document_id = '{}'", unfinished.id);
    liitos_testkit::fault::change(&care.test.app.store, &sql).await;
    assert_eq!(care.found(&door(KOIVU, PIHLAJALA)).await, 0);
    // That a search of it found nothing is written down for the organiser all the same.
    let lines = care.told_of(&door(KOIVU, KOIVULA), Service::SocialClientData).await;
    assert_eq!(lines, [(Ground::RegisterAccess, "found=0".to_owned())]);
}

on_both!(a_right_that_ends_meanwhile_stores_nothing, ends_meanwhile);

async fn ends_meanwhile(database: Database) {
    let care = std::sync::Arc::new(Care::start(database).await);
    let relation = relationship(1, KOIVULA, None);
    assert_eq!(care.store(TK, &relation).await, []);
    let store = &care.test.app.store;
    // While the document is on its way into the archive, the organiser takes the right back.
    let tx = store.begin().await.unwrap();
    tx.lock(Lock::Controllers).await.unwrap();
    let coming = tokio::spawn({
        let care = std::sync::Arc::clone(&care);
        async move { care.store(KOIVU, &by_unit(1, KOIVULA)).await }
    });
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert!(liitos_store::archive::supersede(&tx, &oid(&relation.id)).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(coming.await.unwrap(), [(RefusalCode::ControllerForeign, "custodian".to_owned())]);
}

on_both!(a_host_uses_no_right_of_its_own_for_a_tenant, for_a_tenant);

async fn for_a_tenant(database: Database) {
    let care = Care::start(database).await;
    assert_eq!(care.store(TK, &relationship(1, KOIVULA, None)).await, []);
    let tenant = Tenant { host: oid(KOIVU), tenant: oid(LEPOLA), valid: Interval::from(care.test.app.now()) };
    care.test.record(&Effect { tenants_opened: vec![tenant], ..Effect::default() }).await;
    let own = door(KOIVU, KOIVULA);
    assert_eq!(care.found(&own).await, 1);
    assert_eq!(care.found(&Door { tenant: Some(oid(LEPOLA)), ..own }).await, 0);
}

on_both!(a_tenant_is_let_in_by_its_own_number, tenant_let_in);

/// The joint model: a tenant works in its host's system with its host's rights, and what lets it in names the tenant.
async fn tenant_let_in(database: Database) {
    let care = Care::start(database).await;
    let app = &care.test.app;
    let tenant = Tenant { host: oid(KOIVU), tenant: oid(LEPOLA), valid: Interval::from(app.now()) };
    care.test.record(&Effect { tenants_opened: vec![tenant], ..Effect::default() }).await;
    let joint = Door { tenant: Some(oid(LEPOLA)), ..door(KOIVU, KOIVU) };
    let made = |serial: u64| SocialDocument {
        unit: LEPOLA.to_owned(),
        host: Some(KOIVU.to_owned()),
        ..SocialDocument::new(KOIVU, TKS, (6, serial))
    };
    let store = async |serial: u64| {
        let signed = made(serial).signed_by(&care.producer, app.now()).unwrap();
        care.store_through(&joint, &signed).await
    };
    let plan = SocialDocument::new(TK, TKS, (1, 1));
    assert_eq!(care.store(TK, &plan).await, []);
    // The host's unit is let in: the tenant's is not.
    let hosts = relationship(2, KOIVULA, None);
    assert_eq!(care.store(TK, &hosts).await, []);
    assert_eq!((care.found(&door(KOIVU, KOIVULA)).await, care.found(&joint).await), (2, 0));
    assert_eq!(store(1).await, [(RefusalCode::ControllerForeign, "custodian".to_owned())]);
    let relation = relationship(3, LEPOLA, None).replacing(&hosts);
    assert_eq!(care.store(TK, &relation).await, []);
    assert_eq!((care.found(&door(KOIVU, KOIVULA)).await, care.found(&joint).await), (0, 3));
    assert_eq!(care.fetch(&joint, &plan.id).await, None);
    assert_eq!(store(2).await, []);
    assert_eq!(care.found(&door(TK, TK)).await, 4, "it is the organiser's");
    // The host itself was let into nothing, nor is whoever names a unit of the tenant's.
    assert_eq!(care.fetch(&door(KOIVU, KOIVU), &plan.id).await, Some(RefusalCode::DocumentNotFound));
    let of_unit = Door { tenant: Some(oid("1.2.246.10.99999036.10.1")), ..joint.clone() };
    assert_eq!(care.fetch(&of_unit, &plan.id).await, Some(RefusalCode::TenantForeign));
    let asked = LinesAsked { controller: Some(&oid(TKS)), ..LinesAsked::default() };
    let lines = uses(app.store.read(), asked, 50).await.unwrap();
    // A search before it was let in told of nothing, and is no line of the organiser's.
    let by_tenant: Vec<_> = lines.iter().filter(|line| line.told.tenant == Some(oid(LEPOLA))).collect();
    assert!(by_tenant.iter().all(|line| line.told.ground == Ground::RegisterAccess), "{by_tenant:?}");
    assert!(by_tenant.iter().any(|line| line.told.act == Act::Stored) && by_tenant.len() > 2, "{by_tenant:?}");
    // With the right it ends for both.
    let without = SocialDocument::new(TK, TKS, (1, 4)).replacing(&relation);
    assert_eq!(care.store(TK, &without).await, []);
    assert_eq!(
        (care.found(&joint).await, care.fetch(&joint, &plan.id).await),
        (0, Some(RefusalCode::DocumentNotFound))
    );
}

on_both!(a_right_is_used_with_a_system_that_has_the_function, with_the_function);

async fn with_the_function(database: Database) {
    let care = Care::start(database).await;
    assert_eq!(care.store(TK, &relationship(1, KOIVULA, None)).await, []);
    let json = r#"{"asiakirjatunnus":"SELF","asiatunnus":"1.2.246.10.99999984.95.1","turvakielto":true}"#.to_owned();
    let banned = SocialDocument { json, ..SocialDocument::new(TK, TKS, (1, 2)) };
    assert_eq!(care.store(TK, &banned).await, []);
    let unit = door(KOIVU, KOIVULA);
    // Of what its entry does not say, a ban is not handled; its own is its own.
    assert_eq!((care.found(&unit).await, care.found(&door(TK, TK)).await), (1, 2));
    assert_eq!(care.fetch(&unit, &banned.id).await, Some(RefusalCode::DocumentNotFound));
    let says = async |access: &str, ban: &str| {
        let systems = include_str!("../../../../samples/registers/systems.csv");
        let with = |(n, line): (usize, &str)| match n {
            0 => format!("{line};Rekisterinkäyttöoikeus;Turvakiellon käsittely"),
            _ => format!("{line};{access};{ban}"),
        };
        let systems = systems.lines().enumerate().map(with).collect::<Vec<_>>().join("\n");
        let file = registers::File::new("systems.csv", systems.as_bytes());
        registers::import(&care.test.app, "test", RegisterKind::Systems, file, &mut |_, _| ()).await.unwrap();
    };
    says("T", "T").await;
    assert_eq!((care.found(&unit).await, care.fetch(&unit, &banned.id).await), (2, None));
    assert_eq!(care.store(KOIVU, &by_unit(3, KOIVULA)).await, []);
    // The versions before are under the ban, too.
    let open = SocialDocument::new(TK, TKS, (1, 5));
    assert_eq!((care.store(TK, &open).await, care.fetch(&unit, &open.id).await), (vec![], None));
    let json = r#"{"asiakirjatunnus":"SELF","asiatunnus":"1.2.246.10.99999984.95.1","turvakielto":true}"#.to_owned();
    let second = SocialDocument { json, ..SocialDocument::new(TK, TKS, (1, 6)).replacing(&open) };
    assert_eq!(care.store(TK, &second).await, []);
    says("T", "F").await;
    let missing = Some(RefusalCode::DocumentNotFound);
    assert_eq!((care.fetch(&unit, &open.id).await, care.fetch(&unit, &second.id).await), (missing, missing));
    says("F", "T").await;
    assert_eq!(care.found(&unit).await, 0);
    let foreign = [(RefusalCode::ControllerForeign, "custodian".to_owned())];
    assert_eq!(care.store(KOIVU, &by_unit(4, KOIVULA)).await, foreign);
    assert_eq!(care.found(&door(TK, TK)).await, 5);
}

on_both!(a_parallel_joining_works_in_its_organisers_register_alone, in_parallel);

/// The producer works in the organiser's system, through its access point, besides its own joining.
async fn in_parallel(database: Database) {
    let care = Care::start(database).await;
    let point = AccessPointOid::parse(&format!("{TK}.13.2")).unwrap();
    let parallel = Right {
        grandfathered: false,
        joiner: oid(KOIVU),
        service: Service::SocialClientData,
        access_point: point.clone(),
        system: "900002".into(),
        unit: None,
        organiser: Some(oid(TK)),
        model: ConnectionModel::Parallel,
        valid: Interval::from(care.test.app.now()),
    };
    let beside = Door { access_point: point, ..door(KOIVU, KOIVULA) };
    let through = async |serial: u64, controller: &str| {
        let device = format!("{TK}.13.2.1");
        let document = SocialDocument {
            message_id: format!("{device}.2.{serial}"),
            device,
            controller: controller.to_owned(),
            ..by_unit(serial, KOIVULA)
        };
        let signed = document.signed_by(&care.producer, care.test.app.now()).unwrap();
        care.store_through(&beside, &signed).await
    };
    let foreign = [(RefusalCode::ControllerForeign, "custodian".to_owned())];
    assert_eq!(through(1, TKS).await, [(RefusalCode::NoRight, "directory".to_owned())]);
    care.test.record(&Effect { rights_opened: vec![parallel], ..Effect::default() }).await;
    // Whoever looks for a document in its organiser's register is told of, whether there is one or not.
    let search = Search {
        criteria: Criteria { document: Some(oid("1.2.3")), set: Some(oid("1.2.4")), ..Criteria::default() },
        after: None,
        count: 10,
    };
    let found = search_documents(&care.test.app, &beside, Service::SocialClientData, &search).await.unwrap();
    assert_eq!(found.documents.len(), 0);
    let asked = LinesAsked { controller: Some(&oid(TKS)), ..LinesAsked::default() };
    let line = archive::uses(care.test.app.store.read(), asked, 1).await.unwrap().remove(0).told;
    assert_eq!((line.document, line.more.as_deref()), (Some(oid("1.2.3")), Some("found=0 also=1.2.4")));
    // Joined, but let in by nobody; and its own register is not open this way.
    assert_eq!(through(2, TKS).await, foreign);
    let own = controllers_of(&care.test.app, &oid(KOIVU)).await.unwrap()[0].to_string();
    assert_eq!(through(3, &own).await, foreign);
    let mine = SocialDocument::new(KOIVU, &own, (3, 1));
    assert_eq!(care.store(KOIVU, &mine).await, []);
    assert_eq!(care.fetch(&door(KOIVU, KOIVU), &mine.id).await, None);
    assert_eq!(care.fetch(&beside, &mine.id).await, Some(RefusalCode::DocumentNotFound));
    assert_eq!(care.store(TK, &relationship(4, KOIVULA, None)).await, []);
    assert_eq!(through(5, TKS).await, []);
    assert_eq!(care.found(&beside).await, 2);
    // Another organiser who lets it in is none that it joined beside.
    let other =
        SocialDocument { json: relationship(0, KOIVULA, None).json, ..SocialDocument::new(KOIVU, &own, (3, 2)) };
    assert_eq!(care.store(KOIVU, &other).await, []);
    assert_eq!(care.found(&beside).await, 2);
    assert_eq!(care.found(&door(KOIVU, KOIVULA)).await, 4);
}

on_both!(a_deployment_test_shows_what_the_organiser_lets_in, tested);

async fn tested(database: Database) {
    let care = Care::start(database).await;
    let (app, koivu) = (&care.test.app, member_of(KOIVU));
    let system = deployment_tests::offered(app, &koivu).await.unwrap().used.into_iter().next().unwrap().1;
    let asked = Asked {
        service: Service::SocialClientData.code().into(),
        stage: "first-use".into(),
        system: system.clone(),
        functions: vec!["register-access".into()],
        ..Asked::default()
    };
    let number = deployment_tests::begin(app, &koivu, &asked).await.unwrap();
    let stands = async |case: &str| answer(app, &koivu, &number, case).await;
    let call = |(decision, behind)| SeenCall {
        service: Some(Service::SocialClientData),
        system: Some(system.clone()),
        ..call_of(app, KOIVU, (decision, behind))
    };
    // Before it is let in it is refused, in its own register's log, by the controller that it named.
    assert_eq!(care.store(KOIVU, &by_unit(3, KOIVULA)).await.len(), 1);
    assert_eq!(stands("register-access").await, Answer::Nothing);
    let lines = uses(app.store.read(), LinesAsked::default(), 9).await.unwrap();
    let refused = lines.iter().find(|line| line.told.act == Act::Refused).unwrap();
    assert!(refused.told.controller != oid(TKS) && refused.told.more == Some(format!("L-501 custodian={TKS}")));
    assert_eq!(care.store(TK, &relationship(1, KOIVULA, None)).await, []);
    assert_eq!(care.store(KOIVU, &by_unit(4, KOIVULA)).await, []);
    assert_eq!(stands("register-access").await, Answer::NotAtGateway);
    told_as(app, call(("TEST-0001", Vec::new()))).await;
    // In the organiser's register it shows that function, and no storing into one's own.
    assert_eq!((stands("register-access").await, stands("store").await), (Answer::Seen, Answer::OtherDocument));
    let shown = deployment_tests::show(app, &koivu, Desk::Own, &number).await.unwrap();
    assert_eq!((shown.documents.len(), shown.documents[0].active.as_str()), (1, TKS));
    // What lies in the organiser's register is the organiser's to have removed.
    deployment_tests::withdraw(app, &koivu, &number).await.unwrap();
    deployment_tests::ask_removal(app, &koivu, &number).await.unwrap();
    assert_eq!(deployment_tests::remove(app, &case_handler(), &number).await.unwrap(), 0);
    let history = deployment_tests::show(app, &koivu, Desk::Own, &number).await.unwrap().history;
    assert_eq!(history[0].words.as_deref(), Some("0 1"));
}
