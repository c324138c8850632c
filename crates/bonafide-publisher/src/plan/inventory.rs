//! What one cloud has of the publisher's images.

use std::collections::{BTreeMap, BTreeSet};

use bonafide_glance::{Image, ImageFilter, Member, Usage, Visibility};
use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use tokio::time::Instant;
use uuid::Uuid;

use crate::ledger::heartbeat::{self, Watched};
use crate::ledger::marker;
use crate::{Error, Publisher};

/// How many images' members are requested at the same time.
const AT_ONCE: usize = 8;
/// Glance's default limit.
const PAGE: u32 = 1_000;

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

impl Publisher {
    /// Looks up this publisher's images. One request for each page of images of the own project,
    /// and one for each shared image. Nothing is written.
    ///
    /// # Errors
    ///
    /// [`Error::Cloud`].
    pub async fn inventory(&self) -> Result<Inventory, Error> {
        let glance = &self.glance;
        let project = glance.session().project_id().await?;
        let filter = ImageFilter::new().owner(&project).page_size(PAGE);
        let images = glance.list_with_hidden(&filter).await?;
        let answered = Instant::now();
        let (heartbeats, images): (Vec<_>, Vec<_>) = images
            .into_iter()
            .partition(|image| heartbeat::is_heartbeat(image, &project));
        let named = images.iter().filter_map(Watched::of);
        let named = named.map(|watched| watched.heartbeat).collect();
        let inventory = Inventory {
            heartbeats,
            named,
            time: glance.session().cloud_time().await,
            ..Inventory::new(project, images, BTreeMap::new())
        };
        self.sight(&inventory, answered);
        let shared = inventory.images.iter();
        let shared = shared.filter(|image| image.visibility == Visibility::Shared);
        let members = stream::iter(shared.map(|image| image.id))
            .map(|id| async move {
                match glance.members(id).await {
                    Ok(members) => Ok(Some((id, members))),
                    // It was deleted, or made public, meanwhile.
                    Err(
                        bonafide_glance::Error::NotFound(_) | bonafide_glance::Error::Forbidden(_),
                    ) => Ok(None),
                    Err(error) => Err(error),
                }
            })
            .buffer_unordered(AT_ONCE)
            .try_filter_map(|found| async move { Ok(found) })
            .try_collect()
            .await?;
        Ok(Inventory {
            members,
            gone: self.gone(),
            ..inventory
        })
    }

    /// The usage of these images, as far as this user may see it.
    pub async fn usage(&self, images: &BTreeSet<Uuid>) -> Usage {
        Usage::look_up(&self.glance, images).await
    }
}
