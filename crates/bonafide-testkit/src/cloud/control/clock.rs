//! What time it is in the cloud.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};

/// A clock that stands still until somebody moves it, for
/// [`EmbeddedCloudBuilder::clock`](crate::cloud::EmbeddedCloudBuilder::clock).
///
/// Clones are the same clock. It keeps microseconds, and ends where [`Timestamp`] does. The clock
/// is the cloud's alone: a client with the system's clock may find a token expired that the cloud
/// takes, or the other way round, so give the client the same clock.
///
/// ```
/// use bonafide_testkit::cloud::MovableClock;
/// use jiff::SignedDuration;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let clock = MovableClock::new("2026-01-01T00:00:00Z".parse()?);
/// let read = clock.reader();
/// clock.advance(SignedDuration::from_hours(90 * 24));
/// assert_eq!(read(), "2026-04-01T00:00:00Z".parse()?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct MovableClock(Arc<AtomicI64>);

impl MovableClock {
    /// A clock that shows this time.
    #[must_use]
    pub fn new(start: Timestamp) -> Self {
        Self(Arc::new(AtomicI64::new(start.as_microsecond())))
    }

    /// The time that it shows, in UTC.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let microseconds = self.0.load(Ordering::SeqCst);
        Timestamp::from_microsecond(microseconds).unwrap_or(Timestamp::MAX)
    }

    /// Moves it on, or back by a negative duration.
    pub fn advance(&self, duration: SignedDuration) {
        let microseconds = i64::try_from(duration.as_micros()).unwrap_or(match duration {
            duration if duration.is_negative() => i64::MIN,
            _ => i64::MAX,
        });
        let (first, last) = (
            Timestamp::MIN.as_microsecond(),
            Timestamp::MAX.as_microsecond(),
        );
        let moved = |now: i64| Some(now.saturating_add(microseconds).clamp(first, last));
        // The closure always has a time: there is no error.
        let _ = self
            .0
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, moved);
    }

    /// Sets it to a time, be it earlier or later.
    pub fn set(&self, time: Timestamp) {
        self.0.store(time.as_microsecond(), Ordering::SeqCst);
    }

    /// A function that reads this clock.
    pub fn reader(&self) -> impl Fn() -> Timestamp + Clone + Send + Sync + use<> + 'static {
        let clock = self.clone();
        move || clock.now()
    }
}

/// The clock that a cloud goes by.
#[derive(Clone)]
pub(crate) struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    pub(crate) fn new(read: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(read))
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.0)()
    }
}

impl Default for Clock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the cloud is a server: it has a clock of its own"
    )]
    fn default() -> Self {
        Self::new(Timestamp::now)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Clock").field(&self.now()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_movable_clock_ends_where_time_does() {
        let clock = MovableClock::new(Timestamp::UNIX_EPOCH);
        clock.advance(SignedDuration::MAX);
        assert!(clock.now() > "9999-01-01T00:00:00Z".parse().unwrap());
        clock.advance(SignedDuration::MIN);
        assert_eq!(clock.now(), Timestamp::MIN);
        let same = clock.clone();
        same.set(Timestamp::UNIX_EPOCH);
        assert_eq!(clock.now(), Timestamp::UNIX_EPOCH);
    }
}
