//! Attempts at one build: each has an id of its own, and an upload that fails uses it up.

use std::sync::atomic::Ordering;

use bonafide_glance::Image;
use jiff::Timestamp;
use uuid::Uuid;

use crate::error::Error;
use crate::event::Event;
use crate::ledger::build_state::{BuildState, IdState, observe_id};
use crate::ledger::heartbeat::pulse::Alive;
use crate::ledger::heartbeat::watched::Watched;
use crate::ledger::wait::Wait;
use crate::ledger::{changes, identity, lease, marker};
use crate::publish::job::Job;
use crate::publish::report::{Outcome, PublishReport};
use crate::publish::watch::Settled;
use crate::spec::image_spec::ImageSpec;
use crate::transfer::body::Limits;
use crate::transfer::clean_up;
use crate::transfer::download::OpenedDownload;
use crate::transfer::places::Places;
use crate::transfer::upload::Uploads;

/// How many ids are tried for one build. Each failed upload uses one up, and so may other tenants.
const MAX_ATTEMPTS: u32 = 4096;

/// Who created the image.
enum Created {
    /// This run: it is to be uploaded.
    Here {
        image: Box<Image>,
        /// Which attempt at this build it is, starting at 0.
        attempt: u32,
    },
    /// Another run, and it is public now.
    Elsewhere(Box<PublishReport>),
}

/// The result of an upload.
enum Tried {
    Done(Box<PublishReport>),
    /// Its image is removed, unless the error says otherwise.
    Failed {
        id: Uuid,
        attempt: u32,
        error: Error,
    },
}

