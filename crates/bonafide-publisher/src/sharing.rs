//! Shares an image with exactly the projects that use it.
//!
//! Glance takes members only of images that are shared already, so between the first request and the
//! next ones a project that uses the image can't reach it. Whatever goes wrong there must not last.

use bonafide_glance::{Error as CloudError, Image, ImagePatch, MemberStatus, Visibility};

use crate::apply::{Applying, Taken};
use crate::{Action, Reason, marker};

/// How often it is tried to make an image reachable again.
const TRIES: usize = 3;

impl Applying<'_> {
    pub(crate) async fn share(&self, action: &Action) -> Taken {
        let Action::Share {
            channel,
            image: seen,
            add,
            accept,
            remove,
            ..
        } = action
        else {
            return Ok(());
        };
        let image = self.unchanged(channel, seen).await?;
        if image.visibility != Visibility::Shared || image.os_hidden {
            self.make_shared(&image).await?;
        }
        let alone = match self.give(&image, add, accept).await {
            Ok(alone) => alone,
            Err(error) => return Err(self.open_again(&image, error).await),
        };
        for project in remove {
            match self.glance().remove_member(image.id, project).await {
                Ok(()) | Err(CloudError::NotFound(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        match alone {
            Some(error) => Err(Reason::Pending(Box::new(error))),
            None => Ok(()),
        }
    }

    async fn make_shared(&self, image: &Image) -> Taken {
        let patch = ImagePatch::new()
            .visibility(Visibility::Shared)
            .hidden(false);
        let Err(error) = self.glance().update(image.id, &patch).await else {
            return Ok(());
        };
        // Its answer may have been lost; then the members are waited for.
        match self.glance().find(image.id).await {
            Ok(Some(now)) if now.visibility == Visibility::Shared && !now.os_hidden => Ok(()),
            Ok(_) => Err(error.into()),
            Err(_) => Err(self.open_again(image, error).await),
        }
    }

    /// Makes them members, and accepts for them. Gives the cloud's answer if it does not let this user do
    /// that: then they reach the image by its id, and may accept it themselves.
    async fn give(
        &self,
        image: &Image,
        add: &[String],
        accept: &[String],
    ) -> Result<Option<CloudError>, CloudError> {
        let id = image.id;
        for project in add {
            match self.glance().add_member(id, project).await {
                Ok(_) | Err(CloudError::Conflict(_)) => {}
                Err(error) => {
                    // Its answer may have been lost.
                    let members = self.glance().members(id).await.unwrap_or_default();
                    if !members.iter().any(|member| member.project == *project) {
                        return Err(error);
                    }
                }
            }
        }
        let mut alone = None;
        for project in add.iter().chain(accept) {
            let accepted = MemberStatus::Accepted;
            match self.glance().set_member_status(id, project, accepted).await {
                Ok(_) => {}
                // It is no member after all.
                Err(error @ CloudError::NotFound(_)) => return Err(error),
                Err(error) => alone = Some(error),
            }
        }
        if let Some(CloudError::Forbidden(_)) = alone
            && !marker::members_accept_alone(image)
        {
            let patch = ImagePatch::new().set(marker::MEMBERS_ACCEPT, marker::ALONE);
            // If that fails it is found out again.
            let _ = self.glance().update(id, &patch).await;
        }
        Ok(alone)
    }

    /// Somebody who uses the image can't be given access: everybody reaches it again. It was visible until
    /// a moment ago, and its bytes can't have changed, so no proof is needed. What was shared before
    /// becomes a community image: in no list, and reached by its id.
    async fn open_again(&self, before: &Image, error: CloudError) -> Reason {
        let id = before.id;
        let (visibility, hidden) = match before.visibility {
            Visibility::Public => (Visibility::Public, before.os_hidden),
            _ => (Visibility::Community, false),
        };
        let mut patch = ImagePatch::new().visibility(visibility).hidden(hidden);
        if let CloudError::TooLarge(_) = error {
            let members = self.glance().members(id).await.unwrap_or_default().len();
            if members > 0 {
                patch = patch.set(marker::MOST_MEMBERS, members.to_string());
            }
        }
        let mut failure = None;
        for _ in 0..TRIES {
            match self.glance().update(id, &patch).await {
                Ok(_) | Err(CloudError::NotFound(_)) => return error.into(),
                Err(again) => failure = Some(again),
            }
        }
        match failure {
            Some(failure) => Reason::LockedOut {
                image: id,
                error: Box::new(error),
                failure: Box::new(failure),
            },
            None => error.into(),
        }
    }
}
