//! Units that receive renewal requests: marks in the registers against rights in the directory, and requests that nobody will answer.

use super::outbound::{LEPOLA, OTHER, UNIT, entered, handed, opened, receives};
use crate::on_both;
use liitos_domain::directory::{Effect, Joiner, Right};
use liitos_domain::notice::Notice;
use liitos_domain::outbound::OutboundState;
use liitos_domain::reception::Amiss;
use liitos_domain::{Interval, Oid, RefusalCode, Sha256Hash};
use liitos_service::outbound::{choices, escalate, marks, own, take, tell_of_marks};
use liitos_testkit::{Database, TestSandbox, case_handler, member_of};
use sea_orm::ConnectionTrait as _;

on_both!(marks_and_rights_are_compared, compared);

async fn compared(database: Database) {
    let sandbox = TestSandbox::start(database).await;
    opened(&sandbox).await;
    let app = &sandbox.app;
    let told = async || {
        let found = marks(app, &case_handler()).await.unwrap();
        found.into_iter().map(|found| (found.unit, found.amiss)).collect::<Vec<_>>()
    };
    let chosen = async || choices(app).await.unwrap().iter().map(|one| one.unit.to_string()).collect::<Vec<_>>();
    assert_eq!(marks(app, &liitos_testkit::member_of(LEPOLA)).await.unwrap_err().code, RefusalCode::NotAllowed);
    // The joiner itself, its other unit and a professional bear the mark, and no right is theirs.
    let unconnected = |unit: &str| (unit.to_owned(), vec![Amiss::Unconnected]);
    let professional = unconnected("1.2.246.537.28.10000900001");
    assert_eq!(told().await, [unconnected(LEPOLA), unconnected(OTHER), professional.clone()]);
    assert_eq!(chosen().await, [UNIT]);
    let opens = receives(&sandbox, OTHER, Some(app.now().plus_days(7))).await;
    entered(&sandbox, &Effect { rights_opened: vec![opens], ..Effect::default() }).await;
    assert_eq!(told().await, [unconnected(LEPOLA), (OTHER.to_owned(), vec![Amiss::EndsMarked]), professional]);
    assert_eq!(chosen().await, [UNIT], "a request to the other would not be answered in time");
    // What its entry lacks keeps a unit from being chosen; a mark that is gone, too.
    let of_unit = |what: &str, with: &str| {
        format!("UPDATE register_entry SET fields = replace(fields, '{what}', '{with}') WHERE id = '{UNIT}'")
    };
    for (what, with, amiss) in [
        ("officetelephone", "telephone", Amiss::NoPhone),
        ("postoffice", "town", Amiss::NoAddress),
        ("Uusimispyyntöjen", "Uusimisten", Amiss::Unmarked),
    ] {
        let db = app.store.write();
        db.execute_unprepared(&of_unit(what, with)).await.unwrap();
        assert!(told().await.contains(&(UNIT.to_owned(), vec![amiss])), "{what}");
        let opens = receives(&sandbox, LEPOLA, None).await;
        entered(&sandbox, &Effect { rights_opened: vec![opens.clone()], ..Effect::default() }).await;
        assert_eq!(chosen().await, [LEPOLA], "{what}");
        entered(&sandbox, &Effect { rights_closed: vec![(opens, app.now())], ..Effect::default() }).await;
        db.execute_unprepared(&of_unit(with, what)).await.unwrap();
    }
    // Whose units they are is told, once.
    // The night's own work, which begins with the sandbox, may have told of some of them.
    tell_of_marks(app).await.unwrap();
    assert_eq!(tell_of_marks(app).await.unwrap(), Some(0));
    let open = liitos_store::notices::open(app.store.read(), Oid::parse(LEPOLA).ok().as_ref(), 10).await.unwrap();
    let of =
        |unit: &str| open.iter().any(|one| matches!(&one.notice, Notice::Mark { unit: of, .. } if of.as_str() == unit));
    assert_eq!([LEPOLA, OTHER].map(of), [true, true]);
    // Anybody may ask which units can be addressed.
    let mut nobody = liitos::sandbox::Browser::new(&sandbox.portal_address()).unwrap();
    let listed = nobody.get("/api/units/receiving?limit=1").await.unwrap().text;
    assert!(listed.contains(UNIT) && listed.contains("0401234567") && !listed.contains(OTHER), "{listed}");
}

