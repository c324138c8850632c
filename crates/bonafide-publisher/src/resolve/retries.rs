//! Reports requests to vendors that are made again.

use std::pin::pin;
use std::sync::Arc;

use bonafide_sources::{Fetch, Retry, WatchRetries};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use crate::{Event, EventSink};

/// Receives the reports, for the waiting caller.
#[derive(Debug)]
struct Teller(UnboundedSender<Retry>);

impl WatchRetries for Teller {
    fn retrying(&self, retry: &Retry) {
        // A caller that no longer waits needs no reports.
        let _ = self.0.send(retry.clone());
    }
}

/// Access to the vendors that reports retries.
pub(crate) struct Watched {
    pub(crate) fetch: Arc<dyn Fetch>,
    told: UnboundedReceiver<Retry>,
}

/// The same access to the vendors, with reports. Without retries there are none.
pub(crate) fn watch(fetch: &Arc<dyn Fetch>) -> Watched {
    watch_borrowed(fetch.as_ref()).unwrap_or_else(|| Watched {
        fetch: fetch.clone(),
        told: mpsc::unbounded_channel().1,
    })
}

/// As [`watch`]. `None`: it has no retries.
pub(crate) fn watch_borrowed(fetch: &dyn Fetch) -> Option<Watched> {
    let (sender, told) = mpsc::unbounded_channel();
    let fetch = fetch.watched(Arc::new(Teller(sender)))?;
    Some(Watched { fetch, told })
}

impl Watched {
    /// Waits for the work that uses it, and passes its reports on meanwhile.
    pub(crate) async fn told<T>(
        self,
        observer: &dyn EventSink,
        doing: impl Future<Output = T>,
    ) -> T {
        tell(self.told, observer, doing).await
    }
}

async fn tell<T>(
    mut told: UnboundedReceiver<Retry>,
    observer: &dyn EventSink,
    doing: impl Future<Output = T>,
) -> T {
    let mut doing = pin!(doing);
    let done = loop {
        tokio::select! {
            biased;
            Some(retry) = told.recv() => observe(observer, &retry),
            done = &mut doing => break done,
        }
    };
    while let Ok(retry) = told.try_recv() {
        observe(observer, &retry);
    }
    done
}

fn observe(observer: &dyn EventSink, retry: &Retry) {
    observer.emit(&Event::Retrying {
        method: "GET",
        url: retry.url.as_str(),
        reason: &retry.reason,
        next: retry.tries.saturating_add(1),
        tries: retry.most,
        wait: retry.wait,
    });
}
