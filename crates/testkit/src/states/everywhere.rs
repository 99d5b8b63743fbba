//! Every page of somebody who has joined, and of the office, in three languages.

use super::faults::faults;
use super::{State, Visitor};
use crate::{PATIENCE, TestSandbox};
use liitos::sandbox::tour;

/// Whoever has joined, by the sandbox's tour.
const HUS: &str = "1.2.246.537.10.15675350.10.0";

/// The steps of an application.
const STEPS: [&str; 8] = [
    "guidance",
    "access-points",
    "client-data",
    "contacts",
    "billing",
    "service-description",
    "undertaking",
    "summary",
];

/// Pages of an organisation that has joined.
const SEEN: &[&str] = &[
    "/",
    "/home",
    "/enrolment",
    "/certificates",
    "/check",
    "/connection",
    "/log",
    "/timeline",
    "/obligation",
    "/requests",
    "/runs",
    "/notifications",
    "/deployment-tests",
    "/moves",
    "/moves/keys",
    "/changes",
    "/changes/new/merger",
    "/changes/new/unit",
    "/changes/new/renumbered",
    "/changes/new/ending",
    "/decision",
    "/decision?service=prescription&access_point=1.2.246.10.99999028.10.0.13.9",
    "/decision?service=prescription&access_point=x",
    "/organisations",
    "/members",
    "/programs",
    "/campaigns",
    "/sign",
    "/contacts",
    "/contacts/new",
    "/contacts/1",
    "/contacts/1/remove",
    "/contacts/address",
    "/contacts/billing/patient-data",
    "/applications/2026-2",
    "/help",
    "/help/sign-in",
    "/help/no-access-point",
    "/help/more-asked",
    "/help/person-leaves",
    "/help/certificate-ends",
    "/help/refused",
    "/help/supplier",
    "/help/changes-health-care",
    "/help/changes-pharmacy",
    "/help/changes-kelain",
    "/help/ending",
    "/status",
    "/glossary",
    "/nowhere",
];

/// Pages of the office.
const OFFICE: &[&str] = &[
    "/office",
    "/office?show=all&q=hus&by=age",
    "/office/report",
    "/office/programs",
    "/office/enrolments",
    "/office/systems",
    "/office/systems?system=900001",
    "/office/faults/new?system=900001",
    "/office/obligation",
    "/office/obligation?page=1",
    "/office/directory",
    "/office/directory?q=hus",
    "/office/directory/by-hand",
    "/office/directory/proposals/1",
    "/office/directory/proposals/2",
    "/office/agreements",
    "/office/signers",
    "/office/runs",
    "/office/runs/new",
    "/office/faults",
    "/office/faults/new",
    "/office/notifications",
    "/office/deployment-tests",
    "/office/moves",
    "/office/changes",
    "/office/changes/new/merger",
    "/office/messages",
    "/office/outbound",
    "/office/notices",
    "/office/applications/2026-1",
    "/office/applications/2026-2",
];

/// Pages of an archivist, and what she asks: whom a search names is posted.
async fn archivist(sandbox: &TestSandbox, seen: &mut Vec<State>, language: &'static str) {
    let mut arja = Visitor::new(sandbox, seen, "arja-arkisto", language).await;
    let document = format!("/archive/documents/{}", liitos::made::real_document_id());
    arja.get("/archive").await;
    arja.get("/archive/uses").await;
    arja.get(&document).await;
    let client = "1.2.246.537.10.15675350.22.2003|010100A998F";
    let wide = arja.post("/archive", &[("client", client), ("older", "yes"), ("made_from", "2017-01-01")]).await;
    assert!(wide.text.contains(&document), "{}", wide.text);
    arja.post("/archive", &[("client", "010181-900C")]).await;
    let glance = arja.post("/archive", &[("client", client), ("glance", "yes")]).await;
    assert!(glance.text.contains("id=\"matters\""), "{}", glance.text);
    assert_eq!(arja.post("/archive", &[("event", "1.2.3"), ("glance", "yes")]).await.status, 422);
    let over = arja.post("/archive", &[("over", "yes")]).await;
    assert!(over.status == 200 && !over.text.contains(&document), "{}", over.text);
    for field in ["client", "document", "event", "made_from", "made_until", "next"] {
        let wrong = arja.post("/archive", &[("client", client), (field, "x")]).await;
        assert_eq!(wrong.status, 422, "{field}");
    }
    for field in ["client", "document", "from", "until"] {
        assert_eq!(arja.post("/archive/uses", &[(field, "x")]).await.status, 422, "{field}");
    }
    arja.post("/archive/uses", &[("client", client)]).await;
    arja.post("/archive/uses", &[("from", "2099-01-01")]).await;
    arja.post("/archive/uses", &[("disclosed", "yes")]).await;
    let empty = arja.post(&format!("{document}/void"), &[("reason", " ")]).await;
    assert_eq!(empty.status, 422);
}

