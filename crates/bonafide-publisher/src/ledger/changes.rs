//! Changes in the cloud whose answers may be lost: after an error the image is looked at, and its
//! real state is reported.

use bonafide_glance::{Error, Glance, Image, ImagePatch, Member, MemberStatus, NewImage, Status};
use uuid::Uuid;

use crate::ledger::marker;

/// Creates an image whose properties name `run`. If the answer is lost, the image is looked for. A conflict is
/// returned as it is: the id may have been used by others.
pub(crate) async fn create(
    glance: &Glance,
    id: Uuid,
    new: &NewImage,
    run: Uuid,
) -> Result<Image, Error> {
    match glance.create(new).await {
        Err(error @ Error::Conflict(_)) => Err(error),
        Err(error) => created(glance, id, run).await.ok_or(error),
        done => done,
    }
}

/// The image that this run has created and not filled yet, if it is there.
pub(crate) async fn created(glance: &Glance, id: Uuid, run: Uuid) -> Option<Image> {
    let image = glance.find(id).await.ok().flatten()?;
    (image.status == Status::Queued && marker::is_by(&image, run)).then_some(image)
}

/// Changes an image by one request. An error means that the image is not as the patch would make
/// it, or that Glance could not be asked.
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

/// Deletes an image; one that does not exist any more is not an error.
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

/// Removes a project's access; a project without access is not an error.
pub(crate) async fn remove_member(glance: &Glance, id: Uuid, project: &str) -> Result<(), Error> {
    let error = match glance.remove_member(id, project).await {
        Ok(()) | Err(Error::NotFound(_)) => return Ok(()),
        Err(error) => error,
    };
    match glance.members(id).await {
        Ok(members) if member(&members, project).is_none() => Ok(()),
        _ => Err(error),
    }
}

/// Accepts an image for a project, or rejects it.
pub(crate) async fn set_member_status(
    glance: &Glance,
    id: Uuid,
    project: &str,
    status: &MemberStatus,
) -> Result<(), Error> {
    let error = match glance.set_member_status(id, project, status.clone()).await {
        Err(error @ Error::NotFound(_)) => return Err(error),
        Err(error) => error,
        Ok(_) => return Ok(()),
    };
    let members = glance.members(id).await.unwrap_or_default();
    match member(&members, project) {
        Some(member) if member.status == *status => Ok(()),
        _ => Err(error),
    }
}

fn member<'a>(members: &'a [Member], project: &str) -> Option<&'a Member> {
    members.iter().find(|member| member.project == project)
}
