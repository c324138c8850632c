//! HTTP, always with TLS.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::StreamExt;
use jiff::fmt::rfc2822::DateTimeParser;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use reqwest::redirect::{Attempt, Policy};
use reqwest::{Certificate, Client, ClientBuilder};
use url::Url;

use super::retry::{Retries, WatchRetries};
use super::{Download, Fetch, read_in_time, without_secrets};
use crate::FetchError;
use crate::error::causes;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
const MAX_REDIRECTS: usize = 5;

/// Fetches over https with the system's certificate authorities.
///
/// There is no total timeout, since an image may take hours; the silence between two bytes is
/// limited (30 s by default). Redirects are followed to https only, at most five. HTTP/1.1: its
/// bodies are cheaper for large files. The environment's proxies are used.
#[derive(Clone, Debug)]
pub struct HttpFetch {
    client: Client,
    idle_timeout: Duration,
    /// Why there is no client, if there is none. Runs that only read local files do not need one.
    unusable: Option<String>,
    hops: Hops,
    retries: Retries,
    watch: Option<Arc<dyn WatchRetries>>,
}

impl HttpFetch {
    /// The defaults.
    ///
    /// # Errors
    ///
    /// [`FetchError::Client`] if TLS can't be set up.
    pub fn new() -> Result<Self, FetchError> {
        Self::builder().build()
    }

    /// Changes the defaults.
    pub fn builder() -> HttpFetchBuilder {
        HttpFetchBuilder {
            builder: Client::builder(),
            idle_timeout: IDLE_TIMEOUT,
            authorities: Vec::new(),
            retries: Retries::default(),
        }
    }

    /// Sends a request once.
    async fn open_once(&self, asked: &Url) -> Result<Download, FetchError> {
        // Neither user information nor a query, which may be a token, is part of errors.
        let url = &without_secrets(asked);
        if asked.scheme() != "https" {
            return Err(FetchError::InsecureUrl { url: url.clone() });
        }
        if !asked.username().is_empty() || asked.password().is_some() {
            return Err(FetchError::UserInformation { url: url.clone() });
        }
        if let Some(reason) = &self.unusable {
            let reason = reason.clone();
            return Err(FetchError::Client { reason });
        }
        let sent = self.client.get(asked.clone()).send().await;
        let hop = self.hops.take(asked);
        let response =
            sent.map_err(|error| failure(url, self.idle_timeout, error).answered_by(hop.as_ref()))?;
        let answered = without_secrets(response.url());
        let refused = |error: FetchError| Err(error.answered_by(Some(&answered)));
        match response.status().as_u16() {
            200 => {}
            404 => return refused(FetchError::NotFound { url: url.clone() }),
            status => {
                return refused(FetchError::Status {
                    url: url.clone(),
                    status,
                    retry_after: retry_after(response.headers()),
                });
            }
        }
        let announced = response.content_length();
        let (asked, idle) = (url.clone(), self.idle_timeout);
        let mut received = 0;
        let body = response.bytes_stream().map(move |chunk| match chunk {
            Ok(chunk) => {
                received += chunk.len() as u64;
                Ok(chunk)
            }
            Err(error) => match announced {
                // A connection that closes early is reported by the missing bytes, not by the
                // cause.
                Some(announced) if !error.is_timeout() && received < announced => {
                    Err(FetchError::CutShort {
                        url: asked.clone(),
                        announced,
                        received,
                    })
                }
                _ => Err(failure(&asked, idle, error)),
            },
        });
        Ok(Download::new(url.clone(), announced, body).answered_by(&answered))
    }
}

/// Sets up an [`HttpFetch`].
///
/// [`HttpFetch::builder`] makes one with the defaults; [`HttpFetchBuilder::build`] consumes it.
#[derive(Debug)]
#[must_use]
pub struct HttpFetchBuilder {
    builder: ClientBuilder,
    idle_timeout: Duration,
    authorities: Vec<String>,
    retries: Retries,
}

impl HttpFetchBuilder {
    /// How often a request is sent that fails transiently: by status 429, 500, 502, 503 or 504, by
    /// a connection that is refused or breaks, or by silence.
    pub fn retries(mut self, retries: Retries) -> Self {
        self.retries = retries;
        self
    }

    /// How long a server may be silent; 30 s by default.
    ///
    /// A silence that is longer is [`FetchError::Stalled`](crate::FetchError::Stalled).
    pub const fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.idle_timeout = timeout;
        self
    }

    /// Trusts this certificate authority (PEM) **instead of** the system's; may be called again.
    ///
    /// For tests, and for mirrors with a private authority.
    pub fn only_authority(mut self, pem: impl Into<String>) -> Self {
        self.authorities.push(pem.into());
        self
    }

    /// Connects to this address for `host`, without a name look-up; a port of 0 means the URL's
    /// own. The certificate must still be valid for `host`.
    pub fn resolve(mut self, host: &str, address: SocketAddr) -> Self {
        self.builder = self.builder.resolve(host, address);
        self
    }

    /// Ignores proxies of the environment.
    pub fn no_proxy(mut self) -> Self {
        self.builder = self.builder.no_proxy();
        self
    }

    /// Builds the client. On a machine without certificate authorities this succeeds, but each
    /// fetch fails.
    ///
    /// # Errors
    ///
    /// [`FetchError::Client`] if a certificate can't be read or TLS can't be set up.
    pub fn build(self) -> Result<HttpFetch, FetchError> {
        let refused = |error: reqwest::Error| FetchError::Client {
            reason: causes(&error),
        };
        let hops = Hops::default();
        let mut builder = self
            .builder
            .https_only(true)
            .http1_only()
            .redirect(Policy::custom({
                let hops = hops.clone();
                move |attempt| follow(&hops, attempt)
            }))
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(self.idle_timeout)
            .user_agent(concat!("bonafide/", env!("CARGO_PKG_VERSION")));
        if !self.authorities.is_empty() {
            let mut certificates = Vec::new();
            for pem in &self.authorities {
                certificates.extend(Certificate::from_pem_bundle(pem.as_bytes()).map_err(refused)?);
            }
            builder = builder.tls_certs_only(certificates);
        }
        let built = builder.build();
        let (client, unusable) = match built {
            Ok(client) => (client, None),
            Err(error) if self.authorities.is_empty() => {
                // Without any authority the client can be built; if not, the cause is another one.
                let none = Client::builder().tls_certs_only([]).build();
                let reason = format!(
                    "{}; install the machine's CA bundle (on Debian: ca-certificates), or set \
                     SSL_CERT_FILE",
                    causes(&error)
                );
                (none.map_err(|_| refused(error))?, Some(reason))
            }
            Err(error) => return Err(refused(error)),
        };
        Ok(HttpFetch {
            client,
            idle_timeout: self.idle_timeout,
            unusable,
            hops,
            retries: self.retries,
            watch: None,
        })
    }
}

