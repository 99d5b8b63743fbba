//! What a producer was let into stays what it was when a controller update run brings its organiser's documents to another.

use crate::archive::HUS;
use crate::controller_runs::{NEW, OLD, Two};
use crate::on_both;
use crate::social_care::{Care, KOIVU, TK, TKS, door, relationship};
use liitos::made::SocialDocument;
use liitos_domain::archive::Order;
use liitos_domain::directory::{Effect, Right};
use liitos_domain::service_code::ConnectionModel;
use liitos_domain::{Interval, Oid, RefusalCode, Service};
use liitos_service::controller_runs::switch_due;
use liitos_testkit::Database;

const KOIVULA: &str = "1.2.246.10.99999028.10.1";

fn oid(text: &str) -> Oid {
    Oid::parse(text).unwrap()
}

/// A document of the client that the other one stores; its id.
async fn by_hus(care: &Care, serial: u64) -> String {
    let signed = SocialDocument::new(HUS, OLD, (9, serial)).signed_by(&care.test.signer(HUS), care.test.app.now());
    let signed = signed.unwrap();
    assert_eq!(care.store_through(&door(HUS, HUS), &signed).await, []);
    signed.id
}

/// Opens the taker's right in social care.
pub(crate) async fn taker_opened(care: &Care) {
    let right = Right {
        grandfathered: false,
        joiner: oid(HUS),
        service: Service::SocialClientData,
        access_point: door(HUS, HUS).access_point,
        system: "900002".into(),
        unit: None,
        organiser: None,
        model: ConnectionModel::Direct,
        valid: Interval::from(care.test.app.now()),
    };
    care.test.record(&Effect { rights_opened: vec![right], ..Effect::default() }).await;
}

on_both!(a_merger_opens_no_more_of_a_client_to_a_producer, no_more);

async fn no_more(database: Database) {
    let care = Care::start(database).await;
    taker_opened(&care).await;
    // The organiser lets a unit in; it and the one who takes have documents of the same client.
    let lets_in = relationship(1, KOIVULA, None);
    assert_eq!(care.store(TK, &lets_in).await, []);
    let given = SocialDocument::new(TK, TKS, (1, 2));
    assert_eq!(care.store(TK, &given).await, []);
    let theirs = by_hus(&care, 1).await;
    let unit = door(KOIVU, KOIVULA);
    let fetch = async |care: &Care, id: &str| care.fetch(&unit, id).await;
    assert_eq!((fetch(&care, &given.id).await, care.found(&unit).await), (None, 2));

    let Care { test, organiser, producer } = care;
    let two = Two { old: test.signer(HUS), new: test.signer(HUS), test };
    let order = Order { from: oid(NEW), to: oid(OLD), ..two.order() };
    two.switched(&order).await;
    let care = Care { test: two.test, organiser, producer };
    // What it was let into is open still; what the taker had, or makes now, is not.
    assert_eq!((fetch(&care, &given.id).await, care.found(&unit).await), (None, 2));
    let later = by_hus(&care, 2).await;
    for id in [&theirs, &later] {
        assert_eq!(fetch(&care, id).await, Some(RefusalCode::DocumentNotFound));
    }
    // What it goes on to make it reads itself.
    let made =
        SocialDocument { unit: KOIVULA.into(), represented: KOIVULA.into(), ..SocialDocument::new(KOIVU, OLD, (2, 1)) };
    assert_eq!(care.store(KOIVU, &made).await, []);
    assert_eq!((fetch(&care, &made.id).await, care.found(&unit).await), (None, 3));
    // Until the taker itself says so, in the relationship's next version.
    let own = SocialDocument { json: lets_in.json.clone(), ..SocialDocument::new(HUS, OLD, (9, 3)) };
    let own = own.replacing(&lets_in).signed_by(&care.test.signer(HUS), care.test.app.now()).unwrap();
    assert_eq!(care.store_through(&door(HUS, HUS), &own).await, []);
    assert_eq!((fetch(&care, &theirs).await, fetch(&care, &later).await), (None, None));
}

on_both!(around_a_switch_a_banned_document_is_its_controllers_alone, around);

async fn around(database: Database) {
    let care = Care::start(database).await;
    taker_opened(&care).await;
    let says = |ban: &str| format!(r#"{{"asiakirjatunnus":"SELF","asiatunnus":"1.2.246.10.99999984.95.1"{ban}}}"#);
    let document = |serial, ban| SocialDocument { json: says(ban), ..SocialDocument::new(TK, TKS, (1, serial)) };
    let (open, banned) = (document(1, ""), document(2, r#","turvakielto":true"#));
    for one in [&open, &banned] {
        assert_eq!(care.store(TK, one).await, []);
    }
    let Care { test, organiser, producer } = care;
    let two = Two { old: test.signer(HUS), new: test.signer(HUS), test };
    let order = Order { from: oid(NEW), to: oid(OLD), before: 3_600, after: 3_600, ..two.order() };
    two.approved(&order).await;
    let care = Care { test: two.test, organiser, producer };
    let (app, missing) = (&care.test.app, Some(RefusalCode::DocumentNotFound));
    care.test.clock.advance(order.run_at.as_seconds() - app.now().as_seconds() - 60);
    let each = async |organisation: &str| {
        let door = door(organisation, organisation);
        (care.fetch(&door, &open.id).await, care.fetch(&door, &banned.id).await)
    };
    assert_eq!((each(TK).await, each(HUS).await), ((None, None), (None, missing)));
    care.test.clock.advance(61);
    assert_eq!(switch_due(app).await.unwrap(), 1);
    care.test.clock.advance(1);
    assert_eq!((each(TK).await, each(HUS).await), ((None, missing), (None, None)));
}

on_both!(what_comes_to_whoever_lets_in_afterwards_is_not_opened, afterwards);

async fn afterwards(database: Database) {
    let care = Care::start(database).await;
    taker_opened(&care).await;
    let brought = by_hus(&care, 1).await;
    let lets_in = relationship(1, KOIVULA, None);
    assert_eq!(care.store(TK, &lets_in).await, []);
    let Care { test, organiser, producer } = care;
    let two = Two { old: test.signer(HUS), new: test.signer(HUS), test };
    two.switched(&two.order()).await;
    let care = Care { test: two.test, organiser, producer };
    let unit = door(KOIVU, KOIVULA);
    assert_eq!(care.fetch(&door(TK, TK), &brought).await, None);
    assert_eq!(care.fetch(&unit, &brought).await, Some(RefusalCode::DocumentNotFound));
    // Who lets in says so again, and means what is there by then.
    let again = relationship(2, KOIVULA, None).replacing(&lets_in);
    assert_eq!((care.store(TK, &again).await, care.fetch(&unit, &brought).await), (vec![], None));
}
