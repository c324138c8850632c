//! One connection to a cloud: the HTTP clients, the counter, the deadline and the evaluation of an
//! answer.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, Identity, RequestBuilder, Response};
use url::Url;

use super::limiter::Limiter;
use super::request::ApiRequest;
use super::response::transport;
use super::{tls, traffic};
use crate::config::file;
use crate::error::api_error::redacted;
use crate::{BoxError, CloudConfig, Error, RetryPolicy};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The HTTP clients of one cloud. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    /// For requests that can be repeated.
    client: Client,
    /// For uploads: every one gets a connection of its own, since a body that is sent into a
    /// connection that the server is just closing can't be sent again.
    uploads: Client,
    requests: Arc<AtomicU64>,
    pub(crate) limiter: Arc<Limiter>,
    policy: RetryPolicy,
    deadline: Duration,
    pub(crate) idle: Duration,
    /// Whether there are any trusted authorities.
    has_authorities: bool,
}

impl Connection {
    pub(crate) fn new(config: &CloudConfig) -> Result<Self, Error> {
        let build = |builder: ClientBuilder| {
            builder
                .build()
                .map_err(|error| Error::HttpClient(Box::new(error)))
        };
        let client = build(builder(config)?);
        let has_authorities = client.is_ok();
        // Without a CA bundle no client can be built, though a cloud without TLS needs none. A
        // client that trusts no certificate can still be built.
        // believes no certificate can still be made.
        let client = client
            .or_else(|error| build(builder(config)?.tls_certs_only([])).map_err(|_| error))?;
        let mut uploads = builder(config)?.pool_max_idle_per_host(0);
        if !has_authorities {
            uploads = uploads.tls_certs_only([]);
        }
        Ok(Self {
            client,
            uploads: build(uploads)?,
            has_authorities,
            requests: Arc::default(),
            limiter: Arc::new(Limiter::new()),
            policy: config.retry_policy.clone(),
            deadline: config.request_deadline,
            idle: config.idle_timeout,
        })
    }

    pub(crate) fn retry_policy(&self) -> &RetryPolicy {
        &self.policy
    }

    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Begins an upload. The caller adds the body and watches its progress.
    pub(crate) fn upload(&self, url: &Url, token: HeaderValue) -> RequestBuilder {
        self.count();
        let request = self.uploads.put(url.clone());
        request
            .header(ACCEPT, "application/json")
            .header("x-auth-token", token)
            .header(CONTENT_TYPE, "application/octet-stream")
    }

    pub(crate) fn deadline(&self) -> Duration {
        self.deadline
    }

    pub(crate) async fn start(
        &self,
        call: &ApiRequest,
        token: Option<HeaderValue>,
    ) -> Result<Response, Error> {
        if !self.has_authorities && call.url.scheme() == "https" {
            return Err(Error::NoAuthorities {
                url: redacted(&call.url),
            });
        }
        self.count();
        // Without it Glance formats its errors as HTML.
        let mut request = self
            .client
            .request(call.verb.to_method(), call.url.clone())
            .header(ACCEPT, "application/json");
        if let Some(token) = token {
            request = request.header("x-auth-token", token);
        }
        if let Some((name, value)) = call.header {
            request = request.header(name, value);
        }
        if let Some((name, value)) = &call.proof {
            request = request.header(*name, value);
        }
        if let Some((media_type, body)) = &call.body {
            request = request.header(CONTENT_TYPE, *media_type).body(body.clone());
        }
        let response = request.send().await;
        response.map_err(|error| transport(call.verb, &call.url, error))
    }

    fn count(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        traffic::count();
    }
}

/// HTTP/1.1 only, because an aborted HTTP/2 stream was never tried against Glance; no redirects,
/// because they would send the token elsewhere; no total timeout and no `read_timeout`, because
/// both run while the body is being sent and would cut every long upload.
fn builder(config: &CloudConfig) -> Result<ClientBuilder, Error> {
    let certificates = &config.certificates;
    let mut builder = Client::builder()
        .http1_only()
        .redirect(Policy::none())
        .referer(false)
        .connect_timeout(CONNECT_TIMEOUT)
        .user_agent(concat!("bonafide/", env!("CARGO_PKG_VERSION")));
    let identity = match &certificates.certificate {
        Some(path) => {
            let mut pem = file::read("cert", path)?;
            if let Some(key) = &certificates.key {
                pem.push(b'\n');
                pem.extend(file::read("key", key)?);
            }
            let identity = Identity::from_pem(&pem);
            builder = builder.identity(identity.map_err(|error| unusable("cert", path, error))?);
            Some(pem)
        }
        None => None,
    };
    if !certificates.verify {
        return Ok(builder.tls_danger_accept_invalid_certs(true));
    }
    if let Some(path) = &certificates.authorities {
        let config = tls::client_config(&file::read("cacert", path)?, identity.as_deref());
        let config = config.map_err(|error| unusable("cacert", path, error))?;
        builder = builder.tls_backend_preconfigured(config);
    }
    Ok(builder)
}

fn unusable(what: &'static str, path: &Path, source: impl Into<BoxError>) -> Error {
    Error::ConfigFile {
        what,
        path: path.to_path_buf(),
        source: source.into(),
    }
}
