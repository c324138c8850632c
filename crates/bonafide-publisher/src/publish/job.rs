//! The steps of one publication.

use std::sync::atomic::AtomicU32;
use std::sync::{Mutex, PoisonError};

use bonafide_glance::{Glance, Image, Traffic};
use bonafide_image::Head;
use bonafide_resolve::Candidate;
use bonafide_verify::{FileDigests, Verified};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use url::Url;
use uuid::Uuid;

use crate::channel::Channel;
use crate::error::{Error, PassedOver};
use crate::event::{Event, EventSink};
use crate::ledger::heartbeat::pulse::Alive;
use crate::publish::handover::Handover;
use crate::publish::publisher::Publisher;
use crate::publish::report::{Outcome, PublishReport};
use crate::spec::image_spec::ImageSpec;
use crate::transfer::body::{Limits, Transferred};
use crate::transfer::digests::SignedCheck;
use crate::transfer::places::Places;
use crate::transfer::upload::Uploading;

/// The result of a transfer whose bytes are verified.
pub(crate) type SignedPassed = Transferred<Verified<FileDigests>>;

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

impl Publisher {
    pub(crate) fn job<'a>(
        &'a self,
        channel: &'a Channel,
        candidate: &'a Candidate,
        observer: &'a dyn EventSink,
    ) -> Job<'a> {
        Job {
            publisher: self,
            channel,
            candidate,
            observer,
            run: Uuid::new_v4(),
            traffic: Traffic::new(),
            failures: AtomicU32::new(0),
            handover: Handover::default(),
            source: Mutex::default(),
        }
    }
}

impl Job<'_> {
    pub(crate) fn glance(&self) -> &Glance {
        &self.publisher.glance
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.publisher.clock.now()
    }

    pub(super) fn today(&self) -> Date {
        self.now().to_zoned_datetime(TimeZone::UTC).date()
    }

    pub(crate) fn limits(&self) -> Limits {
        self.publisher.limits()
    }

    pub(crate) fn places(&self) -> Places<'_> {
        Places::new(
            self.publisher.vendors(),
            self.channel,
            self.candidate,
            self.observer,
        )
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

    pub(super) fn progress(&self, received: u64, total: Option<u64>) {
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
