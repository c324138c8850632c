//! A plan is a pure function of the desired and the observed state, and is data itself.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bonafide_glance::{Image, UsageGap, Visibility};
use bonafide_resolve::Candidate;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use url::Url;
use uuid::Uuid;

use crate::channel::Channel;
use crate::error::Error;
use crate::ledger::evidence;

mod approval;
mod builds;
mod decide;
mod display;
mod draft;
pub(crate) mod inventory;
mod retire;

/// A channel, and what its vendor offers now: the desired state that a plan is made for.
///
/// [`Publisher::latest`](crate::Publisher::latest) makes one for each channel.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Target<'a> {
    /// The channel.
    pub channel: &'a Channel,
    /// Its vendor's newest build.
    pub latest: Latest,
}

impl<'a> Target<'a> {
    /// The channel should have this build.
    #[must_use]
    pub const fn new(channel: &'a Channel, latest: Latest) -> Self {
        Self { channel, latest }
    }
}

/// What a vendor offers of a channel now.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Latest {
    /// The channel has ended: `provided_until` has passed, so the vendor is not asked and no new build is
    /// published.
    Ended,
    /// Its newest build, whose list is verified.
    Found(Arc<Candidate>),
    /// The vendor could not be reached, or what it offers is not verified. Published images stay as they
    /// are.
    Unknown(Arc<Error>),
}

/// One build of a vendor.
///
/// Serialized in plans, so that an approved build is the one that is published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Build {
    /// The vendor's serial.
    pub serial: String,
    /// The digest that the vendor signed: `sha256:…`.
    pub digest: String,
    /// The vendor's URL of the image file.
    pub url: Url,
}

impl From<&Candidate> for Build {
    fn from(candidate: &Candidate) -> Self {
        Self {
            serial: candidate.serial().to_string(),
            digest: evidence::digest(candidate),
            url: candidate.file().url.clone(),
        }
    }
}

/// An image as it was when the plan was made. It is left alone if it has changed since.
///
/// `updated_at` shows whether the image was changed since.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ImageSnapshot {
    /// The image.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Its visibility.
    pub visibility: Visibility,
    /// Whether lists omit it.
    pub os_hidden: bool,
    /// When it was changed last, UTC.
    pub updated_at: Option<Timestamp>,
}

impl ImageSnapshot {
    pub(crate) fn new(image: &Image) -> Self {
        Self {
            id: image.id,
            name: image.name.clone().unwrap_or_default(),
            visibility: image.visibility,
            os_hidden: image.os_hidden,
            updated_at: image.updated_at,
        }
    }
}

/// One step. Each looks again before it acts, and can be repeated.
///
/// Serialized, `action` is its kind in snake case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Action {
    /// Deletes an image that no project uses and no promise holds. First it is withdrawn from all
    /// projects, then its usage is looked up once more.
    Delete {
        /// The channel.
        channel: String,
        /// The image.
        image: ImageSnapshot,
    },
    /// Removes what a dead run has left.
    Discard {
        /// The channel.
        channel: String,
        /// The image.
        image: ImageSnapshot,
    },
    /// Publishes the build; before that, older ones give up their place.
    Publish {
        /// The channel.
        channel: String,
        /// The build.
        build: Build,
        /// An image of it that only has to be verified and made public.
        image: Option<ImageSnapshot>,
        /// The image whose place it takes.
        supersedes: Vec<ImageSnapshot>,
    },
    /// Makes an image the newest again: the one that superseded it does not exist.
    Reinstate {
        /// The channel.
        channel: String,
        /// The image.
        image: ImageSnapshot,
    },
    /// Undoes a change of the newest image.
    Repair {
        /// The channel.
        channel: String,
        /// The image.
        image: ImageSnapshot,
        /// The names of properties and attributes to restore, and their values.
        changes: BTreeMap<String, String>,
        /// Public images that give up their name and `generic` before, as for [`Action::Publish`].
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        supersedes: Vec<ImageSnapshot>,
    },
    /// Makes the image visible in exactly these projects.
    Share {
        /// The channel.
        channel: String,
        /// The image.
        image: ImageSnapshot,
        /// The projects that use it.
        projects: BTreeSet<String>,
        /// Those of them that are not members yet.
        add: Vec<String>,
        /// Members that have not accepted it.
        accept: Vec<String>,
        /// Members that do not use it any more.
        remove: Vec<String>,
    },
    /// Takes the place of an image for which a newer one is public.
    Supersede {
        /// The channel.
        channel: String,
        /// The image.
        image: ImageSnapshot,
        /// Its new name, if that changes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
    },
    /// Makes an unused image whose id is still promised a community image, which is in no list and
    /// can be used by its id.
    Unlist {
        /// The channel.
        channel: String,
        /// The image.
        image: ImageSnapshot,
    },
}

