//! What a run did, and what it skipped.

use std::fmt;
use std::sync::Arc;

use bonafide_glance::Error as CloudError;
use uuid::Uuid;

use crate::error::Error;
use crate::error::code::of_cloud;
use crate::plan::{Action, PlanNote};
use crate::publish::report::PublishReport;

/// The name that is used for all channels together.
pub(crate) const ALL: &str = "-";

/// Why a step was not taken.
///
/// [`SkipReason::code`] is for programs, `Display` for people.
#[derive(Debug)]
#[non_exhaustive]
pub enum SkipReason {
    /// The run was asked to stop before.
    Cancelled,
    /// Another run is uploading the build.
    Busy {
        /// The image, since when, and until when it may.
        what: String,
        /// Whether the image was created more than an hour ago, by the cloud's clock.
        overdue: bool,
    },
    /// The state has changed since the plan was made. The next plan will include it.
    Changed(String),
    /// The cloud does not allow this user to do it: protected (403), in use in the store (409), or
    /// refused by policy.
    Cloud(Box<bonafide_glance::Error>),
    /// The request failed.
    Failed(Arc<Error>),
    /// A project that uses the image can't be given access, and the image could not be made
    /// reachable for all projects again. The next run tries again.
    LockedOut {
        /// The image.
        image: Uuid,
        /// Why access could not be given.
        error: Box<bonafide_glance::Error>,
        /// Why it could not be made reachable.
        failure: Box<bonafide_glance::Error>,
    },
    /// The projects are members, but the cloud does not allow this user to accept for them. They
    /// use the image by its id, and see it in their lists once they accept.
    Pending(Box<bonafide_glance::Error>),
    /// The newest build must not be published, because of an accepted one: it is older, or its list
    /// is.
    Refused(String),
}

impl SkipReason {
    /// A code for programs, like [`Error::code`].
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Busy { .. } => "busy",
            Self::Cancelled => "cancelled",
            Self::Changed(_) => "changed",
            Self::Cloud(error) => of_cloud(error),
            Self::Failed(error) => error.code(),
            Self::LockedOut { .. } => "locked_out",
            Self::Pending(_) => "members_pending",
            Self::Refused(_) => "contradicts_published",
        }
    }
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cancelled => Error::Cancelled.fmt(f),
            Self::Busy { what, .. } | Self::Changed(what) | Self::Refused(what) => {
                f.write_str(what)
            }
            Self::Cloud(error) => error.fmt(f),
            Self::Failed(error) => error.fmt(f),
            Self::LockedOut {
                image,
                error,
                failure,
            } => write!(
                f,
                "a project that uses image {image} can't be given access ({error}), and the image could \
                 not be made reachable for all projects again ({failure}): run again soon, or make it \
                 a community image by hand"
            ),
            Self::Pending(error) => write!(
                f,
                "the projects are members, but have to accept the image themselves: {error}"
            ),
        }
    }
}

impl From<CloudError> for SkipReason {
    fn from(error: CloudError) -> Self {
        match error {
            CloudError::Conflict(_) | CloudError::Forbidden(_) => Self::Cloud(Box::new(error)),
            other => Self::Failed(Arc::new(other.into())),
        }
    }
}

impl From<Error> for SkipReason {
    fn from(error: Error) -> Self {
        Self::from(Arc::new(error))
    }
}

impl From<Arc<Error>> for SkipReason {
    fn from(error: Arc<Error>) -> Self {
        match &*error {
            Error::Busy { .. } => Self::Busy {
                what: error.to_string(),
                overdue: false,
            },
            Error::Cancelled => Self::Cancelled,
            _ => Self::Failed(error),
        }
    }
}

/// A step that was skipped, or a channel whose newest build is not published.
///
/// [`SkippedStep::is_failure`] distinguishes errors from expected refusals.
#[derive(Debug)]
#[non_exhaustive]
pub struct SkippedStep {
    /// The channel; `-` if the run could not continue.
    pub channel: String,
    /// The step; `None` if there is no verified build.
    pub action: Option<Action>,
    /// Whether the cloud was looked at afterwards, so that it is known that the step was not
    /// executed. Otherwise its answer may be lost.
    pub is_seen: bool,
    /// Why.
    pub reason: SkipReason,
}

impl SkippedStep {
    /// An entry about a channel, or all of them, without a step.
    pub(crate) fn channel(channel: &str, reason: SkipReason) -> Self {
        Self {
            channel: channel.to_owned(),
            action: None,
            is_seen: true,
            reason,
        }
    }

    /// Whether this is a failure. Concurrent runs, policy denials and unsigned vendors are not
    /// failures.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        match &self.reason {
            SkipReason::Failed(error) => !error.is_expected(),
            SkipReason::LockedOut { .. } | SkipReason::Refused(_) => true,
            SkipReason::Busy { .. }
            | SkipReason::Cancelled
            | SkipReason::Changed(_)
            | SkipReason::Cloud(_)
            | SkipReason::Pending(_) => false,
        }
    }
}

/// What was done in one cloud.
///
/// It is complete without any event.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct ReconcileReport {
    /// The newest build of each channel that is public now, with its evidence.
    pub reports: Vec<PublishReport>,
    /// The executed steps, in their order.
    pub applied: Vec<Action>,
    /// What was skipped.
    pub skipped: Vec<SkippedStep>,
    /// Observations of the last round.
    pub notes: Vec<PlanNote>,
    /// The requests to the cloud, including the log-in.
    pub requests: u64,
    /// Whether the run was asked to stop: then anything that is not named here was not completely
    /// looked at.
    pub cancelled: bool,
}
