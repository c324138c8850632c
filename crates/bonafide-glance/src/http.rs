//! One connection to a cloud: the HTTP clients, the counter, the deadline and the evaluation of an
//! answer.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, Identity, Method, RequestBuilder, Response};
use serde::de::DeserializeOwned;
use url::Url;

use crate::config_file;
use crate::limiter::Limiter;
use crate::rejection::redacted;
use crate::{ApiError, BoxError, CloudConfig, Error, RetryPolicy, tls, traffic};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The largest answer that is not an image, in bytes: a page of a thousand images with every
/// property that quotas allow stays far below.
const ANSWER_LIMIT: usize = 64 << 20;

const TOO_LONG: &str = "longer than";

/// Whether an answer was rejected because it is too long.
pub(crate) fn is_too_long(error: &Error) -> bool {
    matches!(error, Error::Decode { reason, .. } if reason.starts_with(TOO_LONG))
}

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

/// A request whose body can be sent again.
#[derive(Clone, Debug)]
pub(crate) struct ApiRequest {
    pub(crate) verb: Verb,
    pub(crate) url: Url,
    /// The media type and the body.
    pub(crate) body: Option<(&'static str, Bytes)>,
    /// One more header: its name and its value.
    pub(crate) header: Option<(&'static str, &'static str)>,
    /// A header with a secret, which is never printed.
    pub(crate) proof: Option<(&'static str, HeaderValue)>,
    /// Whether it is not sent again if the first one may have been executed.
    pub(crate) once: bool,
}

/// The HTTP methods in use.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Verb {
    Delete,
    Get,
    Patch,
    Post,
    Put,
}

impl Verb {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Delete => "DELETE",
            Self::Get => "GET",
            Self::Patch => "PATCH",
            Self::Post => "POST",
            Self::Put => "PUT",
        }
    }

    fn to_method(self) -> Method {
        match self {
            Self::Delete => Method::DELETE,
            Self::Get => Method::GET,
            Self::Patch => Method::PATCH,
            Self::Post => Method::POST,
            Self::Put => Method::PUT,
        }
    }
}

/// A complete answer.
#[derive(Debug)]
pub(crate) struct ApiResponse {
    pub(crate) verb: Verb,
    pub(crate) url: Url,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Whether the request was sent before, and may have been executed then.
    pub(crate) doubt: bool,
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

impl ApiRequest {
    pub(crate) fn new(verb: Verb, url: Url) -> Self {
        Self {
            verb,
            url,
            body: None,
            header: None,
            proof: None,
            once: false,
        }
    }

    /// Its secret is valid once.
    #[must_use]
    pub(crate) fn once(mut self) -> Self {
        self.once = true;
        self
    }

    #[must_use]
    pub(crate) fn body(mut self, media_type: &'static str, body: impl Into<Bytes>) -> Self {
        self.body = Some((media_type, body.into()));
        self
    }

    /// Adds the header with a secret.
    ///
    /// # Errors
    /// [`Error::InvalidToken`] if a header can't contain it.
    pub(crate) fn proof(mut self, name: &'static str, value: &str) -> Result<Self, Error> {
        let mut value = HeaderValue::from_str(value).map_err(|_| Error::InvalidToken)?;
        value.set_sensitive(true);
        self.proof = Some((name, value));
        Ok(self)
    }

    #[must_use]
    pub(crate) fn header(mut self, name: &'static str, value: &'static str) -> Self {
        self.header = Some((name, value));
        self
    }
}

impl ApiResponse {
    pub(crate) async fn read(verb: Verb, url: &Url, mut response: Response) -> Result<Self, Error> {
        let mut body = BytesMut::new();
        while let Some(chunk) = response
            .chunk()
            .await
            .map_err(|error| transport(verb, url, error))?
        {
            if body.len() + chunk.len() > ANSWER_LIMIT {
                return Err(decode(
                    verb,
                    url,
                    format!("{TOO_LONG} {ANSWER_LIMIT} bytes"),
                ));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Self {
            verb,
            url: url.clone(),
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: body.freeze(),
            doubt: false,
        })
    }

    /// Accepts any successful status.
    pub(crate) fn accepted(self) -> Result<Self, Error> {
        match self.status {
            200..=299 => Ok(self),
            _ => Err(self.refusal()),
        }
    }

    /// The answer as an error.
    pub(crate) fn refusal(&self) -> Error {
        let (verb, headers) = (self.verb.as_str(), &self.headers);
        ApiError::new(verb, &self.url, self.status, headers, &self.body).into()
    }

    /// Like [`ApiResponse::accepted`] after a deletion: an image that an earlier attempt has
    /// deleted is deleted.
    pub(crate) fn removed(self) -> Result<(), Error> {
        if self.doubt && self.status == 404 {
            return Ok(());
        }
        self.accepted().map(drop)
    }

    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.body).map_err(|error| self.not_read(&error))
    }

    /// Why the JSON of the answer was not read. A cut answer is not another API.
    pub(crate) fn not_read(&self, error: &serde_json::Error) -> Error {
        if !error.is_eof() || self.body.is_empty() {
            return self.not_understood(&error.to_string());
        }
        Error::CutOff {
            method: self.verb.as_str(),
            url: redacted(&self.url),
            bytes: self.body.len(),
        }
    }

    pub(crate) fn not_understood(&self, reason: &str) -> Error {
        decode(self.verb, &self.url, reason.to_owned())
    }
}

pub(crate) fn decode(verb: Verb, url: &Url, reason: String) -> Error {
    Error::Decode {
        method: verb.as_str(),
        url: redacted(url),
        reason,
    }
}

pub(crate) fn stalled(verb: Verb, url: &Url, idle: Duration, waiting_for: &'static str) -> Error {
    Error::Stalled {
        method: verb.as_str(),
        url: redacted(url),
        idle,
        waiting_for,
    }
}

pub(crate) fn transport(verb: Verb, url: &Url, error: reqwest::Error) -> Error {
    Error::Transport {
        method: verb.as_str(),
        url: redacted(url),
        source: Box::new(error.without_url()),
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
            let mut pem = config_file::read("cert", path)?;
            if let Some(key) = &certificates.key {
                pem.push(b'\n');
                pem.extend(config_file::read("key", key)?);
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
        let config = tls::client_config(&config_file::read("cacert", path)?, identity.as_deref());
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
