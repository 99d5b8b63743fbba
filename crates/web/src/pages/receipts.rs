//! Where a gateway for text messages tells what became of one (OMA RESTful Network API for Messaging 1.0): known by the ticket that
//! it was given, which nobody else has.

use crate::Web;
use crate::errors::Failure;
use axum::Json;
use axum::extract::State;
use http::StatusCode;
use liitos_domain::RefusalCode;
use liitos_service::ServiceError;
use liitos_service::messages::{Fate, receipt};
use serde::Deserialize;
use serde_json::Value;

/// The paths that programs outside post to.
pub(crate) const BASE: &str = "/receipts/";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Told {
    delivery_info_notification: Notification,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Notification {
    callback_data: String,
    /// One, or a list of them.
    delivery_info: Value,
}

pub(crate) async fn sms(State(web): State<Web>, Json(told): Json<Told>) -> Result<StatusCode, Failure> {
    let told = told.delivery_info_notification;
    let one = match &told.delivery_info {
        Value::Array(all) => all.first().cloned().unwrap_or_default(),
        one => one.clone(),
    };
    let fate = match one.get("deliveryStatus").and_then(Value::as_str) {
        Some("DeliveredToTerminal") => Fate::Delivered,
        Some(status @ "DeliveryImpossible") => {
            let why = one.get("description").and_then(Value::as_str).unwrap_or_default();
            Fate::Undelivered(format!("{status} {why}").trim().to_owned())
        }
        // On its way, or not known: nothing is certain yet.
        Some(_) => return Ok(StatusCode::NO_CONTENT),
        None => return Err(ServiceError::refused(RefusalCode::FormInvalid, "deliveryStatus").into()),
    };
    receipt(&web.app, &told.callback_data, fate).await?;
    Ok(StatusCode::NO_CONTENT)
}
