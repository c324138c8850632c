//! Which requests are tried again, how often, and when.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use tokio::time::Instant;
use url::Url;

use crate::FetchError;

const TRIES: u32 = 5;
const FIRST_WAIT: Duration = Duration::from_millis(500);
const FACTOR: f32 = 2.0;
const MAX_WAIT: Duration = Duration::from_secs(30);
/// A longer `Retry-After` is shortened to this.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(60);
/// From the first attempt to the beginning of the last one.
const TOTAL: Duration = Duration::from_secs(120);

/// How often a repeatable request is tried, and how long the waits are.
///
/// By default there are five attempts. The first wait is half a second, each later one twice as
/// long, each with as much again at random, at most 30 s. A server's `Retry-After` is followed, up
/// to a minute. No attempt begins later than two minutes after the first.
#[derive(Clone, Debug)]
pub struct Retries {
    tries: u32,
    first_wait: Duration,
    sleep: Arc<dyn Sleep>,
}

impl Default for Retries {
    fn default() -> Self {
        Self {
            tries: TRIES,
            first_wait: FIRST_WAIT,
            sleep: Arc::new(TokioSleep),
        }
    }
}

impl Retries {
    /// Every request is sent once.
    ///
    /// For callers that retry themselves.
    #[must_use]
    pub fn none() -> Self {
        Self::default().tries(1)
    }

    /// How often a request is sent at most, including the first time.
    ///
    /// 1 means that nothing is repeated.
    #[must_use]
    pub const fn tries(mut self, tries: u32) -> Self {
        self.tries = tries;
        self
    }

    /// The wait before the second attempt, without the random part.
    #[must_use]
    pub const fn first_wait(mut self, wait: Duration) -> Self {
        self.first_wait = wait;
        self
    }

    /// Replaces the runtime's clock for waits, for tests.
    #[must_use]
    pub fn sleep(mut self, sleep: impl Sleep + 'static) -> Self {
        self.sleep = Arc::new(sleep);
        self
    }

    pub(super) fn budget(&self, watch: Option<Arc<dyn WatchRetries>>) -> Budget {
        let waits = ExponentialBuilder::new()
            .with_jitter()
            .with_factor(FACTOR)
            .with_min_delay(self.first_wait)
            .with_max_delay(MAX_WAIT)
            .with_max_times(self.tries.saturating_sub(1) as usize);
        Budget {
            waits: waits.build(),
            tries: 1,
            most: self.tries,
            began: Instant::now(),
            waited: Duration::ZERO,
            sleep: self.sleep.clone(),
            watch,
        }
    }
}

/// Waits.
///
/// A test implements it to avoid real waits.
#[async_trait]
pub trait Sleep: fmt::Debug + Send + Sync {
    /// Returns after this time.
    async fn sleep(&self, wait: Duration);
}

#[derive(Debug)]
struct TokioSleep;

#[async_trait]
impl Sleep for TokioSleep {
    async fn sleep(&self, wait: Duration) {
        tokio::time::sleep(wait).await;
    }
}

/// A failed attempt that will be repeated. `Display` prints it as one line.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retry {
    /// The requested URL.
    pub url: Url,
    /// Why it failed.
    pub reason: String,
    /// The number of attempts so far.
    pub tries: u32,
    /// The maximum number of attempts.
    pub most: u32,
    /// The wait before the next attempt.
    pub wait: Duration,
}

impl fmt::Display for Retry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            reason,
            tries,
            wait,
            ..
        } = self;
        let wait = wait.as_secs_f32();
        write!(
            f,
            "{reason}; try {} in {wait:.1} s",
            tries.saturating_add(1)
        )
    }
}

/// Is called for each attempt that will be repeated.
///
/// It should return quickly, since the retry waits for it.
pub trait WatchRetries: fmt::Debug + Send + Sync {
    /// Receives one, before the wait.
    fn retrying(&self, retry: &Retry);
}

/// The remaining attempts of one request.
#[derive(Debug)]
pub(super) struct Budget {
    waits: ExponentialBackoff,
    tries: u32,
    most: u32,
    began: Instant,
    /// By another clock than `began`, if a test replaces it.
    waited: Duration,
    sleep: Arc<dyn Sleep>,
    watch: Option<Arc<dyn WatchRetries>>,
}

impl Budget {
    /// Waits until the request may be sent again, or returns the error that ends it.
    pub(super) async fn again(&mut self, url: &Url, error: FetchError) -> Result<(), FetchError> {
        if !is_passing(&error) {
            return Err(self.end(error));
        }
        let asked_for = match error.root() {
            FetchError::Status { retry_after, .. } => *retry_after,
            _ => None,
        };
        let asked_for = asked_for.unwrap_or_default().min(MAX_RETRY_AFTER);
        let Some(wait) = self.waits.next() else {
            return Err(self.end(error));
        };
        let wait = wait.min(MAX_WAIT).max(asked_for);
        if self.began.elapsed().max(self.waited) + wait > TOTAL {
            return Err(self.end(error));
        }
        if let Some(watch) = &self.watch {
            watch.retrying(&Retry {
                url: url.clone(),
                reason: crate::error::causes(&error),
                tries: self.tries,
                most: self.most,
                wait,
            });
        }
        self.sleep.sleep(wait).await;
        self.waited += wait;
        self.tries += 1;
        Ok(())
    }

    /// The number of attempts is part of the error.
    fn end(&self, error: FetchError) -> FetchError {
        match self.tries {
            1 => error,
            tries => FetchError::Repeated {
                tries,
                error: Box::new(error),
            },
        }
    }
}

/// Whether the same request may succeed in a moment.
fn is_passing(error: &FetchError) -> bool {
    match error.root() {
        FetchError::Status { status, .. } => matches!(status, 429 | 500 | 502 | 503 | 504),
        FetchError::Connect { source, .. } => !is_by_tls(source.as_ref()),
        FetchError::Transport { source, .. } => !is_by_redirects(source.as_ref()),
        FetchError::CutShort { .. } | FetchError::Stalled { .. } | FetchError::TooSlow { .. } => {
            true
        }
        _ => false,
    }
}

/// An invalid certificate stays invalid. TLS reports it by this kind of error.
fn is_by_tls(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if error.downcast_ref().is_some_and(is_invalid_data) {
            return true;
        }
        next = error.source();
    }
    false
}

/// An I/O error does not return the error that it wraps as its source.
fn is_invalid_data(error: &std::io::Error) -> bool {
    let wrapped = error.get_ref().and_then(|inner| inner.downcast_ref());
    error.kind() == std::io::ErrorKind::InvalidData || wrapped.is_some_and(is_invalid_data)
}

/// Too many of them.
fn is_by_redirects(error: &(dyn std::error::Error + 'static)) -> bool {
    let error = error.downcast_ref::<reqwest::Error>();
    error.is_some_and(reqwest::Error::is_redirect)
}
