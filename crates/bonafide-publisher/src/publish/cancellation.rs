//! A run that is asked to stop.
//!
//! Work that writes nothing stops at once; an upload is cancelled and its image removed. A step
//! that must not be left half done (sharing an image and adding its members, a hand-over and the
//! publication after it, a deletion) is finished first.

use tokio_util::sync::CancellationToken;

use crate::error::Error;
use crate::publish::publisher::Publisher;

impl Publisher {
    /// Stops when `token` is cancelled: no new step begins, an upload is cancelled, and what this
    /// run has created and not published is removed. A step that must not be left half done is
    /// finished.
    ///
    /// Stopping takes a few requests to the cloud. A program with a deadline then drops the future:
    /// that leaves what a dead run leaves, and the next run removes it.
    #[must_use]
    pub fn cancelled_by(mut self, token: CancellationToken) -> Self {
        self.cancellation = token;
        self
    }

    /// Whether the run is asked to stop.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancellation.is_cancelled()
    }

    /// Does work that can be cancelled at any moment.
    pub(crate) async fn unless_cancelled<T, E>(
        &self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, Error>
    where
        Error: From<E>,
    {
        tokio::select! {
            biased;
            () = self.cancellation.cancelled() => Err(Error::Cancelled),
            done = work => Ok(done?),
        }
    }
}
