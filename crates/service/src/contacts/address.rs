//! The one address for notices (Extranet guide 3.1.3).

use super::{held, took_down, verify};
use crate::{Actor, App, ServiceError};
use liitos_domain::application::is_email;
use liitos_domain::application::steps::MAX_FIELD_CHARS;
use liitos_domain::contacts::{Channel, Event};
use liitos_domain::{Act, RefusalCode, typed};
use liitos_store::contacts::{self, Account};
use liitos_texts::Language;

/// Keeps another address for notices, in the language that they are to be written in.
///
/// # Errors
/// L-602 without the right to keep contacts; L-605 before anything is joined; L-606 when it is no address.
pub async fn set_address(app: &App, actor: &Actor, email: &str, language: Language) -> Result<(), ServiceError> {
    let joiner = actor.must(Act::Keep, app.now())?;
    let email = typed::line(email, MAX_FIELD_CHARS).filter(|email| is_email(email));
    let email = email.ok_or_else(|| ServiceError::refused(RefusalCode::FormInvalid, "email"))?;
    let (tx, _) = held(app, joiner).await?;
    let before = contacts::account(tx.connection(), joiner).await?;
    let before = before.ok_or_else(|| ServiceError::refused(RefusalCode::StateForbids, "joining"))?;
    let account =
        Account { email: email.clone(), language: language.code().to_owned(), confirmed_at: before.confirmed_at };
    contacts::keep_account(&tx, joiner, &account).await?;
    let pairs = [("email", before.email, account.email), ("language", before.language, account.language)];
    let fields = pairs.into_iter().filter(|(_, before, after)| before != after);
    let fields = fields.map(|(name, before, after)| (name.to_owned(), before, after)).collect();
    took_down(&tx, actor, joiner, (Event::Address, "", fields), app.now()).await?;
    verify::ask_new(app, &tx, joiner, &[(Channel::Email, email)], language).await?;
    tx.commit().await?;
    Ok(())
}
