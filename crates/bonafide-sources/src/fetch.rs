//! Network access: one trait, implemented by HTTP and by a directory.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_core::Stream;
use futures_util::StreamExt;
use url::Url;

use crate::{FetchError, WatchRetries};

pub(crate) mod directory;
pub(crate) mod download_cache;
pub(crate) mod http;
pub(crate) mod local;
pub(crate) mod retry;

/// A server that sends a byte now and then is never silent, so small files have a deadline too.
const SMALL_FILE_DEADLINE: Duration = Duration::from_secs(60);

/// Fetches what a vendor publishes.
///
/// This crate reads everything through this trait, so an embedder can provide a cache, a mirror or
/// a recording.
#[async_trait]
pub trait Fetch: fmt::Debug + Send + Sync {
    /// Opens a URL for reading. Its bytes arrive as the stream is polled.
    ///
    /// # Errors
    ///
    /// [`FetchError`] if the file does not exist or can't be reached.
    async fn open(&self, url: &Url) -> Result<Download, FetchError>;

    /// The same access that reports each repeated request to `watch`. `None`: it repeats no
    /// request.
    fn watched(&self, watch: Arc<dyn WatchRetries>) -> Option<Arc<dyn Fetch>> {
        let _ = watch;
        None
    }

    /// Reads a whole small file: at most `limit` bytes and within a minute, otherwise it is
    /// refused.
    ///
    /// # Errors
    ///
    /// As [`Fetch::open`], [`FetchError::TooLarge`] and [`FetchError::TooSlow`].
    async fn read(&self, url: &Url, limit: u64) -> Result<Vec<u8>, FetchError> {
        read_in_time(self, url, limit).await
    }
}

/// Reads a small file once.
async fn read_in_time<F: Fetch + ?Sized>(
    fetch: &F,
    url: &Url,
    limit: u64,
) -> Result<Vec<u8>, FetchError> {
    let reading = read_whole(fetch, url, limit);
    match tokio::time::timeout(SMALL_FILE_DEADLINE, reading).await {
        Ok(result) => result,
        Err(_) => Err(FetchError::TooSlow {
            url: without_secrets(url),
            deadline: SMALL_FILE_DEADLINE,
        }),
    }
}

/// A URL as it may be shown: without user information, query and fragment, which may be secrets.
///
/// Use it for every URL in a log or a message.
#[must_use]
pub fn without_secrets(url: &Url) -> Url {
    let mut shown = url.clone();
    shown.set_query(None);
    shown.set_fragment(None);
    // Both calls fail for URLs that can't have user information.
    let _ = shown.set_username("");
    let _ = shown.set_password(None);
    shown
}

async fn read_whole<F: Fetch + ?Sized>(
    fetch: &F,
    url: &Url,
    limit: u64,
) -> Result<Vec<u8>, FetchError> {
    let mut download = fetch.open(url).await?;
    let too_large = || FetchError::TooLarge {
        url: without_secrets(url),
        limit,
    };
    let answered = download.answered.clone();
    let too_large = || too_large().answered_by(answered.as_ref());
    if download.length().is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = download.next().await {
        bytes.extend_from_slice(&chunk?);
        if bytes.len() as u64 > limit {
            return Err(too_large());
        }
    }
    Ok(bytes)
}

/// The bytes of a URL as a stream, compared with the announced length.
///
/// If a length was announced, it ends without an error only after exactly that number of bytes.
pub struct Download {
    url: Url,
    answered: Option<Url>,
    length: Option<u64>,
    received: u64,
    body: Body,
}

type Body = Pin<Box<dyn Stream<Item = Result<Bytes, FetchError>> + Send>>;

impl Download {
    /// Wraps a body. `url` is the requested URL, `length` the announced length in bytes.
    pub fn new(
        url: Url,
        length: Option<u64>,
        body: impl Stream<Item = Result<Bytes, FetchError>> + Send + 'static,
    ) -> Self {
        Self {
            url,
            answered: None,
            length,
            received: 0,
            body: Box::pin(body),
        }
    }

    /// Records that another host answers than the requested one. Its query and user information are
    /// removed: they may be secrets.
    #[must_use]
    pub fn answered_by(mut self, answered: &Url) -> Self {
        let answered = without_secrets(answered);
        self.answered = (answered != self.url).then_some(answered);
        self
    }

    /// The requested URL.
    #[must_use]
    pub const fn url(&self) -> &Url {
        &self.url
    }

    /// The URL that answers: the last one of the redirects, or the requested one.
    #[must_use]
    pub fn answering(&self) -> &Url {
        self.answered.as_ref().unwrap_or(&self.url)
    }

    /// The announced length in bytes, if one was announced.
    ///
    /// `None` for a body in chunks.
    #[must_use]
    pub const fn length(&self) -> Option<u64> {
        self.length
    }
}

impl Stream for Download {
    type Item = Result<Bytes, FetchError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let chunk = ready!(self.poll_counted(context));
        let answered = self.answered.as_ref();
        Poll::Ready(chunk.map(|chunk| chunk.map_err(|error| error.answered_by(answered))))
    }
}

impl Download {
    fn poll_counted(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, FetchError>>> {
        let chunk = ready!(self.body.as_mut().poll_next(context)).transpose()?;
        let announced = self.length;
        Poll::Ready(match (chunk, announced) {
            (Some(chunk), announced) => {
                self.received += chunk.len() as u64;
                match announced {
                    Some(announced) if self.received > announced => {
                        Some(Err(FetchError::LongerThanAnnounced {
                            url: self.url.clone(),
                            announced,
                        }))
                    }
                    _ => Some(Ok(chunk)),
                }
            }
            (None, Some(announced)) if self.received < announced => {
                Some(Err(FetchError::CutShort {
                    url: self.url.clone(),
                    announced,
                    received: self.received,
                }))
            }
            (None, _) => None,
        })
    }
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download")
            .field("url", &self.url.as_str())
            .field("length", &self.length)
            .field("received", &self.received)
            .finish_non_exhaustive()
    }
}
