//! What waits for a unit, fetched by its own system through the front door, instead of being brought.

use crate::on_both;
use crate::outbound::{LEPOLA, OTHER, POINT, UNIT, certificate, entered, handed, opened, receives};
use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use liitos::sandbox::{Answer, Peer};
use liitos_domain::directory::Effect;
use liitos_domain::outbound::OutboundState;
use liitos_domain::{Oid, RefusalCode, Sha256Hash};
use liitos_pki::authority::Issued;
use liitos_service::archive::Door;
use liitos_service::directory::open_access_point;
use liitos_service::outbound::{fetch, received, take};
use liitos_service::{App, ServiceError};
use liitos_store::outbound::{self, CLAIM_SECONDS};
use liitos_testkit::{Database, PATIENCE, TestApp, TestSandbox, case_handler};

const NEXT: &str = "/renewal-requests/next";
const RECEIVED: &str = "/renewal-requests/received";

fn unit(of: &str, through: &str) -> Door {
    Door { represented: Oid::parse(of).unwrap(), ..crate::archive::door(through) }
}

/// A unit's system calls the front door.
async fn calls(sandbox: &TestSandbox, own: &Issued, (path, of, body): (&str, &str, &str)) -> Answer {
    let issuers = [sandbox.pki.authority.certificate().der.clone()];
    let peer = Peer::new(own, &issuers, sandbox.addresses.gateway).unwrap();
    let request = Request::post(path).header("host", "localhost").header("service-subscriber", of);
    let request = request.header("content-type", "text/plain");
    peer.connect().await.unwrap().exchange(request.body(Full::new(Bytes::from(body.to_owned())))).await.unwrap()
}

async fn state(app: &App, id: &str) -> OutboundState {
    outbound::find(app.store.read(), id).await.unwrap().unwrap().state
}

on_both!(a_unit_fetches_what_waits_for_it, through_the_door);

async fn through_the_door(database: Database) {
    let sandbox = TestSandbox::start(database).await;
    opened(&sandbox).await;
    let other = receives(&sandbox, OTHER, None).await;
    entered(&sandbox, &Effect { rights_opened: vec![other], ..Effect::default() }).await;
    // Entered by hand of the test nobody is woken; by this they are.
    let beside = crate::notifications::point("1.2.246.10.99999036.10.0.13.7");
    let version = open_access_point(&sandbox.app, &case_handler(), beside).await.unwrap();
    sandbox.gateway_has(version, PATIENCE).await.unwrap();
    let (app, sender) = (&sandbox.app, Sha256Hash::of(b"sender"));
    let own = certificate(&sandbox, POINT).await;
    let nothing = calls(&sandbox, &own, (NEXT, UNIT, "")).await;
    assert_eq!((nothing.status.as_u16(), nothing.body.len()), (204, 0));
    for id in ["m-1", "m-2"] {
        take(app, &sender, handed(id, UNIT)).await.unwrap();
    }
    let first = calls(&sandbox, &own, (NEXT, UNIT, "")).await;
    assert_eq!((first.status.as_u16(), &first.body[..]), (200, &handed("m-1", UNIT).body[..]));
    // While one is on its way the next is given; another unit's are its own.
    let second = calls(&sandbox, &own, (NEXT, UNIT, "")).await;
    assert_eq!(&second.body[..], &handed("m-2", UNIT).body[..]);
    assert_eq!(calls(&sandbox, &own, (NEXT, OTHER, "")).await.status, 204);
    let foreign = calls(&sandbox, &own, (RECEIVED, OTHER, "m-1")).await;
    assert_eq!((foreign.status.as_u16(), foreign.codes()), (404, vec!["L-609".to_owned()]));
    for _ in 0..2 {
        assert_eq!(calls(&sandbox, &own, (RECEIVED, UNIT, "m-1")).await.status, 204, "said twice it is so once");
    }
    assert_eq!((state(app, "m-1").await, state(app, "m-2").await), (OutboundState::Delivered, OutboundState::Waiting));
    assert_eq!(
        outbound::find(app.store.read(), "m-1").await.unwrap().unwrap().body,
        b"",
        "its bytes are kept no longer"
    );
    // Whoever has no right to receive is refused at the door: the joiner itself, a unit of nobody's, another access point.
    for of in [LEPOLA, "1.2.246.10.99999036.10.9"] {
        let refused = calls(&sandbox, &own, (NEXT, of, "")).await;
        assert!(!refused.codes().is_empty() && refused.status.is_client_error(), "{of}: {}", refused.status);
    }
    let stranger = certificate(&sandbox, "1.2.246.10.99999028.10.0.13.1").await;
    assert!(!calls(&sandbox, &stranger, (NEXT, UNIT, "")).await.codes().is_empty());
    let got = Request::get(NEXT).header("host", "localhost").header("service-subscriber", UNIT);
    let issuers = [sandbox.pki.authority.certificate().der.clone()];
    let peer = Peer::new(&own, &issuers, sandbox.addresses.gateway).unwrap();
    let got = peer.connect().await.unwrap().exchange(got.body(Full::new(Bytes::new()))).await.unwrap();
    assert_eq!(got.codes(), ["L-310"], "what is given away is not the same when it is asked again");
}

