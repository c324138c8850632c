//! What one cloud has, and who uses it.

use std::collections::{BTreeMap, BTreeSet};

use bonafide_glance::{ImageFilter, Usage, Visibility};
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::time::Instant;
use uuid::Uuid;

use crate::error::Error;
use crate::ledger::heartbeat::watched::{Watched, is_heartbeat};
use crate::plan::inventory::Inventory;
use crate::publish::publisher::Publisher;

/// How many images' members are requested at the same time.
const AT_ONCE: usize = 8;
/// Glance's default limit.
const PAGE: u32 = 1_000;

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
            .partition(|image| is_heartbeat(image, &project));
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
