//! A newer build takes the place of an older one: the old one first gives up what only one may have,
//! then the new one takes it.

use bonafide_glance::{Image, ImageFilter, ImagePatch};
use bonafide_properties::OsPurpose;
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use crate::job::Job;
use crate::observed::{Observed, Taken, not_newer, observe_id};
use crate::{Channel, Error, Event, Profile, marker};

/// Characters of a name that Glance takes.
const LONGEST: usize = 255;
const BUILD_DATE: &str = "image_build_date";

/// What makes an image of the newest build into one of an older build. It stays as public as it is;
/// where the SCS names are used, it is renamed and hidden.
pub(crate) fn supersede(channel: &Channel, image: &Image, now: Timestamp) -> ImagePatch {
    let mut patch = ImagePatch::new().set(marker::SUPERSEDED, now.to_string());
    if has_purpose(image, OsPurpose::Generic) {
        patch = patch.set(OsPurpose::PROPERTY, OsPurpose::OldGeneric.to_string());
    }
    if channel.profile == Profile::Scs {
        patch = patch.name(dated(image)).hidden(true);
    }
    patch
}

/// What makes an image of an older build the newest one again, if it ever was superseded.
pub(crate) fn reinstate(channel: &Channel, image: &Image, added: Date) -> Option<ImagePatch> {
    if !image.properties.contains_key(marker::SUPERSEDED) {
        return None;
    }
    let mut patch = ImagePatch::new().remove(marker::SUPERSEDED).hidden(false);
    if has_purpose(image, OsPurpose::OldGeneric) {
        patch = patch.set(OsPurpose::PROPERTY, OsPurpose::Generic.to_string());
    }
    if channel.profile == Profile::Scs {
        patch = patch.name(channel.image_name(added));
    }
    Some(patch)
}

/// What takes back [`supersede`].
fn undo(before: &Image) -> ImagePatch {
    let mut patch = ImagePatch::new()
        .remove(marker::SUPERSEDED)
        .hidden(before.os_hidden);
    if let Some(name) = &before.name {
        patch = patch.name(name.clone());
    }
    if let Some(purpose) = before.properties.get(OsPurpose::PROPERTY) {
        patch = patch.set(OsPurpose::PROPERTY, purpose.clone());
    }
    patch
}

fn has_purpose(image: &Image, purpose: OsPurpose) -> bool {
    let own = image.properties.get(OsPurpose::PROPERTY);
    own.is_some_and(|own| *own == purpose.to_string())
}

/// `Ubuntu 24.04 20260901`, as SCS-0102 wants replaced images to be called.
fn dated(image: &Image) -> String {
    let name = image.name.clone().unwrap_or_default();
    let built = image.properties.get(BUILD_DATE);
    let built = built.and_then(|built| built.get(..10)?.parse::<Date>().ok());
    match built.map(|built| built.strftime("%Y%m%d").to_string()) {
        Some(day) if !name.ends_with(&format!(" {day}")) => {
            // Glance takes 255 characters.
            let name: String = name.chars().take(LONGEST - 9).collect();
            format!("{name} {day}")
        }
        _ => name,
    }
}

/// An older build that has given up its place, or may have.
pub(crate) struct GivenUp {
    before: Image,
    /// What stands on it since, to tell that it was this run.
    mark: String,
}

/// Whether the new build may take its place.
pub(crate) enum HandedOver {
    /// These have given it up.
    By(Vec<GivenUp>),
    /// The build is public already, under another id.
    Redundant(Box<Image>),
}

impl Job<'_> {
    /// The public images of the channel, but for this one.
    async fn others(&self, than: Uuid) -> Result<Vec<Image>, Error> {
        let glance = &self.publisher.glance;
        let channel = self.channel.name();
        let project = glance.session().project_id().await?;
        let filter = ImageFilter::new()
            .owner(&project)
            .property(marker::CHANNEL, channel);
        let mut images = glance.list(&filter).await?;
        images.retain(|image| {
            image.id != than && marker::is_own(image, channel, &project) && marker::is_public(image)
        });
        Ok(images)
    }

    /// Lets older builds of the channel give up their name and `generic`. One request, and one for
    /// each of them; most of the time there is one.
    pub(crate) async fn hand_over(&self, to: Uuid) -> Result<HandedOver, Error> {
        let mut older = Vec::new();
        for image in self.others(to).await? {
            let is_marked = image.properties.contains_key(marker::SUPERSEDED);
            if marker::is_of(&image, self.candidate) {
                if !is_marked {
                    return Ok(HandedOver::Redundant(Box::new(image)));
                }
                continue;
            }
            // Another run may have published a newer build meanwhile.
            not_newer(&image, self.candidate)?;
            if !is_marked {
                older.push(image);
            }
        }
        let mut given_up = Vec::new();
        for before in older {
            let now = self.publisher.clock.now();
            let patch = supersede(self.channel, &before, now);
            let (id, mark) = (before.id, now.to_string());
            let given = GivenUp { before, mark };
            match self.publisher.glance.update(id, &patch).await {
                Ok(_) => {
                    self.observer.observe(&Event::Superseded { id });
                    given_up.push(given);
                }
                Err(bonafide_glance::Error::NotFound(_)) => {}
                Err(error) => {
                    // Its answer may have been lost.
                    given_up.push(given);
                    self.take_back(&given_up, to).await;
                    return Err(error.into());
                }
            }
        }
        Ok(HandedOver::By(given_up))
    }

    /// The new build could not be made public: the older ones are the newest again, unless another run
    /// has published one meanwhile. What fails here is done by the next run.
    pub(crate) async fn take_back(&self, given_up: &[GivenUp], from: Uuid) {
        let Ok(others) = self.others(from).await else {
            return;
        };
        let is_marked = |image: &Image| image.properties.contains_key(marker::SUPERSEDED);
        if others.iter().any(|image| !is_marked(image)) {
            return;
        }
        for given in given_up {
            let before = &given.before;
            let ours = others.iter().any(|image| {
                image.id == before.id
                    && image.properties.get(marker::SUPERSEDED) == Some(&given.mark)
            });
            if !ours {
                continue;
            }
            let undone = self.publisher.glance.update(before.id, &undo(before)).await;
            if undone.is_ok() {
                self.observer.observe(&Event::Reinstated { id: before.id });
            }
        }
    }

    /// Whether the image is public in spite of an error: its answer may have been lost. What can't be
    /// known is taken for public, since two newest images are worse than none.
    pub(crate) async fn may_be_public(&self, id: Uuid) -> bool {
        let channel = self.channel.name();
        let seen = observe_id(&self.publisher.glance, channel, self.candidate, id).await;
        !matches!(
            seen,
            Ok(Taken::Own(
                Observed::Complete(_) | Observed::Incomplete { .. } | Observed::Withdrawn(_),
            ) | Taken::UsedUp)
        )
    }
}
