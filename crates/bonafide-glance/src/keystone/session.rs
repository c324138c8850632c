//! A log-in that renews itself.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;
use url::Url;

use super::log_in::Keystone;
use crate::config::cloud_config::Endpoints;
use crate::endpoint::Service;
use crate::http::connection::Connection;
use crate::http::request::ApiRequest;
use crate::http::response::{ApiResponse, stalled};
use crate::{Clock, CloudConfig, Error, RetryPolicy, Token, TokenProvider};

/// A token that expires sooner is renewed before an ordinary request.
const MARGIN: SignedDuration = SignedDuration::from_secs(60);
/// A token that expires sooner is renewed before an upload. Glance checks the token when an upload
/// begins, and the services behind it may do so when it ends.
const UPLOAD_MARGIN: SignedDuration = SignedDuration::from_mins(10);

/// A log-in to one cloud, which gets its token when it needs one, keeps it, and renews it before it
/// expires or when a service no longer accepts it.
///
/// Cheap to clone; clones share the token and the number of requests.
#[derive(Clone, Debug)]
pub struct Session {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    clock: Clock,
    connection: Connection,
    place: Endpoints,
    provider: Arc<dyn TokenProvider>,
    /// Locked while a token is fetched, so that two tasks fetch only one.
    token: Mutex<Option<Arc<Token>>>,
    /// How far the clock was ahead at the last log-in.
    ahead: Mutex<Option<SignedDuration>>,
}

impl Session {
    /// Makes a session with one of the built-in log-ins. Nothing is sent yet.
    ///
    /// # Errors
    /// [`Error::UnsupportedAuthType`] if the `auth_type` is not built in; [`Error::ConfigFile`]
    /// and [`Error::HttpClient`] if the certificates can't be used.
    pub fn new(config: CloudConfig, clock: impl Into<Clock>) -> Result<Self, Error> {
        let connection = Connection::new(&config)?;
        let (place, login) = config.into_parts();
        let provider = Arc::new(Keystone::new(connection.clone(), &place, login)?);
        Ok(Self::assembled(connection, place, clock.into(), provider))
    }

    /// Makes a session that gets its tokens from `provider`. Of the configuration only the URL,
    /// region, interface and certificates are used. The provider's own requests are not part of
    /// [`Session::requests`].
    ///
    /// # Errors
    /// [`Error::ConfigFile`] and [`Error::HttpClient`] if the certificates can't be used.
    pub fn with_provider(
        config: CloudConfig,
        clock: impl Into<Clock>,
        provider: Arc<dyn TokenProvider>,
    ) -> Result<Self, Error> {
        let connection = Connection::new(&config)?;
        let (place, _) = config.into_parts();
        Ok(Self::assembled(connection, place, clock.into(), provider))
    }

    fn assembled(
        connection: Connection,
        place: Endpoints,
        clock: Clock,
        provider: Arc<dyn TokenProvider>,
    ) -> Self {
        Self {
            inner: Arc::new(Inner {
                clock,
                connection,
                place,
                provider,
                token: Mutex::default(),
                ahead: Mutex::default(),
            }),
        }
    }

