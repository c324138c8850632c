//! Tells of requests to vendors that are made again.

use std::pin::pin;
use std::sync::Arc;

use bonafide_sources::{Fetch, Retry, WatchRetries};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use crate::{Event, EventSink};

/// Takes what is told, for the one who waits.
#[derive(Debug)]
struct Teller(UnboundedSender<Retry>);

impl WatchRetries for Teller {
    fn retrying(&self, retry: &Retry) {
        // Who has stopped waiting does not need to know.
        let _ = self.0.send(retry.clone());
    }
}

/// A way to the vendors that is watched.
pub(crate) struct Watched {
    pub(crate) fetch: Arc<dyn Fetch>,
    told: UnboundedReceiver<Retry>,
}

/// The same way to the vendors, watched. One that repeats nothing tells nothing.
pub(crate) fn watch(fetch: &Arc<dyn Fetch>) -> Watched {
    watch_borrowed(fetch.as_ref()).unwrap_or_else(|| Watched {
        fetch: fetch.clone(),
        told: mpsc::unbounded_channel().1,
    })
}

/// As [`watch`]. `None`: it repeats nothing.
pub(crate) fn watch_borrowed(fetch: &dyn Fetch) -> Option<Watched> {
    let (sender, told) = mpsc::unbounded_channel();
    let fetch = fetch.watched(Arc::new(Teller(sender)))?;
    Some(Watched { fetch, told })
}

impl Watched {
    /// Waits for what is done through it, and passes on what is told meanwhile.
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
