//! A build that is public already: changes that were made to its image are undone.

use bonafide_glance::Image;

use crate::error::Error;
use crate::event::Event;
use crate::ledger::build_state::own_images;
use crate::ledger::remember::remember;
use crate::ledger::{changes, keys, marker};
use crate::publish::demote::Demotion;
use crate::publish::job::Job;
use crate::publish::report::{Outcome, PublishReport};
use crate::spec::drift;

impl Job<'_> {
    /// An image that is public already: changes to it are undone.
    pub(crate) async fn keep(&self, image: &Image) -> Result<PublishReport, Error> {
        match self.put_back(image).await {
            Ok(report) => Ok(report),
            Err(error) => Err(self.settle(error).await),
        }
    }

    /// As [`Job::keep`]; if it fails, the caller restores the older image.
    pub(crate) async fn put_back(&self, image: &Image) -> Result<PublishReport, Error> {
        let Some(repair) = drift::repair(self.channel, self.candidate, image)? else {
            return Ok(self.report(Outcome::AlreadyPublished, image, None));
        };
        // It may have been superseded by another public one.
        if marker::is_superseded(image) {
            let own = own_images(self.glance(), self.channel.name()).await?;
            let handed_over = self.demote_older(image.id, &repair.name, own).await?;
            if let Demotion::Redundant(other) = handed_over {
                return Ok(self.report(Outcome::AlreadyPublished, &other, None));
            }
        }
        let updated = changes::update(self.glance(), image.id, &repair.patch).await;
        if let Err(bonafide_glance::Error::Forbidden(_)) = updated {
            let (name, value) = (keys::REPAIR_REFUSED, repair.short());
            remember(self.glance(), image.id, name, &value).await;
        }
        let image = updated?;
        self.observer.emit(&Event::Repaired {
            id: image.id,
            properties: &repair.names(),
        });
        Ok(self.report(Outcome::Repaired, &image, None))
    }
}
