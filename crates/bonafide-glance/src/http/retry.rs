//! Which requests are sent again, after which wait, and how often.

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use reqwest::header::HeaderMap;
use tokio::time::Instant;

use super::request::ApiRequest;
use crate::error::api_error::redacted;
use crate::retry_policy::RetryPolicy;
use crate::{ApiError, Error};

/// A request that will be sent again.
///
/// [`Traffic::watch`](crate::Traffic::watch) reports it before the wait.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retry {
    /// The HTTP method.
    pub method: &'static str,
    /// The URL, without user info.
    pub url: String,
    /// The error so far.
    pub reason: String,
    /// The number of the next attempt, starting at 2.
    pub next: u32,
    /// The maximum number of attempts.
    pub tries: u32,
    /// The wait before it.
    pub wait: Duration,
}

/// The attempts of one request.
pub(crate) struct Tries<'a> {
    policy: &'a RetryPolicy,
    call: &'a ApiRequest,
    begun: Instant,
    failed: u32,
    /// Whether a failed attempt may have been executed.
    pub(crate) doubt: bool,
}

/// Why a request is sent again.
pub(crate) struct Failure {
    reason: String,
    /// Whether it may have been executed.
    doubt: bool,
    /// How long the cloud asks to wait.
    pause: Option<Duration>,
}

impl<'a> Tries<'a> {
    pub(crate) fn new(policy: &'a RetryPolicy, call: &'a ApiRequest) -> Self {
        Self {
            policy,
            call,
            begun: Instant::now(),
            failed: 0,
            doubt: false,
        }
    }

    /// The next step after a failure; `None` if it was the last attempt.
    pub(crate) fn again(&mut self, failure: Failure) -> Option<Retry> {
        self.failed += 1;
        let wait = self.policy.wait(self.failed, failure.pause);
        let is_used_up = self.call.once && failure.doubt;
        if is_used_up
            || self.failed >= self.policy.tries
            || self.begun.elapsed() + wait > self.policy.total
        {
            return None;
        }
        self.doubt |= failure.doubt;
        Some(Retry {
            method: self.call.verb.as_str(),
            url: redacted(&self.call.url),
            reason: failure.reason,
            next: self.failed + 1,
            tries: self.policy.tries,
            wait,
        })
    }
}

impl Failure {
    /// Whether this status is transient.
    pub(crate) fn is_chance(status: u16) -> bool {
        matches!(status, 429 | 500 | 502 | 503 | 504)
    }

    pub(crate) fn answered(
        call: &ApiRequest,
        status: u16,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Self {
        let rejection = ApiError::new(call.verb.as_str(), &call.url, status, headers, body);
        Self {
            reason: rejection.to_string(),
            // A limited request is refused before anything is done.
            doubt: status != 429,
            pause: rejection.retry_after,
        }
    }

    /// `None` if another attempt would fail the same way.
    pub(crate) fn on_the_way(error: &Error) -> Option<Self> {
        let doubt = match error {
            Error::Stalled { .. } => true,
            Error::Transport { source, .. } if error.is_transient() => {
                let error = source.downcast_ref::<reqwest::Error>();
                !error.is_some_and(reqwest::Error::is_connect)
            }
            _ => return None,
        };
        Some(Self {
            reason: with_causes(error),
            doubt,
            pause: None,
        })
    }
}

impl Error {
    /// Whether the failure is transient, so that another attempt may succeed: a status of 429, 500,
    /// 502, 503 or 504, a broken connection, a missing answer.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::CutOff { .. } | Self::Stalled { .. } => true,
            Self::Transport { source, .. } => !is_lasting(&**source),
            _ => self.status().is_some_and(Failure::is_chance),
        }
    }
}