on_both!(requests_that_nobody_will_answer_are_told_of_by_the_hour, told_of);

async fn told_of(database: Database) {
    let sandbox = TestSandbox::start(database).await;
    opened(&sandbox).await;
    let app = &sandbox.app;
    for message in ["m-1", "m-2", "m-3", "m-4", "m-5"] {
        take(app, &Sha256Hash::of(b"sender"), handed(message, UNIT)).await.unwrap();
    }
    // All at once: the night's own work, which begins with the sandbox, may come in between.
    // The first one's hour is not over.
    let [later, before] = [3600, -2 * 3600].map(|seconds| app.now().plus_seconds(seconds).as_micros());
    let end = format!(
        "UPDATE outbound_message SET state = CASE message_id WHEN 'm-4' THEN 'rejected' WHEN 'm-5' THEN 'delivered' ELSE 'lapsed' END, \
         ended_at = CASE message_id WHEN 'm-1' THEN {later} ELSE {before} END"
    );
    app.store.write().execute_unprepared(&end).await.unwrap();
    escalate(app).await.unwrap();
    assert_eq!(escalate(app).await.unwrap(), 0);
    let told = liitos_store::notices::open(app.store.read(), Oid::parse(LEPOLA).ok().as_ref(), 10).await.unwrap();
    let of = |state: OutboundState| {
        told.iter().find_map(|one| match &one.notice {
            Notice::Unanswered { unit, count, message, state: ended, .. }
                if *ended == state && unit.as_str() == UNIT =>
            {
                Some((*count, message.clone()))
            }
            _ => None,
        })
    };
    assert_eq!(of(OutboundState::Lapsed), Some((2, "m-2".to_owned())));
    assert_eq!(of(OutboundState::Rejected), Some((1, "m-4".to_owned())));
    // Whoever's unit it is reads all of them; whoever receives nothing has none to read.
    take(app, &Sha256Hash::of(b"sender"), handed("m-6", UNIT)).await.unwrap();
    let all = own(app, &member_of(LEPOLA)).await.unwrap().unwrap();
    assert_eq!((all.len(), all[0].message_id.as_str()), (6, "m-6"), "what waits stands first");
    assert!(own(app, &member_of(crate::archive::HUS)).await.unwrap().is_none());
    moves_on(&sandbox).await;
    let nobody = own(app, &liitos_service::Actor::default()).await;
    assert_eq!(nobody.err().map(|error| error.code), Some(RefusalCode::NotAllowed));
}

/// What waits for a unit is whoever's it is now; what ended is whoever's it was.
async fn moves_on(sandbox: &TestSandbox) {
    let (app, other) = (&sandbox.app, crate::archive::HUS);
    let rows = liitos_store::directory::rows(app.store.read(), 1 << 40).await.unwrap();
    let its = |right: &&Right| right.unit.as_ref().is_some_and(|unit| unit.as_str() == UNIT);
    let held = rows.rights.iter().find(its).unwrap().clone();
    // Every message was taken before.
    let now = app.now().plus_seconds(1);
    let joiner = Oid::parse(other).unwrap();
    let then = Right { joiner: joiner.clone(), valid: Interval::from(now), ..held.clone() };
    let joins = Joiner { oid: joiner, rate: Default::default(), valid: Interval::from(app.now()) };
    let effect = Effect {
        joiners_opened: vec![joins],
        rights_closed: vec![(held, now)],
        rights_opened: vec![then],
        ..Effect::default()
    };
    entered(sandbox, &effect).await;
    let seen = async |who: &str| -> Vec<String> {
        own(app, &member_of(who)).await.unwrap().unwrap().into_iter().map(|one| one.message_id).collect()
    };
    let comes = async {
        while seen(other).await != ["m-6"] {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(liitos_testkit::PATIENCE, comes).await.unwrap();
    let former = seen(LEPOLA).await;
    assert!(former.len() == 5 && !former.contains(&"m-6".to_owned()), "{former:?}");
}
