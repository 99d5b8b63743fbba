//! Documents asked for by HL7 V3: the same as over FHIR, page by page, with the documents themselves where they are wanted.

use crate::archive::{HUS, door_of, open_to, opened, provide};
use crate::chapter_seven::issuers;
use crate::on_both;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use liitos::made::Variation;
use liitos::peer::Peer;
use liitos::sandbox::tour::open_right;
use liitos_documents::acknowledgement::read_acknowledgement;
use liitos_domain::Oid;
use liitos_domain::archive::{Act, Purpose};
use liitos_pki::authority::Issued;
use liitos_service::archive::{Door, StoredHow, Told, answer_query, is_query, store_document};
use liitos_store::archive::{self, LinesAsked};
use liitos_testkit::{Database, PATIENCE, TestApp, TestSandbox};

const TK: &str = "1.2.246.10.99999984.10.0";
const PATIENT: &str = "010181-900C";
const FIND: &str = "RCMR_IN000029UV01";
const WITH_CONTENT: &str = "RCMR_IN000031UV01";
const GO_ON: &str = "QUQI_IN000003UV01";

/// A query's message, of an organisation.
fn message(interaction: &str, by: &str, inner: &str) -> String {
    format!(
        "<{interaction} xmlns=\"urn:hl7-org:v3\"><id root=\"{by}.13.2.1.70.1\"/><interactionId extension=\"{interaction}\"/>\
         <sender><device><id root=\"{by}.13.2.1\"/></device></sender><controlActProcess>\
         <reasonCode code=\"PP3\" codeSystem=\"1.2.246.537.5.40157.2008\"/><authorOrPerformer><assignedPerson>\
         <representedOrganization><id root=\"{by}\"/></representedOrganization></assignedPerson></authorOrPerformer>\
         {inner}</controlActProcess></{interaction}>"
    )
}

fn of_patient(count: u64) -> String {
    format!(
        "<queryByParameter><queryId root=\"1.2.3.4\"/><initialQuantity value=\"{count}\"/>\
         <patient.id><value root=\"1.2.246.21\" extension=\"{PATIENT}\"/></patient.id></queryByParameter>"
    )
}

async fn ask(test: &TestApp, door: &Door, message: &str) -> Told {
    let interaction = is_query(message.as_bytes()).unwrap();
    answer_query(&test.app, door, interaction, message.as_bytes()).await
}

/// What an answer says: the ids of its documents, their contents, and what asks for the next page.
fn said(answer: &str) -> (Vec<String>, Vec<String>, Option<String>) {
    let between = |text: &str, start: &str, end: &str| {
        let (_, rest) = text.split_once(start)?;
        rest.split_once(end).map(|(inner, _)| inner.to_owned())
    };
    let subjects: Vec<&str> = answer.split("<clinicalDocument>").skip(1).collect();
    let ids = subjects.iter().filter_map(|one| between(one, "<id root=\"", "\"")).collect();
    let content = |one: &&str| {
        let text = between(one, "<text mediaType=\"multipart/related\">", "</text>")?;
        let (_, body) = text.rsplit_once("\n\n")?;
        let packed: String = body.split_once("\n--")?.0.split_whitespace().collect();
        Some(String::from_utf8(STANDARD.decode(packed).unwrap()).unwrap())
    };
    let contents = subjects.iter().filter_map(content).collect();
    let more = answer.contains("<resultRemainingQuantity nullFlavor=\"UNK\"/>");
    (ids, contents, between(answer, "<queryId extension=\"", "\"").filter(|_| more))
}

async fn stored(test: &TestApp, signer: &Issued, serial: u64) -> Variation {
    let made =
        Variation::with_new_ids(70, serial).unwrap().of_person(PATIENT).made_at(&format!("2026110{serial}120000"));
    let made = made.signed_by(signer, test.app.now()).unwrap();
    assert_eq!(provide(test, &door_of(HUS), HUS, made.document(), serial).await, []);
    made
}

