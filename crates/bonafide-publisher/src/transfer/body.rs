//! What pipeline and decoder send to the body of an upload.

use bonafide_glance::Clock;
use bonafide_sources::FetchError;
use bonafide_verify::{Digests, Step};
use jiff::Timestamp;
use tokio::sync::mpsc;
use url::Url;

use crate::error::Error;

/// Large enough that queues and hashing cost nothing, small enough that a full queue stays below 8 MiB.
pub(crate) const CHUNK: usize = 256 * 1024;

/// How long an upload may take, and how large the image may be.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    pub(crate) until: Timestamp,
    pub(crate) clock: Clock,
    /// In bytes.
    pub(crate) max_size: u64,
}

impl Limits {
    pub(crate) fn check(&self, url: &Url, bytes: u64) -> Result<(), Error> {
        if self.clock.now() > self.until {
            return Err(Error::LeaseEnded { until: self.until });
        }
        if bytes > self.max_size {
            let (url, limit) = (url.clone(), self.max_size);
            return Err(FetchError::TooLarge { url, limit }.into());
        }
        Ok(())
    }
}

/// The result of a pipeline: the proof of the file, and what Glance must have stored.
#[derive(Debug)]
pub(crate) struct Transferred<P> {
    pub(crate) proof: P,
    pub(crate) image: Digests,
}

/// The error of an upload's body that is refused; the reason is the pipeline's result.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("its origin is not verified")]
pub(crate) struct BodyAborted;

pub(crate) fn refuse(to_body: &mpsc::Sender<Result<Step, BodyAborted>>) {
    let _ = to_body.blocking_send(Err(BodyAborted));
}

pub(crate) fn send(
    to_body: &mpsc::Sender<Result<Step, BodyAborted>>,
    step: Step,
) -> Result<(), Error> {
    let sent = to_body.blocking_send(Ok(step));
    sent.map_err(|_| Error::Interrupted)
}
