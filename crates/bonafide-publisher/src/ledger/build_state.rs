//! What the cloud already has of a build.

use std::str::FromStr;

use bonafide_glance::{Glance, Image, ImageFilter, Status, Visibility};
use bonafide_resolve::Candidate;
use bonafide_sources::Serial;
use jiff::Timestamp;
use uuid::Uuid;

use crate::error::Error;
use crate::ledger::{evidence, keys, lease, marker};

/// What the publisher's project has of a build.
///
/// [`Publisher::build_state`](crate::Publisher::build_state) returns it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum BuildState {
    /// Nothing.
    Absent,
    /// All bytes are stored, but the image is not public yet.
    Complete(Box<Image>),
    /// An upload that is in progress, or was given up.
    Incomplete {
        /// The image.
        image: Box<Image>,
        /// Until when the run that created it may be working on it.
        lease_until: Option<Timestamp>,
    },
    /// Published: public, and Glance's digest is the one that was verified then.
    Published(Box<Image>),
    /// Published once, and no longer public since. It is verified again before it becomes public
    /// again.
    Withdrawn(Box<Image>),
}

impl BuildState {
    pub(crate) fn image(&self) -> Option<&Image> {
        match self {
            Self::Absent => None,
            Self::Complete(image)
            | Self::Incomplete { image, .. }
            | Self::Published(image)
            | Self::Withdrawn(image) => Some(image),
        }
    }

    /// The further an image came, the greater it is.
    const fn rank(&self) -> u8 {
        match self {
            Self::Absent => 0,
            Self::Incomplete { .. } => 1,
            Self::Complete(_) => 2,
            Self::Withdrawn(_) => 3,
            Self::Published(_) => 4,
        }
    }
}

/// What is stored under an id that Glance does not list.
pub(crate) enum IdState {
    /// An image of another tenant.
    Foreign,
    /// An image of this project for this build.
    Own(BuildState),
    /// Nothing any more: the id was used before.
    UsedUp,
}

/// Looks for the build among the channel's images: one request, whatever was tried before, and one
/// more among the hidden ones if it is not found, since a retired image still shows what was
/// accepted.
pub(crate) async fn observe(
    glance: &Glance,
    channel: &str,
    candidate: &Candidate,
) -> Result<BuildState, Error> {
    let project = glance.session().project_id().await?;
    let mut found = BuildState::Absent;
    for hidden in [false, true] {
        let filter = ImageFilter::new()
            .owner(&project)
            .hidden(hidden)
            .property(keys::CHANNEL, channel);
        // The server filters; whose image it is, and of which build, is checked here.
        let images = glance.list(&filter).await?;
        let own = images
            .iter()
            .filter(|i| marker::is_own(i, channel, &project));
        let other = among(own, candidate)?;
        if other.rank() > found.rank() {
            found = other;
        }
        if found.rank() > 0 {
            break;
        }
    }
    Ok(found)
}

/// All images of the channel, whoever sees them. Two requests: a list has either hidden images or
/// the others.
pub(crate) async fn own_images(glance: &Glance, channel: &str) -> Result<Vec<Image>, Error> {
    let project = glance.session().project_id().await?;
    let filter = ImageFilter::new()
        .owner(&project)
        .property(keys::CHANNEL, channel);
    let mut images = glance.list_with_hidden(&filter).await?;
    images.retain(|image| marker::is_own(image, channel, &project));
    Ok(images)
}

/// The state of the build among the images of its channel. A newer build or a list that was signed
/// later is an error.
pub(crate) fn among<'a>(
    images: impl Iterator<Item = &'a Image>,
    candidate: &Candidate,
) -> Result<BuildState, Error> {
    let mut found = BuildState::Absent;
    for image in images {
        if !marker::is_of(image, candidate) {
            not_newer(image, candidate)?;
            continue;
        }
        let other = classify(image.clone(), candidate)?;
        // Of two images of one build, the older one is used.
        let first = |seen: &BuildState| seen.image().map(|image| (image.created_at, image.id));
        if other.rank() > found.rank()
            || (other.rank() == found.rank() && first(&other) < first(&found))
        {
            found = other;
        }
    }
    Ok(found)
}

/// Looks under one id that is taken or used up.
pub(crate) async fn observe_id(
    glance: &Glance,
    channel: &str,
    candidate: &Candidate,
    id: Uuid,
) -> Result<IdState, Error> {
    let Some(image) = glance.find(id).await? else {
        return Ok(IdState::UsedUp);
    };
    let project = glance.session().project_id().await?;
    if !marker::is_own(&image, channel, &project) || !marker::is_of(&image, candidate) {
        return Ok(IdState::Foreign);
    }
    classify(image, candidate).map(IdState::Own)
}

/// Pages are not signed, and an old list stays validly signed, so their server could offer an old
/// build as the newest. The images record what was accepted before.
pub(crate) fn not_newer(image: &Image, candidate: &Candidate) -> Result<(), Error> {
    if !marker::was_accepted(image) {
        return Ok(());
    }
    // An image that does not record what was accepted could hide a rollback.
    let published: Serial = told(image, keys::SERIAL)?;
    let accepted: Timestamp = told(image, keys::SIGNED_AT)?;
    let offered = candidate.serial();
    if published > *offered {
        return Err(Error::Rollback {
            id: image.id,
            published: published.to_string(),
            offered: offered.to_string(),
        });
    }
    let offered = candidate.evidence().signed_at;
    // An index of all builds is signed at other times than the list of one.
    if accepted > offered && evidence::has_format_of(image, candidate) {
        return Err(Error::OlderList {
            list: Box::new(candidate.release().list.clone()),
            offered,
            id: image.id,
            accepted,
        });
    }
    Ok(())
}

fn told<T: FromStr>(image: &Image, property: &str) -> Result<T, Error> {
    let value = image.properties.get(property);
    let told = value.and_then(|value| value.parse().ok());
    told.ok_or_else(|| Error::UnexpectedState {
        id: image.id,
        found: match value {
            Some(value) => format!("`{property}` is `{}`", value.escape_debug()),
            None => format!("without `{property}`"),
        },
    })
}

fn classify(image: Image, candidate: &Candidate) -> Result<BuildState, Error> {
    let unfinished = image.properties.contains_key(keys::STATE);
    Ok(match &image.status {
        Status::Active if unfinished && image.visibility == Visibility::Private => {
            BuildState::Complete(Box::new(image))
        }
        Status::Active if !unfinished && marker::is_whole(&image, candidate) => {
            match marker::is_public(&image) {
                true => BuildState::Published(Box::new(image)),
                false => BuildState::Withdrawn(Box::new(image)),
            }
        }
        Status::Active => {
            return Err(Error::UnexpectedState {
                id: image.id,
                found: format!("{} and with digests of its own", image.visibility),
            });
        }
        Status::Importing
        | Status::Killed
        | Status::Queued
        | Status::Saving
        | Status::Uploading => BuildState::Incomplete {
            lease_until: lease::lease(&image),
            image: Box::new(image),
        },
        other => {
            return Err(Error::Deactivated {
                id: image.id,
                status: other.to_string(),
            });
        }
    })
}
