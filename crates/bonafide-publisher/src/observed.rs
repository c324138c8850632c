//! What the cloud already has of a build.

use bonafide_glance::{Glance, Image, Status, Visibility};
use jiff::Timestamp;
use uuid::Uuid;

use crate::{Candidate, Error, marker};

/// What stands under a build's id.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Observed {
    /// Nothing: it was never made, or was deleted again (then the id is used up).
    Absent {
        /// The id.
        id: Uuid,
    },
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

/// Looks under one id.
pub(crate) async fn observe(
    glance: &Glance,
    channel: &str,
    candidate: &Candidate,
    attempt: u32,
) -> Result<Observed, Error> {
    let id = marker::image_id(channel, &candidate.expected().digest, attempt);
    let Some(image) = glance.find(id).await? else {
        return Ok(Observed::Absent { id });
    };
    let project = glance.session().project_id().await?;
    if !marker::is_own(&image, channel, &project) {
        return Err(Error::Foreign {
            id,
            channel: channel.to_owned(),
        });
    }
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
                id,
                status: other.to_string(),
            });
        }
    })
}
