//! Files of an application: attached, read, taken away.

use super::copies::download;
use crate::Web;
use crate::errors::Failure;
use crate::page::Page;
use axum::extract::multipart::MultipartRejection;
use axum::extract::{Multipart, Path, State};
use axum::response::{Redirect, Response};
use liitos_domain::RefusalCode;
use liitos_domain::application::attachment::AttachmentError;
use liitos_service::{ServiceError, applications};

pub(crate) async fn attach(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Redirect, Failure> {
    let actor = page.signed_in()?;
    // Whose it is comes before what is wrong with a file.
    applications::view(&web.app, actor, &number).await?;
    let attached = match file(form).await {
        Ok((name, body)) => applications::attach(&web.app, actor, &number, &name, body).await.map(drop),
        Err(error) => Err(ServiceError::refused(RefusalCode::FormInvalid, error.key())),
    };
    match attached {
        Ok(()) => Ok(Redirect::to(&format!("/applications/{number}#files"))),
        // The page says what is wrong with the file.
        Err(error) if error.code == RefusalCode::FormInvalid => {
            Ok(Redirect::to(&format!("/applications/{number}?wrong={}#files", error.place)))
        }
        Err(error) => Err(error.into()),
    }
}

/// The one file of a form, with its name.
async fn file(form: Result<Multipart, MultipartRejection>) -> Result<(String, Vec<u8>), AttachmentError> {
    let mut form = form.map_err(|_| AttachmentError::Empty)?;
    let field = form.next_field().await.map_err(|_| AttachmentError::Empty)?.ok_or(AttachmentError::Empty)?;
    let name = field.file_name().unwrap_or_default().to_owned();
    // Longer than the limit of the route.
    let body = field.bytes().await.map_err(|_| AttachmentError::TooLarge)?;
    Ok((name, body.to_vec()))
}

pub(crate) async fn detach(
    State(web): State<Web>,
    page: Page,
    Path((number, file)): Path<(String, i64)>,
) -> Result<Redirect, Failure> {
    applications::detach(&web.app, page.signed_in()?, &number, file).await?;
    Ok(Redirect::to(&format!("/applications/{number}#files")))
}

/// A file, to be kept and not to be run: whatever is in it, the browser takes it for what we found it to be and opens it nowhere here.
pub(crate) async fn read(
    State(web): State<Web>,
    page: Page,
    Path((number, file)): Path<(String, i64)>,
) -> Result<Response, Failure> {
    let found = applications::attachment(&web.app, page.signed_in()?, &number, file).await?;
    Ok(download(&found.name, found.media_type, found.body))
}
