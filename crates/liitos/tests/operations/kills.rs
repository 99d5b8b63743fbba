//! Every operation that changes more than one table, killed at each table in turn: nothing of it stays, and done again it is
//! done once.

use crate::applications::{LEPOLA, filled_in, form, save, shown_effect};
use crate::archive::{HUS, door, opened};
use crate::on_both;
use liitos::made::Variation;
use liitos::sandbox::samples::SIGNER;
use liitos_domain::Interval;
use liitos_domain::application::Step;
use liitos_domain::directory::{Closing, Stage};
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::register::RegisterKind;
use liitos_domain::{Oid, Position, Service, StaffRole};
use liitos_service::archive::{StoredHow, store_document};
use liitos_service::contacts::{SaveContact, Saved};
use liitos_service::directory::shut::shut;
use liitos_service::directory::{overview, proposal, verify};
use liitos_service::members::{self, Grant};
use liitos_service::messages::{self, Fate};
use liitos_service::{
    ServiceError, agreements, applications, contacts, delegations, enrolments, programs, registers, signers, webhooks,
};
use liitos_store::audit;
use liitos_testkit::fault::{break_table, contents, mend_table};
use liitos_testkit::{Database, TestApp, TestSandbox, case_handler, member_of, second_registrar};
use liitos_texts::Language;
use std::process::{Command, Stdio};
use std::time::Duration;

/// What is written beside an operation once it is done, and is no part of it.
const BESIDE: &str = "certificate";

/// Kills an operation at each of the tables that it changes, then lets it through; these must be all its tables.
pub(crate) async fn survives<T>(
    test: &TestApp,
    tables: &[&str],
    mut operation: impl AsyncFnMut() -> Result<T, ServiceError>,
) -> T {
    let store = &test.app.store;
    let before = contents(store).await;
    for table in tables {
        break_table(store, table).await;
        assert!(operation().await.is_err(), "killed at {table}");
        mend_table(store, table).await;
        assert!(contents(store).await == before, "something stayed of what was killed at {table}");
    }
    let done = operation().await.unwrap();
    let after = contents(store).await;
    let changed = after.keys().map(String::as_str).filter(|table| after[*table] != before[*table]);
    let changed: Vec<&str> = changed.filter(|table| *table != BESIDE).collect();
    let mut expected = tables.to_vec();
    expected.sort_unstable();
    assert_eq!(changed, expected);
    assert_eq!(audit::first_break(store.read()).await.unwrap(), None);
    done
}

on_both!(an_application, application);

async fn application(database: Database) {
    let test = TestApp::start(database).await;
    let (app, actor, staff) = (&test.app, member_of(LEPOLA), case_handler());
    let begin = async || applications::begin(app, &actor, Service::Prescription, None, Language::Fi).await;
    survives(&test, &["application", "application_event", "audit_event"], begin).await;
    let number = filled_in(&test, &actor, Service::Prescription).await;
    let billing = form(&[("business_id", "9999903-6"), ("address", "Lepokatu 3")]);
    let edit = async || save(&test, &actor, &number, Step::Billing, 1, billing.clone()).await;
    survives(&test, &["application_step", "application_change", "audit_event"], edit).await;
    let sign = async || save(&test, &actor, &number, Step::Undertaking, 1, form(&[("accept", "yes")])).await;
    survives(&test, &["application_step", "application_change", "acceptance", "audit_event"], sign).await;
    let send = async || applications::send(app, &actor, &number, Default::default()).await;
    survives(&test, &["application", "application_event", "address_check", "audit_event", "job"], send).await;
    let shown = shown_effect(&test, &number).await;
    let tables = [
        "directory_change",
        "directory_concerned",
        "directory_leaf",
        "directory_joiner",
        "directory_access_point",
        "directory_right",
        "application",
        "application_event",
        "contact",
        "contact_role",
        "contact_change",
        "joiner_account",
        "joiner_billing",
        "sealed_copy",
        "job",
        "audit_event",
    ];
    survives(&test, &tables, async || applications::approve(app, &staff, &number, &shown, &Default::default()).await)
        .await;
}

on_both!(a_contact, contact);

