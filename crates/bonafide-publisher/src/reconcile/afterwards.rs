//! The real results of failed steps: the state of the cloud is reported, and not an answer that was
//! lost.

use bonafide_glance::{Image, MemberStatus, Visibility};

use crate::ledger::build_state::{BuildState, among};
use crate::ledger::marker;
use crate::plan::inventory::Inventory;
use crate::plan::{Action, Build, Latest, Target};
use crate::reconcile::guard::Applying;
use crate::reconcile::report::SkipReason;
use crate::spec::drift;

impl Applying<'_> {
    /// Looks up each failed step among the current images: if it is done, it becomes an applied
    /// step; otherwise it is known to be undone.
    pub(crate) fn see(&mut self, inventory: &Inventory) {
        for mut refused in std::mem::take(&mut self.done.skipped) {
            let failed = matches!(refused.reason, SkipReason::Cloud(_) | SkipReason::Failed(_));
            match refused.action.as_ref().filter(|_| failed) {
                Some(action) if is_done(action, self.targets, inventory) => {
                    let action = action.clone();
                    self.note(&action, Ok(()));
                }
                _ => {
                    refused.is_seen = true;
                    self.done.skipped.push(refused);
                }
            }
        }
    }
}

/// Whether the images are as the step would make them.
fn is_done(action: &Action, targets: &[Target<'_>], inventory: &Inventory) -> bool {
    let found = |id| inventory.images.iter().find(|image| image.id == id);
    let target = targets
        .iter()
        .find(|target| target.channel.name() == action.channel());
    let newest = target.and_then(|target| match &target.latest {
        Latest::Found(candidate) => Some((target.channel, &**candidate)),
        _ => None,
    });
    match action {
        Action::Delete { image, .. } | Action::Discard { image, .. } => found(image.id).is_none(),
        Action::Publish { channel, build, .. } => newest.is_some_and(|(_, candidate)| {
            let images = inventory.images.iter();
            let own = images.filter(|image| marker::is_own(image, channel, &inventory.project));
            Build::from(candidate) == *build
                && matches!(among(own, candidate), Ok(BuildState::Published(_)))
        }),
        Action::Reinstate { image, .. } => found(image.id)
            .is_some_and(|image| marker::is_public(image) && !marker::is_superseded(image)),
        Action::Repair { image, .. } => newest.is_some_and(|(channel, candidate)| {
            let image = found(image.id);
            image.is_some_and(|image| matches!(drift::repair(channel, candidate, image), Ok(None)))
        }),
        Action::Share {
            image,
            add,
            accept,
            remove,
            ..
        } => found(image.id).is_some_and(|image| {
            let given = add.iter().chain(accept);
            is_shared(image, inventory, given, remove)
        }),
        Action::Supersede { image, name, .. } => found(image.id).is_some_and(|image| {
            marker::is_superseded(image) && (name.is_none() || image.name == *name)
        }),
        Action::Unlist { image, .. } => {
            found(image.id).is_some_and(|image| image.visibility == Visibility::Community)
        }
    }
}

fn is_shared<'a>(
    image: &Image,
    inventory: &Inventory,
    mut given: impl Iterator<Item = &'a String>,
    taken: &[String],
) -> bool {
    let Some(members) = inventory.members.get(&image.id) else {
        return false;
    };
    let status = |project: &String| {
        let mut members = members.iter();
        members
            .find(|member| member.project == *project)
            .map(|member| &member.status)
    };
    image.visibility == Visibility::Shared
        && !image.os_hidden
        && given.all(|project| status(project) == Some(&MemberStatus::Accepted))
        && taken.iter().all(|project| status(project).is_none())
}
