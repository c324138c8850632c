//! Publishes one build: private until complete, public last.

use bonafide_resolve::Candidate;

use crate::channel::Channel;
use crate::error::Error;
use crate::event::{Event, EventSink, counted};
use crate::ledger::build_state::BuildState;
use crate::ledger::wait::PublicationWait;
use crate::publish::job::Job;
use crate::publish::publisher::Publisher;
use crate::publish::report::PublishReport;

/// How many leftovers one run removes before it stops trusting the cloud.
const MAX_LOOKS: u32 = 16;

/// Whether to look up what the cloud has of a build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// A plan has looked, and there was nothing. The create detects an image that was created
    /// since: Glance accepts an id once.
    Done,
    Due,
}

impl Publisher {
    /// Finds the channel's newest build and publishes it. If the vendor's list changes meanwhile,
    /// everything is done once more.
    ///
    /// # Errors
    ///
    /// As [`Publisher::find`] and [`Publisher::publish`], and [`Error::ListUnstable`] if the list
    /// changes again.
    pub async fn publish_newest(
        &self,
        channel: &Channel,
        observer: &dyn EventSink,
    ) -> Result<PublishReport, Error> {
        let candidate = self.find(channel, observer).await?;
        self.publish_or_again(Look::Due, channel, &candidate, observer)
            .await
    }

    /// Publishes the build, or completes what an earlier run left, or finds that everything is
    /// done. Just before the build becomes public, older builds of the channel give up their name
    /// and `generic`. If an image is public already, later changes to it are undone by one PATCH.
    ///
    /// # Errors
    ///
    /// [`Error`]; then nothing unverified is public, the image of a failed upload is removed or
    /// named in the error, and an older build that gave up its place has it back, or
    /// [`Error::Displaced`] names it.
    pub async fn publish(
        &self,
        channel: &Channel,
        candidate: &Candidate,
        observer: &dyn EventSink,
    ) -> Result<PublishReport, Error> {
        self.publish_after(Look::Due, channel, candidate, observer)
            .await
    }

    /// As [`Publisher::publish`], if it may be known already that the cloud has nothing of the
    /// build.
    pub(crate) async fn publish_after(
        &self,
        look: Look,
        channel: &Channel,
        candidate: &Candidate,
        observer: &dyn EventSink,
    ) -> Result<PublishReport, Error> {
        self.belongs(channel, candidate)?;
        let job = self.job(channel, candidate, observer);
        let publishing = Box::pin(async {
            let published = match look {
                Look::Done => job.create_and_upload().await,
                Look::Due => self.look_and_publish(&job).await,
            };
            match published {
                Ok(report) => Ok(report),
                Err(error) => Err(job.settle(error).await),
            }
        });
        counted(&job.traffic, observer, publishing).await
    }

    async fn look_and_publish(&self, job: &Job<'_>) -> Result<PublishReport, Error> {
        let (channel, candidate) = (job.channel, job.candidate);
        for _ in 0..MAX_LOOKS {
            let observed = self.unless_cancelled(self.build_state(channel, candidate));
            match observed.await? {
                BuildState::Published(image) => return job.put_back(&image).await,
                BuildState::Complete(image) => {
                    let wait = PublicationWait::of(&image);
                    if let Some(wait) = wait.filter(|wait| !wait.is_over(job.now())) {
                        return Err(wait.error());
                    }
                    return job.complete(*image).await;
                }
                BuildState::Withdrawn(image) => match job.complete(*image).await {
                    // It claims to be this build, and is not.
                    Err(Error::GlanceMismatch { .. }) => return job.create_and_upload().await,
                    done => return done,
                },
                // Removed, or in use by another run; then there is nothing left to find.
                BuildState::Incomplete { image, .. } => {
                    job.give_up(&image).await?;
                }
                BuildState::Absent => return job.create_and_upload().await,
            }
        }
        Err(Error::TooManyAttempts {
            channel: channel.name().to_owned(),
            attempts: MAX_LOOKS,
        })
    }

    /// Publishes a build that was found; if the vendor's list changes meanwhile, everything is done
    /// once more.
    pub(crate) async fn publish_or_again(
        &self,
        look: Look,
        channel: &Channel,
        candidate: &Candidate,
        observer: &dyn EventSink,
    ) -> Result<PublishReport, Error> {
        let published = self.publish_after(look, channel, candidate, observer);
        match published.await {
            Err(Error::ListChanged { list }) => observer.emit(&Event::ListChanged { list: &list }),
            done => return done,
        }
        // The cached files of the vendor are outdated.
        let again = self.directly();
        let candidate = again.find(channel, observer).await?;
        match again.publish(channel, &candidate, observer).await {
            Err(Error::ListChanged { list }) => Err(Error::ListUnstable { list }),
            done => done,
        }
    }
}
