//! What the cloud already has of a build.

use bonafide_glance::{Glance, Image, ImageFilter, Status, Visibility};
use jiff::Timestamp;
use uuid::Uuid;

use crate::{Candidate, Error, marker};

/// What the publisher's project has of a build.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Observed {
    /// Nothing.
    Absent,
    /// All bytes are there, but the image is not public yet.
    Complete(Box<Image>),
    /// An upload that is going on, or was given up.
    Incomplete {
        /// The image.
        image: Box<Image>,
        /// Until when the run that made it may be at it.
        lease_until: Option<Timestamp>,
    },
    /// Published.
    Published(Box<Image>),
}

impl Observed {
    /// The further an image came, the more it counts.
    const fn rank(&self) -> u8 {
        match self {
            Self::Absent => 0,
            Self::Incomplete { .. } => 1,
            Self::Complete(_) => 2,
            Self::Published(_) => 3,
        }
    }
}

/// Looks for the build by its marker: one request, whatever the number of attempts there were.
pub(crate) async fn observe(
    glance: &Glance,
    channel: &str,
    candidate: &Candidate,
) -> Result<Observed, Error> {
    let project = glance.session().project_id().await?;
    let filter = ImageFilter::new()
        .owner(&project)
        .property(marker::CHANNEL, channel)
        .property(marker::DIGEST, marker::digest(candidate));
    let mut found = Observed::Absent;
    for image in glance.list(&filter).await? {
        // The filter is the server's; whose image it is, is ours to say.
        if !marker::is_own(&image, channel, &project) {
            continue;
        }
        let other = classify(image)?;
        if other.rank() > found.rank() {
            found = other;
        }
    }
    Ok(found)
}

/// Looks under one id, which somebody has taken or used up.
pub(crate) async fn observe_id(
    glance: &Glance,
    channel: &str,
    id: Uuid,
) -> Result<Observed, Error> {
    let Some(image) = glance.find(id).await? else {
        return Ok(Observed::Absent);
    };
    let project = glance.session().project_id().await?;
    if !marker::is_own(&image, channel, &project) {
        return Err(Error::Foreign {
            id,
            channel: channel.to_owned(),
        });
    }
    classify(image)
}

fn classify(image: Image) -> Result<Observed, Error> {
    let unfinished = image.properties.contains_key(marker::STATE);
    Ok(match &image.status {
        Status::Active if unfinished && image.visibility == Visibility::Private => {
            Observed::Complete(Box::new(image))
        }
        Status::Active => Observed::Published(Box::new(image)),
        Status::Importing | Status::Queued | Status::Saving | Status::Uploading => {
            Observed::Incomplete {
                lease_until: marker::lease(&image),
                image: Box::new(image),
            }
        }
        other => {
            return Err(Error::Deactivated {
                id: image.id,
                status: other.to_string(),
            });
        }
    })
}