on_both!(exactly_one_remains_of_what_is_fetched, once);

async fn once(database: Database) {
    let test = TestApp::start(database).await;
    let (app, sender, here) = (&test.app, Sha256Hash::of(b"sender"), unit(UNIT, POINT));
    crate::notifications::lepola(&test).await;
    take(app, &sender, handed("m-1", UNIT)).await.unwrap();
    let code = |outcome: Result<(), ServiceError>| outcome.err().map(|error| error.code);
    let elsewhere = unit(UNIT, "1.2.246.10.99999036.10.0.13.2");
    assert_eq!(code(fetch(app, &elsewhere).await.map(drop)), Some(RefusalCode::NoRight));
    assert_eq!(code(received(app, &elsewhere, "m-1").await), Some(RefusalCode::NoRight));
    let id = async || fetch(app, &here).await.unwrap().map(|message| message.id);
    assert_eq!(id().await.as_deref(), Some("m-1"));
    // Whoever has fetched it may have died: until it says that it has it, it is given again, to nobody meanwhile, and is not brought either.
    assert_eq!(id().await, None);
    assert!(outbound::claim(&app.store, app.now(), &[]).await.unwrap().is_none(), "it is on its way");
    test.clock.advance(CLAIM_SECONDS + 1);
    assert_eq!(id().await.as_deref(), Some("m-1"));
    // What is being brought is not fetched beside it; what was tried and is to be brought later is.
    test.clock.advance(CLAIM_SECONDS + 1);
    let brought = outbound::claim(&app.store, app.now(), &[]).await.unwrap().unwrap();
    assert_eq!(id().await, None);
    let later = app.now().plus_seconds(3_600);
    outbound::tried(&app.store, &brought, OutboundState::Waiting, (Some("unreached"), true), (app.now(), later))
        .await
        .unwrap();
    assert_eq!(id().await.as_deref(), Some("m-1"), "at once, though it would be brought in an hour");
    // The one who brought it comes too late to say anything.
    outbound::tried(&app.store, &brought, OutboundState::Rejected, (None, true), (app.now(), later)).await.unwrap();
    assert_eq!(state(app, "m-1").await, OutboundState::Waiting);
    received(app, &here, "m-1").await.unwrap();
    received(app, &here, "m-1").await.unwrap();
    assert_eq!(code(received(app, &here, "m-2").await), Some(RefusalCode::NotFound));
    assert_eq!(code(received(app, &here, "").await), Some(RefusalCode::FormInvalid));
    assert_eq!((id().await, state(app, "m-1").await), (None, OutboundState::Delivered));
    assert!(liitos_service::outbound::list(app, &case_handler()).await.is_ok());
    // A request that has lapsed is nobody's any more.
    take(app, &sender, handed("m-3", UNIT)).await.unwrap();
    let claimed = outbound::claim(&app.store, app.now(), &[]).await.unwrap().unwrap();
    outbound::tried(&app.store, &claimed, OutboundState::Lapsed, (None, true), (app.now(), later)).await.unwrap();
    assert_eq!((id().await, code(received(app, &here, "m-3").await)), (None, Some(RefusalCode::StateForbids)));
}