on_both!(documents_are_found_page_by_page_and_given_with_their_bodies, found);

async fn found(database: Database) {
    let (test, signer) = opened(database).await;
    open_to(&test, TK).await;
    let mut made = Vec::new();
    for serial in 1..=5 {
        made.push(stored(&test, &signer, serial).await);
    }
    let ids: Vec<_> = made.iter().rev().map(|one| one.document_id.clone()).collect();
    let own = door_of(HUS);
    let first = ask(&test, &own, &message(FIND, HUS, &of_patient(2))).await;
    assert_eq!(first.refused, None, "{}", first.answer);
    let (page, contents, next) = said(&first.answer);
    assert_eq!((&page[..], contents.len()), (&ids[..2], 0));
    assert!(first.answer.contains("<RCMR_IN000030UV01 ") && first.answer.contains("typeCode=\"AA\""));
    let facts = ["<statusCode code=\"active\"/>", "<versionNumber value=\"1\"/>", "<documentType code=\"4\"/>"];
    assert!(facts.iter().all(|fact| first.answer.contains(fact)), "{}", first.answer);
    // To the end, though another is stored meanwhile.
    stored(&test, &signer, 6).await;
    let (mut all, mut next) = (page, next);
    while let Some(link) = next {
        let go_on = format!("<queryContinuation><queryId extension=\"{link}\"/></queryContinuation>");
        // A link opens for nobody else.
        let other = ask(&test, &door_of(TK), &message(GO_ON, TK, &go_on)).await;
        assert_eq!(read_acknowledgement(other.answer.as_bytes()).unwrap().codes, ["L-313"]);
        let (page, _, after) = said(&ask(&test, &own, &message(GO_ON, HUS, &go_on)).await.answer);
        all.extend(page);
        next = after;
    }
    assert_eq!(all, ids);
    // With their bodies, byte for byte; each is in the use log.
    let with = ask(&test, &own, &message(WITH_CONTENT, HUS, &of_patient(3))).await;
    let (page, contents, next) = said(&with.answer);
    assert_eq!((page.len(), contents.len(), next.is_some()), (3, 3, true));
    assert_eq!(contents[1], made[4].document());
    let controller = Oid::parse("1.2.246.537.10.15675350.19.0").unwrap();
    let asked = LinesAsked { controller: Some(&controller), ..LinesAsked::default() };
    let lines = archive::uses(test.app.store.read(), asked, 100).await.unwrap();
    assert_eq!(lines.iter().filter(|line| line.told.act == Act::Fetched).count(), 3);
    let go_on = format!("<queryContinuation><queryId extension=\"{}\"/></queryContinuation>", next.unwrap());
    let (_, contents, _) = said(&ask(&test, &own, &message(GO_ON, HUS, &go_on)).await.answer);
    assert_eq!(contents.len(), 3, "the next page is as the first was");
}

on_both!(a_query_reaches_what_fhir_reaches_and_no_more, reaches);

