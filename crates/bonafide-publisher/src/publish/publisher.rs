//! Publishes one build: private until complete, public last.

use std::sync::atomic::AtomicU32;
use std::sync::{Arc, Mutex};

use bonafide_glance::{Glance, Image, ImageFilter, Session, Traffic};
use bonafide_properties::CiRun;
use bonafide_sources::{Fetch, Signing};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::event::counted;
use crate::ledger::build_state::{BuildState, observe};
use crate::ledger::heartbeat::{Alive, Pulses, Sightings};
use crate::ledger::marker;
use crate::ledger::wait::PublicationWait;
use crate::publish::handover::Handover;
use crate::publish::job::Job;
use crate::spec::drift;
use crate::transfer::pipeline::Limits;
use crate::{
    CancellationToken, Candidate, Channel, Clock, Error, EventSink, Heartbeat, NAMESPACE,
    PublishReport,
};

/// How long an upload may take before other runs consider it abandoned.
const LEASE: SignedDuration = SignedDuration::from_hours(6);
/// How many leftovers one run removes before it stops trusting the cloud.
const MAX_LOOKS: u32 = 16;
/// The largest image that is accepted, in bytes: 64 GiB.
const MAX_SIZE: u64 = 64 << 30;

/// Whether to look up what the cloud has of a build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// A plan has looked, and there was nothing. The create detects an image that was created
    /// since: Glance accepts an id once.
    Done,
    Due,
}

/// Publishes verified builds in one cloud.
///
/// It keeps no state of its own: any number of publishers, on any machine, may run, die and be
/// started again. Glance arbitrates by the image's id.
#[derive(Clone, Debug)]
pub struct Publisher {
    pub(crate) fetch: Arc<dyn Fetch>,
    pub(crate) glance: Glance,
    pub(crate) clock: Clock,
    pub(crate) lease: SignedDuration,
    pub(crate) max_size: u64,
    pub(crate) namespace: Uuid,
    pub(crate) ci: CiRun,
    pub(crate) cancellation: CancellationToken,
    pub(crate) heartbeat: Heartbeat,
    /// This run's heartbeat, and the observations of others.
    pub(crate) pulses: Arc<Pulses>,
    pub(crate) sightings: Arc<Sightings>,
    /// The cache behind `fetch`, if there is one.
    behind: Option<Arc<dyn Fetch>>,
}

impl Publisher {
    /// A publisher that reads vendors through `fetch` and writes to the session's cloud.
    ///
    /// The `clock` gives the time of checks and of the image's dates. Change the defaults with the
    /// other methods.
    #[must_use]
    pub fn new(fetch: Arc<dyn Fetch>, session: Session, clock: impl Into<Clock>) -> Self {
        Self {
            fetch,
            glance: Glance::new(session),
            clock: clock.into(),
            lease: LEASE,
            max_size: MAX_SIZE,
            namespace: NAMESPACE,
            ci: CiRun::default(),
            cancellation: CancellationToken::new(),
            heartbeat: Heartbeat::default(),
            pulses: Arc::default(),
            sightings: Arc::default(),
            behind: None,
        }
    }

    /// How often an uploading run shows that it is alive; every 30 seconds by default.
    #[must_use]
    pub const fn heartbeat(mut self, heartbeat: Heartbeat) -> Self {
        self.heartbeat = heartbeat;
        self
    }

    /// How long an upload may take before it is given up; six hours by default.
    ///
    /// It is also the time after which other runs consider the upload abandoned, if it has no
    /// heartbeat.
    #[must_use]
    pub const fn lease(mut self, lease: SignedDuration) -> Self {
        self.lease = lease;
        self
    }

    /// The largest image that is accepted, in bytes; 64 GiB by default. An endless answer of a
    /// vendor's server is cut off here.
    #[must_use]
    pub const fn max_size(mut self, bytes: u64) -> Self {
        self.max_size = bytes;
        self
    }

