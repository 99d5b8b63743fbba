//! A real Chromium does what a person does: signs in, applies, sends; the operator decides. Every page is checked by
//! axe-core. With `LIITOS_PICTURES=folder` the pages are photographed.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests may fail loudly")]

mod care_home;
mod driver;
mod kinds;
mod states;

use driver::{Driver, Size};
use liitos_domain::directory::SeenCall;
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::outbound::OutboundState;
use liitos_domain::service_code::Operation;
use liitos_domain::{Oid, RefusalCode, Service, Sha256Hash};
use liitos_service::directory::calls::take;
use liitos_store::outbound::{self, Message};
use liitos_testkit::{Database, TestSandbox};

const FINGERPRINT: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const NAMES: [&str; 6] = ["technical", "fault", "data-protection", "administrative", "billing", "archivist"];

#[tokio::test(flavor = "multi_thread")]
async fn a_person_applies_and_the_operator_decides() {
    let sandbox = TestSandbox::start(Database::Sqlite).await;
    refused_call(&sandbox).await;
    message_to_a_unit(&sandbox).await;
    let mut driver = Driver::start(&sandbox.portal_address()).await;
    let outcome = tokio::spawn(async move {
        apply(&mut driver).await;
        decide(&mut driver).await;
        narrow(&mut driver).await;
        kept_true(&mut driver).await;
        driver.press(".top form button").await;
        pharmacist(&mut driver).await;
        driver
    });
    let driver = outcome.await.unwrap();
    driver.stop().await;
}

/// A call in the name of Lepola that a gateway refused.
async fn refused_call(sandbox: &TestSandbox) {
    let joiner = Oid::parse("1.2.246.10.99999036.10.0").unwrap();
    let call = SeenCall {
        at: sandbox.app.now(),
        decision: Some("7QK3-88F2".into()),
        certificate: Sha256Hash::of(b"certificate"),
        access_point: AccessPointOid::parse("1.2.246.537.6.918.18.900077.13.4").ok(),
        source: Some([203, 0, 113, 5].into()),
        represented: Some(joiner),
        joiner: None,
        service: Some(Service::PatientData),
        operation: Some(Operation::Write),
        refused: Some(RefusalCode::JoinerUnknown),
        place: "joiner".into(),
        version: Some(1),
        stands_for: 1,
        system: None,
        message: None,
        behind: Vec::new(),
    };
    take(&sandbox.app, &Sha256Hash::of(b"gateway"), &[call]).await.unwrap();
}

/// A message that could not be brought to its unit yet.
async fn message_to_a_unit(sandbox: &TestSandbox) {
    let (app, now) = (&sandbox.app, sandbox.app.now());
    let message = Message {
        id: "1.2.246.10.99999036.10.0.14.2027.7".into(),
        unit: Oid::parse("1.2.246.10.99999036.10.1").unwrap(),
        service: Service::RenewalReception,
        media_type: "application/xml".into(),
        hash: Sha256Hash::of(b"<a/>"),
        body: b"<a/>".to_vec(),
        taken_at: now,
        state: OutboundState::Waiting,
        tries: 0,
        run_at: now,
        problem: None,
    };
    let tx = app.store.begin().await.unwrap();
    outbound::add(&tx, &message).await.unwrap();
    tx.commit().await.unwrap();
    let claimed = outbound::claim(&app.store, now, &[]).await.unwrap().unwrap();
    let (state, problem) = (OutboundState::Waiting, Some("203.0.113.5:443: Connection refused (os error 111)"));
    outbound::tried(&app.store, &claimed, state, (problem, true), (now, now.plus_seconds(3600))).await.unwrap();
}

