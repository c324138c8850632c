//! What one cloud has of the publisher's images.

use std::collections::{BTreeMap, BTreeSet};

use bonafide_glance::{Image, Member};
use jiff::Timestamp;
use uuid::Uuid;

use crate::ledger::marker;

/// What one cloud has of the publisher's images: those of its own project with its marker, and
/// their members.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Inventory {
    /// The id of the publisher's project.
    pub project: String,
    /// The images, in no particular order.
    pub images: Vec<Image>,
    /// The members of the shared images.
    pub members: BTreeMap<Uuid, Vec<Member>>,
    /// The time of the identity service, UTC, if it is known.
    pub time: Option<Timestamp>,
    /// Uploading runs that are known to be dead, by their heartbeat images.
    pub gone: BTreeSet<Uuid>,
    /// The heartbeat images of the project.
    pub(crate) heartbeats: Vec<Image>,
    /// The heartbeat images that any image of the project names.
    pub(crate) named: BTreeSet<Uuid>,
}

impl Inventory {
    /// An inventory for plans without a cloud. Images of other projects and images without the
    /// marker are left out.
    #[must_use]
    pub fn new(
        project: impl Into<String>,
        images: impl IntoIterator<Item = Image>,
        members: BTreeMap<Uuid, Vec<Member>>,
    ) -> Self {
        let project = project.into();
        let own = |image: &Image| marker::own_channel(image, &project).is_some();
        Self {
            images: images.into_iter().filter(own).collect(),
            project,
            members,
            ..Self::default()
        }
    }

    /// The ids of all of them.
    #[must_use]
    pub fn ids(&self) -> BTreeSet<Uuid> {
        self.images.iter().map(|image| image.id).collect()
    }
}