    /// Derives image ids from another namespace than [`NAMESPACE`]; all runs of one operator must
    /// share it. Ids can be computed by everyone who knows the namespace, and any tenant may take
    /// an id first: then the next one is used, so that costs only time. A secret namespace prevents
    /// it.
    #[must_use]
    pub const fn namespace(mut self, namespace: Uuid) -> Self {
        self.namespace = namespace;
        self
    }

    /// The CI run that publishes, for `ci_job_id` and `ci_pipeline_id`; by default there is none.
    #[must_use]
    pub fn ci(mut self, run: CiRun) -> Self {
        self.ci = run;
        self
    }

    /// The same publisher that reads vendors through a cache.
    pub(crate) fn through(&self, spool: Arc<dyn Fetch>) -> Self {
        Self {
            behind: Some(self.fetch.clone()),
            fetch: spool,
            ..self.clone()
        }
    }

    /// The same publisher without a cache.
    pub(crate) fn directly(&self) -> Self {
        let mut direct = self.clone();
        if let Some(fetch) = direct.behind.take() {
            direct.fetch = fetch;
        }
        direct
    }

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

    /// An upload begins; `None` if the cloud allows only leases.
    pub(crate) fn begin(&self) -> Option<Alive> {
        self.pulses.begin(&self.glance, self.heartbeat, &self.clock)
    }

    /// The limits of an upload that starts now.
    pub(crate) fn limits(&self) -> Limits {
        let until = self.clock.now().checked_add(self.lease);
        Limits {
            until: until.unwrap_or(Timestamp::MAX),
            clock: self.clock.clone(),
            max_size: self.max_size,
        }
    }

    /// Finds the channel's newest build and verifies its list. Nothing is written.
    ///
    /// # Errors
    ///
    /// As [`Candidate::find`], and [`Error::Cancelled`].
    pub async fn find(
        &self,
        channel: &Channel,
        observer: &dyn EventSink,
    ) -> Result<Candidate, Error> {
        let fetch = self.fetch.as_ref();
        let finding = Candidate::find(channel, fetch, self.clock.now(), observer);
        match self.unless_cancelled(finding).await {
            Err(Error::Unsigned {
                looked,
                signing: Signing::Unsigned,
            }) if self.has_accepted(channel).await => {
                let signing = Signing::Signed;
                Err(Error::Unsigned { looked, signing })
            }
            found => found,
        }
    }

    /// Whether the project has a verified image of the channel: then its vendor did sign, even if
    /// the vendor is not known to. If the cloud does not answer, that is unknown.
    async fn has_accepted(&self, channel: &Channel) -> bool {
        let Ok(project) = self.glance.session().project_id().await else {
            return false;
        };
        for hidden in [false, true] {
            let filter = ImageFilter::new()
                .owner(&project)
                .hidden(hidden)
                .property(marker::CHANNEL, channel.name());
            let images = self.glance.list(&filter).await.unwrap_or_default();
            let proven = |image: &Image| {
                marker::is_own(image, channel.name(), &project)
                    && marker::signed_at(image).is_some()
            };
            if images.iter().any(proven) {
                return true;
            }
        }
        false
    }

    pub(crate) fn belongs(&self, channel: &Channel, candidate: &Candidate) -> Result<(), Error> {
        if candidate.release().channel == channel.name() {
            return Ok(());
        }
        Err(Error::ChannelMismatch {
            found: format!("a candidate of {}", candidate.release().channel),
            channel: channel.name().to_owned(),
        })
    }

    /// The state of the build in the cloud. Nothing is written.
    ///
    /// # Errors
    ///
    /// [`Error::Cloud`], or [`Error::Rollback`], [`Error::UnexpectedState`] and
    /// [`Error::Deactivated`] if publishing would be refused.
    pub async fn build_state(
        &self,
        channel: &Channel,
        candidate: &Candidate,
    ) -> Result<BuildState, Error> {
        self.belongs(channel, candidate)?;
        observe(&self.glance, channel.name(), candidate).await
    }

