//! What customers do behind the publisher's back: servers, volumes, snapshots.

use md5::Md5;
use serde_json::json;
use sha2::{Digest, Sha256, Sha512};
use uuid::Uuid;

use super::cinder::state::ImageMetadata;
use super::embedded::EmbeddedCloud;
use super::glance::image::{Image, STORES, Status, Visibility};
use super::nova::fleet::{CELL, Origin, Phase};
use super::shared::{HashAlgorithm, Shared};

/// Seeding what uses images. Nothing of it is a request: nothing is recorded, counted or refused.
/// Projects are plain strings, and need not be those of anybody who can log in; images need not
/// exist. All of it is in memory only, but for the images that servers leave behind.
#[expect(
    clippy::must_use_candidate,
    reason = "the methods are called for what they do, and many a test has no use for the id"
)]
impl EmbeddedCloud {
    /// Boots a server from an image, in the cell `cell1`.
    pub fn boot(&self, project_id: &str, image: Uuid) -> Uuid {
        self.boot_in_cell(CELL, project_id, image)
    }

    /// Boots a server in a cell, which is made when there is none of the name. `cell0` has servers
    /// that never got a host, and the list of services does not tell whether it is down.
    pub fn boot_in_cell(&self, cell: &str, project_id: &str, image: Uuid) -> Uuid {
        let now = self.shared.clock.now();
        let mut fleet = self.shared.compute.fleet();
        fleet.boot(cell, project_id, Origin::Image(image), now)
    }

    /// Boots many servers at once, each of a project and an image: a hundred thousand in a tenth
    /// of a second. Their ids are in the order of what was given.
    pub fn boot_many<P: AsRef<str>>(
        &self,
        servers: impl IntoIterator<Item = (P, Uuid)>,
    ) -> Vec<Uuid> {
        let now = self.shared.clock.now();
        let mut fleet = self.shared.compute.fleet();
        let servers = servers.into_iter();
        servers
            .map(|(project, image)| fleet.boot(CELL, project.as_ref(), Origin::Image(image), now))
            .collect()
    }

    /// Makes a volume from an image and boots a server from it: server and volume. Nova shows no
    /// image for such a server; Cinder shows that of the volume.
    pub fn boot_from_volume(&self, project_id: &str, image: Uuid) -> (Uuid, Uuid) {
        let volume = self.create_volume(project_id, Some(image));
        let now = self.shared.clock.now();
        let mut fleet = self.shared.compute.fleet();
        let server = fleet.boot(CELL, project_id, Origin::Volume(volume), now);
        drop(fleet);
        let mut volumes = self.shared.block_storage.volumes();
        volumes.attach(volume, Some(server));
        (server, volume)
    }

    /// Shelves a server: its instance is gone from its host, and Nova keeps its image as a
    /// snapshot (see [`snapshot_server`](Self::snapshot_server)); the server still says what image
    /// it was made from. Returns whether there was such a server.
    pub fn shelve(&self, server: Uuid) -> bool {
        let found = self.shared.compute.fleet().server(server).cloned();
        let Some(found) = found else {
            return false;
        };
        if let Origin::Image(image) = found.origin {
            add_snapshot(&self.shared, &found.project, "shelved", Some(image), None);
        }
        self.set_phase(server, |_| Some(Phase::Shelved))
    }

    /// Lets a server fail: its status is `ERROR`. Returns whether there was one.
    pub fn fail_server(&self, server: Uuid) -> bool {
        self.set_phase(server, |_| Some(Phase::Failed))
    }

    /// Deletes a server in a cloud that keeps what is deleted for a while: it is `SOFT_DELETED`,
    /// and only an administrator finds it who asks for such (`soft_deleted=true`). Returns whether
    /// there was one that was not deleted yet.
    pub fn soft_delete(&self, server: Uuid) -> bool {
        self.set_phase(server, |phase| {
            (phase != Phase::SoftDeleted).then_some(Phase::SoftDeleted)
        })
    }

    /// Restores a soft-deleted server: it runs again. Returns whether there was one.
    pub fn restore(&self, server: Uuid) -> bool {
        self.set_phase(server, |phase| {
            (phase == Phase::SoftDeleted).then_some(Phase::Active)
        })
    }

    fn set_phase(&self, server: Uuid, next: impl FnOnce(Phase) -> Option<Phase>) -> bool {
        let now = self.shared.clock.now();
        let mut fleet = self.shared.compute.fleet();
        let phase = fleet.server(server).map(|server| server.phase);
        let Some(phase) = phase.and_then(next) else {
            return false;
        };
        fleet.set_phase(server, phase, now);
        true
    }

    /// Makes an image of a server, as Nova does: private, the server's project's, active, with
    /// `image_type=snapshot` and `base_image_ref`. It has no bytes. The image of a server that
    /// runs from a volume is empty, has no base, and names a new snapshot of the volume in
    /// `block_device_mapping`. `None` when there is no such server.
    pub fn snapshot_server(&self, server: Uuid) -> Option<Uuid> {
        let server = self.shared.compute.fleet().server(server).cloned()?;
        let (base, snapshot) = match server.origin {
            Origin::Image(image) => (Some(image), None),
            Origin::Volume(volume) => (None, self.snapshot_volume(volume)),
        };
        add_snapshot(&self.shared, &server.project, "snapshot", base, snapshot)
    }

