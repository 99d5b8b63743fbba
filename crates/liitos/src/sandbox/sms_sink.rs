//! A gateway for text messages that keeps what it gets, shows it on a page, and tells what became of it: OMA's RESTful Network API for
//! Messaging 1.0, as far as it is used. Numbers that end in 000 are nobody's.

use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::{HeaderMap, StatusCode, header};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

/// The key that the gateway is asked with.
pub(super) const KEY: &str = "sandbox-sms-key";
/// The sender.
pub(super) const SENDER: &str = "Kanta";
/// Numbers with this end reach nobody.
pub(super) const NOBODY: &str = "000";
/// Most messages kept.
const MAX_MESSAGES: usize = 10_000;

/// A text message as it came.
#[derive(Clone, Debug)]
pub struct Texted {
    /// To which telephone.
    pub to: String,
    /// The text.
    pub text: String,
}

/// What came so far, each message once.
#[derive(Clone, Default)]
pub struct SmsSink(Arc<Mutex<Kept>>);

/// Messages, and by what each is known to its sender.
#[derive(Default)]
struct Kept {
    messages: Vec<Texted>,
    known: BTreeSet<String>,
}

impl SmsSink {
    /// All messages, the oldest first.
    #[must_use]
    pub fn all(&self) -> Vec<Texted> {
        self.0.lock().map(|kept| kept.messages.clone()).unwrap_or_default()
    }

    fn keep(&self, correlator: &str, message: Texted) {
        if let Ok(mut kept) = self.0.lock()
            && kept.messages.len() < MAX_MESSAGES
            && kept.known.insert(correlator.to_owned())
        {
            kept.messages.push(message);
        }
    }
}

pub(super) fn router(sink: SmsSink) -> Router {
    let posts = "/smsmessaging/v1/outbound/{sender}/requests";
    Router::new().route(posts, post(take)).route("/sms", get(show)).with_state(sink)
}

fn refused(status: StatusCode, id: &str, text: &str) -> Response {
    let error = json!({ "requestError": { "serviceException": { "messageId": id, "text": text } } });
    (status, Json(error)).into_response()
}

async fn take(
    State(sink): State<SmsSink>,
    Path(sender): Path<String>,
    headers: HeaderMap,
    Json(asked): Json<Value>,
) -> Response {
    if headers.get(header::AUTHORIZATION).is_none_or(|value| value != &format!("Bearer {KEY}")) {
        return refused(StatusCode::UNAUTHORIZED, "SVC0001", "not authenticated");
    }
    let text = |place: &str| {
        let value = asked.pointer(&format!("/outboundSMSMessageRequest/{place}"))?;
        value.as_str().map(ToOwned::to_owned)
    };
    let to = text("address/0").and_then(|to| Some(to.strip_prefix("tel:+")?.to_owned()));
    let (Some(to), Some(message)) = (to, text("outboundSMSTextMessage/message")) else {
        return refused(StatusCode::BAD_REQUEST, "SVC0002", "Invalid input value for message part address");
    };
    if sender != SENDER || to.starts_with("35800") {
        return refused(StatusCode::BAD_REQUEST, "SVC0004", "No valid addresses provided");
    }
    let correlator = text("clientCorrelator").unwrap_or_default();
    let told = (text("receiptRequest/notifyURL"), text("receiptRequest/callbackData"));
    let nobody = to.ends_with(NOBODY);
    if !nobody {
        sink.keep(&correlator, Texted { to: format!("+{to}"), text: message });
    }
    if let (Some(address), Some(ticket)) = told {
        tokio::spawn(tell(address, ticket, to, nobody));
    }
    let location = format!("/smsmessaging/v1/outbound/{sender}/requests/{correlator}");
    (
        StatusCode::CREATED,
        [(header::LOCATION, location.clone())],
        Json(json!({ "resourceReference": { "resourceURL": location } })),
    )
        .into_response()
}

/// Tells what became of a message, a few times if nobody listens yet.
async fn tell(address: String, ticket: String, to: String, nobody: bool) {
    let status = if nobody { "DeliveryImpossible" } else { "DeliveredToTerminal" };
    let body = json!({ "deliveryInfoNotification": {
        "callbackData": ticket,
        "deliveryInfo": { "address": format!("tel:+{to}"), "deliveryStatus": status },
    }});
    let Ok(client) = crate::adapters::http::HttpClient::new() else { return };
    for _ in 0..5 {
        let request = http::Request::post(&address).header(header::CONTENT_TYPE, "application/json");
        let Ok(request) = request.body(body.to_string().into_bytes()) else { return };
        if client.send(request).await.is_ok_and(|answer| answer.status().is_success()) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
}

async fn show(State(sink): State<SmsSink>) -> Html<String> {
    let mut list = String::new();
    for message in sink.all().iter().rev() {
        let text = message.text.replace('&', "&amp;").replace('<', "&lt;");
        let _ = write!(list, "<h2>{}</h2><pre>{text}</pre>", message.to.replace('<', "&lt;"));
    }
    Html(format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Text messages</title><style>body{{font:1rem sans-serif;max-width:50rem;margin:2rem auto}}pre{{white-space:pre-wrap;border:1px solid;padding:1rem}}</style></head>\
         <body><main><h1>Text messages that were sent</h1>{list}</main></body></html>"
    ))
}
