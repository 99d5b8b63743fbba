//! Counts and health for whoever watches, over plain HTTP: `/metrics` in the text form that Prometheus reads, `/health`.

use bytes::Bytes;
use http_body_util::Full;
use hyper_util::rt::TokioIo;
use liitos_texts::Language;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// What is told.
pub(crate) trait Told: Send + Sync + 'static {
    /// All counts.
    fn metrics(&self) -> String;
    /// Fine, or why not.
    fn health(&self) -> Result<(), String>;
    /// A page for people, where there is one.
    fn page(&self, _: Language) -> Option<String> {
        None
    }
}

/// Answers for ever.
pub(crate) async fn serve(listener: TcpListener, told: Arc<impl Told>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let told = Arc::clone(&told);
        tokio::spawn(async move {
            let service = hyper::service::service_fn(move |request: http::Request<hyper::body::Incoming>| {
                let language = request.uri().query().and_then(|query| query.strip_prefix("language="));
                let page = told.page(language.and_then(Language::parse).unwrap_or(Language::Fi));
                let page = page.filter(|_| request.uri().path() == "/");
                let html = page.is_some();
                let (status, text) = match request.uri().path() {
                    _ if html => (http::StatusCode::OK, page.unwrap_or_default()),
                    "/metrics" => (http::StatusCode::OK, told.metrics()),
                    "/health" => match told.health() {
                        Ok(()) => (http::StatusCode::OK, "ok\n".to_owned()),
                        Err(problem) => (http::StatusCode::SERVICE_UNAVAILABLE, format!("{problem}\n")),
                    },
                    _ => (http::StatusCode::NOT_FOUND, String::new()),
                };
                let mut response = http::Response::new(Full::new(Bytes::from(text)));
                *response.status_mut() = status;
                let kind = if html { "text/html; charset=utf-8" } else { "text/plain; charset=utf-8" };
                response.headers_mut().insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static(kind));
                async move { Ok::<_, Infallible>(response) }
            });
            let _ = hyper::server::conn::http1::Builder::new()
                .timer(hyper_util::rt::TokioTimer::new())
                .header_read_timeout(Duration::from_secs(5))
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}
