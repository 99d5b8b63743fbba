//! A browser without a screen: keeps cookies, follows redirects, posts forms as a page would. For the tour and tests.

use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use std::collections::BTreeMap;

/// How browsers send forms.
const FORM: &str = "application/x-www-form-urlencoded";
/// Most redirects followed.
const MAX_REDIRECTS: usize = 10;

/// A page that was fetched.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// The status.
    pub status: StatusCode,
    /// Where it was found after redirects.
    pub address: url::Url,
    /// Its text.
    pub text: String,
    /// Its headers.
    pub headers: http::HeaderMap,
}

/// What could not be fetched, and why.
#[derive(Debug, thiserror::Error)]
#[error("{address}: {problem}")]
pub struct BrowserError {
    /// The address.
    pub address: String,
    /// What went wrong.
    pub problem: String,
}

/// The browser.
pub struct Browser {
    client: Client<HttpConnector, Full<Bytes>>,
    /// By host and port, then by name.
    cookies: BTreeMap<String, BTreeMap<String, String>>,
    base: url::Url,
}

impl Browser {
    /// A browser that starts at an address.
    ///
    /// # Errors
    /// When that is no address.
    pub fn new(base: &str) -> Result<Self, BrowserError> {
        let base = base
            .parse()
            .map_err(|error: url::ParseError| BrowserError { address: base.to_owned(), problem: error.to_string() })?;
        Ok(Self { client: Client::builder(TokioExecutor::new()).build_http(), cookies: BTreeMap::new(), base })
    }

    /// Fetches a page, following redirects.
    ///
    /// # Errors
    /// [`BrowserError`].
    pub async fn get(&mut self, path: &str) -> Result<Fetched, BrowserError> {
        let address = self.resolve(&self.base, path)?;
        self.follow(address, None).await
    }

    /// Posts a form, following redirects.
    ///
    /// # Errors
    /// [`BrowserError`].
    pub async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Result<Fetched, BrowserError> {
        let address = self.resolve(&self.base, path)?;
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        self.follow(address, Some((FORM, body))).await
    }

    /// Posts a form of another site.
    ///
    /// # Errors
    /// [`BrowserError`].
    pub async fn post_from(
        &mut self,
        origin: &str,
        path: &str,
        form: &[(&str, &str)],
    ) -> Result<Fetched, BrowserError> {
        let address = self.resolve(&self.base, path)?;
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        self.once(&address, Some(&(FORM, body)), Some(origin)).await
    }

    /// Posts a text of a kind, as a program does.
    ///
    /// # Errors
    /// [`BrowserError`].
    pub async fn post_text(&mut self, path: &str, kind: &str, text: &str) -> Result<Fetched, BrowserError> {
        let address = self.resolve(&self.base, path)?;
        self.follow(address, Some((kind, text.to_owned()))).await
    }

    /// Asks as a program does: a method, headers, and JSON where there is any; redirects are not followed.
    ///
    /// # Errors
    /// [`BrowserError`].
    pub async fn call(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        json: Option<&serde_json::Value>,
    ) -> Result<Fetched, BrowserError> {
        let address = self.resolve(&self.base, path)?;
        let fault = |problem: String| BrowserError { address: address.to_string(), problem };
        let mut request = Request::builder().method(method).uri(address.as_str());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if json.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        let body = json.map_or_else(Bytes::new, |json| Bytes::from(json.to_string()));
        let request = request.body(Full::new(body)).map_err(|error| fault(error.to_string()))?;
        let response = self.client.request(request).await.map_err(|error| fault(error.to_string()))?;
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.map_err(|error| fault(error.to_string()))?.to_bytes();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Ok(Fetched { status: parts.status, address: address.clone(), text, headers: parts.headers })
    }

    /// Signs in as a test person: the portal's link, the test identification's page, the test mandates' page, and back.
    ///
    /// # Errors
    /// [`BrowserError`].
    pub async fn sign_in(&mut self, person: &str) -> Result<Fetched, BrowserError> {
        self.sign_in_to("/", person).await
    }

    /// The same, to come back to a page.
    ///
    /// # Errors
    /// [`BrowserError`].
    pub async fn sign_in_to(&mut self, path: &str, person: &str) -> Result<Fetched, BrowserError> {
        let page = self.identified(path, person).await?;
        if page.address.path() != "/oauth/authorize" {
            return Ok(page);
        }
        let form = Self::offered(&page);
        let form: Vec<(&str, &str)> = form.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        self.post(page.address.as_str(), &form).await
    }

    /// Signs in as far as the page of mandates.
    ///
    /// # Errors
    /// [`BrowserError`].
    pub async fn identify(&mut self, person: &str) -> Result<Fetched, BrowserError> {
        self.identified("/", person).await
    }

