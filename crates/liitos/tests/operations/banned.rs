//! Documents under a security ban, of social care.

use crate::on_both;
use crate::social_care::{Care, KOIVU, TK, TKS, door, relationship};
use liitos::made::SocialDocument;
use liitos_domain::archive::{Act, Ground};
use liitos_domain::{Oid, RefusalCode};
use liitos_store::archive::{LinesAsked, uses};
use liitos_testkit::Database;
use sea_orm::ConnectionTrait;

const KOIVULA: &str = "1.2.246.10.99999028.10.1";

fn of_organiser(serial: u64, says: &str) -> SocialDocument {
    let json = format!(r#"{{"asiakirjatunnus":"SELF","asiatunnus":"1.2.246.10.99999984.95.1"{says}}}"#);
    SocialDocument { json, ..SocialDocument::new(TK, TKS, (1, serial)) }
}

on_both!(a_ban_stays_until_it_is_lifted, lifted);

async fn lifted(database: Database) {
    let care = Care::start(database).await;
    assert_eq!(care.store(TK, &relationship(1, KOIVULA, None)).await, []);
    let unit = door(KOIVU, KOIVULA);
    let given = async |document: &SocialDocument| care.fetch(&unit, &document.id).await;
    let missing = Some(RefusalCode::DocumentNotFound);
    let first = of_organiser(2, r#","turvakielto":true"#);
    assert_eq!((care.store(TK, &first).await, given(&first).await), (vec![], missing));
    // The controller is told what was asked for.
    let controller = Oid::parse(TKS).unwrap();
    let asked = LinesAsked { controller: Some(&controller), ..LinesAsked::default() };
    let last = async || uses(care.test.app.store.read(), asked, 1).await.unwrap().remove(0).told;
    let told = last().await;
    assert_eq!((told.act, told.ground, told.more.as_deref()), (Act::Withheld, Ground::RegisterAccess, Some("banned")));
    assert_eq!(care.found(&unit).await, 1);
    let told = last().await;
    assert_eq!((told.act, told.more.as_deref()), (Act::Withheld, Some("banned count=1")));
    // What follows it and says nothing of the ban is under it, too; until it is said to be over.
    let second = of_organiser(3, "").replacing(&first);
    assert_eq!((care.store(TK, &second).await, given(&second).await), (vec![], missing));
    let third = of_organiser(4, r#","turvakielto":false"#).replacing(&second);
    assert_eq!((care.store(TK, &third).await, given(&third).await), (vec![], None));
    assert_eq!(given(&second).await, missing, "what was written under it stays so");
}

on_both!(a_ban_reaches_what_was_added_before, added_before);

async fn added_before(database: Database) {
    let care = Care::start(database).await;
    assert_eq!(care.store(TK, &relationship(1, KOIVULA, None)).await, []);
    let unit = door(KOIVU, KOIVULA);
    let (first, added) = (of_organiser(2, ""), of_organiser(3, ""));
    for one in [&first, &added] {
        assert_eq!((care.store(TK, one).await, care.fetch(&unit, &one.id).await), (vec![], None));
    }
    let adds = format!("UPDATE archive_document SET added_to = '{}' WHERE document_id = '{}'", first.id, added.id);
    care.test.app.store.write().execute_unprepared(&adds).await.unwrap();
    let banned = of_organiser(4, r#","turvakielto":true"#).replacing(&first);
    assert_eq!(care.store(TK, &banned).await, []);
    for one in [&first, &added, &banned] {
        assert_eq!(care.fetch(&unit, &one.id).await, Some(RefusalCode::DocumentNotFound));
    }
}
