//! Pages in every state that they have: what is empty, what is wrong, what waits, what contradicts; for tests that look at all of
//! them.

mod deployment_tests;
mod everywhere;
mod faults;
mod moves;
mod obligation;

pub use everywhere::everywhere;

use crate::{Database, TestSandbox, copied};
use liitos::sandbox::{Browser, Fetched, tour};
use liitos_domain::directory::{Basis, Effect, SeenCall};
use liitos_domain::notification::{Course, Kind};
use liitos_domain::plan::ContactRole;
use liitos_domain::{RefusalCode, Sha256Hash};
use liitos_store::directory::{self, Origin};

const HUS: &str = "1.2.246.537.10.15675350.10.0";
const LEPOLA: &str = "1.2.246.10.99999036.10.0";
const VALITTAJA: &str = "1.2.246.537.6.918.18.900077";
const PDF: &str = "--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\ncontent-type: application/pdf\r\n\r\n%PDF-1.7\r\n--x--\r\n";

/// A page as it was looked at.
#[derive(Clone, Debug)]
pub struct State {
    /// Where it was found.
    pub name: String,
    /// In which language.
    pub language: &'static str,
    /// The page.
    pub text: String,
}

/// Somebody who looks at pages in a language; each that they see is kept.
struct Visitor<'p> {
    browser: Browser,
    language: &'static str,
    pages: &'p mut Vec<State>,
}

impl<'p> Visitor<'p> {
    async fn new(sandbox: &TestSandbox, pages: &'p mut Vec<State>, person: &str, language: &'static str) -> Self {
        let mut browser = Browser::new(&sandbox.portal_address()).unwrap();
        browser.get(&format!("/language/{language}?to=/")).await.unwrap();
        if !person.is_empty() {
            browser.sign_in(person).await.unwrap();
            browser.get(&format!("/language/{language}?to=/")).await.unwrap();
        }
        Self { browser, language, pages }
    }

    fn keep(&mut self, name: &str, page: &Fetched) {
        let (name, language, text) = (name.to_owned(), self.language, page.text.clone());
        self.pages.push(State { name, language, text });
    }

    async fn get(&mut self, path: &str) -> Fetched {
        let page = self.browser.get(path).await.unwrap();
        self.keep(path, &page);
        page
    }

    async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Fetched {
        let page = self.browser.post(path, form).await.unwrap();
        self.keep(path, &page);
        page
    }

    async fn attach(&mut self, path: &str, body: &str) -> Fetched {
        let page = self.browser.post_text(path, "multipart/form-data; boundary=x", body).await.unwrap();
        self.keep(path, &page);
        page
    }

    /// Fills in the steps of an application that are the same for everybody, and the connection as given.
    async fn fill(&mut self, path: &str, connection: &[(&str, &str)]) {
        let mut contacts = vec![("archivist_card".to_owned(), "90000000001".to_owned())];
        for role in ContactRole::ALL {
            for (part, text) in [("name", "Testi"), ("email", "t@esimerkki.test"), ("phone", "0401234567")] {
                contacts.push((format!("{role}_{part}"), text.to_owned()));
            }
        }
        let contacts: Vec<(&str, &str)> = contacts.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        let steps: [(&str, &[(&str, &str)]); 7] = [
            ("guidance", &[("start", "yes")]),
            ("access-points", connection),
            ("client-data", &[("email", "info@esimerkki.test")]),
            ("contacts", &contacts),
            ("billing", &[("business_id", "1234567-1"), ("address", "Katu 1")]),
            ("service-description", &[("accept", "yes")]),
            ("undertaking", &[("accept", "yes")]),
        ];
        for (step, form) in steps {
            let shown = self.browser.get(&format!("{path}/{step}")).await.unwrap();
            let Some(revision) = shown.hidden("revision") else { continue };
            let form: Vec<(&str, &str)> = form.iter().copied().chain([("revision", revision.as_str())]).collect();
            self.post(&format!("{path}/{step}"), &form).await;
        }
    }

    /// Sends an application with what its summary showed.
    async fn send(&mut self, path: &str) -> Fetched {
        let shown = self.get(&format!("{path}/summary")).await.hidden("shown").unwrap();
        self.post(&format!("{path}/send"), &[("shown", &shown), ("answer", "Konesali 1.")]).await
    }
}

