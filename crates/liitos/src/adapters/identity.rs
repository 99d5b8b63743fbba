//! OpenID Connect: authorization code flow with PKCE, state and nonce, against any provider that the configuration
//! names.
//!
//! The person's identity code, with which the service of mandates is asked, comes under a claim that the configuration names; the
//! operator's own staff is known by the claim `staff`, and whoever signs in with a certificate card has its number under `card_number`. These names are
//! assumed.

use super::SystemClock;
use super::http::HttpClient;
use crate::config::Identity;
use async_trait::async_trait;
use liitos_domain::identifier::{ArchivistCardNumber, PersonalIdentityCode};
use liitos_domain::{Moment, StaffRole};
use liitos_service::ports::{Begun, Clock as _, Identified, IdentityProvider, SignInError};
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthenticationFlow, CoreClaimName, CoreClaimType, CoreClient, CoreClientAuthMethod,
    CoreGenderClaim, CoreGrantType, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm,
    CoreResponseMode, CoreResponseType, CoreSubjectIdentifierType,
};
use openidconnect::{
    AccessTokenHash, AdditionalClaims, AuthorizationCode, ClientId, ClientSecret, CsrfToken, IssuerUrl, LanguageTag,
    LogoutProviderMetadata, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier, ProviderMetadata,
    RedirectUrl, Scope, TokenResponse as _, UserInfoClaims,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use tokio::sync::Mutex;

/// The claim with a card's number.
const CARD: &str = "card_number";

/// What the provider tells besides the standard claims.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
struct Told {
    #[serde(default)]
    staff: Vec<StaffRole>,
    #[serde(flatten)]
    others: BTreeMap<String, Value>,
}

impl AdditionalClaims for Told {}

/// A provider's metadata with where its own session ends (OpenID Connect RP-Initiated Logout 1.0).
type Metadata = ProviderMetadata<
    LogoutProviderMetadata<openidconnect::EmptyAdditionalProviderMetadata>,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// A provider.
pub struct OpenIdConnect {
    http: HttpClient,
    issuer: IssuerUrl,
    client_id: ClientId,
    secret: ClientSecret,
    redirect: RedirectUrl,
    /// Where the person lands after leaving the provider.
    home: String,
    /// The claim with the identity code.
    identity_code_claim: String,
    known: Mutex<Option<(Moment, Metadata)>>,
}

/// How long the provider's metadata is known for beginning a sign-in.
const KNOWN_SECONDS: i64 = 300;

impl OpenIdConnect {
    /// A provider by its issuer; its metadata is fetched when a sign-in ends, so that changed keys are known at once.
    ///
    /// # Errors
    /// What is wrong with an address.
    pub fn new(config: &Identity, secret: &str, portal_address: &str) -> Result<Self, String> {
        Ok(Self {
            home: format!("{portal_address}/"),
            identity_code_claim: config.identity_code_claim.clone(),
            http: HttpClient::new().map_err(|error| error.to_string())?,
            issuer: IssuerUrl::new(config.issuer.clone()).map_err(|error| format!("identity.issuer: {error}"))?,
            client_id: ClientId::new(config.client_id.clone()),
            secret: ClientSecret::new(secret.to_owned()),
            redirect: RedirectUrl::new(format!("{portal_address}/sign-in/callback"))
                .map_err(|error| format!("portal.address: {error}"))?,
            known: Mutex::new(None),
        })
    }

    /// The provider's metadata as known a short while ago: a page that anybody may open asks nobody each time.
    async fn known_metadata(&self) -> Result<Metadata, SignInError> {
        let mut known = self.known.lock().await;
        let now = SystemClock.now();
        if let Some((_, metadata)) = known.as_ref().filter(|(asked, _)| asked.plus_seconds(KNOWN_SECONDS) > now) {
            return Ok(metadata.clone());
        }
        let metadata = self.metadata().await?;
        *known = Some((now, metadata.clone()));
        Ok(metadata)
    }

    async fn metadata(&self) -> Result<Metadata, SignInError> {
        Metadata::discover_async(self.issuer.clone(), &self.http).await.map_err(|error| failed("discovery", &error))
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

    async fn finish(&self, begun: &Begun, code: &str) -> Result<Identified, SignInError> {
        let metadata = self.metadata().await?;
        let client =
            CoreClient::from_provider_metadata(metadata.clone(), self.client_id.clone(), Some(self.secret.clone()))
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
        let information: UserInfoClaims<Told, CoreGenderClaim> = client
            .user_info(token.access_token().clone(), Some(claims.subject().clone()))
            .map_err(|error| failed("user information endpoint", &error))?
            .request_async(&self.http)
            .await
            .map_err(|error| failed("user information", &error))?;
        let name = information.name().and_then(|name| name.get(None)).map(|name| name.to_string());
        let told = information.additional_claims();
        let means = claims.auth_method_refs().into_iter().flatten().map(|means| means.as_str());
        let code = told.others.get(&self.identity_code_claim).and_then(Value::as_str);
        Ok(Identified {
            reference: format!("person:{}", claims.subject().as_str()),
            name: name.unwrap_or_default(),
            means: means.collect::<Vec<_>>().join(" "),
            staff: told.staff.clone(),
            card: told.others.get(CARD).and_then(Value::as_str).and_then(|card| ArchivistCardNumber::parse(card).ok()),
            identity_code: code.and_then(|code| PersonalIdentityCode::parse(code).ok()),
            log_out: self.log_out(&metadata),
        })
    }
}

impl OpenIdConnect {
    /// Where the person's session at the provider is ended, if it has such a place.
    /// We say who we are and show no identity token: that would have to be kept, and may hold more than we keep.
    fn log_out(&self, metadata: &Metadata) -> Option<String> {
        let end = metadata.additional_metadata().end_session_endpoint.as_ref()?;
        let mut address = end.url().clone();
        address
            .query_pairs_mut()
            .append_pair("client_id", self.client_id.as_str())
            .append_pair("post_logout_redirect_uri", &self.home);
        Some(address.to_string())
    }
}

/// The error with its causes; none of them holds a secret.
fn failed(step: &str, error: &dyn std::error::Error) -> SignInError {
    let cause = error.source().map_or_else(String::new, |source| format!(": {source}"));
    SignInError(format!("{step}: {error}{cause}"))
}
