//! Publishes one build: private until complete, public last.

use std::sync::Arc;

use bonafide_glance::{
    Glance, Image, ImageBody, ImagePatch, NewImage, Session, Status, Visibility,
};
use bonafide_properties::Gibibytes;
use bonafide_sources::Fetch;
use bonafide_verify::{Algorithm, FileDigests, Verified};
use futures_util::TryStreamExt;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::clean_up;
use crate::observed::{Observed, observe};
use crate::pipeline::{self, Lease, Opened};
use crate::{Candidate, Channel, Clock, Error, Event, Observe, Outcome, Report, marker};

/// How long an upload may take before other runs count it as given up.
const LEASE: SignedDuration = SignedDuration::from_hours(6);
/// Ids that are tried for one build. Each failed upload uses one up.
const MAX_ATTEMPTS: u32 = 64;

/// Publishes proven builds in one cloud.
///
/// It keeps no state of its own: any number of publishers, on any machine, may run, die and be
/// started again. Glance arbitrates by the image's id.
#[derive(Clone, Debug)]
pub struct Publisher {
    fetch: Arc<dyn Fetch>,
    glance: Glance,
    clock: Clock,
    lease: SignedDuration,
}

impl Publisher {
    /// A publisher that reads vendors through `fetch` and writes to the session's cloud.
    #[must_use]
    pub fn new(fetch: Arc<dyn Fetch>, session: Session, clock: Clock) -> Self {
        Self {
            fetch,
            glance: Glance::new(session),
            clock,
            lease: LEASE,
        }
    }

    /// How long an upload may take before it is given up; six hours by default.
    #[must_use]
    pub const fn lease(mut self, lease: SignedDuration) -> Self {
        self.lease = lease;
        self
    }

    /// Finds the channel's newest build and proves its list. Nothing is written.
    ///
    /// # Errors
    ///
    /// As [`Candidate::find`].
    pub async fn find(
        &self,
        channel: &Channel,
        observer: &dyn Observe,
    ) -> Result<Candidate, Error> {
        Candidate::find(channel, self.fetch.as_ref(), (self.clock)(), observer).await
    }

    /// What the cloud has of the build. Nothing is written.
    ///
    /// # Errors
    ///
    /// [`Error::Cloud`], or [`Error::Foreign`] and [`Error::Deactivated`] if publishing would be
    /// refused.
    pub async fn observe(
        &self,
        channel: &Channel,
        candidate: &Candidate,
    ) -> Result<Observed, Error> {
        observe(&self.glance, channel.name(), candidate, 0).await
    }

    /// Publishes the build, or completes what an earlier run left, or finds that all is done.
    ///
    /// # Errors
    ///
    /// [`Error`]; then nothing unproven is public, and the image of a failed upload is removed or
    /// named in the error.
    pub async fn publish(
        &self,
        channel: &Channel,
        candidate: &Candidate,
        observer: &dyn Observe,
    ) -> Result<Report, Error> {
        let job = Job {
            publisher: self,
            channel,
            candidate,
            observer,
            requests_before: self.glance.session().requests(),
        };
        let mut attempt = 0;
        while attempt < MAX_ATTEMPTS {
            let observed = observe(&self.glance, channel.name(), candidate, attempt).await?;
            match observed {
                Observed::Published(image) => {
                    return Ok(job.report(Outcome::AlreadyPublished, &image, None));
                }
                Observed::Complete(image) => return job.complete(*image).await,
                Observed::Incomplete { image, lease_until } => {
                    job.give_up(image.id, lease_until).await?;
                    attempt += 1;
                }
                Observed::Absent { id } => match job.create_and_upload(id, attempt).await? {
                    Some(report) => return Ok(report),
                    // The id was taken between the look and the create, or was used up before:
                    // looking again tells which.
                    None => {
                        let again =
                            observe(&self.glance, channel.name(), candidate, attempt).await?;
                        if matches!(again, Observed::Absent { .. }) {
                            attempt += 1;
                        }
                    }
                },
            }
        }
        Err(Error::TooManyAttempts {
            channel: channel.name().to_owned(),
            attempts: MAX_ATTEMPTS,
        })
    }
}

