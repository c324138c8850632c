//! The steps of one publication.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use bonafide_glance::{Glance, Image, Status, Traffic, Visibility};
use bonafide_image::Head;
use bonafide_verify::{FileDigests, Verified};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use url::Url;
use uuid::Uuid;

use crate::ledger::build_state::{BuildState, IdState, observe_id, own_images};
use crate::ledger::changes;
use crate::ledger::heartbeat::Alive;
use crate::ledger::marker;
use crate::ledger::remember::remember;
use crate::ledger::wait::hold_back;
use crate::publish::handover::{Demotion, Handover};
use crate::spec::drift;
use crate::spec::image_spec::ImageSpec;
use crate::transfer::clean_up;
use crate::transfer::digests::{Check, SignedCheck};
use crate::transfer::pipeline::{self, Limits, Transferred};
use crate::transfer::places::Places;
use crate::transfer::upload::Uploading;
use crate::{
    Candidate, Channel, Error, Event, EventSink, Leftover, Outcome, PassedOver, PublishReport,
    Publisher,
};

type SignedPassed = Transferred<Verified<FileDigests>>;

/// One publication.
pub(crate) struct Job<'a> {
    pub(crate) publisher: &'a Publisher,
    pub(crate) channel: &'a Channel,
    pub(crate) candidate: &'a Candidate,
    pub(crate) observer: &'a dyn EventSink,
    /// This run, as it is stored on the image during the upload.
    pub(crate) run: Uuid,
    /// The requests of this publication.
    pub(crate) traffic: Traffic,
    /// The uploads of the build that Glance has stored wrong so far.
    pub(crate) failures: AtomicU32,
    pub(crate) handover: Handover,
    /// The place of the bytes, and the places that failed before.
    pub(crate) source: Mutex<Option<(Url, Vec<PassedOver>)>>,
}

