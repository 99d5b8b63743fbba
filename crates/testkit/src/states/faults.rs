//! Fault notifications, from the form to the end.

use super::{HUS, State, Visitor, entered};
use crate::TestSandbox;
use liitos_domain::Interval;
use liitos_domain::directory::{Effect, Right};
use liitos_store::directory;

/// A fault and a break: filled in wrong and right, looked at, sent, said more of, called off, over; as everybody reads of them.
pub(super) async fn faults(sandbox: &TestSandbox, pages: &mut Vec<State>) {
    // The tour has closed the right.
    let rows = directory::rows(sandbox.app.store.read(), u64::MAX >> 1).await.unwrap();
    let closed = rows.rights.into_iter().find(|right| right.joiner.as_str() == HUS).unwrap();
    let right = Right { valid: Interval::from(sandbox.app.now()), ..closed };
    entered(sandbox, &Effect { rights_opened: vec![right.clone()], ..Effect::default() }).await;
    told(sandbox, pages).await;
    entered(sandbox, &Effect { rights_closed: vec![(right, sandbox.app.now())], ..Effect::default() }).await;
}

async fn told(sandbox: &TestSandbox, pages: &mut Vec<State>) {
    let mut paula = Visitor::new(sandbox, pages, "paula-palvelu", "sv").await;
    paula.get("/office/faults").await;
    let wrong = [("fault_kind", "x"), ("headline_sv", "Receptet svarar inte"), ("access_points", "1.2")];
    let told = paula.post("/office/faults/new", &wrong).await;
    assert!(told.status == 422 && told.text.contains("href=\"#headline_fi\""), "{}", told.text);
    let fault = [
        ("fault_kind", "fault"),
        ("headline_fi", "Potilastiedon arkisto ei vastaa"),
        ("headline_en", "The patient data repository does not answer"),
        ("words_fi", "Syytä selvitetään.\nKerromme lisää tunnin kuluttua."),
        ("services", "patient-data"),
        ("places", "837"),
        ("public", "yes"),
    ];
    let with = |more: &[(&'static str, &'static str)]| -> Vec<(&'static str, &'static str)> {
        let named = |name: &str| more.iter().any(|(other, _)| *other == name);
        fault.iter().filter(|(name, _)| !named(name)).chain(more).copied().collect()
    };
    let looked = paula.post("/office/faults/new", &with(&[("counties", "06 21")])).await;
    assert!(looked.text.contains("Lapplands välfärdsområde"), "{}", looked.text);
    assert!(looked.text.contains("value=\"send\"") && looked.text.contains("<details>"), "{}", looked.text);
    paula.post("/office/faults/new", &with(&[("services", "imaging-data"), ("places", "")])).await;
    assert!(paula.post("/office/faults/new", &with(&[("do", "change")])).await.text.contains("Syyt"));
    let send = with(&[("do", "send"), ("places", "")]);
    let address = paula.post("/office/faults/new", &send).await.address.path().to_owned();
    assert_eq!(paula.post("/office/faults/new", &send).await.status, 409, "told already");
    liitos_service::messages::deliver_due(&sandbox.app).await.unwrap();
    paula.get(&address).await;
    let say = format!("{address}/say");
    paula.get(&say).await;
    assert_eq!(paula.post(&say, &[("revision", "1"), ("stage", "updated")]).await.status, 422);
    let more = [("revision", "1"), ("stage", "updated"), ("words_fi", "Se jatkuu.")];
    let looked = paula.post(&say, &more).await;
    assert!(looked.text.contains("value=\"send\""), "{}", looked.text);
    let with_do = |what| more.into_iter().chain([("do", what)]).collect::<Vec<_>>();
    assert!(paula.post(&say, &with_do("change")).await.text.contains("Se jatkuu."));
    assert_eq!(paula.post(&say, &with_do("send")).await.address.path(), address);
    let only = [("do", "send"), ("headline_fi", "Vain osallisille"), ("public", ""), ("services", "patient-data")];
    paula.post("/office/faults/new", &with(&only)).await;
    let planned = [
        ("do", "send"),
        ("fault_kind", "break"),
        ("headline_fi", "Huoltokatko"),
        ("headline_en", ""),
        ("begins_day", "DAY"),
        ("begins_time", "02:00"),
        ("expected_day", "DAY"),
        ("expected_time", "04:00"),
        ("services", "prescription"),
        ("places", ""),
    ];
    let day = sandbox.app.now().plus_days(3).civil().date().to_string();
    let planned =
        with(&planned).into_iter().map(|(name, text)| (name, if text == "DAY" { day.as_str() } else { text }));
    let planned = paula.post("/office/faults/new", &planned.collect::<Vec<_>>()).await.address.path().to_owned();
    drop(paula);
    over(sandbox, pages, &address, &planned).await;
}

/// As everybody reads of them, and how they end.
async fn over(sandbox: &TestSandbox, pages: &mut Vec<State>, address: &str, planned: &str) {
    let mut helena = Visitor::new(sandbox, pages, "helena-hallinto", "en").await;
    helena.browser.post("/organisations", &[("organisation", HUS)]).await.unwrap();
    let home = helena.get("/home").await;
    assert!(home.text.contains("The patient data repository does not answer"), "{}", home.text);
    helena.browser.post("/sign-out", &[]).await.unwrap();
    let status = helena.get("/status").await;
    assert!(status.text.contains("Huoltokatko") && !status.text.contains("Vain osallisille"), "{}", status.text);
    drop(helena);
    // It takes longer than was said, and some of the messages did not arrive.
    for sql in [
        "UPDATE fault SET expected = begins",
        "UPDATE job SET state = 'failed' WHERE statement_key IS NOT NULL AND kind = 'mail'",
    ] {
        sea_orm::ConnectionTrait::execute_unprepared(sandbox.app.store.write(), sql).await.unwrap();
    }
    let mut paula = Visitor::new(sandbox, pages, "paula-palvelu", "fi").await;
    assert!(paula.get(address).await.text.contains("id=\"failed\""));
    paula.get("/status").await;
    let say = format!("{address}/say");
    paula.get(&format!("{planned}/say")).await;
    let off = [("revision", "1"), ("stage", "called-off"), ("do", "send")];
    assert_eq!(paula.post(&format!("{planned}/say"), &off).await.address.path(), planned);
    paula.post(&say, &[("revision", "2"), ("stage", "ended"), ("ended_day", "x"), ("ended_time", "y")]).await;
    let over = [("revision", "2"), ("stage", "ended"), ("do", "send")];
    assert_eq!(paula.post(&say, &over).await.address.path(), address);
    paula.get(address).await;
    paula.get("/status").await;
    let many = (0..51).map(|nth| format!("('H{nth}', 'fault', '{{\"fi\":\"Vanha\"}}', '{{}}', false, 0, 1, 1)"));
    let many = many.collect::<Vec<_>>().join(", ");
    let sql = format!(
        "INSERT INTO fault (number, kind, headline, audience, public, begins, ended_at, revision) VALUES {many}"
    );
    sea_orm::ConnectionTrait::execute_unprepared(sandbox.app.store.write(), &sql).await.unwrap();
    assert!(paula.get("/office/faults").await.text.contains("?before="));
}
