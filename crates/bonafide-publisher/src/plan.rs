//! What is to be done, as data: a plan is made from what is wanted and what is there, by nobody's help.

use std::collections::{BTreeMap, BTreeSet};

use bonafide_glance::{Image, UsageGap, Visibility};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;
use uuid::Uuid;

use crate::{Candidate, Channel};

mod approval;
mod builds;
mod decide;
mod display;
pub(crate) mod inventory;
mod retire;

/// A channel, and what its vendor offers.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Wish<'a> {
    /// The channel.
    pub channel: &'a Channel,
    /// Its newest build.
    pub newest: Newest<'a>,
}

impl<'a> Wish<'a> {
    /// The channel shall have its newest build.
    #[must_use]
    pub const fn new(channel: &'a Channel, newest: Newest<'a>) -> Self {
        Self { channel, newest }
    }
}

/// The newest build of a channel.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Newest<'a> {
    /// It is this one, and its list is proven.
    Found(&'a Candidate),
    /// No new builds are published, since `provided_until` has passed.
    NoMore,
    /// It could not be told, or is not proven. What is published stays, and grows old.
    Unknown,
}

/// One build of a vendor's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Build {
    /// What the vendor calls it.
    pub serial: String,
    /// What the vendor signed: `sha256:…`.
    pub digest: String,
    /// The image file at the vendor's.
    pub url: Url,
}

/// An image as it was when the plan was made. It is left alone if it no longer is so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ImageSnapshot {
    /// The image.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Who sees it.
    pub visibility: Visibility,
    /// Whether lists leave it out.
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Action {
    /// Nobody uses the image, and no promise holds it: it goes. First nobody may start to use it any
    /// more, then all uses are looked up once more.
    Delete {
        /// The channel.
        channel: String,
        /// The image.
        image: ImageSnapshot,
    },
    /// What a dead run has left goes.
    Discard {
        /// The channel.
        channel: String,
        /// The image.
        image: ImageSnapshot,
    },
    /// The build becomes public; before that, older ones give up their place.
    Publish {
        /// The channel.
        channel: String,
        /// The build.
        build: Build,
        /// An image of it that only has to be proven and made public.
        image: Option<ImageSnapshot>,
        /// What it takes the place of.
        supersedes: Vec<ImageSnapshot>,
    },
    /// The newest image was superseded by one that is not there: it is the newest again.
    Reinstate {
        /// The channel.
        channel: String,
        /// The image.
        image: ImageSnapshot,
    },
    /// What somebody changed on the newest image is put back.
    Repair {
        /// The channel.
        channel: String,
        /// The image.
        image: ImageSnapshot,
        /// What is put back: the names of properties and attributes, and their values.
        changes: BTreeMap<String, String>,
        /// Public images that give up their name and `generic` before, as for [`Action::Publish`].
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        supersedes: Vec<ImageSnapshot>,
    },
    /// The image becomes, or stays, visible in exactly these projects.
    Share {
        /// The channel.
        channel: String,
        /// The image.
        image: ImageSnapshot,
        /// Those that use it.
        projects: BTreeSet<String>,
        /// Those of them that are no members yet.
        add: Vec<String>,
        /// Members that have not answered.
        accept: Vec<String>,
        /// Members that use it no longer.
        remove: Vec<String>,
    },
    /// The image gives up its place: a newer one is public.
    Supersede {
        /// The channel.
        channel: String,
        /// The image.
        image: ImageSnapshot,
        /// What it is called then, if that changes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
    },
    /// Nobody uses the image, but its id is still promised to everybody: it becomes a community image,
    /// which no list has and everybody reaches.
    Unlist {
        /// The channel.
        channel: String,
        /// The image.
        image: ImageSnapshot,
    },
}

impl Action {
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

    /// The image, if there is one yet.
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

/// Something that was seen, and why nothing is done about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "note", rename_all = "snake_case")]
#[non_exhaustive]
pub enum PlanNote {
    /// Another run may be at the image.
    Busy {
        /// The channel.
        channel: String,
        /// The image.
        image: Uuid,
        /// When it was made, by the cloud's clock, UTC.
        since: Option<Timestamp>,
        /// The end of its lease, by that run's clock, UTC.
        until: Timestamp,
        /// Whether that is more than an hour ago.
        #[serde(default)]
        overdue: bool,
    },
    /// The cloud does not let the image become a community image, by its policy, so it stays as visible
    /// as it is while its `uuid_validity` holds it.
    CommunityRefused {
        /// The channel.
        channel: String,
        /// The image.
        image: Uuid,
    },
    /// Somebody made the image unusable on purpose.
    Deactivated {
        /// The channel.
        channel: String,
        /// The image.
        image: Uuid,
    },
    /// The cloud takes no members of the image, by its policy, so it can't be shared with projects that
    /// use it.
    MembersRefused {
        /// The channel.
        channel: String,
        /// The image.
        image: Uuid,
        /// The projects.
        projects: Vec<String>,
    },
    /// The cloud takes no heartbeat image, so others wait for the end of this run's lease if it dies.
    NoHeartbeat {
        /// What the cloud says.
        why: String,
    },
    /// Members that have not accepted the image. The cloud lets nobody else do it; until then they reach
    /// it by its id.
    Pending {
        /// The channel.
        channel: String,
        /// The image.
        image: Uuid,
        /// The members.
        projects: Vec<String>,
    },
    /// Somebody made a superseded image private. Runs never do that, so it stays so.
    Private {
        /// The channel.
        channel: String,
        /// The image.
        image: Uuid,
    },
    /// Nobody uses the superseded image, but it is kept.
    Promised {
        /// The channel.
        channel: String,
        /// The image.
        image: Uuid,
        /// The promise that keeps it: its `uuid_validity`.
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
        /// Why.
        why: String,
    },
    /// More projects use the image than it can have members, so everybody sees it.
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
    /// The cloud does not let the newest image be put back as the channel says, by its policy.
    RepairRefused {
        /// The channel.
        channel: String,
        /// The image.
        image: Uuid,
        /// The names of what differs, sorted.
        names: Vec<String>,
    },
    /// The image does not bear what published images bear, so it is left alone.
    Unreadable {
        /// The channel.
        channel: String,
        /// The image.
        image: Uuid,
    },
    /// It is not known who uses these images, so nothing is taken from anybody.
    UsageUnknown {
        /// The images that would be looked after.
        images: Vec<Uuid>,
        /// What could not be learned, and why.
        gaps: Vec<UsageGap>,
    },
}

/// What is to be done in one cloud, in this order. Serialises to JSON, so that it can be looked at,
/// approved and applied later; `Display` is for people.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Plan {
    /// The id of the project whose images these are.
    pub project: String,
    /// The steps.
    pub actions: Vec<Action>,
    /// What was seen besides.
    pub notes: Vec<PlanNote>,
}

impl Plan {
    /// Whether nothing is to be done.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.actions.is_empty()
    }
}
