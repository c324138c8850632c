//! The volumes and their snapshots.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

use crate::cloud::timeline::Timeline;

/// What Cinder copied of an image when it made a volume from it; `image_id` and `image_name` among
/// it. It stays when the image is gone.
pub(in crate::cloud) type ImageMetadata = BTreeMap<String, String>;

/// One volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cloud) struct Volume {
    pub(super) project: Arc<str>,
    pub(super) image: Option<ImageMetadata>,
    /// The server that runs from it.
    pub(super) server: Option<Uuid>,
}

/// One snapshot of a volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cloud) struct Snapshot {
    pub(super) project: Arc<str>,
    pub(super) volume: Uuid,
}

/// All of them.
#[derive(Debug, Default)]
pub(in crate::cloud) struct Depot {
    pub(super) volumes: Timeline<Volume>,
    pub(super) snapshots: Timeline<Snapshot>,
}

impl Depot {
    pub(in crate::cloud) fn create(
        &mut self,
        project: &str,
        image: Option<ImageMetadata>,
        now: Timestamp,
    ) -> Uuid {
        let volume = Volume {
            project: Arc::from(project),
            image,
            server: None,
        };
        self.volumes.add(now, volume)
    }

    /// Attaches a volume to a server, or to none.
    pub(in crate::cloud) fn attach(&mut self, volume: Uuid, server: Option<Uuid>) {
        if let Some(volume) = self.volumes.find_mut(volume) {
            volume.server = server;
        }
    }

    /// `None` when there is no such volume.
    pub(in crate::cloud) fn snapshot(&mut self, volume: Uuid, now: Timestamp) -> Option<Uuid> {
        let project = Arc::clone(&self.volumes.find(volume)?.project);
        Some(self.snapshots.add(now, Snapshot { project, volume }))
    }

    /// Whether there was such a volume, attached to no server and without snapshots.
    pub(in crate::cloud) fn delete_volume(&mut self, id: Uuid) -> bool {
        let is_attached = |volume: &Volume| volume.server.is_some();
        let mut snapshots = self.snapshots.newest_first();
        let is_kept = self.volumes.find(id).is_none_or(is_attached)
            || snapshots.any(|(_, snapshot)| snapshot.volume == id);
        drop(snapshots);
        !is_kept && self.volumes.remove(id).is_some()
    }

    pub(in crate::cloud) fn delete_snapshot(&mut self, id: Uuid) -> bool {
        self.snapshots.remove(id).is_some()
    }
}
