//! Text messages through a gateway that speaks OMA's RESTful Network API for Messaging 1.0 (GSMA OneAPI), JSON.
//!
//! `POST {address}/outbound/{sender}/requests`; what became of a message the gateway tells by itself, to our `/receipts/sms`.

use super::http::HttpClient;
use crate::config;
use async_trait::async_trait;
use http::{Request, StatusCode, header};
use liitos_domain::Sha256Hash;
use liitos_service::ports::{SendError, Sms, Texter};
use serde_json::json;

/// Longest answer that is quoted, in characters.
const QUOTED: usize = 200;

/// Sends text messages through a gateway.
pub struct SmsGateway {
    client: HttpClient,
    /// Where messages are posted.
    address: String,
    sender: String,
    key: String,
    /// Where the gateway tells what became of a message.
    receipts: String,
}

impl SmsGateway {
    /// A gateway as configured; `portal` is where ours is reached.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(config: &config::Sms, key: &str, portal: &str) -> Result<Self, String> {
        let sender: String = form_urlencoded::byte_serialize(config.sender.as_bytes()).collect();
        Ok(Self {
            client: HttpClient::new().map_err(|error| format!("sms: {error}"))?,
            address: format!("{}/outbound/{sender}/requests", config.address.trim_end_matches('/')),
            sender: config.sender.clone(),
            key: key.to_owned(),
            receipts: format!("{portal}/receipts/sms"),
        })
    }
}

#[async_trait]
impl Texter for SmsGateway {
    async fn send(&self, sms: &Sms, ticket: &str) -> Result<(), SendError> {
        // The same message that is sent again, because its answer was lost, is sent on once.
        let correlator = Sha256Hash::of(format!("{} {}", sms.to, sms.words()).as_bytes()).to_string();
        let body = json!({ "outboundSMSMessageRequest": {
            "address": [format!("tel:{}", sms.to)],
            "senderAddress": self.sender,
            "outboundSMSTextMessage": { "message": sms.words() },
            "clientCorrelator": correlator,
            "receiptRequest": { "notifyURL": self.receipts, "callbackData": ticket, "notificationFormat": "JSON" },
        }});
        let request = Request::post(&self.address)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::AUTHORIZATION, format!("Bearer {}", self.key))
            .body(body.to_string().into_bytes())
            .map_err(|error| SendError::Never(error.to_string()))?;
        let answer = self.client.send(request).await.map_err(|error| SendError::Away(error.to_string()))?;
        let said: String = String::from_utf8_lossy(answer.body()).chars().take(QUOTED).collect();
        match answer.status() {
            status if status.is_success() => Ok(()),
            // The message is at fault; with everything else somebody may mend what is (a key, a rate, a server).
            status @ (StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND | StatusCode::UNPROCESSABLE_ENTITY) => {
                Err(SendError::Never(format!("{status}: {said}")))
            }
            status => Err(SendError::Away(format!("{status}: {said}"))),
        }
    }
}