/// A point of Lepola's own.
fn own(number: u8) -> Vec<(String, String)> {
    let nth = if number == 1 { String::new() } else { format!("_{number}") };
    let fields = [
        ("connection", "own".to_owned()),
        ("own_oid", format!("{LEPOLA}.13.{number}")),
        ("own_country", "SE".to_owned()),
        ("own_network", "private".to_owned()),
        ("own_dns", format!("kanta{number}.lepola.test")),
        ("own_addresses", format!("203.0.113.{number}")),
        ("system", "900001".to_owned()),
    ];
    fields.into_iter().map(|(name, text)| (format!("{name}{nth}"), text)).collect()
}

/// Every page in every state: each branch of each template is in one of them.
///
/// # Panics
/// When something cannot be reached.
pub async fn every_state(sandbox: &TestSandbox) -> Vec<State> {
    let mut seen = everywhere(sandbox).await;
    nobody_in_particular(sandbox, &mut seen).await;
    a_care_home(sandbox, &mut seen).await;
    lepola_and_the_clerk(sandbox, &mut seen).await;
    what_joined_organisations_keep(sandbox, &mut seen).await;
    suppliers_and_programs(sandbox, &mut seen).await;
    the_office(sandbox, &mut seen).await;
    long_names(sandbox, &mut seen).await;
    obligation::obliged(sandbox, &mut seen).await;
    seen
}

async fn nobody_in_particular(sandbox: &TestSandbox, pages: &mut Vec<State>) {
    let mut nobody = Visitor::new(sandbox, pages, "", "sv").await;
    nobody.get("/").await;
    let typed = nobody.post("/enrolment", &[("start", "2099-01-01")]).await;
    assert_eq!(typed.status, 401);
    let mut leo = Visitor::new(sandbox, pages, "leo-lepola", "fi").await;
    leo.get("/organisations?to=/home").await;
    leo.get("/organisations?q=koivu").await;
    leo.post("/sign-out", &[]).await;
}

/// A care home enrols, is blocked, attaches, and asks for one connection more.
async fn a_care_home(sandbox: &TestSandbox, pages: &mut Vec<State>) {
    let mut kirsi = Visitor::new(sandbox, pages, "kirsi-koivu", "fi").await;
    kirsi.get("/home").await;
    let enrolled =
        [("start", "2099-02-01"), ("name", "Kirsi Koivu"), ("email", "kirsi@koivu.test"), ("phone", "0401234567")];
    let home = kirsi.post("/enrolment", &enrolled).await;
    assert!(home.text.contains("1.9.2026") || home.text.contains("2026-09-01"), "the obligation's day is told");
    kirsi.get("/enrolment/end").await;
    let path = kirsi.post("/applications", &[("service", "social-client-data")]).await.address.path().to_owned();
    assert_eq!(kirsi.get(&format!("{path}/billing")).await.status, 404, "what is no step of it");
    let points = [
        ("connection", "existing"),
        ("existing_oid", "1.2.246.537.6.918.18.900077.13.4"),
        ("system", "900002"),
        ("signer", "own"),
        ("start", "2099-02-01"),
    ];
    let revision = kirsi.get(&format!("{path}/access-points")).await.hidden("revision").unwrap();
    let blocked: Vec<_> = points.into_iter().chain([("revision", revision.as_str())]).collect();
    let blocked = kirsi.post(&format!("{path}/access-points"), &blocked).await;
    let revision = blocked.hidden("revision").unwrap();
    let more: Vec<_> = points.into_iter().chain([("revision", revision.as_str()), ("more", "yes")]).collect();
    kirsi.post(&format!("{path}/access-points"), &more).await;
    kirsi.get(&path).await;
    kirsi.attach(&format!("{path}/attachments"), PDF).await;
    kirsi.attach(&format!("{path}/attachments"), &PDF.replace("%PDF", "none")).await;
    kirsi.get("/call?id=nobody-knows").await;
    kirsi.post("/check", &[("plan", "start = 2099-03-01\njoiner = \"1.2.246.10.99999028.10.0\"\n")]).await;
    kirsi.post("/check", &[("plan", include_str!("../../../../samples/plans/merger.toml"))]).await;
    kirsi.post("/check", &[("plan", "start = 1")]).await;
    // A tenant's list is typed in several lines; only a private provider has tenants.
    kirsi.get(&format!("{path}/model")).await;
}

