//! The service of mandates, by the Web API of Suomi.fi e-Authorizations: a visit is registered for a person, who chooses for whom to
//! act on its pages and comes back with a code; for that code we get a token, and with it the person's roles in each organisation
//! chosen (`organizationRoles`). Calls carry a checksum of path and time.
//!
//! The visit's own name stays on our side and the token fits that visit only, so that a code from elsewhere is worth nothing here.

use super::http::HttpClient;
use super::{SystemClock, SystemRandomness};
use crate::config;
use async_trait::async_trait;
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{Request, header};
use liitos_domain::Position;
use liitos_domain::identifier::PersonalIdentityCode;
use liitos_service::ports::{Clock as _, MandateService, Mandated, Randomness as _, SignInError, Visit};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// The header with the caller's id, the time and the checksum.
pub(crate) const CHECKSUM_HEADER: &str = "X-AsiointivaltuudetAuthorization";

/// The service.
pub struct Mandates {
    http: HttpClient,
    address: String,
    client_id: String,
    key: String,
    secret: String,
    redirect: String,
    mandate: String,
}

/// A visit as the service names it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Registered {
    session_id: String,
    user_id: String,
}

#[derive(Deserialize)]
struct Token {
    access_token: String,
}

/// A person's roles in an organisation.
#[derive(Deserialize)]
struct OrganizationRoles {
    name: String,
    identifier: String,
    #[serde(default)]
    complete: bool,
    #[serde(default)]
    roles: Vec<String>,
}

impl Mandates {
    /// The service that a configuration names, with its key and secret.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(config: &config::Mandates, key: &str, secret: &str, portal_address: &str) -> Result<Self, String> {
        Ok(Self {
            http: HttpClient::new().map_err(|error| error.to_string())?,
            address: config.address.trim_end_matches('/').to_owned(),
            client_id: config.client_id.clone(),
            key: key.to_owned(),
            secret: secret.to_owned(),
            redirect: format!("{portal_address}/mandates/callback"),
            mandate: config.mandate.clone(),
        })
    }

    /// Asks for a path below the service's address; with a token where there is one.
    async fn ask<T: DeserializeOwned>(&self, path: &str, token: Option<&str>) -> Result<T, SignInError> {
        let time = SystemClock.now().to_string();
        let sum = checksum(&self.key, &path_of(&self.address, path), &time);
        let mut request = Request::get(format!("{}{path}", self.address))
            .header(CHECKSUM_HEADER, format!("{} {time} {sum}", self.client_id));
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        self.send(request.body(Vec::new())).await
    }

    async fn send<T: DeserializeOwned>(&self, request: http::Result<Request<Vec<u8>>>) -> Result<T, SignInError> {
        // Paths hold identity codes: no error tells one.
        let request = request.map_err(|_| SignInError("mandates: no request can be made".to_owned()))?;
        let answer = self.http.send(request).await.map_err(|error| SignInError(format!("mandates: {error}")))?;
        if !answer.status().is_success() {
            return Err(SignInError(format!("mandates: answered {}", answer.status())));
        }
        serde_json::from_slice(answer.body()).map_err(|error| SignInError(format!("mandates: {error}")))
    }

    fn position(&self, role: &str) -> Option<Position> {
        if role == self.mandate {
            return Some(Position::Mandate);
        }
        Position::parse(role)
            .filter(|position| !position.is_granted() && !matches!(position, Position::Mandate | Position::Former))
    }
}

#[async_trait]
impl MandateService for Mandates {
    async fn begin(&self, person: &PersonalIdentityCode, language: &str) -> Result<Visit, SignInError> {
        let path =
            format!("/service/ypa/user/register/{}/{}?requestId={}", self.client_id, encoded(person.reveal()), id());
        let Registered { session_id, user_id } = self.ask(&path, None).await?;
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("client_id", &self.client_id)
            .append_pair("response_type", "code")
            .append_pair("redirect_uri", &self.redirect)
            .append_pair("user", &user_id)
            .append_pair("lang", language)
            .finish();
        let address = format!("{}/oauth/authorize?{query}", self.address);
        Ok(Visit { person: String::new(), address, session: session_id })
    }

    async fn finish(&self, visit: &Visit, code: &str) -> Result<Vec<Mandated>, SignInError> {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("code", code)
            .append_pair("grant_type", "authorization_code")
            .append_pair("redirect_uri", &self.redirect)
            .finish();
        let basic = STANDARD.encode(format!("{}:{}", self.client_id, self.secret));
        let request = Request::post(format!("{}/oauth/token?{query}", self.address))
            .header(header::AUTHORIZATION, format!("Basic {basic}"))
            .body(Vec::new());
        let Token { access_token } = self.send(request).await?;
        let path = format!("/service/ypa/api/organizationRoles/{}?requestId={}", encoded(&visit.session), id());
        let told: Vec<OrganizationRoles> = self.ask(&path, Some(&access_token)).await?;
        Ok(told
            .into_iter()
            .map(|one| Mandated {
                positions: one.roles.iter().filter_map(|role| self.position(role)).collect(),
                business_id: one.identifier,
                name: one.name,
                complete: one.complete,
            })
            .collect())
    }
}

/// HMAC-SHA256 over path and time with a space between, by the key that both sides hold; Base64.
pub(crate) fn checksum(key: &str, path: &str, time: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
    STANDARD.encode(hmac::sign(&key, format!("{path} {time}").as_bytes()))
}

/// Everything after the host of an address and a path below it.
fn path_of(address: &str, path: &str) -> String {
    let below = address.split_once("://").map_or("", |(_, rest)| rest.split_once('/').map_or("", |(_, below)| below));
    if below.is_empty() { path.to_owned() } else { format!("/{below}{path}") }
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// A request's own id.
fn id() -> String {
    let mut bytes = [0u8; 12];
    SystemRandomness.fill(&mut bytes);
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231 test case 2: the key "Jefe", the text "what do ya want for nothing?".
    #[test]
    fn the_checksum_is_an_hmac_over_path_and_time() {
        let sum = checksum("Jefe", "what do ya want for", "nothing?");
        let raw = STANDARD.decode(sum).unwrap();
        let hex: String = raw.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }

    #[test]
    fn the_path_is_all_that_follows_the_host() {
        assert_eq!(path_of("https://asiointivaltuustarkastus.test", "/oauth"), "/oauth");
        assert_eq!(path_of("http://127.0.0.1:1/below", "/service?x=1"), "/below/service?x=1");
    }
}
