//! An uploaded image becomes public: compared, older ones demoted, one PATCH.

use std::sync::atomic::Ordering;

use bonafide_glance::{Image, Status, Visibility};
use bonafide_verify::{FileDigests, Verified};
use jiff::Timestamp;
use uuid::Uuid;

use crate::error::{Error, Leftover};
use crate::event::Event;
use crate::ledger::build_state::{BuildState, IdState, observe_id, own_images};
use crate::ledger::heartbeat::pulse::Alive;
use crate::ledger::wait::hold_back;
use crate::ledger::{changes, keys};
use crate::publish::demote::Demotion;
use crate::publish::job::{Job, SignedPassed};
use crate::publish::report::{Outcome, PublishReport};
use crate::spec::image_spec::ImageSpec;
use crate::transfer::digests::{Check, SignedCheck};
use crate::transfer::{clean_up, pipeline};

impl Job<'_> {
    /// An image that an earlier run uploaded: its bytes are verified again from the vendor's file,
    /// then compared with what Glance stores.
    pub(crate) async fn complete(&self, image: Image) -> Result<PublishReport, Error> {
        let mut places = self.places();
        loop {
            let opened = self.publisher.unless_cancelled(places.open()).await?;
            self.note_source(opened.url().clone(), &places);
            let limits = self.limits();
            let until = limits.until;
            let wanted = self.wanted(opened.head()?)?;
            let length = opened.length();
            let progress = |received| self.progress(received, length);
            let proving = pipeline::prove(opened, self.check(), limits, progress);
            let passed = match self.publisher.unless_cancelled(proving).await {
                Ok(passed) => passed,
                Err(error) if places.pass_over(&error) => continue,
                Err(error) => return Err(places.nowhere(error)),
            };
            return self
                .compare_and_publish(Outcome::Completed, image, &wanted, &passed, until, None)
                .await;
        }
    }

    pub(crate) async fn compare_and_publish(
        &self,
        outcome: Outcome,
        image: Image,
        wanted: &ImageSpec,
        passed: &SignedPassed,
        until: Timestamp,
        alive: Option<&Alive>,
    ) -> Result<PublishReport, Error> {
        let fetch = self.publisher.fetch.as_ref();
        let candidate = self.candidate;
        let looking = async {
            let looking = self.channel.still_signs(candidate, fetch, self.now());
            if !looking.await? {
                return Ok::<_, Error>(None);
            }
            // All of them, just before they change: the new one to compare it, the others to hand
            // over.
            let own = own_images(self.glance(), self.channel.name()).await?;
            let image = self.as_stored(&image, &own).await?;
            Ok(Some((image, own)))
        };
        let looked = match self.publisher.unless_cancelled(looking).await {
            // An image that an earlier run has uploaded is left to the next one.
            Err(error @ Error::Cancelled) if outcome == Outcome::Published => {
                return Err(self.dispose(&image, error).await);
            }
            looked => looked?,
        };
        let Some((image, own)) = looked else {
            let list = candidate.release().list.clone();
            let moved = Error::ListChanged { list };
            return Err(self.dispose(&image, moved).await);
        };
        match wanted.compare(&image, &passed.image) {
            Err(error @ Error::GlanceMismatch { .. }) => {
                let error = self.dispose(&image, error).await;
                if image.properties.contains_key(keys::STATE) {
                    self.hold_back().await;
                }
                return Err(error);
            }
            other => other?,
        }
        self.observer.emit(&Event::Compared { id: image.id });
        // After its lease another run may have considered the image abandoned.
        if self.now() > until {
            return Err(Error::LeaseEnded { until });
        }
        if let Some(Err(fenced)) = alive.map(|alive| alive.check(image.id)) {
            return Err(self.dispose(&image, fenced).await);
        }
        // From here on nothing is cancelled.
        let name = self.channel.image_name(self.today());
        match self.demote_older(image.id, &name, own).await {
            Ok(Demotion::Free) => {}
            Ok(Demotion::Redundant(other)) => {
                if image.properties.contains_key(keys::STATE) {
                    changes::delete(self.glance(), image.id).await?;
                    self.observer.emit(&Event::Removed { id: image.id });
                }
                return Ok(self.report(Outcome::AlreadyPublished, &other, None));
            }
            Err(error @ Error::Rollback { .. }) => return Err(self.dispose(&image, error).await),
            Err(error) => return Err(error),
        }
        let image = self.make_public(&image, &name, wanted, passed).await?;
        self.observer.emit(&Event::Published { id: image.id });
        Ok(self.report(outcome, &image, Some(passed)))
    }

    /// The image as it is after its upload.
    async fn as_stored(&self, image: &Image, own: &[Image]) -> Result<Image, Error> {
        let listed = own.iter().find(|listed| listed.id == image.id);
        let now = match listed {
            Some(listed) => listed.clone(),
            None => self.glance().image(image.id).await?,
        };
        if now.status != Status::Saving {
            return Ok(now);
        }
        // A replica of the database may lag behind the answer to the upload.
        let later = clean_up::await_active(self.glance(), image.id).await;
        Ok(later.unwrap_or(now))
    }

    /// Delays the next upload, since Glance has stored this one wrong.
    async fn hold_back(&self) {
        let failures = self.failures.load(Ordering::Relaxed).saturating_add(1);
        let namespace = &self.publisher.namespace;
        let build = (self.channel, self.candidate);
        hold_back(self.glance(), namespace, build, self.now(), failures).await;
    }

    /// Removes an image that was never public. A public one may be in use; and another run may have
    /// made it public since it was looked at.
    async fn dispose(&self, image: &Image, error: Error) -> Error {
        if !image.properties.contains_key(keys::STATE) {
            return error;
        }
        match self.glance().find(image.id).await {
            Ok(Some(now)) if now.properties.contains_key(keys::STATE) => {
                clean_up::remove(self.glance(), image.id, error, self.observer).await
            }
            Ok(_) => error,
            Err(failure) => Error::NotCleanedUp {
                error: Box::new(error),
                left_behind: Leftover {
                    id: image.id,
                    error: failure,
                },
            },
        }
    }

    /// The only function that makes an image public for the first time; it requires the proof.
    async fn make_public(
        &self,
        image: &Image,
        name: &str,
        wanted: &ImageSpec,
        passed: &SignedPassed,
    ) -> Result<Image, Error> {
        let id = image.id;
        let proof: &Verified<FileDigests> = &passed.proof;
        let patch = wanted
            .patch(image, &SignedCheck::file(proof), &passed.image)
            .name(name)
            .visibility(Visibility::Public);
        let public = match self.glance().update(id, &patch).await {
            Ok(image) => image,
            Err(error) => {
                // The answer may be lost, or another run that completed the same image was first.
                let channel = self.channel.name();
                match observe_id(self.glance(), channel, self.candidate, id).await {
                    Ok(IdState::Own(BuildState::Published(image))) => *image,
                    _ => return Err(refused(id, error)),
                }
            }
        };
        if public.visibility != Visibility::Public || public.status != Status::Active {
            return Err(Error::UnexpectedState {
                id,
                found: format!("{} and {}", public.visibility, public.status),
            });
        }
        Ok(public)
    }
}

/// Why the image is not public.
fn refused(id: Uuid, error: bonafide_glance::Error) -> Error {
    match error {
        bonafide_glance::Error::Forbidden(_) => Error::NotPublic {
            id,
            source: Box::new(error),
        },
        other => other.into(),
    }
}
