//! The bytes of an image from Glance.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use reqwest::Response;
use tokio::time::{Sleep, sleep};
use url::Url;

use crate::Error;
use crate::http::request::Verb;
use crate::http::response::{stalled, transport};

/// The bytes of an image: a stream that fails if it makes no progress or ends before its length.
///
/// Glance compares nothing during a download: compare the hash of the bytes to know whether they
/// are right.
pub struct ImageDownload {
    stream: Pin<Box<dyn Stream<Item = reqwest::Result<Bytes>> + Send>>,
    /// Runs while the stream is polled, not while the caller processes its chunks.
    watch: Option<Pin<Box<Sleep>>>,
    length: Option<u64>,
    url: Url,
    idle: Duration,
    finished: bool,
}

impl ImageDownload {
    pub(crate) fn new(url: Url, response: Response, idle: Duration) -> Self {
        Self {
            length: response.content_length(),
            stream: Box::pin(response.bytes_stream()),
            watch: None,
            url,
            idle,
            finished: false,
        }
    }

    /// The length in bytes, if the cloud reports it.
    ///
    /// Compare it with [`Image::size`](crate::Image::size) if both are known.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        self.length
    }
}

impl Stream for ImageDownload {
    type Item = Result<Bytes, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let download = self.get_mut();
        if download.finished {
            return Poll::Ready(None);
        }
        match download.stream.as_mut().poll_next(cx) {
            Poll::Ready(Some(Ok(bytes))) => {
                download.watch = None;
                Poll::Ready(Some(Ok(bytes)))
            }
            Poll::Ready(Some(Err(error))) => {
                download.finished = true;
                Poll::Ready(Some(Err(transport(Verb::Get, &download.url, error))))
            }
            Poll::Ready(None) => {
                download.finished = true;
                Poll::Ready(None)
            }
            Poll::Pending => {
                let idle = download.idle;
                let watch = download.watch.get_or_insert_with(|| Box::pin(sleep(idle)));
                if watch.as_mut().poll(cx).is_pending() {
                    return Poll::Pending;
                }
                download.finished = true;
                let waiting_for = "the next bytes of the image";
                let error = stalled(Verb::Get, &download.url, download.idle, waiting_for);
                Poll::Ready(Some(Err(error)))
            }
        }
    }
}

impl fmt::Debug for ImageDownload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImageDownload")
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}
