//! What a run did, and what it did not do.

use std::fmt;

use uuid::Uuid;

use crate::error::of_cloud;
use crate::{Action, Candidate, Error, Newest, PlanNote, PublishReport};

/// The channel of what is about all of them.
pub(crate) const ALL: &str = "-";

/// What a channel's vendor offers.
#[derive(Debug)]
#[non_exhaustive]
pub enum Offer {
    /// Its newest build, whose list is proven.
    Found(Box<Candidate>),
    /// The channel has ended: its vendor was not asked.
    NoMore,
    /// Nothing that is proven.
    Refused(Box<Error>),
}

impl Offer {
    /// As plans take it.
    #[must_use]
    pub fn newest(&self) -> Newest<'_> {
        match self {
            Self::Found(candidate) => Newest::Found(candidate),
            Self::NoMore => Newest::NoMore,
            Self::Refused(_) => Newest::Unknown,
        }
    }
}

/// Why a step was not taken.
#[derive(Debug)]
#[non_exhaustive]
pub enum SkipReason {
    /// The run was asked to stop before.
    Cancelled,
    /// Another run is uploading the build.
    Busy {
        /// Which image, since when, and until when it may.
        what: String,
        /// Whether the image was made more than an hour ago, by the cloud's clock.
        overdue: bool,
    },
    /// The world is not any more as it was when the plan was made. The next plan knows.
    Changed(String),
    /// The cloud does not let this user do it: protected (403), in use in the store (409), or not
    /// allowed by its policy.
    Cloud(Box<bonafide_glance::Error>),
    /// It went wrong.
    Failed(Box<Error>),
    /// A project that uses the image can't be given access, and the image could not be made reachable for
    /// everybody again. The next run tries to.
    LockedOut {
        /// The image.
        image: Uuid,
        /// Why no access could be given.
        error: Box<bonafide_glance::Error>,
        /// Why it could not be made reachable.
        failure: Box<bonafide_glance::Error>,
    },
    /// The projects are members, but the cloud does not let this user accept for them. They reach the
    /// image by its id, and see it in their lists once they accept.
    Pending(Box<bonafide_glance::Error>),
    /// The newest build must not be published, for what is published already: it is older, or so is its
    /// list.
    Refused(String),
}

impl SkipReason {
    /// A word for programs, as [`Error::code`].
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
                 not be made reachable for everybody again ({failure}): run again soon, or make it \
                 a community image by hand"
            ),
            Self::Pending(error) => write!(
                f,
                "the projects are members, but have to accept the image themselves: {error}"
            ),
        }
    }
}

/// A step that was not taken, or a channel whose newest build is not published.
#[derive(Debug)]
#[non_exhaustive]
pub struct SkippedStep {
    /// The channel; `-` if the run could not go on.
    pub channel: String,
    /// The step; `None` if there is no build that could be planned with.
    pub action: Option<Action>,
    /// Whether the cloud was looked at since, so that it is known that the step was not taken. Else the
    /// answer may be lost of a step that was taken.
    pub is_seen: bool,
    /// Why.
    pub reason: SkipReason,
}

impl SkippedStep {
    /// What is about a channel, or all of them, and no step of its own.
    pub(crate) fn channel(channel: &str, reason: SkipReason) -> Self {
        Self {
            channel: channel.to_owned(),
            action: None,
            is_seen: true,
            reason,
        }
    }

    /// Whether somebody should look into it. What another run does at the same time, what the cloud
    /// does not allow, and that a vendor signs nothing, are facts.
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
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct ReconcileReport {
    /// The newest build of each channel that is public now, and what was proven of it.
    pub reports: Vec<PublishReport>,
    /// The steps that were taken, in their order.
    pub applied: Vec<Action>,
    /// What was not done.
    pub skipped: Vec<SkippedStep>,
    /// What was seen besides, in the last round.
    pub notes: Vec<PlanNote>,
    /// Requests that were sent to the cloud, log-in included.
    pub requests: u64,
    /// Whether the run was asked to stop: then what is not named here was not looked at to the end.
    pub cancelled: bool,
}