async fn contact(database: Database) {
    let test = TestApp::start(database).await;
    let (app, actor) = (&test.app, member_of(LEPOLA));
    let pairs =
        [("name", "Uusi"), ("email", "uusi@lepola.test"), ("phone", "0507654321"), ("holds", "technical fault")];
    let saving = |key, revision, holds: &str| {
        let mut form = form(&pairs);
        form.0.insert("holds".into(), holds.into());
        SaveContact { key, revision, form, language: Language::Fi }
    };
    let tables = ["contact", "contact_role", "contact_change", "address_check", "job", "audit_event"];
    let add = async || contacts::save(app, &actor, saving(None, 0, "technical fault")).await;
    let Saved::Kept(key) = survives(&test, &tables, add).await else { unreachable!() };
    let tables = ["contact", "contact_role", "contact_change", "audit_event"];
    let change = async || contacts::save(app, &actor, saving(Some(key), 1, "technical")).await;
    survives(&test, &tables, change).await;
    messages::deliver_due(app).await.unwrap();
    let secret = test.mailbox.all().pop().unwrap().secret.unwrap();
    survives(&test, &["address_check"], async || contacts::prove(app, &secret).await).await;
    let ticket = test.mailbox.tickets().pop().unwrap();
    let bounced = async || messages::receipt(app, &ticket, Fate::Undelivered("gone".into())).await;
    survives(&test, &["job", "address_check", "notice"], bounced).await;
    survives(&test, &tables, async || contacts::remove(app, &actor, key, 2).await).await;
}

on_both!(programs_and_suppliers, suppliers);

async fn suppliers(database: Database) {
    let test = TestApp::start(database).await;
    let (app, actor) = (&test.app, member_of(LEPOLA));
    let add = async || programs::add(app, &actor, "x", Position::Reader).await;
    let key = survives(&test, &["program", "audit_event"], add).await.key;
    survives(&test, &["program", "audit_event"], async || programs::end(app, &actor, key).await).await;
    let desk = async || programs::add_operators(app, &case_handler(), "x", StaffRole::CaseHandler).await;
    let key = survives(&test, &["program", "audit_event"], desk).await.key;
    let end = async || programs::end_operators(app, &case_handler(), key).await;
    survives(&test, &["program", "audit_event"], end).await;
    let grant = async || delegations::grant(app, &actor, "9999998-4", Position::Reader).await;
    let key = survives(&test, &["delegation", "audit_event"], grant).await;
    survives(&test, &["delegation", "audit_event"], async || delegations::end(app, &actor, key).await).await;
    let said = form(&[("start", "2099-01-01"), ("name", "A"), ("email", "a@b.test"), ("phone", "0401234567")]);
    let koivu = member_of("1.2.246.10.99999028.10.0");
    let enrol = async || enrolments::enrol(app, &koivu, Service::SocialClientData, said.clone()).await;
    assert_eq!(survives(&test, &["enrolment", "audit_event"], enrol).await, []);
    let end = async || enrolments::end(app, &koivu, Service::SocialClientData).await;
    survives(&test, &["enrolment", "audit_event"], end).await;
    let hook = async || webhooks::add(app, &actor, "https://hooks.example/").await;
    let key = survives(&test, &["webhook", "audit_event"], hook).await.key;
    survives(&test, &["webhook", "audit_event"], async || webhooks::end(app, &actor, key).await).await;
    let confirm = async || contacts::confirm(app, &actor).await;
    assert!(confirm().await.is_err(), "nothing is kept of who has not joined");
}

on_both!(a_rejection, rejection);

async fn rejection(database: Database) {
    let test = TestApp::start(database).await;
    let (app, actor) = (&test.app, member_of(LEPOLA));
    let number = filled_in(&test, &actor, Service::PatientData).await;
    applications::send(app, &actor, &number, Default::default()).await.unwrap();
    let reject = async || applications::reject(app, &case_handler(), &number, "incomplete").await;
    let ask = async || applications::ask_more(app, &case_handler(), &number, "which?").await;
    let decided = ["application", "application_event", "job", "audit_event"];
    survives(&test, &decided, ask).await;
    let attach = async || applications::attach(app, &actor, &number, "a.pdf", b"%PDF-1.7".to_vec()).await;
    let file = survives(&test, &["application_attachment", "audit_event"], attach).await;
    let detach = async || applications::detach(app, &actor, &number, file).await;
    survives(&test, &["application_attachment", "audit_event"], detach).await;
    applications::send(app, &actor, &number, Default::default()).await.unwrap();
    let assign = async || applications::assign(app, &case_handler(), &number).await;
    survives(&test, &["application", "audit_event"], assign).await;
    let note = async || applications::note(app, &case_handler(), &number, "called").await;
    survives(&test, &["application_note", "audit_event"], note).await;
    survives(&test, &decided, reject).await;
    let number = applications::begin(app, &actor, Service::PatientData, None, Language::Fi).await.unwrap();
    let withdraw = async || applications::withdraw(app, &actor, &number).await;
    survives(&test, &["application", "application_event", "audit_event"], withdraw).await;
}

