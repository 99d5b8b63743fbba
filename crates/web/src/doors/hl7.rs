//! HL7 V3 messages from the gateway, answered with acknowledgements; queries with what was found.

use super::{Reasons, door};
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use liitos_domain::RefusalCode;
use liitos_service::App;
use liitos_service::archive::{Door, Stored, StoredHow, answer_query, failed, is_query, store_document};
use std::sync::Arc;

pub(super) async fn receive(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Response {
    let Some(door) = door(&headers) else {
        tracing::error!("a gateway sent no facts");
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    if let Some(interaction) = is_query(&body) {
        let told = answer_query(&app, &door, interaction, &body).await;
        return answer(&door, told.refused.map_or(200, RefusalCode::status), told.answer);
    }
    match store_document(&app, &door, &body).await {
        Ok(stored) => acknowledge(&door, stored),
        Err(error) => {
            tracing::error!(decision = door.decision_id, error = %error, cause = ?error.source, "a message was not stored");
            acknowledge(&door, failed(&app, &door, &body, &error))
        }
    }
}

fn acknowledge(door: &Door, stored: Stored) -> Response {
    let status = match &stored.how {
        StoredHow::New | StoredHow::Again => 200,
        StoredHow::Refused(findings) => findings.first().map_or(500, |finding| finding.code.status()),
    };
    let mut response = answer(door, status, stored.acknowledgement);
    if let StoredHow::Refused(findings) = &stored.how {
        response.extensions_mut().insert(Reasons::of(findings));
    }
    response
}

fn answer(door: &Door, status: u16, text: String) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = [
        (header::CONTENT_TYPE.as_str(), "application/hl7-v3+xml; charset=utf-8"),
        ("liitos-decision", &door.decision_id),
    ];
    (status, headers, text).into_response()
}
