//! A plan that somebody has looked at, beside one that was made just now.

use super::{Action, Plan};
use crate::Error;

impl Plan {
    /// Of this plan, which was made just now, the steps that were approved. Everything that was approved
    /// must still be right, word by word; what is new since is left for the next plan.
    ///
    /// # Errors
    ///
    /// [`Error::PlanOutdated`] if a step that was approved is no longer planned.
    pub fn as_approved(mut self, approved: &Self) -> Result<Self, Error> {
        let gone = approved.actions.iter();
        let gone = gone.filter(|action| !self.actions.contains(action));
        let mut gone: Vec<String> = gone.map(|action| action.headline()).collect();
        if self.project != approved.project {
            gone = vec![format!(
                "it is for the project {}, and this is {}",
                approved.project.escape_debug(),
                self.project
            )];
        }
        if !gone.is_empty() {
            return Err(Error::PlanOutdated { gone });
        }
        self.actions
            .retain(|action| approved.actions.contains(action));
        Ok(self)
    }

    /// The steps that take nothing from anybody, if there is a long one among them: who uses what is
    /// looked up again after it.
    pub(crate) fn before_taking(mut self) -> Self {
        let uploads = |action: &Action| matches!(action, Action::Publish { .. });
        if self.actions.iter().any(uploads) {
            self.actions.retain(|action| !action.takes());
        }
        self
    }
}

impl Action {
    /// Whether the other one would do nothing that this one has not done or tried to, whatever the image
    /// was like before.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        if let (Self::Share { .. }, Self::Share { .. }) = (self, other) {
            let all = |of: &[String], among: &[String]| of.iter().all(|one| among.contains(one));
            let (ours, theirs) = (self.members(), other.members());
            return self.image().map(|image| image.id) == other.image().map(|image| image.id)
                && all(&theirs.0, &ours.0)
                && all(&theirs.1, &ours.1);
        }
        let build = |action: &Self| match action {
            Self::Publish { channel, build, .. } => Some((channel.clone(), build.clone())),
            _ => None,
        };
        let image = |action: &Self| action.image().map(|image| image.id);
        std::mem::discriminant(self) == std::mem::discriminant(other)
            && match (build(self), build(other)) {
                (None, None) => image(self) == image(other),
                (one, other) => one == other,
            }
    }

    /// Whom a step gives access, and from whom it takes it.
    fn members(&self) -> (Vec<String>, Vec<String>) {
        match self {
            Self::Share {
                add,
                accept,
                remove,
                ..
            } => ([&add[..], &accept[..]].concat(), remove.clone()),
            _ => Default::default(),
        }
    }

    /// Whether somebody who had access may have none after it.
    #[must_use]
    pub fn takes(&self) -> bool {
        match self {
            Self::Delete { .. } | Self::Unlist { .. } => true,
            Self::Share { image, remove, .. } => {
                !remove.is_empty() || image.visibility != bonafide_glance::Visibility::Shared
            }
            Self::Discard { .. }
            | Self::Publish { .. }
            | Self::Reinstate { .. }
            | Self::Repair { .. }
            | Self::Supersede { .. } => false,
        }
    }
}