on_both!(a_granted_position, position);

async fn position(database: Database) {
    let test = TestApp::start(database).await;
    let (app, actor, invited) = (&test.app, member_of(LEPOLA), member_of("1.2.246.10.99999028.10.0"));
    let invite = || Grant {
        position: Position::Reader,
        name: "Testi Henkilö".into(),
        email: "testi@esimerkki.test".into(),
        language: Language::Fi,
    };
    let grant = async || members::grant(app, &actor, invite()).await;
    let key = survives(&test, &["member", "job", "audit_event"], grant).await;
    liitos_service::messages::deliver_due(app).await.unwrap();
    let mail = test.mailbox.all().pop().unwrap();
    let secret = mail.secret.unwrap();
    // What only the recipient may see went with the mail and is kept nowhere.
    assert!(!contents(&app.store).await["job"].concat().contains(&secret));
    assert!(members::accept(app, &case_handler(), &secret).await.is_err(), "the operator's staff acts for nobody");
    survives(&test, &["member", "audit_event"], async || members::accept(app, &invited, &secret).await).await;
    survives(&test, &["member", "audit_event"], async || members::end(app, &actor, key).await).await;
}

on_both!(a_document_and_its_signer, document);

async fn document(database: Database) {
    let (test, signer) = opened(database).await;
    let (app, staff, hus) = (&test.app, case_handler(), Oid::parse(HUS).unwrap());
    let register = async || signers::register(app, &staff, &hus, SIGNER, "test").await;
    survives(&test, &["legacy_signer", "audit_event"], register).await;
    let key = signers::list(app, &staff).await.unwrap()[0].key;
    survives(&test, &["legacy_signer", "audit_event"], async || signers::withdraw(app, &staff, key).await).await;
    let new = agreements::NewAgreement {
        joiner: hus.clone(),
        supplier: Oid::parse("1.2.246.537.6.918.18.900001").unwrap(),
        system: "900001".into(),
        reference: "test".into(),
    };
    let agree = async || agreements::agree(app, &staff, new.clone()).await;
    survives(&test, &["signing_agreement", "audit_event"], agree).await;
    let key = agreements::list(app, &staff).await.unwrap()[0].key;
    survives(&test, &["signing_agreement", "audit_event"], async || agreements::end(app, &staff, key).await).await;
    let signed = Variation::with_new_ids(1, 1).unwrap().signed_by(&signer, app.now()).unwrap();
    let message = signed.message().unwrap();
    let point = format!("{HUS}.13.2");
    let store = async || store_document(app, &door(&point), message.as_bytes()).await;
    // What is only kept to warn of a certificate's end fails no message.
    let another = Variation::with_new_ids(1, 2).unwrap().signed_by(&signer, app.now()).unwrap().message().unwrap();
    break_table(&app.store, BESIDE).await;
    let stored = store_document(app, &door(&point), another.as_bytes()).await.unwrap();
    mend_table(&app.store, BESIDE).await;
    assert_eq!(stored.how, StoredHow::New);
    assert_eq!(
        survives(&test, &["message", "archive_document", "archive_body", "archive_use"], store).await.how,
        StoredHow::New
    );
    let point = AccessPointOid::parse(&point).unwrap();
    let right = (&hus, Service::PatientData, &point);
    let close = async || proposal::propose_close(app, &staff, right, "test").await;
    let number = survives(&test, &["directory_proposal", "audit_event"], close).await;
    let second = second_registrar();
    let shown = proposal::look(app, &second, number).await.unwrap().0.hash;
    let tables = [
        "directory_change",
        "directory_concerned",
        "directory_leaf",
        "directory_right",
        "directory_proposal",
        "notice",
        "audit_event",
    ];
    survives(&test, &tables, async || proposal::approve(app, &second, number, &shown).await).await;
}

