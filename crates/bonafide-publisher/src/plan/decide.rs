//! From the desired and the observed state to the steps.

use bonafide_glance::{Image, Status, Usage, Visibility};
use bonafide_resolve::Candidate;
use jiff::Timestamp;
use uuid::Uuid;

use super::builds::{Builds, images};
use super::draft::{Deciding, Phase};
use super::retire::Retiring;
use super::{Action, Build, ImageSnapshot, Latest, Plan, PlanNote, Target};
use crate::channel::Channel;
use crate::error::Error;
use crate::ledger::build_state::{BuildState, among};
use crate::ledger::wait::{PublicationWait, Wait};
use crate::ledger::{lease, marker};
use crate::plan::inventory::Inventory;
use crate::spec::drift;
use crate::spec::names::Names;

impl Plan {
    /// The steps after which each channel has its newest build and each older build is where it is
    /// used. Other channels are left alone.
    ///
    /// Only a complete `usage` leads to steps that take access away; an incomplete one still gives
    /// access to the projects that it names. `now` is the time of the plan, UTC.
    #[must_use]
    pub fn new(
        targets: &[Target<'_>],
        inventory: &Inventory,
        usage: &Usage,
        now: Timestamp,
    ) -> Self {
        let mut deciding = Deciding::new(inventory, usage, now);
        for target in targets {
            deciding.channel(target);
        }
        let mut notes = deciding.notes;
        if !deciding.waiting.is_empty() {
            notes.push(PlanNote::UsageUnknown {
                images: deciding.waiting,
                gaps: usage.gaps().to_vec(),
            });
        }
        Self {
            project: inventory.project.clone(),
            actions: deciding.phases.into_values().flatten().collect(),
            notes,
        }
    }

    /// Whether a plan for these channels may depend on the usage: an image is not public any more,
    /// or could cease to be.
    #[must_use]
    pub fn needs_usage(targets: &[Target<'_>], inventory: &Inventory, now: Timestamp) -> bool {
        targets.iter().any(|target| {
            let mut images = images(target.channel, inventory);
            images.any(|image| {
                let since = marker::superseded_at(image).or(target.channel.end());
                let over = since.is_some_and(|since| target.channel.grace_end(since) <= now);
                over || (image.status == Status::Active && !marker::is_public(image))
            })
        })
    }
}

/// The state of the newest build.
#[derive(Default)]
struct Offered {
    /// Its public image.
    published: Option<Uuid>,
    /// An image of it that only has to be verified and made public.
    finishing: Option<Uuid>,
    /// The same; another run may be about to make it public.
    awaited: Option<Image>,
}

impl Deciding<'_> {
    fn channel(&mut self, target: &Target<'_>) {
        let channel = target.channel;
        let name = || channel.name().to_owned();
        let (mut offered, mut doubtful) = (Offered::default(), false);
        if let Latest::Found(candidate) = &target.latest {
            let signed_at = candidate.evidence().signed_at;
            if let Some(limit) = channel.stale(signed_at, self.now) {
                self.notes.push(PlanNote::Stale {
                    channel: name(),
                    list: candidate.release().list.clone(),
                    signed_at,
                    limit,
                });
            }
            match self.newest(channel, candidate) {
                Ok(found) => offered = found,
                Err(Error::Deactivated { id, .. }) => {
                    let (channel, image) = (name(), id);
                    self.notes.push(PlanNote::Deactivated { channel, image });
                }
                Err(error) => {
                    // The images and the vendor's list contradict each other.
                    doubtful = true;
                    let (channel, why) = (name(), error.to_string());
                    self.notes.push(PlanNote::Refused { channel, why });
                }
            }
        }
        self.leftovers(target, &offered);
        let builds = Builds::new(target, self.inventory, offered.published);
        for image in &builds.unreadable {
            let (channel, image) = (name(), image.id);
            self.notes.push(PlanNote::Unreadable { channel, image });
        }
        let superseded = builds.current.filter(|image| marker::is_superseded(image));
        if let Some(current) = superseded
            && offered.published.is_none()
        {
            let awaited = offered.awaited.as_ref();
            if !awaited.is_some_and(|image| self.is_busy(channel.name(), image)) {
                let (channel, image) = (name(), ImageSnapshot::new(current));
                self.act(Phase::Settle, Action::Reinstate { channel, image });
            }
        }
        // Otherwise the repair of the newest image, or the step that makes it the newest, demotes
        // the others.
        let current = builds.current.filter(|_| superseded.is_none());
        let names = current.map(|current| {
            let name = current.name.as_deref().unwrap_or_default();
            Names::of(images(channel, self.inventory), current.id, name)
        });
        let mut retiring = Retiring {
            channel,
            doubtful,
            names,
        };
        for older in &builds.older {
            retiring.decide(self, older);
        }
    }

    /// Makes the newest build public and as the channel says.
    fn newest(&mut self, channel: &Channel, candidate: &Candidate) -> Result<Offered, Error> {
        let own = images(channel, self.inventory);
        let name = channel.name().to_owned();
        let image = match among(own, candidate)? {
            BuildState::Published(image) => {
                let repair = drift::repair(channel, candidate, &image)?;
                if let Some(repair) = repair.as_ref().filter(|repair| repair.is_refused(&image)) {
                    self.notes.push(PlanNote::RepairRefused {
                        channel: name,
                        image: image.id,
                        names: repair.names(),
                    });
                } else if let Some(repair) = repair {
                    let repair = Action::Repair {
                        channel: name,
                        image: ImageSnapshot::new(&image),
                        changes: repair.changes,
                        supersedes: match marker::is_superseded(&image) {
                            true => self.newest_public(channel),
                            false => Vec::new(),
                        },
                    };
                    self.act(Phase::Settle, repair);
                }
                return Ok(Offered {
                    published: Some(image.id),
                    ..Offered::default()
                });
            }
            BuildState::Incomplete { image, .. } => {
                if let Some(wait) = Wait::of(&image).filter(|wait| !wait.is_over(self.now)) {
                    self.notes.push(PlanNote::Refused {
                        channel: name,
                        why: wait.error().to_string(),
                    });
                    return Ok(Offered {
                        finishing: Some(image.id),
                        ..Offered::default()
                    });
                }
                if self.is_busy(&name, &image) {
                    return Ok(Offered {
                        finishing: Some(image.id),
                        ..Offered::default()
                    });
                }
                None
            }
            BuildState::Complete(image) => {
                let wait = PublicationWait::of(&image);
                if let Some(wait) = wait.filter(|wait| !wait.is_over(self.now)) {
                    self.notes.push(PlanNote::Refused {
                        channel: name,
                        why: wait.error().to_string(),
                    });
                    return Ok(Offered {
                        finishing: Some(image.id),
                        ..Offered::default()
                    });
                }
                Some(image)
            }
            BuildState::Withdrawn(image) => Some(image),
            BuildState::Absent => None,
        };
        let action = Action::Publish {
            channel: name,
            build: Build::from(candidate),
            supersedes: self.newest_public(channel),
            image: image.as_deref().map(ImageSnapshot::new),
        };
        self.act(Phase::Publish, action);
        Ok(Offered {
            published: None,
            awaited: image.as_deref().cloned(),
            finishing: image.map(|image| image.id),
        })
    }

    /// The images that have the place of the newest one.
    fn newest_public(&self, channel: &Channel) -> Vec<ImageSnapshot> {
        let images = images(channel, self.inventory);
        let newest =
            images.filter(|image| marker::is_public(image) && !marker::is_superseded(image));
        newest.map(ImageSnapshot::new).collect()
    }

    /// Whether another run may be working on the image; if so, that is noted.
    fn is_busy(&mut self, channel: &str, image: &Image) -> bool {
        let Some(until) = lease::busy_until(image, self.now, &self.inventory.gone) else {
            return false;
        };
        // The cloud's clock decides how long that has been so.
        let now = self.inventory.time.unwrap_or(self.now);
        self.notes.push(PlanNote::Busy {
            channel: channel.to_owned(),
            image: image.id,
            since: image.created_at,
            until,
            overdue: lease::is_overdue(image.created_at, now),
        });
        true
    }

    /// Removes what dead runs have left, except the image that can still be used. Runs leave only
    /// private images. A complete one may be in use and is removed like any old image, and only if
    /// the newest build is known.
    fn leftovers(&mut self, target: &Target<'_>, offered: &Offered) {
        for image in images(target.channel, self.inventory) {
            if marker::was_accepted(image)
                || offered.finishing == Some(image.id)
                || is_counting(target, offered, image)
            {
                continue;
            }
            let channel = target.channel.name().to_owned();
            if self.is_busy(&channel, image) {
                continue;
            }
            if image.visibility != Visibility::Private || image.protected {
                let image = image.id;
                self.notes.push(PlanNote::Unreadable { channel, image });
            } else if matches!(image.status, Status::Active | Status::Deactivated) {
                self.whole_leftover(target, image);
            } else {
                let image = ImageSnapshot::new(image);
                self.act(Phase::Settle, Action::Discard { channel, image });
            }
        }
    }

    fn whole_leftover(&mut self, target: &Target<'_>, image: &Image) {
        if matches!(target.latest, Latest::Unknown(_)) || image.status == Status::Deactivated {
            return;
        }
        let channel = target.channel.name().to_owned();
        match self.usage.complete() {
            None => self.waiting.push(image.id),
            Some(uses) if uses.is_used(image.id) => {
                let image = image.id;
                self.notes.push(PlanNote::Unreadable { channel, image });
            }
            Some(_) => {
                let image = ImageSnapshot::new(image);
                self.act(Phase::Delete, Action::Delete { channel, image });
            }
        }
    }
}

/// Whether an image records failed uploads of the newest build. The next uploading run reads and
/// removes it.
fn is_counting(target: &Target<'_>, offered: &Offered, image: &Image) -> bool {
    if Wait::of(image).is_none() {
        return false;
    }
    match &target.latest {
        Latest::Found(candidate) => offered.published.is_none() && marker::is_of(image, candidate),
        Latest::Ended => false,
        Latest::Unknown(_) => true,
    }
}