/// Lepola applies with two points of its own abroad, is asked more, and is decided on by two.
async fn lepola_and_the_clerk(sandbox: &TestSandbox, pages: &mut Vec<State>) {
    let mut connection = own(1);
    connection.extend(own(2));
    connection.extend([("signer".to_owned(), "own".to_owned())]);
    let connection: Vec<(&str, &str)> = connection.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let mut leo = Visitor::new(sandbox, pages, "leo-lepola", "sv").await;
    leo.post("/organisations", &[("organisation", LEPOLA)]).await;
    let path = leo.post("/applications", &[("service", "patient-data")]).await.address.path().to_owned();
    leo.fill(&path, &connection).await;
    // All but what is signed: that is signed for many in one visit.
    for step in ["service-description", "undertaking"] {
        let revision = leo.get(&format!("{path}/{step}")).await.hidden("revision").unwrap();
        leo.post(&format!("{path}/{step}"), &[("revision", &revision), ("later", "yes")]).await;
    }
    leo.attach(&format!("{path}/attachments"), PDF).await;
    let ready = leo.get("/sign").await.text;
    let number = ready.split("name=\"number\"").nth(1).unwrap().split("value=\"").nth(1).unwrap();
    let number = number.split('"').next().unwrap().to_owned();
    leo.post("/sign", &[("accept", "yes"), ("number", &number)]).await;
    let mut kaisa = Visitor::new(sandbox, pages, "kaisa-kasittelija", "en").await;
    let office = format!("/office{path}");
    kaisa.post(&format!("{office}/note"), &[("words", "called")]).await;
    kaisa.get(&format!("{office}?left_out=1")).await;
    kaisa.post(&format!("{office}/ask"), &[("words", "Which hall?")]).await;
    let mut leo = Visitor::new(sandbox, pages, "leo-lepola", "fi").await;
    leo.post("/organisations", &[("organisation", LEPOLA)]).await;
    leo.get(&path).await;
    let changed = leo.post(&format!("{path}/send"), &[("shown", &"0".repeat(64)), ("answer", "Konesali 1.")]).await;
    assert_eq!(changed.status, 409);
    leo.send(&path).await;
    leo.get("/home").await;
    for (clerk, language, approve) in [("kaisa-kasittelija", "fi", "approve-first"), ("paula-palvelu", "sv", "approve")]
    {
        let mut clerk = Visitor::new(sandbox, pages, clerk, language).await;
        let hash = clerk.get(&office).await.hidden("effect").unwrap();
        let decided = clerk.post(&format!("{office}/{approve}"), &[("effect", &hash)]).await;
        assert_eq!(decided.status, 200, "{}", decided.text);
    }
}

/// What an organisation keeps true after it has joined.
async fn what_joined_organisations_keep(sandbox: &TestSandbox, pages: &mut Vec<State>) {
    let store = sandbox.app.store.write();
    for sql in [
        format!("UPDATE joiner_account SET confirmed_at = 0 WHERE joiner = '{LEPOLA}'"),
        "UPDATE address_check SET asked_at = 0, confirmed_at = NULL".to_owned(),
        format!(
            "DELETE FROM contact_role WHERE role = 'technical' AND contact_key IN (SELECT contact_key FROM contact WHERE joiner = '{LEPOLA}')"
        ),
    ] {
        sea_orm::ConnectionTrait::execute_unprepared(store, &sql).await.unwrap();
    }
    let mut leo = Visitor::new(sandbox, pages, "leo-lepola", "en").await;
    leo.post("/organisations", &[("organisation", LEPOLA)]).await;
    leo.get("/contacts").await;
    leo.get("/contacts/billing/patient-data").await;
    leo.get("/home").await;
    for (position, name, email) in [("", "A", "a@b.test"), ("reader", "", "a@b.test"), ("reader", "A", "no address")] {
        leo.post("/members", &[("position", position), ("name", name), ("email", email)]).await;
    }
    leo.post("/members", &[("position", "reader"), ("name", "Tiina"), ("email", "tiina@esimerkki.test")]).await;
    // An hour after the mandates were asked for, nothing binds.
    let long_ago = "UPDATE session SET data = replace(data, '\"mandates_at\":', '\"mandates_at\":-')";
    sea_orm::ConnectionTrait::execute_unprepared(store, long_ago).await.unwrap();
    let old = leo.post("/members", &[("position", "reader"), ("name", "A"), ("email", "a@b.test")]).await;
    assert!(old.text.contains("L-610"), "{}", old.text);
    let path = format!("/invitation/{}", sandbox.mails.invitation("tiina@esimerkki.test").await.unwrap());
    let mut tiina = Visitor::new(sandbox, pages, "tiina-tekniikka", "sv").await;
    tiina.get(&path).await;
}

