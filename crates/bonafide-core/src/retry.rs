//! Which requests are sent again, how often, and how long each retry waits at most.
//!
//! The same figures hold for vendors and for clouds. Each client draws its own random wait below or
//! above [`longest_wait`], so that clients that failed together do not come back together.

use std::time::Duration;

/// How often a request is sent in all.
pub const TRIES: u32 = 5;

/// The longest wait before the second try; it doubles before each later one.
pub const FIRST_WAIT: Duration = Duration::from_millis(500);

/// The longest wait before any try.
pub const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// How much of a server's `Retry-After` is waited for (RFC 9110 section 10.2.3).
pub const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// No try begins later than this after the first one.
pub const TOTAL: Duration = Duration::from_secs(120);

/// Whether an answer of this HTTP status is one of a bad moment, so that the same request may go
/// well later: 429, 500, 502, 503 and 504.
#[must_use]
pub const fn is_transient(status: u16) -> bool {
    matches!(status, 429 | 500 | 502 | 503 | 504)
}

/// The wait after so many tries that failed, counted from 1: `first`, doubled with each try, at
/// most `longest`.
///
/// ```
/// use bonafide_core::retry::{FIRST_WAIT, LONGEST_WAIT, longest_wait};
///
/// let waits = [1, 2, 3].map(|failed| longest_wait(FIRST_WAIT, LONGEST_WAIT, failed).as_millis());
/// assert_eq!(waits, [500, 1000, 2000]);
/// ```
#[must_use]
pub fn longest_wait(first: Duration, longest: Duration, failed: u32) -> Duration {
    let doubled = 2_u32.saturating_pow(failed.saturating_sub(1));
    first.saturating_mul(doubled).min(longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest() {
        for (failed, longest) in [(0, 500), (1, 500), (2, 1_000), (6, 16_000), (7, 30_000)] {
            let wait = longest_wait(FIRST_WAIT, LONGEST_WAIT, failed);
            assert_eq!(wait, Duration::from_millis(longest), "{failed}");
        }
        assert_eq!(
            longest_wait(FIRST_WAIT, LONGEST_WAIT, u32::MAX),
            LONGEST_WAIT
        );
        assert_eq!(
            longest_wait(Duration::ZERO, LONGEST_WAIT, 9),
            Duration::ZERO
        );
    }

    #[test]
    fn refusals_are_not_transient() {
        for status in [200, 400, 401, 403, 404, 409, 413, 501, 505] {
            assert!(!is_transient(status), "{status}");
        }
    }
}
