//! A newer build takes the place of an older one: the old one first gives up its name and
//! `generic`, then the new one takes them. If it can't, the old one gets them back.

use bonafide_glance::{Error as CloudError, Image, ImagePatch, Status};
use uuid::Uuid;

use crate::error::Error;
use crate::event::Event;
use crate::ledger::build_state::{not_newer, own_images};
use crate::ledger::wait::hold_back_publication;
use crate::ledger::{changes, keys, marker};
use crate::publish::handover::{Demoted, State};
use crate::publish::job::Job;
use crate::spec::names::Names;
use crate::spec::{drift, rotation};

/// How often a run tries to give an image its place back.
const TRIES: usize = 3;

/// Whether the new build may take the place of the older ones.
pub(crate) enum Demotion {
    /// They have given it up, if there were any.
    Free,
    /// The build is already public under another id.
    Redundant(Box<Image>),
}

/// An image that should have its place back and could not get it.
struct Displaced {
    image: Uuid,
    error: CloudError,
}

impl Job<'_> {
    /// Makes older builds of the channel give up their name and `generic`: one request for each of
    /// them; usually there is one. `own` are the current images of the channel, including hidden
    /// ones, and `name` is the name of the new one.
    pub(crate) async fn demote_older(
        &self,
        to: Uuid,
        name: &str,
        own: Vec<Image>,
    ) -> Result<Demotion, Error> {
        let mut named = Names::of(&own, to, name);
        let mut older = Vec::new();
        for image in own {
            if image.id == to || !marker::is_public(&image) {
                continue;
            }
            if marker::is_of(&image, self.candidate) {
                if !marker::is_superseded(&image) {
                    return Ok(Demotion::Redundant(Box::new(image)));
                }
                continue;
            }
            // Another run may have published a newer build meanwhile.
            not_newer(&image, self.candidate)?;
            if !marker::is_superseded(&image) {
                older.push(image);
            }
        }
        self.handover.begin(to);
        for before in older {
            let now = self.publisher.clock.now();
            let renamed = named.older(self.channel, &before);
            let patch = rotation::supersede(self.channel, &before, renamed.as_deref(), now);
            let (id, mark) = (before.id, now.to_string());
            // Before the request: however the run ends, it is known what may have been changed.
            self.handover.add(Demoted { before, mark });
            match changes::update(self.glance(), id, &patch).await {
                Ok(_) => self.observer.emit(&Event::Superseded { id }),
                Err(CloudError::NotFound(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Demotion::Free)
    }

    /// After a failure: customers must not be left without an image of the channel. If no image is
    /// the newest, the previous one gets its place back, or the newest public one, if an earlier
    /// run died before it could do that. Returns the error, extended by what could not be done.
    pub(crate) async fn settle(&self, error: Error) -> Error {
        let state = std::mem::take(&mut *self.handover.state());
        let to = state.to;
        let restored = self.restore(state).await;
        if let Some(to) = to
            && error.is_forbidden()
        {
            hold_back_publication(self.glance(), to, self.now()).await;
        }
        match restored {
            Ok(()) => error,
            Err(Displaced {
                image,
                error: failure,
            }) => Error::Displaced {
                error: Box::new(error),
                image,
                failure: Box::new(failure),
            },
        }
    }

    async fn restore(&self, state: State) -> Result<(), Displaced> {
        let restored = match own_images(self.glance(), self.channel.name()).await {
            Ok(own) => self.displaced(&own, &state),
            // Otherwise by the known ids.
            Err(_) => self.own_change(state).await?,
        };
        let Some((image, patch)) = restored else {
            return Ok(());
        };
        let mut failure = None;
        for _ in 0..TRIES {
            match changes::update(self.glance(), image, &patch).await {
                Ok(_) => {
                    self.observer.emit(&Event::Reinstated { id: image });
                    return Ok(());
                }
                Err(CloudError::NotFound(_)) => return Ok(()),
                Err(error) => failure = Some(error),
            }
        }
        match failure {
            Some(error) => Err(Displaced { image, error }),
            None => Ok(()),
        }
    }

    /// The image that is to be the newest again, and the patch for it.
    fn displaced(&self, own: &[Image], state: &State) -> Option<(Uuid, ImagePatch)> {
        let mut public = own.iter().filter(|image| marker::is_public(image));
        if public.any(|image| !marker::is_superseded(image)) {
            return None;
        }
        // Another run may have marked it since; then this run must not change it.
        let is_ours = |given: &&Demoted| {
            let mut own = own.iter().filter(|image| image.id == given.before.id);
            own.any(|image| has_mark(image, &given.mark))
        };
        let given_up = state.given_up.iter().filter(is_ours);
        let newest = given_up.max_by_key(|given| marker::age(&given.before));
        if let Some(given) = newest {
            return Some((given.before.id, rotation::undo(&given.before)));
        }
        let whole = own.iter().filter(|image| {
            image.status == Status::Active
                && marker::is_public(image)
                && marker::is_unchanged(image)
        });
        let readable = whole.filter(|image| marker::serial(image).is_some());
        let newest = readable.max_by_key(|image| marker::age(image))?;
        let patch = rotation::reinstate(self.channel, newest, drift::added(newest)?)?;
        Some((newest.id, patch))
    }

    /// Glance returns no list: restore what this run has changed, unless it is known that it may
    /// stay so.
    async fn own_change(&self, state: State) -> Result<Option<(Uuid, ImagePatch)>, Displaced> {
        let given_up = state.given_up.into_iter();
        let (Some(given), Some(to)) = (
            given_up.max_by_key(|one| marker::age(&one.before)),
            state.to,
        ) else {
            return Ok(None);
        };
        let image = given.before.id;
        match self.glance().find(to).await {
            Ok(Some(new)) if marker::is_public(&new) => return Ok(None),
            Ok(_) => {}
            // Two newest images are worse than none: an unknown image is treated as public.
            Err(error) => return Err(Displaced { image, error }),
        }
        match self.glance().find(image).await {
            Ok(Some(now)) if has_mark(&now, &given.mark) => {}
            Ok(_) => return Ok(None),
            // The whole patch is refused if the mark is absent.
            Err(_) => {}
        }
        Ok(Some((image, rotation::undo(&given.before))))
    }
}

fn has_mark(image: &Image, mark: &str) -> bool {
    image
        .properties
        .get(keys::SUPERSEDED)
        .is_some_and(|own| own == mark)
}