async fn reaches(database: Database) {
    let (test, signer) = opened(database).await;
    open_to(&test, TK).await;
    let made = stored(&test, &signer, 1).await;
    // Nobody's own.
    let told = ask(&test, &door_of(TK), &message(FIND, TK, &of_patient(9))).await;
    assert!(told.refused.is_none() && told.answer.contains("<queryResponseCode code=\"NF\"/>"), "{}", told.answer);
    let codes = async |door: &Door, text: String| {
        let told = ask(&test, door, &text).await;
        (told.refused.is_some(), read_acknowledgement(told.answer.as_bytes()).unwrap().codes)
    };
    let refused = |code: &str| (true, vec![code.to_owned()]);
    let nobody =
        "<queryByParameter><localHeader.documentType><value code=\"4\"/></localHeader.documentType></queryByParameter>";
    assert_eq!(codes(&door_of(HUS), message(FIND, HUS, nobody)).await, refused("L-514"));
    assert_eq!(
        codes(&door_of(HUS), message(FIND, HUS, "<queryByParameter><x/></queryByParameter>")).await,
        refused("L-313")
    );
    // In another's name, and by another's device.
    assert_eq!(codes(&door_of(TK), message(FIND, HUS, &of_patient(9))).await, refused("L-306"));
    let device = Door { represented: Oid::parse(HUS).unwrap(), ..door_of(TK) };
    assert_eq!(codes(&device, message(FIND, HUS, &of_patient(9))).await, refused("L-306"));
    let other = format!("<representedOrganization><id root=\"{HUS}\"");
    let named =
        message(FIND, TK, &of_patient(9)).replace(&format!("<representedOrganization><id root=\"{TK}\""), &other);
    assert_eq!(codes(&door_of(TK), named).await, refused("L-508"));
    let to = |device: &str| {
        let named = format!("<receiver><device><id root=\"{device}\"/></device></receiver><sender>");
        message(FIND, HUS, &of_patient(9)).replacen("<sender>", &named, 1)
    };
    assert_eq!(codes(&door_of(HUS), to("1.2.246.556.18007.1")).await, refused("L-314"));
    assert!(!codes(&door_of(HUS), to("1.2.246.556.18007.2")).await.0);
    // Others' by what the patient wants alone.
    let event = Oid::parse("1.2.246.10.99999984.16.1").unwrap();
    let treats = Door { purpose: Some(Purpose::Treatment(event.clone())), ..door_of(TK) };
    assert_eq!(codes(&treats, message(FIND, TK, &of_patient(9))).await, refused("L-520"));
    let emergency = Door { purpose: Some(Purpose::Emergency(event)), ..door_of(TK) };
    let told = ask(&test, &emergency, &message(WITH_CONTENT, TK, &of_patient(9))).await;
    assert_eq!(said(&told.answer), (vec![made.document_id.clone()], vec![made.document().to_owned()], None));
    // What stores is no query, and a query stores nothing, whatever it brings.
    let bringing = made.message().unwrap().replace("RCMR_IN100002FI01", FIND);
    let told = store_document(&test.app, &door_of(HUS), bringing.as_bytes()).await.unwrap();
    assert!(matches!(told.how, StoredHow::Refused(findings) if findings[0].place == "interactionId"));
    assert!(is_query(made.message().unwrap().as_bytes()).is_none());
}

/// Through a real gateway, in SOAP, too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_query_passes_the_gateway() {
    let sandbox = TestSandbox::start(Database::Sqlite).await;
    let issued = open_right(&sandbox, PATIENCE).await.unwrap();
    let made = Variation::with_new_ids(70, 1).unwrap().of_person(PATIENT);
    let made = made.signed_by(&sandbox.pki.signer, sandbox.app.now()).unwrap();
    let mut connection =
        Peer::new(&issued, &issuers(&sandbox), sandbox.addresses.gateway).unwrap().connect().await.unwrap();
    let stored = connection.send(&made.message().unwrap()).await.unwrap();
    assert_eq!(stored.acknowledgement().kind, "AA");
    let query = message(FIND, HUS, &of_patient(9));
    let told = connection.send(&query).await.unwrap();
    assert_eq!(said(std::str::from_utf8(&told.body).unwrap()).0, std::slice::from_ref(&made.document_id));
    let soap = format!(
        "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body>{query}</s:Body></s:Envelope>"
    );
    let told = connection.send(&soap).await.unwrap();
    let text = String::from_utf8_lossy(&told.body);
    assert!(text.contains("Envelope") && said(&text).0 == [made.document_id]);
    // Another's device is refused at the door.
    let told = connection
        .send(&query.replace(&format!("<device><id root=\"{HUS}"), &format!("<device><id root=\"{TK}")))
        .await
        .unwrap();
    assert_eq!(told.codes(), ["L-306"]);
}