/// A supplier brings many in; programs have keys; what is wrong is said.
async fn suppliers_and_programs(sandbox: &TestSandbox, pages: &mut Vec<State>) {
    let mut kirsi = Visitor::new(sandbox, pages, "kirsi-koivu", "en").await;
    kirsi.post("/delegations", &[("delegate", "nobody"), ("position", "reader")]).await;
    kirsi.post("/delegations", &[("delegate", "9999998-4"), ("position", "administrative")]).await;
    kirsi.post("/programs", &[("name", ""), ("position", "reader")]).await;
    kirsi.post("/programs", &[("name", "Ohjelma"), ("position", "reader")]).await;
    kirsi.post("/webhooks", &[("address", "no address")]).await;
    kirsi.post("/webhooks", &[("address", "https://203.0.113.5/hook")]).await;
    let mut veikko = Visitor::new(sandbox, pages, "veikko-valittaja", "fi").await;
    veikko.post("/organisations", &[("organisation", VALITTAJA)]).await;
    let sheet = |text: &str| {
        let part = |name: &str, text: &str| format!("--x\r\ncontent-disposition: form-data; {name}\r\n\r\n{text}\r\n");
        let file = "name=\"sheet\"; filename=\"a.csv\"\r\ncontent-type: text/csv";
        format!("{}{}--x--\r\n", part("name=\"name\"", "Kevät"), part(file, text))
    };
    veikko.attach("/campaigns", &sheet("customer,colour\nx,y\n")).await;
    let template = liitos_service::campaigns::template();
    veikko.attach("/campaigns", &sheet(&template)).await;
    veikko.get("/campaigns").await;
}

/// The operator's own pages: what is dead, what is wrong, what contradicts, what waits for somebody else.
async fn the_office(sandbox: &TestSandbox, pages: &mut Vec<State>) {
    let store = sandbox.app.store.write();
    let many = (0..51).map(|nth| format!("('1.2.246.10.{nth}', 'social-client-data', {nth}, '{{}}', 0, 'x', 'x')"));
    let many = many.collect::<Vec<_>>().join(", ");
    for sql in [
        format!("INSERT INTO enrolment (joiner, service, start_at, form, enrolled_at, enrolled_by, person) VALUES {many}"),
        "UPDATE job SET state = 'failed', last_error = '550' WHERE kind IN ('mail', 'sms')".to_owned(),
        "INSERT INTO job (kind, payload, state, attempts, run_at, created_at) SELECT kind, payload, 'failed', 1, 0, 0 FROM job WHERE kind = 'mail'".to_owned(),
        "INSERT INTO job (kind, payload, state, attempts, run_at, created_at) SELECT kind, payload, 'failed', 1, 0, 0 FROM job WHERE kind = 'mail'".to_owned(),
    ] {
        sea_orm::ConnectionTrait::execute_unprepared(store, &sql).await.unwrap();
    }
    let mut paula = Visitor::new(sandbox, pages, "paula-palvelu", "en").await;
    paula.get(&format!("/call?id={}", refused_call(sandbox).await)).await;
    paula.get("/office/enrolments").await;
    paula.get("/office/enrolments?page=1").await;
    paula.get("/office/messages?dead=only").await;
    paula.post("/office/programs", &[("name", ""), ("position", "case-handler")]).await;
    paula.post("/office/programs", &[("name", "Ohjelma"), ("position", "case-handler")]).await;
    paula.post("/office/directory/by-hand", &[("change", "{"), ("reason", "x")]).await;
    // An access point ends that others use whom the change does not name.
    let used = liitos_domain::identifier::AccessPointOid::parse(tour::ACCESS_POINT).unwrap();
    let used = liitos_store::directory::access_point(sandbox.app.store.read(), &used).await.unwrap();
    let ends = serde_json::json!({ "access_points_ended": [[used.first().unwrap(), "2099-06-01"]] }).to_string();
    let proposed = paula.post("/office/directory/by-hand", &[("change", &ends), ("reason", "test")]).await;
    assert!(proposed.text.contains(HUS), "{}", proposed.text);
    paula.get("/office/directory").await;
    let signer = [("joiner", HUS), ("reason", "test"), ("certificate", sandbox.pki.signer.certificate_pem.as_str())];
    paula.post("/office/signers", &signer).await;
    let agreed = [
        ("joiner", HUS),
        ("supplier", "1.2.246.537.6.918.18.900001"),
        ("system", "900001"),
        ("reference", "D-12/2026"),
    ];
    paula.post("/office/agreements", &agreed).await;
    let mut reijo = Visitor::new(sandbox, pages, "reijo-rekisteri", "fi").await;
    reijo.get("/office/directory/proposals/2").await;
    drop(reijo);
    changes(sandbox, pages).await;
    notifications(sandbox, pages).await;
    deployment_tests::tested(sandbox, pages).await;
    moves::moved(sandbox, pages).await;
    runs(sandbox, pages).await;
}