    async fn identified(&mut self, path: &str, person: &str) -> Result<Fetched, BrowserError> {
        let page = self.get(&format!("/sign-in?to={path}")).await?;
        let mut form: Vec<(String, String)> =
            page.address.query_pairs().map(|(k, v)| (k.into_owned(), v.into_owned())).collect();
        form.extend([("person".to_owned(), person.to_owned()), ("means".to_owned(), "bank".to_owned())]);
        let borrowed: Vec<(&str, &str)> = form.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        let target = format!("{}/authorize", page.address.origin().ascii_serialization());
        self.post(&target, &borrowed).await
    }

    /// What the page of mandates sends when all that it offers is chosen.
    #[must_use]
    pub fn offered(page: &Fetched) -> Vec<(String, String)> {
        let organisations = page.text.split("name=\"organisation\"").skip(1);
        let organisations = organisations.filter_map(|rest| rest.split("value=\"").nth(1)?.split('"').next());
        let user = ("user".to_owned(), page.hidden("user").unwrap_or_default());
        std::iter::once(user).chain(organisations.map(|id| ("organisation".to_owned(), id.to_owned()))).collect()
    }

    /// The same, and chooses an organisation to act for.
    ///
    /// # Errors
    /// [`BrowserError`].
    pub async fn sign_in_for(&mut self, person: &str, organisation: &str) -> Result<Fetched, BrowserError> {
        self.sign_in(person).await?;
        self.post("/organisations", &[("organisation", organisation)]).await
    }

    /// Fetches or, with a body of a kind, posts; and goes where the answers lead.
    async fn follow(&mut self, address: url::Url, body: Option<(&str, String)>) -> Result<Fetched, BrowserError> {
        let (mut address, mut body) = (address, body);
        for _ in 0..MAX_REDIRECTS {
            let fetched = self.once(&address, body.as_ref(), None).await?;
            let next = fetched.headers.get(header::LOCATION).and_then(|value| value.to_str().ok()).map(str::to_owned);
            match next {
                Some(location) if fetched.status.is_redirection() => {
                    address = self.resolve(&address, &location)?;
                    body = None;
                }
                _ => return Ok(fetched),
            }
        }
        Err(BrowserError { address: address.to_string(), problem: "too many redirects".to_owned() })
    }

    /// One request; a form's comes from its own site unless another is named.
    async fn once(
        &mut self,
        address: &url::Url,
        body: Option<&(&str, String)>,
        origin: Option<&str>,
    ) -> Result<Fetched, BrowserError> {
        let fault = |problem: String| BrowserError { address: address.to_string(), problem };
        let authority =
            format!("{}:{}", address.host_str().unwrap_or_default(), address.port_or_known_default().unwrap_or(80));
        let jar = self.cookies.entry(authority).or_default();
        let cookie: Vec<String> = jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let method = if body.is_some() { Method::POST } else { Method::GET };
        let mut request = Request::builder().method(method).uri(address.as_str());
        if !cookie.is_empty() {
            request = request.header(header::COOKIE, cookie.join("; "));
        }
        if let Some((kind, _)) = body {
            request = request
                .header(header::CONTENT_TYPE, *kind)
                .header(header::ORIGIN, origin.map_or_else(|| address.origin().ascii_serialization(), str::to_owned));
        }
        let sent = body.map(|(_, text)| text.clone()).unwrap_or_default();
        let request = request.body(Full::new(Bytes::from(sent))).map_err(|error| fault(error.to_string()))?;
        let response = self.client.request(request).await.map_err(|error| fault(error.to_string()))?;
        let (parts, body) = response.into_parts();
        for set in parts.headers.get_all(header::SET_COOKIE) {
            let pair = set.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                jar.insert(name.trim().to_owned(), value.trim().to_owned());
            }
        }
        let bytes = body.collect().await.map_err(|error| fault(error.to_string()))?.to_bytes();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Ok(Fetched { status: parts.status, address: address.clone(), text, headers: parts.headers })
    }

    fn resolve(&self, from: &url::Url, to: &str) -> Result<url::Url, BrowserError> {
        from.join(to).map_err(|error| BrowserError { address: to.to_owned(), problem: error.to_string() })
    }
}

impl Fetched {
    /// The value of the first hidden input with a name.
    #[must_use]
    pub fn hidden(&self, name: &str) -> Option<String> {
        let marker = format!("name=\"{name}\" value=\"");
        let rest = self.text.split_once(&marker)?.1;
        rest.split_once('"').map(|(value, _)| value.to_owned())
    }
}
