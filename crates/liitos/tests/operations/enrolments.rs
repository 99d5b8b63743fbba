//! Enrolment for deployment: what is said before an application, who sees it, and what becomes of it.

use crate::applications::{filled_in, form, save, shown_effect};
use crate::followed::{INTERMEDIARY_POINT, intermediary};
use crate::on_both;
use liitos_domain::application::{FieldError, Form, Step};
use liitos_domain::{Position, RefusalCode, Service};
use liitos_service::{Actor, applications, enrolments};
use liitos_testkit::{Database, TestApp, case_handler, member_of};
use liitos_texts::Language;

const KOIVU: &str = "1.2.246.10.99999028.10.0";
const SOCIAL: Service = Service::SocialClientData;

fn said(pairs: &[(&str, &str)]) -> Form {
    let person = [("name", "Kaisa Koivu"), ("email", "kaisa@koivu.test"), ("phone", "+358 40 123 4567")];
    form(&[pairs, &person[..]].concat())
}

fn fields(errors: &[FieldError]) -> Vec<&str> {
    errors.iter().map(|error| error.field.as_str()).collect()
}

on_both!(who_enrols_begins_filled_in, enrol);

async fn enrol(database: Database) {
    let test = TestApp::start(database).await;
    let (app, koivu) = (&test.app, member_of(KOIVU));
    let system = applications::systems(app, SOCIAL).await.unwrap().remove(0).id;
    // What is wrong is told, and nothing is kept.
    let yesterday = app.now().plus_days(-1).civil();
    let yesterday = format!("{:04}-{:02}-{:02}", yesterday.year(), yesterday.month(), yesterday.day());
    for (pairs, wrong) in
        [(&[("start", yesterday.as_str())][..], "start"), (&[("start", "2099-01-01"), ("system", "0")][..], "system")]
    {
        assert_eq!(fields(&enrolments::enrol(app, &koivu, SOCIAL, said(pairs)).await.unwrap()), [wrong]);
    }
    assert_eq!(enrolments::own(app, &koivu, SOCIAL).await.unwrap(), None);
    let other = enrolments::enrol(app, &koivu, Service::PatientData, said(&[("start", "2099-01-01")])).await;
    assert_eq!(other.unwrap_err().code, RefusalCode::StateForbids, "one enrols in social care only");
    assert_eq!(enrolments::end(app, &koivu, SOCIAL).await.unwrap_err().code, RefusalCode::NotFound);

    // What is changed takes the place of what was said; a field that is not asked is not kept.
    let first = said(&[("start", "2099-01-01"), ("other", "x")]);
    assert_eq!(enrolments::enrol(app, &koivu, SOCIAL, first).await.unwrap(), []);
    let second = said(&[("start", "2098-03-01"), ("system", &system)]);
    assert_eq!(enrolments::enrol(app, &koivu, SOCIAL, second.clone()).await.unwrap(), []);
    let own = enrolments::own(app, &koivu, SOCIAL).await.unwrap().unwrap();
    assert_eq!((own.form, own.person), (second, koivu.name.clone()));

    // The operator sees who comes, and how far it has come.
    let coming = enrolments::list(app, &case_handler(), (0, 10)).await.unwrap();
    assert_eq!((coming.len(), coming[0].name.as_str(), &coming[0].application), (1, "Hoivakoti Koivu Oy", &None));
    assert_eq!(enrolments::list(app, &koivu, (0, 10)).await.unwrap_err().code, RefusalCode::NotAllowed);

    // The application begins with it.
    let number = applications::begin(app, &koivu, SOCIAL, None, Language::Fi).await.unwrap();
    let (stored, _) = applications::view(app, &koivu, &number).await.unwrap();
    let points = stored.application.form(Step::AccessPoints);
    assert_eq!((points.text("start"), points.text("system")), ("2098-03-01", system.as_str()));
    let coming = enrolments::list(app, &case_handler(), (0, 10)).await.unwrap();
    assert_eq!(coming[0].application.as_ref().map(|(number, _)| number), Some(&number));

    enrolments::end(app, &koivu, SOCIAL).await.unwrap();
    assert!(enrolments::list(app, &case_handler(), (0, 10)).await.unwrap().is_empty());
    let mut reader: Actor = koivu;
    reader.organisations[0].positions = vec![Position::Reader];
    let refused = enrolments::enrol(app, &reader, SOCIAL, said(&[("start", "2099-01-01")])).await.unwrap_err();
    assert_eq!(refused.code, RefusalCode::NotAllowed);
}

on_both!(who_has_joined_comes_no_more, joined);

async fn joined(database: Database) {
    let test = TestApp::start(database).await;
    let (app, koivu, staff) = (&test.app, member_of(KOIVU), case_handler());
    intermediary(&test).await;
    enrolments::enrol(app, &koivu, SOCIAL, said(&[("start", "2099-01-01")])).await.unwrap();
    let number = filled_in(&test, &koivu, SOCIAL).await;
    let (stored, _) = applications::view(app, &koivu, &number).await.unwrap();
    let points = form(&[
        ("connection", "existing"),
        ("existing_oid", INTERMEDIARY_POINT),
        ("existing_agreement", "yes"),
        ("system", "900002"),
        ("signer", "own"),
    ]);
    let revision = stored.revisions[&Step::AccessPoints];
    save(&test, &koivu, &number, Step::AccessPoints, revision, points).await.unwrap();
    applications::send(app, &koivu, &number, Default::default()).await.unwrap();
    assert_eq!(enrolments::list(app, &staff, (0, 10)).await.unwrap().len(), 1);
    let shown = shown_effect(&test, &number).await;
    applications::approve(app, &staff, &number, &shown, &Default::default()).await.unwrap();
    assert!(enrolments::list(app, &staff, (0, 10)).await.unwrap().is_empty());
}