/// Enters a change of the directory that nobody asked for.
async fn entered(sandbox: &TestSandbox, effect: &Effect) {
    let tx = sandbox.app.store.begin().await.unwrap();
    let origin = Origin { basis: Basis::Other("test".into()), author: "test".into(), approver: "test".into() };
    directory::record(&tx, effect, &effect.hash().unwrap(), &origin, sandbox.app.now()).await.unwrap();
    tx.commit().await.unwrap();
}

/// A notification whose day has been: time does not go by here.
async fn over(sandbox: &TestSandbox, number: &str) {
    use liitos_store::notifications;
    let tx = sandbox.app.store.begin().await.unwrap();
    let held = notifications::find(tx.connection(), number).await.unwrap().unwrap();
    let (day, version) = (Some(sandbox.app.now().plus_days(-1)), Some(1));
    let over = notifications::Notification { course: Course::Approved, day, version, ..held };
    assert!(notifications::keep(&tx, &over).await.unwrap());
    tx.commit().await.unwrap();
}

/// Each kind of notification begun, filled in wrong and right, sent, given back, approved and taken back.
async fn notifications(sandbox: &TestSandbox, pages: &mut Vec<State>) {
    let mut helena = Visitor::new(sandbox, pages, "helena-hallinto", "sv").await;
    helena.browser.post("/organisations", &[("organisation", HUS)]).await.unwrap();
    for kind in Kind::ALL.iter().filter(|kind| **kind != Kind::Intermediary) {
        let begun = helena.post("/notifications", &[("kind", kind.code())]).await;
        assert!(begun.text.contains("name=\"day\""), "{kind}: {}", begun.text);
        let path = begun.address.path().to_owned();
        let wrong = helena.post(&path, &[("revision", "1"), ("day", "x")]).await;
        assert!(wrong.status == 422 && wrong.text.contains("href=\"#day\""), "{kind}: {}", wrong.text);
    }
    let path = helena.post("/notifications", &[("kind", "link")]).await.address.path().to_owned();
    let right = [
        ("revision", "1"),
        ("point", tour::ACCESS_POINT),
        ("own_country", "FI"),
        ("own_network", "private"),
        ("own_dns", "kanta.hus.test"),
        ("own_addresses", "203.0.113.40"),
        ("day", "2099-01-01"),
    ];
    let ahead = helena.post(&path, &right).await;
    assert!(ahead.text.contains("id=\"ahead\""), "{}", ahead.text);
    let stale = helena.post(&path, &right).await;
    assert_eq!(stale.status, 409, "somebody was faster");
    let end = helena.post("/notifications", &[("kind", "termination")]).await.address.path().to_owned();
    let grounds = [("revision", "1"), ("grounds", "activity-ends"), ("day", "2099-01-01")];
    helena.post(&end, &grounds).await;
    over(sandbox, end.strip_prefix("/notifications/").unwrap()).await;
    assert!(!helena.get(&end).await.text.contains(&format!("{end}/report\"")));
    assert_eq!(liitos_service::notifications::report_ended(&sandbox.app).await.unwrap(), 1);
    assert!(helena.get(&end).await.text.contains(&format!("{end}/report\"")));
    helena.get("/notifications").await;
    let shown = helena.get(&path).await;
    let Some(hash) = shown.hidden("effect") else { panic!("it cannot be sent: {}", shown.text) };
    helena.post(&format!("{path}/send"), &[("effect", &hash)]).await;
    drop(helena);
    let mut paula = Visitor::new(sandbox, pages, "paula-palvelu", "fi").await;
    paula.get("/office/notifications").await;
    let office = format!("/office{path}");
    let waits = paula.get(&office).await;
    paula.post(&format!("{office}/give-back"), &[("reason", "")]).await;
    paula.post(&format!("{office}/approve"), &[("effect", &waits.hidden("effect").unwrap())]).await;
    drop(paula);
    let mut helena = Visitor::new(sandbox, pages, "helena-hallinto", "en").await;
    helena.browser.post("/organisations", &[("organisation", HUS)]).await.unwrap();
    let scheduled = helena.get(&path).await;
    assert!(scheduled.text.contains("/withdraw\""), "{}", scheduled.text);
    let back = helena.post(&format!("{path}/withdraw"), &[("reason", "not after all")]).await;
    assert!(!back.text.contains("/withdraw\""), "{}", back.text);
}