    /// Deletes a server; its volume and its snapshots stay. Returns whether there was one.
    pub fn delete_server(&self, server: Uuid) -> bool {
        let deleted = self.shared.compute.fleet().delete(server);
        if let Some(Origin::Volume(volume)) = deleted.as_ref().map(|server| server.origin) {
            self.shared.block_storage.volumes().attach(volume, None);
        }
        deleted.is_some()
    }

    /// Lets a cell go down, or come up again; it is made when there is none of the name.
    pub fn set_cell_up(&self, cell: &str, is_up: bool) {
        self.shared.compute.fleet().set_up(cell, is_up);
    }

    /// Makes a volume, from an image or an empty one. Cinder copies what it shows of the image
    /// now, and keeps it when the image is gone.
    pub fn create_volume(&self, project_id: &str, image: Option<Uuid>) -> Uuid {
        let metadata = image.map(|image| metadata(&self.shared, image));
        let now = self.shared.clock.now();
        let mut volumes = self.shared.block_storage.volumes();
        volumes.create(project_id, metadata, now)
    }

    /// Makes a snapshot of a volume; `None` when there is no such volume.
    pub fn snapshot_volume(&self, volume: Uuid) -> Option<Uuid> {
        let now = self.shared.clock.now();
        self.shared.block_storage.volumes().snapshot(volume, now)
    }

    /// Deletes a volume. `false` when there is none, and, as in Cinder, when a server or a
    /// snapshot needs it.
    pub fn delete_volume(&self, volume: Uuid) -> bool {
        self.shared.block_storage.volumes().delete_volume(volume)
    }

    /// Deletes the snapshot of a volume. Returns whether there was one.
    pub fn delete_snapshot(&self, snapshot: Uuid) -> bool {
        self.shared
            .block_storage
            .volumes()
            .delete_snapshot(snapshot)
    }
}

/// What Cinder copies of an image.
fn metadata(shared: &Shared, id: Uuid) -> ImageMetadata {
    let mut metadata = ImageMetadata::from([("image_id".to_owned(), id.to_string())]);
    let Some(image) = shared.registry.image(&id.to_string()) else {
        metadata.insert("image_name".to_owned(), String::new());
        return metadata;
    };
    let numbers = [
        ("min_disk", image.min_disk.to_string()),
        ("min_ram", image.min_ram.to_string()),
        ("size", image.size.unwrap_or_default().to_string()),
    ];
    let texts = [
        ("image_name", image.name),
        ("checksum", image.checksum),
        ("container_format", image.container_format),
        ("disk_format", image.disk_format),
    ];
    metadata.extend(image.properties);
    metadata.extend(numbers.map(|(name, value)| (name.to_owned(), value)));
    metadata.extend(texts.map(|(name, value)| (name.to_owned(), value.unwrap_or_default())));
    metadata
}

/// The image that Nova makes of a server; `None` when it could not be kept.
fn add_snapshot(
    shared: &Shared,
    project: &str,
    name: &str,
    base: Option<Uuid>,
    snapshot: Option<Uuid>,
) -> Option<Uuid> {
    let id = Uuid::new_v4();
    let mut image = Image::queued(id.to_string(), Some(project.to_owned()), shared.clock.now());
    image.name = Some(name.to_owned());
    image.status = Status::Active;
    image.visibility = Visibility::Private;
    image.disk_format = Some("qcow2".to_owned());
    image.container_format = Some("bare".to_owned());
    image.size = Some(0);
    image.store = Some(STORES[0].to_owned());
    image.checksum = Some(hex::encode(Md5::digest([])));
    let algorithm = shared.settings.hash_algorithm;
    image.os_hash_algo = Some(algorithm.name().to_owned());
    image.os_hash_value = Some(match algorithm {
        HashAlgorithm::Sha256 => hex::encode(Sha256::digest([])),
        HashAlgorithm::Sha512 => hex::encode(Sha512::digest([])),
    });
    let base = base.map(|base| base.to_string()).unwrap_or_default();
    image.properties = [
        ("base_image_ref", base),
        ("image_type", "snapshot".to_owned()),
        ("owner_id", project.to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    if let Some(snapshot) = snapshot {
        let mapping = json!([{
            "source_type": "snapshot", "destination_type": "volume", "snapshot_id": snapshot,
            "boot_index": 0, "device_name": "/dev/vda", "delete_on_termination": false,
        }]);
        let mapping = mapping.to_string();
        image
            .properties
            .insert("block_device_mapping".to_owned(), mapping);
        image
            .properties
            .insert("bdm_v2".to_owned(), "True".to_owned());
    }
    shared.registry.add(&image).ok()?;
    Some(id)
}
