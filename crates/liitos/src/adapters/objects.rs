//! Large bodies in a folder of this machine, or in storage that speaks S3.

use super::http::{HttpClient, HttpError};
use crate::config::{Bodies, read};
use async_trait::async_trait;
use http::Request;
use http_body_util::BodyExt as _;
use liitos_domain::Sha256Hash;
use liitos_service::ports::{ObjectError, Objects};
use object_store::aws::AmazonS3Builder;
use object_store::client::{
    HttpClient as StoreClient, HttpConnector, HttpErrorKind, HttpRequest, HttpResponse, HttpService,
};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ClientOptions, ObjectStore, ObjectStoreExt as _, RetryConfig};
use std::sync::Arc;
use std::time::Duration;

/// Longest object, in bytes: a document is not longer.
const MAX_BYTES: usize = 64 * 1024 * 1024;
/// How long an answer is waited for, with all tries, before it is given up.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where large bodies lie.
pub(crate) struct StoredObjects {
    store: Arc<dyn ObjectStore>,
    /// How long an answer is waited for, with all tries.
    patience: Duration,
}

impl StoredObjects {
    /// As it is configured.
    ///
    /// # Errors
    /// What is wrong with it, by its key.
    pub(crate) fn new(bodies: &Bodies) -> Result<Self, String> {
        match bodies {
            Bodies::Folder(folder) => {
                std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
                let store = LocalFileSystem::new_with_prefix(folder).map_err(|error| error.to_string())?;
                // A body that was put is there after a power cut.
                Ok(Self { store: Arc::new(store.with_fsync(true)), patience: PATIENCE })
            }
            Bodies::S3(s3) => {
                let secret = read(&s3.secret_key_file).map_err(|error| error.to_string())?;
                let retry = RetryConfig { max_retries: 3, retry_timeout: PATIENCE / 2, ..RetryConfig::default() };
                let store = AmazonS3Builder::new()
                    .with_endpoint(&s3.address)
                    .with_bucket_name(&s3.bucket)
                    .with_region(&s3.region)
                    .with_access_key_id(&s3.access_key)
                    .with_secret_access_key(String::from_utf8_lossy(&secret).trim())
                    .with_allow_http(s3.address.starts_with("http://"))
                    // Not all that speaks S3 knows it, and we delete one at a time.
                    .with_disable_bulk_delete(true)
                    .with_retry(retry)
                    .with_http_connector(Connector(HttpClient::new().map_err(|error| error.to_string())?))
                    .build();
                let store = store.map_err(|error| error.to_string())?;
                Ok(Self { store: Arc::new(store), patience: PATIENCE })
            }
        }
    }
}

/// Two letters of the address are a folder: none grows too large.
fn path(address: Sha256Hash) -> Path {
    let text = address.to_string();
    let (folder, rest) = text.split_at_checked(2).unwrap_or(("", &text));
    Path::from_iter([folder, rest])
}

fn fault(error: object_store::Error) -> ObjectError {
    ObjectError(error.to_string())
}

#[async_trait]
impl Objects for StoredObjects {
    async fn put(&self, address: Sha256Hash, bytes: Vec<u8>) -> Result<(), ObjectError> {
        let path = path(address);
        let put = self.store.put(&path, bytes.into());
        tokio::time::timeout(self.patience, put)
            .await
            .map_err(|_| ObjectError("no answer in time".into()))?
            .map_err(fault)?;
        Ok(())
    }

    async fn get(&self, address: Sha256Hash) -> Result<Option<Vec<u8>>, ObjectError> {
        let got = async {
            let found = match self.store.get(&path(address)).await {
                Err(object_store::Error::NotFound { .. }) => return Ok(None),
                found => found.map_err(fault)?,
            };
            if found.meta.size > MAX_BYTES as u64 {
                return Err(ObjectError(format!("{} bytes", found.meta.size)));
            }
            Ok(Some(found.bytes().await.map_err(fault)?.to_vec()))
        };
        tokio::time::timeout(self.patience, got).await.map_err(|_| ObjectError("no answer in time".into()))?
    }

    async fn delete(&self, address: Sha256Hash) -> Result<(), ObjectError> {
        match self.store.delete(&path(address)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(fault(error)),
        }
    }
}

/// Our own client: the library brings none here.
#[derive(Debug)]
struct Connector(HttpClient);

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<StoreClient> {
        Ok(StoreClient::new(Service(self.0.clone())))
    }
}

#[derive(Debug)]
struct Service(HttpClient);