impl Job<'_> {
    /// Creates the image under the first unused id, and uploads to it. An upload that fails
    /// transiently begins anew under the next id.
    pub(crate) async fn create_and_upload(&self) -> Result<PublishReport, Error> {
        let mut uploads = Uploads::new(self.glance(), self.observer);
        let mut places = self.places();
        let mut first = 0;
        loop {
            match Box::pin(self.try_upload(first, &mut places)).await? {
                Tried::Done(report) => return Ok(*report),
                Tried::Failed { id, attempt, error } => {
                    // Wrong bytes may be right at the next place; an error of the cloud begins the
                    // upload anew.
                    if !places.pass_over(&error) {
                        let waiting = uploads.again(id, places.nowhere(error));
                        self.publisher.unless_cancelled(waiting).await?;
                        places.ask_again();
                    }
                    first = attempt + 1;
                }
            }
        }
    }

    /// One upload, under the first unused id from this attempt on. Until its build is public, it
    /// shows that it is alive.
    async fn try_upload(&self, first: u32, places: &mut Places<'_>) -> Result<Tried, Error> {
        let opened = self.publisher.unless_cancelled(places.open()).await?;
        self.note_source(opened.url().clone(), places);
        let limits = self.limits();
        let wanted = self.wanted(opened.head()?)?;
        let alive = self.publisher.begin();
        let tried = self.fill(opened, limits, &wanted, alive.as_ref(), first);
        let tried = tried.await;
        if let Some(alive) = alive {
            alive.end().await;
        }
        tried
    }

    async fn fill(
        &self,
        opened: OpenedDownload,
        limits: Limits,
        wanted: &ImageSpec,
        alive: Option<&Alive>,
        first: u32,
    ) -> Result<Tried, Error> {
        let until = limits.until;
        let (image, attempt) = match self.create(wanted, until, alive, first).await? {
            Created::Here { image, attempt } => (image, attempt),
            Created::Elsewhere(report) => return Ok(Tried::Done(report)),
        };
        let id = image.id;
        self.observer.emit(&Event::Created { id, attempt });
        let passed = match self
            .uploading(limits, alive)
            .upload(id, opened, self.check())
            .await
        {
            Ok(passed) => passed,
            Err(error) => {
                let error = clean_up::remove(self.glance(), id, error, self.observer).await;
                return Ok(Tried::Failed { id, attempt, error });
            }
        };
        self.observer.emit(&Event::Uploaded {
            id,
            digests: &passed.proof,
        });
        let report = self
            .compare_and_publish(Outcome::Published, *image, wanted, &passed, until, alive)
            .await?;
        Ok(Tried::Done(Box::new(report)))
    }

    /// 409 means that an id is taken: by another run, by another tenant, or permanently by an
    /// earlier failed upload.
    async fn create(
        &self,
        wanted: &ImageSpec,
        lease_until: Timestamp,
        alive: Option<&Alive>,
        first: u32,
    ) -> Result<Created, Error> {
        let channel = self.channel.name();
        let mut passing = lease::passing(self.run, lease_until);
        passing.extend(alive.map(Alive::marks).unwrap_or_default());
        for attempt in first..MAX_ATTEMPTS {
            if self.publisher.is_cancelled() {
                return Err(Error::Cancelled);
            }
            let digest = &self.candidate.expected().digest;
            let id = identity::image_id(&self.publisher.namespace, channel, digest, attempt);
            let look = || observe_id(self.glance(), channel, self.candidate, id);
            let image = wanted.new_image(id).properties(passing.clone());
            match changes::create(self.glance(), id, &image, self.run).await {
                Ok(image) => {
                    let image = Box::new(image);
                    return Ok(Created::Here { image, attempt });
                }
                Err(bonafide_glance::Error::Conflict(_)) => {}
                Err(error) => return Err(error.into()),
            }
            loop {
                match look().await? {
                    IdState::UsedUp | IdState::Own(BuildState::Absent) => {}
                    IdState::Foreign => self.observer.emit(&Event::IdTaken { id }),
                    IdState::Own(BuildState::Published(image)) => {
                        let report = self.report(Outcome::AlreadyPublished, &image, None);
                        return Ok(Created::Elsewhere(Box::new(report)));
                    }
                    // Another run was first; it may still be between its last two requests.
                    IdState::Own(BuildState::Complete(image) | BuildState::Withdrawn(image)) => {
                        let report = self.complete(*image).await?;
                        return Ok(Created::Elsewhere(Box::new(report)));
                    }
                    // The create was answered twice.
                    IdState::Own(BuildState::Incomplete { image, .. })
                        if marker::is_by(&image, self.run) =>
                    {
                        return Ok(Created::Here { image, attempt });
                    }
                    IdState::Own(BuildState::Incomplete { image, .. }) => {
                        if !self.give_up(&image).await? {
                            continue;
                        }
                    }
                }
                break;
            }
        }
        Err(Error::TooManyAttempts {
            channel: channel.to_owned(),
            attempts: MAX_ATTEMPTS,
        })
    }

    /// Removes an abandoned upload, or refuses to while another run may be working on it. If that
    /// run has continued meanwhile, nothing is removed, and the build must be looked up again.
    pub(crate) async fn give_up(&self, image: &Image) -> Result<bool, Error> {
        let (id, publisher) = (image.id, self.publisher);
        if let Some(wait) = Wait::of(image) {
            if !wait.is_over(self.now()) {
                return Err(wait.error());
            }
            self.failures.fetch_max(wait.failures, Ordering::Relaxed);
        }
        let watched = Watched::of(image);
        if let (Some(watched), Some(_)) = (watched, publisher.busy_until(image)) {
            self.observer.emit(&Event::Waiting { id });
            let settling = publisher.settle(image, watched);
            if publisher.unless_cancelled(settling).await? == Settled::Moved {
                return Ok(false);
            }
        }
        if let Some(until) = publisher.busy_until(image) {
            let since = image.created_at;
            return Err(Error::Busy { id, since, until });
        }
        changes::delete(self.glance(), id).await?;
        self.observer.emit(&Event::Removed { id });
        if let Some(watched) = watched {
            publisher.bury(watched.heartbeat).await;
        }
        Ok(true)
    }
}
