//! The manager of a care home joins the client data archive of social care, and a clerk decides, in a browser without JavaScript.

use super::NAMES;
use super::driver::{Driver, Size};
use liitos_testkit::{Database, TestSandbox};

#[tokio::test(flavor = "multi_thread")]
async fn a_care_home_joins_without_javascript() {
    let sandbox = TestSandbox::start(Database::Sqlite).await;
    let mut driver = Driver::start_without_scripts(&sandbox.portal_address()).await;
    let outcome = tokio::spawn(async move {
        join(&mut driver).await;
        decide(&mut driver).await;
        driver
    });
    outcome.await.unwrap().stop().await;
}

async fn next(driver: &mut Driver) {
    driver.press("form .buttons button:not(.second)").await;
}

async fn join(driver: &mut Driver) {
    driver.size(Size::Tall).await;
    driver.open("/language/fi?to=/").await;
    driver.sign_in("kirsi-koivu").await;
    driver.look("care-home").await;
    driver.press("input[value=social-client-data] ~ button").await;
    driver.look("care-home-application").await;
    driver.open_here("/guidance").await;
    next(driver).await;
    if driver.path().await.ends_with("/model") {
        driver.choose("#model-direct").await;
        next(driver).await;
    }
    // As the intermediary's customer: chosen from a list, nothing to be typed.
    driver.choose("#connection-existing").await;
    driver.select("existing_oid", "1.2.246.537.6.918.18.900077.13.4").await;
    driver.choose("#existing_agreement").await;
    driver.select("system", "900002").await;
    driver.choose("#signer-own").await;
    // Without a script the button checks what one would see while typing.
    driver.press("button[formaction]").await;
    driver.look("care-home-checked").await;
    assert!(driver.text("#checks").await.contains("1.9.2026"));
    next(driver).await;
    driver.fill("email", "kirjaamo@koivu.test").await;
    next(driver).await;
    for role in NAMES {
        driver.fill(&format!("{role}_name"), "Testi Taho").await;
        driver.fill(&format!("{role}_email"), &format!("{role}@koivu.test")).await;
        driver.fill(&format!("{role}_phone"), "040 123 4567").await;
    }
    driver.fill("archivist_card", "90000000001").await;
    driver.look("care-home-contacts").await;
    next(driver).await;
    // Only the signature is missing, which could be given with others in one visit.
    let here = driver.path().await;
    driver.open("/sign").await;
    driver.choose("main details summary").await;
    driver.look("care-home-sign").await;
    assert!(driver.text("main").await.contains("kirjaamo@koivu.test"));
    driver.open(&here).await;
    for _ in ["service description", "undertaking"] {
        driver.choose("#accept").await;
        next(driver).await;
    }
    driver.look("care-home-summary").await;
    driver.press("main form .buttons button").await;
    driver.look("care-home-sent").await;
    assert!(driver.text("main").await.contains("Odottaa käsittelyä"));
    driver.press(".top form button").await;
}

async fn decide(driver: &mut Driver) {
    driver.sign_in("paula-palvelu").await;
    driver.press("td a").await;
    driver.look("care-home-decision").await;
    driver.press("form[action$=approve] button").await;
    assert!(driver.text("main").await.contains("Hyväksytty"));
    driver.press(".top form button").await;
    driver.sign_in("kirsi-koivu").await;
    driver.look("care-home-joined").await;
    driver.open("/contacts").await;
    driver.look("care-home-kept").await;
}