    /// The changes that were made to a public image of the build: the names of the properties and
    /// attributes that [`Publisher::publish`] would restore, sorted.
    ///
    /// # Errors
    ///
    /// [`Error::ChannelMismatch`], and [`Error::Properties`] if the channel's own are not allowed.
    pub fn changed(
        &self,
        channel: &Channel,
        candidate: &Candidate,
        image: &Image,
    ) -> Result<Vec<String>, Error> {
        self.belongs(channel, candidate)?;
        let repair = drift::repair(channel, candidate, image)?;
        Ok(repair.map(|repair| repair.names()).unwrap_or_default())
    }

    /// Finds the channel's newest build and publishes it. If the vendor's list changes meanwhile,
    /// everything is done once more.
    ///
    /// # Errors
    ///
    /// As [`Publisher::find`] and [`Publisher::publish`], and [`Error::ListUnstable`] if the list
    /// changes again.
    pub async fn publish_newest(
        &self,
        channel: &Channel,
        observer: &dyn EventSink,
    ) -> Result<PublishReport, Error> {
        let candidate = self.find(channel, observer).await?;
        self.publish_or_again(Look::Due, channel, &candidate, observer)
            .await
    }

    /// Publishes the build, or completes what an earlier run left, or finds that everything is
    /// done. Just before the build becomes public, older builds of the channel give up their name
    /// and `generic`. If an image is public already, later changes to it are undone by one PATCH.
    ///
    /// # Errors
    ///
    /// [`Error`]; then nothing unverified is public, the image of a failed upload is removed or
    /// named in the error, and an older build that gave up its place has it back, or
    /// [`Error::Displaced`] names it.
    pub async fn publish(
        &self,
        channel: &Channel,
        candidate: &Candidate,
        observer: &dyn EventSink,
    ) -> Result<PublishReport, Error> {
        self.publish_after(Look::Due, channel, candidate, observer)
            .await
    }

    /// As [`Publisher::publish`], if it may be known already that the cloud has nothing of the
    /// build.
    pub(crate) async fn publish_after(
        &self,
        look: Look,
        channel: &Channel,
        candidate: &Candidate,
        observer: &dyn EventSink,
    ) -> Result<PublishReport, Error> {
        self.belongs(channel, candidate)?;
        let job = self.job(channel, candidate, observer);
        let publishing = Box::pin(async {
            let published = match look {
                Look::Done => job.create_and_upload().await,
                Look::Due => self.look_and_publish(&job).await,
            };
            match published {
                Ok(report) => Ok(report),
                Err(error) => Err(job.settle(error).await),
            }
        });
        counted(&job.traffic, observer, publishing).await
    }

    async fn look_and_publish(&self, job: &Job<'_>) -> Result<PublishReport, Error> {
        let (channel, candidate) = (job.channel, job.candidate);
        for _ in 0..MAX_LOOKS {
            let observed = self.unless_cancelled(self.build_state(channel, candidate));
            match observed.await? {
                BuildState::Published(image) => return job.put_back(&image).await,
                BuildState::Complete(image) => {
                    let wait = PublicationWait::of(&image);
                    if let Some(wait) = wait.filter(|wait| !wait.is_over(job.now())) {
                        return Err(wait.error());
                    }
                    return job.complete(*image).await;
                }
                BuildState::Withdrawn(image) => match job.complete(*image).await {
                    // It claims to be this build, and is not.
                    Err(Error::GlanceMismatch { .. }) => return job.create_and_upload().await,
                    done => return done,
                },
                // Removed, or in use by another run; then there is nothing left to find.
                BuildState::Incomplete { image, .. } => {
                    job.give_up(&image).await?;
                }
                BuildState::Absent => return job.create_and_upload().await,
            }
        }
        Err(Error::TooManyAttempts {
            channel: channel.name().to_owned(),
            attempts: MAX_LOOKS,
        })
    }
}
