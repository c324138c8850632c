//! One plan that is being applied: each step looks at its image again before it acts.

use std::collections::BTreeSet;

use bonafide_glance::{Glance, Image};
use bonafide_resolve::Candidate;
use jiff::Timestamp;

use crate::channel::Channel;
use crate::event::{Event, EventSink, Of};
use crate::ledger::{changes, marker};
use crate::plan::{Action, ImageSnapshot, Latest, Target};
use crate::publish::publisher::Publisher;
use crate::reconcile::report::{ReconcileReport, SkipReason, SkippedStep};

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
    pub(super) fn note(&mut self, action: &Action, taken: StepResult) {
        match taken {
            Ok(()) => {
                let observer = self.of(action.channel());
                observer.emit(&Event::Applied {
                    kind: action.kind(),
                    headline: &action.headline(),
                });
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

    pub(super) fn glance(&self) -> &Glance {
        &self.publisher.glance
    }

    pub(super) fn now(&self) -> Timestamp {
        self.publisher.clock.now()
    }

    pub(super) fn of<'b>(&'b self, channel: &'b str) -> Of<'b> {
        Of {
            channel,
            observer: self.observer,
        }
    }

    pub(super) fn target(&self, channel: &str) -> Result<&Target<'_>, SkipReason> {
        let mut targets = self.targets.iter();
        let target = targets.find(|target| target.channel.name() == channel);
        target.ok_or_else(|| SkipReason::Changed(format!("{channel} is not in the catalog")))
    }

    pub(super) fn candidate(&self, channel: &str) -> Result<(&Channel, &Candidate), SkipReason> {
        let target = self.target(channel)?;
        match &target.latest {
            Latest::Found(candidate) => Ok((target.channel, candidate)),
            _ => Err(SkipReason::Changed(format!(
                "the newest build of {channel} is no longer known"
            ))),
        }
    }

    /// The image, if it still is as it was when the plan was made.
    pub(super) async fn unchanged(
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

    pub(super) async fn remove(&self, image: &Image) -> StepResult {
        changes::delete(self.glance(), image.id).await?;
        Ok(())
    }
}