impl Job<'_> {
    pub(crate) fn glance(&self) -> &Glance {
        &self.publisher.glance
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.publisher.clock.now()
    }

    fn today(&self) -> Date {
        self.now().to_zoned_datetime(TimeZone::UTC).date()
    }

    pub(crate) fn limits(&self) -> Limits {
        self.publisher.limits()
    }

    pub(crate) fn places(&self) -> Places<'_> {
        Places::new(self.publisher, self.channel, self.candidate, self.observer)
    }

    /// Keeps the place of the bytes for the report, and the places that failed.
    pub(crate) fn note_source(&self, from: Url, places: &Places<'_>) {
        let mut source = self.source.lock().unwrap_or_else(PoisonError::into_inner);
        *source = Some((from, places.passed_over().to_vec()));
    }

    pub(crate) fn wanted(&self, head: Head) -> Result<ImageSpec, Error> {
        let (channel, candidate) = (self.channel, self.candidate);
        ImageSpec::new(channel, candidate, head, self.today(), &self.publisher.ci)
    }

    /// An image that is public already: changes to it are undone.
    pub(crate) async fn keep(&self, image: &Image) -> Result<PublishReport, Error> {
        match self.put_back(image).await {
            Ok(report) => Ok(report),
            Err(error) => Err(self.settle(error).await),
        }
    }

    /// As [`Job::keep`]; if it fails, the caller restores the older image.
    pub(crate) async fn put_back(&self, image: &Image) -> Result<PublishReport, Error> {
        let Some(repair) = drift::repair(self.channel, self.candidate, image)? else {
            return Ok(self.report(Outcome::AlreadyPublished, image, None));
        };
        // It may have been superseded by another public one.
        if marker::is_superseded(image) {
            let own = own_images(self.glance(), self.channel.name()).await?;
            let handed_over = self.demote_older(image.id, &repair.name, own).await?;
            if let Demotion::Redundant(other) = handed_over {
                return Ok(self.report(Outcome::AlreadyPublished, &other, None));
            }
        }
        let updated = changes::update(self.glance(), image.id, &repair.patch).await;
        if let Err(bonafide_glance::Error::Forbidden(_)) = updated {
            let (name, value) = (marker::REPAIR_REFUSED, repair.short());
            remember(self.glance(), image.id, name, &value).await;
        }
        let image = updated?;
        self.observer.emit(&Event::Repaired {
            id: image.id,
            properties: &repair.names(),
        });
        Ok(self.report(Outcome::Repaired, &image, None))
    }

    pub(crate) fn uploading<'a>(
        &'a self,
        limits: Limits,
        alive: Option<&'a Alive>,
    ) -> Uploading<'a> {
        Uploading {
            glance: self.glance(),
            observer: self.observer,
            limits,
            cancellation: &self.publisher.cancellation,
            alive,
        }
    }

    pub(crate) fn check(&self) -> SignedCheck {
        let candidate = self.candidate;
        SignedCheck::new(candidate.expected().clone(), candidate.check())
    }

    /// An image that an earlier run uploaded: its bytes are verified again from the vendor's file,
    /// then compared with what Glance stores.
    pub(crate) async fn complete(&self, image: Image) -> Result<PublishReport, Error> {
        let mut places = self.places();
        loop {
            let opened = self.publisher.unless_cancelled(places.open()).await?;
            self.note_source(opened.url().clone(), &places);
            let limits = self.limits();
            let until = limits.until;
            let wanted = self.wanted(opened.head()?)?;
            let length = opened.length();
            let progress = |received| self.progress(received, length);
            let proving = pipeline::prove(opened, self.check(), limits, progress);
            let passed = match self.publisher.unless_cancelled(proving).await {
                Ok(passed) => passed,
                Err(error) if places.pass_over(&error) => continue,
                Err(error) => return Err(places.nowhere(error)),
            };
            return self
                .compare_and_publish(Outcome::Completed, image, &wanted, &passed, until, None)
                .await;
        }
    }

    pub(crate) async fn compare_and_publish(
        &self,
        outcome: Outcome,
        image: Image,
        wanted: &ImageSpec,
        passed: &SignedPassed,
        until: Timestamp,
        alive: Option<&Alive>,
    ) -> Result<PublishReport, Error> {
        let fetch = self.publisher.fetch.as_ref();
        let candidate = self.candidate;
        let looking = async {
            let looking = candidate.still_stands(self.channel, fetch, self.now());
            if !looking.await? {
                return Ok::<_, Error>(None);
            }
            // All of them, just before they change: the new one to compare it, the others to hand
            // over.
            let own = own_images(self.glance(), self.channel.name()).await?;
            let image = self.as_stored(&image, &own).await?;
            Ok(Some((image, own)))
        };
        let looked = match self.publisher.unless_cancelled(looking).await {
            // An image that an earlier run has uploaded is left to the next one.
            Err(error @ Error::Cancelled) if outcome == Outcome::Published => {
                return Err(self.dispose(&image, error).await);
            }
            looked => looked?,
        };
        let Some((image, own)) = looked else {
            let list = candidate.release().list.clone();
            let moved = Error::ListChanged { list };
            return Err(self.dispose(&image, moved).await);
        };
        match wanted.compare(&image, &passed.image) {
            Err(error @ Error::GlanceMismatch { .. }) => {
                let error = self.dispose(&image, error).await;
                if image.properties.contains_key(marker::STATE) {
                    self.hold_back().await;
                }
                return Err(error);
            }
            other => other?,
        }
        self.observer.emit(&Event::Compared { id: image.id });
        // After its lease another run may have considered the image abandoned.
        if self.now() > until {
            return Err(Error::LeaseEnded { until });
        }
        if let Some(Err(fenced)) = alive.map(|alive| alive.check(image.id)) {
            return Err(self.dispose(&image, fenced).await);
        }
        // From here on nothing is cancelled.
        let name = self.channel.image_name(self.today());
        match self.demote_older(image.id, &name, own).await {
            Ok(Demotion::Free) => {}
            Ok(Demotion::Redundant(other)) => {
                if image.properties.contains_key(marker::STATE) {
                    changes::delete(self.glance(), image.id).await?;
                    self.observer.emit(&Event::Removed { id: image.id });
                }
                return Ok(self.report(Outcome::AlreadyPublished, &other, None));
            }
            Err(error @ Error::Rollback { .. }) => return Err(self.dispose(&image, error).await),
            Err(error) => return Err(error),
        }
        let image = self.make_public(&image, &name, wanted, passed).await?;
        self.observer.emit(&Event::Published { id: image.id });
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
        // A replica of the database may lag behind the answer to the upload.
        let later = clean_up::await_active(self.glance(), image.id).await;
        Ok(later.unwrap_or(now))
    }

    /// Delays the next upload, since Glance has stored this one wrong.
    async fn hold_back(&self) {
        let failures = self.failures.load(Ordering::Relaxed).saturating_add(1);
        let namespace = &self.publisher.namespace;
        let build = (self.channel, self.candidate);
        hold_back(self.glance(), namespace, build, self.now(), failures).await;
    }

    /// Removes an image that was never public. A public one may be in use; and another run may have
    /// made it public since it was looked at.
    async fn dispose(&self, image: &Image, error: Error) -> Error {
        if !image.properties.contains_key(marker::STATE) {
            return error;
        }
        match self.glance().find(image.id).await {
            Ok(Some(now)) if now.properties.contains_key(marker::STATE) => {
                clean_up::remove(self.glance(), image.id, error, self.observer).await
            }
            Ok(_) => error,
            Err(failure) => Error::NotCleanedUp {
                error: Box::new(error),
                left_behind: Leftover {
                    id: image.id,
                    error: failure,
                },
            },
        }
    }

    /// The only function that makes an image public for the first time; it requires the proof.
    async fn make_public(
        &self,
        image: &Image,
        name: &str,
        wanted: &ImageSpec,
        passed: &SignedPassed,
    ) -> Result<Image, Error> {
        let id = image.id;
        let proof: &Verified<FileDigests> = &passed.proof;
        let patch = wanted
            .patch(image, &SignedCheck::file(proof), &passed.image)
            .name(name)
            .visibility(Visibility::Public);
        let public = match self.glance().update(id, &patch).await {
            Ok(image) => image,
            Err(error) => {
                // The answer may be lost, or another run that completed the same image was first.
                let channel = self.channel.name();
                match observe_id(self.glance(), channel, self.candidate, id).await {
                    Ok(IdState::Own(BuildState::Published(image))) => *image,
                    _ => return Err(refused(id, error)),
                }
            }
        };
        if public.visibility != Visibility::Public || public.status != Status::Active {
            return Err(Error::UnexpectedState {
                id,
                found: format!("{} and {}", public.visibility, public.status),
            });
        }
        Ok(public)
    }

    fn progress(&self, received: u64, total: Option<u64>) {
        self.observer.emit(&Event::Progress { received, total });
    }

    pub(crate) fn report(
        &self,
        outcome: Outcome,
        image: &Image,
        passed: Option<&SignedPassed>,
    ) -> PublishReport {
        let candidate = self.candidate;
        // Only bytes that this report is about.
        let source = self.source.lock().unwrap_or_else(PoisonError::into_inner);
        let source = passed.and(source.clone());
        PublishReport {
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
            stale: self
                .channel
                .stale(candidate.evidence().signed_at, self.now()),
            fetched_from: source.as_ref().map(|(from, _)| from.clone()),
            passed_over: source.map(|(_, passed)| passed).unwrap_or_default(),
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
