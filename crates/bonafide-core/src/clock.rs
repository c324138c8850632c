//! The time, from outside.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

/// The current time, UTC. The clock is an argument; this crate does not read the machine's.
///
/// Every function without arguments that returns a [`Timestamp`] is one. Cheap to clone.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// A clock that calls `now`.
    #[must_use]
    pub fn new(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The current time, UTC.
    ///
    /// The result is that of the closure; nothing is cached.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }
}

impl<F: Fn() -> Timestamp + Send + Sync + 'static> From<F> for Clock {
    fn from(now: F) -> Self {
        Self::new(now)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Clock").field(&self.now()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn epoch() -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    fn told(clock: impl Into<Clock>) -> i64 {
        clock.into().now().as_second()
    }

    #[test]
    fn functions_closures_and_clocks_are_clocks() {
        let start = Timestamp::from_second(7).unwrap();
        assert_eq!(told(epoch), 0);
        assert_eq!(told(epoch as fn() -> Timestamp), 0);
        assert_eq!(told(move || start), 7);
        assert_eq!(told(Clock::new(move || start)), 7);
    }
}
