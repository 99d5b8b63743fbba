//! The portal's side of a test, over its API.

use crate::adapters::http::HttpClient;
use clap::Args;
use http::{Method, Request, Response, header};
use liitos_domain::deployment_test::Deed;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Duration;

/// How often what is only read is asked again, and after how long.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_secs(1);

/// The portal, and who asks it.
#[derive(Args)]
pub(super) struct Portal {
    /// The portal: `https://liitos.example`.
    #[arg(long)]
    portal: String,
    /// A file with the program's key.
    #[arg(long)]
    program_key: PathBuf,
    /// The customer that it acts for; its own organisation when absent.
    #[arg(long)]
    organisation: Option<String>,
}

/// A test, as the portal tells it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Test {
    pub(super) summary: Summary,
    pub(super) joiner: String,
    pub(super) points: Vec<String>,
    pub(super) controllers: Vec<String>,
    pub(super) persons: Vec<String>,
    pub(super) cases: Vec<Case>,
    pub(super) moved: Vec<Document>,
    pub(super) documents: Vec<Document>,
    pub(super) papers: Vec<String>,
}

/// Which test.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Summary {
    pub(super) number: String,
    pub(super) service: liitos_domain::Service,
    pub(super) state: String,
}

/// A case.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Case {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) deed: Deed,
    pub(super) of: Option<String>,
    pub(super) code: Option<String>,
    pub(super) people: Vec<String>,
    pub(super) runs: bool,
    pub(super) answer: String,
    pub(super) document: Option<String>,
    pub(super) set: Option<String>,
    pub(super) controller: Option<String>,
    pub(super) message: Option<String>,
    pub(super) decision: Option<String>,
}

/// A document of the test, or of the one before.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Document {
    pub(super) document: String,
    pub(super) set: String,
    pub(super) controller: String,
}

/// A connection to the portal.
pub(super) struct Client {
    http: HttpClient,
    base: String,
    key: String,
    organisation: Option<String>,
}

impl Portal {
    pub(super) fn client(&self) -> Result<Client, String> {
        let named = |error: &dyn std::fmt::Display| format!("{}: {error}", self.program_key.display());
        let key = std::fs::read_to_string(&self.program_key).map_err(|error| named(&error))?;
        Ok(Client {
            http: HttpClient::new().map_err(|error| error.to_string())?,
            base: format!("{}/api/v1/deployment-tests", self.portal.trim_end_matches('/')),
            key: key.trim().to_owned(),
            organisation: self.organisation.clone(),
        })
    }
}

impl Client {
    async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Response<Vec<u8>>, String> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.base));
        request = request.header(header::AUTHORIZATION, format!("Bearer {}", self.key));
        if let Some(organisation) = &self.organisation {
            request = request.header("Liitos-Organisation", organisation);
        }
        let body = match body {
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                body.to_string().into_bytes()
            }
            None => Vec::new(),
        };
        let request = request.body(body).map_err(|error| format!("--portal: {error}"))?;
        let mut response = self.http.send(request.clone()).await;
        // What is only read is asked again.
        for _ in 0..TRIES {
            if response.is_ok() || request.method() != Method::GET {
                break;
            }
            tokio::time::sleep(PAUSE).await;
            response = self.http.send(request.clone()).await;
        }
        let response = response.map_err(|error| format!("the portal: {error}"))?;
        if response.status().is_success() {
            return Ok(response);
        }
        let told: Value = serde_json::from_slice(response.body()).unwrap_or_default();
        let text = |name: &str| told.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        Err(format!("the portal: {} {} {} {}", response.status(), text("code"), text("title"), text("detail")))
    }

    async fn read<T: DeserializeOwned>(&self, method: Method, path: &str, body: Option<&Value>) -> Result<T, String> {
        let response = self.call(method, path, body).await?;
        serde_json::from_slice(response.body()).map_err(|error| format!("the portal's answer: {error}"))
    }

    /// Begins a test.
    pub(super) async fn begin(&self, asked: &Value) -> Result<Test, String> {
        self.read(Method::POST, "", Some(asked)).await
    }

    /// A test as it stands.
    pub(super) async fn test(&self, number: &str) -> Result<Test, String> {
        self.read(Method::GET, &format!("/{number}"), None).await
    }

    /// Says how a case went.
    pub(super) async fn say(
        &self,
        (number, case): (&str, &str),
        (fine, role, person): (bool, &str, Option<&str>),
        remark: &str,
    ) -> Result<(), String> {
        let said = json!({ "fine": fine, "role": role, "person": person.unwrap_or_default(), "remark": remark });
        self.call(Method::POST, &format!("/{number}/cases/{case}"), Some(&said)).await.map(drop)
    }

    /// Has a renewal request sent to a unit.
    pub(super) async fn request(&self, number: &str, unit: &str) -> Result<(), String> {
        self.call(Method::POST, &format!("/{number}/request"), Some(&json!({ "unit": unit }))).await.map(drop)
    }

    /// Sends the report.
    pub(super) async fn send(&self, number: &str) -> Result<(), String> {
        self.call(Method::POST, &format!("/{number}/send"), None).await.map(drop)
    }

    /// A paper of the report, with its seal.
    pub(super) async fn paper(&self, number: &str, language: &str) -> Result<(Vec<u8>, String), String> {
        let response = self.call(Method::GET, &format!("/{number}/report/{language}"), None).await?;
        let seal = response.headers().get("liitos-seal").and_then(|seal| seal.to_str().ok());
        let seal = seal.unwrap_or_default().to_owned();
        Ok((response.into_body(), seal))
    }
}
