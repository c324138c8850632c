//! Changes of the cloud whose answers may be lost: after an error the image is looked at, and what is
//! true is reported.

use bonafide_glance::{Error, Glance, Image, ImagePatch};
use uuid::Uuid;

/// Changes an image by one request. An error means that the image is not as the patch would make it, or
/// that Glance could not be asked.
pub(crate) async fn update(glance: &Glance, id: Uuid, patch: &ImagePatch) -> Result<Image, Error> {
    let error = match glance.update(id, patch).await {
        Err(error @ (Error::EmptyPatch { .. } | Error::NotFound(_))) => return Err(error),
        Err(error) => error,
        done => return done,
    };
    match glance.find(id).await {
        Ok(Some(image)) if patch.is_in(&image) => Ok(image),
        _ => Err(error),
    }
}

/// Deletes an image; one that is gone already is no error.
pub(crate) async fn delete(glance: &Glance, id: Uuid) -> Result<(), Error> {
    let error = match glance.delete(id).await {
        Ok(()) | Err(Error::NotFound(_)) => return Ok(()),
        Err(error) => error,
    };
    match glance.find(id).await {
        Ok(None) => Ok(()),
        _ => Err(error),
    }
}