async fn apply(driver: &mut Driver) {
    driver.open("/language/fi?to=/").await;
    driver.look("start").await;
    driver.sign_in("leo-lepola").await;
    driver.look("organisations").await;
    driver.press("button[type=submit].button").await;
    driver.look("home-empty").await;
    driver.press("input[value=patient-data] ~ button").await;
    driver.look("application-empty").await;
    driver.open_here("/guidance").await;
    driver.look("step-guidance").await;
    driver.press("form .buttons button:not(.second)").await;
    assert!(!driver.shows("#tenants").await, "only what the model needs");
    assert!(!driver.there("#organiser").await, "only the models that there are for such a joiner");
    driver.choose("#model-joint").await;
    assert!(driver.shows("#tenants").await);
    driver.look("step-model").await;
    driver.choose("#model-direct").await;
    driver.press("form .buttons button:not(.second)").await;
    // Nothing filled in: the summary takes focus and names every field.
    driver.press("form .buttons button:not(.second)").await;
    driver.look("step-access-points-errors").await;
    assert!(driver.text("#errors").await.contains("Miten järjestelmäsi liittyy Kantaan?"));
    assert!(
        !driver.shows("#existing_oid").await && !driver.shows("#own_dns").await,
        "nothing is asked before the choice"
    );
    own_point(driver).await;
    driver.open_here("/../access-points").await;
    driver.look("step-access-points").await;
    driver.press("form .buttons button:not(.second)").await;
    driver.look("step-client-data").await;
    driver.fill("email", "info@lepola.test").await;
    // Kept without pressing anything: a page that is lost loses nothing.
    driver.until("#kept", "Tallennettu").await;
    let here = driver.path().await;
    driver.open(&here).await;
    assert_eq!(driver.value("email").await, "info@lepola.test");
    driver.press("form .buttons button:not(.second)").await;
    driver.look("step-contacts").await;
    for role in NAMES {
        driver.fill(&format!("{role}_name"), "Testi Taho").await;
        driver.fill(&format!("{role}_email"), &format!("{role}@lepola.test")).await;
        driver.fill(&format!("{role}_phone"), "040 123 4567").await;
    }
    driver.fill("archivist_card", "90000000001").await;
    driver.press("form .buttons button:not(.second)").await;
    driver.fill("business_id", "9999903-6").await;
    driver.fill("address", "Lepokatu 2").await;
    driver.look("step-billing").await;
    driver.press("form .buttons button:not(.second)").await;
    for page in ["step-service-description", "step-undertaking"] {
        driver.choose("#accept").await;
        driver.look(page).await;
        driver.press("form .buttons button:not(.second)").await;
    }
    driver.look("step-summary").await;
    driver.press("main form .buttons button").await;
    driver.look("application-sent").await;
    assert!(driver.text("main").await.contains("Odottaa käsittelyä"));
    driver.press(".top form button").await;
}

/// A pharmacist with a branch, in Swedish on a phone: a connection for each pharmacy, and one more that is taken away again.
async fn pharmacist(driver: &mut Driver) {
    driver.size(Size::Tall).await;
    driver.open("/language/sv?to=/").await;
    driver.sign_in("aino-apteekkari").await;
    driver.look("pharmacist-home").await;
    driver.press("input[value=prescription] ~ button").await;
    driver.look("pharmacist-application").await;
    let application = driver.path().await;
    driver.open(&format!("{application}/access-points")).await;
    let pharmacies = driver.text("main").await;
    assert!(pharmacies.contains("Esimerkkikylän apteekki") && pharmacies.contains("Esimerkkirannan sivuapteekki"));
    driver.choose("#connection-own").await;
    driver.choose("#connection_2-own").await;
    assert_eq!(driver.value("own_oid_2").await, "1.2.246.553.1.900002.13.1", "proposed for the branch");
    assert!(driver.shows("#own_dns").await && driver.shows("#own_dns_2").await && !driver.shows("#backup_dns_2").await);
    driver.look("pharmacist-access-points").await;
    driver.press("button[name=more]").await;
    driver.look("pharmacist-one-more").await;
    assert!(driver.shows("#connection_3").await);
    driver.press("button[name=remove][value='3']").await;
    driver.open(&application).await;
    driver.choose("main > details:last-of-type summary").await;
    driver.look("pharmacist-withdraw").await;
    driver.press("form[action$=withdraw] button").await;
    assert!(driver.text("main").await.contains("Ansökan är återtagen"));
    driver.open("/members").await;
    driver.choose("#position-technical").await;
    driver.fill("name", "Tekla Tekniker").await;
    driver.fill("email", "tekla@esimerkki.test").await;
    driver.press("main > form button").await;
    driver.choose("main details summary").await;
    for language in ["fi", "en", "sv"] {
        driver.switch(language).await;
        driver.look(&format!("phone-members-{language}")).await;
    }
    driver.press(".top form button").await;
    driver.size(Size::Desk).await;
}

