//! The requests of one piece of work, without those of others that share its session.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::mpsc::{self, UnboundedSender};
use tokio::task_local;

use crate::Retry;

task_local! {
    static CURRENT: Current;
}

/// Counts the requests of one piece of work, and receives those that are sent again.
///
/// Work is a future; requests of tasks that it spawns are not included. Requests to every cloud are
/// included, and log-ins too. If it is made while another one watches, that one includes them as
/// well.
#[derive(Clone, Debug)]
pub struct Traffic(Arc<Count>);

#[derive(Debug)]
struct Count {
    requests: AtomicU64,
    outer: Option<Traffic>,
}

#[derive(Clone)]
struct Current {
    traffic: Traffic,
    retries: UnboundedSender<Retry>,
}

impl Traffic {
    /// Nothing so far.
    #[must_use]
    pub fn new() -> Self {
        let outer = CURRENT.try_with(|current| current.traffic.clone());
        Self(Arc::new(Count {
            requests: AtomicU64::new(0),
            outer: outer.ok(),
        }))
    }

    /// How many requests were sent so far.
    ///
    /// Requests that are sent again are included.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.0.requests.load(Ordering::Relaxed)
    }

    /// Runs the work, and reports each request that will be sent again, before its wait.
    pub async fn watch<T>(&self, work: impl Future<Output = T>, mut tell: impl FnMut(&Retry)) -> T {
        let (retries, mut told) = mpsc::unbounded_channel();
        let current = Current {
            traffic: self.clone(),
            retries,
        };
        // On the heap: nested work would not fit onto a thread's stack.
        let mut work = Box::pin(CURRENT.scope(current, work));
        loop {
            tokio::select! {
                biased;
                Some(retry) = told.recv() => tell(&retry),
                done = &mut work => {
                    while let Ok(retry) = told.try_recv() {
                        tell(&retry);
                    }
                    return done;
                }
            }
        }
    }

    fn add(&self) {
        self.0.requests.fetch_add(1, Ordering::Relaxed);
        if let Some(outer) = &self.0.outer {
            outer.add();
        }
    }
}

impl Default for Traffic {
    fn default() -> Self {
        Self::new()
    }
}

/// A request is sent.
pub(crate) fn count() {
    // Outside of watched work no request is counted.
    let _ = CURRENT.try_with(|current| current.traffic.add());
}

/// A request will be sent again.
pub(crate) fn tell(retry: Retry) {
    let _ = CURRENT.try_with(|current| current.retries.send(retry));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_beside_other_work_counts_its_own() {
        let (one, other) = (Traffic::new(), Traffic::new());
        let send = |requests: u64| async move {
            for _ in 0..requests {
                count();
                tokio::task::yield_now().await;
            }
        };
        tokio::join!(one.watch(send(3), |_| {}), other.watch(send(5), |_| {}));
        count();
        assert_eq!((one.requests(), other.requests()), (3, 5));
    }

    #[tokio::test]
    async fn work_within_other_work_is_counted_for_both() {
        let outer = Traffic::new();
        let inner = outer.watch(
            async {
                count();
                let inner = Traffic::new();
                inner.watch(async { count() }, |_| {}).await;
                inner.requests()
            },
            |_| {},
        );
        assert_eq!((inner.await, outer.requests()), (1, 2));
    }
}
