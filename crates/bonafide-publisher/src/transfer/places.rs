//! The places that may have an image's bytes: the operator's mirror, then the vendor's hosts.

use std::sync::Arc;

use bonafide_resolve::{Candidate, WatchedFetch};
use bonafide_sources::{Fetch, FetchError, Retry};
use url::Url;

use crate::channel::Channel;
use crate::error::{Error, PassedOver};
use crate::event::{Event, EventSink};
use crate::transfer::download::{CompressionHint, OpenedDownload};

/// The places of one image, which are asked one after the other.
pub(crate) struct Places<'a> {
    fetch: &'a Arc<dyn Fetch>,
    max_size: u64,
    candidate: &'a Candidate,
    observer: &'a dyn EventSink,
    urls: Vec<Url>,
    /// How many of them were asked.
    asked: usize,
    passed_over: Vec<PassedOver>,
}

impl<'a> Places<'a> {
    pub(crate) fn new(
        (fetch, max_size): (&'a Arc<dyn Fetch>, u64),
        channel: &Channel,
        candidate: &'a Candidate,
        observer: &'a dyn EventSink,
    ) -> Self {
        Self {
            fetch,
            max_size,
            candidate,
            observer,
            urls: channel.places(candidate.file()),
            asked: 0,
            passed_over: Vec::new(),
        }
    }

    /// Opens the image at the first remaining place that may have it.
    pub(crate) async fn open(&mut self) -> Result<OpenedDownload, Error> {
        loop {
            let Some(url) = self.urls.get(self.asked) else {
                return Err(Error::Interrupted);
            };
            let opened = self.open_at(url).await;
            self.asked += 1;
            match opened {
                Err(error) if self.pass_over(&error) => {}
                Err(error) => return Err(self.nowhere(error)),
                opened => return opened,
            }
        }
    }

    async fn open_at(&self, url: &Url) -> Result<OpenedDownload, Error> {
        let watched = WatchedFetch::new(self.fetch);
        let fetch = watched.fetch();
        let report = |retry: &Retry| self.observer.emit(&Event::of_retry(retry));
        let opening = open_at(self.candidate, url, fetch.as_ref(), self.max_size);
        watched.reporting(&report, opening).await
    }

    /// After wrong bytes from the last place: whether another place may have the right ones. If so,
    /// it is next.
    pub(crate) fn pass_over(&mut self, error: &Error) -> bool {
        let last = self
            .asked
            .checked_sub(1)
            .and_then(|last| self.urls.get(last));
        let (Some(url), Some(next)) = (last, self.urls.get(self.asked)) else {
            return false;
        };
        if !is_of_the_place(error) {
            return false;
        }
        let reason = causes(error);
        self.observer.emit(&Event::PassedOver {
            url,
            reason: &reason,
            next,
        });
        let url = url.clone();
        self.passed_over.push(PassedOver { url, reason });
        true
    }

    /// The error of the last place, with those of the others.
    pub(crate) fn nowhere(&self, error: Error) -> Error {
        if self.passed_over.is_empty() || !is_of_the_place(&error) {
            return error;
        }
        Error::Nowhere {
            passed_over: self.passed_over.clone(),
            error: Box::new(error),
        }
    }

    /// Asks the last place once more, since it made no error.
    pub(crate) fn ask_again(&mut self) {
        self.asked = self.asked.saturating_sub(1);
    }

    pub(crate) fn passed_over(&self) -> &[PassedOver] {
        &self.passed_over
    }
}

/// Opens the image at one place, and checks whether it may be the image.
async fn open_at(
    candidate: &Candidate,
    url: &Url,
    fetch: &dyn Fetch,
    limit: u64,
) -> Result<OpenedDownload, Error> {
    let download = fetch.open(url).await?;
    let announced = download.length();
    let url = download.answering().clone();
    if announced.is_some_and(|length| length > limit) {
        return Err(FetchError::TooLarge { url, limit }.into());
    }
    if let (Some(listed), Some(announced)) = (candidate.expected().size, announced)
        && listed != announced
    {
        return Err(Error::WrongSize {
            url,
            listed,
            announced,
        });
    }
    let opened =
        OpenedDownload::new(download, &candidate.file().name, CompressionHint::ByName).await?;
    // An error page, or another image, is noticed here.
    opened.head()?;
    Ok(opened)
}

/// Whether the error is about the bytes, so that another place may have better ones.
const fn is_of_the_place(error: &Error) -> bool {
    matches!(
        error,
        Error::Compressed { .. }
            | Error::Fetch(_)
            | Error::Image { .. }
            | Error::Unverified { .. }
            | Error::WrongSize { .. }
    )
}

/// An error with all its causes, in one line.
fn causes(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {}", causes(cause)),
        None => error.to_string(),
    }
}
