//! OpenID Connect: authorization code flow with PKCE, state and nonce, against any provider that the configuration
//! names.
//!
//! The person's organisations, roles and mandates come with the user information under the claims below. They are
//! assumed: Suomi.fi gives them through its mandates service, which a later work calls here instead.

use super::SystemClock;
use super::http::HttpClient;
use async_trait::async_trait;
use liitos_domain::{Moment, Oid};
use liitos_service::ports::{Begun, Clock as _, IdentityProvider, SignInError};
use liitos_service::{Actor, Organisation, OrganisationRole, StaffRole};
use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreGenderClaim, CoreProviderMetadata};
use openidconnect::{
    AccessTokenHash, AdditionalClaims, AuthorizationCode, ClientId, ClientSecret, CsrfToken, IssuerUrl, LanguageTag,
    Nonce, OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope, TokenResponse as _,
    UserInfoClaims,
};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

/// What the provider tells besides the standard claims.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
struct Positions {
    #[serde(default)]
    organisations: Vec<Position>,
    #[serde(default)]
    staff: Vec<StaffRole>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
struct Position {
    oid: String,
    role: OrganisationRole,
}

impl AdditionalClaims for Positions {}

/// A provider.
pub struct OpenIdConnect {
    http: HttpClient,
    issuer: IssuerUrl,
    client_id: ClientId,
    secret: ClientSecret,
    redirect: RedirectUrl,
    known: Mutex<Option<(Moment, CoreProviderMetadata)>>,
}

/// How long the provider's metadata is known for beginning a sign-in.
const KNOWN_SECONDS: i64 = 300;

impl OpenIdConnect {
    /// A provider by its issuer; its metadata is fetched when a sign-in ends, so that changed keys are known at once.
    ///
    /// # Errors
    /// What is wrong with an address.
    pub fn new(issuer: &str, client_id: &str, secret: &str, portal_address: &str) -> Result<Self, String> {
        Ok(Self {
            http: HttpClient::new().map_err(|error| error.to_string())?,
            issuer: IssuerUrl::new(issuer.to_owned()).map_err(|error| format!("identity.issuer: {error}"))?,
            client_id: ClientId::new(client_id.to_owned()),
            secret: ClientSecret::new(secret.to_owned()),
            redirect: RedirectUrl::new(format!("{portal_address}/sign-in/callback"))
                .map_err(|error| format!("portal.address: {error}"))?,
            known: Mutex::new(None),
        })
    }

    /// The provider's metadata as known a short while ago: a page that anybody may open asks nobody each time.
    async fn known_metadata(&self) -> Result<CoreProviderMetadata, SignInError> {
        let mut known = self.known.lock().await;
        let now = SystemClock.now();
        if let Some((_, metadata)) = known.as_ref().filter(|(asked, _)| asked.plus_seconds(KNOWN_SECONDS) > now) {
            return Ok(metadata.clone());
        }
        let metadata = self.metadata().await?;
        *known = Some((now, metadata.clone()));
        Ok(metadata)
    }

    async fn metadata(&self) -> Result<CoreProviderMetadata, SignInError> {
        CoreProviderMetadata::discover_async(self.issuer.clone(), &self.http)
            .await
            .map_err(|error| failed("discovery", &error))
    }
}

#[async_trait]
impl IdentityProvider for OpenIdConnect {
    async fn begin(&self, language: &str) -> Result<Begun, SignInError> {
        let client = CoreClient::from_provider_metadata(
            self.known_metadata().await?,
            self.client_id.clone(),
            Some(self.secret.clone()),
        )
        .set_redirect_uri(self.redirect.clone());
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (address, state, nonce) = client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
            .add_scope(Scope::new("profile".to_owned()))
            .add_ui_locale(LanguageTag::new(language.to_owned()))
            .set_pkce_challenge(challenge)
            .url();
        Ok(Begun {
            address: address.to_string(),
            state: state.secret().clone(),
            nonce: nonce.secret().clone(),
            verifier: verifier.secret().clone(),
        })
    }

    async fn finish(&self, begun: &Begun, code: &str) -> Result<Actor, SignInError> {
        let client = CoreClient::from_provider_metadata(
            self.metadata().await?,
            self.client_id.clone(),
            Some(self.secret.clone()),
        )
        .set_redirect_uri(self.redirect.clone());
        let token = client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .map_err(|error| failed("token endpoint", &error))?
            .set_pkce_verifier(PkceCodeVerifier::new(begun.verifier.clone()))
            .request_async(&self.http)
            .await
            .map_err(|error| failed("token", &error))?;
        let id_token = token.id_token().ok_or_else(|| SignInError("no identity token".to_owned()))?;
        let verifier = client.id_token_verifier();
        let claims = id_token
            .claims(&verifier, &Nonce::new(begun.nonce.clone()))
            .map_err(|error| failed("identity token", &error))?;
        if let Some(expected) = claims.access_token_hash() {
            let algorithm = id_token.signing_alg().map_err(|error| failed("algorithm", &error))?;
            let key = id_token.signing_key(&verifier).map_err(|error| failed("key", &error))?;
            let actual = AccessTokenHash::from_token(token.access_token(), algorithm, key)
                .map_err(|error| failed("hash", &error))?;
            if actual != *expected {
                return Err(SignInError("the access token is not the identity token's".to_owned()));
            }
        }
        let information: UserInfoClaims<Positions, CoreGenderClaim> = client
            .user_info(token.access_token().clone(), Some(claims.subject().clone()))
            .map_err(|error| failed("user information endpoint", &error))?
            .request_async(&self.http)
            .await
            .map_err(|error| failed("user information", &error))?;
        let name = information.name().and_then(|name| name.get(None)).map(|name| name.to_string());
        let positions = information.additional_claims();
        let organisation =
            |position: &Position| Some(Organisation { oid: Oid::parse(&position.oid).ok()?, role: position.role });
        Ok(Actor {
            reference: format!("person:{}", claims.subject().as_str()),
            name: name.unwrap_or_default(),
            organisations: positions.organisations.iter().filter_map(organisation).collect(),
            acting_for: None,
            staff: positions.staff.clone(),
        })
    }
}

/// The error with its causes; none of them holds a secret.
fn failed(step: &str, error: &dyn std::error::Error) -> SignInError {
    let cause = error.source().map_or_else(String::new, |source| format!(": {source}"));
    SignInError(format!("{step}: {error}{cause}"))
}
