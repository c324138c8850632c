//! An approved plan, compared with a new one.

use super::{Action, Plan};
use crate::error::Error;

impl Plan {
    /// The approved steps of this new plan. Every approved step must be planned again, unchanged;
    /// new steps are left for the next plan.
    ///
    /// # Errors
    ///
    /// [`Error::PlanOutdated`] if an approved step is no longer planned.
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

    /// The steps that take no access away, if there is a long one among them: the usage is looked
    /// up again after it.
    pub(crate) fn before_taking(mut self) -> Self {
        let uploads = |action: &Action| matches!(action, Action::Publish { .. });
        if self.actions.iter().any(uploads) {
            self.actions.retain(|action| !action.takes());
        }
        self
    }
}

impl Action {
    /// Whether `other` repeats this step, whatever the image was like before.
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

    /// The projects to which a step gives access, and from which it takes it.
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

    /// Whether a project that had access may have none after it.
    ///
    /// Only a complete usage leads to such a step.
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