/// An access point of one's own: only what a choice needs is asked, and what is typed is checked while it is typed.
async fn own_point(driver: &mut Driver) {
    driver.choose("#connection-own").await;
    assert!(!driver.shows("#existing_oid").await && driver.shows("#own_dns").await, "only what the choice needs");
    driver.choose("#own_network-private").await;
    driver.fill("own_dns", "kanta.lepola.test").await;
    // What is typed is checked while it is typed; nothing was saved yet.
    driver.choose("#signer-own").await;
    driver.fill("own_addresses", "10.0.0.5").await;
    driver.select("system", "900001").await;
    driver.until("#checks", "Osoite ei ole julkisessa osoiteavaruudessa").await;
    driver.until("#checks", "Varayhteyttä ei ole").await;
    driver.look("step-access-points-live").await;
    driver.fill("own_addresses", "203.0.113.5").await;
    driver.until("#checks", "Osoite on varattu esimerkeille").await;
    driver.fill("own_certificates", FINGERPRINT).await;
    assert!(!driver.shows("#backup_dns").await, "no backup link was chosen");
    driver.choose("#backup-public").await;
    driver.fill("backup_dns", "vara.lepola.test").await;
    driver.fill("backup_addresses", "203.0.113.6").await;
    driver.select("system", "900001").await;
    driver.press("form .buttons button:not(.second)").await;
}

async fn decide(driver: &mut Driver) {
    driver.open("/language/en?to=/").await;
    driver.sign_in("paula-palvelu").await;
    driver.look("office-queue").await;
    on_a_phone(driver, "office-queue").await;
    driver.press("td a").await;
    driver.look("office-decision").await;
    driver.press("form[action$=assign] button").await;
    driver.fill_at("#note", "Soitettu hakijalle").await;
    driver.press("form[action$=note] button").await;
    assert!(driver.text("main").await.contains("Soitettu hakijalle"));
    asked_and_answered(driver).await;
    let effect = driver.text(".effect").await;
    assert!(effect.contains("1.2.246.10.99999036.10.0.13.1") && effect.contains(FINGERPRINT), "{effect}");
    on_a_phone(driver, "office-decision").await;
    driver.press("form[action$=approve] button").await;
    driver.look("office-decided").await;
    assert!(driver.text("main").await.contains("Approved"));
    for page in ["directory", "signers", "messages", "notices", "outbound", "report", "enrolments", "programs"] {
        driver.open(&format!("/office/{page}")).await;
        driver.look(&format!("office-{page}")).await;
        on_a_phone(driver, &format!("office-{page}")).await;
    }
    by_hand(driver).await;
    shut_and_return(driver).await;
    driver.open("/office/applications/none").await;
    driver.look("error").await;
    driver.press(".top form button").await;
}

/// More is asked, and the applicant answers in words and sends it again.
async fn asked_and_answered(driver: &mut Driver) {
    let here = driver.path().await;
    driver.choose("details:has(form[action$=ask]) > summary").await;
    driver.fill_at("#question", "Which address?").await;
    driver.press("form[action$=ask] button").await;
    driver.look("office-asked").await;
    driver.press(".top form button").await;
    driver.sign_in("leo-lepola").await;
    driver.press("button[type=submit].button").await;
    driver.open("/applications/2026-1").await;
    driver.look("application-asked").await;
    driver.open("/applications/2026-1/summary").await;
    driver.look("summary-asked").await;
    driver.fill_at("#answer", "The second one.").await;
    driver.press("main form .buttons button").await;
    driver.open("/applications/2026-1/summary").await;
    driver.look("summary-sent").await;
    driver.press(".top form button").await;
    driver.sign_in("paula-palvelu").await;
    driver.open(&here).await;
    assert!(driver.text("main").await.contains("The second one."));
}

