//! How many requests the proxy before the services lets through.

use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

/// A bucket of requests that is filled again evenly.
#[derive(Debug)]
pub(crate) struct RateLimit(Option<Mutex<Bucket>>);

#[derive(Debug)]
struct Bucket {
    /// Requests a second, and at once.
    rate: f64,
    left: f64,
    filled: Instant,
}

impl RateLimit {
    pub(crate) fn new(requests_per_second: Option<u32>) -> Self {
        Self(requests_per_second.map(|rate| {
            Mutex::new(Bucket {
                rate: rate.into(),
                left: rate.into(),
                filled: Instant::now(),
            })
        }))
    }

    /// Whether one more request is let through.
    pub(crate) fn admits(&self) -> bool {
        let Some(bucket) = &self.0 else { return true };
        let mut bucket = bucket.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let since = now.duration_since(bucket.filled).as_secs_f64();
        bucket.left = since.mul_add(bucket.rate, bucket.left).min(bucket.rate);
        bucket.filled = now;
        let admits = bucket.left >= 1.0;
        if admits {
            bucket.left -= 1.0;
        }
        admits
    }
}
