//! One upload: from one place, through the pipeline, to Glance.

use bonafide_glance::{Glance, ImageBody};
use futures_util::TryStreamExt;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::error::Error;
use crate::event::{Event, EventSink};
use crate::ledger::heartbeat::pulse::Alive;
use crate::transfer::body::{Limits, Transferred};
use crate::transfer::digests::Check;
use crate::transfer::download::OpenedDownload;
use crate::transfer::{clean_up, pipeline};

/// How often an upload begins in one run.
const UPLOADS: u32 = 3;

/// The uploads of one build in one run.
pub(crate) struct Uploads<'a> {
    glance: &'a Glance,
    observer: &'a dyn EventSink,
    failed: u32,
}

impl<'a> Uploads<'a> {
    pub(crate) const fn new(glance: &'a Glance, observer: &'a dyn EventSink) -> Self {
        Self {
            glance,
            observer,
            failed: 0,
        }
    }

    /// Waits, if the upload failed transiently and may begin anew; otherwise returns the error.
    pub(crate) async fn again(&mut self, id: Uuid, error: Error) -> Result<(), Error> {
        // The properties of an uploading image can't be changed; the next one has a lease.
        if let Error::NoHeartbeat { why } = &error {
            self.observer.emit(&Event::NoHeartbeat { why });
            return Ok(());
        }
        self.failed += 1;
        let Error::Cloud(failure) = &error else {
            return Err(error);
        };
        // A token that is refused when the upload begins was already renewed once.
        let refused = matches!(failure, bonafide_glance::Error::TokenRefused(_));
        if self.failed >= UPLOADS || !(refused || failure.is_transient()) {
            return Err(error);
        }
        let pause = failure.rejection().and_then(|answer| answer.retry_after);
        let policy = self.glance.session().retry_policy();
        let wait = policy.wait(self.failed, pause);
        self.observer.emit(&Event::UploadFailed {
            id,
            error: &error,
            next: self.failed + 1,
            tries: UPLOADS,
            wait,
        });
        tokio::time::sleep(wait).await;
        Ok(())
    }
}

/// The destination of an upload, its events, and its time limit.
pub(crate) struct Uploading<'a> {
    pub(crate) glance: &'a Glance,
    pub(crate) observer: &'a dyn EventSink,
    pub(crate) limits: Limits,
    /// Cancels it.
    pub(crate) cancellation: &'a CancellationToken,
    /// Shows that the run is alive.
    pub(crate) alive: Option<&'a Alive>,
}

impl Uploading<'_> {
    /// Uploads through the gate. Returns the proof only if Glance has accepted every byte.
    pub(crate) async fn upload<C: Check>(
        &self,
        id: Uuid,
        opened: OpenedDownload,
        check: C,
    ) -> Result<Transferred<C::Proof>, Error> {
        let total = opened.length();
        let length = opened.upload_length();
        let pipeline = pipeline::start(opened, check, self.limits.clone());
        let mut received = pipeline.received;
        let mut body = ImageBody::new(pipeline.body.map_err(Into::into));
        if let Some(length) = length {
            body = body.length(length);
        }
        let uploaded = {
            let lost = async {
                match self.alive {
                    Some(alive) => alive.error(alive.until_lost().await, id),
                    None => std::future::pending().await,
                }
            };
            let mut lost = std::pin::pin!(lost);
            let mut upload = std::pin::pin!(self.glance.upload(id, body));
            loop {
                tokio::select! {
                    biased;
                    // The connection is cut, and the reader stops.
                    () = self.cancellation.cancelled() => return Err(Error::Cancelled),
                    lost = &mut lost => return Err(lost),
                    uploaded = &mut upload => break uploaded,
                    Ok(()) = received.changed() => {
                        let received = *received.borrow();
                        self.observer.emit(&Event::Progress { received, total });
                    }
                }
            }
        };
        // However the upload ended: a run that must stop begins nothing anew.
        if uploaded.is_err()
            && let Some(Err(lost)) = self.alive.map(|alive| alive.check(id))
        {
            return Err(lost);
        }
        match uploaded {
            Ok(()) => pipeline.verdict.wait().await,
            // The body was refused; the pipeline has the reason.
            Err(error @ bonafide_glance::Error::BodyFailed { .. }) => {
                match pipeline.verdict.wait().await {
                    Err(Error::Interrupted) | Ok(_) => Err(error.into()),
                    refused => refused,
                }
            }
            // Every byte may have been sent, and only the answer lost or bad.
            Err(error) => {
                let taken = async {
                    let passed = pipeline.verdict.stop().await?;
                    clean_up::await_active(self.glance, id).await?;
                    Some(passed)
                };
                tokio::select! {
                    biased;
                    () = self.cancellation.cancelled() => Err(Error::Cancelled),
                    taken = taken => taken.ok_or_else(|| error.into()),
                }
            }
        }
    }
}