impl Action {
    /// The word for this step in a plan's JSON: `delete`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Delete { .. } => "delete",
            Self::Discard { .. } => "discard",
            Self::Publish { .. } => "publish",
            Self::Reinstate { .. } => "reinstate",
            Self::Repair { .. } => "repair",
            Self::Share { .. } => "share",
            Self::Supersede { .. } => "supersede",
            Self::Unlist { .. } => "unlist",
        }
    }

    /// The channel.
    #[must_use]
    pub fn channel(&self) -> &str {
        match self {
            Self::Delete { channel, .. }
            | Self::Discard { channel, .. }
            | Self::Publish { channel, .. }
            | Self::Reinstate { channel, .. }
            | Self::Repair { channel, .. }
            | Self::Share { channel, .. }
            | Self::Supersede { channel, .. }
            | Self::Unlist { channel, .. } => channel,
        }
    }

    /// The image, if it exists already.
    #[must_use]
    pub const fn image(&self) -> Option<&ImageSnapshot> {
        match self {
            Self::Delete { image, .. }
            | Self::Discard { image, .. }
            | Self::Reinstate { image, .. }
            | Self::Repair { image, .. }
            | Self::Share { image, .. }
            | Self::Supersede { image, .. }
            | Self::Unlist { image, .. } => Some(image),
            Self::Publish { image, .. } => image.as_ref(),
        }
    }
}

/// An observation, and why nothing is done about it.
///
/// `Display` prints it with the channel, the image and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "note", rename_all = "snake_case")]
#[non_exhaustive]
pub enum PlanNote {
    /// Another run may be working on the image.
    Busy {
        /// The channel.
        channel: String,
        /// The image.
        image: Uuid,
        /// When it was created, by the cloud's clock, UTC.
        since: Option<Timestamp>,
        /// The end of its lease, by that run's clock, UTC.
        until: Timestamp,
        /// Whether that is more than an hour ago.
        #[serde(default)]
        overdue: bool,
    },
    /// The cloud's policy refuses the visibility `community`, so the image keeps its visibility
    /// while its `uuid_validity` holds it.
    CommunityRefused {
        /// The channel.
        channel: String,
        /// The image.
        image: Uuid,
    },
    /// Someone has deactivated the image.
    Deactivated {
        /// The channel.
        channel: String,
        /// The image.
        image: Uuid,
    },
    /// The cloud's policy refuses members of the image, so it can't be shared with the projects
    /// that use it.
    MembersRefused {
        /// The channel.
        channel: String,
        /// The image.
        image: Uuid,
        /// The projects.
        projects: Vec<String>,
    },
    /// The cloud refuses the heartbeat image, so others wait for the end of this run's lease if it
    /// dies.
    NoHeartbeat {
        /// The cloud's answer.
        why: String,
    },
    /// Members that have not accepted the image. In this cloud only they can accept it; until then
    /// they use it by its id.
    Pending {
        /// The channel.
        channel: String,
        /// The image.
        image: Uuid,
        /// The members.
        projects: Vec<String>,
    },
    /// Someone has made a superseded image private. Runs never do that, so it is left alone.
    Private {
        /// The channel.
        channel: String,
        /// The image.
        image: Uuid,
    },
    /// No project uses the superseded image, but it is kept.
    Promised {
        /// The channel.
        channel: String,
        /// The image.
        image: Uuid,
        /// What keeps it: its `uuid_validity`.
        uuid_validity: String,
    },
    /// The image is due to be hidden or deleted, but protected.
    Protected {
        /// The channel.
        channel: String,
        /// The image.
        image: Uuid,
    },
    /// The newest build is refused.
    Refused {
        /// The channel.
        channel: String,
        /// The reason.
        why: String,
    },
    /// More projects use the image than it can have members, so it stays public.
    TooManyUsers {
        /// The channel.
        channel: String,
        /// The image.
        image: Uuid,
        /// The projects that use it.
        users: usize,
        /// The members that the cloud allows.
        most: usize,
    },
    /// The cloud's policy does not allow the newest image to be restored.
    RepairRefused {
        /// The channel.
        channel: String,
        /// The image.
        image: Uuid,
        /// The names of the differences, sorted.
        names: Vec<String>,
    },
    /// An alarm: the vendor's newest list is older than the channel allows (`age_limit`). Either the vendor
    /// builds no more, or newer lists are kept from this machine (a freeze attack).
    Stale {
        /// The channel.
        channel: String,
        /// The list.
        list: Url,
        /// When it was signed, UTC.
        signed_at: Timestamp,
        /// How old it may be.
        limit: SignedDuration,
    },
    /// The image lacks the properties of a published image, so it is left alone.
    Unreadable {
        /// The channel.
        channel: String,
        /// The image.
        image: Uuid,
    },
    /// It is not known which projects use these images, so nothing is hidden or deleted.
    UsageUnknown {
        /// The superseded images.
        images: Vec<Uuid>,
        /// What could not be learned, and why.
        gaps: Vec<UsageGap>,
    },
}

/// What is to be done in one cloud, in this order. It can be serialized to JSON, reviewed, approved
/// and applied later; `Display` is for people.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Plan {
    /// The id of the project whose images these are.
    pub project: String,
    /// The steps.
    pub actions: Vec<Action>,
    /// Observations.
    pub notes: Vec<PlanNote>,
}

impl Plan {
    /// Whether nothing is to be done.
    ///
    /// A run ends with an empty plan, unless steps were skipped.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.actions.is_empty()
    }
}
