//! Publishes one build: private until complete, public last.

use std::sync::Arc;

use bonafide_glance::{Clock, Glance, Session};
use bonafide_properties::CiRun;
use bonafide_resolve::Candidate;
use bonafide_sources::Fetch;
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::channel::Channel;
use crate::error::Error;
use crate::ledger::heartbeat::pulse::{Alive, Pulses};
use crate::ledger::heartbeat::rule::Heartbeat;
use crate::ledger::heartbeat::sightings::Sightings;
use crate::ledger::identity::NAMESPACE;
use crate::transfer::body::Limits;

/// How long an upload may take before other runs consider it abandoned.
const LEASE: SignedDuration = SignedDuration::from_hours(6);
/// The largest image that is accepted, in bytes: 64 GiB.
const MAX_SIZE: u64 = 64 << 30;

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

    /// An upload begins; `None` if the cloud allows only leases.
    pub(crate) fn begin(&self) -> Option<Alive> {
        self.pulses.begin(&self.glance, self.heartbeat, &self.clock)
    }

    /// How vendors are reached, and the largest image that is accepted from them.
    pub(crate) const fn vendors(&self) -> (&Arc<dyn Fetch>, u64) {
        (&self.fetch, self.max_size)
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

    pub(crate) fn belongs(&self, channel: &Channel, candidate: &Candidate) -> Result<(), Error> {
        if candidate.release().channel == channel.name() {
            return Ok(());
        }
        Err(Error::ChannelMismatch {
            found: format!("a candidate of {}", candidate.release().channel),
            channel: channel.name().to_owned(),
        })
    }
}
