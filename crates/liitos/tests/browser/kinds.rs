//! Each kind of joiner goes its whole way in a browser: begins, fills in what is asked of it and nothing else, sends.

use super::driver::{Driver, Size};
use liitos_testkit::{Database, TestSandbox};

/// Who goes which way.
struct Way {
    person: &'static str,
    /// The organisation, where the person has several.
    organisation: Option<&'static str>,
    service: &'static str,
    language: &'static str,
    size: Size,
    /// The model, where several are possible, with whom.
    model: Option<(&'static str, &'static str)>,
    system: &'static str,
    /// What the page says once it waits.
    waits: &'static str,
    /// What pages are called in pictures.
    name: &'static str,
}

/// The intermediary's access point.
const POINT: &str = "1.2.246.537.6.918.18.900077.13.4";

const WAYS: [Way; 6] = [
    Way {
        person: "helena-hallinto",
        organisation: Some("1.2.246.537.10.15675350.10.0"),
        service: "patient-data",
        language: "en",
        size: Size::Desk,
        model: None,
        system: "900001",
        waits: "Waiting for the operator",
        name: "public",
    },
    Way {
        person: "terttu-testaaja",
        organisation: None,
        service: "prescription",
        language: "sv",
        size: Size::Tall,
        model: Some(("direct", "")),
        system: "900001",
        waits: "Väntar på behandling",
        name: "professional",
    },
    Way {
        person: "leo-lepola",
        organisation: Some("1.2.246.10.99999036.10.0"),
        service: "patient-data",
        language: "fi",
        size: Size::Tall,
        model: Some(("joint", "1.2.246.10.99999044.10.0")),
        system: "900001",
        waits: "Odottaa käsittelyä",
        name: "host",
    },
    Way {
        person: "kirsi-koivu",
        organisation: None,
        service: "social-client-data",
        language: "en",
        size: Size::Tall,
        model: Some(("parallel", "1.2.246.537.10.15675350.10.0")),
        system: "900002",
        waits: "Waiting for the operator",
        name: "producer",
    },
    Way {
        person: "saara-sairaala",
        organisation: None,
        service: "prescription",
        language: "sv",
        size: Size::Desk,
        model: None,
        system: "900001",
        waits: "Väntar på behandling",
        name: "hospital-pharmacy",
    },
    Way {
        person: "lauri-laakekeskus",
        organisation: None,
        service: "prescription",
        language: "fi",
        size: Size::Desk,
        model: None,
        system: "900001",
        waits: "Odottaa käsittelyä",
        name: "medicine-centre",
    },
];

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_joiner_applies() {
    let sandbox = TestSandbox::start(Database::Sqlite).await;
    let mut driver = Driver::start(&sandbox.portal_address()).await;
    // A month from now, as a date field has it.
    let start = sandbox.app.now().plus_days(30).civil();
    let start = format!("{:04}-{:02}-{:02}", start.year(), start.month(), start.day());
    let outcome = tokio::spawn(async move {
        for way in &WAYS {
            go(&mut driver, way, &start).await;
        }
        driver
    });
    outcome.await.unwrap().stop().await;
}

async fn next(driver: &mut Driver) {
    driver.press("form .buttons button:not(.second)").await;
}

async fn go(driver: &mut Driver, way: &Way, start: &str) {
    driver.size(way.size).await;
    driver.open(&format!("/language/{}?to=/", way.language)).await;
    driver.sign_in(way.person).await;
    if let Some(organisation) = way.organisation {
        driver.open("/organisations").await;
        driver.press(&format!("form:has(input[value='{organisation}']) button")).await;
    }
    if way.service == "social-client-data" {
        enrol(driver, way, start).await;
    }
    driver.press(&format!("input[value={}] ~ button", way.service)).await;
    let application = driver.path().await;
    driver.open_here("/guidance").await;
    let mut last = String::new();
    loop {
        let here = driver.path().await;
        let step = here.rsplit('/').next().unwrap_or_default().to_owned();
        assert_ne!(step, last, "{}: the step could be filled in: {}", way.name, driver.text("main").await);
        driver.look(&format!("{}-{step}", way.name)).await;
        fill_in(driver, way, &step, start).await;
        if step == "summary" {
            break;
        }
        next(driver).await;
        last = step;
    }
    driver.press("main form .buttons button").await;
    assert_eq!(driver.path().await, application, "{}: {}", way.name, driver.text("main").await);
    driver.look(&format!("{}-sent", way.name)).await;
    let said = driver.text("main").await;
    assert!(said.contains(way.waits), "{}: {said}", way.name);
    driver.press(".top form button").await;
}

/// Social care enrols first: what is wrong is told, then it is said on the organisation's page, and the application begins with it.
async fn enrol(driver: &mut Driver, way: &Way, start: &str) {
    driver.press("#enrolment a.button").await;
    driver.look(&format!("{}-enrolment", way.name)).await;
    driver.press("main form button").await;
    driver.look(&format!("{}-enrolment-errors", way.name)).await;
    assert!(driver.there("#start-error").await && driver.there("#email-error").await);
    driver.set("start", start).await;
    driver.select("system", way.system).await;
    driver.fill("name", "Testi Taho").await;
    driver.fill("email", "testi@esimerkki.test").await;
    driver.fill("phone", "040 123 4567").await;
    driver.press("main form button").await;
    driver.look(&format!("{}-enrolled", way.name)).await;
    assert!(driver.text("#enrolment").await.contains("wished first day"));
    driver.open("/enrolment/end").await;
    driver.look(&format!("{}-enrolment-end", way.name)).await;
    driver.open("/home").await;
}

/// Fills in what a step asks.
async fn fill_in(driver: &mut Driver, way: &Way, step: &str, start: &str) {
    match step {
        "model" => {
            let (model, whom) = way.model.unwrap();
            driver.choose(&format!("#model-{model}")).await;
            let (field, ticks): (_, &[&str]) = match model {
                "joint" => ("tenants", &["tenants_agreement", "tenants_hosts_system", "tenants_named"]),
                "parallel" => ("organiser", &["organiser_offers", "own_system"]),
                _ => return,
            };
            driver.fill(field, whom).await;
            for tick in ticks {
                driver.choose(&format!("#{tick}")).await;
            }
        }
        "access-points" => {
            if way.service == "social-client-data" {
                assert_eq!(driver.value("start").await, start, "as it was enrolled with");
            }
            driver.choose("#connection-existing").await;
            driver.select("existing_oid", POINT).await;
            driver.choose("#existing_agreement").await;
            driver.select("system", way.system).await;
            if driver.there("#signer-own").await {
                driver.choose("#signer-own").await;
            }
        }
        "client-data" => driver.fill("email", "kirjaamo@esimerkki.test").await,
        "contacts" => {
            for role in driver.names_ending("_name").await {
                driver.fill(&format!("{role}_name"), "Testi Taho").await;
                driver.fill(&format!("{role}_email"), &format!("{role}@esimerkki.test")).await;
                driver.fill(&format!("{role}_phone"), "040 123 4567").await;
            }
            if driver.there("#archivist_card").await {
                driver.fill("archivist_card", "90000000001").await;
            }
        }
        "billing" => {
            driver.fill("business_id", "9999903-6").await;
            driver.fill("address", "Lepokatu 2").await;
        }
        "service-description" | "undertaking" => driver.choose("#accept").await,
        _ => {}
    }
}