#[async_trait]
impl Fetch for HttpFetch {
    /// Opens a URL, after several attempts if necessary. A body that breaks off later is an error.
    async fn open(&self, url: &Url) -> Result<Download, FetchError> {
        let mut budget = self.retries.budget(self.watch.clone());
        loop {
            match self.open_once(url).await {
                Ok(download) => return Ok(download),
                Err(error) => budget.again(&without_secrets(url), error).await?,
            }
        }
    }

    /// Reads a small file, again from its beginning if it breaks off.
    async fn read(&self, url: &Url, limit: u64) -> Result<Vec<u8>, FetchError> {
        let once = Self {
            retries: Retries::none(),
            watch: None,
            ..self.clone()
        };
        let mut budget = self.retries.budget(self.watch.clone());
        loop {
            match read_in_time(&once, url, limit).await {
                Ok(bytes) => return Ok(bytes),
                Err(error) => budget.again(&without_secrets(url), error).await?,
            }
        }
    }

    fn watched(&self, watch: Arc<dyn WatchRetries>) -> Option<Arc<dyn Fetch>> {
        Some(Arc::new(Self {
            watch: Some(watch),
            ..self.clone()
        }))
    }
}

/// `Retry-After` in seconds or as a date, which is compared with the server's own `Date`.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let value = text(RETRY_AFTER)?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let parser = DateTimeParser::new();
    let until = parser.parse_timestamp(value).ok()?;
    let now = parser.parse_timestamp(text(DATE)?).ok()?;
    // A date in the past means no wait.
    Some(Duration::try_from(until.duration_since(now)).unwrap_or_default())
}

/// The last redirects of pending requests, without secrets: an error does not contain them.
#[derive(Clone, Debug, Default)]
struct Hops(Arc<Mutex<HashMap<Url, Url>>>);

impl Hops {
    fn lock(&self) -> MutexGuard<'_, HashMap<Url, Url>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, asked: &Url, to: &Url) {
        self.lock().insert(asked.clone(), without_secrets(to));
    }

    fn take(&self, asked: &Url) -> Option<Url> {
        self.lock().remove(asked)
    }
}

fn follow(hops: &Hops, attempt: Attempt<'_>) -> reqwest::redirect::Action {
    if attempt.url().scheme() != "https" {
        let target = attempt.url();
        let host = target.host_str().unwrap_or_default();
        let shown = format!("{}://{host}{}", target.scheme(), target.path());
        attempt.error(NotHttps(shown))
    } else if attempt.previous().len() > MAX_REDIRECTS {
        attempt.error("too many redirects")
    } else {
        if let Some(asked) = attempt.previous().first() {
            hops.note(asked, attempt.url());
        }
        attempt.follow()
    }
}

/// The target of a redirect that is not followed.
#[derive(Debug, thiserror::Error)]
#[error("redirect to `{0}`")]
struct NotHttps(String);

fn failure(url: &Url, idle: Duration, error: reqwest::Error) -> FetchError {
    let url = url.clone();
    if let Some(NotHttps(target)) = find_cause::<NotHttps>(&error) {
        let target = target.clone();
        return FetchError::InsecureRedirect { url, target };
    }
    let source = error.without_url();
    if source.is_connect() {
        FetchError::Connect {
            url,
            source: source.into(),
        }
    } else if source.is_timeout() {
        FetchError::Stalled { url, idle }
    } else {
        FetchError::Transport {
            url,
            source: source.into(),
        }
    }
}

fn find_cause<'a, T: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_asks_for_a_wait_in_seconds_or_by_a_date_of_its_own_clock() {
        let headers = |after: &str, date: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, after.parse().unwrap());
            headers.insert(DATE, date.parse().unwrap());
            retry_after(&headers)
        };
        let date = "Sun, 29 Nov 2026 12:00:00 GMT";
        for (after, wait) in [
            ("0", Some(0)),
            ("120", Some(120)),
            ("Sun, 29 Nov 2026 12:00:30 GMT", Some(30)),
            ("Sun, 29 Nov 2026 11:00:00 GMT", Some(0)),
            ("-1", None),
            ("soon", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(
                headers(after, date),
                wait.map(Duration::from_secs),
                "{after}"
            );
        }
        assert_eq!(headers("Sun, 29 Nov 2026 12:00:30 GMT", "today"), None);
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }
}
