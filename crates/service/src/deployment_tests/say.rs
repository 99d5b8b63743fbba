//! Somebody says of a case whether it went as it should.

use super::{MAX_WORDS, followed, missing, runs, state_forbids, wrong};
use crate::notices::Desk;
use crate::{Actor, App, ServiceError};
use liitos_domain::deployment_test::{People, Word, judge};
use liitos_domain::{RefusalCode, typed};
use liitos_store::deployment_tests as stored;

/// What is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// Whether it went as it should.
    pub fine: bool,
    /// As whom: a code of [`People`].
    pub role: String,
    /// Who did it, where it was not whoever says so.
    pub person: String,
    /// What there is to say; of one that did not go as it should it is needed.
    pub remark: String,
}

/// Keeps what is said of a case, with what was seen of it: that it went well is taken only where the archive and the gateway both have it.
///
/// # Errors
/// L-602 without the position; L-603 when somebody else changed the test at the same time; L-605 when it is not being made, or nothing of the case has been seen; L-606 without what is needed; L-609 for a foreign
/// test, and for no case of it.
pub async fn say(app: &App, actor: &Actor, (number, case): (&str, &str), said: &Said) -> Result<(), ServiceError> {
    let one = followed(app, actor, Desk::Own, number).await?;
    if !runs(one.course) {
        return Err(state_forbids(&one));
    }
    let asked = one.content.case(case).ok_or_else(missing)?;
    let role = People::parse(&said.role).filter(|role| asked.people.contains(role)).ok_or_else(|| wrong("role"))?;
    let typed = |text: &str, field| match text.trim() {
        "" => Ok(None),
        text => typed::line(text, MAX_WORDS).map(Some).ok_or_else(|| wrong(field)),
    };
    let person = typed(&said.person, "person")?.unwrap_or_else(|| actor.name.clone());
    let remark = typed(&said.remark, "remark")?;
    if !said.fine && remark.is_none() {
        return Err(wrong("remark"));
    }
    super::gather::gather(app, &one).await?;
    let words = stored::words(app.store.read(), one.key).await?;
    let (seen, earlier) = (super::seen::seen(app, &one).await?, super::seen::earlier(app, &one).await?);
    let look = judge(&one.content, (&seen, &earlier), &words).remove(case).ok_or_else(missing)?;
    if said.fine && !look.answer.may_pass() {
        return Err(ServiceError::refused(RefusalCode::StateForbids, look.answer.code()));
    }
    let now = app.now();
    let word = Word { fine: said.fine, role, person, remark, at: now, seen: look.seen };
    let tx = app.store.begin().await?;
    // Whoever says something else of the same at the same time, or sends the report, is told.
    super::keep(&tx, &one, ("said", actor, Desk::Own), Some(format!("{case} {}", said.fine)), now).await?;
    stored::say(&tx, one.key, (case, &word, &actor.reference)).await?;
    tx.commit().await?;
    Ok(())
}