/// A change that the operator plans, as its party sees it, and one of the party's own; at its address, and withdrawn.
async fn changes(sandbox: &TestSandbox, pages: &mut Vec<State>) {
    let mut paula = Visitor::new(sandbox, pages, "paula-palvelu", "sv").await;
    let into = "1.2.246.10.99999984.10.0";
    let merger = [("title", "Två blir en"), ("day", "2099-01-01"), ("joiners", HUS), ("into", into)];
    let address = paula.post("/office/changes/new/merger", &merger).await.address.path().to_owned();
    let exact = paula.get(&format!("{address}/effect")).await;
    assert!(exact.text.contains("class=\"effect\""), "{}", exact.text);
    paula.get("/office/changes").await;
    drop(paula);
    let mut helena = Visitor::new(sandbox, pages, "helena-hallinto", "fi").await;
    helena.browser.post("/organisations", &[("organisation", HUS)]).await.unwrap();
    let wrong = [("day", "x"), ("joiners", "1.2"), ("units", "a b")];
    let told = helena.post("/changes/new/merger", &wrong).await;
    assert!(told.status == 422 && told.text.contains("href=\"#units\""), "{}", told.text);
    let itself = [("title", "Sama"), ("day", "2099-01-01"), ("from", HUS), ("to", HUS)];
    assert_eq!(helena.post("/changes/new/renumbered", &itself).await.status, 422);
    let own = address.replacen("/office", "", 1);
    let asked = helena.get(&own).await;
    assert!(asked.text.contains("/agree\"") && !asked.text.contains("/share\""), "{}", asked.text);
    let agreed = helena.post(&format!("{own}/agree"), &[]).await;
    assert!(!agreed.text.contains("/agree\"") && agreed.text.contains("/share\""), "{}", agreed.text);
    let shared = helena.post(&format!("{own}/share"), &[]).await;
    let secret = shared.text.split("/shared/").nth(1).and_then(|rest| rest.split('<').next()).unwrap().to_owned();
    helena.post(&format!("{own}/check"), &[]).await;
    let ending = [("title", "Loppu"), ("day", "2099-01-01"), ("joiner", HUS)];
    let hindered = helena.post("/changes/new/ending", &ending).await;
    assert!(hindered.text.contains("id=\"obstacles\""), "{}", hindered.text);
    let said = hindered.text.split("/tasks/").nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned();
    let ending = hindered.address.path().to_owned();
    helena.post(&format!("{ending}/tasks/{said}"), &[("done", "yes"), ("words", "raportti 12")]).await;
    helena.post(&format!("{ending}/tasks/{said}"), &[("done", "yes"), ("words", "")]).await;
    helena.post(&format!("{ending}/move"), &[("day", "2098-01-01")]).await;
    helena.post(&format!("{ending}/move"), &[("day", "1998-01-01")]).await;
    helena.post(&format!("{ending}/withdraw"), &[("reason", "ei sittenkään")]).await;
    assert_eq!(helena.browser.get(&format!("{own}/calendar")).await.unwrap().status, 200);
    drop(helena);
    let mut paula = Visitor::new(sandbox, pages, "paula-palvelu", "en").await;
    let shown = paula.get(&address).await;
    assert!(shown.text.contains("/withdraw\"") && shown.text.contains("<svg"), "{}", shown.text);
    paula.browser.post("/sign-out", &[]).await.unwrap();
    assert!(paula.get(&format!("/shared/{secret}")).await.text.contains("<svg"));
    assert_eq!(paula.browser.get(&format!("/shared/{secret}/calendar")).await.unwrap().status, 200);
    assert_eq!(paula.get("/shared/guessed").await.status, 404);
}