/// One publication.
struct Job<'a> {
    publisher: &'a Publisher,
    channel: &'a Channel,
    candidate: &'a Candidate,
    observer: &'a dyn Observe,
    requests_before: u64,
}

impl Job<'_> {
    fn glance(&self) -> &Glance {
        &self.publisher.glance
    }

    fn now(&self) -> Timestamp {
        (self.publisher.clock)()
    }

    fn today(&self) -> Date {
        self.now().to_zoned_datetime(TimeZone::UTC).date()
    }

    fn lease(&self) -> Lease {
        let until = self.now().checked_add(self.publisher.lease);
        Lease {
            until: until.unwrap_or(Timestamp::MAX),
            clock: self.publisher.clock,
        }
    }

    async fn open(&self) -> Result<Opened, Error> {
        let download = self
            .publisher
            .fetch
            .open(&self.candidate.file().url)
            .await?;
        Ok(Opened::new(download).await?)
    }

    /// `None`: the id is taken.
    async fn create_and_upload(&self, id: Uuid, attempt: u32) -> Result<Option<Report>, Error> {
        let opened = self.open().await?;
        let lease = self.lease();
        let image = self.new_image(id, &opened, lease)?;
        match self.glance().create(&image).await {
            Ok(_) => {}
            Err(bonafide_glance::Error::Conflict(_)) => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        self.observer.observe(&Event::Created { id, attempt });
        let proof = match self.upload(id, opened, lease).await {
            Ok(proof) => proof,
            Err(error) => {
                return Err(clean_up::remove(self.glance(), id, error, self.observer).await);
            }
        };
        self.observer.observe(&Event::Uploaded {
            id,
            digests: &proof,
        });
        let image = self.glance().image(id).await?;
        self.compare_and_publish(Outcome::Published, &image, &proof)
            .await
            .map(Some)
    }

    fn new_image(&self, id: Uuid, opened: &Opened, lease: Lease) -> Result<NewImage, Error> {
        let (channel, candidate) = (self.channel, self.candidate);
        let head = opened.head()?;
        let min_disk = Gibibytes::holding(head.virtual_size);
        let refused = |violations: &[_]| Error::properties(channel.name(), violations);
        let properties = channel
            .properties(candidate, self.today(), min_disk)
            .map_err(|violation| refused(&[violation]))?;
        let map = properties
            .to_map()
            .map_err(|error| refused(&error.violations))?;
        let staging = format!(
            "{} {} (being uploaded)",
            channel.name(),
            candidate.release().serial
        );
        Ok(NewImage::new(id, staging)
            .visibility(Visibility::Private)
            .disk_format(head.format.name())
            .container_format("bare")
            .min_disk(properties.min_disk.0)
            .min_ram(properties.min_ram.0)
            .tag(marker::TAG)
            .tag(format!("os:{}", properties.system.distribution))
            .properties(map)
            .properties(marker::properties(channel.name(), candidate, lease.until)))
    }

    /// Uploads through the gate. The proof comes back only if Glance has taken every byte.
    async fn upload(
        &self,
        id: Uuid,
        opened: Opened,
        lease: Lease,
    ) -> Result<Verified<FileDigests>, Error> {
        let length = opened.length();
        let pipeline = pipeline::start(opened, self.candidate.expected(), lease);
        let mut received = pipeline.received;
        let mut body = ImageBody::new(pipeline.body.map_err(Into::into));
        if let Some(length) = length {
            body = body.length(length);
        }
        let uploaded = {
            let mut upload = std::pin::pin!(self.glance().upload(id, body));
            loop {
                tokio::select! {
                    uploaded = &mut upload => break uploaded,
                    Ok(()) = received.changed() => self.progress(*received.borrow(), length),
                }
            }
        };
        let verdict = pipeline.verdict.wait().await;
        match (uploaded, verdict) {
            (Ok(()), verdict) => verdict,
            // The upload failed because the body was refused.
            (Err(_), Err(refusal)) if !matches!(refusal, Error::Interrupted) => Err(refusal),
            (Err(error), Err(_)) => Err(error.into()),
            // Every byte was sent and the answer was lost or bad.
            (Err(error), Ok(proof)) => match clean_up::await_active(self.glance(), id).await {
                Some(_) => Ok(proof),
                None => Err(error.into()),
            },
        }
    }

    /// An image that an earlier run uploaded: its bytes are proven anew from the vendor's, then
    /// compared with what Glance stores.
    async fn complete(&self, image: Image) -> Result<Report, Error> {
        let opened = self.open().await?;
        let length = opened.length();
        let progress = |received| self.progress(received, length);
        let expected = self.candidate.expected();
        let proof = pipeline::prove(opened, expected, self.lease(), progress).await?;
        self.compare_and_publish(Outcome::Completed, &image, &proof)
            .await
    }

    /// Removes an upload that was given up, or refuses to while another run may be at it.
    async fn give_up(&self, id: Uuid, lease_until: Option<Timestamp>) -> Result<(), Error> {
        match lease_until {
            Some(until) if until > self.now() => Err(Error::Busy { id, until }),
            _ => {
                self.glance().delete(id).await?;
                self.observer.observe(&Event::Removed { id });
                Ok(())
            }
        }
    }

    async fn compare_and_publish(
        &self,
        outcome: Outcome,
        image: &Image,
        proof: &Verified<FileDigests>,
    ) -> Result<Report, Error> {
        if let Err(error) = compare(image, proof) {
            return Err(clean_up::remove(self.glance(), image.id, error, self.observer).await);
        }
        self.observer.observe(&Event::Compared { id: image.id });
        let image = self.make_public(image.id, proof).await?;
        self.observer.observe(&Event::Published { id: image.id });
        Ok(self.report(outcome, &image, Some(proof.value().clone())))
    }

    /// The only place that makes an image public, and it takes the proof.
    async fn make_public(&self, id: Uuid, proof: &Verified<FileDigests>) -> Result<Image, Error> {
        let patch = ImagePatch::new()
            .name(self.channel.image_name(self.today()))
            .visibility(Visibility::Public)
            .hidden(false)
            .set("source_sha256sum", proof.sha256.to_string())
            .set("source_sha512sum", proof.sha512.to_string())
            .remove(marker::STATE)
            .remove(marker::LEASE);
        match self.glance().update(id, &patch).await {
            Ok(image) => Ok(image),
            Err(error @ bonafide_glance::Error::Forbidden(_)) => Err(Error::NotPublic {
                id,
                source: Box::new(error),
            }),
            Err(error) => Err(error.into()),
        }
    }

    fn progress(&self, received: u64, total: Option<u64>) {
        self.observer.observe(&Event::Progress { received, total });
    }

    fn report(&self, outcome: Outcome, image: &Image, digests: Option<FileDigests>) -> Report {
        let candidate = self.candidate;
        Report {
            channel: self.channel.name().to_owned(),
            outcome,
            image: image.id,
            name: image.name.clone().unwrap_or_default(),
            release: candidate.release().clone(),
            source: candidate.file().url.clone(),
            expected: candidate.expected().value().clone(),
            digests,
            evidence: candidate.evidence().clone(),
            requests: self.glance().session().requests() - self.requests_before,
        }
    }
}

/// Does Glance store exactly the proven bytes?
fn compare(image: &Image, proof: &FileDigests) -> Result<(), Error> {
    let id = image.id;
    let algorithm = match image.os_hash_algo.as_deref() {
        Some("sha256") => Algorithm::Sha256,
        Some("sha512") => Algorithm::Sha512,
        other => {
            return Err(Error::UnknownHashAlgorithm {
                id,
                algorithm: other.unwrap_or("none").to_owned(),
            });
        }
    };
    let ours = proof.digest(algorithm);
    let theirs = image.os_hash_value.as_deref().unwrap_or_default();
    // An image whose upload was refused keeps the digest of the refused bytes, but is not active.
    let whole = image.status == Status::Active && image.size == Some(proof.bytes);
    if !whole || *theirs != ours.to_string() {
        return Err(Error::mismatch(image, proof.bytes, ours));
    }
    Ok(())
}
