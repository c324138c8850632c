//! Whether the run that created an unfinished image is alive.

use std::collections::BTreeSet;
use std::time::Duration;

use bonafide_glance::{Image, Status};
use futures_util::future::join_all;
use jiff::Timestamp;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use crate::ledger::heartbeat::sightings::Look;
use crate::ledger::heartbeat::{Watched, is_heartbeat};
use crate::ledger::marker;
use crate::{Error, Event, EventSink, Inventory, Plan, PlanNote, Publisher};

/// How often a heartbeat is looked at until it is decided, including the last look.
const LOOKS: u32 = 36;
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The state of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Settled {
    /// It is alive.
    Alive,
    /// It is dead, and will do nothing more.
    Gone,
    /// Its image has come further, or does not exist any more.
    Moved,
}

impl Publisher {
    /// Waits until it is known whether the run that uploads to this image is alive: at most as long
    /// as the image says, and until its next renewal if it is. Nothing is written.
    pub(crate) async fn settle(&self, image: &Image, watched: Watched) -> Result<Settled, Error> {
        let longest = (watched.gone_after / LOOKS).min(LONGEST_PAUSE);
        let mut pause = FIRST_PAUSE.min(longest);
        let mut looked = false;
        loop {
            let now = self.glance.find(image.id).await?;
            if now.is_none_or(|now| stage(&now) != stage(image)) {
                return Ok(Settled::Moved);
            }
            match self.look(watched).await? {
                Look::Changed if looked => return Ok(Settled::Alive),
                Look::Gone => return Ok(Settled::Gone),
                Look::Changed | Look::First | Look::Same => {}
            }
            looked = true;
            sleep(pause).await;
            // Does not wait longer than a run takes that is about to end.
            pause = (pause * 2).min(longest);
        }
    }

    /// Looks once, without waiting.
    pub(crate) async fn is_gone(&self, watched: Watched) -> Result<bool, Error> {
        Ok(self.look(watched).await? == Look::Gone)
    }

    async fn look(&self, watched: Watched) -> Result<Look, Error> {
        let asked = Instant::now();
        let found = self.glance.find(watched.heartbeat).await?;
        let count = found.and_then(|image| image.properties.get(marker::BEATS).cloned());
        let answered = Instant::now();
        Ok(self.sightings.look(watched, count, asked, answered))
    }

    /// The heartbeats of runs that are known to do nothing more.
    pub(crate) fn gone(&self) -> BTreeSet<Uuid> {
        let mut gone = self.sightings.gone();
        gone.extend(self.pulses.ended());
        gone
    }

    /// Until when the run that created an unfinished image may be working on it, if that time is
    /// not over.
    pub(crate) fn busy_until(&self, image: &Image) -> Option<Timestamp> {
        marker::busy_until(image, self.clock.now(), &self.gone())
    }

    /// Images that a plan leaves to other runs, as long as those are alive.
    pub(crate) fn unsettled(&self, plan: &Plan, inventory: &Inventory) -> Vec<(Image, Watched)> {
        let busy = plan.notes.iter().filter_map(|note| match note {
            PlanNote::Busy { image, .. } => Some(*image),
            _ => None,
        });
        let busy: BTreeSet<Uuid> = busy.collect();
        let images = inventory.images.iter();
        let images = images.filter(|image| busy.contains(&image.id));
        images
            .filter_map(|image| Some((image.clone(), Watched::of(image)?)))
            .collect()
    }

    /// Decides about these images at the same time. An undecided one is left as it is.
    pub(crate) async fn settle_all(
        &self,
        images: &[(Image, Watched)],
        observer: &dyn EventSink,
    ) -> Vec<Settled> {
        for (image, _) in images {
            observer.emit(&Event::Waiting { id: image.id });
        }
        let settling = images
            .iter()
            .map(|(image, watched)| self.settle(image, *watched));
        let settled = join_all(settling).await.into_iter();
        settled
            .map(|settled| settled.unwrap_or(Settled::Alive))
            .collect()
    }

    /// Deletes the heartbeat image of a dead run. If that fails, the next run does it.
    pub(crate) async fn bury(&self, heartbeat: Uuid) {
        let Ok(Some(image)) = self.glance.find(heartbeat).await else {
            return;
        };
        let Ok(project) = self.glance.session().project_id().await else {
            return;
        };
        if is_heartbeat(&image, &project) {
            let _ = self.glance.delete(heartbeat).await;
        }
    }

    /// Removes heartbeat images that no image names any more: their runs were killed right at their
    /// end.
    pub(crate) async fn remove_left_heartbeats(
        &self,
        inventory: &Inventory,
        observer: &dyn EventSink,
    ) {
        for (heartbeat, watched) in self.left_heartbeats(inventory) {
            let pause = (watched.gone_after / LOOKS).min(LONGEST_PAUSE);
            let mut looked = false;
            loop {
                match self.look(watched).await {
                    Ok(Look::Gone) => {
                        self.bury(heartbeat).await;
                        observer.emit(&Event::Removed { id: heartbeat });
                        break;
                    }
                    Ok(Look::Changed) if looked => break,
                    Ok(Look::Changed | Look::First | Look::Same) => {}
                    Err(_) => break,
                }
                looked = true;
                sleep(pause).await;
            }
        }
    }

    /// An image names its heartbeat image until it is public, and that is deleted right after.
    fn left_heartbeats(&self, inventory: &Inventory) -> Vec<(Uuid, Watched)> {
        let left = inventory
            .heartbeats
            .iter()
            .filter(|image| !inventory.named.contains(&image.id) && !self.pulses.is_own(image.id));
        left.filter_map(|image| Some((image.id, Watched::of(image)?)))
            .collect()
    }

    /// Records the heartbeats of a list.
    pub(crate) fn sight(&self, inventory: &Inventory, answered: Instant) {
        let images = inventory.images.iter().chain(&inventory.heartbeats);
        for watched in images.filter_map(Watched::of) {
            let found = inventory
                .heartbeats
                .iter()
                .find(|image| image.id == watched.heartbeat);
            let count = found.and_then(|image| image.properties.get(marker::BEATS).cloned());
            self.sightings.listed(watched.heartbeat, count, answered);
        }
    }
}

/// How far an image has come: by which run, and whether it is complete, and public.
fn stage(image: &Image) -> (Option<Watched>, bool, bool) {
    (
        Watched::of(image),
        matches!(image.status, Status::Active | Status::Deactivated),
        image.properties.contains_key(marker::STATE),
    )
}
