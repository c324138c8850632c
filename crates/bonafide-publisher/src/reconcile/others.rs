//! Other runs in the same cloud: whether they live, and what dead ones have left.

use std::collections::BTreeSet;

use bonafide_glance::Image;
use futures_util::future::join_all;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use crate::event::{Event, EventSink};
use crate::ledger::heartbeat::sightings::Look;
use crate::ledger::heartbeat::watched::Watched;
use crate::ledger::keys;
use crate::plan::inventory::Inventory;
use crate::plan::{Plan, PlanNote};
use crate::publish::publisher::Publisher;
use crate::publish::watch::{LONGEST_PAUSE, LOOKS, Settled};

impl Publisher {
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
            let count = found.and_then(|image| image.properties.get(keys::BEATS).cloned());
            self.sightings.listed(watched.heartbeat, count, answered);
        }
    }
}