/// A controller update run, from its order to its reversal.
async fn runs(sandbox: &TestSandbox, pages: &mut Vec<State>) {
    let app = &sandbox.app;
    let mut paula = Visitor::new(sandbox, pages, "paula-palvelu", "en").await;
    paula.get("/office/runs").await;
    paula.post("/office/runs/new", &[("run_kind", "x"), ("units", "y"), ("day", "2099-01-01")]).await;
    let tomorrow = app.now().plus_days(1).midnight();
    let day = tomorrow.civil().date().to_string();
    let order = |day: &'static str| {
        [
            ("from_controller", "1.2.246.537.10.15675350.19.0"),
            ("to_controller", "1.2.246.10.99999984.19.0"),
            ("run_kind", "successor"),
            ("apart", "accept"),
            ("basis", "merger"),
            ("hours_after", "1"),
            ("day", day),
        ]
    };
    paula.post("/office/runs/days", &[("day", &day)]).await;
    paula.post("/office/runs/new", &order("2099-01-01")).await;
    let mut right = order("").to_vec();
    right.retain(|(name, _)| *name != "day");
    right.push(("day", &day));
    let address = paula.post("/office/runs/new", &right).await.address.path().to_owned();
    let looked = paula.get(&address).await.hidden("looked").unwrap();
    paula.post(&format!("{address}/approve"), &[("looked", &looked)]).await;
    drop(paula);
    prioritised(sandbox, pages, &address).await;
    own_runs(sandbox, pages, "fi").await;
    // Its moment comes.
    let store = app.store.write();
    let run = async |sql: String| {
        sea_orm::ConnectionTrait::execute_unprepared(store, &format!("UPDATE controller_run SET {sql}")).await.unwrap();
    };
    let (then, now) = (tomorrow.as_micros(), app.now().as_micros());
    run(format!("order_body = replace(order_body, '{then}', '{now}')")).await;
    liitos_service::controller_runs::switch_due(app).await.unwrap();
    while liitos_service::controller_runs::carry_through(app, liitos_service::controller_runs::CHUNK).await.unwrap() {}
    let mut paula = Visitor::new(sandbox, pages, "paula-palvelu", "sv").await;
    // Carried through, held up, and come to its end with something that is not there.
    let ended = [("switched", true), ("paused", true), ("paused", false), ("done", true)];
    for (state, complete) in ended {
        let said = format!("replace(report, 'complete\\\":{}', 'complete\\\":{complete}')", !complete);
        run(format!("state = '{state}', report = {said}")).await;
        paula.get(&address).await;
    }
    paula.post(&format!("{address}/reverse"), &[("reason", "wrong")]).await;
    paula.post(&format!("{address}/keep"), &[]).await;
    drop(paula);
    own_runs(sandbox, pages, "sv").await;
    let mut paula = Visitor::new(sandbox, pages, "paula-palvelu", "en").await;
    paula.post(&format!("{address}/reverse"), &[("reason", "wrong")]).await;
    drop(paula);
    let mut reijo = Visitor::new(sandbox, pages, "reijo-rekisteri", "fi").await;
    reijo.get(&address).await;
    reijo.post(&format!("{address}/reverse"), &[("reason", "wrong")]).await;
}

