//! Reports requests to vendors that are sent again.

use std::fmt;
use std::pin::pin;
use std::sync::Arc;

use bonafide_sources::{Fetch, Retry, WatchRetries};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

/// Queues the retries for the task that reports them.
#[derive(Debug)]
struct Queue(UnboundedSender<Retry>);

impl WatchRetries for Queue {
    fn retrying(&self, retry: &Retry) {
        // The receiver is gone once its work has ended.
        let _ = self.0.send(retry.clone());
    }
}

/// A [`Fetch`] whose retries are reported while it is used.
pub struct WatchedFetch {
    fetch: Arc<dyn Fetch>,
    retries: UnboundedReceiver<Retry>,
}

impl fmt::Debug for WatchedFetch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WatchedFetch").finish_non_exhaustive()
    }
}

impl WatchedFetch {
    /// Watches `fetch`. One that never sends a request again reports nothing.
    #[must_use]
    pub fn new(fetch: &Arc<dyn Fetch>) -> Self {
        Self::of(fetch.as_ref()).unwrap_or_else(|| Self {
            fetch: fetch.clone(),
            retries: mpsc::unbounded_channel().1,
        })
    }

    /// As [`WatchedFetch::new`]; `None` if `fetch` never sends a request again.
    #[must_use]
    pub fn of(fetch: &dyn Fetch) -> Option<Self> {
        let (sender, retries) = mpsc::unbounded_channel();
        let fetch = fetch.watched(Arc::new(Queue(sender)))?;
        Some(Self { fetch, retries })
    }

    /// The [`Fetch`] to use.
    #[must_use]
    pub fn fetch(&self) -> Arc<dyn Fetch> {
        self.fetch.clone()
    }

    /// Does the work that uses [`WatchedFetch::fetch`], and reports its retries meanwhile.
    pub async fn reporting<T>(
        self,
        report: &(dyn Fn(&Retry) + Send + Sync),
        work: impl Future<Output = T>,
    ) -> T {
        let mut retries = self.retries;
        let mut work = pin!(work);
        let done = loop {
            tokio::select! {
                biased;
                Some(retry) = retries.recv() => report(&retry),
                done = &mut work => break done,
            }
        };
        while let Ok(retry) = retries.try_recv() {
            report(&retry);
        }
        done
    }
}
