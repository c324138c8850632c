//! Whether the run that created an unfinished image is alive.

use std::collections::BTreeSet;
use std::time::Duration;

use bonafide_glance::{Image, Status};
use jiff::Timestamp;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use crate::error::Error;
use crate::ledger::heartbeat::sightings::Look;
use crate::ledger::heartbeat::watched::{Watched, is_heartbeat};
use crate::ledger::{keys, lease};
use crate::publish::publisher::Publisher;

/// How often a heartbeat is looked at until it is decided, including the last look.
pub(crate) const LOOKS: u32 = 36;
const FIRST_PAUSE: Duration = Duration::from_millis(200);
pub(crate) const LONGEST_PAUSE: Duration = Duration::from_secs(5);

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

    pub(crate) async fn look(&self, watched: Watched) -> Result<Look, Error> {
        let asked = Instant::now();
        let found = self.glance.find(watched.heartbeat).await?;
        let count = found.and_then(|image| image.properties.get(keys::BEATS).cloned());
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
        lease::busy_until(image, self.clock.now(), &self.gone())
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
}

/// How far an image has come: by which run, and whether it is complete, and public.
fn stage(image: &Image) -> (Option<Watched>, bool, bool) {
    (
        Watched::of(image),
        matches!(image.status, Status::Active | Status::Deactivated),
        image.properties.contains_key(keys::STATE),
    )
}