#[async_trait]
impl HttpService for Service {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, object_store::client::HttpError> {
        let lost = |kind| move |error: HttpError| object_store::client::HttpError::new(kind, error);
        let (parts, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        let request = Request::from_parts(parts, body.to_vec());
        let answer = self.0.send_most(request, MAX_BYTES).await.map_err(lost(HttpErrorKind::Interrupted))?;
        Ok(answer.map(Into::into))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::S3;
    use axum::Router;
    use axum::body::Bytes;
    use axum::extract::State;
    use axum::http::{HeaderMap, Method, StatusCode, Uri};
    use axum::response::{IntoResponse as _, Response};
    use std::collections::{HashMap, VecDeque};
    use std::sync::Mutex;

    /// What storage that speaks S3 has, and how it answers next instead of as it should: a status, or nothing for a while.
    #[derive(Default)]
    struct Storage {
        objects: Mutex<HashMap<String, Bytes>>,
        instead: Mutex<VecDeque<Option<u16>>>,
    }

    async fn answer(
        State(all): State<Arc<Storage>>,
        method: Method,
        uri: Uri,
        headers: HeaderMap,
        body: Bytes,
    ) -> Response {
        let signed = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !signed.starts_with("AWS4-HMAC-SHA256 Credential=us/") || !uri.path().starts_with("/bodies/") {
            return StatusCode::FORBIDDEN.into_response();
        }
        let instead = all.instead.lock().unwrap().pop_front();
        match instead {
            Some(Some(status)) => return StatusCode::from_u16(status).unwrap().into_response(),
            Some(None) => tokio::time::sleep(Duration::from_secs(60)).await,
            None => {}
        }
        let mut objects = all.objects.lock().unwrap();
        let path = uri.path().to_owned();
        match (method.as_str(), objects.get(&path).cloned()) {
            ("PUT", _) => {
                objects.insert(path, body);
                [("etag", "\"1\"")].into_response()
            }
            ("GET", Some(body)) => {
                let headers = [("etag", "\"1\""), ("last-modified", "Fri, 27 Nov 2026 08:00:00 GMT")];
                (headers, body).into_response()
            }
            ("DELETE", _) => {
                objects.remove(&path);
                StatusCode::NO_CONTENT.into_response()
            }
            _ => StatusCode::NOT_FOUND.into_response(),
        }
    }

    fn folder(name: &str) -> std::path::PathBuf {
        std::env::temp_dir().join(format!("liitos-objects-{name}-{}", std::process::id()))
    }

    async fn comes_back(objects: &StoredObjects) {
        let bytes = vec![7; 200_000];
        let address = Sha256Hash::of(&bytes);
        assert_eq!(objects.get(address).await.unwrap(), None);
        objects.delete(address).await.unwrap();
        objects.put(address, bytes.clone()).await.unwrap();
        objects.put(address, bytes.clone()).await.unwrap();
        assert_eq!(objects.get(address).await.unwrap(), Some(bytes));
        objects.delete(address).await.unwrap();
        assert_eq!(objects.get(address).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_folder_keeps_them() {
        let folder = folder("folder");
        let objects = StoredObjects::new(&Bodies::Folder(folder.clone())).unwrap();
        comes_back(&objects).await;
        let address = Sha256Hash::of(b"x");
        objects.put(address, b"x".to_vec()).await.unwrap();
        let text = address.to_string();
        let (first, rest) = text.split_at(2);
        let file = folder.join(first).join(rest);
        assert_eq!(std::fs::read(&file).unwrap(), b"x");
        // A folder that cannot be made is told by its path.
        let error = StoredObjects::new(&Bodies::Folder(file.join("below"))).err().unwrap();
        assert!(error.contains("below"), "{error}");
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[tokio::test]
    async fn storage_that_speaks_s3_keeps_them_and_is_asked_again() {
        let storage = Arc::new(Storage::default());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(Arc::clone(&storage));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let key = folder("key");
        std::fs::write(&key, "secret\n").unwrap();
        let s3 = S3 {
            address,
            bucket: "bodies".into(),
            region: "eu".into(),
            access_key: "us".into(),
            secret_key_file: key.clone(),
        };
        let mut objects = StoredObjects::new(&Bodies::S3(s3)).unwrap();
        std::fs::remove_file(key).unwrap();
        comes_back(&objects).await;
        let hash = Sha256Hash::of(b"x");
        storage.instead.lock().unwrap().extend([Some(503), Some(500)]);
        objects.put(hash, b"x".to_vec()).await.unwrap();
        assert_eq!(storage.objects.lock().unwrap().len(), 1);
        // Refused for good, or full: told, and never said to be kept.
        for status in [403, 507] {
            storage.instead.lock().unwrap().extend([Some(status); 9]);
            assert!(objects.put(Sha256Hash::of(b"y"), b"y".to_vec()).await.is_err(), "{status}");
            storage.instead.lock().unwrap().clear();
        }
        assert_eq!(storage.objects.lock().unwrap().len(), 1);
        // So slow that nobody waits.
        objects.patience = Duration::from_millis(200);
        storage.instead.lock().unwrap().extend([None]);
        assert!(objects.get(hash).await.unwrap_err().to_string().contains("in time"));
        assert_eq!(objects.get(hash).await.unwrap().as_deref(), Some(&b"x"[..]));
    }
}