/// Looks at every page, after the sandbox's tour, in three languages.
///
/// # Panics
/// When something cannot be reached.
pub async fn everywhere(sandbox: &TestSandbox) -> Vec<State> {
    let mut seen = Vec::new();
    let mut joiner = Visitor::new(sandbox, &mut seen, "helena-hallinto", "fi").await;
    joiner.browser.post("/organisations", &[("organisation", HUS)]).await.unwrap();
    let begun = joiner.browser.post("/applications", &[("service", "prescription")]).await.unwrap();
    let draft = begun.address.path().to_owned();
    tour::walk(sandbox, PATIENCE, &mut |_| ()).await.unwrap();
    faults(sandbox, &mut seen).await;
    let mut operator = Visitor::new(sandbox, &mut seen, "paula-palvelu", "fi").await;
    something_closed_and_proposed(&mut operator).await;
    let change = something_planned(&mut operator).await;
    for language in ["fi", "sv", "en"] {
        let mut joiner = Visitor::new(sandbox, &mut seen, "helena-hallinto", language).await;
        joiner.browser.post("/organisations", &[("organisation", HUS)]).await.unwrap();
        let steps = STEPS.iter().map(|step| format!("{draft}/{step}"));
        for path in SEEN.iter().map(|path| (*path).to_owned()).chain([draft.clone(), own(&change)]).chain(steps) {
            joiner.get(&path).await;
        }
        for step in ["access-points", "contacts", "billing", "undertaking"] {
            let path = format!("{draft}/{step}");
            let revision = joiner.get(&path).await.hidden("revision").unwrap();
            let wrong = joiner.post(&path, &[("revision", &revision), ("email", "x"), ("connection", "own")]).await;
            assert!(wrong.status == 422 && wrong.text.contains("id=\"errors\""), "{step}");
        }
        let mut operator = Visitor::new(sandbox, &mut seen, "paula-palvelu", language).await;
        for path in OFFICE {
            operator.get(path).await;
        }
        operator.get(&change).await;
        archivist(sandbox, &mut seen, language).await;
    }
    seen
}

/// A change that is planned, and where it is in the office.
async fn something_planned(operator: &mut Visitor<'_>) -> String {
    let merger =
        [("title", "Two become one"), ("day", "2099-01-01"), ("joiners", HUS), ("into", "1.2.246.10.99999984.10.0")];
    let planned = operator.browser.post("/office/changes/new/merger", &merger).await.unwrap();
    assert!(planned.address.path().starts_with("/office/changes/M"), "{}", planned.text);
    planned.address.path().to_owned()
}

/// The same on an organisation's desk.
fn own(change: &str) -> String {
    change.replacen("/office", "", 1)
}

/// A closing and a proposal, so that their pages show something.
async fn something_closed_and_proposed(operator: &mut Visitor<'_>) {
    let shut = [("service", "prescription"), ("stage", "read-only"), ("reason", "test"), ("hours", "2")];
    assert_eq!(
        operator.browser.post("/office/directory/shut", &shut).await.unwrap().address.path(),
        "/office/directory"
    );
    let nothing =
        operator.browser.post("/office/directory/shut", &[("stage", "closed"), ("reason", "test")]).await.unwrap();
    assert_eq!(nothing.status, 422, "an empty form closes nothing");
    let proposed =
        operator.browser.post("/office/directory/return", &[("version", "6"), ("reason", "test")]).await.unwrap();
    // The tour has proposed a closing.
    assert_eq!(proposed.address.path(), "/office/directory/proposals/2");
}
