//! The steps of one publication.

use bonafide_glance::{Glance, Image, Status, Traffic, Visibility};
use bonafide_image::Head;
use bonafide_verify::{FileDigests, Verified};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use uuid::Uuid;

use crate::check::{Check, SignedCheck};
use crate::handover::{HandedOver, Handover};
use crate::observed::{Observed, Taken, observe_id, own_images};
use crate::opened::Opened;
use crate::pipeline::{self, Limits, Passed};
use crate::uploading::{Uploading, Uploads, open};
use crate::wanted::Wanted;
use crate::{
    Candidate, Channel, Error, Event, ImageDigests, Observe, Outcome, Publisher, Report, changes,
    clean_up, drift, marker,
};

type SignedPassed = Passed<Verified<FileDigests>>;

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

/// One publication.
pub(crate) struct Job<'a> {
    pub(crate) publisher: &'a Publisher,
    pub(crate) channel: &'a Channel,
    pub(crate) candidate: &'a Candidate,
    pub(crate) observer: &'a dyn Observe,
    /// This run, as it stands on the image while it is uploaded.
    pub(crate) run: Uuid,
    /// What this publication sends.
    pub(crate) traffic: Traffic,
    pub(crate) handover: Handover,
}

impl Job<'_> {
    pub(crate) fn glance(&self) -> &Glance {
        &self.publisher.glance
    }

    fn now(&self) -> Timestamp {
        self.publisher.clock.now()
    }

    fn today(&self) -> Date {
        self.now().to_zoned_datetime(TimeZone::UTC).date()
    }

    fn limits(&self) -> Limits {
        self.publisher.limits()
    }

    async fn open(&self) -> Result<Opened, Error> {
        open(self.publisher, self.channel, self.candidate).await
    }

    fn wanted(&self, head: Head) -> Result<Wanted, Error> {
        let (channel, candidate) = (self.channel, self.candidate);
        Wanted::new(channel, candidate, head, self.today(), &self.publisher.ci)
    }

    /// An image that is public already: what somebody changed on it is put back.
    pub(crate) async fn keep(&self, image: &Image) -> Result<Report, Error> {
        match self.put_back(image).await {
            Ok(report) => Ok(report),
            Err(error) => Err(self.settle(error).await),
        }
    }

    /// As [`Job::keep`]; if it fails, the caller settles.
    pub(crate) async fn put_back(&self, image: &Image) -> Result<Report, Error> {
        let Some(repair) = drift::repair(self.channel, self.candidate, image)? else {
            return Ok(self.report(Outcome::AlreadyPublished, image, None));
        };
        // It may have been superseded by one that is public still.
        if marker::is_superseded(image) {
            let own = own_images(self.glance(), self.channel.name()).await?;
            if let HandedOver::Redundant(other) = self.hand_over(image.id, own).await? {
                return Ok(self.report(Outcome::AlreadyPublished, &other, None));
            }
        }
        let image = changes::update(self.glance(), image.id, &repair.patch).await?;
        self.observer.observe(&Event::Repaired {
            id: image.id,
            properties: &repair.names(),
        });
        Ok(self.report(Outcome::Repaired, &image, None))
    }

    fn uploading(&self, limits: Limits) -> Uploading<'_> {
        Uploading {
            glance: self.glance(),
            observer: self.observer,
            limits,
        }
    }

    fn check(&self) -> SignedCheck {
        let candidate = self.candidate;
        SignedCheck::new(candidate.expected().clone(), candidate.check())
    }

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

    /// An image that an earlier run uploaded: its bytes are proven anew from the vendor's, then
    /// compared with what Glance stores.
    pub(crate) async fn complete(&self, image: Image) -> Result<Report, Error> {
        let opened = self.open().await?;
        let limits = self.limits();
        let until = limits.until;
        let wanted = self.wanted(opened.head()?)?;
        let length = opened.length();
        let progress = |received| self.progress(received, length);
        let passed = pipeline::prove(opened, self.check(), limits, progress).await?;
        self.compare_and_publish(Outcome::Completed, image, &wanted, &passed, until)
            .await
    }

    /// Removes an upload that was given up, or refuses to while another run may be at it.
    pub(crate) async fn give_up(&self, image: &Image) -> Result<(), Error> {
        let id = image.id;
        if let Some(until) = marker::busy_until(image, self.now()) {
            return Err(Error::Busy { id, until });
        }
        changes::delete(self.glance(), id).await?;
        self.observer.observe(&Event::Removed { id });
        Ok(())
    }

    async fn compare_and_publish(
        &self,
        outcome: Outcome,
        image: Image,
        wanted: &Wanted,
        passed: &SignedPassed,
        until: Timestamp,
    ) -> Result<Report, Error> {
        let fetch = self.publisher.fetch.as_ref();
        let candidate = self.candidate;
        if !candidate
            .still_stands(self.channel, fetch, self.now())
            .await?
        {
            let list = candidate.release().list.clone();
            let moved = Error::Moved { list };
            return Err(self.dispose(&image, moved).await);
        }
        // All of them, just before they change: the new one to compare it, the others to hand over.
        let own = own_images(self.glance(), self.channel.name()).await?;
        let image = self.as_stored(&image, &own).await?;
        match wanted.compare(&image, &passed.image) {
            Err(error @ Error::GlanceMismatch { .. }) => {
                return Err(self.dispose(&image, error).await);
            }
            other => other?,
        }
        self.observer.observe(&Event::Compared { id: image.id });
        // After its lease another run may have taken the image for given up.
        if self.now() > until {
            return Err(Error::LeaseEnded { until });
        }
        match self.hand_over(image.id, own).await {
            Ok(HandedOver::Free) => {}
            Ok(HandedOver::Redundant(other)) => {
                if image.properties.contains_key(marker::STATE) {
                    changes::delete(self.glance(), image.id).await?;
                    self.observer.observe(&Event::Removed { id: image.id });
                }
                return Ok(self.report(Outcome::AlreadyPublished, &other, None));
            }
            Err(error @ Error::Rollback { .. }) => return Err(self.dispose(&image, error).await),
            Err(error) => return Err(error),
        }
        let image = self
            .make_public(&image, wanted, &passed.proof, &passed.image)
            .await?;
        self.observer.observe(&Event::Published { id: image.id });
        Ok(self.report(outcome, &image, Some(passed)))
    }

    /// The image as it is after its upload.
    async fn as_stored(&self, image: &Image, own: &[Image]) -> Result<Image, Error> {
        let listed = own.iter().find(|listed| listed.id == image.id);
        let now = match listed {
            Some(listed) => listed.clone(),
            None => self.glance().image(image.id).await?,
        };
        if now.status != Status::Saving {
            return Ok(now);
        }
        // A replica of the database that lags behind the answer to the upload.
        let later = clean_up::await_active(self.glance(), image.id).await;
        Ok(later.unwrap_or(now))
    }

    /// Removes an image that was never public. One that was may be in use.
    async fn dispose(&self, image: &Image, error: Error) -> Error {
        match image.properties.contains_key(marker::STATE) {
            true => clean_up::remove(self.glance(), image.id, error, self.observer).await,
            false => error,
        }
    }

    /// The only place that makes an image public that was not so a moment before, and it takes the proof.
    async fn make_public(
        &self,
        image: &Image,
        wanted: &Wanted,
        proof: &Verified<FileDigests>,
        stored: &ImageDigests,
    ) -> Result<Image, Error> {
        let id = image.id;
        let name = self.channel.image_name(self.today());
        let patch = wanted
            .patch(image, &SignedCheck::file(proof), stored)
            .name(name)
            .visibility(Visibility::Public);
        let public = match self.glance().update(id, &patch).await {
            Ok(image) => image,
            Err(error) => {
                // Its answer may be lost, or another run that completed the same image came first.
                let channel = self.channel.name();
                match observe_id(self.glance(), channel, self.candidate, id).await {
                    Ok(Taken::Own(Observed::Published(image))) => *image,
                    _ => return Err(refused(id, error)),
                }
            }
        };
        if public.visibility != Visibility::Public || public.status != Status::Active {
            return Err(Error::NotAsPublished {
                id,
                found: format!("{} and {}", public.visibility, public.status),
            });
        }
        Ok(public)
    }

    fn progress(&self, received: u64, total: Option<u64>) {
        self.observer.observe(&Event::Progress { received, total });
    }

    pub(crate) fn report(
        &self,
        outcome: Outcome,
        image: &Image,
        passed: Option<&SignedPassed>,
    ) -> Report {
        let candidate = self.candidate;
        Report {
            channel: self.channel.name().to_owned(),
            outcome,
            image: image.id,
            name: image.name.clone().unwrap_or_default(),
            release: candidate.release().clone(),
            source: candidate.file().url.clone(),
            expected: candidate.expected().value().clone(),
            digests: passed.map(|passed| passed.proof.value().clone()),
            stored: passed.map(|passed| passed.image.clone()),
            serial: candidate.serial().clone(),
            evidence: candidate.evidence().clone(),
            requests: self.traffic.requests(),
        }
    }
}

/// Why the image is not public.
fn refused(id: Uuid, error: bonafide_glance::Error) -> Error {
    match error {
        bonafide_glance::Error::Forbidden(_) => Error::NotPublic {
            id,
            source: Box::new(error),
        },
        other => other.into(),
    }
}