/// A change by hand: what is wrong with it is said and nothing typed is lost; then it is proposed, with all that it does.
async fn by_hand(driver: &mut Driver) {
    driver.open("/office/directory/by-hand").await;
    driver.look("office-by-hand").await;
    driver.fill("change", r#"{"collection_points_opened": [{"nmae": "North"}]}"#).await;
    driver.fill_at("#by-hand-reason", "Testi").await;
    driver.press("main form button").await;
    driver.look("office-by-hand-mistakes").await;
    on_a_phone(driver, "office-by-hand").await;
    driver.open("/office/directory/by-hand").await;
    let change = r#"{"tenants_opened": [{"host": "1.2.246.10.99999036.10.0", "tenant": "1.2.246.10.99999044.10.0", "from": "2027-01-01", "until": "2028-01-01"}]}"#;
    driver.fill("change", change).await;
    driver.fill_at("#by-hand-reason", "Testi").await;
    driver.press("main form button").await;
    driver.look("office-by-hand-proposed").await;
    let told = driver.text("main").await;
    let tenant = "Fysioterapia Kunto-Esimerkki Oy (1.2.246.10.99999044.10.0) works under Lääkäriasema Lepola Oy";
    assert!(told.contains(tenant), "{told}");
    driver.press("form[action$=withdraw] button").await;
}

/// Something is closed in an emergency; then the directory returns to how it was before, when another registrar agrees.
async fn shut_and_return(driver: &mut Driver) {
    driver.open("/office/directory").await;
    let version = driver.text("h1 + p").await.replace("Version ", "");
    driver.choose("details:first-of-type summary").await;
    driver.fill_at("#shut-joiner", "1.2.246.10.99999036.10.0").await;
    driver.fill_at("#shut-hours", "2").await;
    driver.fill_at("#shut-reason", "Testi").await;
    driver.look("office-shut-form").await;
    driver.press("form[action$=shut] button").await;
    driver.look("office-shut").await;
    on_a_phone(driver, "office-shut").await;
    assert!(driver.text("main").await.contains("1.2.246.10.99999036.10.0: reading only (Testi)"));
    driver.choose("details:last-of-type summary").await;
    driver.fill_at("#return-version", &version).await;
    driver.fill_at("#return-reason", "Testi ohi").await;
    driver.look("office-return-form").await;
    driver.press("form[action$=return] button").await;
    driver.look("office-proposal").await;
    assert!(driver.text("main").await.contains("Somebody else than its author approves it."));
    let here = driver.path().await;
    driver.press(".top form button").await;
    driver.sign_in("reijo-rekisteri").await;
    driver.open(&here).await;
    on_a_phone(driver, "office-proposal").await;
    driver.press("form[action$=approve] button").await;
    driver.look("office-proposal-entered").await;
    driver.open("/office/directory").await;
    assert!(driver.text("main").await.contains("Nothing is closed."));
}

/// The page one stands on, in every language on a narrow screen; afterwards as it was.
async fn on_a_phone(driver: &mut Driver, page: &str) {
    driver.size(Size::Tall).await;
    for language in ["fi", "sv", "en"] {
        driver.switch(language).await;
        driver.look(&format!("phone-{page}-{language}")).await;
    }
    driver.size(Size::Desk).await;
}

/// What an organisation keeps true, whom it lets act, and the help beside it, in every language.
async fn kept_true(driver: &mut Driver) {
    driver.size(Size::Tall).await;
    for language in ["fi", "en", "sv"] {
        driver.open(&format!("/language/{language}?to=/contacts")).await;
        for page in ["contacts", "contacts/new", "contacts/1/remove", "contacts/address", "programs", "campaigns"] {
            driver.open(&format!("/{page}")).await;
            driver.look(&format!("phone-{}-{language}", page.replace('/', "-"))).await;
        }
        for page in ["home", "timeline", "sign", "help", "help/refused", "glossary"] {
            driver.open(&format!("/{page}")).await;
            driver.look(&format!("phone-{}-{language}", page.replace('/', "-"))).await;
        }
    }
    driver.open("/contacts/new").await;
    driver.fill("phone", "x").await;
    driver.press("main form button").await;
    driver.look("phone-contacts-new-errors").await;
    driver.open("/programs").await;
    driver.choose("details:has(form[action='/programs']) > summary").await;
    driver.fill("name", "Lepolan ohjelma").await;
    driver.press("form[action='/programs'] button").await;
    driver.look("phone-program-key").await;
    driver.size(Size::Phone).await;
}

/// How a plan is written is said in the reader's language, with its line, on a phone too.
async fn mistakes(driver: &mut Driver) {
    driver.size(Size::Tall).await;
    for (language, said) in [("fi", "rivi 3"), ("sv", "rad 3"), ("en", "line 3")] {
        driver.open(&format!("/language/{language}?to=/check")).await;
        driver.fill("plan", "strat = 2027-01-01\n[joiner]\noid = 1.2.246.10.99999036.10.0\n").await;
        driver.press("main form button").await;
        driver.look(&format!("phone-check-mistakes-{language}")).await;
        assert!(driver.text("#errors").await.contains(said), "{language}");
    }
}

/// On a phone, in Swedish, nothing is wider than the screen.
async fn narrow(driver: &mut Driver) {
    driver.size(Size::Phone).await;
    driver.open("/language/sv?to=/").await;
    driver.look("phone-start").await;
    driver.sign_in("leo-lepola").await;
    driver.press("button[type=submit].button").await;
    driver.look("phone-home").await;
    for language in ["fi", "en", "sv"] {
        driver.switch(language).await;
        driver.look(&format!("phone-home-{language}")).await;
    }
    for page in ["connection", "log", "decision", "certificates", "check"] {
        driver.open(&format!("/{page}")).await;
        driver.look(&format!("phone-{page}")).await;
    }
    for language in ["fi", "sv", "en"] {
        driver.open(&format!("/language/{language}?to=/call%3Fid%3D7QK3-88F2")).await;
        driver.look(&format!("phone-call-{language}")).await;
        assert!(driver.text("main").await.contains("L-211"), "{language}");
    }
    mistakes(driver).await;
    driver.open("/language/sv?to=/check").await;
    driver.size(Size::Desk).await;
    driver.look("check").await;
    driver.press("main form button").await;
    driver.look("checked").await;
    assert!(driver.text("main").await.contains("900001"), "findings have their place");
    driver.open("/connection").await;
    driver.look("connection").await;
    driver.open("/log").await;
    driver.look("log").await;
    driver.size(Size::Phone).await;
    driver.open("/home").await;
    driver.press("input[value=prescription] ~ button").await;
    driver.look("phone-application").await;
    driver.open_here("/access-points").await;
    driver.choose("#connection-existing").await;
    assert!(driver.shows("#existing_oid").await && !driver.shows("#own_dns").await, "only what the choice needs");
    driver.choose("[id='renewal_units-1.2.246.10.99999036.10.1']").await;
    driver.look("phone-access-points").await;
    // The same check for whoever has no script: a press of its button.
    driver.press("button[formaction]").await;
    driver.look("phone-access-points-checked").await;
    assert!(driver.text("#errors").await.contains("Anslutningspunkt"), "what is missing is told, and nothing is saved");
    driver.open("/applications/2026-2/access-points").await;
    driver.open("/applications/2026-2").await;
    for step in ["contacts", "summary"] {
        driver.open_here(&format!("/{step}")).await;
        driver.look(&format!("phone-{step}")).await;
        driver.back().await;
    }
    // The longest form, unfolded, in all three languages.
    driver.size(Size::Tall).await;
    driver.open_here("/access-points").await;
    for language in ["fi", "sv", "en"] {
        driver.switch(language).await;
        driver.choose("#connection-own").await;
        driver.choose("#backup-private").await;
        assert!(driver.shows("#own_dns").await && driver.shows("#backup_dns").await);
        driver.look(&format!("phone-own-point-{language}")).await;
    }
}
