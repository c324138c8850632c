//! Executes the steps of a plan. Each looks again before it acts.

use std::collections::BTreeSet;
use std::sync::Arc;

use bonafide_glance::{Error as CloudError, Glance, Image, ImagePatch, Visibility};
use jiff::Timestamp;

use crate::event::{Of, counted};
use crate::ledger::changes;
use crate::ledger::heartbeat::Watched;
use crate::ledger::marker;
use crate::ledger::remember::remember;
use crate::publish::publisher::Look;
use crate::reconcile::delete::Withdrawn;
use crate::spec::drift;
use crate::spec::rotation;
use crate::{
    Action, Candidate, Channel, Error, Event, EventSink, ImageSnapshot, Latest, Plan, Publisher,
    ReconcileReport, SkipReason, SkippedStep, Target,
};

/// One plan that is being applied.
pub(crate) struct Applying<'a> {
    pub(crate) publisher: &'a Publisher,
    pub(crate) targets: &'a [Target<'a>],
    pub(crate) observer: &'a dyn EventSink,
    pub(crate) done: ReconcileReport,
    /// Channels whose vendor has published a newer build than the plan's.
    pub(crate) moved: BTreeSet<String>,
}

/// Whether a step was taken.
pub(crate) type StepResult = Result<(), SkipReason>;