/// Its documents are looked at, it is to go later than others, and two approve it anew.
async fn prioritised(sandbox: &TestSandbox, pages: &mut Vec<State>, address: &str) {
    let mut reijo = Visitor::new(sandbox, pages, "reijo-rekisteri", "fi").await;
    // More documents than a page shows, for as long as it is shown.
    let store = sandbox.app.store.write();
    let one = "(SELECT max(d.document_id) FROM archive_document d JOIN archive_cell c ON c.cell_key = d.cell
                WHERE c.controller = '1.2.246.537.10.15675350.19.0')";
    sea_orm::ConnectionTrait::execute_unprepared(store, &copied(Database::Sqlite, one, 101)).await.unwrap();
    assert!(reijo.get(&format!("{address}/documents?which=all")).await.text.contains("after="));
    let gone = "DELETE FROM archive_document WHERE signature_hash LIKE 'copied%'";
    sea_orm::ConnectionTrait::execute_unprepared(store, gone).await.unwrap();
    reijo.post(&format!("{address}/priority"), &[("priority", "3")]).await;
    let looked = reijo.get(address).await.hidden("looked").unwrap();
    reijo.post(&format!("{address}/approve"), &[("looked", &looked)]).await;
    drop(reijo);
    let mut paula = Visitor::new(sandbox, pages, "paula-palvelu", "sv").await;
    paula.get(&format!("{address}/documents")).await;
    paula.post(&format!("{address}/approve"), &[("looked", &looked)]).await;
    paula.get("/office/runs").await;
}

/// The same as the one sees it who gives.
async fn own_runs(sandbox: &TestSandbox, pages: &mut Vec<State>, language: &'static str) {
    let mut helena = Visitor::new(sandbox, pages, "helena-hallinto", language).await;
    helena.browser.post("/organisations", &[("organisation", HUS)]).await.unwrap();
    helena.get("/home").await;
    assert!(helena.get("/runs").await.text.contains("<progress") || language == "fi");
}

/// Names as long as a register may have them, in one word and in many.
async fn long_names(sandbox: &TestSandbox, pages: &mut Vec<State>) {
    let word = format!("Hyvinvointi{}", "kuntayhtymäpalvelukeskus".repeat(8));
    let many = "Etelä-Esimerkkimaan hyvinvointialueen sosiaali- ja terveyspalvelujen ".repeat(4);
    for (name, long) in [("Hoivakoti Koivu Oy", word.as_str()), ("Lääkäriasema Lepola Oy", many.trim())] {
        let renamed = format!("UPDATE register_entry SET name = '{long}' WHERE name = '{name}'");
        sea_orm::ConnectionTrait::execute_unprepared(sandbox.app.store.write(), &renamed).await.unwrap();
    }
    let mut kirsi = Visitor::new(sandbox, pages, "kirsi-koivu", "fi").await;
    let home = kirsi.get("/home").await;
    assert!(home.text.contains(&word), "{}", home.text);
    for path in ["/enrolment", "/contacts", "/members", "/programs", "/timeline", "/connection", "/log"] {
        kirsi.get(path).await;
    }
    let mut leo = Visitor::new(sandbox, pages, "leo-lepola", "sv").await;
    leo.get("/organisations").await;
    leo.post("/organisations", &[("organisation", LEPOLA)]).await;
    for path in ["/home", "/connection", "/timeline", "/sign", "/contacts"] {
        leo.get(path).await;
    }
    let mut paula = Visitor::new(sandbox, pages, "paula-palvelu", "en").await;
    for path in ["/office?show=all", "/office/directory", "/office/enrolments", "/office/report", "/office/messages"] {
        paula.get(path).await;
    }
    for application in 1..=6 {
        let page = paula.browser.get(&format!("/office/applications/2026-{application}")).await.unwrap();
        if page.status == 200 {
            paula.keep(&format!("long names {application}"), &page);
        }
    }
}

/// A gateway tells of a call that it refused; the decision's id.
async fn refused_call(sandbox: &TestSandbox) -> &'static str {
    let id = "7QK3-88F2";
    let seen = SeenCall {
        at: sandbox.app.now(),
        decision: Some(id.to_owned()),
        certificate: Sha256Hash::of(b"certificate"),
        access_point: None,
        source: None,
        represented: None,
        joiner: None,
        service: None,
        operation: None,
        refused: Some(RefusalCode::NotServed),
        place: "path".to_owned(),
        version: None,
        stands_for: 1,
        system: None,
        message: None,
        behind: Vec::new(),
    };
    liitos_service::directory::calls::take(&sandbox.app, &Sha256Hash::of(b"gateway"), &[seen]).await.unwrap();
    id
}
