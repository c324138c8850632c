//! Deletes unused images: first an image is withdrawn from all projects, then its usage is looked
//! up once more.

use bonafide_glance::{Image, ImagePatch, Usage, Visibility};

use crate::ledger::changes;
use crate::plan::{Action, ImageSnapshot};
use crate::reconcile::guard::{Applying, StepResult};
use crate::reconcile::report::SkipReason;

/// An image that is being deleted: no project can begin to use it any more.
pub(crate) struct Withdrawn {
    action: Action,
    image: Image,
}

impl Withdrawn {
    pub(crate) const fn new(action: Action, image: Image) -> Self {
        Self { action, image }
    }
}

impl Applying<'_> {
    /// Withdraws the image from all projects except its own.
    pub(crate) async fn withdraw(
        &self,
        channel: &str,
        seen: &ImageSnapshot,
    ) -> Result<Image, SkipReason> {
        let mut image = self.unchanged(channel, seen).await?;
        if image.protected {
            let id = image.id;
            return Err(SkipReason::Changed(format!("image {id} is protected")));
        }
        if image.visibility == Visibility::Private {
            return Ok(image);
        }
        if image.visibility != Visibility::Shared {
            let patch = ImagePatch::new().visibility(Visibility::Shared);
            changes::update(self.glance(), image.id, &patch).await?;
        }
        // Former members would come back with the visibility.
        for member in self.glance().members(image.id).await? {
            changes::remove_member(self.glance(), image.id, &member.project).await?;
        }
        // The image after all of that.
        image = self.glance().image(image.id).await?;
        match image.visibility {
            Visibility::Shared => Ok(image),
            _ => Err(SkipReason::Changed(format!(
                "image {} is {} again",
                image.id, image.visibility
            ))),
        }
    }

    /// Deletes images that no project has begun to use since the plan was made.
    pub(crate) async fn delete(&mut self, withdrawn: Vec<Withdrawn>) {
        if withdrawn.is_empty() {
            return;
        }
        let ids = withdrawn.iter().map(|one| one.image.id).collect();
        let usage = self.publisher.usage(&ids).await;
        for Withdrawn { action, image } in withdrawn {
            let taken = self.delete_unused(action.channel(), &image, &usage).await;
            self.note(&action, taken);
        }
    }

    async fn delete_unused(&self, channel: &str, image: &Image, usage: &Usage) -> StepResult {
        match usage {
            Usage::Complete(uses) if uses.is_used(image.id) => {
                let projects = uses.projects(image.id);
                let projects: Vec<_> = projects.map(|p| p.escape_debug().to_string()).collect();
                let projects = projects.join(", ");
                Err(SkipReason::Changed(format!(
                    "it is used again, by {projects}"
                )))
            }
            Usage::Complete(_) => {
                // The look-up may have taken time.
                let image = self.unchanged(channel, &ImageSnapshot::new(image)).await?;
                if image.protected {
                    let id = image.id;
                    return Err(SkipReason::Changed(format!("image {id} is protected")));
                }
                self.remove(&image).await
            }
            Usage::Incomplete { gaps, .. } => {
                let gaps: Vec<_> = gaps.iter().map(ToString::to_string).collect();
                let gaps = gaps.join("; ");
                Err(SkipReason::Changed(format!(
                    "its usage is no longer known: {gaps}"
                )))
            }
        }
    }
}