impl Applying<'_> {
    /// Executes the steps one by one. A failed step does not prevent the others.
    pub(crate) async fn apply(&mut self, plan: &Plan) {
        let mut deletions = Vec::new();
        for action in &plan.actions {
            if self.publisher.is_cancelled() {
                self.note(action, Err(SkipReason::Cancelled));
                continue;
            }
            let taken = match action {
                Action::Delete { channel, image } => match self.withdraw(channel, image).await {
                    Ok(image) => {
                        let action = action.clone();
                        deletions.push(Withdrawn::new(action, image));
                        continue;
                    }
                    Err(reason) => Err(reason),
                },
                Action::Discard { channel, image } => self.discard(channel, image).await,
                Action::Publish { .. } => self.publish(action).await,
                Action::Reinstate { channel, image } => self.reinstate(channel, image).await,
                Action::Repair { channel, image, .. } => self.repair(channel, image).await,
                Action::Share { .. } => self.share(action).await,
                Action::Supersede {
                    channel,
                    image,
                    name,
                } => self.supersede(channel, image, name.as_deref()).await,
                Action::Unlist { channel, image } => self.unlist(channel, image).await,
            };
            self.note(action, taken);
        }
        self.delete(deletions).await;
    }

    pub(crate) fn note(&mut self, action: &Action, taken: StepResult) {
        match taken {
            Ok(()) => {
                let observer = self.of(action.channel());
                observer.emit(&Event::Applied { action });
                self.done.applied.push(action.clone());
            }
            Err(reason) => self.done.skipped.push(SkippedStep {
                channel: action.channel().to_owned(),
                action: Some(action.clone()),
                is_seen: false,
                reason,
            }),
        }
    }

    pub(crate) fn glance(&self) -> &Glance {
        &self.publisher.glance
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.publisher.clock.now()
    }

    fn of<'b>(&'b self, channel: &'b str) -> Of<'b> {
        Of {
            channel,
            observer: self.observer,
        }
    }

    fn target(&self, channel: &str) -> Result<&Target<'_>, SkipReason> {
        let mut targets = self.targets.iter();
        let target = targets.find(|target| target.channel.name() == channel);
        target.ok_or_else(|| SkipReason::Changed(format!("{channel} is not in the catalog")))
    }

    fn candidate(&self, channel: &str) -> Result<(&Channel, &Candidate), SkipReason> {
        let target = self.target(channel)?;
        match &target.latest {
            Latest::Found(candidate) => Ok((target.channel, candidate)),
            _ => Err(SkipReason::Changed(format!(
                "the newest build of {channel} is no longer known"
            ))),
        }
    }

    /// The image, if it still is as it was when the plan was made.
    pub(crate) async fn unchanged(
        &self,
        channel: &str,
        seen: &ImageSnapshot,
    ) -> Result<Image, SkipReason> {
        let Some(image) = self.glance().find(seen.id).await? else {
            return Err(SkipReason::Changed(format!("image {} is gone", seen.id)));
        };
        let project = self.glance().session().project_id().await?;
        if !marker::is_own(&image, channel, &project) {
            let id = seen.id;
            return Err(SkipReason::Changed(format!(
                "image {id} no longer belongs to this publisher"
            )));
        }
        let now = ImageSnapshot::new(&image);
        if now != *seen {
            return Err(SkipReason::Changed(format!(
                "image {} was changed meanwhile: it was {}, and is {} since {}",
                seen.id,
                seen.visibility,
                now.visibility,
                now.updated_at.map_or_else(String::new, |at| at.to_string()),
            )));
        }
        Ok(image)
    }

    async fn unlist(&self, channel: &str, seen: &ImageSnapshot) -> StepResult {
        self.unchanged(channel, seen).await?;
        let patch = ImagePatch::new().visibility(Visibility::Community);
        let done = changes::update(self.glance(), seen.id, &patch).await;
        if let Err(CloudError::Forbidden(_)) = done {
            let now = self.now().to_string();
            remember(self.glance(), seen.id, marker::COMMUNITY_REFUSED, &now).await;
        }
        Ok(done.map(drop)?)
    }

    async fn discard(&self, channel: &str, seen: &ImageSnapshot) -> StepResult {
        let image = self.unchanged(channel, seen).await?;
        if marker::was_accepted(&image)
            || image.visibility != Visibility::Private
            || self.publisher.busy_until(&image).is_some()
        {
            let id = seen.id;
            return Err(SkipReason::Changed(format!("image {id} is no leftover")));
        }
        self.remove(&image).await?;
        if let Some(watched) = Watched::of(&image) {
            self.publisher.bury(watched.heartbeat).await;
        }
        let observer = self.of(channel);
        observer.emit(&Event::Removed { id: image.id });
        Ok(())
    }

    pub(crate) async fn remove(&self, image: &Image) -> StepResult {
        changes::delete(self.glance(), image.id).await?;
        Ok(())
    }

    async fn reinstate(&self, channel: &str, seen: &ImageSnapshot) -> StepResult {
        let image = self.unchanged(channel, seen).await?;
        let channel = self.target(channel)?.channel;
        let added = drift::added(&image);
        let patch = added.and_then(|added| rotation::reinstate(channel, &image, added));
        let Some(patch) = patch else {
            return Ok(());
        };
        changes::update(self.glance(), image.id, &patch).await?;
        let observer = self.of(channel.name());
        observer.emit(&Event::Reinstated { id: image.id });
        Ok(())
    }

    async fn supersede(
        &self,
        channel: &str,
        seen: &ImageSnapshot,
        name: Option<&str>,
    ) -> StepResult {
        let image = self.unchanged(channel, seen).await?;
        let patch = rotation::supersede(self.target(channel)?.channel, &image, name, self.now());
        changes::update(self.glance(), image.id, &patch).await?;
        if !marker::is_superseded(&image) {
            let observer = self.of(channel);
            observer.emit(&Event::Superseded { id: image.id });
        }
        Ok(())
    }

    async fn repair(&mut self, channel: &str, seen: &ImageSnapshot) -> StepResult {
        let image = self.unchanged(channel, seen).await?;
        let (channel, candidate) = self.candidate(channel)?;
        let observer = Of {
            channel: channel.name(),
            observer: self.observer,
        };
        let job = self.publisher.job(channel, candidate, &observer);
        let report = counted(&job.traffic, &observer, Box::pin(job.keep(&image))).await?;
        self.done.reports.push(report);
        Ok(())
    }

    async fn publish(&mut self, action: &Action) -> StepResult {
        let Action::Publish {
            channel,
            build,
            image,
            ..
        } = action
        else {
            return Ok(());
        };
        let look = match image {
            Some(_) => Look::Due,
            None => Look::Done,
        };
        let (channel, candidate) = self.candidate(channel)?;
        if candidate.build() != *build {
            return Err(SkipReason::Changed(format!(
                "the newest build is {} now",
                candidate.serial()
            )));
        }
        let observer = self.of(channel.name());
        let published = self
            .publisher
            .publish_or_again(look, channel, candidate, &observer);
        let report = match published.await {
            Err(error @ Error::Busy { since, .. }) => {
                let now = self.glance().session().cloud_time().await;
                return Err(SkipReason::Busy {
                    what: error.to_string(),
                    overdue: marker::is_overdue(since, now.unwrap_or_else(|| self.now())),
                });
            }
            published => published?,
        };
        if report.expected.digest != candidate.expected().digest {
            self.moved.insert(report.channel.clone());
        }
        self.done.reports.push(report);
        Ok(())
    }
}

impl From<CloudError> for SkipReason {
    fn from(error: CloudError) -> Self {
        match error {
            CloudError::Conflict(_) | CloudError::Forbidden(_) => Self::Cloud(Box::new(error)),
            other => Self::Failed(Arc::new(other.into())),
        }
    }
}

impl From<Error> for SkipReason {
    fn from(error: Error) -> Self {
        Self::from(Arc::new(error))
    }
}

impl From<Arc<Error>> for SkipReason {
    fn from(error: Arc<Error>) -> Self {
        match &*error {
            Error::Busy { .. } => Self::Busy {
                what: error.to_string(),
                overdue: false,
            },
            Error::Cancelled => Self::Cancelled,
            _ => Self::Failed(error),
        }
    }
}
