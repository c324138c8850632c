//! How often a request is sent again, and after which waits.

use std::time::Duration;

/// How often a request that failed transiently is sent again, and how long the waits are.
///
/// Statuses 429, 500, 502, 503 and 504, broken connections and missing answers are transient
/// failures. Every request except the upload of an image's data is sent again, and its second
/// answer is interpreted if the first one may have been lost: the crate's README has the list.
///
/// The wait is random between zero and `first_wait`, which doubles with each attempt up to
/// `longest_wait`. A `Retry-After` of the cloud is followed, up to `longest_pause`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    pub(crate) tries: u32,
    first_wait: Duration,
    longest_wait: Duration,
    longest_pause: Duration,
    pub(crate) total: Duration,
}

impl Default for RetryPolicy {
    /// Five attempts within two minutes; waits of up to 0.5, 1, 2 and 4 seconds, at most 30
    /// seconds, and pauses of up to a minute.
    fn default() -> Self {
        Self {
            tries: 5,
            first_wait: Duration::from_millis(500),
            longest_wait: Duration::from_secs(30),
            longest_pause: Duration::from_secs(60),
            total: Duration::from_secs(120),
        }
    }
}

impl RetryPolicy {
    /// How often a request is sent in all; 1 means that it is never sent again.
    #[must_use]
    pub const fn tries(mut self, tries: u32) -> Self {
        self.tries = tries;
        self
    }

    /// The longest wait before the second attempt.
    #[must_use]
    pub const fn first_wait(mut self, wait: Duration) -> Self {
        self.first_wait = wait;
        self
    }

    /// The longest wait before any attempt.
    #[must_use]
    pub const fn longest_wait(mut self, wait: Duration) -> Self {
        self.longest_wait = wait;
        self
    }

    /// The longest `Retry-After` that is followed.
    #[must_use]
    pub const fn longest_pause(mut self, pause: Duration) -> Self {
        self.longest_pause = pause;
        self
    }

    /// No attempt begins later than this after the first one.
    #[must_use]
    pub const fn total(mut self, total: Duration) -> Self {
        self.total = total;
        self
    }

    /// The wait after this number of failed attempts, starting at 1, with or without a requested
    /// pause. It is random, so that clients that failed together do not retry together.
    #[must_use]
    pub fn wait(&self, failed: u32, pause: Option<Duration>) -> Duration {
        let doubled = 2_u32.saturating_pow(failed.saturating_sub(1));
        let longest = self.first_wait.saturating_mul(doubled);
        let wait = longest.min(self.longest_wait).mul_f64(fastrand::f64());
        pause.map_or(wait, |pause| self.bounded(pause).max(wait))
    }

    /// The part of a pause that is waited.
    pub(crate) fn bounded(&self, pause: Duration) -> Duration {
        pause.min(self.longest_pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_and_are_anywhere_below_their_bound() {
        let policy = RetryPolicy::default();
        for (failed, longest) in [(1, 500), (2, 1_000), (3, 2_000), (7, 30_000), (99, 30_000)] {
            let waits: Vec<_> = (0..500).map(|_| policy.wait(failed, None)).collect();
            let longest = Duration::from_millis(longest);
            assert!(waits.iter().all(|wait| *wait <= longest), "{failed}");
            assert!(waits.iter().any(|wait| *wait < longest / 4), "{failed}");
            assert!(waits.iter().any(|wait| *wait > longest / 4 * 3), "{failed}");
        }
    }
}
