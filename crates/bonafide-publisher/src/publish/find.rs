//! The newest build of a channel, and what the cloud has of it.

use bonafide_glance::{Image, ImageFilter};
use bonafide_resolve::Candidate;
use bonafide_sources::Signing;

use crate::channel::Channel;
use crate::error::Error;
use crate::event::EventSink;
use crate::ledger::build_state::{BuildState, observe};
use crate::ledger::{keys, marker};
use crate::publish::publisher::Publisher;
use crate::spec::drift;

impl Publisher {
    /// Finds the channel's newest build and verifies its list. Nothing is written.
    ///
    /// # Errors
    ///
    /// As [`Channel::find`], and [`Error::Cancelled`].
    pub async fn find(
        &self,
        channel: &Channel,
        observer: &dyn EventSink,
    ) -> Result<Candidate, Error> {
        let fetch = self.fetch.as_ref();
        let finding = channel.find(fetch, self.clock.now(), observer);
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
                .property(keys::CHANNEL, channel.name());
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
}
