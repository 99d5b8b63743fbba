//! A test identification service that looks and behaves like an OpenID Connect provider: discovery, keys, authorization
//! code flow with PKCE, identity token, user information. It asks for no password: it is a sandbox.

use super::persons::{PERSONS, Person, person};
use crate::adapters::SystemRandomness;
use crate::serve::StartError;
use axum::extract::{Form, Query, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, StatusCode, header};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use liitos_domain::Sha256Hash;
use liitos_service::ports::Randomness as _;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

pub(super) const CLIENT_ID: &str = "liitos-portal";
pub(super) const CLIENT_SECRET: &str = "sandbox-only";
const KEY_ID: &str = "sandbox-1";
const TOKEN_SECONDS: i64 = 300;

/// Suomi.fi identification's means.
const MEANS: [(&str, &str); 3] = [
    ("bank", "Pankkitunnukset · Bankkoder"),
    ("mobile", "Mobiilivarmenne · Mobilcertifikat"),
    ("card", "Varmennekortti · Certifikatkort"),
];

struct Provider {
    issuer: String,
    redirect: String,
    home: String,
    signing: EncodingKey,
    /// The public key's coordinates.
    point: (String, String),
    codes: Mutex<HashMap<String, Granted>>,
    tokens: Mutex<HashMap<String, &'static str>>,
}

/// A code that was given and not used yet.
struct Granted {
    subject: &'static str,
    nonce: String,
    challenge: String,
    means: &'static str,
}

pub(super) fn router(issuer: &str, portal: &str) -> Result<Router, StartError> {
    let key = rcgen::KeyPair::generate().map_err(|e| StartError(e.to_string()))?;
    let public = key.public_key_raw();
    let coordinate = |from: usize| URL_SAFE_NO_PAD.encode(public.get(from..from + 32).unwrap_or_default());
    let provider = Provider {
        issuer: issuer.to_owned(),
        redirect: format!("{portal}/sign-in/callback"),
        home: format!("{portal}/"),
        signing: EncodingKey::from_ec_pem(key.serialize_pem().as_bytes()).map_err(|e| StartError(e.to_string()))?,
        point: (coordinate(1), coordinate(33)),
        codes: Mutex::default(),
        tokens: Mutex::default(),
    };
    Ok(Router::new()
        .route("/.well-known/openid-configuration", get(discovery))
        .route("/jwks", get(keys))
        .route("/authorize", get(choose).post(authorize))
        .route("/token", post(token))
        .route("/userinfo", get(user_information))
        .route("/logout", get(log_out))
        .with_state(Arc::new(provider)))
}

async fn discovery(State(provider): State<Arc<Provider>>) -> Json<Value> {
    let at = |path: &str| format!("{}{path}", provider.issuer);
    Json(json!({
        "issuer": provider.issuer,
        "authorization_endpoint": at("/authorize"),
        "token_endpoint": at("/token"),
        "userinfo_endpoint": at("/userinfo"),
        "jwks_uri": at("/jwks"),
        "end_session_endpoint": at("/logout"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "scopes_supported": ["openid", "profile"],
        "code_challenge_methods_supported": ["S256"],
    }))
}

async fn keys(State(provider): State<Arc<Provider>>) -> Json<Value> {
    let (x, y) = &provider.point;
    Json(
        json!({ "keys": [{ "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": KEY_ID, "x": x, "y": y }] }),
    )
}

/// An authorization request, or the same with a choice.
#[derive(Deserialize)]
struct Asked {
    client_id: String,
    redirect_uri: String,
    response_type: String,
    state: String,
    nonce: String,
    code_challenge: String,
    code_challenge_method: String,
    #[serde(default)]
    person: String,
    #[serde(default)]
    means: String,
}

impl Asked {
    /// Refuses whatever a real provider would refuse.
    fn fault(&self, provider: &Provider) -> Option<&'static str> {
        if self.client_id != CLIENT_ID {
            Some("unknown client")
        } else if self.redirect_uri != provider.redirect {
            Some("unknown redirect address")
        } else if self.response_type != "code" || self.code_challenge_method != "S256" || self.code_challenge.is_empty()
        {
            Some("expected the authorization code flow with PKCE")
        } else {
            None
        }
    }
}

async fn choose(State(provider): State<Arc<Provider>>, Query(asked): Query<Asked>) -> Response {
    if let Some(fault) = asked.fault(&provider) {
        return (StatusCode::BAD_REQUEST, fault).into_response();
    }
    let mut hidden = String::new();
    let kept = [
        ("client_id", &asked.client_id),
        ("redirect_uri", &asked.redirect_uri),
        ("response_type", &asked.response_type),
        ("state", &asked.state),
        ("nonce", &asked.nonce),
        ("code_challenge", &asked.code_challenge),
        ("code_challenge_method", &asked.code_challenge_method),
    ];
    for (name, value) in kept {
        let _ = write!(hidden, "<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escape(value));
    }
    let mut means = String::new();
    for (index, (code, name)) in MEANS.iter().enumerate() {
        let checked = if index == 0 { " checked" } else { "" };
        let _ = write!(
            means,
            "<p><input type=\"radio\" name=\"means\" id=\"{code}\" value=\"{code}\"{checked}> <label for=\"{code}\">{name}</label></p>"
        );
    }
    let mut buttons = String::new();
    for person in PERSONS {
        let _ = write!(
            buttons,
            "<p><button type=\"submit\" name=\"person\" value=\"{}\">{}</button> {}</p>",
            person.subject, person.name, person.note
        );
    }
    Html(format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>Test identification</title><style>body{{font:1.1rem sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem}}button{{font:inherit;padding:.5rem 1rem}}</style></head>\
         <body><main><h1>Test identification</h1><p>A sandbox in place of Suomi.fi identification. Choose a means and a test person.</p>\
         <form method=\"post\" action=\"/authorize\">{hidden}<fieldset><legend>Means</legend>{means}</fieldset>{buttons}</form></main></body></html>"
    ))
    .into_response()
}

