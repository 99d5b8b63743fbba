//! A plan checked in the portal and by a program, with the installation's own registers and directory.

use crate::archive::HUS;
use crate::on_both;
use liitos::sandbox::Browser;
use liitos_testkit::{Database, TestSandbox};
use serde_json::Value;

const PLAN: &str = include_str!("../../../../samples/plans/own-point.toml");
const INTERMEDIARY: &str = include_str!("../../../../samples/plans/intermediary.toml");

on_both!(a_plan_is_checked_on_the_page_and_by_a_program, checked);

async fn checked(database: Database) {
    let sandbox = TestSandbox::start(database).await;
    let mut person = Browser::new(&sandbox.portal_address()).unwrap();
    person.sign_in_for("helena-hallinto", HUS).await.unwrap();
    person.get("/language/en?to=/").await.unwrap();
    let page = person.get("/check").await.unwrap();
    assert!(page.text.contains("own_point") || page.text.contains("access point of its own"), "an example is there");

    // A pharmacy's service for a clinic: said in words, with place, clause and remedy.
    let wrong = PLAN.replace("code = \"prescription\"", "code = \"reimbursement-direct-query\"");
    let page = person.post("/check", &[("plan", &wrong)]).await.unwrap();
    assert_eq!(page.status, 200);
    for said in ["service[2]: reimbursement-direct-query", "The service is not open to what the joiner does", "guide"] {
        assert!(page.text.contains(said), "{said}");
    }
    let page = person.post("/check", &[("plan", &PLAN.replace("start =", "strat ="))]).await.unwrap();
    assert!(page.status == 422 && page.text.contains("strat") && page.text.contains("id=\"errors\""), "{}", page.text);
    let page = person.post("/check", &[("plan", "<script>alert(1)</script>")]).await.unwrap();
    assert!(page.status == 422 && !page.text.contains("<script>"));

    let said = |answer: &Value, rule: &str| {
        let rows = answer["outcomes"].as_array().unwrap();
        rows.iter().find(|row| row["rule"]["id"] == rule).map(|row| row["verdict"].as_str().unwrap().to_owned())
    };
    // The sandbox's intermediary has opened .13.4: the directory says so where the plan does not.
    let unsaid = INTERMEDIARY.replace("open = true\n", "");
    let answer = person.post_text("/api/check", "application/toml", &unsaid).await.unwrap();
    let answer: Value = serde_json::from_str(&answer.text).unwrap();
    assert_eq!(said(&answer, "joiner-in-register").as_deref(), Some("kept"), "{answer}");
    assert_eq!((said(&answer, "opened-first").as_deref(), &answer["sound"]), (Some("kept"), &true.into()));
    // Where it stands, the directory tells the joiner that would use it and no stranger.
    let bare = unsaid.replace("country = \"FI\"\n", "");
    for (subject, told) in [("leo-lepola", "kept"), ("olli-oikeudeton", "not-checked")] {
        let mut asks = Browser::new(&sandbox.portal_address()).unwrap();
        asks.sign_in(subject).await.unwrap();
        if told == "kept" {
            asks.post("/organisations", &[("organisation", "1.2.246.10.99999036.10.0")]).await.unwrap();
        }
        let answer = asks.post_text("/api/check", "application/toml", &bare).await.unwrap();
        let answer: Value = serde_json::from_str(&answer.text).unwrap();
        let verdicts = ["opened-first", "location-eu"].map(|rule| said(&answer, rule));
        assert_eq!(verdicts, ["kept", told].map(|verdict| Some(verdict.to_owned())), "{subject}");
    }
    let closed = unsaid.replace(".13.4", ".13.9");
    let answer = person.post_text("/api/check", "application/toml", &closed).await.unwrap();
    let answer: Value = serde_json::from_str(&answer.text).unwrap();
    assert_eq!((said(&answer, "opened-first").as_deref(), &answer["sound"]), (Some("broken"), &false.into()));

    let json = r#"{ "start": "2027-01-15", "joiner": "1.2.246.10.99999036.10.9", "activity": "health-care" }"#;
    let answer = person.post_text("/api/check", "application/json", json).await.unwrap();
    let answer: Value = serde_json::from_str(&answer.text).unwrap();
    assert_eq!(said(&answer, "joiner-in-register").as_deref(), Some("broken"));
    let mut nobody = Browser::new(&sandbox.portal_address()).unwrap();
    let unknown = nobody.post_text("/api/check", "application/json", json).await.unwrap();
    let problem: Value = serde_json::from_str(&unknown.text).unwrap();
    assert_eq!((unknown.status.as_u16(), &problem["code"]), (401, &"L-601".into()));
    let refused = person.post_text("/api/check", "application/json", "{").await.unwrap();
    assert_eq!(
        (refused.status.as_u16(), &refused.headers["content-type"]),
        (422, &"application/problem+json".parse().unwrap())
    );
}
