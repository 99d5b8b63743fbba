//! Papers that are kept for ever, sealed by the operator.

use crate::{App, ServiceError};
use liitos_documents::paper::{Paper, render};
use liitos_domain::{Moment, Oid, Sha256Hash};
use liitos_store::Transaction;
use liitos_store::sealed::{self, Copy};

/// Whose it is, what it is of, and what the file is called.
pub(crate) type Filed<'a> = (&'a Oid, &'a str, String);

/// Renders a paper as PDF/A, seals it and keeps it; gives what was kept.
pub(crate) async fn keep(app: &App, tx: &Transaction, filed: Filed<'_>, paper: &Paper) -> Result<Copy, ServiceError> {
    let body = render(paper).map_err(|error| ServiceError::internal("paper", error))?;
    keep_file(app, tx, filed, ("application/pdf", body), paper.at).await
}

/// Seals a file of some media type and keeps it; gives what was kept.
pub(crate) async fn keep_file(
    app: &App,
    tx: &Transaction,
    (joiner, subject, name): Filed<'_>,
    (media_type, body): (&str, Vec<u8>),
    at: Moment,
) -> Result<Copy, ServiceError> {
    let mut copy = Copy {
        key: 0,
        joiner: joiner.clone(),
        subject: subject.to_owned(),
        name,
        media_type: media_type.to_owned(),
        hash: Sha256Hash::of(&body),
        seal: app.publication.seal_copy(&body),
        at,
        body,
    };
    copy.key = sealed::keep(tx, &copy).await?;
    Ok(copy)
}
