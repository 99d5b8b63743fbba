//! Sends the report of a test, in three languages, straight to the operator.

use super::papers::{Written, file_name, paper};
use super::{DeploymentTest, documents, followed, keep, runs, state_forbids};
use crate::notices::Desk;
use crate::{Actor, App, ServiceError, papers};
use liitos_domain::RefusalCode;
use liitos_domain::deployment_test::{Answer, Course, judge};
use liitos_store::deployment_tests as stored;
use liitos_texts::Language;

/// Sends the report of a test of which every case went as it should: three papers, each sealed.
///
/// # Errors
/// L-602 without the position; L-603 when somebody else changed the test at the same time; L-605 when it is not being made, or a case of it is not done; L-609 for a foreign test.
pub async fn send(app: &App, actor: &Actor, number: &str) -> Result<(), ServiceError> {
    let one = followed(app, actor, Desk::Own, number).await?;
    if !runs(one.course) {
        return Err(state_forbids(&one));
    }
    let words = stored::words(app.store.read(), one.key).await?;
    let looks = judge(&one.content, (&[], &[]), &words);
    if let Some((case, _)) = looks.iter().find(|(_, look)| look.answer != Answer::Passed) {
        return Err(ServiceError::refused(RefusalCode::StateForbids, case));
    }
    super::gather::gather(app, &one).await?;
    let now = app.now();
    let next = DeploymentTest { course: Course::Sent, sent_at: Some(now), sender: Some(actor.name.clone()), ..one };
    let marked = documents::own(app, &next).await?;
    let tx = app.store.begin().await?;
    let means = actor.must_be_person().is_ok().then_some(actor.means.as_str());
    let written = Written { test: &next, words: &words, documents: &marked, means };
    for language in Language::ALL {
        let filed = (&next.joiner, next.number.as_str(), file_name(&next, language));
        papers::keep(app, &tx, filed, &paper(app, &written, language, now).await?).await?;
    }
    keep(&tx, &next, ("sent", actor, Desk::Own), None, now).await?;
    tx.commit().await?;
    Ok(())
}
