//! Shares an image with exactly the projects that use it.
//!
//! Glance accepts members only for images that are shared already, so between the first request and
//! the next ones a project that uses the image can't reach it. So no other request comes between
//! them, and all members are added at the same time. An error there must not last.

use std::sync::atomic::{AtomicBool, Ordering};

use bonafide_glance::{Error as CloudError, Image, ImagePatch, MemberStatus, Visibility};
use futures_util::{StreamExt, stream};
use uuid::Uuid;

use crate::ledger::remember::remember;
use crate::ledger::{changes, keys, marker};
use crate::plan::Action;
use crate::reconcile::guard::{Applying, StepResult};
use crate::reconcile::report::SkipReason;

/// How many members are added, or accepted for, at the same time. The session keeps to the cloud's
/// rate limit.
const AT_ONCE: usize = 16;

impl Applying<'_> {
    pub(crate) async fn share(&self, action: &Action) -> StepResult {
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
        if let Err(error) = self.admit(&image, add).await {
            return Err(self.open_again(&image, error).await);
        }
        let members = add.iter().chain(accept);
        let alone = match self.accept(&image, members).await {
            Ok(alone) => alone,
            Err(error) => return Err(self.open_again(&image, error).await),
        };
        for project in remove {
            changes::remove_member(self.glance(), image.id, project).await?;
        }
        match alone {
            Some(error) => Err(SkipReason::Pending(Box::new(error))),
            None => Ok(()),
        }
    }

    async fn make_shared(&self, image: &Image) -> StepResult {
        let patch = ImagePatch::new()
            .visibility(Visibility::Shared)
            .hidden(false);
        let Err(error) = changes::update(self.glance(), image.id, &patch).await else {
            return Ok(());
        };
        // If Glance can't be asked, its answer may be lost, and the image shared with no project.
        match self.glance().find(image.id).await {
            Ok(_) => Err(error.into()),
            Err(_) => Err(self.open_again(image, error).await),
        }
    }

    /// Adds the members, all at once: until its own turn each project gets 404.
    async fn admit(&self, image: &Image, projects: &[String]) -> Result<(), CloudError> {
        let failed = AtomicBool::new(false);
        let adding = projects.iter().map(|project| {
            let failed = &failed;
            async move {
                // Requests after a failure would only be undone.
                if failed.load(Ordering::Relaxed) {
                    return Ok(());
                }
                let added = self.add(image.id, project).await;
                failed.fetch_or(added.is_err(), Ordering::Relaxed);
                added
            }
        });
        // Pending requests are completed, so that the members are known.
        let added: Vec<_> = stream::iter(adding)
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        added.into_iter().collect()
    }

    async fn add(&self, image: Uuid, project: &str) -> Result<(), CloudError> {
        match self.glance().add_member(image, project).await {
            Ok(_) | Err(CloudError::Conflict(_)) => Ok(()),
            Err(error) => {
                // Its answer may have been lost.
                let members = self.glance().members(image).await.unwrap_or_default();
                match members.iter().any(|member| member.project == project) {
                    true => Ok(()),
                    false => Err(error),
                }
            }
        }
    }

    /// Accepts for the members. Returns the cloud's answer if it does not allow this user to do
    /// that: then they use the image by its id, and may accept it themselves.
    async fn accept(
        &self,
        image: &Image,
        projects: impl Iterator<Item = &String>,
    ) -> Result<Option<CloudError>, CloudError> {
        let id = image.id;
        let accepting = projects.map(|project| async move {
            let accepted = MemberStatus::Accepted;
            changes::set_member_status(self.glance(), id, project, &accepted).await
        });
        let answers: Vec<_> = stream::iter(accepting)
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        let mut alone = None;
        for answer in answers {
            match answer {
                Ok(()) => {}
                // It is not a member after all.
                Err(error @ CloudError::NotFound(_)) => return Err(error),
                Err(error) => alone = Some(error),
            }
        }
        if let Some(CloudError::Forbidden(_)) = alone
            && !marker::members_accept_alone(image)
        {
            remember(self.glance(), id, keys::MEMBERS_ACCEPT, keys::ALONE).await;
        }
        Ok(alone)
    }

    /// What to store about a cloud that refuses more members.
    async fn refusal(&self, id: Uuid, error: &CloudError) -> Option<(&'static str, String)> {
        match error {
            CloudError::TooLarge(_) => {
                let members = self.glance().members(id).await.unwrap_or_default().len();
                (members > 0).then(|| (keys::MOST_MEMBERS, members.to_string()))
            }
            CloudError::Forbidden(_) => {
                // An image that is no longer shared accepts no members either.
                let image = self.glance().find(id).await.ok()??;
                let is_policy = image.visibility == Visibility::Shared;
                is_policy.then(|| (keys::MEMBERS_REFUSED, self.now().to_string()))
            }
            _ => None,
        }
    }

    /// A project that uses the image can't be given access: all projects get access again. The
    /// image was visible until a moment ago, and its bytes can't have changed, so no proof is
    /// needed. An image that was shared before becomes a community image: in no list, and usable by
    /// its id.
    async fn open_again(&self, before: &Image, error: CloudError) -> SkipReason {
        let id = before.id;
        let (visibility, hidden) = match before.visibility {
            Visibility::Public => (Visibility::Public, before.os_hidden),
            _ => (Visibility::Community, false),
        };
        let patch = ImagePatch::new().visibility(visibility).hidden(hidden);
        let refusal = self.refusal(id, &error).await;
        match changes::update(self.glance(), id, &patch).await {
            Ok(_) => {
                // Not before all projects can use it: a stored refusal is not tried again.
                if let Some((name, value)) = refusal {
                    remember(self.glance(), id, name, &value).await;
                }
                error.into()
            }
            Err(CloudError::NotFound(_)) => error.into(),
            Err(failure) => SkipReason::LockedOut {
                image: id,
                error: Box::new(error),
                failure: Box::new(failure),
            },
        }
    }
}
