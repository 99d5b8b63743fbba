//! Social care's obligation to join, as a care home reads of it that has joined with a system that is gone.

use super::{State, Visitor, entered};
use crate::TestSandbox;
use liitos_domain::directory::{AccessPoint, Effect, Joiner, Right};
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::service_code::ConnectionModel;
use liitos_domain::{Interval, Service};

/// The care home's own point.
const POINT: &str = "1.2.246.10.99999028.10.0.13.8";

pub(super) async fn obliged(sandbox: &TestSandbox, pages: &mut Vec<State>) {
    let mut kirsi = Visitor::new(sandbox, pages, "kirsi-koivu", "fi").await;
    let before = kirsi.get("/obligation").await;
    assert!(before.text.contains("1.9.2026"), "{}", before.text);
    // What no register has it says itself.
    let said = kirsi.post("/obligation", &[("tasks", "elderly"), ("tasks", "disability")]).await;
    assert!(said.text.contains("Kerroitte"), "{}", said.text);
    let dates = said.text.split("Mitä te kirjaatte").nth(1).unwrap_or_default();
    assert!(dates.contains("Vammaispalvelut") && !dates.contains("Lastensuojelu"), "only what concerns it: {dates}");
    drop(kirsi);
    let oid = AccessPointOid::parse(POINT).unwrap();
    let valid = Interval::from(sandbox.app.now());
    let right = |system: &str| Right {
        joiner: oid.administrator(),
        service: Service::SocialClientData,
        access_point: oid.clone(),
        system: system.to_owned(),
        unit: None,
        organiser: None,
        model: ConnectionModel::Direct,
        grandfathered: false,
        valid,
    };
    let point = AccessPoint {
        oid: oid.clone(),
        administrator: oid.administrator(),
        system: "900001".to_owned(),
        country: "FI".to_owned(),
        links: Vec::new(),
        certificates: Vec::new(),
        valid,
    };
    let effect = Effect {
        joiners_opened: vec![Joiner { oid: oid.administrator(), rate: Default::default(), valid }],
        access_points_opened: vec![point],
        rights_opened: vec![right("900001"), right("900002"), right("999999")],
        ..Effect::default()
    };
    entered(sandbox, &effect).await;
    let mut kaisa = Visitor::new(sandbox, pages, "kaisa-kasittelija", "fi").await;
    let declared = [("system", "900002"), ("functions", "store"), ("functions", "search"), ("source", "yhteistestaus")];
    let declared = kaisa.post("/office/systems", &declared).await;
    assert!(declared.text.contains("Lähde: yhteistestaus"), "{}", declared.text);
    let supplier = [("system", "900002"), ("mail", "tuki@toimittaja.test"), ("language", "sv")];
    let supplier = kaisa.post("/office/systems/supplier", &supplier).await;
    assert!(supplier.text.contains("tuki@toimittaja.test"), "{}", supplier.text);
    drop(kaisa);
    let mut kirsi = Visitor::new(sandbox, pages, "kirsi-koivu", "en").await;
    let after = kirsi.get("/obligation").await;
    assert!(after.text.contains("(900001)") && after.text.contains("finding error"), "{}", after.text);
    kirsi.post("/obligation", &[]).await;
    let mut kaisa = Visitor::new(sandbox, pages, "kaisa-kasittelija", "sv").await;
    for asked in ["?task=elderly", "?task=unsaid&county=99", "?task=unsaid"] {
        let list = kaisa.get(&format!("/office/obligation{asked}")).await;
        assert_eq!(list.text.contains("class=\"tasks\"><li>"), asked == "?task=unsaid", "{asked}: {}", list.text);
    }
}
