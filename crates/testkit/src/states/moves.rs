//! Moves, from the form to the report, as each who has to do with one sees them.

use super::{HUS, State, VALITTAJA, Visitor, entered};
use crate::TestSandbox;
use liitos::sandbox::tour;
use liitos_domain::Interval;
use liitos_domain::directory::{AccessPoint, Effect, Right};
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::moves::{Course, Halt, LeftOut};
use liitos_service::moves::Move;
use liitos_store::moves::Becomes;
use liitos_store::{directory, moves};

/// A hospital is moved to an intermediary's access point: written wrong and right, answered both ways, decided on, halted, gone on, gone back, over.
pub(super) async fn moved(sandbox: &TestSandbox, pages: &mut Vec<State>) {
    let rows = directory::rows(sandbox.app.store.read(), u64::MAX >> 1).await.unwrap();
    let held = |point: &&AccessPoint| point.oid.as_str() == tour::ACCESS_POINT;
    let like = rows.access_points.iter().find(held).unwrap().clone();
    let oid = AccessPointOid::parse(&format!("{VALITTAJA}.13.9")).unwrap();
    let valid = Interval::from(sandbox.app.now());
    let point = AccessPoint { administrator: oid.administrator(), oid: oid.clone(), valid, ..like };
    let closed = rows.rights.into_iter().find(|right| right.joiner.as_str() == HUS).unwrap();
    let right = Right { valid, ..closed };
    let opened = Effect { rights_opened: vec![right.clone()], access_points_opened: vec![point], ..Effect::default() };
    entered(sandbox, &opened).await;
    let path = written(sandbox, pages, oid.as_str()).await;
    answered(sandbox, pages, &path).await;
    decided(sandbox, pages, &path).await;
    ended(sandbox, pages, &path).await;
    entered(sandbox, &Effect { rights_closed: vec![(right, sandbox.app.now())], ..Effect::default() }).await;
}

async fn written(sandbox: &TestSandbox, pages: &mut Vec<State>, to: &str) -> String {
    let mut veikko = Visitor::new(sandbox, pages, "veikko-valittaja", "sv").await;
    veikko.browser.post("/organisations", &[("organisation", VALITTAJA)]).await.unwrap();
    for kind in ["system", "address", "certificates"] {
        let begun = veikko.post("/moves", &[("kind", kind)]).await;
        let wrong = [("revision", "1"), ("start_day", "x"), ("start_time", "02:00"), ("pause", "0")];
        let wrong = veikko.post(begun.address.path(), &wrong).await;
        assert!(wrong.status == 422 && wrong.text.contains("href=\"#start_day\""), "{kind}: {}", wrong.text);
    }
    let path = veikko.post("/moves", &[("kind", "point")]).await.address.path().to_owned();
    let day = sandbox.app.now().plus_days(60).civil().date().to_string();
    let form = [
        ("revision", "1"),
        ("title", "Uusi liityntäpiste"),
        ("point", tour::ACCESS_POINT),
        ("to_point", to),
        ("targets", HUS),
        ("start_day", day.as_str()),
        ("start_time", "02:00:30"),
        ("canary", "1"),
        ("overlap", "30"),
    ];
    let unread: Vec<_> =
        form.iter().map(|(name, text)| (*name, if *name == "targets" { "x" } else { *text })).collect();
    assert!(veikko.post(&path, &unread).await.text.contains("id=\"ahead\""));
    assert_eq!(veikko.post(&path, &form).await.status, 409, "somebody was faster");
    let with_key: Vec<_> =
        form.iter().map(|(name, text)| (*name, if *name == "revision" { "2" } else { *text })).collect();
    let with_key: Vec<_> = with_key.into_iter().chain([("key", "x")]).collect();
    assert_eq!(veikko.post(&path, &with_key).await.status, 422, "a key that is none");
    let without: Vec<_> = with_key.into_iter().filter(|(name, _)| *name != "key").collect();
    let ahead = veikko.post(&path, &without).await;
    let Some(hash) = ahead.hidden("effect") else { panic!("it cannot be sent: {}", ahead.text) };
    veikko.post(&format!("{path}/send"), &[("effect", &hash)]).await;
    veikko.get("/moves").await;
    path
}

async fn answered(sandbox: &TestSandbox, pages: &mut Vec<State>, path: &str) {
    liitos_service::moves::tell_of_moves(&sandbox.app).await.unwrap();
    let mut helena = Visitor::new(sandbox, pages, "helena-hallinto", "en").await;
    helena.browser.post("/organisations", &[("organisation", HUS)]).await.unwrap();
    helena.get("/moves").await;
    helena.get("/home").await;
    assert!(helena.get(path).await.text.contains("value=\"yes\""));
    helena.post(&format!("{path}/answer"), &[("agrees", "no")]).await;
    helena.post(&format!("{path}/answer"), &[("agrees", "yes")]).await;
    assert!(helena.post("/moves/keys", &[]).await.text.contains("<code"));
    helena.post("/moves/keys", &[("meant_for", "1.2.246.537.6.918.18.900001")]).await;
    helena.post("/moves/keys/1/end", &[]).await;
}

async fn decided(sandbox: &TestSandbox, pages: &mut Vec<State>, path: &str) {
    let mut paula = Visitor::new(sandbox, pages, "paula-palvelu", "fi").await;
    paula.get("/office/moves").await;
    let office = format!("/office{path}");
    let waits = paula.get(&office).await;
    paula.post(&format!("{office}/give-back"), &[("reason", "")]).await;
    paula.post(&format!("{office}/approve"), &[("effect", &waits.hidden("effect").unwrap())]).await;
    paula.post(&format!("{office}/halt"), &[("reason", "Verkko on epävakaa")]).await;
    paula.post(&format!("{office}/resume"), &[("start_day", "2099-02-01"), ("start_time", "x")]).await;
    paula.post(&format!("{office}/resume"), &[("start_day", "2099-02-01"), ("start_time", "02:00:30")]).await;
}

/// Time does not go by here: what becomes of it is put down as it would be.
async fn ended(sandbox: &TestSandbox, pages: &mut Vec<State>, path: &str) {
    let number = path.strip_prefix("/moves/").unwrap();
    let mut veikko = Visitor::new(sandbox, pages, "veikko-valittaja", "en").await;
    veikko.browser.post("/organisations", &[("organisation", VALITTAJA)]).await.unwrap();
    veikko.get(path).await;
    let ends = [
        (Becomes::Entered(1), Course::Approved, None),
        (Becomes::Back(2), Course::Halted, Some(Halt::Failing)),
        (Becomes::LeftOut(LeftOut::NoConsent), Course::Over, None),
    ];
    for (becomes, course, halt) in ends {
        let tx = sandbox.app.store.begin().await.unwrap();
        let one = moves::find(tx.connection(), number).await.unwrap().unwrap();
        moves::becomes(&tx, one.key, &[0], becomes).await.unwrap();
        let report = (course == Course::Over).then(|| "{}".to_owned());
        assert!(moves::keep(&tx, &Move { course, halt, entered: 1, report, ..one }).await.unwrap());
        tx.commit().await.unwrap();
        veikko.get(path).await;
    }
    veikko.browser.get(&format!("{path}/report")).await.unwrap();
    veikko.get("/moves").await;
}
