//! The volumes and their snapshots.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use uuid::Uuid;

use crate::cloud::control::timeline::Timeline;

/// What Cinder copied of an image when it made a volume from it; `image_id` and `image_name` among
/// it. It stays when the image is gone.
pub(crate) type ImageMetadata = BTreeMap<String, String>;

/// One volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Volume {
    pub(crate) project: Arc<str>,
    pub(crate) image: Option<ImageMetadata>,
    /// The server that runs from it.
    pub(crate) server: Option<Uuid>,
}

/// One snapshot of a volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Snapshot {
    pub(crate) project: Arc<str>,
    pub(crate) volume: Uuid,
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Volumes {
    pub(crate) volumes: Timeline<Volume>,
    pub(crate) snapshots: Timeline<Snapshot>,
}

impl Volumes {
    pub(crate) fn create(
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
    pub(crate) fn attach(&mut self, volume: Uuid, server: Option<Uuid>) {
        if let Some(volume) = self.volumes.find_mut(volume) {
            volume.server = server;
        }
    }

    /// `None` when there is no such volume.
    pub(crate) fn snapshot(&mut self, volume: Uuid, now: Timestamp) -> Option<Uuid> {
        let project = Arc::clone(&self.volumes.find(volume)?.project);
        Some(self.snapshots.add(now, Snapshot { project, volume }))
    }

    /// Whether there was such a volume, attached to no server and without snapshots.
    pub(crate) fn delete_volume(&mut self, id: Uuid) -> bool {
        let is_attached = |volume: &Volume| volume.server.is_some();
        let mut snapshots = self.snapshots.newest_first();
        let is_kept = self.volumes.find(id).is_none_or(is_attached)
            || snapshots.any(|(_, snapshot)| snapshot.volume == id);
        drop(snapshots);
        !is_kept && self.volumes.remove(id).is_some()
    }

    pub(crate) fn delete_snapshot(&mut self, id: Uuid) -> bool {
        self.snapshots.remove(id).is_some()
    }
}

/// The block storage service: its volumes and snapshots.
#[derive(Debug, Default)]
pub(crate) struct BlockStorage(Mutex<Volumes>);

impl BlockStorage {
    pub(crate) fn volumes(&self) -> MutexGuard<'_, Volumes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
