//! The steps of one publication.

use bonafide_glance::{Glance, Image, ImageBody, ImagePatch, NewImage, Status, Visibility};
use bonafide_properties::Gibibytes;
use bonafide_verify::{Algorithm, FileDigests, Verified};
use futures_util::TryStreamExt;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use uuid::Uuid;

use crate::observed::{Observed, observe_id};
use crate::pipeline::{self, Limits, Opened};
use crate::{
    Candidate, Channel, Error, Event, Observe, Outcome, Publisher, Report, clean_up, marker,
};

/// Ids that are tried for one build. Each failed upload uses one up.
const MAX_ATTEMPTS: u32 = 64;

/// Where the image was made.
enum Created {
    /// By this run: it is to be uploaded.
    Here {
        id: Uuid,
        /// Which attempt at this build it is, from 0.
        attempt: u32,
    },
    /// By another run, and it is public now.
    Elsewhere(Box<Report>),
}

/// One publication.
pub(crate) struct Job<'a> {
    pub(crate) publisher: &'a Publisher,
    pub(crate) channel: &'a Channel,
    pub(crate) candidate: &'a Candidate,
    pub(crate) observer: &'a dyn Observe,
    pub(crate) requests_before: u64,
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

    fn limits(&self) -> Limits {
        let until = self.now().checked_add(self.publisher.lease);
        Limits {
            until: until.unwrap_or(Timestamp::MAX),
            clock: self.publisher.clock,
            max_size: self.publisher.max_size,
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

    /// Creates the image under the first id that was not used up, and uploads to it.
    pub(crate) async fn create_and_upload(&self) -> Result<Report, Error> {
        let opened = self.open().await?;
        let limits = self.limits();
        let image = self.describe(&opened, limits)?;
        let (id, attempt) = match self.create(image, limits.until).await? {
            Created::Here { id, attempt } => (id, attempt),
            Created::Elsewhere(report) => return Ok(*report),
        };
        self.observer.observe(&Event::Created { id, attempt });
        let proof = match self.upload(id, opened, limits).await {
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
    }

    /// 409 says that an id is taken: by another run, or for ever by an upload that failed before.
    async fn create(
        &self,
        image: impl Fn(Uuid) -> NewImage,
        lease_until: Timestamp,
    ) -> Result<Created, Error> {
        let channel = self.channel.name();
        for attempt in 0..MAX_ATTEMPTS {
            let id = marker::image_id(channel, &self.candidate.expected().digest, attempt);
            match self.glance().create(&image(id)).await {
                Ok(_) => return Ok(Created::Here { id, attempt }),
                Err(bonafide_glance::Error::Conflict(_)) => {}
                Err(error) => {
                    // The image may be there although its answer was lost; the lease tells whose.
                    let found = observe_id(self.glance(), channel, id).await;
                    if matches!(
                        found,
                        Ok(Observed::Incomplete { lease_until: Some(until), .. })
                            if until == lease_until
                    ) {
                        return Ok(Created::Here { id, attempt });
                    }
                    return Err(error.into());
                }
            }
            match observe_id(self.glance(), channel, id).await? {
                Observed::Absent => {}
                Observed::Published(image) => {
                    let report = self.report(Outcome::AlreadyPublished, &image, None);
                    return Ok(Created::Elsewhere(Box::new(report)));
                }
                // Another run came first; it may still be between its last two requests.
                Observed::Complete(image) => {
                    let report = self.complete(*image).await?;
                    return Ok(Created::Elsewhere(Box::new(report)));
                }
                Observed::Incomplete { image, lease_until } => {
                    self.give_up(image.id, lease_until).await?;
                }
            }
        }
        Err(Error::TooManyAttempts {
            channel: channel.to_owned(),
            attempts: MAX_ATTEMPTS,
        })
    }

    /// Everything about the new image but its id.
    fn describe(
        &self,
        opened: &Opened,
        limits: Limits,
    ) -> Result<impl Fn(Uuid) -> NewImage + use<>, Error> {
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
        let marks = marker::properties(channel.name(), candidate, limits.until);
        let serial = candidate.release().serial;
        let staging = format!("{} {serial} (being uploaded)", channel.name());
        Ok(move |id| {
            NewImage::new(id, staging.clone())
                .visibility(Visibility::Private)
                .disk_format(head.format.name())
                .container_format("bare")
                .min_disk(properties.min_disk.0)
                .min_ram(properties.min_ram.0)
                .tag(marker::TAG)
                .tag(format!("os:{}", properties.system.distribution))
                .properties(map.clone())
                .properties(marks.clone())
        })
    }

    /// Uploads through the gate. The proof comes back only if Glance has taken every byte.
    async fn upload(
        &self,
        id: Uuid,
        opened: Opened,
        limits: Limits,
    ) -> Result<Verified<FileDigests>, Error> {
        let length = opened.length();
        let pipeline = pipeline::start(opened, self.candidate.expected(), limits);
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
    pub(crate) async fn complete(&self, image: Image) -> Result<Report, Error> {
        let opened = self.open().await?;
        let length = opened.length();
        let progress = |received| self.progress(received, length);
        let expected = self.candidate.expected();
        let proof = pipeline::prove(opened, expected, self.limits(), progress).await?;
        self.compare_and_publish(Outcome::Completed, &image, &proof)
            .await
    }

    /// Removes an upload that was given up, or refuses to while another run may be at it.
    pub(crate) async fn give_up(
        &self,
        id: Uuid,
        lease_until: Option<Timestamp>,
    ) -> Result<(), Error> {
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

    pub(crate) fn report(
        &self,
        outcome: Outcome,
        image: &Image,
        digests: Option<FileDigests>,
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