async fn authorize(State(provider): State<Arc<Provider>>, Form(asked): Form<Asked>) -> Response {
    if let Some(fault) = asked.fault(&provider) {
        return (StatusCode::BAD_REQUEST, fault).into_response();
    }
    let (Some(person), Some((means, _))) = (person(&asked.person), MEANS.iter().find(|(code, _)| *code == asked.means))
    else {
        return (StatusCode::BAD_REQUEST, "choose a person and a means").into_response();
    };
    let code = random();
    let granted = Granted { subject: person.subject, nonce: asked.nonce, challenge: asked.code_challenge, means };
    if let Ok(mut codes) = provider.codes.lock() {
        codes.insert(code.clone(), granted);
    }
    let query: String = form_urlencoded::Serializer::new(String::new())
        .append_pair("code", &code)
        .append_pair("state", &asked.state)
        .finish();
    Redirect::to(&format!("{}?{query}", provider.redirect)).into_response()
}

#[derive(Deserialize)]
struct Exchange {
    grant_type: String,
    code: String,
    code_verifier: String,
    redirect_uri: String,
}

async fn token(State(provider): State<Arc<Provider>>, headers: HeaderMap, Form(exchange): Form<Exchange>) -> Response {
    let refused = |error: &str| (StatusCode::BAD_REQUEST, Json(json!({ "error": error }))).into_response();
    let basic = base64::engine::general_purpose::STANDARD.encode(format!("{CLIENT_ID}:{CLIENT_SECRET}"));
    if headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()) != Some(&format!("Basic {basic}")) {
        return (StatusCode::UNAUTHORIZED, Json(json!({ "error": "invalid_client" }))).into_response();
    }
    // A code is used once, right or wrong.
    let granted = provider.codes.lock().ok().and_then(|mut codes| codes.remove(&exchange.code));
    let Some(granted) = granted else {
        return refused("invalid_grant");
    };
    let proof = URL_SAFE_NO_PAD.encode(Sha256Hash::of(exchange.code_verifier.as_bytes()).as_bytes());
    if exchange.grant_type != "authorization_code"
        || exchange.redirect_uri != provider.redirect
        || proof != granted.challenge
    {
        return refused("invalid_grant");
    }
    let access = random();
    if let Ok(mut tokens) = provider.tokens.lock() {
        tokens.insert(access.clone(), granted.subject);
    }
    let now = liitos_gateway::wall_clock()().as_seconds();
    let hash = Sha256Hash::of(access.as_bytes());
    let claims = json!({
        "iss": provider.issuer, "sub": granted.subject, "aud": CLIENT_ID, "iat": now, "exp": now + TOKEN_SECONDS,
        "nonce": granted.nonce, "amr": [granted.means], "at_hash": URL_SAFE_NO_PAD.encode(hash.as_bytes().split_at(16).0),
    });
    let head = Header { kid: Some(KEY_ID.to_owned()), ..Header::new(Algorithm::ES256) };
    match encode(&head, &claims, &provider.signing) {
        Ok(identity) => Json(json!({ "access_token": access, "token_type": "Bearer", "expires_in": TOKEN_SECONDS, "id_token": identity })).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn user_information(State(provider): State<Arc<Provider>>, headers: HeaderMap) -> Response {
    let token = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()?.strip_prefix("Bearer "));
    let subject = token.and_then(|token| provider.tokens.lock().ok()?.get(token).copied());
    let Some(Person { subject, name, identity_code, card, staff, .. }) = subject.and_then(person) else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    Json(json!({ "sub": subject, "name": name, "personal_identity_code": identity_code, "card_number": card, "staff": staff }))
        .into_response()
}

#[derive(Deserialize)]
struct Leaving {
    client_id: String,
    post_logout_redirect_uri: String,
}

/// Ends the session here, which this provider does not keep, and leads back where the portal is registered to be.
async fn log_out(State(provider): State<Arc<Provider>>, Query(leaving): Query<Leaving>) -> Response {
    if leaving.client_id != CLIENT_ID || leaving.post_logout_redirect_uri != provider.home {
        return (StatusCode::BAD_REQUEST, "unknown place to go back to").into_response();
    }
    Redirect::to(&provider.home).into_response()
}

pub(super) fn random() -> String {
    let mut bytes = [0u8; 24];
    SystemRandomness.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
