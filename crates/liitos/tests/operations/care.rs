//! The directory's standards' face (IHE mCSD), asked as a program asks it.

use crate::on_both;
use liitos::sandbox::{Browser, tour};
use liitos_service::directory::overview;
use liitos_testkit::{Database, PATIENCE, TestSandbox, case_handler, close_by_two};
use serde_json::Value;

const HUS: &str = "1.2.246.537.10.15675350.10.0";

async fn json(browser: &mut Browser, path: &str) -> (u16, Value) {
    let answer = browser.get(path).await.unwrap();
    (answer.status.as_u16(), serde_json::from_str(&answer.text).unwrap())
}

fn ids(bundle: &Value) -> Vec<&str> {
    let entries = bundle["entry"].as_array().map(Vec::as_slice).unwrap_or_default();
    entries.iter().map(|entry| entry["resource"]["id"].as_str().unwrap()).collect()
}

on_both!(who_has_joined_is_found_followed_and_read, asked);

async fn asked(database: Database) {
    let sandbox = TestSandbox::start(database).await;
    let mut program = Browser::new(&sandbox.portal_address()).unwrap();
    let (status, can) = json(&mut program, "/fhir/metadata").await;
    assert_eq!((status, &can["kind"], can["fhirVersion"].as_str()), (200, &"instance".into(), Some("4.0.1")));
    program.sign_in("olli-oikeudeton").await.unwrap();
    let (_, before) = json(&mut program, "/fhir/Organization/_history").await;
    let since = before["meta"]["lastUpdated"].as_str().unwrap().to_owned();
    tour::open_right(&sandbox, PATIENCE).await.unwrap();

    let (_, found) = json(&mut program, "/fhir/Organization?type=joiner&name=hus&_format=json").await;
    assert_eq!((ids(&found), &found["type"]), (vec![HUS], &"searchset".into()), "{found:#}");
    let organisation = &found["entry"][0]["resource"];
    assert_eq!((&organisation["active"], &organisation["meta"]["versionId"]), (&true.into(), &"1".into()));
    let base = sandbox.portal_address();
    assert_eq!(found["entry"][0]["fullUrl"], format!("{base}/fhir/Organization/{HUS}"));
    let affiliations = format!(
        "/fhir/OrganizationAffiliation?participating-organization={HUS}&_include=OrganizationAffiliation:endpoint"
    );
    let (_, rights) = json(&mut program, &affiliations).await;
    let right = &rights["entry"][0]["resource"];
    assert_eq!((&right["active"], &right["code"][1]["coding"][0]["code"]), (&true.into(), &"patient-data".into()));
    assert_eq!(
        right["endpoint"][0]["reference"],
        format!("Endpoint/{}", rights["entry"][1]["resource"]["id"].as_str().unwrap())
    );
    // What is posted is found the same; in XML, too.
    let posted = program
        .post("/fhir/OrganizationAffiliation/_search", &[("participating-organization", HUS), ("_format", "xml")]);
    let posted = posted.await.unwrap();
    let root = "<Bundle xmlns=\"http://hl7.org/fhir\">";
    assert!(
        posted.status == 200 && posted.text.contains(root) && posted.text.contains("value=\"patient-data\""),
        "{}",
        posted.text
    );

    // Whoever follows hears of each change once it is known, as versions of what it knows already.
    let id = right["id"].as_str().unwrap().to_owned();
    let history = format!("/fhir/OrganizationAffiliation/_history?_since={}", since.replace('+', "%2B"));
    let (_, heard) = json(&mut program, &history).await;
    assert_eq!((&heard["type"], ids(&heard)), (&"history".into(), vec![id.as_str()]));
    let rows = overview(&sandbox.app, &case_handler(), "").await.unwrap().rows;
    let open = rows.rights.iter().find(|right| right.joiner.as_str() == HUS).unwrap();
    close_by_two(&sandbox.app, &open.joiner, open.service, &open.access_point).await.unwrap();
    let (_, heard) = json(&mut program, &history).await;
    let versions: Vec<(&Value, &Value)> = heard["entry"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| (&entry["resource"]["meta"]["versionId"], &entry["resource"]["active"]))
        .collect();
    assert_eq!(versions[0], (&"2".into(), &false.into()), "{heard:#}");
    assert_eq!(versions[1], (&"1".into(), &true.into()));
    let read = program.get(&format!("/fhir/OrganizationAffiliation/{id}")).await.unwrap();
    assert!(read.text.contains("\"versionId\":\"2\""), "{}", read.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_answered_is_said_in_fhir() {
    let sandbox = TestSandbox::start(Database::Sqlite).await;
    let mut program = Browser::new(&sandbox.portal_address()).unwrap();
    program.sign_in("olli-oikeudeton").await.unwrap();
    for (path, status, kind, said) in [
        ("/fhir/Organization/none", 404, "not-found", "L-609"),
        ("/fhir/Patient", 404, "not-found", "L-609"),
        ("/fhir/Patient/1", 404, "not-found", "L-609"),
        ("/fhir/Organization?colour=red", 400, "invalid", "L-313"),
        ("/fhir/Organization?_format=ttl", 400, "invalid", "L-313"),
        ("/fhir/Organization/_history?_since=yesterday", 400, "invalid", "L-313"),
        ("/fhir/", 404, "not-found", "L-609"),
    ] {
        let (got, outcome) = json(&mut program, path).await;
        let issue = &outcome["issue"][0];
        assert_eq!(
            (got, &outcome["resourceType"], issue["code"].as_str()),
            (status, &"OperationOutcome".into(), Some(kind)),
            "{path}"
        );
        assert!(outcome.to_string().contains(said), "{path}: {outcome}");
    }
    let xml = program.get("/fhir/Organization?colour=red&_format=xml").await.unwrap();
    assert!(
        xml.status == 400 && xml.text.contains("<OperationOutcome xmlns") && xml.text.contains("colour"),
        "{}",
        xml.text
    );
}
