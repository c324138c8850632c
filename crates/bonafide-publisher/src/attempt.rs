//! Attempts at one build: each has an id of its own, and an upload that fails uses it up.

use std::sync::atomic::Ordering;

use bonafide_glance::Image;
use jiff::Timestamp;
use uuid::Uuid;

use crate::job::Job;
use crate::observed::{Observed, Taken, observe_id};
use crate::uploading::Uploads;
use crate::wait::Wait;
use crate::wanted::Wanted;
use crate::{Error, Event, Outcome, Report, changes, clean_up, marker};

/// Ids that are tried for one build. Each failed upload uses one up, and so may other tenants.
const MAX_ATTEMPTS: u32 = 4096;

/// Where the image was made.
enum Created {
    /// By this run: it is to be uploaded.
    Here {
        image: Box<Image>,
        /// Which attempt at this build it is, from 0.
        attempt: u32,
    },
    /// By another run, and it is public now.
    Elsewhere(Box<Report>),
}

/// What became of an upload.
enum Tried {
    Done(Box<Report>),
    /// Its image is removed, unless the error says something else.
    Failed {
        id: Uuid,
        attempt: u32,
        error: Error,
    },
}

impl Job<'_> {
    /// Creates the image under the first id that was not used up, and uploads to it. An upload that
    /// fails by chance is begun anew under the next id.
    pub(crate) async fn create_and_upload(&self) -> Result<Report, Error> {
        let mut uploads = Uploads::new(self.glance(), self.observer);
        let mut first = 0;
        loop {
            match Box::pin(self.try_upload(first)).await? {
                Tried::Done(report) => return Ok(*report),
                Tried::Failed { id, attempt, error } => {
                    uploads.again(id, error).await?;
                    first = attempt + 1;
                }
            }
        }
    }

    /// One upload, under the first id from this attempt on that was not used up.
    async fn try_upload(&self, first: u32) -> Result<Tried, Error> {
        let opened = self.open().await?;
        let limits = self.limits();
        let until = limits.until;
        let wanted = self.wanted(opened.head()?)?;
        let (image, attempt) = match self.create(&wanted, until, first).await? {
            Created::Here { image, attempt } => (image, attempt),
            Created::Elsewhere(report) => return Ok(Tried::Done(report)),
        };
        let id = image.id;
        self.observer.observe(&Event::Created { id, attempt });
        let passed = match self
            .uploading(limits)
            .upload(id, opened, self.check())
            .await
        {
            Ok(passed) => passed,
            Err(error) => {
                let error = clean_up::remove(self.glance(), id, error, self.observer).await;
                return Ok(Tried::Failed { id, attempt, error });
            }
        };
        self.observer.observe(&Event::Uploaded {
            id,
            digests: &passed.proof,
        });
        let report = self
            .compare_and_publish(Outcome::Published, *image, &wanted, &passed, until)
            .await?;
        Ok(Tried::Done(Box::new(report)))
    }

    /// 409 says that an id is taken: by another run, by another tenant, or for ever by an upload
    /// that failed before.
    async fn create(
        &self,
        wanted: &Wanted,
        lease_until: Timestamp,
        first: u32,
    ) -> Result<Created, Error> {
        let channel = self.channel.name();
        let passing = marker::passing(self.run, lease_until);
        for attempt in first..MAX_ATTEMPTS {
            let digest = &self.candidate.expected().digest;
            let id = marker::image_id(&self.publisher.namespace, channel, digest, attempt);
            let look = || observe_id(self.glance(), channel, self.candidate, id);
            let image = wanted.new_image(id).properties(passing.clone());
            match self.glance().create(&image).await {
                Ok(image) => {
                    let image = Box::new(image);
                    return Ok(Created::Here { image, attempt });
                }
                Err(bonafide_glance::Error::Conflict(_)) => {}
                Err(error) => {
                    // The image may be there although its answer was lost.
                    return match look().await {
                        Ok(Taken::Own(Observed::Incomplete { image, .. }))
                            if marker::is_by(&image, self.run) =>
                        {
                            Ok(Created::Here { image, attempt })
                        }
                        _ => Err(error.into()),
                    };
                }
            }
            match look().await? {
                Taken::UsedUp | Taken::Own(Observed::Absent) => {}
                Taken::Foreign => self.observer.observe(&Event::IdTaken { id }),
                Taken::Own(Observed::Published(image)) => {
                    let report = self.report(Outcome::AlreadyPublished, &image, None);
                    return Ok(Created::Elsewhere(Box::new(report)));
                }
                // Another run came first; it may still be between its last two requests.
                Taken::Own(Observed::Complete(image) | Observed::Withdrawn(image)) => {
                    let report = self.complete(*image).await?;
                    return Ok(Created::Elsewhere(Box::new(report)));
                }
                // The create was answered twice.
                Taken::Own(Observed::Incomplete { image, .. })
                    if marker::is_by(&image, self.run) =>
                {
                    return Ok(Created::Here { image, attempt });
                }
                Taken::Own(Observed::Incomplete { image, .. }) => self.give_up(&image).await?,
            }
        }
        Err(Error::TooManyAttempts {
            channel: channel.to_owned(),
            attempts: MAX_ATTEMPTS,
        })
    }

    /// Removes an upload that was given up, or refuses to while another run may be at it.
    pub(crate) async fn give_up(&self, image: &Image) -> Result<(), Error> {
        let id = image.id;
        if let Some(wait) = Wait::of(image) {
            if !wait.is_over(self.now()) {
                return Err(wait.error());
            }
            self.failures.fetch_max(wait.failures, Ordering::Relaxed);
        }
        if let Some(until) = marker::busy_until(image, self.now()) {
            return Err(Error::Busy { id, until });
        }
        changes::delete(self.glance(), id).await?;
        self.observer.observe(&Event::Removed { id });
        Ok(())
    }
}