    /// How many HTTP requests were sent so far, including those to the identity service.
    ///
    /// [`Traffic`](crate::Traffic) has the number for one piece of work.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.inner.connection.requests()
    }

    /// How often a transiently failed request is sent again, and after which waits.
    #[must_use]
    pub fn retry_policy(&self) -> &RetryPolicy {
        self.inner.connection.retry_policy()
    }

    /// The id of the project that this session works in.
    ///
    /// # Errors
    /// [`Error::NoProject`] if the token has none, and every error of getting a token.
    pub async fn project_id(&self) -> Result<String, Error> {
        let token = self.token(MARGIN).await?;
        token.project_id.clone().ok_or_else(|| self.no_project())
    }

    fn no_project(&self) -> Error {
        Error::NoProject {
            auth_url: self.inner.place.auth_url.to_string(),
        }
    }

    /// The time of the identity service at the last log-in, continued; `None` before a log-in, or
    /// if the service does not report it.
    pub async fn cloud_time(&self) -> Option<Timestamp> {
        let ahead = (*self.inner.ahead.lock().await)?;
        self.now().checked_sub(ahead).ok()
    }

    /// The names of the user's roles there, such as `member` or `admin`.
    ///
    /// # Errors
    /// Every error of getting a token.
    pub async fn roles(&self) -> Result<Vec<String>, Error> {
        Ok(self.token(MARGIN).await?.roles.clone())
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    pub(crate) fn connection(&self) -> &Connection {
        &self.inner.connection
    }

    /// The URL of the image service, as configured or from the service catalog, ending in `/v2`.
    pub(crate) async fn image_endpoint(&self) -> Result<Url, Error> {
        let mut url = self.endpoint(Service::Image).await?;
        let path = url.path().trim_end_matches('/').to_owned();
        if path.ends_with("/v2") {
            url.set_path(&path);
        } else {
            url.set_path(&format!("{path}/v2"));
        }
        Ok(url)
    }

    /// The URL of a service, as configured or from the service catalog.
    pub(crate) async fn endpoint(&self, service: Service) -> Result<Url, Error> {
        let place = self.inner.place.of(service);
        if let Some(url) = &place.endpoint_override {
            return Ok(url.clone());
        }
        let token = self.token(MARGIN).await?;
        if token.project_id.is_none() && token.catalog.is_empty() {
            return Err(self.no_project());
        }
        let region = place.region.as_deref();
        token.catalog.endpoint(service, &place.interfaces, region)
    }

    /// Whether the cloud has such a service at all, whatever its region.
    pub(crate) async fn has(&self, service: Service) -> Result<bool, Error> {
        if self.inner.place.of(service).endpoint_override.is_some() {
            return Ok(true);
        }
        Ok(self.token(MARGIN).await?.catalog.has(service))
    }

    /// The URLs of a service in all regions of this image service.
    pub(crate) async fn beside(
        &self,
        image: &Url,
        service: Service,
    ) -> Result<BTreeSet<String>, Error> {
        let token = self.token(MARGIN).await?;
        let interfaces = &self.inner.place.of(service).interfaces;
        Ok(token.catalog.beside(image, service, interfaces))
    }

    /// Sends a request with the token. The answer is a successful one.
    pub(crate) async fn send(&self, call: &ApiRequest) -> Result<ApiResponse, Error> {
        self.exchange(call).await?.accepted()
    }

    /// Sends a request with the token. If the service refuses the token, a new one is fetched and
    /// the request sent once more; the second answer is final.
    pub(crate) async fn exchange(&self, call: &ApiRequest) -> Result<ApiResponse, Error> {
        let token = self.token(MARGIN).await?;
        let first = self.connection().send(call, Some(token.header()?)).await?;
        if first.status != 401 {
            return Ok(first);
        }
        self.forget(&token).await;
        let token = self.token(MARGIN).await?;
        let second = self.connection().send(call, Some(token.header()?)).await?;
        if second.status == 401 {
            self.forget(&token).await;
        }
        let doubt = first.doubt || second.doubt;
        Ok(ApiResponse { doubt, ..second })
    }

    /// As [`Session::send`], but the caller reads the body of the answer.
    pub(crate) async fn open(&self, call: &ApiRequest) -> Result<reqwest::Response, Error> {
        let mut token = self.token(MARGIN).await?;
        let mut response = self.connection().open(call, Some(token.header()?)).await?;
        if response.status() == 401 {
            self.forget(&token).await;
            token = self.token(MARGIN).await?;
            response = self.connection().open(call, Some(token.header()?)).await?;
        }
        if response.status().is_success() {
            return Ok(response);
        }
        if response.status() == 401 {
            self.forget(&token).await;
        }
        let reading = ApiResponse::read(call.verb, &call.url, response);
        let deadline = self.connection().deadline();
        match tokio::time::timeout(deadline, reading).await {
            Ok(answer) => Err(match answer?.accepted() {
                Err(error) => error,
                Ok(answer) => answer.not_understood("invalid HTTP status"),
            }),
            Err(_) => Err(stalled(call.verb, &call.url, deadline, "the answer")),
        }
    }

    /// The token for an upload, which must be valid for longer.
    pub(crate) async fn upload_token(&self) -> Result<Arc<Token>, Error> {
        self.token(UPLOAD_MARGIN).await
    }

    /// Drops a refused token, unless it was replaced meanwhile.
    pub(crate) async fn forget(&self, token: &Arc<Token>) {
        let mut cached = self.inner.token.lock().await;
        if cached.as_ref().is_some_and(|held| Arc::ptr_eq(held, token)) {
            *cached = None;
        }
    }

    /// The token, renewed if it expires within `margin`. A new token is used whatever its lifetime:
    /// in some clouds it is shorter than the margin.
    async fn token(&self, margin: SignedDuration) -> Result<Arc<Token>, Error> {
        let mut cached = self.inner.token.lock().await;
        let now = self.inner.clock.now();
        if let Some(token) = cached.as_ref()
            && token.expires_at.duration_since(now) > margin
        {
            return Ok(Arc::clone(token));
        }
        let token = Arc::new(self.inner.provider.token(now).await?);
        let ahead = token.issued_at.map(|issued| now.duration_since(issued));
        *self.inner.ahead.lock().await = ahead;
        *cached = Some(Arc::clone(&token));
        Ok(token)
    }
}
