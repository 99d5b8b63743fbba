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
/// How long is tried again before it is given up.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where large bodies lie.
pub(crate) struct StoredObjects(Arc<dyn ObjectStore>);

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
                Ok(Self(Arc::new(store.with_fsync(true))))
            }
            Bodies::S3(s3) => {
                let secret = read(&s3.secret_key_file).map_err(|error| error.to_string())?;
                let retry = RetryConfig { max_retries: 3, retry_timeout: PATIENCE, ..RetryConfig::default() };
                let store = AmazonS3Builder::new()
                    .with_endpoint(&s3.address)
                    .with_bucket_name(&s3.bucket)
                    .with_region(&s3.region)
                    .with_access_key_id(&s3.access_key)
                    .with_secret_access_key(String::from_utf8_lossy(&secret).trim())
                    .with_allow_http(s3.address.starts_with("http://"))
                    .with_retry(retry)
                    .with_http_connector(Connector(HttpClient::new().map_err(|error| error.to_string())?))
                    .build();
                Ok(Self(Arc::new(store.map_err(|error| error.to_string())?)))
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
        let put = self.0.put(&path, bytes.into());
        tokio::time::timeout(PATIENCE * 2, put)
            .await
            .map_err(|_| ObjectError("no answer in time".into()))?
            .map_err(fault)?;
        Ok(())
    }

    async fn get(&self, address: Sha256Hash) -> Result<Option<Vec<u8>>, ObjectError> {
        let got = async {
            let found = match self.0.get(&path(address)).await {
                Err(object_store::Error::NotFound { .. }) => return Ok(None),
                found => found.map_err(fault)?,
            };
            if found.meta.size > MAX_BYTES as u64 {
                return Err(ObjectError(format!("{} bytes", found.meta.size)));
            }
            Ok(Some(found.bytes().await.map_err(fault)?.to_vec()))
        };
        tokio::time::timeout(PATIENCE * 2, got).await.map_err(|_| ObjectError("no answer in time".into()))?
    }

    async fn delete(&self, address: Sha256Hash) -> Result<(), ObjectError> {
        match self.0.delete(&path(address)).await {
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