on_both!(a_closing_and_a_return, closing_and_return);

async fn closing_and_return(database: Database) {
    let (test, _) = opened(database).await;
    let (app, staff) = (&test.app, case_handler());
    let other = second_registrar();
    let before = overview(app, &staff, "").await.unwrap().version;
    let joiner = Oid::parse(HUS).unwrap();
    let closing = Closing {
        joiner: Some(joiner),
        reason: "test".into(),
        ..Closing::everything(Stage::Closed, Interval::new(app.now(), Some(app.now().plus_days(1))))
    };
    let tables =
        ["directory_change", "directory_concerned", "directory_leaf", "directory_closing", "job", "audit_event"];
    survives(&test, &tables, async || shut(app, &staff, closing.clone()).await).await;
    let propose = async || proposal::propose_return(app, &staff, before, "test", None).await;
    let number = survives(&test, &["directory_proposal", "audit_event"], propose).await;
    let shown = proposal::look(app, &other, number).await.unwrap().0.hash;
    let tables = [
        "directory_change",
        "directory_concerned",
        "directory_leaf",
        "directory_closing",
        "directory_proposal",
        "job",
        "audit_event",
    ];
    survives(&test, &tables, async || proposal::approve(app, &other, number, &shown).await).await;
    assert_eq!(verify(&app.store, &[], &[]).await.unwrap().broken, []);
}

on_both!(a_register_import, import);

async fn import(database: Database) {
    let test = TestApp::start(database).await;
    let sample = include_str!("../../../../samples/registers/intermediaries.csv");
    let renamed = sample.replace("Välittäjä Oy;9999998-4", "Välittäjä Oyj;9999998-4");
    let import = async || {
        let file = registers::File::new("file.csv", renamed.as_bytes());
        registers::import(&test.app, "test", RegisterKind::Intermediaries, file, &mut |_, _| ()).await
    };
    // A register's change may change whose units are whose, so the directory gets a new version too.
    let tables = [
        "register_entry",
        "register_import",
        "directory_change",
        "directory_concerned",
        "directory_leaf",
        "audit_event",
    ];
    let report = survives(&test, &tables, import).await;
    assert_eq!((report.counts.changed, report.counts.unchanged), (1, 1));
}

/// A real process, killed later and later until it lives to its end: the register is empty or whole, never in between.
#[tokio::test(flavor = "multi_thread")]
async fn an_importing_process() {
    let sandbox = TestSandbox::start(Database::Sqlite).await;
    let text = std::fs::read_to_string(sandbox.folder.join("liitos.toml")).unwrap();
    let url = text.lines().find(|line| line.starts_with("url = ")).unwrap();
    let database = format!("sqlite:{}", sandbox.folder.join("killed.db").display());
    let config = sandbox.folder.join("killed.toml");
    std::fs::write(&config, text.replace(url, &format!("url = \"{database}\""))).unwrap();
    let command = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_liitos"));
        command.args(words).arg("--config").arg(&config).stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    assert!(command(&["migrate"]).status().unwrap().success());
    let store = liitos_store::Store::connect(&database).await.unwrap();
    let expected = liitos_store::registers::count(sandbox.app.store.read(), RegisterKind::Sote).await.unwrap();
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/../../samples/registers/sote.xml");
    let mut killed = 0;
    for pause in (0..).step_by(10) {
        let mut child = command(&["register", "import", "--kind", "sote", sample]).spawn().unwrap();
        tokio::time::sleep(Duration::from_millis(pause)).await;
        let ended = child.try_wait().unwrap();
        child.kill().unwrap();
        let code = child.wait().unwrap().code();
        let count = liitos_store::registers::count(store.read(), RegisterKind::Sote).await.unwrap();
        assert!(count == 0 || count == expected, "{count} of {expected} entries");
        assert_eq!(audit::first_break(store.read()).await.unwrap(), None);
        if ended.is_some() {
            assert_eq!((code, count), (Some(1), expected), "rows of the sample are refused, the others are in");
            break;
        }
        killed += 1;
    }
    assert!(killed > 0);
}