/// Whether the other side's certificate is the cause, or the request itself.
pub(crate) fn is_lasting(error: &(dyn StdError + Send + Sync + 'static)) -> bool {
    let Some(error) = error.downcast_ref::<reqwest::Error>() else {
        return false;
    };
    if error.is_builder() {
        return true;
    }
    let mut cause = error.source();
    while let Some(error) = cause {
        let io = error.downcast_ref::<io::Error>();
        if io.is_some_and(|io| io.kind() == io::ErrorKind::InvalidData) {
            return true;
        }
        cause = error.source();
    }
    false
}

fn with_causes(error: &Error) -> String {
    let (mut text, mut cause) = (error.to_string(), error.source());
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;
    use url::Url;

    use super::*;
    use crate::error::api_error::pause;
    use crate::http::request::Verb;

    fn call() -> ApiRequest {
        ApiRequest::new(Verb::Get, Url::parse("http://u:p@cloud/v2/images").unwrap())
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pairs = pairs
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_str(value).unwrap()));
        pairs.collect()
    }

    fn failure(pause: Option<u64>) -> Failure {
        Failure {
            reason: String::new(),
            doubt: true,
            pause: pause.map(Duration::from_secs),
        }
    }

    #[test]
    fn there_are_five_tries() {
        let (policy, call) = (RetryPolicy::default(), call());
        let mut tries = Tries::new(&policy, &call);
        let next: Vec<_> = (0..4)
            .map(|_| tries.again(failure(None)).unwrap().next)
            .collect();
        assert_eq!(next, [2, 3, 4, 5]);
        assert_eq!(tries.again(failure(None)), None);
    }

    #[tokio::test(start_paused = true)]
    async fn no_try_begins_after_two_minutes() {
        let (policy, call) = (RetryPolicy::default(), call());
        let mut tries = Tries::new(&policy, &call);
        tokio::time::advance(Duration::from_secs(59)).await;
        assert!(tries.again(failure(Some(60))).is_some());
        tokio::time::advance(Duration::from_secs(60)).await;
        assert_eq!(tries.again(failure(Some(60))), None);
    }

    #[test]
    fn a_pause_is_kept_up_to_a_minute() {
        let (policy, call) = (RetryPolicy::default(), call());
        for (asked, waited) in [(7, 7), (60, 60), (3_600, 60)] {
            let retry = Tries::new(&policy, &call).again(failure(Some(asked)));
            assert_eq!(retry.unwrap().wait, Duration::from_secs(waited));
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = ("date", "Mon, 23 Nov 2026 12:00:00 GMT");
        let read = |value| pause(&headers(&[now, ("retry-after", value)]));
        let seconds = |count| Some(Duration::from_secs(count));
        assert_eq!(read("7"), seconds(7));
        assert_eq!(read(" 7 "), seconds(7));
        assert_eq!(read("Mon, 23 Nov 2026 12:00:30 GMT"), seconds(30));
        assert_eq!(read("Mon, 23 Nov 2026 11:00:00 GMT"), seconds(0));
        for none in ["", "soon", "-1", "1.5", "2026-11-23T12:00:30Z"] {
            assert_eq!(read(none), None, "{none}");
        }
        assert_eq!(pause(&headers(&[now])), None);
        let dated = [("retry-after", "Mon, 23 Nov 2026 12:00:30 GMT")];
        assert_eq!(pause(&headers(&dated)), None, "whose clock is meant?");
    }

    #[test]
    fn what_proves_itself_once_is_not_sent_again_where_it_may_have_arrived() {
        let (policy, call) = (RetryPolicy::default(), call().once());
        let answered = |status| Failure::answered(&call, status, &HeaderMap::new(), b"");
        let mut tries = Tries::new(&policy, &call);
        assert!(tries.again(answered(429)).is_some());
        assert_eq!(tries.again(answered(503)), None);
    }

    #[test]
    fn a_reason_holds_no_user_info() {
        let failure = Failure::answered(&call(), 503, &HeaderMap::new(), b"busy");
        let (policy, call) = (RetryPolicy::default(), call());
        let retry = Tries::new(&policy, &call).again(failure).unwrap();
        assert_eq!(
            (&*retry.url, &*retry.reason),
            (
                "http://cloud/v2/images",
                "`GET http://cloud/v2/images` was answered 503: busy"
            )
        );
    }

    #[test]
    fn what_is_limited_was_not_done() {
        for (status, doubt) in [(429, false), (500, true), (503, true)] {
            let failure = Failure::answered(&call(), status, &HeaderMap::new(), b"");
            assert_eq!(failure.doubt, doubt, "{status}");
        }
        for status in [200, 400, 401, 403, 404, 409, 413, 501, 505] {
            assert!(!Failure::is_chance(status), "{status}");
        }
    }
}
