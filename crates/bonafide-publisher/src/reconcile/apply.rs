//! Executes the steps of a plan. Each looks again before it acts.

use bonafide_glance::{Error as CloudError, ImagePatch, Visibility};

use crate::error::Error;
use crate::event::{Event, EventSink, Of, counted};
use crate::ledger::heartbeat::watched::Watched;
use crate::ledger::remember::remember;
use crate::ledger::{changes, keys, lease, marker};
use crate::plan::{Action, Build, ImageSnapshot, Plan};
use crate::publish::publication::Look;
use crate::reconcile::delete::Withdrawn;
use crate::reconcile::guard::{Applying, StepResult};
use crate::reconcile::report::SkipReason;
use crate::spec::{drift, rotation};

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

    async fn unlist(&self, channel: &str, seen: &ImageSnapshot) -> StepResult {
        self.unchanged(channel, seen).await?;
        let patch = ImagePatch::new().visibility(Visibility::Community);
        let done = changes::update(self.glance(), seen.id, &patch).await;
        if let Err(CloudError::Forbidden(_)) = done {
            let now = self.now().to_string();
            remember(self.glance(), seen.id, keys::COMMUNITY_REFUSED, &now).await;
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
        if Build::from(candidate) != *build {
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
                    overdue: lease::is_overdue(since, now.unwrap_or_else(|| self.now())),
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
